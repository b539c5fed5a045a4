package qairon_test

import (
	"context"
	"math"
	"math/rand"
	"strconv"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"

	"qairon.dev/stubs/go/qairon"
	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// doubles are those that are hard to write or to read, and some of random bits.
func doubles(count int) []float64 {
	numbers := []float64{
		0, math.Copysign(0, -1), 0.1, 1.0 / 3, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64,
		1 << 53, 1<<53 + 2, 1 << 60, 1e16, 1e21, 1e22, 1e23, 1e300,
	}
	random := rand.New(rand.NewSource(10))
	for len(numbers) < count {
		number := math.Float64frombits(random.Uint64())
		if !math.IsNaN(number) && !math.IsInf(number, 0) {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

func holding(numbers []float64) *structpb.Struct {
	values := make([]*structpb.Value, len(numbers))
	for index, number := range numbers {
		values[index] = structpb.NewNumberValue(number)
	}
	list := structpb.NewListValue(&structpb.ListValue{Values: values})
	return &structpb.Struct{Fields: map[string]*structpb.Value{"n": list}}
}

func TestEveryDoubleComesBack(t *testing.T) {
	client, ctx := connect(t)
	numbers := doubles(500)
	object := &qaironv1.Application{Id: "exact-numbers-go", Defaults: holding(numbers)}
	created, err := client.Catalog.CreateApplication(ctx, &qaironv1.CreateApplicationRequest{Application: object})
	if err != nil {
		t.Fatal(err)
	}
	got, err := client.Catalog.GetApplication(ctx, &qaironv1.GetApplicationRequest{Id: object.Id})
	if err != nil {
		t.Fatal(err)
	}
	listed := list(t, client, ctx, `id = "exact-numbers-go"`)
	for way, found := range map[string]*qaironv1.Application{
		"Create": created.Application, "Get": got.Application, "List": listed[0],
	} {
		values := found.Defaults.Fields["n"].GetListValue().Values
		for index, number := range numbers {
			if math.Float64bits(values[index].GetNumberValue()) != math.Float64bits(number) {
				t.Errorf("%s: %g is %g", way, number, values[index].GetNumberValue())
			}
		}
	}
	// A decimal point or an exponent says that a double is meant.
	for index, number := range numbers[:60] {
		literal := strconv.FormatFloat(number, 'e', -1, 64)
		filter := `id = "exact-numbers-go" AND defaults.n.` + strconv.Itoa(index) + " = " + literal
		if found := list(t, client, ctx, filter); len(found) != 1 {
			t.Errorf("%s finds %d", filter, len(found))
		}
	}
}

func list(t *testing.T, client *qairon.Client, ctx context.Context, filter string) []*qaironv1.Application {
	t.Helper()
	listed, err := client.Catalog.ListApplications(ctx, &qaironv1.ListApplicationsRequest{Filter: filter})
	if err != nil {
		t.Fatalf("%s: %v", filter, err)
	}
	return listed.Applications
}

func TestWhatIsNoNumberIsRefusedByItsPath(t *testing.T) {
	client, ctx := connect(t)
	for _, number := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		object := &qaironv1.Application{Id: "no-number-go", Defaults: holding([]float64{0, number})}
		_, err := client.Catalog.CreateApplication(ctx, &qaironv1.CreateApplicationRequest{Application: object})
		failure := qairon.AsError(err)
		if failure == nil || failure.Code != codes.InvalidArgument || failure.Field != "defaults.n[1]" ||
			failure.Reason != qaironv1.ErrorReason_ERROR_REASON_INVALID_VALUE {
			t.Errorf("%g: %v", number, err)
		}
	}
}
