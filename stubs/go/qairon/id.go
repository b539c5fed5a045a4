package qairon

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// ID is the ID of an entity's message, composed of its fields as the service composes it; no call is made. A component
// that is not set is an error with its name.
func ID(message proto.Message) (string, error) {
	if err := given(message, ""); err != nil {
		return "", err
	}
	reflected := message.ProtoReflect()
	entity := entityOf(reflected.Descriptor())
	if entity == nil {
		return "", fmt.Errorf("`%s` is not an entity: pass the message of one, such as a Build", reflected.Descriptor().Name())
	}
	names := entity.GetId()
	if len(names) == 0 {
		names = []string{"id"}
	}
	parts := make([]string, len(names))
	for i, name := range names {
		field := reflected.Descriptor().Fields().ByName(protoreflect.Name(name))
		if parts[i] = component(reflected, field); parts[i] == "" {
			return "", fmt.Errorf("`%s` of the %s is not set: its ID is made of it", name, human(entity))
		}
	}
	return strings.Join(parts, ":"), nil
}

// component is the text of a field in an ID; empty when it is not set.
func component(message protoreflect.Message, field protoreflect.FieldDescriptor) string {
	value := message.Get(field)
	isUnspecified := field.Enum() != nil && value.Enum() == 0
	if !message.Has(field) || isUnspecified {
		return attribute(field).GetDefaultValue()
	}
	return text(field, value)
}

// text is a value as people write it: the label of an enum is HIGH for WATERMARK_HIGH.
func text(field protoreflect.FieldDescriptor, value protoreflect.Value) string {
	if enum := field.Enum(); enum != nil {
		found := enum.Values().ByNumber(value.Enum())
		if found == nil { // It is from a newer service.
			return value.String()
		}
		prefix := strings.TrimSuffix(string(enum.Values().Get(0).Name()), "UNSPECIFIED")
		return strings.TrimPrefix(string(found.Name()), prefix)
	}
	return value.String()
}

// entityOf is what the options say of an entity's message; nil for another message.
func entityOf(descriptor protoreflect.MessageDescriptor) *qaironv1.EntityOptions {
	if !proto.HasExtension(descriptor.Options(), qaironv1.E_Entity) {
		return nil
	}
	return proto.GetExtension(descriptor.Options(), qaironv1.E_Entity).(*qaironv1.EntityOptions)
}

func human(entity *qaironv1.EntityOptions) string {
	return strings.ReplaceAll(entity.GetName(), "_", " ")
}

func attribute(field protoreflect.FieldDescriptor) *qaironv1.AttributeOptions {
	return proto.GetExtension(field.Options(), qaironv1.E_Attribute).(*qaironv1.AttributeOptions)
}

// isSettable reports whether callers set a field. The ID and the etag are apart.
func isSettable(field protoreflect.FieldDescriptor) bool {
	behaviours := proto.GetExtension(field.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	byService := slices.Contains(behaviours, annotations.FieldBehavior_OUTPUT_ONLY)
	options := attribute(field)
	apart := []protoreflect.Name{"id", "uid", "etag"}
	return !slices.Contains(apart, field.Name()) && !byService && !options.GetDerived() && options.GetEmbed() == nil
}

// differences are the fields that a caller set in a message and that another has with another value.
func differences(wanted, found protoreflect.Message) []protoreflect.FieldDescriptor {
	var different []protoreflect.FieldDescriptor
	fields := wanted.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if isSettable(field) && wanted.Has(field) && !isSame(field, wanted.Get(field), found.Get(field)) {
			different = append(different, field)
		}
	}
	return different
}

func isSame(field protoreflect.FieldDescriptor, one, other protoreflect.Value) bool {
	if one.Equal(other) {
		return true
	}
	if attribute(field).GetFormat() != qaironv1.Format_FORMAT_CIDR {
		return false
	}
	// The service keeps ranges in their canonical form.
	first, err := netip.ParsePrefix(one.String())
	second, otherErr := netip.ParsePrefix(other.String())
	return err == nil && otherErr == nil && first == second
}
