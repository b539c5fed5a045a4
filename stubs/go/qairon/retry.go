package qairon

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"iter"
	mathrand "math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// attempts is how often a call is made at most; gRPC allows five. The pauses between them double from firstPause on.
const (
	attempts   = 5
	firstPause = 300 * time.Millisecond
	maxPause   = 5 * time.Second
)

// serviceConfig makes gRPC retry what fails with UNAVAILABLE, except for the writes that cannot be repeated: those
// whose request has no request_id, streams of objects that is. Which they are is read from the descriptors.
func serviceConfig() string {
	type name struct {
		Service string `json:"service,omitempty"`
		Method  string `json:"method,omitempty"`
	}
	type method struct {
		Name        []name         `json:"name"`
		RetryPolicy map[string]any `json:"retryPolicy,omitempty"`
	}
	var once []name
	for service := range services() {
		methods := service.Methods()
		for i := range methods.Len() {
			if m := methods.Get(i); !repeatable(m) {
				once = append(once, name{Service: string(service.FullName()), Method: string(m.Name())})
			}
		}
	}
	config, err := json.Marshal(map[string]any{"methodConfig": []method{
		{Name: []name{{}}, RetryPolicy: map[string]any{
			"maxAttempts":          attempts,
			"initialBackoff":       "0.3s",
			"maxBackoff":           "5s",
			"backoffMultiplier":    3,
			"retryableStatusCodes": []string{"UNAVAILABLE"},
		}},
		{Name: once},
	}})
	if err != nil {
		panic(err) // Texts and numbers always have a form in JSON.
	}
	return string(config)
}

// services are those of the API.
func services() iter.Seq[protoreflect.ServiceDescriptor] {
	return func(yield func(protoreflect.ServiceDescriptor) bool) {
		of := qaironv1.File_qairon_v1_common_proto.Package()
		protoregistry.GlobalFiles.RangeFilesByPackage(of, func(file protoreflect.FileDescriptor) bool {
			for i := range file.Services().Len() {
				if !yield(file.Services().Get(i)) {
					return false
				}
			}
			return true
		})
	}
}

// repeatable reports whether a method may be called again when the outcome of the call is unknown: it reads, or its
// request has a request_id. Every method that writes has a field validate_only, or takes a stream.
func repeatable(method protoreflect.MethodDescriptor) bool {
	fields := method.Input().Fields()
	writes := method.IsStreamingClient() || fields.ByName("validate_only") != nil
	return !writes || (!method.IsStreamingClient() && fields.ByName("request_id") != nil)
}

// unary sends the actor, gives writes a request_id, repeats what lost against another write, and makes errors an Error.
func (s *settings) unary(
	ctx context.Context, method string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	ctx = s.withActor(ctx)
	if message, ok := req.(proto.Message); ok {
		req = withRequestID(message)
	}
	for attempt := 1; ; attempt++ {
		err := s.wrap(invoke(ctx, method, req, reply, conn, opts...))
		if attempt >= s.retryLimit || !isConflict(err) || pause(ctx, attempt) != nil {
			return err
		}
	}
}

func (s *settings) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	stream, err := open(s.withActor(ctx), desc, conn, method, opts...)
	if err != nil {
		return nil, s.wrap(err)
	}
	return &wrapped{stream, s}, nil
}

// wrapped is a stream whose errors are an Error.
type wrapped struct {
	grpc.ClientStream
	settings *settings
}

func (w *wrapped) RecvMsg(m any) error { return w.settings.wrap(w.ClientStream.RecvMsg(m)) }
func (w *wrapped) SendMsg(m any) error { return w.settings.wrap(w.ClientStream.SendMsg(m)) }

func (s *settings) withActor(ctx context.Context) context.Context {
	if s.actor == "" {
		return ctx
	}
	if sent, _ := metadata.FromOutgoingContext(ctx); len(sent.Get("x-qairon-actor")) > 0 {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "x-qairon-actor", s.actor)
}

// withRequestID is a request with a request_id: itself when it has one or its type has no such field, else a copy. The
// caller's own stays as it is, so that using it twice means writing twice.
func withRequestID(request proto.Message) proto.Message {
	from := request.ProtoReflect()
	field := from.Descriptor().Fields().ByName("request_id")
	if field == nil || field.Kind() != protoreflect.StringKind || from.Get(field).String() != "" || !from.IsValid() {
		return request
	}
	to := from.New()
	from.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		to.Set(field, value)
		return true
	})
	to.SetUnknown(from.GetUnknown())
	to.Set(field, protoreflect.ValueOfString(rand.Text()))
	return to.Interface()
}

func isConflict(err error) bool {
	failure := AsError(err)
	return failure != nil && failure.Code == codes.Aborted && failure.Reason == qaironv1.ErrorReason_ERROR_REASON_CONFLICT
}

// pause waits before the next attempt, or until the context ends.
func pause(ctx context.Context, attempt int) error {
	wait := min(firstPause<<(attempt-1), maxPause)
	wait = wait/2 + mathrand.N(wait)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(wait):
		return nil
	}
}
