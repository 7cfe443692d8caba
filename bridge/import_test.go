package bridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

func TestImportTwice(t *testing.T) {
	w := world.NewWorld(t)
	w.Careless = true // what keeps duplicates away here is the importer
	orders := w.Put(world.AnOrder("1", "MUG", "MUG", "SPOON"), world.AnOrder("2", "SET"))
	for i, want := range []bridge.Outcome{bridge.OutcomeCreated, bridge.OutcomeUnchanged} {
		r, err := w.Importer().Import(t.Context(), orders...)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range r {
			if o.Outcome != want || o.WarehouseOrder == "" {
				t.Errorf("run %d: %+v, want %s and a number", i+1, o, want)
			}
		}
	}
	if len(w.Book) != 2 {
		t.Fatalf("%d warehouse orders, want 2", len(w.Book))
	}
	want := []bridge.NewOrderLine{
		{LineID: "1-1", LineIDs: []string{"1-1", "1-2"}, SKU: "MUG", Title: "MUG", Quantity: 2, Price: world.GBP(1000)},
		{LineID: "1-3", LineIDs: []string{"1-3"}, SKU: "SPOON", Title: "SPOON", Quantity: 1, Price: world.GBP(1000)},
	}
	if diff := cmp.Diff(want, w.Book[0].From.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestImportConcurrently(t *testing.T) {
	w := world.NewWorld(t)
	w.Careless = true
	orders := w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SET"), world.AnOrder("3", "SPOON"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			mine := slices.Clone(orders)
			rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(mine), func(a, b int) { mine[a], mine[b] = mine[b], mine[a] })
			if _, err := w.Importer().Import(t.Context(), mine...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(w.Book) != len(orders) {
		t.Errorf("%d warehouse orders for %d shop orders", len(w.Book), len(orders))
	}
}

func TestImportCreateReplyLost(t *testing.T) {
	w := world.NewWorld(t)
	w.Careless, w.Lost, w.Fail = true, true, world.FailOn("CreateOrders")
	orders := w.Put(world.AnOrder("1", "MUG"))
	r, err := w.Importer().Import(t.Context(), orders...)
	if !errors.Is(err, world.ErrInjected) || r[0].Outcome != bridge.OutcomeFailed || !errors.Is(r[0].Err, world.ErrInjected) {
		t.Fatalf("got %v, %v; want the failure in both", r, err)
	}
	w.Fail = nil
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), orders...)); got != bridge.OutcomeUnchanged {
		t.Errorf("second run: %s, want it to find the order", got)
	}
	if r, ok := w.Reservation(); !ok || r.VisibleAt.IsZero() || r.SeenAt.After(r.VisibleAt) {
		t.Errorf("reservation %+v, want one that became visible", r)
	}
	if len(w.Book) != 1 {
		t.Errorf("%d warehouse orders", len(w.Book))
	}
}

func TestImportHeldThenReleased(t *testing.T) {
	masked := bridge.Address{Name: "A** B****", Line1: "*****", Postcode: "***", Country: "GB"}
	w := world.NewWorld(t)
	held := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status, o.Recipient = bridge.OnHold, masked })
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), w.Put(held)...)); got != bridge.OutcomeParked {
		t.Fatalf("held order: %s", got)
	}
	if e := w.Book[0]; e.State != bridge.Parked || e.HasAddress {
		t.Fatalf("warehouse order %+v: want it parked, without the masked address", e.WarehouseOrder)
	}
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), held)); got != bridge.OutcomeUnchanged {
		t.Errorf("still held: %s", got)
	}
	noAddress := world.With(held, func(o *bridge.Order) { o.Status, o.Recipient = bridge.AwaitingShipment, bridge.Address{} })
	if _, err := w.Importer().Import(t.Context(), noAddress); err == nil || w.Book[0].State != bridge.Parked {
		t.Errorf("released without an address: %v, %s", err, w.Book[0].State)
	}
	ready := world.With(held, func(o *bridge.Order) { o.Status, o.Recipient = bridge.AwaitingShipment, world.Home })
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), ready)); got != bridge.OutcomeReleased {
		t.Fatalf("ready order: %s", got)
	}
	if e := w.Book[0]; e.State != bridge.Open || e.Address != world.Home {
		t.Errorf("warehouse order is %s with the right address: %t", e.State, e.Address == world.Home)
	}
}

// An order in its remorse hour is in the ledger when the warehouse is asked to make it, and
// stays there if that fails.
func TestImportCountsAHeldOrderBeforeItIsMade(t *testing.T) {
	w := world.NewWorld(t)
	held := w.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.OnHold }))
	units := func() int {
		list, err := w.Memory.ReservationsOf(t.Context(), "1")
		must(t, err)
		return list["1"].Items[world.Mug.ID]
	}
	made := 0
	w.Fail = func(_ int, call string) error {
		if call != "CreateOrders" {
			return nil
		}
		made++
		if n := units(); n != 1 {
			t.Errorf("the order is being made, and %d units are in the ledger, want 1", n)
		}
		return world.ErrInjected
	}
	_, err := w.Importer().Import(t.Context(), held...)
	if n := units(); made == 0 || n != 1 {
		t.Errorf("made %d times (%v): %d units are in the ledger, want 1", made, err, n)
	}
}

func TestImportMaskedAddressNeverOverwrites(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	im := w.ImporterAt(func() time.Time { return now })
	// A shop without the on-hold status: ready, with an address, but to be waited out.
	o := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.HoldUntil = world.Noon.Add(time.Hour) })
	if got := world.Outcome(t)(im.Import(t.Context(), o)); got != bridge.OutcomeParked {
		t.Fatalf("within the window: %s", got)
	}
	now = world.Noon.Add(time.Hour)
	o.Recipient = bridge.Address{Name: "***", Line1: "***"}
	if got := world.Outcome(t)(im.Import(t.Context(), o)); got != bridge.OutcomeReleased {
		t.Fatalf("after the window: %s", got)
	}
	if w.Book[0].Address != world.Home {
		t.Error("a masked address replaced a good one")
	}
}

func TestImportHoldWindowPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.NewWorld(t)
		w.Now = time.Now
		o := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.HoldUntil = time.Now().Add(time.Hour) })
		for _, step := range []struct {
			wait time.Duration
			want bridge.Outcome
		}{{0, bridge.OutcomeParked}, {59 * time.Minute, bridge.OutcomeUnchanged}, {time.Minute, bridge.OutcomeReleased}, {time.Minute, bridge.OutcomeUnchanged}} {
			time.Sleep(step.wait)
			if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != step.want {
				t.Errorf("after %s: %s, want %s", step.wait, got, step.want)
			}
		}
	})
}

func TestImportOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name     string
		order    bridge.Order
		want     bridge.Outcome
		open     []string
		reserved bool
	}{
		{"unpaid reserves only", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.Unpaid }), bridge.OutcomeReserved, nil, true},
		{"platform's warehouse", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = bridge.FulfilledByTikTok }), bridge.OutcomeSkipped, nil, false},
		{"cancelled", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.Cancelled }), bridge.OutcomeSkipped, nil, false},
		{"unknown status", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = "TELEPORTED" }), bridge.OutcomeRaised, []string{`unknown status: status "TELEPORTED" of shipping model "seller"`}, true},
		{"unknown model", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = "drone" }), bridge.OutcomeRaised, []string{`unknown status: status "AWAITING_SHIPMENT" of shipping model "drone"`}, true},
		{"no id", world.With(world.AnOrder("", "MUG"), func(o *bridge.Order) {}), bridge.OutcomeRaised, []string{"order cannot be imported: order without id"}, false},
		{"no lines", world.AnOrder("1"), bridge.OutcomeRaised, []string{"order cannot be imported: order 1"}, true},
		{"all lines cancelled", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Lines[0].Cancelled = true }), bridge.OutcomeRaised, []string{"order cannot be imported: order 1"}, true},
		{"unreadable", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Unreadable = `amount "1O.00"` }), bridge.OutcomeRaised, []string{"order cannot be imported: order 1"}, true},
		{"no currency", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Totals.Currency = "" }), bridge.OutcomeRaised, []string{"order cannot be imported: order 1"}, true},
		{"two currencies", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Lines[0].Price.Currency = "USD" }), bridge.OutcomeRaised, []string{"order cannot be imported: order 1"}, true},
		{"negative price", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Lines[0].Price = world.GBP(-1) }), bridge.OutcomeRaised, []string{"order cannot be imported: order 1"}, true},
		{"unmapped", world.AnOrder("1", "MUG", "GHOST"), bridge.OutcomeRaised, []string{"unmapped SKU: SKU GHOST"}, true},
		{"missing part", world.AnOrder("1", "BROKEN"), bridge.OutcomeRaised, []string{"broken kit: SKU BROKEN"}, true},
		{"cycle", world.AnOrder("1", "LOOP"), bridge.OutcomeRaised, []string{"broken kit: SKU LOOP"}, true},
		{"zero quantity", world.AnOrder("1", "ZERO"), bridge.OutcomeRaised, []string{"broken kit: SKU ZERO"}, true},
		{"negative quantity", world.AnOrder("1", "MINUS"), bridge.OutcomeRaised, []string{"broken kit: SKU MINUS"}, true},
		{"absurd quantity", world.AnOrder("1", "HUGE"), bridge.OutcomeRaised, []string{"broken kit: SKU HUGE"}, true},
		{"gift", world.Priced(world.With(world.AnOrder("1", "MUG", "SPOON"), func(o *bridge.Order) { o.Lines[1].Price = world.GBP(0) })), bridge.OutcomeCreated, nil, true},
		{"cancellation requested", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequested = true }), bridge.OutcomeParked, nil, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.Items["s-BROKEN"] = catalogue.Item{ID: "i-b", SKU: "BROKEN", Kit: []catalogue.Component{{Item: catalogue.Item{SKU: "LOST"}, Quantity: 1}}}
			w.Broken["s-LOOP"] = &catalogue.KitError{SKU: "LOOP", Problem: "contains itself"}
			for name, n := range map[string]int{"ZERO": 0, "MINUS": -2, "HUGE": catalogue.MaxKitQuantity + 1} {
				w.Items["s-"+name] = catalogue.Item{ID: "i-" + name, SKU: name, Kit: []catalogue.Component{{Item: world.Mug, Quantity: n}}}
			}
			r, err := w.Importer().Import(t.Context(), tc.order, world.AnOrder("2", "MUG"))
			if err != nil {
				t.Fatal(err)
			}
			if r[0].Outcome != tc.want {
				t.Errorf("outcome %s, want %s", r[0].Outcome, tc.want)
			}
			if r[1].Outcome != bridge.OutcomeCreated {
				t.Errorf("the next order: %s, want it created all the same", r[1].Outcome)
			}
			if diff := cmp.Diff(tc.open, w.OpenKinds()); diff != "" {
				t.Error(diff)
			}
			if _, ok := w.Reservation(); ok != tc.reserved {
				t.Errorf("reserved: %t, want %t", ok, tc.reserved)
			}
			if tc.want == bridge.OutcomeRaised && len(w.Book) != 1 {
				t.Errorf("%d warehouse orders, want only the next one", len(w.Book))
			}
		})
	}
}

func TestImportMendsItself(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "NEW")
	for range 2 {
		if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeRaised {
			t.Fatal(got)
		}
	}
	open, _ := w.Exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Count != 2 || !slices.Equal(open[0].Orders, []string{"1"}) {
		t.Errorf("open: %v, want one counted twice that names the order", open)
	}
	w.Items["s-NEW"] = catalogue.Item{ID: "i-new", SKU: "NEW"}
	w.Stock["i-new"] = map[string]int{"L1": 1}
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeCreated {
		t.Fatal(got)
	}
	if open := w.OpenKinds(); open != nil {
		t.Errorf("still open: %v", open)
	}
}

func TestImportGroupingIgnoresLineOrder(t *testing.T) {
	o := world.AnOrder("1", "MUG", "SPOON", "MUG", "MUG", "SET")
	o.Lines[3].Price = world.GBP(900)
	o = world.Priced(o)
	known := catalogue.Lookup{Items: world.NewWorld(t).Items}
	want, problems := bridge.MapOrder(o, known)
	if len(problems) > 0 || len(want.Lines) != 4 {
		t.Fatalf("%v, %+v", problems, want.Lines)
	}
	for seed := range uint64(50) {
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(o.Lines), func(a, b int) { o.Lines[a], o.Lines[b] = o.Lines[b], o.Lines[a] })
		got, _ := bridge.MapOrder(o, known)
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b bridge.Address) bool { return a == b })); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func TestImportBundleByComponents(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "MUG")
	o.Lines = append(o.Lines, world.Bundle("1-2", 1000, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 1}, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 2}))
	o = world.Priced(o)
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeCreated {
		t.Fatal(got)
	}
	got := map[string]string{}
	for _, l := range w.Book[0].From.Lines {
		got[l.LineID] = fmt.Sprintf("%d %s at %s", l.Quantity, l.SKU, l.Price.Decimal())
	}
	want := map[string]string{"1-1": "1 MUG at 10.00", "1-2-1": "1 MUG at 3.34", "1-2-2": "2 SPOON at 3.33"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"missing composite: SKU TTBUNDLE"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
	r, _ := w.Reservation()
	if diff := cmp.Diff(map[string]int{"i-mug": 2, "i-spoon": 2}, r.Items); diff != "" {
		t.Error(diff)
	}
	// Once the composite exists the next order closes the exception.
	w.Items["s-TTBUNDLE"] = catalogue.Item{ID: "i-tt", SKU: "TTBUNDLE", Kit: world.Set.Kit}
	o2 := world.AnOrder("2")
	o2.Lines = []bridge.OrderLine{world.Bundle("2-1", 1000, o.Lines[1].Components...)}
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), world.Priced(o2))); got != bridge.OutcomeCreated || w.OpenKinds() != nil {
		t.Errorf("%s, open: %v", got, w.OpenKinds())
	}
	if l := w.Book[1].From.Lines; len(l) != 1 || l[0].SKU != "TTBUNDLE" {
		t.Errorf("imported as %+v", l)
	}
}

// prices are what the shop asks for listings sold alone.
type prices struct {
	byID  map[string]int64
	err   error
	asked []string
}

func (p *prices) ListPrices(_ context.Context, listings []catalogue.SKU) (map[string]int64, error) {
	for _, l := range listings {
		p.asked = append(p.asked, l.ID)
	}
	return p.byID, p.err
}

// A phone and two stickers do not cost the same when one of them comes back.
func TestImportBundleByValue(t *testing.T) {
	for _, tc := range []struct {
		name   string
		prices *prices
		want   string
		split  string
	}{
		{"by the prices of its components", &prices{byID: map[string]int64{"s-MUG": 9900, "s-SPOON": 50}}, "MUG 9.90, SPOON 0.05, SPOON 0.05", "by their own prices"},
		{"to the minor unit", &prices{byID: map[string]int64{"s-MUG": 1, "s-SPOON": 1}}, "MUG 3.34, SPOON 3.33, SPOON 3.33", "by their own prices"},
		{"with a free one", &prices{byID: map[string]int64{"s-MUG": 500, "s-SPOON": 0}}, "MUG 10.00, SPOON 0.00, SPOON 0.00", "by their own prices"},
		{"one price is not known", &prices{byID: map[string]int64{"s-MUG": 9900}}, "MUG 3.34, SPOON 3.33, SPOON 3.33", "equally"},
		{"a price that cannot be", &prices{byID: map[string]int64{"s-MUG": 9900, "s-SPOON": -1}}, "MUG 3.34, SPOON 3.33, SPOON 3.33", "equally"},
		{"the shop does not answer", &prices{err: world.ErrInjected}, "MUG 3.34, SPOON 3.33, SPOON 3.33", "equally"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.AnOrder("1")
			o.Lines = []bridge.OrderLine{world.Bundle("1-1", 1000, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 1}, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 2})}
			im := w.Importer()
			im.Ports().Prices = tc.prices
			_, err := im.Import(t.Context(), w.Put(world.Priced(o), world.AnOrder("2", "MUG"))...)
			must(t, err)
			var got []string
			for _, l := range w.Book[0].From.Lines {
				for range l.Quantity {
					got = append(got, l.SKU+" "+l.Price.Decimal())
				}
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
			open, err := w.Exceptions.Open(t.Context())
			must(t, err)
			if len(open) != 1 || !strings.Contains(open[0].Seen, "its price was split "+tc.split) {
				t.Errorf("got %v, want that it was split %s", open, tc.split)
			}
			if diff := cmp.Diff([]string{"s-MUG", "s-SPOON"}, tc.prices.asked); diff != "" {
				t.Errorf("asked for prices: %s", diff)
			}
		})
	}
}

func TestImportBundleStaysApart(t *testing.T) {
	o := world.AnOrder("1", "MUG")
	o.Lines = append(o.Lines, world.Bundle("1-2", 1000, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 1}))
	n, _ := bridge.MapOrder(o, catalogue.Lookup{Items: world.NewWorld(t).Items})
	if len(n.Lines) != 2 || n.Lines[0].LineID != "1-1" || n.Lines[1].LineID != "1-2-1" {
		t.Errorf("%+v: a component and the same item sold alone became one line", n.Lines)
	}
}

func TestImportBundleRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		c    catalogue.BundleComponent
		open string
	}{
		"unknown component": {catalogue.BundleComponent{Listing: world.SKU("GHOST"), Quantity: 1}, "broken kit: SKU TTBUNDLE"},
		"zero":              {catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: 0}, "order cannot be imported: order 1"},
		"negative":          {catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: -1}, "order cannot be imported: order 1"},
		"absurd":            {catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: bridge.MaxOrderUnits + 1}, "order cannot be imported: order 1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.AnOrder("1")
			o.Lines = []bridge.OrderLine{world.Bundle("1-1", 1000, tc.c)}
			if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeRaised || len(w.Book) != 0 {
				t.Errorf("%s, %d orders", got, len(w.Book))
			}
			if diff := cmp.Diff([]string{tc.open}, w.OpenKinds()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever a bundle costs and holds, its lines cost what it costs and hold what
// it holds, and the properties explain the total.
func TestImportBundleConservesMoneyAndUnits(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 3))
		o := world.AnOrder("1", "MUG")
		units, total := map[string]int{"MUG": 1}, int64(1000)
		for i := range 1 + r.IntN(3) {
			a, b, price := 1+r.IntN(7), 1+r.IntN(7), r.Int64N(100_000)
			o.Lines = append(o.Lines, world.Bundle(fmt.Sprintf("1-%d", i+2), price, catalogue.BundleComponent{Listing: world.SKU("MUG"), Quantity: a}, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: b}))
			units["MUG"] += a
			units["SPOON"] += b
			total += price
		}
		n, problems := bridge.MapOrder(o, catalogue.Lookup{Items: world.NewWorld(t).Items})
		if slices.ContainsFunc(problems, bridge.Blocks) {
			t.Fatalf("seed %d: %v", seed, problems)
		}
		ids := map[string]bool{}
		for _, l := range n.Lines {
			units[l.SKU] -= l.Quantity
			total -= l.Price.Minor * int64(l.Quantity)
			if ids[l.LineID] {
				t.Errorf("seed %d: line id %s twice", seed, l.LineID)
			}
			ids[l.LineID] = true
		}
		if total != 0 || units["MUG"] != 0 || units["SPOON"] != 0 {
			t.Errorf("seed %d: %d minor units and %v items over", seed, total, units)
		}
	}
}

func TestImportDuplicatesAndSplits(t *testing.T) {
	line := func(sku string, n int) []bridge.NewOrderLine {
		return []bridge.NewOrderLine{{LineID: "x", SKU: sku, Quantity: n}}
	}
	for _, tc := range []struct {
		name  string
		order bridge.Order
		book  [][]bridge.NewOrderLine
		want  bridge.Outcome
	}{
		{"split by units", world.AnOrder("1", "MUG", "MUG"), [][]bridge.NewOrderLine{line("MUG", 1), line("MUG", 1)}, bridge.OutcomeUnchanged},
		{"split by lines", world.AnOrder("1", "MUG", "SPOON"), [][]bridge.NewOrderLine{line("MUG", 1), line("SPOON", 1)}, bridge.OutcomeUnchanged},
		{"duplicate", world.AnOrder("1", "MUG"), [][]bridge.NewOrderLine{line("MUG", 1), line("MUG", 1)}, bridge.OutcomeRaised},
		{"duplicate of one line", world.AnOrder("1", "MUG", "SPOON", "SPOON"), [][]bridge.NewOrderLine{line("MUG", 1), line("MUG", 1)}, bridge.OutcomeRaised},
		{"split with a line cancelled since", world.With(world.AnOrder("1", "MUG", "MUG"), func(o *bridge.Order) { o.Lines[0].Cancelled = true }),
			[][]bridge.NewOrderLine{line("MUG", 1), line("MUG", 1)}, bridge.OutcomeUnchanged},
		{"duplicate of a cancelled order", world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.Cancelled }),
			[][]bridge.NewOrderLine{line("MUG", 1), line("MUG", 1)}, bridge.OutcomeUnchanged},
		{"split with a line that a person relinked", world.AnOrder("1", "MUG", "SPOON"), [][]bridge.NewOrderLine{line("MUG", 1), line("SPOON-OLD", 1)}, bridge.OutcomeUnchanged},
		{"split bundle", world.With(world.AnOrder("1"), func(o *bridge.Order) {
			o.Lines = []bridge.OrderLine{world.Bundle("1-1", 9, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 2})}
		}),
			[][]bridge.NewOrderLine{line("SPOON", 1), line("SPOON", 1)}, bridge.OutcomeUnchanged},
		{"duplicate of what the catalogue has lost", world.AnOrder("1", "GHOST"), [][]bridge.NewOrderLine{line("GHOST", 1), line("GHOST", 1)}, bridge.OutcomeRaised},
		{"duplicate bundle", world.With(world.AnOrder("1"), func(o *bridge.Order) {
			o.Lines = []bridge.OrderLine{world.Bundle("1-1", 9, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 2})}
		}),
			[][]bridge.NewOrderLine{line("SPOON", 2), line("SPOON", 2)}, bridge.OutcomeRaised},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			for _, lines := range tc.book {
				w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1", Lines: lines, Recipient: tc.order.Recipient})
			}
			if got := world.Outcome(t)(w.Importer().Import(t.Context(), tc.order)); got != tc.want {
				t.Fatalf("%s, want %s; %v", got, tc.want, w.OpenKinds())
			}
			if tc.want == bridge.OutcomeRaised {
				if diff := cmp.Diff([]string{"duplicate order: order 1"}, w.OpenKinds()); diff != "" {
					t.Error(diff)
				}
				w.Book[1].State = bridge.Dropped
				if got := world.Outcome(t)(w.Importer().Import(t.Context(), tc.order)); got != bridge.OutcomeUnchanged || w.OpenKinds() != nil {
					t.Errorf("after the surplus was cancelled: %s, %v", got, w.OpenKinds())
				}
			}
		})
	}
}

func TestImportRefusedByTheWarehouse(t *testing.T) {
	w := world.NewWorld(t)
	w.Fail = func(_ int, name string) error {
		if name == "CreateOrders" {
			return &exceptions.RefusedError{Do: "correct the location", Err: errors.New("no such location")}
		}
		return nil
	}
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), world.AnOrder("1", "MUG"))); got != bridge.OutcomeRaised {
		t.Fatal(got)
	}
	open, _ := w.Exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != exceptions.BadOrder || open[0].Do != "correct the location" {
		t.Errorf("%v", open)
	}
	// It was refused, and not lost: once it is cancelled there is nothing to look for.
	r, err := w.Importer().Import(t.Context(), world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Status = bridge.Cancelled }))
	if err != nil || len(r) != 1 || !r[0].Again.IsZero() {
		t.Errorf("cancelled afterwards: %s%v; want it done with", r, err)
	}
}

// A reservation says line by line what it takes and why, survives JSON, and
// holds nothing about the buyer.
func TestImportReservationIsListable(t *testing.T) {
	w := world.NewWorld(t)
	w.Hidden = true
	o := world.AnOrder("1", "SET", "MUG", "GHOST", "SPOON")
	o.Lines[3].Cancelled = true
	o.Lines = append(o.Lines, world.Bundle("1-9", 900, catalogue.BundleComponent{Listing: world.SKU("SPOON"), Quantity: 3}))
	o.BuyerName, o.Note = "Jane", "Ring twice"
	if _, err := w.Importer().Import(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	got, _ := w.Reservation()
	want := []store.ReservedLine{
		{LineID: "1-1", SKUID: "s-SET", SKU: "SET", Items: map[string]int{"i-mug": 1, "i-spoon": 2}},
		{LineID: "1-2", SKUID: "s-MUG", SKU: "MUG", Items: map[string]int{"i-mug": 1}},
		{LineID: "1-3", SKUID: "s-GHOST", SKU: "GHOST", Items: map[string]int{}},
		{LineID: "1-9", SKUID: "s-TTBUNDLE", SKU: "TTBUNDLE", Items: map[string]int{"i-spoon": 3}, Components: map[string]int{"s-SPOON": 3}},
	}
	if diff := cmp.Diff(want, got.Lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"i-mug": 2, "i-spoon": 5}, got.Items); diff != "" {
		t.Error(diff)
	}
	if !got.CreatedAt.Equal(o.CreatedAt) || got.Why() != "not in the warehouse yet" {
		t.Errorf("created %s, %q", got.CreatedAt, got.Why())
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var back store.Reservation
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, back); diff != "" {
		t.Errorf("through JSON: %s", diff)
	}
	for _, private := range []string{"Jane", "Ring", world.Home.Name, world.Home.Postcode} {
		if strings.Contains(string(text), private) {
			t.Errorf("%q in %s", private, text)
		}
	}
}

func TestReservationSaysWhyItIsHeld(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "MUG")
	w.Add(bridge.NewOrder{Reference: "1", LocationID: "L1", Recipient: world.Home, Lines: []bridge.NewOrderLine{{LineID: "1-1", SKU: "MUG", Quantity: 1}}})
	for state, want := range map[bridge.WarehouseState]string{
		bridge.Locked: "locked in the warehouse", bridge.Dropped: "cancelled in the warehouse",
	} {
		w.Book[0].State = state
		_, _ = w.Importer().Import(t.Context(), o)
		if r, _ := w.Reservation(); !strings.HasPrefix(r.Why(), want) {
			t.Errorf("%s: %q, want %q", state, r.Why(), want)
		}
		_ = w.Memory.DropReservations(t.Context(), "1")
	}
	w.Book[0].State, w.Book[0].Lines[0].Unlinked = bridge.Open, true
	_, _ = w.Importer().Import(t.Context(), o)
	if r, _ := w.Reservation(); !strings.Contains(r.Why(), "not linked") {
		t.Errorf("%q", r.Why())
	}
	w.Fail = world.FailOn("TraceOrders")
	_ = w.Memory.DropReservations(t.Context(), "1")
	_, _ = w.Importer().Import(t.Context(), o)
	if r, _ := w.Reservation(); !strings.Contains(r.Why(), "could not be asked") {
		t.Errorf("%q", r.Why())
	}
	r := store.Reservation{VisibleAt: world.Noon, Unseen: store.UnseenLocked}
	if got, want := r.Why(), "in the warehouse since 2026-11-27 12:00:00 UTC; waits for a stock reading that began later"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The ledger counts what the warehouse does not: locked, cancelled there, or not
// linked to an item.
func TestImportLedger(t *testing.T) {
	w := world.NewWorld(t)
	o := world.AnOrder("1", "SET")
	run := func(o bridge.Order, want bridge.Outcome) {
		t.Helper()
		if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	visible := func(want bool) {
		t.Helper()
		r, ok := w.Reservation()
		if !ok || r.VisibleAt.IsZero() == want || r.Items["i-spoon"] != 2 || r.LocationID != "L1" {
			t.Fatalf("reservation %+v, want it visible: %t", r, want)
		}
	}
	run(o, bridge.OutcomeCreated)
	visible(true)
	first, _ := w.Reservation()
	w.Book[0].State = bridge.Locked
	run(o, bridge.OutcomeUnchanged)
	visible(false)
	if again, _ := w.Reservation(); !again.SeenAt.Equal(first.SeenAt) {
		t.Errorf("seen first at %v, and at the next look at %v", first.SeenAt, again.SeenAt)
	}
	w.Book[0].State = bridge.Open
	run(o, bridge.OutcomeUnchanged)
	visible(true)
	w.Book[0].Lines[0].Unlinked = true
	if err := w.Memory.DropReservations(t.Context(), "1"); err != nil { // as a push would
		t.Fatal(err)
	}
	run(o, bridge.OutcomeUnchanged)
	visible(false)
	if diff := cmp.Diff([]string{"line without an item: order 1"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
	w.Book[0].Lines[0].Unlinked = false
	run(o, bridge.OutcomeUnchanged)
	visible(true)
	if open := w.OpenKinds(); open != nil {
		t.Errorf("still open: %v", open)
	}
	w.Book[0].State = bridge.Dropped
	run(o, bridge.OutcomeRaised)
	visible(false)
	// It ends when the order does: cancelled, or shipped by somebody else.
	for status, want := range map[bridge.OrderStatus]bridge.Outcome{bridge.Cancelled: bridge.OutcomeUnchanged, bridge.Delivered: bridge.OutcomeRaised} {
		run(o, bridge.OutcomeRaised)
		run(world.With(o, func(o *bridge.Order) { o.Status = status }), want)
		if r, ok := w.Reservation(); ok {
			t.Errorf("%+v outlived the order, which is %s", r, status)
		}
	}
}

func TestImportCreatesAnUnlinkedLine(t *testing.T) {
	w := world.NewWorld(t)
	w.Unlinked["MUG"] = true
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), world.AnOrder("1", "MUG"))); got != bridge.OutcomeCreated {
		t.Fatal(got)
	}
	if r, ok := w.Reservation(); !ok || !r.VisibleAt.IsZero() {
		t.Errorf("%+v: the warehouse does not count the line", r)
	}
	if diff := cmp.Diff([]string{"line without an item: order 1"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
}

func TestImportReadsAgainBeforeItActs(t *testing.T) {
	w := world.NewWorld(t)
	stale := world.AnOrder("1", "MUG")
	w.Put(world.With(stale, func(o *bridge.Order) { o.Status = bridge.Cancelled }))
	if got := world.Outcome(t)(w.ImporterReading().Import(t.Context(), stale)); got != bridge.OutcomeSkipped || len(w.Book) != 0 {
		t.Errorf("%s, %d orders: an order was imported that the shop has cancelled", got, len(w.Book))
	}
	if _, ok := w.Reservation(); ok {
		t.Error("it stayed in the ledger")
	}
	if _, err := w.ImporterReading().Import(t.Context(), world.AnOrder("2", "MUG")); err == nil {
		t.Error("an order that the shop does not return was imported")
	}
}

func TestImportReleaseDoesNotHelp(t *testing.T) {
	w := world.NewWorld(t)
	w.Stubborn = true
	o := world.AnOrder("1", "MUG")
	w.Add(bridge.NewOrder{Reference: "1", Parked: true, LocationID: "L1", Recipient: world.Home}).MadeParked = true
	for range 2 {
		if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeRaised {
			t.Fatal(got)
		}
	}
	open, _ := w.Exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != exceptions.StatesDisagree || open[0].Count != 2 {
		t.Errorf("%v", open)
	}
	w.Stubborn = false
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeReleased || w.OpenKinds() != nil {
		t.Errorf("%s, %v", got, w.OpenKinds())
	}
}

func TestImportDoesNotReleaseWhatABuyerWantsCancelled(t *testing.T) {
	w := world.NewWorld(t)
	w.Add(bridge.NewOrder{Reference: "1", Parked: true, LocationID: "L1", Recipient: world.Home})
	if _, err := w.Memory.PutRecords(t.Context(), store.Record{OrderID: "1", ParkedAt: world.Noon}); err != nil { // by a Canceller that died
		t.Fatal(err)
	}
	o := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.CancelRequested = true })
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeUnchanged || w.Book[0].State != bridge.Parked {
		t.Errorf("%s, %s", got, w.Book[0].State)
	}
	w.Book[0].State = bridge.Dropped // the shop follows
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeUnchanged || w.OpenKinds() != nil {
		t.Errorf("%s, %v", got, w.OpenKinds())
	}
	w.Book[0].State = bridge.Parked
	o.CancelRequested = false // rejected, or taken back
	if got := world.Outcome(t)(w.Importer().Import(t.Context(), o)); got != bridge.OutcomeReleased {
		t.Error(got)
	}
}

// An order whose listing makes the catalogue fail holds up none of the others. Its line
// is in the ledger, and it is not seen: which units it takes is not known.
func TestImportOneListingFails(t *testing.T) {
	w := world.NewWorld(t)
	poison := errors.New("the catalogue stumbles over it")
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: w, Tracer: w, Catalogue: stumbling{w, "s-SPOON", poison}, Ledger: w, Records: w, Locks: w, Exceptions: w,
	}, bridge.ImportOptions{DefaultLocation: "L1", Now: w.Now})
	must(t, err)
	var orders []bridge.Order
	for i := range 100 {
		name := "MUG"
		if i == 37 {
			name = "SPOON"
		}
		orders = append(orders, world.AnOrder(fmt.Sprint(i), name))
	}
	results, err := im.Import(t.Context(), w.Put(orders...)...)
	if !errors.Is(err, poison) || len(w.Book) != 99 || len(results) != 100 {
		t.Errorf("%d of 99 orders were imported, %d results of 100, %v", len(w.Book), len(results), err)
	}
	for _, r := range results {
		if failed := r.OrderID == "37"; (r.Err != nil) != failed || r.Unseen != failed {
			t.Errorf("order %s: %v, unseen %t; want both: %t", r.OrderID, r.Err, r.Unseen, failed)
		}
	}
	reserved, err := w.Memory.ReservationsOf(t.Context(), "37")
	must(t, err)
	if lines := reserved["37"].Lines; len(lines) != 1 || lines[0].SKUID != "s-SPOON" {
		t.Errorf("the ledger has %+v of the order that could not be imported, want its line", lines)
	}
}

// An order whose units are not known is not seen, however often it is tried: stock that
// is pushed meanwhile would be sold twice.
func TestIntakeIsIncompleteWhileUnitsAreUnknown(t *testing.T) {
	w := world.NewWorld(t)
	ports := w.Importer().Ports()
	ports.Catalogue = stumbling{w, "s-SPOON", world.ErrInjected}
	im, err := bridge.NewImporter(*ports, bridge.ImportOptions{DefaultLocation: "L1", Now: w.Now})
	must(t, err)
	now := world.Noon
	in, err := bridge.NewIntake(bridge.IntakePorts{
		Orders: w, Handle: bridge.TakeOrders(im, w.Canceller(0), nil), Cursors: w.Memory, Hints: w.Memory, Revisits: w.Memory, Locks: w, Exceptions: w,
	}, bridge.IntakeOptions{SweepEvery: -1, Now: func() time.Time { return now }})
	must(t, err)
	w.Put(world.AnOrder("1", "MUG"), world.AnOrder("2", "SPOON"), world.AnOrder("3", "GHOST")) // which is not mapped, and tried again too
	for i := range 3 {
		r, err := in.Run(t.Context())
		if !bridge.OnlyOrders(err) {
			t.Fatalf("got %v, want an error about the one order", err)
		}
		if r.Complete() || r.Unseen != 1 || len(w.Book) != 1 {
			t.Errorf("run %d: complete %t, %d unseen, %d orders in the warehouse; want not, one and one", i+1, r.Complete(), r.Unseen, len(w.Book))
		}
		now = now.Add(time.Hour)
	}
	im.Ports().Catalogue = w
	r, err := in.Run(t.Context())
	must(t, err)
	if !r.Complete() || len(w.Book) != 2 {
		t.Errorf("after the catalogue answers: complete %t, %d orders in the warehouse; want it so, and two", r.Complete(), len(w.Book))
	}
}

// stumbling is a catalogue that fails for one listing.
type stumbling struct {
	catalogue.Source
	id  string
	err error
}

func (s stumbling) StockItems(ctx context.Context, listings []catalogue.SKU) (map[string]catalogue.Item, map[string]error, error) {
	for _, l := range listings {
		if l.ID == s.id {
			return nil, nil, s.err
		}
	}
	return s.Source.StockItems(ctx, listings)
}

// While the ledger takes nothing, nothing counts the units of a new order, and no
// stock may be pushed: whichever write it is, and however often it is tried.
func TestImportWithoutALedger(t *testing.T) {
	for _, also := range []string{"", "FindOrders", "TraceOrders", "RecordsOf"} {
		w := world.NewWorld(t)
		w.Put(world.AnOrder("1", "MUG"))
		now := world.Noon.Add(time.Minute)
		w.Now = func() time.Time { return now }
		in, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: windowed{w}, OpenOrders: w, Handle: bridge.TakeOrders(w.ImporterReading(), w.Canceller(0), nil),
			Cursors: w.Memory, Hints: w.Memory, Revisits: w.Memory, Locks: w, Exceptions: w,
		}, bridge.IntakeOptions{Now: w.Now, SweepEvery: -1})
		must(t, err)
		w.Fail = func(_ int, name string) error {
			if name == "PutReservations" || name == also {
				return world.ErrInjected
			}
			return nil
		}
		for i := range 3 {
			r, _ := in.Run(t.Context())
			if r.Complete() || r.Failed == 0 {
				t.Errorf("run %d, %q fails too: complete %t, %d failed; want not, and the order", i+1, also, r.Complete(), r.Failed)
			}
			now = now.Add(20 * time.Minute)
		}
		w.Fail = nil
		if r, err := in.Run(t.Context()); err != nil || !r.Complete() || len(w.Book) != 1 {
			t.Errorf("after it was mended: %v, complete %t, %d orders in the warehouse", err, r.Complete(), len(w.Book))
		}
	}
}

// A batch asks the store for all of its orders at once.
func TestImportStoreCallsOfABatch(t *testing.T) {
	w := world.NewWorld(t)
	for i := range 50 { // what is open about others costs nothing
		must(t, w.Exceptions.Raise(t.Context(), exceptions.New(exceptions.BadOrder, exceptions.ForOrder(fmt.Sprint("x", i)), time.Time{}, "odd", "mend it")))
	}
	var orders []bridge.Order
	for i := range 200 {
		o := world.AnOrder(fmt.Sprint(i), "MUG")
		o.CreatedAt = world.Noon.Add(2 * time.Hour)
		orders = append(orders, o)
	}
	w.Stock["i-mug"]["L1"] = 1000
	results, err := w.Importer().Import(t.Context(), w.Put(orders...)...)
	must(t, err)
	if len(results) != 200 || len(w.Book) != 200 {
		t.Fatalf("%d results, %d orders in the warehouse, want 200", len(results), len(w.Book))
	}
	calls := map[string]int{}
	for _, c := range w.Calls {
		calls[c]++
	}
	want := map[string]int{"StockItems": 1, "ReservationsOf": 2, "RecordsOf": 2, "PutReservations": 2, "PutRecords": 2, "CreateOrders": 1, "Open": 1}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Errorf("calls beside the locks (-want +got):\n%s", diff)
	}
}

func TestImportBatchErrors(t *testing.T) {
	for _, name := range []string{"StockItems", "ReservationsOf", "RecordsOf"} {
		w := world.NewWorld(t)
		w.Fail = world.FailOn(name)
		if r, err := w.Importer().Import(t.Context(), world.AnOrder("1", "MUG")); !errors.Is(err, world.ErrInjected) || len(r) != 0 || len(w.Book) != 0 {
			t.Errorf("%s fails: %v, %v", name, r, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := world.NewWorld(t)
	w.After = func(_ int, name string) {
		if name == "CreateOrders" {
			cancel()
		}
	}
	// An order twice is two batches: the second is not begun.
	r, err := w.Importer().Import(ctx, world.AnOrder("1", "MUG"), world.AnOrder("2", "MUG"), world.AnOrder("1", "MUG"))
	if !errors.Is(err, context.Canceled) || len(r) != 2 {
		t.Errorf("cancelled: %d results, %v", len(r), err)
	}
}

// A client's table of kinds parks or skips what would be imported.
func TestImportByKind(t *testing.T) {
	kinds, err := policy.DefaultKinds().Override(strings.NewReader("free_sample park order none no all\nexchange skip line line no all\n"))
	must(t, err)
	for _, tc := range []struct {
		name   string
		kinds  []policy.Kind
		change func(*bridge.Order)
		want   []bridge.Outcome // of two runs
		state  bridge.WarehouseState
		units  int // reserved
	}{
		{"ordinary", nil, nil, []bridge.Outcome{bridge.OutcomeCreated, bridge.OutcomeUnchanged}, bridge.Open, 1},
		{"parked, and left to a person", []policy.Kind{policy.FreeSample}, nil, []bridge.Outcome{bridge.OutcomeParked, bridge.OutcomeUnchanged}, bridge.Parked, 1},
		{"skipped", []policy.Kind{policy.Exchange}, nil, []bridge.Outcome{bridge.OutcomeSkipped, bridge.OutcomeSkipped}, bridge.Absent, 0},
		{"held and skipped", []policy.Kind{policy.Exchange}, func(o *bridge.Order) { o.Status = bridge.OnHold }, []bridge.Outcome{bridge.OutcomeSkipped, bridge.OutcomeSkipped}, bridge.Absent, 0},
		{"not paid, and skipped", []policy.Kind{policy.Exchange}, func(o *bridge.Order) { o.Status = bridge.Unpaid }, []bridge.Outcome{bridge.OutcomeSkipped, bridge.OutcomeSkipped}, bridge.Absent, 0},
		{"the strictest", []policy.Kind{policy.FreeSample, policy.Exchange}, nil, []bridge.Outcome{bridge.OutcomeSkipped, bridge.OutcomeSkipped}, bridge.Absent, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			o := world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.Kinds = tc.kinds })
			if tc.change != nil {
				tc.change(&o)
			}
			w.Put(o)
			im := importerOf(t, w, bridge.ImportOptions{Kinds: kinds})
			for i, want := range tc.want {
				if got := world.Outcome(t)(im.Import(t.Context(), o)); got != want {
					t.Errorf("run %d: %s, want %s", i+1, got, want)
				}
			}
			if got := bridge.StateOf(w.Entries()); got != tc.state {
				t.Errorf("it is %s in the warehouse, want %s", got, tc.state)
			}
			reserved, _ := w.Reservation()
			if got := reserved.Items["i-mug"]; got != tc.units {
				t.Errorf("%d mugs reserved, want %d", got, tc.units)
			}
		})
	}
}

// importerOf has the client's options.
func importerOf(t *testing.T, w *world.World, o bridge.ImportOptions) *bridge.Importer {
	t.Helper()
	o.Locations, o.DefaultLocation, o.Now = map[string][]string{"W1": {"L1"}}, "L1", w.Now
	im, err := bridge.NewImporter(bridge.ImportPorts{
		OrderBook: w, Tracer: w, Addresses: w, Catalogue: w, Processor: w, Ledger: w, Records: w, Locks: w, Exceptions: w,
	}, o)
	must(t, err)
	return im
}

// Where the platform's warehouse sends from must not feed the shop.
func TestImporterRefusesAPlatformLocationThatFeedsTheShop(t *testing.T) {
	w := world.NewWorld(t)
	for _, location := range []string{"L1", "L2"} {
		_, err := bridge.NewImporter(bridge.ImportPorts{OrderBook: w, Catalogue: w, Ledger: w, Records: w, Locks: w, Exceptions: w},
			bridge.ImportOptions{Locations: map[string][]string{"W2": {"L2"}}, DefaultLocation: "L1", PlatformLocation: location})
		if err == nil || !strings.Contains(err.Error(), "PlatformLocation "+location) {
			t.Errorf("got %v, want that %s is refused", err, location)
		}
	}
}

// What the warehouse has keeps its address unless the buyer has changed it, and unless
// it is too late or not this order's alone.
func TestImportLeavesTheAddress(t *testing.T) {
	moved := func(o *bridge.Order) { o.AddressChanged, o.Recipient.Line1 = true, "2 New Street" }
	for name, tc := range map[string]struct {
		change func(*bridge.Order)
		book   func(*world.BookEntry)
		want   string // the first line of the address
		open   []string
	}{
		"the buyer has changed it":    {change: moved, want: "2 New Street"},
		"the shop does not say so":    {change: func(o *bridge.Order) { o.Recipient.Line1 = "2 New Street" }},
		"it is masked by now":         {change: func(o *bridge.Order) { moved(o); o.Recipient.Name = "A*** L***" }},
		"the order is stopped":        {change: moved, book: func(e *world.BookEntry) { e.State = bridge.Parked }},
		"it is merged with others":    {change: moved, book: func(e *world.BookEntry) { e.Merged = true }, open: []string{"address changed: order 1"}},
		"its label bears the old one": {change: moved, book: func(e *world.BookEntry) { e.Stage = stage.LabelPrinted }, open: []string{"address changed: order 1"}},
		"it has left":                 {change: moved, book: func(e *world.BookEntry) { e.State, e.Stage = bridge.Processed, stage.Processed }, open: []string{"address changed: order 1"}},
		"it has left without a label": {change: moved, book: func(e *world.BookEntry) { e.State = bridge.Processed }, open: []string{"address changed: order 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			if got := world.Outcome(t)(w.Importer().Import(t.Context(), w.Put(world.AnOrder("1", "MUG"))...)); got != bridge.OutcomeCreated {
				t.Fatal(got)
			}
			if tc.book != nil {
				tc.book(w.Book[0])
			}
			want := tc.want
			if want == "" {
				want = w.Book[0].Address.Line1
			}
			if _, err := w.Importer().Import(t.Context(), world.With(w.Orders["1"], tc.change)); err != nil {
				t.Fatal(err)
			}
			if got := w.Book[0].Address.Line1; got != want {
				t.Errorf("the address is %q, want %q", got, want)
			}
			if diff := cmp.Diff(tc.open, w.OpenKinds()); diff != "" {
				t.Errorf("open (-want +got):\n%s", diff)
			}
		})
	}
}
