package bridge

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
)

func TestImportTwice(t *testing.T) {
	w := newWorld(t)
	w.careless = true // what keeps duplicates away here is the importer
	orders := w.put(anOrder("1", "MUG", "MUG", "SPOON"), anOrder("2", "SET"))
	for i, want := range []Outcome{OutcomeCreated, OutcomeUnchanged} {
		r, err := w.importer().Import(t.Context(), orders...)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range r {
			if o.Outcome != want || o.WarehouseOrder == "" {
				t.Errorf("run %d: %+v, want %s and a number", i+1, o, want)
			}
		}
	}
	if len(w.book) != 2 {
		t.Fatalf("%d warehouse orders, want 2", len(w.book))
	}
	want := []NewOrderLine{
		{LineID: "1-1", LineIDs: []string{"1-1", "1-2"}, SKU: "MUG", Title: "MUG", Quantity: 2, Price: gbp(1000)},
		{LineID: "1-3", LineIDs: []string{"1-3"}, SKU: "SPOON", Title: "SPOON", Quantity: 1, Price: gbp(1000)},
	}
	if diff := cmp.Diff(want, w.book[0].from.Lines); diff != "" {
		t.Error(diff)
	}
}

func TestImportConcurrently(t *testing.T) {
	w := newWorld(t)
	w.careless = true
	orders := w.put(anOrder("1", "MUG"), anOrder("2", "SET"), anOrder("3", "SPOON"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			mine := slices.Clone(orders)
			rand.New(rand.NewPCG(uint64(i), 1)).Shuffle(len(mine), func(a, b int) { mine[a], mine[b] = mine[b], mine[a] })
			if _, err := w.importer().Import(t.Context(), mine...); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(w.book) != len(orders) {
		t.Errorf("%d warehouse orders for %d shop orders", len(w.book), len(orders))
	}
}

func TestImportCreateReplyLost(t *testing.T) {
	w := newWorld(t)
	w.careless, w.lost, w.fail = true, true, failOn("CreateOrders")
	orders := w.put(anOrder("1", "MUG"))
	r, err := w.importer().Import(t.Context(), orders...)
	if !errors.Is(err, errInjected) || r[0].Outcome != OutcomeFailed || !errors.Is(r[0].Err, errInjected) {
		t.Fatalf("got %v, %v; want the failure in both", r, err)
	}
	w.fail = nil
	if got := outcome(t)(w.importer().Import(t.Context(), orders...)); got != OutcomeUnchanged {
		t.Errorf("second run: %s, want it to find the order", got)
	}
	if r, ok := w.reservation(); !ok || r.VisibleAt.IsZero() || r.SeenAt.After(r.VisibleAt) {
		t.Errorf("reservation %+v, want one that became visible", r)
	}
	if len(w.book) != 1 {
		t.Errorf("%d warehouse orders", len(w.book))
	}
}

func TestImportHeldThenReleased(t *testing.T) {
	masked := Address{Name: "A** B****", Line1: "*****", Postcode: "***", Country: "GB"}
	w := newWorld(t)
	held := with(anOrder("1", "MUG"), func(o *Order) { o.Status, o.Recipient = OnHold, masked })
	if got := outcome(t)(w.importer().Import(t.Context(), w.put(held)...)); got != OutcomeParked {
		t.Fatalf("held order: %s", got)
	}
	if e := w.book[0]; e.State != Parked || e.HasAddress {
		t.Fatalf("warehouse order %+v: want it parked, without the masked address", e.WarehouseOrder)
	}
	if got := outcome(t)(w.importer().Import(t.Context(), held)); got != OutcomeUnchanged {
		t.Errorf("still held: %s", got)
	}
	noAddress := with(held, func(o *Order) { o.Status, o.Recipient = AwaitingShipment, Address{} })
	if _, err := w.importer().Import(t.Context(), noAddress); err == nil || w.book[0].State != Parked {
		t.Errorf("released without an address: %v, %s", err, w.book[0].State)
	}
	ready := with(held, func(o *Order) { o.Status, o.Recipient = AwaitingShipment, home })
	if got := outcome(t)(w.importer().Import(t.Context(), ready)); got != OutcomeReleased {
		t.Fatalf("ready order: %s", got)
	}
	if e := w.book[0]; e.State != Open || e.address != home {
		t.Errorf("warehouse order is %s with the right address: %t", e.State, e.address == home)
	}
}

func TestImportMaskedAddressNeverOverwrites(t *testing.T) {
	w := newWorld(t)
	now := noon
	im := w.importerAt(func() time.Time { return now })
	// A shop without the on-hold status: ready, with an address, but to be waited out.
	o := with(anOrder("1", "MUG"), func(o *Order) { o.HoldUntil = noon.Add(time.Hour) })
	if got := outcome(t)(im.Import(t.Context(), o)); got != OutcomeParked {
		t.Fatalf("within the window: %s", got)
	}
	now = noon.Add(time.Hour)
	o.Recipient = Address{Name: "***", Line1: "***"}
	if got := outcome(t)(im.Import(t.Context(), o)); got != OutcomeReleased {
		t.Fatalf("after the window: %s", got)
	}
	if w.book[0].address != home {
		t.Error("a masked address replaced a good one")
	}
}

func TestImportHoldWindowPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.now = time.Now
		o := with(anOrder("1", "MUG"), func(o *Order) { o.HoldUntil = time.Now().Add(time.Hour) })
		for _, step := range []struct {
			wait time.Duration
			want Outcome
		}{{0, OutcomeParked}, {59 * time.Minute, OutcomeUnchanged}, {time.Minute, OutcomeReleased}, {time.Minute, OutcomeUnchanged}} {
			time.Sleep(step.wait)
			if got := outcome(t)(w.importer().Import(t.Context(), o)); got != step.want {
				t.Errorf("after %s: %s, want %s", step.wait, got, step.want)
			}
		}
	})
}

func TestImportOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name     string
		order    Order
		want     Outcome
		open     []string
		reserved bool
	}{
		{"unpaid reserves only", with(anOrder("1", "MUG"), func(o *Order) { o.Status = Unpaid }), OutcomeReserved, nil, true},
		{"platform's warehouse", with(anOrder("1", "MUG"), func(o *Order) { o.ShippingModel = FulfilledByTikTok }), OutcomeSkipped, nil, false},
		{"cancelled", with(anOrder("1", "MUG"), func(o *Order) { o.Status = Cancelled }), OutcomeSkipped, nil, false},
		{"unknown status", with(anOrder("1", "MUG"), func(o *Order) { o.Status = "TELEPORTED" }), OutcomeRaised, []string{"unknown status: order 1"}, true},
		{"unknown model", with(anOrder("1", "MUG"), func(o *Order) { o.ShippingModel = "drone" }), OutcomeRaised, []string{"unknown status: order 1"}, true},
		{"no id", with(anOrder("", "MUG"), func(o *Order) {}), OutcomeRaised, []string{"bad order: order without id"}, false},
		{"no lines", anOrder("1"), OutcomeRaised, []string{"bad order: order 1"}, true},
		{"all lines cancelled", with(anOrder("1", "MUG"), func(o *Order) { o.Lines[0].Cancelled = true }), OutcomeRaised, []string{"bad order: order 1"}, true},
		{"unreadable", with(anOrder("1", "MUG"), func(o *Order) { o.Unreadable = `amount "1O.00"` }), OutcomeRaised, []string{"bad order: order 1"}, true},
		{"no currency", with(anOrder("1", "MUG"), func(o *Order) { o.Totals.Currency = "" }), OutcomeRaised, []string{"bad order: order 1"}, true},
		{"two currencies", with(anOrder("1", "MUG"), func(o *Order) { o.Lines[0].Price.Currency = "USD" }), OutcomeRaised, []string{"bad order: order 1"}, true},
		{"negative price", with(anOrder("1", "MUG"), func(o *Order) { o.Lines[0].Price = gbp(-1) }), OutcomeRaised, []string{"bad order: order 1"}, true},
		{"unmapped", anOrder("1", "MUG", "GHOST"), OutcomeRaised, []string{"unmapped SKU: SKU GHOST"}, true},
		{"missing part", anOrder("1", "BROKEN"), OutcomeRaised, []string{"broken kit: SKU BROKEN"}, true},
		{"cycle", anOrder("1", "LOOP"), OutcomeRaised, []string{"broken kit: SKU LOOP"}, true},
		{"zero quantity", anOrder("1", "ZERO"), OutcomeRaised, []string{"broken kit: SKU ZERO"}, true},
		{"negative quantity", anOrder("1", "MINUS"), OutcomeRaised, []string{"broken kit: SKU MINUS"}, true},
		{"absurd quantity", anOrder("1", "HUGE"), OutcomeRaised, []string{"broken kit: SKU HUGE"}, true},
		{"gift", priced(with(anOrder("1", "MUG", "SPOON"), func(o *Order) { o.Lines[1].Price = gbp(0) })), OutcomeCreated, nil, true},
		{"cancellation requested", with(anOrder("1", "MUG"), func(o *Order) { o.CancelRequested = true }), OutcomeParked, nil, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.items["s-BROKEN"] = StockItem{ID: "i-b", SKU: "BROKEN", Kit: []KitComponent{{StockItem{SKU: "LOST"}, 1}}}
			w.broken["s-LOOP"] = &KitError{SKU: "LOOP", Problem: "contains itself"}
			for name, n := range map[string]int{"ZERO": 0, "MINUS": -2, "HUGE": maxKitQuantity + 1} {
				w.items["s-"+name] = StockItem{ID: "i-" + name, SKU: name, Kit: []KitComponent{{mug, n}}}
			}
			r, err := w.importer().Import(t.Context(), tc.order, anOrder("2", "MUG"))
			if err != nil {
				t.Fatal(err)
			}
			if r[0].Outcome != tc.want {
				t.Errorf("outcome %s, want %s", r[0].Outcome, tc.want)
			}
			if r[1].Outcome != OutcomeCreated {
				t.Errorf("the next order: %s, want it created all the same", r[1].Outcome)
			}
			if diff := cmp.Diff(tc.open, w.open()); diff != "" {
				t.Error(diff)
			}
			if _, ok := w.reservation(); ok != tc.reserved {
				t.Errorf("reserved: %t, want %t", ok, tc.reserved)
			}
			if tc.want == OutcomeRaised && len(w.book) != 1 {
				t.Errorf("%d warehouse orders, want only the next one", len(w.book))
			}
		})
	}
}

func TestImportMendsItself(t *testing.T) {
	w := newWorld(t)
	o := anOrder("1", "NEW")
	for range 2 {
		if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeRaised {
			t.Fatal(got)
		}
	}
	open, _ := w.exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Count != 2 || !strings.Contains(open[0].Seen, "order 1") {
		t.Errorf("open: %v, want one counted twice that names the order", open)
	}
	w.items["s-NEW"] = StockItem{ID: "i-new", SKU: "NEW"}
	w.stock["i-new"] = map[string]int{"L1": 1}
	if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeCreated {
		t.Fatal(got)
	}
	if open := w.open(); open != nil {
		t.Errorf("still open: %v", open)
	}
}

func TestImportGroupingIgnoresLineOrder(t *testing.T) {
	o := anOrder("1", "MUG", "SPOON", "MUG", "MUG", "SET")
	o.Lines[3].Price = gbp(900)
	o = priced(o)
	known := itemLookup{items: newWorld(t).items}
	want, problems := mapOrder(o, known)
	if len(problems) > 0 || len(want.Lines) != 4 {
		t.Fatalf("%v, %+v", problems, want.Lines)
	}
	for seed := range uint64(50) {
		rand.New(rand.NewPCG(seed, 2)).Shuffle(len(o.Lines), func(a, b int) { o.Lines[a], o.Lines[b] = o.Lines[b], o.Lines[a] })
		got, _ := mapOrder(o, known)
		if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b Address) bool { return a == b })); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

func bundle(id string, price int64, components ...BundleComponent) OrderLine {
	return OrderLine{ID: id, Listing: sku("TTBUNDLE"), Title: "Bundle", Price: gbp(price), Components: components}
}

func TestImportBundleByComponents(t *testing.T) {
	w := newWorld(t)
	o := anOrder("1", "MUG")
	o.Lines = append(o.Lines, bundle("1-2", 1000, BundleComponent{sku("MUG"), 1}, BundleComponent{sku("SPOON"), 2}))
	o = priced(o)
	if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeCreated {
		t.Fatal(got)
	}
	got := map[string]string{}
	for _, l := range w.book[0].from.Lines {
		got[l.LineID] = fmt.Sprintf("%d %s at %s", l.Quantity, l.SKU, l.Price.Decimal())
	}
	want := map[string]string{"1-1": "1 MUG at 10.00", "1-2-1": "1 MUG at 3.34", "1-2-2": "2 SPOON at 3.33"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"missing composite: SKU TTBUNDLE"}, w.open()); diff != "" {
		t.Error(diff)
	}
	r, _ := w.reservation()
	if diff := cmp.Diff(map[string]int{"i-mug": 2, "i-spoon": 2}, r.Items); diff != "" {
		t.Error(diff)
	}
	// Once the composite exists the next order closes the exception.
	w.items["s-TTBUNDLE"] = StockItem{ID: "i-tt", SKU: "TTBUNDLE", Kit: set.Kit}
	o2 := anOrder("2")
	o2.Lines = []OrderLine{bundle("2-1", 1000, o.Lines[1].Components...)}
	if got := outcome(t)(w.importer().Import(t.Context(), priced(o2))); got != OutcomeCreated || w.open() != nil {
		t.Errorf("%s, open: %v", got, w.open())
	}
	if l := w.book[1].from.Lines; len(l) != 1 || l[0].SKU != "TTBUNDLE" {
		t.Errorf("imported as %+v", l)
	}
}

func TestImportBundleStaysApart(t *testing.T) {
	o := anOrder("1", "MUG")
	o.Lines = append(o.Lines, bundle("1-2", 1000, BundleComponent{sku("MUG"), 1}))
	n, _ := mapOrder(o, itemLookup{items: newWorld(t).items})
	if len(n.Lines) != 2 || n.Lines[0].LineID != "1-1" || n.Lines[1].LineID != "1-2-1" {
		t.Errorf("%+v: a component and the same item sold alone became one line", n.Lines)
	}
}

func TestImportBundleRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		c    BundleComponent
		open string
	}{
		"unknown component": {BundleComponent{sku("GHOST"), 1}, "broken kit: SKU TTBUNDLE"},
		"zero":              {BundleComponent{sku("MUG"), 0}, "bad quantity: order 1"},
		"negative":          {BundleComponent{sku("MUG"), -1}, "bad quantity: order 1"},
		"absurd":            {BundleComponent{sku("MUG"), maxOrderUnits + 1}, "bad quantity: order 1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			o := anOrder("1")
			o.Lines = []OrderLine{bundle("1-1", 1000, tc.c)}
			if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeRaised || len(w.book) != 0 {
				t.Errorf("%s, %d orders", got, len(w.book))
			}
			if diff := cmp.Diff([]string{tc.open}, w.open()); diff != "" {
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
		o := anOrder("1", "MUG")
		units, total := map[string]int{"MUG": 1}, int64(1000)
		for i := range 1 + r.IntN(3) {
			a, b, price := 1+r.IntN(7), 1+r.IntN(7), r.Int64N(100_000)
			o.Lines = append(o.Lines, bundle(fmt.Sprintf("1-%d", i+2), price, BundleComponent{sku("MUG"), a}, BundleComponent{sku("SPOON"), b}))
			units["MUG"] += a
			units["SPOON"] += b
			total += price
		}
		n, problems := mapOrder(o, itemLookup{items: newWorld(t).items})
		if slices.ContainsFunc(problems, blocks) {
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
	line := func(sku string, n int) []NewOrderLine { return []NewOrderLine{{LineID: "x", SKU: sku, Quantity: n}} }
	for _, tc := range []struct {
		name  string
		order Order
		book  [][]NewOrderLine
		want  Outcome
	}{
		{"split by units", anOrder("1", "MUG", "MUG"), [][]NewOrderLine{line("MUG", 1), line("MUG", 1)}, OutcomeUnchanged},
		{"split by lines", anOrder("1", "MUG", "SPOON"), [][]NewOrderLine{line("MUG", 1), line("SPOON", 1)}, OutcomeUnchanged},
		{"duplicate", anOrder("1", "MUG"), [][]NewOrderLine{line("MUG", 1), line("MUG", 1)}, OutcomeRaised},
		{"duplicate of one line", anOrder("1", "MUG", "SPOON", "SPOON"), [][]NewOrderLine{line("MUG", 1), line("MUG", 1)}, OutcomeRaised},
		{"split with a line cancelled since", with(anOrder("1", "MUG", "MUG"), func(o *Order) { o.Lines[0].Cancelled = true }),
			[][]NewOrderLine{line("MUG", 1), line("MUG", 1)}, OutcomeUnchanged},
		{"split with a line that a person relinked", anOrder("1", "MUG", "SPOON"), [][]NewOrderLine{line("MUG", 1), line("SPOON-OLD", 1)}, OutcomeUnchanged},
		{"split bundle", with(anOrder("1"), func(o *Order) { o.Lines = []OrderLine{bundle("1-1", 9, BundleComponent{sku("SPOON"), 2})} }),
			[][]NewOrderLine{line("SPOON", 1), line("SPOON", 1)}, OutcomeUnchanged},
		{"duplicate of what the catalogue has lost", anOrder("1", "GHOST"), [][]NewOrderLine{line("GHOST", 1), line("GHOST", 1)}, OutcomeRaised},
		{"duplicate bundle", with(anOrder("1"), func(o *Order) { o.Lines = []OrderLine{bundle("1-1", 9, BundleComponent{sku("SPOON"), 2})} }),
			[][]NewOrderLine{line("SPOON", 2), line("SPOON", 2)}, OutcomeRaised},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			for _, lines := range tc.book {
				w.add(NewOrder{Reference: "1", LocationID: "L1", Lines: lines, Recipient: tc.order.Recipient})
			}
			if got := outcome(t)(w.importer().Import(t.Context(), tc.order)); got != tc.want {
				t.Fatalf("%s, want %s; %v", got, tc.want, w.open())
			}
			if tc.want == OutcomeRaised {
				if diff := cmp.Diff([]string{"duplicate order: order 1"}, w.open()); diff != "" {
					t.Error(diff)
				}
				w.book[1].State = Dropped
				if got := outcome(t)(w.importer().Import(t.Context(), tc.order)); got != OutcomeUnchanged || w.open() != nil {
					t.Errorf("after the surplus was cancelled: %s, %v", got, w.open())
				}
			}
		})
	}
}

func TestImportRefusedByTheWarehouse(t *testing.T) {
	w := newWorld(t)
	w.fail = func(_ int, name string) error {
		if name == "CreateOrders" {
			return &RefusedError{Do: "correct the location", Err: errors.New("no such location")}
		}
		return nil
	}
	if got := outcome(t)(w.importer().Import(t.Context(), anOrder("1", "MUG"))); got != OutcomeRaised {
		t.Fatal(got)
	}
	open, _ := w.exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != KindBadOrder || open[0].Do != "correct the location" {
		t.Errorf("%v", open)
	}
}

// A reservation says line by line what it takes and why, survives JSON, and
// holds nothing about the buyer.
func TestImportReservationIsListable(t *testing.T) {
	w := newWorld(t)
	w.hidden = true
	o := anOrder("1", "SET", "MUG", "GHOST", "SPOON")
	o.Lines[3].Cancelled = true
	o.Lines = append(o.Lines, bundle("1-9", 900, BundleComponent{sku("SPOON"), 3}))
	o.BuyerName, o.Note = "Jane", "Ring twice"
	if _, err := w.importer().Import(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	got, _ := w.reservation()
	want := []ReservedLine{
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
	var back Reservation
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, back); diff != "" {
		t.Errorf("through JSON: %s", diff)
	}
	for _, private := range []string{"Jane", "Ring", home.Name, home.Postcode} {
		if strings.Contains(string(text), private) {
			t.Errorf("%q in %s", private, text)
		}
	}
}

func TestReservationSaysWhyItIsHeld(t *testing.T) {
	w := newWorld(t)
	o := anOrder("1", "MUG")
	w.add(NewOrder{Reference: "1", LocationID: "L1", Recipient: home, Lines: []NewOrderLine{{LineID: "1-1", SKU: "MUG", Quantity: 1}}})
	for state, want := range map[WarehouseState]string{
		Locked: "locked in the warehouse", Dropped: "cancelled in the warehouse",
	} {
		w.book[0].State = state
		_, _ = w.importer().Import(t.Context(), o)
		if r, _ := w.reservation(); !strings.HasPrefix(r.Why(), want) {
			t.Errorf("%s: %q, want %q", state, r.Why(), want)
		}
		_ = w.memory.DropReservation(t.Context(), "1")
	}
	w.book[0].State, w.book[0].Lines[0].Unlinked = Open, true
	_, _ = w.importer().Import(t.Context(), o)
	if r, _ := w.reservation(); !strings.Contains(r.Why(), "not linked") {
		t.Errorf("%q", r.Why())
	}
	w.fail = failOn("TraceOrders")
	_ = w.memory.DropReservation(t.Context(), "1")
	_, _ = w.importer().Import(t.Context(), o)
	if r, _ := w.reservation(); !strings.Contains(r.Why(), "could not be asked") {
		t.Errorf("%q", r.Why())
	}
	r := Reservation{VisibleAt: noon, Unseen: UnseenLocked}
	if got, want := r.Why(), "in the warehouse since 2026-11-27 12:00:00 UTC; waits for a stock reading that began later"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The ledger counts what the warehouse does not: locked, cancelled there, or not
// linked to an item.
func TestImportLedger(t *testing.T) {
	w := newWorld(t)
	o := anOrder("1", "SET")
	run := func(o Order, want Outcome) {
		t.Helper()
		if got := outcome(t)(w.importer().Import(t.Context(), o)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
	visible := func(want bool) {
		t.Helper()
		r, ok := w.reservation()
		if !ok || r.VisibleAt.IsZero() == want || r.Items["i-spoon"] != 2 || r.LocationID != "L1" {
			t.Fatalf("reservation %+v, want it visible: %t", r, want)
		}
	}
	run(o, OutcomeCreated)
	visible(true)
	w.book[0].State = Locked
	run(o, OutcomeUnchanged)
	visible(false)
	w.book[0].State = Open
	run(o, OutcomeUnchanged)
	visible(true)
	w.book[0].Lines[0].Unlinked = true
	if err := w.memory.DropReservation(t.Context(), "1"); err != nil { // as a push would
		t.Fatal(err)
	}
	run(o, OutcomeUnchanged)
	visible(false)
	if diff := cmp.Diff([]string{"unmapped SKU: order 1"}, w.open()); diff != "" {
		t.Error(diff)
	}
	w.book[0].Lines[0].Unlinked = false
	run(o, OutcomeUnchanged)
	visible(true)
	if open := w.open(); open != nil {
		t.Errorf("still open: %v", open)
	}
	w.book[0].State = Dropped
	run(o, OutcomeRaised)
	visible(false)
	// It ends when the order does: cancelled, or shipped by somebody else.
	for status, want := range map[OrderStatus]Outcome{Cancelled: OutcomeUnchanged, Delivered: OutcomeRaised} {
		run(o, OutcomeRaised)
		run(with(o, func(o *Order) { o.Status = status }), want)
		if r, ok := w.reservation(); ok {
			t.Errorf("%+v outlived the order, which is %s", r, status)
		}
	}
}

func TestImportCreatesAnUnlinkedLine(t *testing.T) {
	w := newWorld(t)
	w.unlinked["MUG"] = true
	if got := outcome(t)(w.importer().Import(t.Context(), anOrder("1", "MUG"))); got != OutcomeCreated {
		t.Fatal(got)
	}
	if r, ok := w.reservation(); !ok || !r.VisibleAt.IsZero() {
		t.Errorf("%+v: the warehouse does not count the line", r)
	}
	if diff := cmp.Diff([]string{"unmapped SKU: order 1"}, w.open()); diff != "" {
		t.Error(diff)
	}
}

func TestImportReadsAgainBeforeItActs(t *testing.T) {
	w := newWorld(t)
	stale := anOrder("1", "MUG")
	w.put(with(stale, func(o *Order) { o.Status = Cancelled }))
	if got := outcome(t)(w.importerReading().Import(t.Context(), stale)); got != OutcomeSkipped || len(w.book) != 0 {
		t.Errorf("%s, %d orders: an order was imported that the shop has cancelled", got, len(w.book))
	}
	if _, ok := w.reservation(); ok {
		t.Error("it stayed in the ledger")
	}
	if _, err := w.importerReading().Import(t.Context(), anOrder("2", "MUG")); err == nil {
		t.Error("an order that the shop does not return was imported")
	}
}

func TestImportReleaseDoesNotHelp(t *testing.T) {
	w := newWorld(t)
	w.stubborn = true
	o := anOrder("1", "MUG")
	w.add(NewOrder{Reference: "1", Parked: true, LocationID: "L1", Recipient: home})
	for range 2 {
		if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeRaised {
			t.Fatal(got)
		}
	}
	open, _ := w.exceptions.Open(t.Context())
	if len(open) != 1 || open[0].Kind != KindStatesDisagree || open[0].Count != 2 {
		t.Errorf("%v", open)
	}
	w.stubborn = false
	if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeReleased || w.open() != nil {
		t.Errorf("%s, %v", got, w.open())
	}
}

func TestImportDoesNotReleaseWhatABuyerWantsCancelled(t *testing.T) {
	w := newWorld(t)
	w.add(NewOrder{Reference: "1", Parked: true, LocationID: "L1", Recipient: home}) // by a Canceller that died
	o := with(anOrder("1", "MUG"), func(o *Order) { o.CancelRequested = true })
	if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeUnchanged || w.book[0].State != Parked {
		t.Errorf("%s, %s", got, w.book[0].State)
	}
	w.book[0].State = Dropped // the shop follows
	if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeUnchanged || w.open() != nil {
		t.Errorf("%s, %v", got, w.open())
	}
	w.book[0].State = Parked
	o.CancelRequested = false // rejected, or taken back
	if got := outcome(t)(w.importer().Import(t.Context(), o)); got != OutcomeReleased {
		t.Error(got)
	}
}

func TestImportBatchErrors(t *testing.T) {
	for _, name := range []string{"StockItems", "Reservations"} {
		w := newWorld(t)
		w.fail = failOn(name)
		if r, err := w.importer().Import(t.Context(), anOrder("1", "MUG")); !errors.Is(err, errInjected) || len(r) != 0 || len(w.book) != 0 {
			t.Errorf("%s fails: %v, %v", name, r, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t)
	w.after = func(_ int, name string) {
		if name == "CreateOrders" {
			cancel()
		}
	}
	// An order twice is two batches: the second is not begun.
	r, err := w.importer().Import(ctx, anOrder("1", "MUG"), anOrder("2", "MUG"), anOrder("1", "MUG"))
	if !errors.Is(err, context.Canceled) || len(r) != 2 {
		t.Errorf("cancelled: %d results, %v", len(r), err)
	}
}
