package qairon_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "qairon.dev/stubs/go/qairon/v1"
)

// The vectors that Rust and Python read as well. A lossy one is read and not written.
func TestWireVectors(t *testing.T) {
	file, err := os.ReadFile("../../testdata/wire.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name, Type, Binary string
		JSON               json.RawMessage
		Lossy              bool
	}
	if err := json.Unmarshal(file, &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 500 {
		t.Fatalf("there are only %d vectors", len(vectors))
	}
	canonical := proto.MarshalOptions{Deterministic: true}
	for _, vector := range vectors {
		t.Run(vector.Name, func(t *testing.T) {
			kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(vector.Type))
			if err != nil {
				t.Fatal(err)
			}
			binary, err := base64.StdEncoding.DecodeString(vector.Binary)
			if err != nil {
				t.Fatal(err)
			}
			decoded := kind.New().Interface()
			if err := proto.Unmarshal(binary, decoded); err != nil {
				t.Fatalf("the bytes are not read: %v", err)
			}
			text, err := protojson.Marshal(decoded)
			if err != nil {
				t.Fatal(err)
			}
			if !sameJSON(t, text, vector.JSON) {
				t.Errorf("the bytes are read as %s instead of %s", text, vector.JSON)
			}
			if vector.Lossy {
				return
			}
			parsed := kind.New().Interface()
			if err := protojson.Unmarshal(vector.JSON, parsed); err != nil {
				t.Fatalf("the JSON is not read: %v", err)
			}
			for from, message := range map[string]proto.Message{"bytes": decoded, "JSON": parsed} {
				written, err := canonical.Marshal(message)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(written, binary) {
					t.Errorf("what was read from %s is written as %x instead of %x", from, written, binary)
				}
			}
		})
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}
