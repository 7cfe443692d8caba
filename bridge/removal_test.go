package bridge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/stage"
)

// Random orders, grouped and split at random, lose random lines: what is taken
// off is what was cancelled, to the unit, or nothing, and doing it is the end of
// it.
func TestPlanRemovalConservesUnits(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 7))
	planned, doubts := 0, 0
	for range 3000 {
		o, live := randomParts(r)
		gone := map[string]bool{}
		for i, l := range o.Lines {
			if r.IntN(3) == 0 {
				gone[l.ID] = true
				o.Lines[i].Cancelled = r.IntN(2) == 0
			}
		}
		before := unitsBySKU(live)
		p := planRemoval(o, gone, live, true)
		switch {
		case p.doubt != "":
			doubts++
			if len(p.steps) > 0 {
				t.Fatalf("a doubt (%s) with %d steps", p.doubt, len(p.steps))
			}
			continue
		case len(p.steps) > 0:
			planned++
		}
		want := map[string]int{}
		for _, l := range o.Lines {
			if !gone[l.ID] {
				want[l.Title]++
			}
		}
		live = apply(p, live)
		if got := unitsBySKU(live); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v without %v: %v is left of %v, want %v", o.Lines, gone, got, before, want)
		}
		if again := planRemoval(o, gone, live, false); again.doubt != "" || len(again.steps) > 0 {
			t.Fatalf("done, and then: %+v", again)
		}
	}
	if planned < 500 || doubts < 50 {
		t.Errorf("%d plans, %d doubts: the test does not try everything", planned, doubts)
	}
}

// randomParts is an order of up to eight units of three SKUs in one or two parts.
func randomParts(r *rand.Rand) (Order, []WarehouseOrder) {
	o := Order{ID: "1", Status: AwaitingShipment}
	lines := map[string]*WarehouseLine{}
	var order []string
	for i := range 1 + r.IntN(8) {
		l := OrderLine{ID: fmt.Sprint("l", i), Title: fmt.Sprint("SKU-", r.IntN(3))}
		o.Lines = append(o.Lines, l)
		w := lines[l.Title]
		if w == nil || r.IntN(4) == 0 { // another price
			w = &WarehouseLine{LineID: l.ID, SKU: l.Title}
			lines[l.Title] = w
			order = append(order, l.ID)
			lines[l.ID] = w
		}
		w.FromLineIDs = append(w.FromLineIDs, l.ID)
		w.Quantity++
	}
	parts := []WarehouseOrder{{ID: "a", State: Open, Stage: stage.New}, {ID: "b", State: Open, Stage: stage.New}}
	halves := r.IntN(3) == 0
	for _, id := range order {
		line := *lines[id]
		if halves && line.Quantity > 1 && r.IntN(2) == 0 {
			half := line
			half.Quantity = 1 + r.IntN(line.Quantity-1)
			line.Quantity -= half.Quantity
			parts[1].Lines = append(parts[1].Lines, half)
		}
		at := 0
		if halves {
			at = r.IntN(2)
		}
		if i := slices.IndexFunc(parts[at].Lines, func(l WarehouseLine) bool { return l.LineID == line.LineID }); i >= 0 {
			parts[at].Lines[i].Quantity += line.Quantity
			continue
		}
		parts[at].Lines = append(parts[at].Lines, line)
	}
	return o, slices.DeleteFunc(parts, func(w WarehouseOrder) bool { return len(w.Lines) == 0 })
}

func apply(p removal, live []WarehouseOrder) []WarehouseOrder {
	for _, s := range p.steps {
		i := slices.IndexFunc(live, func(w WarehouseOrder) bool { return w.ID == s.order.ID })
		if len(s.changes) == 0 {
			live = slices.Delete(slices.Clone(live), i, i+1)
			continue
		}
		var kept []WarehouseLine
		for _, l := range live[i].Lines {
			if k := slices.IndexFunc(s.changes, func(c LineChange) bool { return c.LineID == l.LineID }); k >= 0 {
				l.Quantity = s.changes[k].Keep
			}
			if l.Quantity > 0 {
				kept = append(kept, l)
			}
		}
		live[i].Lines = kept
	}
	return live
}

func unitsBySKU(live []WarehouseOrder) map[string]int {
	units := map[string]int{}
	for _, w := range live {
		for _, l := range w.Lines {
			units[l.SKU] += l.Quantity
		}
	}
	return units
}
