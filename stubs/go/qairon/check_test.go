package qairon_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"qairon.dev/stubs/go/qairon"
	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// unreachable is a client for what is refused before any call.
func unreachable(t *testing.T) *qairon.Client {
	t.Helper()
	client, _ := connectTo(t, "127.0.0.1:1", qairon.WithoutRetries())
	return client
}

func TestANilMessageIsAnError(t *testing.T) {
	client, ctx := unreachable(t), t.Context()
	build := &qaironv1.Build{ServiceId: "a:b:c", BuildNum: proto.Int64(1)}
	release := &qaironv1.Release{DeploymentId: "d", BuildId: "b", BuildNum: proto.Int64(1)}
	for field, call := range map[string]func() error{
		"build": func() error { _, err := client.RecordBuild(ctx, qairon.Build{}); return err },
		"artifacts[0]": func() error {
			_, err := client.RecordBuild(ctx, qairon.Build{Build: build, Artifacts: []*qaironv1.BuildArtifact{nil}})
			return err
		},
		"release": func() error { _, err := client.RecordRelease(ctx, qairon.Release{}); return err },
		"artifacts[1]": func() error {
			artifacts := []*qaironv1.ReleaseArtifact{{Name: "image"}, nil}
			_, err := client.RecordRelease(ctx, qairon.Release{Release: release, Artifacts: artifacts})
			return err
		},
		"stack":   func() error { _, err := qairon.Ensure(ctx, client, (*qaironv1.Stack)(nil)); return err },
		"message": func() error { _, err := qairon.Ensure[proto.Message](ctx, client, nil); return err },
		"service": func() error { _, err := qairon.ID((*qaironv1.Service)(nil)); return err },
		"request": func() (err error) {
			stacks := (*qaironv1.ListStacksResponse).GetStacks
			for _, err = range qairon.All(ctx, client.Catalog.ListStacks, stacks, nil) {
			}
			return err
		},
	} {
		err := call()
		failure := qairon.AsError(err)
		if failure == nil || failure.Code != codes.InvalidArgument || failure.Field != field ||
			failure.Reason != qaironv1.ErrorReason_ERROR_REASON_REQUIRED || !strings.Contains(failure.Message, "`"+field+"`") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestAnIDThatContradictsTheFieldsIsAnError(t *testing.T) {
	client, ctx := unreachable(t), t.Context()
	service := &qaironv1.Service{Id: "shop:web:cart", StackId: "shop:web", Name: "pay"}
	build := &qaironv1.Build{Id: "shop:web:pay:8", ServiceId: "shop:web:pay", BuildNum: proto.Int64(7)}
	release := &qaironv1.Release{Id: "d:8", DeploymentId: "d", BuildNum: proto.Int64(7)}
	_, first := qairon.Ensure(ctx, client, service)
	_, second := client.RecordBuild(ctx, qairon.Build{Build: build})
	_, third := client.RecordRelease(ctx, qairon.Release{Release: release})
	for _, one := range []struct {
		err       error
		has, made string
	}{
		{first, "shop:web:cart", "shop:web:pay"}, {second, "shop:web:pay:8", "shop:web:pay:7"}, {third, "d:8", "d:7"},
	} {
		failure := qairon.AsError(one.err)
		told := fmt.Sprintf("is `%s`, but its fields make `%s`", one.has, one.made)
		if failure == nil || failure.Reason != qaironv1.ErrorReason_ERROR_REASON_INVALID_ID || failure.Field != "id" ||
			!strings.Contains(failure.Message, told) {
			t.Errorf("%v instead of %s", one.err, told)
		}
	}
}

func TestAnIDThatAgreesIsFine(t *testing.T) {
	client, ctx := connect(t)
	application(t, client, ctx, "agreed")
	for range 2 {
		stack := &qaironv1.Stack{Id: "agreed:web", ApplicationId: "agreed", Name: "web"}
		if found, err := qairon.Ensure(ctx, client, stack); err != nil || found.GetId() != "agreed:web" {
			t.Errorf("%v, %v", found, err)
		}
		given := &qaironv1.Environment{Id: "agreed"}
		if found, err := qairon.Ensure(ctx, client, given); err != nil || found.GetId() != "agreed" {
			t.Errorf("%v, %v", found, err)
		}
	}
}

func TestTheKeysThatDifferAreNamed(t *testing.T) {
	client, ctx := connect(t)
	application(t, client, ctx, "keys")
	ensured := func(defaults map[string]any) error {
		object, err := structpb.NewStruct(defaults)
		if err != nil {
			t.Fatal(err)
		}
		_, err = qairon.Ensure(ctx, client, &qaironv1.Stack{ApplicationId: "keys", Name: "web", Defaults: object})
		return err
	}
	if err := ensured(map[string]any{"tier": 1, "same": true, "on": map[string]any{"a.b": 1, "c": 2}}); err != nil {
		t.Fatal(err)
	}
	for told, defaults := range map[string]map[string]any{
		"`defaults` differs in `defaults.on.\"a.b\"`, `defaults.other`, `defaults.tier`;": {
			"other": 1, "same": true, "on": map[string]any{"a.b": 2, "c": 2},
		},
		"`defaults` differs in `defaults.a`, `defaults.b`, `defaults.c`, `defaults.d`, `defaults.e` and 3 more;": {
			"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "on": 1, "tier": 2,
		},
	} {
		err := ensured(defaults)
		if failure := qairon.AsError(err); failure == nil || failure.Field != "defaults" || !strings.Contains(failure.Message, told) {
			t.Errorf("%v instead of %s", err, told)
		}
	}
}
