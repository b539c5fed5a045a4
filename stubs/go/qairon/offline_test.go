package qairon

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// The vectors that Rust and Python read as well.
func TestEndpoints(t *testing.T) {
	text, err := os.ReadFile("../../testdata/endpoints.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Endpoint, Address, Error string
		TLS                      bool
	}
	if err := json.Unmarshal(text, &vectors); err != nil || len(vectors) < 50 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, vector := range vectors {
		got, err := parseEndpoint(vector.Endpoint)
		told := ""
		if err != nil {
			told = err.Error()
		}
		if want := (endpoint{vector.Address, vector.TLS}); got != want || told != vector.Error {
			t.Errorf("%q: %v, %q instead of %v, %q", vector.Endpoint, got, told, want, vector.Error)
		}
	}
}

func TestTheEndpointOfTheEnvironment(t *testing.T) {
	for text, want := range map[string]string{"": DefaultAddress, "http://env:2": "env:2"} {
		t.Setenv("QAIRON_ENDPOINT", text)
		if got, err := readEndpoint(""); err != nil || got.address != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	t.Setenv("QAIRON_ENDPOINT", "qairon")
	const told = "QAIRON_ENDPOINT: endpoint `qairon` has no port: write `qairon:50051`"
	if _, err := Connect(""); err == nil || err.Error() != told {
		t.Errorf("%v", err)
	}
}

func TestCAFilesAreReadForTLS(t *testing.T) {
	directory := t.TempDir()
	damaged := filepath.Join(directory, "damaged.pem")
	text := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	if err := os.WriteFile(damaged, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, told := range map[string]string{
		filepath.Join(directory, "no.pem"): "does not exist: correct its path",
		directory:                          "is a directory: name a file in it",
		os.DevNull:                         "has no certificate: write the issuer's to it, in PEM",
		damaged:                            "has a damaged certificate: write it anew, in PEM",
	} {
		want := fmt.Sprintf("the CA file %s of `WithCAFile` %s", path, told)
		if _, err := Connect("https://a:1", WithCAFile(path)); err == nil || err.Error() != want {
			t.Errorf("%v instead of %s", err, want)
		}
		t.Setenv("QAIRON_CA_FILE", path)
		want = fmt.Sprintf("the CA file %s of QAIRON_CA_FILE %s", path, told)
		if _, err := Connect("https://a:1"); err == nil || err.Error() != want {
			t.Errorf("%v instead of %s", err, want)
		}
		for endpoint, option := range map[string]Option{
			"http://a:1":  WithActor("a"),
			"https://a:1": WithTransportCredentials(insecure.NewCredentials()),
		} {
			client, err := Connect(endpoint, option)
			if err != nil {
				t.Fatal(err)
			}
			client.Close()
		}
	}
}

// A program that links Google's own annotations, as this one does, holds google/api/field_behavior.proto once.
func TestAnnotationsOfGoogleAreShared(t *testing.T) {
	field := (&qaironv1.Build{}).ProtoReflect().Descriptor().Fields().ByName("service_id")
	options := field.Options().(*descriptorpb.FieldOptions)
	behaviour := proto.GetExtension(options, annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	if len(behaviour) != 1 || behaviour[0] != annotations.FieldBehavior_REQUIRED {
		t.Errorf("service_id is %v", behaviour)
	}
	if proto.GetExtension(options, qaironv1.E_Attribute).(*qaironv1.AttributeOptions).GetReference().GetEntity() != "service" {
		t.Error("the options of Qairon itself are lost")
	}
}

func TestClientHasEveryService(t *testing.T) {
	client, err := Connect("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	value, count := reflect.ValueOf(client).Elem(), 0
	for service := range services() {
		count++
		name := strings.TrimSuffix(string(service.Name()), "Service")
		if field := value.FieldByName(name); !field.IsValid() || field.IsNil() {
			t.Errorf("the client has no `%s`", name)
		}
	}
	if count < 10 {
		t.Errorf("only %d services were looked at", count)
	}
}

// What must not be repeated is known by its request alone: no method of the API is read wrongly.
func TestWhatIsRepeated(t *testing.T) {
	writes := []string{"Create", "Update", "Delete", "Add", "Remove", "Allocate", "Clone", "Promote", "Import", "Load", "Apply"}
	for service := range services() {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			isWrite := false
			for _, verb := range writes {
				isWrite = isWrite || strings.HasPrefix(string(method.Name()), verb)
			}
			hasID := method.Input().Fields().ByName("request_id") != nil
			want := !isWrite || (hasID && !method.IsStreamingClient())
			if repeatable(method) != want {
				t.Errorf("%s: repeatable is %v", method.FullName(), !want)
			}
		}
	}
}

func TestRequestIDIsSetOnACopy(t *testing.T) {
	request := &qaironv1.CreateBuildRequest{Build: &qaironv1.Build{Id: "a"}}
	first := withRequestID(request).(*qaironv1.CreateBuildRequest)
	second := withRequestID(request).(*qaironv1.CreateBuildRequest)
	if first.RequestId == "" || first.RequestId == second.RequestId || len(first.RequestId) > 64 || request.RequestId != "" {
		t.Errorf("request IDs: %q, %q, %q", request.RequestId, first.RequestId, second.RequestId)
	}
	if first.Build.GetId() != "a" {
		t.Error("the request is not the same otherwise")
	}
	given := &qaironv1.CreateBuildRequest{RequestId: "mine"}
	if withRequestID(given) != proto.Message(given) {
		t.Error("a request with an ID was copied")
	}
	read := &qaironv1.GetBuildRequest{Id: "a"}
	if withRequestID(read) != proto.Message(read) {
		t.Error("a read was copied")
	}
}
