package qairon_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"qairon.dev/stubs/go/qairon"
	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// The cases are those of the suite, which starts the servers: it runs them with every client.
func TestTLS(t *testing.T) {
	file := os.Getenv("QAIRON_TLS_CASES")
	if file == "" {
		t.Fatal("QAIRON_TLS_CASES is unset: `cargo test --workspace --test suite go_client` sets it")
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Endpoint, Told string
		CAFile         string `json:"ca_file"`
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, one := range cases {
		t.Run(one.Endpoint, func(t *testing.T) {
			t.Parallel()
			client, ctx := connectTo(t, one.Endpoint, qairon.WithCAFile(one.CAFile))
			_, err := client.Catalog.ListApplications(ctx, &qaironv1.ListApplicationsRequest{PageSize: 1})
			if one.Told == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			failure := qairon.AsError(err)
			if failure == nil || failure.Code != codes.Unavailable || !strings.HasPrefix(failure.Message, one.Told) {
				t.Errorf("%v instead of %s", err, one.Told)
			}
		})
	}
}
