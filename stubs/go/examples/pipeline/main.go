// Command pipeline shows what a CI/CD pipeline writes to Qairon and reads from it: it records a build with its commit
// and the artifact it made, a release of it for a deployment, and the release's artifact; then it asks where and with
// which configuration to deploy, and proves that the deployment leads back to the commit.
//
//	QAIRON_ENDPOINT=http://127.0.0.1:50051 go run ./examples/pipeline -run 4711 -build 9001 -commit 6b733d1…
//
// Run again, it records nothing twice.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"qairon.dev/stubs/go/qairon"
	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

var (
	run        = flag.String("run", "", "what the CI system calls this run")
	commit     = flag.String("commit", "", "the commit that is built")
	deployment = flag.String("deployment", "", "the ID of the deployment to release to")
	sources    = flag.String("sources", "", "the ID of the repo of the source code")
	images     = flag.String("images", "", "the ID of the repo of the artifacts")
	path       = flag.String("path", "", "where in that repo the artifact is")
)

// number stays nil when it is not given: the service then asks for it, where 0 would be recorded.
var number *int64

func init() {
	flag.Func("build", "the number of the job, for the build and its release", func(text string) error {
		given, err := strconv.ParseInt(text, 10, 64)
		number = &given
		return err
	})
}

func main() {
	flag.Parse()
	client, err := qairon.Connect("", qairon.WithActor("ci/run-"+*run))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := pipeline(ctx, client); err != nil {
		// The field and the reason, for programs; the message, for people.
		if failure := qairon.AsError(err); failure != nil {
			log.Fatalf("%v\n  reason %v, field %q", err, failure.Reason, failure.Field)
		}
		log.Fatal(err)
	}
}

func pipeline(ctx context.Context, client *qairon.Client) error {
	target, err := client.Deployment.GetDeployment(ctx, &qaironv1.GetDeploymentRequest{Id: *deployment})
	if err != nil {
		return fmt.Errorf("the deployment: %w", err)
	}
	service := target.GetDeployment().GetServiceId()

	// What is recorded already is left alone: a job that failed halfway is simply run again.
	build, err := client.RecordBuild(ctx, qairon.Build{
		Build: &qaironv1.Build{ServiceId: service, BuildNum: number, VcsRef: *commit},
		Artifacts: []*qaironv1.BuildArtifact{
			{InputRepoId: *sources, OutputRepoId: *images, Name: "image", UploadPath: *path},
		},
	})
	if err != nil {
		return fmt.Errorf("recording the build: %w", err)
	}
	fmt.Println("build            ", build.GetId())
	fmt.Println("build artifact   ", id(&qaironv1.BuildArtifact{BuildId: build.GetId(), Name: "image"}))

	// This job builds and releases. A release by another job has that job's number.
	release, err := client.RecordRelease(ctx, qairon.Release{
		Release: &qaironv1.Release{BuildId: build.GetId(), DeploymentId: *deployment, BuildNum: number},
		Artifacts: []*qaironv1.ReleaseArtifact{
			{InputRepoId: *images, OutputRepoId: *images, Name: "image", UploadPath: *path},
		},
	})
	if err != nil {
		return fmt.Errorf("recording the release: %w", err)
	}
	fmt.Println("release          ", release.GetId())
	fmt.Println("release artifact ", id(&qaironv1.ReleaseArtifact{ReleaseId: release.GetId(), Name: "image"}))
	return deploy(ctx, client, target.GetDeployment(), release.GetId())
}

// id is the ID of an object with everything that its ID is made of.
func id(object proto.Message) string {
	id, err := qairon.ID(object)
	if err != nil {
		log.Fatal(err)
	}
	return id
}

// deploy asks for what a deployment needs, and for the way back.
func deploy(ctx context.Context, client *qairon.Client, deployment *qaironv1.Deployment, releaseID string) error {
	fmt.Println("deployment target", deployment.GetDeploymentTargetId())
	configs := qairon.All(ctx, client.Config.ListDeploymentConfigs,
		(*qaironv1.ListDeploymentConfigsResponse).GetDeploymentConfigs,
		&qaironv1.ListDeploymentConfigsRequest{Filter: fmt.Sprintf("deployment_id = %q", deployment.GetId())})
	for config, err := range configs {
		if err != nil {
			return fmt.Errorf("the configuration: %w", err)
		}
		fmt.Println("config           ", config.GetName(), config.GetConfig())
	}
	provenance, err := client.Trace.TraceProvenance(ctx, &qaironv1.TraceProvenanceRequest{
		DeploymentId: deployment.GetId(), ReleaseId: releaseID,
	})
	if err != nil {
		return fmt.Errorf("the provenance: %w", err)
	}
	for _, artifact := range provenance.GetReleaseArtifacts() {
		fmt.Println("binary           ", artifact.GetLocation())
	}
	fmt.Println("commit           ", provenance.GetVcsRef())
	return nil
}
