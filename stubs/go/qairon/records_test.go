package qairon_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/structpb"

	"qairon.dev/stubs/go/qairon"
	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// The suite creates an object of every entity, and names them in a file: their IDs are those of the service.
func TestIDsAreThoseOfTheService(t *testing.T) {
	file := os.Getenv("QAIRON_OBJECTS")
	if file == "" {
		t.Fatal("QAIRON_OBJECTS is unset: `cargo test --workspace --test suite go_client` sets it")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var objects []struct {
		Type   string
		ID     string
		Object json.RawMessage
	}
	if err := json.Unmarshal(text, &objects); err != nil || len(objects) < 30 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	client, ctx := connect(t)
	for _, object := range objects {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(object.Type))
		if err != nil {
			t.Fatal(err)
		}
		message := kind.New().Interface()
		if err := protojson.Unmarshal(object.Object, message); err != nil {
			t.Fatalf("%s: %v", object.Type, err)
		}
		if id, err := qairon.ID(message); err != nil || id != object.ID {
			t.Errorf("%s: %q, %v instead of %q", object.Type, id, err, object.ID)
		}
		// What is there is returned, with its etag: nothing was written.
		found, err := qairon.Ensure(ctx, client, message)
		if err != nil || !proto.Equal(found, message) {
			t.Errorf("%s: %v, %v instead of %v", object.Type, found, err, message)
		}
	}
}

func TestAMissingComponentIsNamed(t *testing.T) {
	if _, err := qairon.ID(&qaironv1.Build{ServiceId: "a:b:c"}); err == nil || !strings.Contains(err.Error(), "`build_num` of the build") {
		t.Errorf("%v", err)
	}
	if id, err := qairon.ID(&qaironv1.Build{ServiceId: "a:b:c", BuildNum: proto.Int64(0)}); err != nil || id != "a:b:c:0" {
		t.Errorf("%q, %v", id, err)
	}
	if _, err := qairon.ID(&qaironv1.GetBuildRequest{}); err == nil || !strings.Contains(err.Error(), "is not an entity") {
		t.Errorf("%v", err)
	}
}

func TestEnsureCreatesComparesAndUpdates(t *testing.T) {
	client, ctx := connect(t)
	application(t, client, ctx, "records")
	stack, err := client.Catalog.CreateStack(ctx, &qaironv1.CreateStackRequest{
		Stack:     &qaironv1.Stack{ApplicationId: "records", Name: "web"},
		RequestId: "run-4711/stack",
	})
	if err != nil {
		t.Fatal(err)
	}
	found, err := ensureStack(ctx, client)
	if err != nil || found.GetEtag() != stack.GetStack().GetEtag() {
		t.Fatalf("%v, %v", found, err)
	}
	defaults, err := structpb.NewStruct(map[string]any{"owner": "us"})
	if err != nil {
		t.Fatal(err)
	}
	wanted := &qaironv1.Service{StackId: found.GetId(), Name: "cart", ArtifactName: proto.String("one"), Defaults: defaults}
	for range 2 {
		if service, err := qairon.Ensure(ctx, client, wanted); err != nil || service.GetId() != "records:web:cart" {
			t.Fatalf("%v, %v", service, err)
		}
	}
	wanted.ArtifactName = proto.String("two")
	_, err = qairon.Ensure(ctx, client, wanted)
	const told = "there already is another service `records:web:cart`: `artifact_name` is `one`, not `two`; `WithUpdate` changes it"
	if failure := qairon.AsError(err); failure == nil || failure.Code != codes.AlreadyExists || failure.Message != told ||
		failure.Field != "artifact_name" || failure.ResourceID != "records:web:cart" ||
		failure.Reason != qaironv1.ErrorReason_ERROR_REASON_ALREADY_EXISTS {
		t.Errorf("%v", err)
	}
	service, err := qairon.Ensure(ctx, client, wanted, qairon.WithUpdate())
	if err != nil || service.GetArtifactName() != "two" || service.GetDefaults().GetFields()["owner"].GetStringValue() != "us" {
		t.Errorf("%v, %v", service, err)
	}
}

func ensureStack(ctx context.Context, client *qairon.Client) (stack *qaironv1.Stack, err error) {
	stack, err = qairon.Ensure(ctx, client, &qaironv1.Stack{ApplicationId: "records", Name: "web"})
	return stack, err
}

func TestBuildsAndReleasesAreRecordedOnceByMany(t *testing.T) {
	client, ctx := connect(t)
	must := func(message proto.Message) string {
		t.Helper()
		found, err := qairon.Ensure(ctx, client, message)
		if err != nil {
			t.Fatal(err)
		}
		id, err := qairon.ID(found)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	deployment, repo := site(must)
	target, err := client.Deployment.GetDeployment(ctx, &qaironv1.GetDeploymentRequest{Id: deployment})
	if err != nil {
		t.Fatal(err)
	}
	service := target.GetDeployment().GetServiceId()
	build := qairon.Build{
		Build: &qaironv1.Build{ServiceId: service, BuildNum: proto.Int64(7), VcsRef: "6b733d1"},
		Artifacts: []*qaironv1.BuildArtifact{
			{InputRepoId: repo, OutputRepoId: repo, Name: "image", UploadPath: "shop/cart:7"},
			{InputRepoId: repo, OutputRepoId: repo, Name: "chart", UploadPath: "shop/chart:7"},
		},
	}
	release := qairon.Release{
		// A later job than that of the build.
		Release: &qaironv1.Release{DeploymentId: deployment, BuildId: service + ":7", BuildNum: proto.Int64(12)},
		Artifacts: []*qaironv1.ReleaseArtifact{
			{InputRepoId: repo, OutputRepoId: repo, Name: "image", UploadPath: "shop/cart:12"},
		},
		Current: true,
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if found, err := client.RecordBuild(ctx, build); err != nil || found.GetId() != service+":7" {
				t.Errorf("%v, %v", found, err)
			}
			if found, err := client.RecordRelease(ctx, release); err != nil || found.GetId() != deployment+":12" {
				t.Errorf("%v, %v", found, err)
			}
		})
	}
	all.Wait()
	artifacts, err := client.Delivery.ListBuildArtifacts(ctx, &qaironv1.ListBuildArtifactsRequest{
		Filter: fmt.Sprintf("build_id = %q", service+":7"),
	})
	if err != nil || len(artifacts.GetBuildArtifacts()) != 2 {
		t.Errorf("%v, %v", artifacts, err)
	}
	target, err = client.Deployment.GetDeployment(ctx, &qaironv1.GetDeploymentRequest{Id: deployment})
	if err != nil || target.GetDeployment().GetCurrentReleaseId() != deployment+":12" {
		t.Errorf("%v, %v", target, err)
	}

	build.Build.VcsRef = "other"
	if _, err := client.RecordBuild(ctx, build); qairon.AsError(err) == nil || qairon.AsError(err).Field != "vcs_ref" {
		t.Errorf("another commit under the same number: %v", err)
	}
	release.Artifacts[0].ReleaseId = "other"
	if _, err := client.RecordRelease(ctx, release); err == nil || !strings.Contains(err.Error(), "leave it out") {
		t.Errorf("an artifact of another release: %v", err)
	}
	build.Build.BuildNum, release.Release.BuildNum = nil, nil
	_, first := client.RecordBuild(ctx, build)
	_, second := client.RecordRelease(ctx, release)
	for _, err := range []error{first, second} {
		failure := qairon.AsError(err)
		if failure == nil || failure.Reason != qaironv1.ErrorReason_ERROR_REASON_REQUIRED || failure.Field != "build_num" {
			t.Errorf("a forgotten number: %v", err)
		}
	}
}

// site makes what a deployment needs, and gives the IDs of the deployment and of a repo.
func site(must func(proto.Message) string) (deployment, repo string) {
	kind := must(&qaironv1.ProviderType{Id: "record-cloud"})
	environment := must(&qaironv1.Environment{Id: "record"})
	provider := must(&qaironv1.Provider{EnvironmentId: environment, ProviderTypeId: kind, NativeId: "1"})
	region := must(&qaironv1.Region{ProviderId: provider, Name: "r"})
	partition := must(&qaironv1.Partition{RegionId: region, Name: "p"})
	targetType := must(&qaironv1.DeploymentTargetType{Id: "record-k8s"})
	target := must(&qaironv1.DeploymentTarget{DeploymentTargetTypeId: targetType, PartitionId: partition, Name: "main"})
	app := must(&qaironv1.Application{Id: "recorded"})
	stack := must(&qaironv1.Stack{ApplicationId: app, Name: "web"})
	service := must(&qaironv1.Service{StackId: stack, Name: "cart"})
	repoType := must(&qaironv1.RepoType{Id: "record-repo"})
	repo = must(&qaironv1.Repo{RepoTypeId: repoType, Name: "images"})
	deployment = must(&qaironv1.Deployment{DeploymentTargetId: target, ServiceId: service, Tag: "default"})
	return deployment, repo
}
