package emit_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
)

func TestSurface(t *testing.T) {
	t.Parallel()
	got, err := emit.Surface(map[string][]byte{"a.gen.go": []byte(`package a

type OrderService service

func (s *OrderService) Get(ctx context.Context, id string, req *GetRequest, opts ...CallOption) (*Order, error) { return nil, nil }
func (c *Client) serve() {}

type Order struct {
	ID string // required
	Lines []Line
}

type Status string

const (
	StatusPaid Status = "PAID"
)
`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Order struct", "Order.ID string", "Order.Lines []Line",
		"OrderService service", "OrderService.Get(context.Context, string, *GetRequest, ...CallOption) (*Order, error)",
		"Status string", `StatusPaid Status = "PAID"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	current := slices.Concat(got[:1], []string{"Order.ID GUID", "Order.New string"}, got[3:])
	if diff := cmp.Diff([]string{"was:  Order.ID string\n  now:  Order.ID GUID", "gone: Order.Lines []Line"}, emit.Broken(got, current)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
