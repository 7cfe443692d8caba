package bridge

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// list puts a listing into the shop, with zero shown in every warehouse.
func (w *world) list(name string, warehouses ...string) *Listing {
	l := Listing{ListingSKU: sku(name), Title: name}
	for _, id := range warehouses {
		l.Stock = append(l.Stock, WarehouseStock{id, 0})
	}
	w.listings = append(w.listings, l)
	return &w.listings[len(w.listings)-1]
}

// shown is what the shop shows, by SKU.
func (w *world) shown() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	m := map[string]string{}
	for _, l := range w.listings {
		var parts []string
		for _, s := range l.Stock {
			parts = append(parts, fmt.Sprintf("%s:%d", s.WarehouseID, s.Quantity))
		}
		m[l.SellerSKU] = strings.Join(parts, " ")
	}
	return m
}

func (w *world) push(t *testing.T, o StockOptions) StockResult {
	t.Helper()
	r, err := w.stockPush(o).Push(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStockPushFormula(t *testing.T) {
	stuff := map[string]StockItem{
		"s-BAG":    {ID: "i-bag", SKU: "BAG", Untracked: true},
		"s-WRAP":   {ID: "i-wrap", SKU: "WRAP", Kit: []KitComponent{{mug, 1}, {StockItem{ID: "i-bag", SKU: "BAG", Untracked: true}, 3}}},
		"s-NESTED": {ID: "i-nested", SKU: "NESTED", Kit: []KitComponent{{set, 2}, {spoon, 1}}},
	}
	both := []string{"W1", "W2"}
	for _, tc := range []struct {
		name, sku string
		options   StockOptions
		stock     map[string]map[string]int
		sold      []Reservation
		want      string
	}{
		{name: "single", sku: "MUG", want: "W1:10 W2:3"},
		{name: "kit, location by location", sku: "SET", want: "W1:4 W2:3"},
		{name: "nested kit", sku: "NESTED", want: "W1:1 W2:1"},
		{name: "untracked part does not limit", sku: "WRAP", want: "W1:10 W2:3"},
		{name: "sold and not visible", sku: "MUG", sold: []Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}}, want: "W1:6 W2:3"},
		{name: "a component sold", sku: "SET", sold: []Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-spoon": 2}}}, want: "W1:3 W2:3"},
		{name: "more sold than there is", sku: "MUG", sold: []Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 40}}}, want: "W1:0 W2:3"},
		{name: "buffer", sku: "MUG", options: StockOptions{Buffer: FixedBuffer(4)}, want: "W1:6 W2:0"},
		{name: "negative buffer is none", sku: "MUG", options: StockOptions{Buffer: FixedBuffer(-4)}, want: "W1:10 W2:3"},
		{name: "cap", sku: "MUG", options: StockOptions{Max: 7}, want: "W1:7 W2:3"},
		{name: "locations together", sku: "MUG", options: StockOptions{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}}, want: "W1:13 W2:0"},
		{name: "kits are not pooled", sku: "SET", options: StockOptions{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}},
			stock: map[string]map[string]int{"i-mug": {"L1": 5}, "i-spoon": {"L2": 10}}, want: "W1:0 W2:0"},
		{name: "a location that owes units gets them from the others", sku: "MUG", options: StockOptions{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}},
			stock: map[string]map[string]int{"i-mug": {"L1": -2, "L2": 5}}, want: "W1:3 W2:0"},
		{name: "a sale from an empty location too", sku: "MUG", options: StockOptions{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}},
			stock: map[string]map[string]int{"i-mug": {"L1": 0, "L2": 5}},
			sold:  []Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 1}}}, want: "W1:4 W2:0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			maps.Copy(w.items, stuff)
			if tc.stock != nil {
				w.stock = tc.stock
			}
			w.list(tc.sku, both...)
			w.listings[0].Stock[0].Quantity, w.listings[0].Stock[1].Quantity = 77, 77 // wrong, whatever is right
			for _, r := range tc.sold {
				if err := w.memory.PutReservation(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			w.push(t, tc.options)
			if got := w.shown()[tc.sku]; got != tc.want {
				t.Errorf("published %q, want %q", got, tc.want)
			}
		})
	}
}

func TestStockPushOnlyWhatChanged(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"MUG", "SPOON", "SET"} {
		w.list(name, "W1", "W2").ProductID = "p"
	}
	w.listings[1].ProductID = "p-2"
	r := w.push(t, StockOptions{})
	if r.Published != 3 || len(w.pushes) != 2 {
		t.Fatalf("%d published in %d calls, want 3 SKUs in 2 products", r.Published, len(w.pushes))
	}
	for _, p := range w.pushes {
		for _, s := range p.SKUs {
			if len(s.Stock) != 2 {
				t.Errorf("%s: %v, want every warehouse", s, s.Stock)
			}
		}
	}
	if r := w.push(t, StockOptions{}); r.Published != 0 || r.Plan.Unchanged != 3 || len(w.pushes) != 2 {
		t.Errorf("nothing changed, but: %s", r)
	}
	w.stock["i-mug"]["L2"]-- // the mug and the set, in W2
	w.push(t, StockOptions{})
	last := w.pushes[len(w.pushes)-1]
	if len(w.pushes) != 3 || len(last.SKUs) != 2 || last.SKUs[0].Stock[1].Quantity != 2 || last.SKUs[0].Stock[0].Quantity != 10 {
		t.Errorf("%d calls, the last %+v", len(w.pushes), last)
	}
}

func TestStockPushCutsFirst(t *testing.T) {
	w := newWorld(t)
	for name, shown := range map[string]int{"A": 0, "B": 500, "C": 9, "D": 20} {
		w.items["s-"+name] = mug
		w.list(name, "W1").Stock[0].Quantity = shown // 10 is right
	}
	w.push(t, StockOptions{})
	var got []string
	for _, p := range w.pushes {
		got = append(got, p.ProductID)
	}
	if diff := cmp.Diff([]string{"p-B", "p-D", "p-A", "p-C"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushProblems(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  func(w *world)
		open    []string
		mend    func(w *world)
		publish bool
	}{
		{"unmapped", func(w *world) { delete(w.items, "s-MUG") }, []string{"unmapped SKU: SKU MUG"},
			func(w *world) { w.items["s-MUG"] = mug }, false},
		{"ambiguous", func(w *world) { w.broken["s-MUG"] = errors.New("SKU MUG stands for 2 items") }, []string{"unmapped SKU: SKU MUG"},
			func(w *world) { delete(w.broken, "s-MUG") }, false},
		{"missing level is not zero", func(w *world) { w.gone["i-mug"] = true }, []string{"unmapped SKU: SKU MUG"},
			func(w *world) { delete(w.gone, "i-mug") }, false},
		{"broken kit", func(w *world) { w.items["s-MUG"] = StockItem{ID: "k", SKU: "MUG", Kit: []KitComponent{{mug, 0}}} }, []string{"broken kit: SKU MUG"},
			func(w *world) { w.items["s-MUG"] = mug }, false},
		{"nothing limits it", func(w *world) { w.items["s-MUG"] = StockItem{ID: "i-mug", SKU: "MUG", Untracked: true} }, []string{"bad quantity: SKU MUG"},
			func(w *world) { w.items["s-MUG"] = mug }, false},
		{"absurd level", func(w *world) { w.stock["i-mug"]["L1"] = absurdStock + 1 }, []string{"bad quantity: SKU MUG"},
			func(w *world) { w.stock["i-mug"]["L1"] = 10 }, false},
		{"negative level", func(w *world) { w.stock["i-mug"]["L1"] = -3 }, []string{"bad quantity: SKU MUG"},
			func(w *world) { w.stock["i-mug"]["L1"] = 10 }, true},
		{"unmapped warehouse", func(w *world) { w.listings[0].Stock = []WarehouseStock{{"W1", 1}, {"W9", 1}} }, []string{"unmapped warehouse: warehouse W9"},
			nil, false},
		{"no warehouse", func(w *world) { w.listings[0].Stock = nil }, []string{"unmapped warehouse: SKU MUG"},
			func(w *world) { w.listings[0].Stock = []WarehouseStock{{"W1", 1}} }, false},
		{"refused", func(w *world) { w.refusals["s-MUG"] = StockRefusal{SKUID: "s-MUG", Reason: "in review"} }, []string{"stock refused: SKU MUG"},
			func(w *world) { delete(w.refusals, "s-MUG") }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			w.list("MUG", "W1").Stock[0].Quantity = 1
			w.list("SPOON", "W1")
			tc.change(w)
			for range 2 {
				w.push(t, StockOptions{})
			}
			if diff := cmp.Diff(tc.open, w.open()); diff != "" {
				t.Error(diff)
			}
			if got := w.shown()["SPOON"]; got != "W1:9" {
				t.Errorf("the other SKU shows %s: one problem stopped it", got)
			}
			if got := w.shown()["MUG"]; !tc.publish && len(w.listings[0].Stock) == 1 && got != "W1:1" {
				t.Errorf("published %s", got)
			}
			if open, _ := w.exceptions.Open(t.Context()); len(open) != 1 || open[0].Count != 2 {
				t.Errorf("%v, want it counted twice", open)
			}
			if tc.mend == nil {
				return
			}
			tc.mend(w)
			w.push(t, StockOptions{})
			if open := w.open(); open != nil {
				t.Errorf("mended, but still open: %v", open)
			}
		})
	}
}

func TestStockPushOneLocationForTwoWarehouses(t *testing.T) {
	w := newWorld(t)
	w.list("MUG", "W1", "W2")
	w.list("SPOON", "W2")
	w.push(t, StockOptions{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L1"}}})
	if diff := cmp.Diff([]string{"unmapped warehouse: SKU MUG"}, w.open()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"MUG": "W1:0 W2:0", "SPOON": "W2:9"}, w.shown()); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushDerivedIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.list("SET", "W1").Derived = true
	if r := w.push(t, StockOptions{}); r.Plan.Skipped != 1 || len(w.pushes) != 0 || w.open() != nil {
		t.Errorf("%s%v", r, w.open())
	}
}

func TestStockPushRetries(t *testing.T) {
	w := newWorld(t)
	w.list("MUG", "W1")
	w.list("SPOON", "W1")
	w.refusals["s-MUG"] = StockRefusal{SKUID: "s-MUG", Reason: "busy", Retry: true}
	r, err := w.stockPush(StockOptions{}).Push(t.Context())
	if err == nil || !strings.Contains(err.Error(), "product p-MUG") || r.Published != 1 || r.Refused != 1 || w.open() != nil {
		t.Errorf("%s%v; %v", r, err, w.open())
	}
	delete(w.refusals, "s-MUG")
	// A whole call fails; the other goes on, and the next push finds it again.
	w.fail = func(n int, name string) error {
		if name == "PublishStock" && w.count(name) == 3 {
			return errInjected
		}
		return nil
	}
	w.stock["i-spoon"]["L1"] = 1
	r, err = w.stockPush(StockOptions{}).Push(t.Context())
	if !errors.Is(err, errInjected) || r.Published != 1 {
		t.Errorf("%s%v", r, err)
	}
	w.fail = nil
	w.push(t, StockOptions{})
	if diff := cmp.Diff(map[string]string{"MUG": "W1:10", "SPOON": "W1:1"}, w.shown()); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushRefusalOfSomethingElse(t *testing.T) {
	w := newWorld(t)
	w.list("MUG", "W1")
	w.refusals["s-MUG"] = StockRefusal{Reason: "no"}
	if r, err := w.stockPush(StockOptions{}).Push(t.Context()); err == nil || r.Published != 0 {
		t.Errorf("%s%v: a refusal without a SKU was swallowed", r, err)
	}
}

// A reservation goes when, and only when, a reading began after the warehouse
// was known to hold the order.
func TestStockPushReleasesReservations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.now = time.Now
		w.list("MUG", "W1")
		o := anOrder("1", "MUG", "MUG")
		unpaid := with(o, func(o *Order) { o.Status = Unpaid })
		if _, err := w.importer().Import(t.Context(), unpaid); err != nil {
			t.Fatal(err)
		}
		expect := func(when, want string, reserved bool) {
			t.Helper()
			w.push(t, StockOptions{})
			if got := w.shown()["MUG"]; got != want {
				t.Errorf("%s: published %s, want %s", when, got, want)
			}
			if _, ok := w.reservation(); ok != reserved {
				t.Errorf("%s: reserved %t, want %t", when, ok, reserved)
			}
		}
		time.Sleep(time.Minute)
		expect("unpaid", "W1:8", true)
		if _, err := w.importer().Import(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		// Within the same instant nobody can tell which came first: twice is safe.
		expect("imported just now", "W1:6", true)
		time.Sleep(time.Nanosecond)
		expect("a later reading", "W1:8", false)
		expect("again", "W1:8", false)
	})
}

// An order that is imported while a push runs is counted, wherever it falls.
func TestStockPushWhileOrdersArrive(t *testing.T) {
	for _, at := range []string{"Listings", "StockItems", "Reservations", "StockLevels"} {
		t.Run(at, func(t *testing.T) {
			w := newWorld(t)
			w.list("MUG", "W1")
			w.list("SPOON", "W1")
			arrived := false
			w.after = func(_ int, name string) {
				if name == at && !arrived {
					arrived = true
					r := Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}
					if err := w.memory.PutReservation(t.Context(), r); err != nil {
						t.Error(err)
					}
				}
			}
			plan, err := w.stockPush(StockOptions{}).Plan(t.Context())
			if err != nil || plan.Products[0].SKUs[0].Stock[0].Quantity != 6 {
				t.Errorf("%s%v, although 4 of 10 had been sold", plan, err)
			}
			w.push(t, StockOptions{})
			if got := w.shown()["MUG"]; got != "W1:6" {
				t.Errorf("published %s, although 4 of 10 had been sold", got)
			}
		})
	}
	t.Run("between two calls", func(t *testing.T) {
		w := newWorld(t)
		w.list("MUG", "W1")
		w.list("SPOON", "W1")
		w.after = func(_ int, name string) {
			if name == "PublishStock" { // of the mug
				r := Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-spoon": 4}}
				if err := w.memory.PutReservation(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		}
		r := w.push(t, StockOptions{})
		if got := w.shown()["SPOON"]; got != "W1:5" || r.Plan.Products[1].SKUs[0].Stock[0].Quantity != 5 {
			t.Errorf("published %s, although 4 of 9 had been sold\n%s", got, r)
		}
	})
	t.Run("dropped while levels are read", func(t *testing.T) {
		w := newWorld(t)
		w.list("MUG", "W1")
		if err := w.memory.PutReservation(t.Context(), Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}); err != nil {
			t.Fatal(err)
		}
		w.after = func(_ int, name string) {
			if name == "StockLevels" {
				_ = w.memory.DropReservation(t.Context(), "1")
			}
		}
		w.push(t, StockOptions{})
		if got := w.shown()["MUG"]; got != "W1:6" {
			t.Errorf("published %s from levels that were read before", got)
		}
	})
}

// A reservation that becomes visible before the levels are read is in them.
func TestStockPushSeesWhatBecameVisible(t *testing.T) {
	w := newWorld(t)
	w.list("MUG", "W1")
	r := Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}
	if err := w.memory.PutReservation(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	w.after = func(_ int, name string) {
		if name == "Reservations" && w.count(name) == 1 {
			r.VisibleAt = w.now().Add(-time.Second)
			_ = w.memory.PutReservation(t.Context(), r)
		}
	}
	w.push(t, StockOptions{})
	if _, ok := w.reservation(); ok || w.shown()["MUG"] != "W1:10" {
		t.Errorf("published %s, still reserved %t", w.shown()["MUG"], ok)
	}
}

func TestStockPushUntrackedByTheReading(t *testing.T) {
	w := newWorld(t)
	w.untracked = map[string]bool{"i-spoon": true}
	w.list("SET", "W1")
	w.list("SPOON", "W1").Stock[0].Quantity = 5
	w.push(t, StockOptions{})
	if diff := cmp.Diff(map[string]string{"SET": "W1:10", "SPOON": "W1:5"}, w.shown()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"bad quantity: SKU SPOON"}, w.open()); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushIgnoresOtherLocations(t *testing.T) {
	w := newWorld(t)
	w.list("MUG", "W1")
	w.stock["i-mug"]["somewhere else"] = -5
	w.push(t, StockOptions{})
	if open := w.open(); open != nil {
		t.Errorf("%v: nothing is sold from there", open)
	}
}

// Published stock is never negative, never more than is free over all its
// locations, never above the cap, and never rises with the buffer.
func TestStockPushBounds(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		items := []StockItem{mug, spoon, set, {ID: "n", SKU: "N", Kit: []KitComponent{{set, 1 + r.IntN(3)}, {mug, 1 + r.IntN(2)}}}}
		item := items[r.IntN(len(items))]
		w := newWorld(t)
		w.items = map[string]StockItem{"s-X": item}
		for _, id := range []string{"i-mug", "i-spoon"} {
			for _, l := range []string{"L1", "L2", "L3"} {
				w.stock[id][l] = r.IntN(60) - 10
			}
			for i := range r.IntN(3) {
				_ = w.memory.PutReservation(t.Context(), Reservation{OrderID: fmt.Sprint(id, i), LocationID: "L1", Items: map[string]int{id: r.IntN(9)}})
			}
		}
		w.list("X", "W1", "W2")
		options := StockOptions{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}, Max: 1 + r.IntN(40)}
		free := map[string]int{}
		for id, levels := range w.stock {
			for _, n := range levels {
				free[id] += max(n, 0)
			}
		}
		last := []int{options.Max, options.Max}
		for _, buffer := range []int{-3, 0, 1, 5, 20, 1000} {
			options.Buffer = FixedBuffer(buffer)
			w.listings[0].Stock[0].Quantity, w.listings[0].Stock[1].Quantity = -1, -1
			plan, err := w.stockPush(options).Plan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sold := 0
			for i, s := range plan.Products[0].SKUs[0].Stock {
				if s.Quantity < 0 || s.Quantity > last[i] {
					t.Errorf("seed %d, buffer %d: %d published in %s, %d before", seed, buffer, s.Quantity, s.WarehouseID, last[i])
				}
				last[i] = s.Quantity
				sold += s.Quantity
			}
			parts, _ := item.Parts(1)
			for id, per := range parts {
				if sold*per > free[id] {
					t.Errorf("seed %d: %d of %s published, which take %d of %d free %s", seed, sold, item.SKU, sold*per, free[id], id)
				}
			}
		}
	}
}

func TestNewStockPushRefuses(t *testing.T) {
	w := newWorld(t)
	ports := StockPorts{Listings: w, Catalogue: w, Levels: w, Ledger: w, Publisher: w, Locks: w, Exceptions: w}
	for name, o := range map[string]StockOptions{
		"Locations is empty":        {},
		"has no stock location":     {Locations: map[string][]string{"W1": {}}},
		"a stock location twice":    {Locations: map[string][]string{"W1": {"L2", "L1", "L2"}}},
		"Max -1 is negative":        {Locations: map[string][]string{"W1": {"L1"}}, Max: -1},
		`warehouse "" has no stock`: {Locations: map[string][]string{"": nil}},
	} {
		if _, err := NewStockPush(ports, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
	if _, err := NewStockPush(StockPorts{Levels: w}, StockOptions{}); err == nil || !strings.Contains(err.Error(), "Catalogue, Exceptions, Ledger, Listings, Locks, Publisher") {
		t.Errorf("got %v", err)
	}
}

func TestStockReadErrors(t *testing.T) {
	for _, name := range []string{"Listings", "StockItems", "Reservations", "StockLevels"} {
		w := newWorld(t)
		w.list("MUG", "W1")
		w.fail = failOn(name)
		if _, err := w.stockPush(StockOptions{}).Push(t.Context()); !errors.Is(err, errInjected) || len(w.pushes) > 0 {
			t.Errorf("%s fails: %v, %d calls", name, err, len(w.pushes))
		}
	}
}
