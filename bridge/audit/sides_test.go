package audit_test

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// slow is both sides, each of whose lists takes a minute.
type slow struct{ urgency []int }

func (s *slow) wait(ctx context.Context) error {
	s.urgency = append(s.urgency, tiktokshop.Urgency(ctx), linnworks.Urgency(ctx))
	select {
	case <-time.After(time.Minute):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slow) Listings(ctx context.Context) iter.Seq2[catalogue.Listing, error] {
	return func(yield func(catalogue.Listing, error) bool) {
		err := s.wait(ctx)
		yield(catalogue.Listing{SKU: catalogue.SKU{ID: "1", ProductID: "2", SellerSKU: "MUG"}, Derived: true}, err)
	}
}

func (*slow) ItemsBySKU(context.Context, []string) ([]catalogue.ItemRef, error) {
	return []catalogue.ItemRef{{ID: "a", SKU: "MUG"}}, nil
}

func (*slow) Compositions(context.Context, []string) (map[string]catalogue.Composition, error) {
	return nil, nil
}

func (s *slow) Bundle(ctx context.Context, _ string) (map[string][]catalogue.BundleComponent, error) {
	return nil, s.wait(ctx)
}

func (s *slow) OrdersCreated(ctx context.Context, _, _ time.Time) ([]audit.ShopOrder, error) {
	return nil, s.wait(ctx)
}

func (*slow) KnownOrders(context.Context, []string) (map[string]bool, error) { return nil, nil }

// house is the warehouse's side of it.
type house struct{ slow }

func (h *house) ChannelMappings(ctx context.Context) ([]catalogue.ChannelMapping, error) {
	return nil, h.wait(ctx)
}

func (*house) HasChannelMapping(context.Context, string) (bool, error) { return false, nil }

func (h *house) StockLevels(ctx context.Context, _ []string) (stock.Reading, error) {
	return stock.Reading{Available: map[string]map[string]int{"a": {"here": 1}}}, h.wait(ctx)
}

func (h *house) OrdersBooked(ctx context.Context, _, _ time.Time) ([]audit.BookedOrder, map[string]string, error) {
	return nil, nil, h.wait(ctx)
}

// The shop and the warehouse are read at the same time, and everything else goes before.
func TestSidesAreReadAtOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		until time.Duration // when the context ends
		want  time.Duration
		err   error
	}{
		{"both to the end", time.Hour, 3 * time.Minute, nil},
		{"stopped", 90 * time.Second, 90 * time.Second, context.DeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				shop, warehouse := new(slow), new(house)
				ctx, cancel := context.WithTimeout(tiktokshop.Bulk(t.Context()), c.until)
				defer cancel()
				start := time.Now()
				report, err := audit.Run(ctx, audit.Ports{
					Listings: shop, Items: warehouse, Mappings: warehouse, Bundles: shop, Levels: warehouse, Orders: shop, Booked: warehouse,
				}, audit.Options{OrdersFrom: start.Add(-48 * time.Hour), OrdersTo: start})
				if got := time.Since(start); got != c.want || !errors.Is(err, c.err) {
					t.Errorf("it took %v (%v), want %v (%v)", got, err, c.want, c.err)
				}
				if report.Complete() != (c.err == nil) {
					t.Errorf("not read: %q", report.Unread)
				}
				for _, u := range append(shop.urgency, warehouse.urgency...) {
					if u != -1 {
						t.Errorf("a call has the urgency %d, want that of bulk work", u)
					}
				}
			})
		})
	}
}

// brokenHouse is a warehouse whose mappings panic.
type brokenHouse struct{ house }

func (*brokenHouse) ChannelMappings(context.Context) ([]catalogue.ChannelMapping, error) {
	panic("a port is broken")
}

// A port that panics does so where the audit was called, and not in a goroutine that nobody
// can contain, and says where it was.
func TestPanicOfASideIsTheCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			got, _ := recover().(part.Panic)
			if got.Value != "a port is broken" || !strings.Contains(string(got.Stack), "brokenHouse") {
				t.Errorf("recovered %v, want the panic of the port and where it was", got)
			}
		}()
		_, err := audit.Run(t.Context(), audit.Ports{Listings: new(slow), Items: new(house), Mappings: new(brokenHouse)}, audit.Options{})
		t.Errorf("the audit returned %v", err)
	})
}
