package bridge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOrderEvidence(t *testing.T) {
	o := anOrder("1", "MUG", "SPOON")
	o.Lines[0].Tracking, o.Lines[1].Tracking = "RM1", "RM1"
	got := orderEvidence(o,
		WarehouseOrder{Number: "1001", State: Open, Stage: StageLabelPrinted, Carrier: "Royal Mail", Tracking: "RM1"},
		WarehouseOrder{Number: "1002", State: Dropped},
	)
	want := []Property{
		{"shop order", "1"}, {"shop status", "AWAITING_SHIPMENT"}, {"shipping model", "seller"}, {"shop tracking", "RM1"},
		{"warehouse order", "1001"}, {"warehouse state", "open, label printed"}, {"carrier", "Royal Mail"}, {"warehouse tracking", "RM1"},
		{"warehouse order", "1002"}, {"warehouse state", "cancelled"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := orderEvidence(Order{}); len(got) != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

// What a primitive raises about an order says what both sides said.
func TestExceptionsAboutOrdersCarryEvidence(t *testing.T) {
	w := busy(t)
	if err := w.pass(t.Context()); err != nil {
		t.Log(err)
	}
	open, _ := w.exceptions.Open(t.Context())
	seen := map[Kind]bool{}
	for _, e := range open {
		if e.Kind == KindLateCancellation || e.Kind == KindStatesDisagree || e.Kind == KindNoTracking || e.Kind == KindUnmappedSKU && len(e.Evidence) > 0 {
			seen[e.Kind] = true
			if len(e.Evidence) < 2 {
				t.Errorf("%s: %v", e, e.Evidence)
			}
		}
	}
	if !seen[KindLateCancellation] || !seen[KindUnmappedSKU] {
		t.Errorf("too little happened: %v", open)
	}
}
