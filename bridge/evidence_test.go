package bridge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

func TestOrderEvidence(t *testing.T) {
	o := world.AnOrder("1", "MUG", "SPOON")
	o.Lines[0].Tracking, o.Lines[1].Tracking = "RM1", "RM1"
	got := bridge.OrderEvidence(o,
		bridge.WarehouseOrder{Number: "1001", State: bridge.Open, Stage: stage.LabelPrinted, Carrier: "Royal Mail", Tracking: "RM1"},
		bridge.WarehouseOrder{Number: "1002", State: bridge.Dropped},
	)
	want := []exceptions.Property{
		{Name: "shop order", Value: "1"}, {Name: "shop status", Value: "AWAITING_SHIPMENT"}, {Name: "shipping model", Value: "seller"}, {Name: "shop tracking", Value: "RM1"},
		{Name: "warehouse order", Value: "1001"}, {Name: "warehouse state", Value: "open, label printed"}, {Name: "carrier", Value: "Royal Mail"}, {Name: "warehouse tracking", Value: "RM1"},
		{Name: "warehouse order", Value: "1002"}, {Name: "warehouse state", Value: "cancelled"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := bridge.OrderEvidence(bridge.Order{}); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// What a primitive raises about an order says what both sides said.
func TestExceptionsAboutOrdersCarryEvidence(t *testing.T) {
	w := busy(t)
	if err := w.Pass(t.Context()); err != nil {
		t.Log(err)
	}
	open, _ := w.Exceptions.Open(t.Context())
	seen := map[exceptions.Kind]bool{}
	for _, e := range open {
		if e.Kind == exceptions.LateCancellation || e.Kind == exceptions.StatesDisagree || e.Kind == exceptions.NoTracking || e.Kind == exceptions.UnmappedSKU {
			seen[e.Kind] = true
			if len(e.Evidence) < 2 && len(e.Orders) == 0 {
				t.Errorf("%s: %v", e, e.Evidence)
			}
		}
	}
	if !seen[exceptions.LateCancellation] || !seen[exceptions.UnmappedSKU] {
		t.Errorf("too little happened: %v", open)
	}
}
