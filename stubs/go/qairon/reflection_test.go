package qairon_test

import (
	"testing"

	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// Several clients in wide use know the reflection service in this version alone.
func TestReflectionV1Alpha(t *testing.T) {
	client, ctx := connect(t)
	//lint:ignore SA1019 the old version is what is tested
	stream, err := v1alpha.NewServerReflectionClient(client.Conn()).ServerReflectionInfo(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(request *v1alpha.ServerReflectionRequest) *v1alpha.ServerReflectionResponse {
		t.Helper()
		if err := stream.Send(request); err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return answer
	}
	list := ask(&v1alpha.ServerReflectionRequest{MessageRequest: &v1alpha.ServerReflectionRequest_ListServices{}})
	services := list.GetListServicesResponse().GetService()
	if len(services) < 13 {
		t.Errorf("there are only %d services", len(services))
	}
	for _, symbol := range append([]string{"qairon.v1.Build", "qairon.v1.CatalogService.ListStacks"}, names(services)...) {
		answer := ask(&v1alpha.ServerReflectionRequest{
			MessageRequest: &v1alpha.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: symbol},
		})
		files := answer.GetFileDescriptorResponse().GetFileDescriptorProto()
		if len(files) == 0 {
			t.Errorf("`%s` is not described: %v", symbol, answer.GetErrorResponse())
			continue
		}
		if err := proto.Unmarshal(files[0], &descriptorpb.FileDescriptorProto{}); err != nil {
			t.Error(err)
		}
	}
}

func names(services []*v1alpha.ServiceResponse) []string {
	var names []string
	for _, service := range services {
		names = append(names, service.GetName())
	}
	return names
}
