package qairon

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// EnsureOption changes how objects are ensured.
type EnsureOption func(*ensured)

type ensured struct{ update bool }

// WithUpdate changes the fields that differ, where an error would name them.
func WithUpdate() EnsureOption { return func(e *ensured) { e.update = true } }

// Ensure creates an object, or returns the one that has its ID already, if all fields that are set here are the same. It
// takes the message of any entity:
//
//	stack, err := qairon.Ensure(ctx, client, &qaironv1.Stack{ApplicationId: "shop", Name: "web"})
//
// Fields that are not set may have any value. It may be repeated, and two programs may do it at the same time. Fields that
// differ are an [Error] with the reason ALREADY_EXISTS that names them, unless there is [WithUpdate]. An ID that is set and
// is not the one that the fields make is an Error with the reason INVALID_ID.
func Ensure[Entity proto.Message](ctx context.Context, client *Client, message Entity, options ...EnsureOption) (Entity, error) {
	var how ensured
	for _, option := range options {
		option(&how)
	}
	if err := given(message, ""); err != nil {
		return *new(Entity), err
	}
	found, err := client.ensure(ctx, message.ProtoReflect(), how)
	if err != nil {
		return *new(Entity), err
	}
	return found.Interface().(Entity), nil
}

func (c *Client) ensure(ctx context.Context, message protoreflect.Message, how ensured) (protoreflect.Message, error) {
	entity, kind := entityOf(message.Descriptor()), string(message.Descriptor().Name())
	if entity == nil {
		_, err := ID(message.Interface())
		return nil, err
	}
	if err := checkID(message); err != nil {
		return nil, err
	}
	name := protoreflect.Name(entity.GetName())
	// Others may delete what is there in between.
	for attempt := 1; ; attempt++ {
		last := attempt >= 3
		created, err := c.call(ctx, "Create"+kind, func(request protoreflect.Message) {
			request.Set(request.Descriptor().Fields().ByName(name), protoreflect.ValueOfMessage(message))
		})
		if err == nil {
			return part(created, name), nil
		}
		refused := AsError(err)
		exists := refused != nil && refused.Reason == qaironv1.ErrorReason_ERROR_REASON_ALREADY_EXISTS
		// A rule may be violated by the object itself: a subnet overlaps the same one.
		if !exists && (refused == nil || refused.Code != codes.FailedPrecondition) {
			return nil, err
		}
		id, idErr := ID(message.Interface())
		if idErr != nil {
			return nil, err
		}
		answer, getErr := c.call(ctx, "Get"+kind, func(request protoreflect.Message) {
			request.Set(request.Descriptor().Fields().ByName("id"), protoreflect.ValueOfString(id))
		})
		switch {
		case isMissing(getErr) && exists && !last:
			continue
		case isMissing(getErr):
			return nil, err
		case getErr != nil:
			return nil, getErr
		}
		found := part(answer, name)
		different := differences(message, found)
		if len(different) == 0 {
			return found, nil
		}
		if !how.update {
			return nil, conflict(entity, id, message, found, different)
		}
		answer, err = c.call(ctx, "Update"+kind, func(request protoreflect.Message) {
			changed, mask := proto.Clone(message.Interface()).ProtoReflect(), &fieldmaskpb.FieldMask{}
			changed.Set(changed.Descriptor().Fields().ByName("id"), protoreflect.ValueOfString(id))
			for _, field := range different {
				mask.Paths = append(mask.Paths, string(field.Name()))
			}
			fields := request.Descriptor().Fields()
			request.Set(fields.ByName(name), protoreflect.ValueOfMessage(changed))
			request.Set(fields.ByName("update_mask"), protoreflect.ValueOfMessage(mask.ProtoReflect()))
		})
		if err == nil {
			return part(answer, name), nil
		}
		if !isMissing(err) || last {
			return nil, err
		}
	}
}

func isMissing(err error) bool {
	failure := AsError(err)
	return failure != nil && failure.Code == codes.NotFound
}

func part(answer protoreflect.Message, name protoreflect.Name) protoreflect.Message {
	return answer.Get(answer.Descriptor().Fields().ByName(name)).Message()
}

func conflict(
	entity *qaironv1.EntityOptions, id string, wanted, found protoreflect.Message, different []protoreflect.FieldDescriptor,
) error {
	told := make([]string, len(different))
	for i, field := range different {
		if field.Message() != nil {
			told[i] = otherKeys(field, found, wanted)
			continue
		}
		told[i] = fmt.Sprintf("`%s` is `%s`, not `%s`", field.Name(), text(field, found.Get(field)), text(field, wanted.Get(field)))
	}
	message := fmt.Sprintf("there already is another %s `%s`: %s; `WithUpdate` changes it", human(entity), id, strings.Join(told, ", "))
	refused := refusal(codes.AlreadyExists, qaironv1.ErrorReason_ERROR_REASON_ALREADY_EXISTS, string(different[0].Name()), message)
	refused.Resource, refused.ResourceID = entity.GetName(), id
	return refused
}

// call calls a method of any service by its name, with a request that is filled.
func (c *Client) call(ctx context.Context, name string, fill func(protoreflect.Message)) (protoreflect.Message, error) {
	method := methodsByName()[name]
	if method == nil {
		return nil, fmt.Errorf("the API has no method `%s`", name)
	}
	made := func(descriptor protoreflect.MessageDescriptor) (protoreflect.Message, error) {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
		if err != nil {
			return nil, err
		}
		return kind.New(), nil
	}
	request, err := made(method.Input())
	if err != nil {
		return nil, err
	}
	answer, err := made(method.Output())
	if err != nil {
		return nil, err
	}
	fill(request)
	path := fmt.Sprintf("/%s/%s", method.Parent().FullName(), method.Name())
	if err := c.conn.Invoke(ctx, path, request.Interface(), answer.Interface()); err != nil {
		return nil, err
	}
	return answer, nil
}

var methodsByName = sync.OnceValue(func() map[string]protoreflect.MethodDescriptor {
	found := map[string]protoreflect.MethodDescriptor{}
	for service := range services() {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			found[string(method.Name())] = method
		}
	}
	return found
})
