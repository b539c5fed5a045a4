package qairon_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"qairon.dev/stubs/go/qairon"
	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// connect is a client of the service at QAIRON_ENDPOINT, an empty one of the test's own.
func connect(t *testing.T, options ...qairon.Option) (*qairon.Client, context.Context) {
	t.Helper()
	if os.Getenv("QAIRON_ENDPOINT") == "" {
		t.Fatal("QAIRON_ENDPOINT is unset: name an empty service that the tests may fill")
	}
	return connectTo(t, "", options...)
}

func connectTo(t *testing.T, endpoint string, options ...qairon.Option) (*qairon.Client, context.Context) {
	t.Helper()
	client, err := qairon.Connect(endpoint, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	// How long is for `go test -timeout` to say.
	return client, t.Context()
}

func application(t *testing.T, client *qairon.Client, ctx context.Context, id string) {
	t.Helper()
	request := &qaironv1.CreateApplicationRequest{Application: &qaironv1.Application{Id: id}}
	if _, err := client.Catalog.CreateApplication(ctx, request); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsTellReasonAndField(t *testing.T) {
	client, ctx := connect(t)
	_, err := client.Catalog.CreateStack(ctx, &qaironv1.CreateStackRequest{
		Stack: &qaironv1.Stack{ApplicationId: "nobody", Name: "a b"},
	})
	var failure *qairon.Error
	if !errors.As(fmt.Errorf("wrapped: %w", err), &failure) {
		t.Fatalf("%T is not an Error", err)
	}
	if failure.Code != codes.InvalidArgument || failure.Reason != qaironv1.ErrorReason_ERROR_REASON_INVALID_NAME ||
		failure.Field != "name" || status.Code(err) != codes.InvalidArgument {
		t.Errorf("%+v", failure)
	}
	_, err = client.Catalog.GetStack(ctx, &qaironv1.GetStackRequest{Id: "no:body"})
	if failure := qairon.AsError(err); failure.Reason != qaironv1.ErrorReason_ERROR_REASON_NOT_FOUND ||
		failure.ResourceID != "no:body" || failure.Resource == "" || failure.Message == "" {
		t.Errorf("%+v", failure)
	}
	stream, err := client.Trace.TraceImpact(ctx, &qaironv1.TraceImpactRequest{Resource: "stack", Id: "no:body"})
	if err == nil {
		_, err = stream.Recv()
	}
	if failure := qairon.AsError(err); failure == nil || failure.Code != codes.NotFound {
		t.Errorf("a stream: %v", err)
	}
	if qairon.AsError(nil) != nil || qairon.AsError(io.ErrUnexpectedEOF) != nil {
		t.Error("an error that is none of a call became one")
	}
}

func TestPagesOfAnyList(t *testing.T) {
	client, ctx := connect(t)
	application(t, client, ctx, "pages")
	stacks := make([]*qaironv1.Stack, 2500)
	for i := range stacks {
		stacks[i] = &qaironv1.Stack{ApplicationId: "pages", Name: fmt.Sprintf("s%04d", i)}
	}
	stream, err := client.Bulk.ImportObjects(ctx)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := qairon.Objects(stacks...)
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&qaironv1.ImportObjectsRequest{Objects: objects}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.CloseAndRecv()
	if err != nil || answer.GetCreated() != 2500 {
		t.Fatalf("%v, %v", answer, err)
	}
	request := &qaironv1.ListStacksRequest{Filter: `application_id = "pages"`, PageSize: 300}
	before := proto.Clone(request)
	all := qairon.All(ctx, client.Catalog.ListStacks, (*qaironv1.ListStacksResponse).GetStacks, request)
	for range 2 { // What can be ranged over once can be again.
		count := 0
		for stack, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("pages:s%04d", count); stack.GetId() != want {
				t.Fatalf("%s instead of %s", stack.GetId(), want)
			}
			count++
		}
		if count != 2500 {
			t.Errorf("%d objects", count)
		}
	}
	if !proto.Equal(request, before) {
		t.Error("the request was changed")
	}
	for range all {
		break
	}
	bad := &qaironv1.ListStacksRequest{Filter: "nothing = 1"}
	for _, err := range qairon.All(ctx, client.Catalog.ListStacks, (*qaironv1.ListStacksResponse).GetStacks, bad) {
		if failure := qairon.AsError(err); failure == nil || failure.Field != "filter" {
			t.Errorf("%v", err)
		}
	}
}

func TestTraceGoesOnWhenItBreaks(t *testing.T) {
	// The stream is broken after its first message, three times.
	var breaks atomic.Int32
	breaking := func(ctx context.Context, d *grpc.StreamDesc, c *grpc.ClientConn, m string, s grpc.Streamer, o ...grpc.CallOption) (grpc.ClientStream, error) {
		stream, err := s(ctx, d, c, m, o...)
		return &broken{ClientStream: stream, left: &breaks}, err
	}
	client, ctx := connect(t, qairon.WithDialOptions(grpc.WithChainStreamInterceptor(breaking)))
	application(t, client, ctx, "trace")
	stream, err := client.Bulk.ImportObjects(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := range 3 {
		stacks := make([]*qaironv1.Stack, 1000)
		for i := range stacks {
			stacks[i] = &qaironv1.Stack{ApplicationId: "trace", Name: fmt.Sprintf("s%d-%03d", chunk, i)}
		}
		objects, err := qairon.Objects(stacks...)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&qaironv1.ImportObjectsRequest{Objects: objects}); err != nil {
			t.Fatal(err)
		}
	}
	if answer, err := stream.CloseAndRecv(); err != nil || answer.GetCreated() != 3000 {
		t.Fatalf("%v, %v", answer, err)
	}
	breaks.Store(3)
	seen := map[string]bool{}
	rows := qairon.Rows(ctx, client.Trace.TraceImpact, (*qaironv1.TraceImpactResponse).GetRows,
		&qaironv1.TraceImpactRequest{Resource: "application", Id: "trace"})
	for row, err := range rows {
		if err != nil {
			t.Fatal(err)
		}
		if seen[row.GetId()] {
			t.Fatalf("%s came twice", row.GetId())
		}
		seen[row.GetId()] = true
	}
	if len(seen) != 3000 || breaks.Load() > 0 {
		t.Errorf("%d rows, %d breaks left", len(seen), breaks.Load())
	}
}

// broken fails after its first message as long as there are breaks left.
type broken struct {
	grpc.ClientStream
	left *atomic.Int32
	got  int
}

func (b *broken) RecvMsg(m any) error {
	if b.got++; b.got == 2 && b.left.Add(-1) >= 0 {
		return status.Error(codes.Unavailable, "cut by the test")
	}
	return b.ClientStream.RecvMsg(m)
}

// cut is between client and service and closes the first connections after the service's answer, which it keeps.
type cut struct {
	net.Listener
	times atomic.Int32
}

func newCut(t *testing.T, times int32) *cut {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	proxy := &cut{Listener: listener}
	proxy.times.Store(times)
	t.Cleanup(func() { listener.Close() })
	target := os.Getenv("QAIRON_ENDPOINT")[len("http://"):]
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go proxy.pass(client, target)
		}
	}()
	return proxy
}

func (p *cut) pass(client net.Conn, target string) {
	defer client.Close()
	service, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer service.Close()
	go func() { _, _ = io.Copy(service, client) }()
	buffer := make([]byte, 1<<16)
	for {
		n, err := service.Read(buffer)
		if err != nil {
			return
		}
		// A HEADERS frame is the first part of an answer: the call has been carried out.
		if hasHeaders(buffer[:n]) && p.times.Add(-1) >= 0 {
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// hasHeaders looks for a frame of HTTP/2 of type HEADERS (1).
func hasHeaders(bytes []byte) bool {
	for len(bytes) >= 9 {
		length := int(bytes[0])<<16 | int(bytes[1])<<8 | int(bytes[2])
		if bytes[3] == 1 {
			return true
		}
		bytes = bytes[min(len(bytes), 9+length):]
	}
	return false
}

func TestAWriteWhoseAnswerIsLostActsOnce(t *testing.T) {
	direct, ctx := connect(t)
	application(t, direct, ctx, "lost")
	proxy := newCut(t, 2)
	client, _ := connectTo(t, proxy.Addr().String())
	answer, err := client.Catalog.CreateStack(ctx, &qaironv1.CreateStackRequest{
		Stack: &qaironv1.Stack{ApplicationId: "lost", Name: "once"},
	})
	// Without a request_id the second attempt would be refused with ALREADY_EXISTS.
	if err != nil || answer.GetStack().GetId() != "lost:once" {
		t.Fatalf("%v, %v", answer, err)
	}
	if proxy.times.Load() >= 0 {
		t.Errorf("%d answers were not lost", proxy.times.Load())
	}
	proxy.times.Store(1)
	impatient, _ := connectTo(t, proxy.Addr().String(), qairon.WithoutRetries())
	_, err = impatient.Catalog.GetStack(ctx, &qaironv1.GetStackRequest{Id: "lost:once"})
	if failure := qairon.AsError(err); failure == nil || failure.Code != codes.Unavailable {
		t.Errorf("without retries: %v", err)
	}
}

func TestAServiceThatComesLateIsWaitedFor(t *testing.T) {
	_, ctx := connect(t)
	// An address at which nothing listens yet.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	failed := make(chan struct{})
	var once sync.Once
	client, _ := connectTo(t, address, qairon.WithDialOptions(
		grpc.WithContextDialer(func(ctx context.Context, to string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
			if err != nil {
				once.Do(func() { close(failed) })
			}
			return conn, err
		})))
	go func() {
		<-failed // The first attempt found no server.
		late, err := net.Listen("tcp", address)
		if err != nil {
			return
		}
		proxy := &cut{Listener: late}
		for {
			conn, err := late.Accept()
			if err != nil {
				return
			}
			go proxy.pass(conn, os.Getenv("QAIRON_ENDPOINT")[len("http://"):])
		}
	}()
	answer, err := client.Catalog.ListApplications(ctx, &qaironv1.ListApplicationsRequest{})
	if err != nil || answer == nil {
		t.Fatalf("%v, %v", answer, err)
	}
}

func TestAConflictIsTriedAgainUnderTheSameRequestID(t *testing.T) {
	var ids []string
	var actors []string
	conflict, err := status.New(codes.Aborted, "collided").WithDetails(info("CONFLICT"))
	if err != nil {
		t.Fatal(err)
	}
	collide := func(ctx context.Context, method string, req, reply any, c *grpc.ClientConn, invoke grpc.UnaryInvoker, o ...grpc.CallOption) error {
		ids = append(ids, req.(*qaironv1.CreateApplicationRequest).GetRequestId())
		sent, _ := metadata.FromOutgoingContext(ctx)
		actors = append(actors, sent.Get("x-qairon-actor")...)
		if len(ids) < 3 {
			return conflict.Err()
		}
		return invoke(ctx, method, req, reply, c, o...)
	}
	client, ctx := connect(t, qairon.WithActor("tester"), qairon.WithDialOptions(grpc.WithChainUnaryInterceptor(collide)))
	application(t, client, ctx, "conflict")
	if len(ids) != 3 || ids[0] == "" || ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("request IDs: %q", ids)
	}
	if len(actors) != 3 || actors[0] != "tester" {
		t.Errorf("actors: %q", actors)
	}
}

func info(reason string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Reason: reason, Domain: qairon.Domain}
}
