package qairon

import (
	"reflect"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

func TestEndpoints(t *testing.T) {
	t.Setenv("QAIRON_ENDPOINT", "")
	for text, want := range map[string]endpoint{
		"":                       {DefaultAddress, false},
		"localhost:50051":        {"localhost:50051", false},
		"http://10.0.0.1:1":      {"10.0.0.1:1", false},
		"http://qairon.example/": {"qairon.example:80", false},
		"https://qairon.example": {"qairon.example:443", true},
		"qairon.example":         {"qairon.example:50051", false},
		"http://[::1]:50051":     {"[::1]:50051", false},
		"[::1]:50051":            {"[::1]:50051", false},
	} {
		if got, err := parseEndpoint(text); err != nil || got != want {
			t.Errorf("%q: %v, %v instead of %v", text, got, err, want)
		}
	}
	for _, text := range []string{"ftp://a:1", "http://", "http://a:1/path", "http://u@a:1", "a:b:c", "a:x", "a b", ":1", "/socket"} {
		if got, err := parseEndpoint(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		} else if !strings.Contains(err.Error(), "`http://host:port`") {
			t.Errorf("%q: %v names no remedy", text, err)
		}
	}
	t.Setenv("QAIRON_ENDPOINT", "http://env:2")
	if got, err := parseEndpoint(""); err != nil || got.address != "env:2" {
		t.Errorf("the environment: %v, %v", got, err)
	}
}

func TestTLSNeedsCredentials(t *testing.T) {
	if _, err := Connect("https://a:1"); err == nil || !strings.Contains(err.Error(), "WithTransportCredentials") {
		t.Errorf("connected: %v", err)
	}
	client, err := Connect("https://a:1", WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
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
