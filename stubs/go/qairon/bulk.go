package qairon

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// Objects packs entities for ImportObjects and LoadObjects.
func Objects[Entity proto.Message](entities ...Entity) ([]*anypb.Any, error) {
	packed := make([]*anypb.Any, len(entities))
	for i, entity := range entities {
		one, err := anypb.New(entity)
		if err != nil {
			return nil, fmt.Errorf("object %d cannot be packed: %w", i, err)
		}
		packed[i] = one
	}
	return packed, nil
}

// BulkObject packs an entity for ApplyObjects, with the fields to set: those that have a value when none is named. An
// unknown field is an error.
func BulkObject(entity proto.Message, fields ...string) (*qaironv1.BulkObject, error) {
	packed, err := anypb.New(entity)
	if err != nil {
		return nil, fmt.Errorf("the object cannot be packed: %w", err)
	}
	object := &qaironv1.BulkObject{Object: packed}
	if len(fields) > 0 {
		if object.Fields, err = fieldmaskpb.New(entity, fields...); err != nil {
			return nil, err
		}
	}
	return object, nil
}
