package bridge_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// scales weighs items, and is where the labels are bought that it keeps the contents of.
type scales struct {
	*world.World
	grams map[string]float64
	// broken is what reading them answers.
	broken error
	asked  []string
	packed []catalogue.Packed
	bought int
}

func (s *scales) ItemMeasures(_ context.Context, ids []string) (map[string]catalogue.Measures, error) {
	s.asked = ids
	measures := map[string]catalogue.Measures{}
	for _, id := range ids {
		if grams, known := s.grams[id]; known {
			measures[id] = catalogue.Measures{Grams: grams}
		}
	}
	return measures, s.broken
}

func (s *scales) ArrangeShipping(ctx context.Context, shipment bridge.Shipment) (bridge.Label, error) {
	var err error
	if s.packed, err = shipment.Contents(ctx); err != nil {
		return bridge.Label{}, err
	}
	s.bought++
	return s.World.ArrangeShipping(ctx, shipment)
}

func (s *scales) dispatcher(t *testing.T) *bridge.Dispatcher {
	t.Helper()
	w := s.World
	d, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: w.Gate(), Orders: w, Shipper: s, OrderBook: w, Tracking: w, Locks: w, Exceptions: w, Catalogue: w, Measures: s,
	}, bridge.DispatchOptions{Now: w.Now})
	must(t, err)
	return d
}

// A label is bought for what is in the parcel: the parts of kits, what the shop's own
// bundles hold, and nothing of what another parcel holds.
func TestContentsOfALabel(t *testing.T) {
	t.Parallel()
	unknown := catalogue.Packed{Units: 1}
	weighing := func(units int, grams float64) catalogue.Packed {
		return catalogue.Packed{Units: units, Each: catalogue.Measures{Grams: grams}}
	}
	grams := map[string]float64{"i-mug": 350, "i-spoon": 40, "i-set": 500}
	for name, tc := range map[string]struct {
		lines []bridge.OrderLine
		grams map[string]float64
		made  []string // where the set lies ready-made
		parts bool     // only the first line is in the parcel
		want  []catalogue.Packed
		asked []string
	}{
		"two of one and another":       {lines: world.AnOrder("1", "MUG", "MUG", "SPOON").Lines, want: []catalogue.Packed{weighing(2, 350), weighing(1, 40)}, asked: []string{"i-mug", "i-spoon"}},
		"a kit is its parts":           {lines: world.AnOrder("1", "SET", "SPOON").Lines, want: []catalogue.Packed{weighing(1, 350), weighing(3, 40)}, asked: []string{"i-mug", "i-spoon"}},
		"a kit that lies ready-made":   {lines: world.AnOrder("1", "SET").Lines, made: []string{"L1"}, want: []catalogue.Packed{weighing(1, 500)}, asked: []string{"i-set"}},
		"a kit that is made elsewhere": {lines: world.AnOrder("1", "SET").Lines, made: []string{"L2"}, want: []catalogue.Packed{weighing(1, 350), weighing(2, 40)}, asked: []string{"i-mug", "i-spoon"}},
		"an item that is gone":         {lines: world.AnOrder("1", "MUG", "GHOST").Lines, want: []catalogue.Packed{unknown, weighing(1, 350)}, asked: []string{"i-mug"}},
		"a weight that nobody entered": {lines: world.AnOrder("1", "MUG", "SPOON").Lines, grams: map[string]float64{"i-spoon": 40}, want: []catalogue.Packed{unknown, weighing(1, 40)}, asked: []string{"i-mug", "i-spoon"}},
		"half of a split order":        {lines: world.AnOrder("1", "MUG", "SPOON").Lines, parts: true, want: []catalogue.Packed{weighing(1, 350)}, asked: []string{"i-mug"}},
		"the shop's own bundle": {
			lines: []bridge.OrderLine{world.Bundle("1-1", 1000, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 3}, catalogue.BundleComponent{Listing: world.SKU("SET"), Quantity: 1})},
			want:  []catalogue.Packed{weighing(4, 350), weighing(2, 40)}, asked: []string{"i-mug", "i-spoon"},
		},
		"a bundle of what is gone": {
			lines: []bridge.OrderLine{world.Bundle("1-1", 1000, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 3}, catalogue.BundleComponent{Listing: world.SKU("GHOST"), Quantity: 1})},
			want:  []catalogue.Packed{unknown, weighing(3, 350)}, asked: []string{"i-mug"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			set := world.Set
			set.StockedIn = tc.made
			w.Items = maps.Clone(w.Items)
			w.Items["s-SET"], w.Items["s-GHOST"] = set, catalogue.Item{ID: "i-ghost", SKU: "GHOST"}
			if tc.grams == nil {
				tc.grams = grams
			}
			s := &scales{World: w, grams: tc.grams}
			e := w.Waiting(w.Put(world.With(world.AnOrder("1"), func(o *bridge.Order) { o.ShippingModel, o.Lines = bridge.TikTokShipping, tc.lines }))[0])
			e.LocationID = "L1"
			delete(w.Items, "s-GHOST") // since the order came in
			if tc.parts {
				e.Split, e.Lines = true, e.Lines[:1]
			}
			if got := world.Outcome(t)(s.dispatcher(t).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeLabelled {
				t.Fatal(got)
			}
			if diff := cmp.Diff(tc.want, s.packed); diff != "" {
				t.Errorf("packed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.asked, s.asked); diff != "" {
				t.Errorf("asked for (-want +got):\n%s", diff)
			}
		})
	}
}

// A label that nobody could say the weight of is not bought, and is by the next run.
func TestContentsOfALabelUnread(t *testing.T) {
	t.Parallel()
	for name, breakage := range map[string]func(*scales){
		"items":     func(s *scales) { s.broken = world.ErrInjected },
		"catalogue": func(s *scales) { s.Fail = world.FailOn("StockItems") },
	} {
		w := world.NewWorld(t)
		s := &scales{World: w, grams: map[string]float64{"i-mug": 350}}
		w.Waiting(w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }))[0])
		breakage(s)
		if _, err := s.dispatcher(t).Dispatch(t.Context(), w.Entries()...); !errors.Is(err, world.ErrInjected) || s.bought != 0 {
			t.Errorf("%s cannot be read: got %v and %d label(s), want the failure and none", name, err, s.bought)
		}
		s.Fail, s.broken = nil, nil
		if got := world.Outcome(t)(s.dispatcher(t).Dispatch(t.Context(), w.Entries()...)); got != bridge.OutcomeLabelled {
			t.Errorf("%s can be read again: got %s, want %s", name, got, bridge.OutcomeLabelled)
		}
	}
	w := world.NewWorld(t)
	if _, err := bridge.NewDispatcher(bridge.DispatchPorts{
		Gate: w.Gate(), Orders: w, Shipper: w, OrderBook: w, Tracking: w, Locks: w, Exceptions: w, Measures: &scales{},
	}, bridge.DispatchOptions{}); err == nil || !strings.Contains(err.Error(), "Measures needs Catalogue") {
		t.Errorf("got %v, want that Measures needs Catalogue", err)
	}
}

// What items weigh in Linnworks is what a label in the US is bought for; an item that
// says nothing leaves it to the parcel of the options.
func TestLabelIsBoughtForWhatItemsWeigh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDispatching(t, "US")
		enter := func(sku string, weight, height, width, depth linnworks.Decimal) {
			t.Helper()
			ids, err := d.book.ItemsBySKU(t.Context(), []string{sku})
			must(t, err)
			_, err = d.staff.Inventory.UpdateInventoryItem(t.Context(), &linnworks.UpdateInventoryItemRequest{InventoryItem: &linnworks.InventoryUpdateInventoryItemRequest{
				StockItemID: new(linnworks.GUID(ids[0].ID)), ItemNumber: new(sku), ItemTitle: new(sku), Weight: &weight, Height: &height, Width: &width, Depth: &depth,
			}})
			must(t, err)
		}
		buy := func(lines ...tiktokshoptest.Line) string {
			t.Helper()
			d.imported(t, tiktokshoptest.OrderSpec{Lines: lines, ShippingType: tiktokshop.ShippingTypeTikTok})
			d.tiktok.ResetCalls()
			d.run(t)
			bought := d.tiktok.CallsOf(tiktokshoptest.On("Fulfillment.CreatePackages"))
			if len(bought) != 1 {
				t.Fatalf("%d labels were bought, want one", len(bought))
			}
			return bought[0].Body
		}
		enter("MUG", "350", "9", "12", "10")
		mugsAndSet := []tiktokshoptest.Line{tiktokshoptest.Units(mugSKU, 2), tiktokshoptest.Units(setSKU, 1)}
		for _, tc := range []struct {
			name  string
			spoon linnworks.Decimal
			want  []string
		}{
			{"a spoon says nothing", "", []string{`"height":"27"`, `"length":"20"`, `"value":"1050"`}},
			{"a spoon says what it weighs", "40.5", []string{`"height":"29"`, `"length":"15"`, `"width":"10"`, `"value":"1131"`}},
		} {
			if tc.spoon != "" {
				enter("SPOON", tc.spoon, "1", "3", "15")
				d.shop, d.book = d.adapters(t) // another process: it has read nothing yet
			}
			body := buy(mugsAndSet...)
			for _, want := range tc.want {
				if !strings.Contains(body, want) {
					t.Errorf("%s: got %s, want %s in it", tc.name, body, want)
				}
			}
		}
	})
}
