package qairon

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/structpb"
)

// maxKeys is how many keys are named that differ: an object may have thousands.
const maxKeys = 5

// otherKeys names what differs in a field of JSON.
func otherKeys(field protoreflect.FieldDescriptor, found, wanted protoreflect.Message) string {
	one, ok := found.Get(field).Message().Interface().(*structpb.Struct)
	other, both := wanted.Get(field).Message().Interface().(*structpb.Struct)
	if !ok || !both {
		return fmt.Sprintf("`%s` is another", field.Name())
	}
	paths := differentPaths(string(field.Name()), one, other)
	if len(paths) == 0 { // It is not set, and not an empty object.
		return fmt.Sprintf("`%s` is not set", field.Name())
	}
	more := ""
	if len(paths) > maxKeys {
		more = fmt.Sprintf(" and %d more", len(paths)-maxKeys)
		paths = paths[:maxKeys]
	}
	return fmt.Sprintf("`%s` differs in `%s`%s", field.Name(), strings.Join(paths, "`, `"), more)
}

// differentPaths are the paths of keys whose values differ, or that only one object has, in order.
func differentPaths(at string, one, other *structpb.Struct) []string {
	var keys, paths []string
	for key := range one.GetFields() {
		keys = append(keys, key)
	}
	for key := range other.GetFields() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		first, second := one.GetFields()[key], other.GetFields()[key]
		if proto.Equal(first, second) {
			continue
		}
		path := at + "." + quotedKey(key)
		inner, outer := first.GetStructValue(), second.GetStructValue()
		if inner != nil && outer != nil {
			paths = append(paths, differentPaths(path, inner, outer)...)
			continue
		}
		paths = append(paths, path)
	}
	return paths
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// quotedKey is a key in a path: quoted unless it is a plain word, as in filters and masks.
func quotedKey(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(shown(key)) + `"`
}
