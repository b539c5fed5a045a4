package qairon

import (
	"fmt"
	"reflect"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// given is an error when a message is nil: REQUIRED, with the name of its field, or else of its entity.
func given(message proto.Message, field string) error {
	if !isNil(message) {
		return nil
	}
	what := "message"
	if message != nil {
		descriptor := message.ProtoReflect().Descriptor()
		what = string(descriptor.Name())
		if entity := entityOf(descriptor); entity != nil {
			what = entity.GetName()
		}
	}
	if field == "" {
		field = what
	}
	told := fmt.Sprintf("`%s` is nil: pass a message", field)
	return refusal(codes.InvalidArgument, qaironv1.ErrorReason_ERROR_REASON_REQUIRED, field, told)
}

// isNil reports whether there is no message: nil itself, or a nil of a message's type.
func isNil(message proto.Message) bool {
	if message == nil {
		return true
	}
	value := reflect.ValueOf(message)
	return value.Kind() == reflect.Pointer && value.IsNil()
}

// allGiven looks at a list of messages.
func allGiven[Entity proto.Message](messages []Entity, field string) error {
	for i, message := range messages {
		if err := given(message, fmt.Sprintf("%s[%d]", field, i)); err != nil {
			return err
		}
	}
	return nil
}

// checkID is an error when an entity's message has an ID other than the one that its fields make. A field that its ID is
// made of and that is not set is for the service to name.
func checkID(message protoreflect.Message) error {
	field := message.Descriptor().Fields().ByName("id")
	if field == nil {
		return nil
	}
	has := message.Get(field).String()
	made, err := ID(message.Interface())
	if has == "" || err != nil || has == made {
		return nil
	}
	entity := entityOf(message.Descriptor())
	told := fmt.Sprintf("the ID of the %s is `%s`, but its fields make `%s`: leave the ID out, or correct the fields",
		human(entity), has, made)
	refused := refusal(codes.InvalidArgument, qaironv1.ErrorReason_ERROR_REASON_INVALID_ID, "id", told)
	refused.Resource, refused.ResourceID = entity.GetName(), has
	return refused
}

// refusal is an Error of the client itself.
func refusal(code codes.Code, reason qaironv1.ErrorReason, field, message string) *Error {
	return &Error{Code: code, Reason: reason, Field: field, Message: message, status: status.New(code, message)}
}
