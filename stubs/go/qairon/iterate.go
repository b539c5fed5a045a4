package qairon

import (
	"context"
	"errors"
	"io"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// All goes through everything that a List method finds, page by page; a page is fetched when it is needed.
//
//	builds := qairon.All(ctx, client.Delivery.ListBuilds, (*qaironv1.ListBuildsResponse).GetBuilds, request)
//	for build, err := range builds {
//
// An object that exists throughout comes exactly once, unless a write changes its place in the order. The loop ends
// after an error. The request stays as it is; its page_size is that of the pages (100 when unset, 1,000 at most), and its
// page_token where to begin.
func All[Request proto.Message, Response interface{ GetNextPageToken() string }, Item any](
	ctx context.Context,
	list func(context.Context, Request, ...grpc.CallOption) (Response, error),
	items func(Response) []Item,
	request Request,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if err := given(request, "request"); err != nil {
			yield(*new(Item), err)
			return
		}
		request := proto.CloneOf(request)
		for {
			page, err := list(ctx, request)
			if err != nil {
				yield(*new(Item), err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
			if page.GetNextPageToken() == "" {
				return
			}
			setText(request, "page_token", page.GetNextPageToken())
		}
	}
}

// Rows goes through the rows of a trace. When the stream breaks (UNAVAILABLE, or DEADLINE_EXCEEDED while the context
// has time left), it is resumed after the last row, up to five times without a row in between.
//
//	rows := qairon.Rows(ctx, client.Trace.TraceImpact, (*qaironv1.TraceImpactResponse).GetRows, request)
//	for row, err := range rows {
//
// The loop ends after an error; leaving it cancels the call. The request stays as it is.
func Rows[Request proto.Message, Response any, Item any, Pointer interface {
	*Response
	GetResumeToken() string
}](
	ctx context.Context,
	open func(context.Context, Request, ...grpc.CallOption) (grpc.ServerStreamingClient[Response], error),
	rows func(Pointer) []Item,
	request Request,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		if err := given(request, "request"); err != nil {
			yield(*new(Item), err)
			return
		}
		request := proto.CloneOf(request)
		for failures := 1; ; failures++ {
			more, err := func() (bool, error) {
				ctx, cancel := context.WithCancel(ctx)
				defer cancel()
				stream, err := open(ctx, request)
				for err == nil {
					var message *Response
					if message, err = stream.Recv(); err != nil {
						break
					}
					failures = 1
					for _, row := range rows(message) {
						if !yield(row, nil) {
							return false, nil
						}
					}
					setText(request, "resume_token", Pointer(message).GetResumeToken())
				}
				return true, err
			}()
			if !more || errors.Is(err, io.EOF) {
				return
			}
			if failures >= attempts || !isBroken(ctx, err) || pause(ctx, failures) != nil {
				yield(*new(Item), err)
				return
			}
		}
	}
}

func isBroken(ctx context.Context, err error) bool {
	failure := AsError(err)
	return ctx.Err() == nil && failure != nil &&
		(failure.Code == codes.Unavailable || failure.Code == codes.DeadlineExceeded)
}

// setText sets a text field of a message that has it by contract: a List has a page_token, a trace a resume_token.
func setText(message proto.Message, field protoreflect.Name, text string) {
	reflected := message.ProtoReflect()
	reflected.Set(reflected.Descriptor().Fields().ByName(field), protoreflect.ValueOfString(text))
}
