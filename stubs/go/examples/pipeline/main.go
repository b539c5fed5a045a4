// Command pipeline shows what a CI/CD pipeline writes to Qairon and reads from it: it records a build with its commit
// and the artifact it made, a release of it for a deployment, and the release's artifact; then it asks where and with
// which configuration to deploy, and proves that the deployment leads back to the commit.
//
//	QAIRON_ENDPOINT=http://127.0.0.1:50051 go run ./examples/pipeline -run 4711 -build 9001 -commit 6b733d1…
//
// Run again with the same -run, it records nothing twice.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"time"

	"qairon.dev/stubs/go/qairon"
	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

var (
	run        = flag.String("run", "", "what the CI system calls this run; repeating a run repeats no write")
	commit     = flag.String("commit", "", "the commit that is built")
	number     = flag.Int64("build", 0, "the build's number")
	deployment = flag.String("deployment", "", "the ID of the deployment to release to")
	sources    = flag.String("sources", "", "the ID of the repo of the source code")
	images     = flag.String("images", "", "the ID of the repo of the artifacts")
	path       = flag.String("path", "", "where in that repo the artifact is")
)

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

	// What is written gets a request_id made of the run: the service does it once, however often the run is repeated.
	build, err := client.Delivery.CreateBuild(ctx, &qaironv1.CreateBuildRequest{
		Build:     &qaironv1.Build{ServiceId: service, BuildNum: number, VcsRef: *commit},
		RequestId: *run + "/build",
	})
	buildID, err := created(build.GetBuild().GetId(), err)
	if err != nil {
		return fmt.Errorf("recording the build: %w", err)
	}
	fmt.Println("build            ", buildID)

	artifact, err := client.Delivery.CreateBuildArtifact(ctx, &qaironv1.CreateBuildArtifactRequest{
		BuildArtifact: &qaironv1.BuildArtifact{
			BuildId: buildID, InputRepoId: *sources, OutputRepoId: *images, Name: "image", UploadPath: *path,
		},
		RequestId: *run + "/build-artifact",
	})
	artifactID, err := created(artifact.GetBuildArtifact().GetId(), err)
	if err != nil {
		return fmt.Errorf("recording the build artifact: %w", err)
	}
	fmt.Println("build artifact   ", artifactID)

	release, err := client.Delivery.CreateRelease(ctx, &qaironv1.CreateReleaseRequest{
		Release:   &qaironv1.Release{BuildId: buildID, DeploymentId: *deployment, BuildNum: number},
		RequestId: *run + "/release",
	})
	releaseID, err := created(release.GetRelease().GetId(), err)
	if err != nil {
		return fmt.Errorf("recording the release: %w", err)
	}
	fmt.Println("release          ", releaseID)

	baked, err := client.Delivery.CreateReleaseArtifact(ctx, &qaironv1.CreateReleaseArtifactRequest{
		ReleaseArtifact: &qaironv1.ReleaseArtifact{
			ReleaseId: releaseID, InputRepoId: *images, OutputRepoId: *images, Name: "image", UploadPath: *path,
		},
		RequestId: *run + "/release-artifact",
	})
	bakedID, err := created(baked.GetReleaseArtifact().GetId(), err)
	if err != nil {
		return fmt.Errorf("recording the release artifact: %w", err)
	}
	fmt.Println("release artifact ", bakedID)
	return deploy(ctx, client, target.GetDeployment(), releaseID)
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

// created is the ID of what was created, or of what was there: a run of long ago, whose request_id is forgotten.
func created(id string, err error) (string, error) {
	var failure *qairon.Error
	if errors.As(err, &failure) && failure.Reason == qaironv1.ErrorReason_ERROR_REASON_ALREADY_EXISTS {
		return failure.ResourceID, nil
	}
	return id, err
}
