package qairon

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// Build is a build to record, with its artifacts, whose BuildId is left out.
type Build struct {
	*qaironv1.Build
	Artifacts []*qaironv1.BuildArtifact
}

// RecordBuild records a build and its artifacts, if they are not recorded yet; see [Ensure]. So the run of a pipeline may
// be repeated, whatever part of it was done. A BuildNum or a message that is nil is an [Error] with the reason REQUIRED.
func (c *Client) RecordBuild(ctx context.Context, build Build, options ...EnsureOption) (*qaironv1.Build, error) {
	if err := given(build.Build, ""); err != nil {
		return nil, err
	}
	if err := allGiven(build.Artifacts, "artifacts"); err != nil {
		return nil, err
	}
	recorded, err := Ensure(ctx, c, build.Build, options...)
	if err != nil {
		return nil, err
	}
	for _, artifact := range build.Artifacts {
		artifact = proto.CloneOf(artifact)
		if err := setOwner("BuildId", &artifact.BuildId, recorded.GetId()); err != nil {
			return nil, err
		}
		if _, err := Ensure(ctx, c, artifact, options...); err != nil {
			return nil, err
		}
	}
	return recorded, nil
}

// Release is a release to record, with its artifacts, whose ReleaseId is left out.
//
// Its BuildNum is the number of the job that made the release. It need not be the number of the build: one build may be
// released many times.
type Release struct {
	*qaironv1.Release
	Artifacts []*qaironv1.ReleaseArtifact
	// Current makes it the current release of its deployment.
	Current bool
}

// RecordRelease records the release of a build and its artifacts, if they are not recorded yet; see [Ensure]. A BuildNum
// or a message that is nil is an [Error] with the reason REQUIRED.
func (c *Client) RecordRelease(ctx context.Context, release Release, options ...EnsureOption) (*qaironv1.Release, error) {
	if err := given(release.Release, ""); err != nil {
		return nil, err
	}
	if err := allGiven(release.Artifacts, "artifacts"); err != nil {
		return nil, err
	}
	recorded, err := Ensure(ctx, c, release.Release, options...)
	if err != nil {
		return nil, err
	}
	for _, artifact := range release.Artifacts {
		artifact = proto.CloneOf(artifact)
		if err := setOwner("ReleaseId", &artifact.ReleaseId, recorded.GetId()); err != nil {
			return nil, err
		}
		if _, err := Ensure(ctx, c, artifact, options...); err != nil {
			return nil, err
		}
	}
	if !release.Current {
		return recorded, nil
	}
	answer, err := c.Deployment.GetDeployment(ctx, &qaironv1.GetDeploymentRequest{Id: recorded.GetDeploymentId()})
	if err != nil || answer.GetDeployment().GetCurrentReleaseId() == recorded.GetId() {
		return recorded, err
	}
	_, err = c.Deployment.UpdateDeployment(ctx, &qaironv1.UpdateDeploymentRequest{
		Deployment: &qaironv1.Deployment{Id: recorded.GetDeploymentId(), CurrentReleaseId: proto.String(recorded.GetId())},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"current_release_id"}},
	})
	return recorded, err
}

// setOwner sets the ID that an artifact belongs to.
func setOwner(field string, to *string, id string) error {
	if *to != "" && *to != id {
		return fmt.Errorf("%s of an artifact is `%s`, not `%s`: leave it out", field, *to, id)
	}
	*to = id
	return nil
}
