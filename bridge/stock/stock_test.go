package stock_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

func TestStockPushFormula(t *testing.T) {
	stuff := map[string]catalogue.Item{
		"s-BAG":    {ID: "i-bag", SKU: "BAG", Untracked: true},
		"s-WRAP":   {ID: "i-wrap", SKU: "WRAP", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 1}, {Item: catalogue.Item{ID: "i-bag", SKU: "BAG", Untracked: true}, Quantity: 3}}},
		"s-NESTED": {ID: "i-nested", SKU: "NESTED", Kit: []catalogue.Component{{Item: world.Set, Quantity: 2}, {Item: world.Spoon, Quantity: 1}}},
	}
	both := []string{"W1", "W2"}
	for _, tc := range []struct {
		name, sku string
		options   stock.Options
		stock     map[string]map[string]int
		sold      []store.Reservation
		want      string
	}{
		{name: "single", sku: "MUG", want: "W1:10 W2:3"},
		{name: "kit, location by location", sku: "SET", want: "W1:4 W2:3"},
		{name: "nested kit", sku: "NESTED", want: "W1:1 W2:1"},
		{name: "untracked part does not limit", sku: "WRAP", want: "W1:10 W2:3"},
		{name: "sold and not visible", sku: "MUG", sold: []store.Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}}, want: "W1:6 W2:3"},
		{name: "a component sold", sku: "SET", sold: []store.Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-spoon": 2}}}, want: "W1:3 W2:3"},
		{name: "more sold than there is", sku: "MUG", sold: []store.Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 40}}}, want: "W1:0 W2:3"},
		{name: "buffer", sku: "MUG", options: stock.Options{Buffer: stock.Fixed(4)}, want: "W1:6 W2:0"},
		{name: "negative buffer is none", sku: "MUG", options: stock.Options{Buffer: stock.Fixed(-4)}, want: "W1:10 W2:3"},
		{name: "cap", sku: "MUG", options: stock.Options{Max: 7}, want: "W1:7 W2:3"},
		{name: "locations together", sku: "MUG", options: stock.Options{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}}, want: "W1:13 W2:0"},
		{name: "kits are not pooled", sku: "SET", options: stock.Options{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}},
			stock: map[string]map[string]int{"i-mug": {"L1": 5}, "i-spoon": {"L2": 10}}, want: "W1:0 W2:0"},
		{name: "a location that owes units gets them from the others", sku: "MUG", options: stock.Options{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}},
			stock: map[string]map[string]int{"i-mug": {"L1": -2, "L2": 5}}, want: "W1:3 W2:0"},
		{name: "a sale from an empty location too", sku: "MUG", options: stock.Options{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}},
			stock: map[string]map[string]int{"i-mug": {"L1": 0, "L2": 5}},
			sold:  []store.Reservation{{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 1}}}, want: "W1:4 W2:0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			maps.Copy(w.Items, stuff)
			if tc.stock != nil {
				w.Stock = tc.stock
			}
			w.List(tc.sku, both...)
			w.ForSale[0].Stock[0].Quantity, w.ForSale[0].Stock[1].Quantity = 77, 77 // wrong, whatever is right
			for _, r := range tc.sold {
				if err := w.Memory.PutReservations(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			w.Push(t, tc.options)
			if got := w.Shown()[tc.sku]; got != tc.want {
				t.Errorf("published %q, want %q", got, tc.want)
			}
		})
	}
}

func TestStockPushOnlyWhatChanged(t *testing.T) {
	w := world.NewWorld(t)
	for _, name := range []string{"MUG", "SPOON", "SET"} {
		w.List(name, "W1", "W2").ProductID = "p"
	}
	w.ForSale[1].ProductID = "p-2"
	r := w.Push(t, stock.Options{})
	if r.Published != 3 || len(w.Pushes) != 2 {
		t.Fatalf("%d published in %d calls, want 3 SKUs in 2 products", r.Published, len(w.Pushes))
	}
	for _, p := range w.Pushes {
		for _, s := range p.SKUs {
			if len(s.Stock) != 2 {
				t.Errorf("%s: %v, want every warehouse", s, s.Stock)
			}
		}
	}
	if r := w.Push(t, stock.Options{}); r.Published != 0 || r.Plan.Unchanged != 3 || len(w.Pushes) != 2 {
		t.Errorf("nothing changed, but: %s", r)
	}
	w.Stock["i-mug"]["L2"]-- // the mug and the set, in W2
	w.Push(t, stock.Options{})
	last := w.Pushes[len(w.Pushes)-1]
	if len(w.Pushes) != 3 || len(last.SKUs) != 2 || last.SKUs[0].Stock[1].Quantity != 2 || last.SKUs[0].Stock[0].Quantity != 10 {
		t.Errorf("%d calls, the last %+v", len(w.Pushes), last)
	}
}

func TestStockPushCutsFirst(t *testing.T) {
	w := world.NewWorld(t)
	for name, shown := range map[string]int{"A": 0, "B": 500, "C": 9, "D": 20} {
		w.Items["s-"+name] = world.Mug
		w.List(name, "W1").Stock[0].Quantity = shown // 10 is right
	}
	w.Push(t, stock.Options{})
	var got []string
	for _, p := range w.Pushes {
		got = append(got, p.ProductID)
	}
	if diff := cmp.Diff([]string{"p-B", "p-D", "p-A", "p-C"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushProblems(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  func(w *world.World)
		open    []string
		mend    func(w *world.World)
		publish bool
	}{
		{"unmapped", func(w *world.World) { delete(w.Items, "s-MUG") }, []string{"unmapped SKU: SKU MUG"},
			func(w *world.World) { w.Items["s-MUG"] = world.Mug }, false},
		{"ambiguous", func(w *world.World) { w.Broken["s-MUG"] = errors.New("SKU MUG stands for 2 items") }, []string{"unmapped SKU: SKU MUG"},
			func(w *world.World) { delete(w.Broken, "s-MUG") }, false},
		{"missing level is not zero", func(w *world.World) { w.Gone["i-mug"] = true }, []string{"unmapped SKU: SKU MUG"},
			func(w *world.World) { delete(w.Gone, "i-mug") }, false},
		{"broken kit", func(w *world.World) {
			w.Items["s-MUG"] = catalogue.Item{ID: "k", SKU: "MUG", Kit: []catalogue.Component{{Item: world.Mug, Quantity: 0}}}
		}, []string{"broken kit: SKU MUG"},
			func(w *world.World) { w.Items["s-MUG"] = world.Mug }, false},
		{"nothing limits it", func(w *world.World) { w.Items["s-MUG"] = catalogue.Item{ID: "i-mug", SKU: "MUG", Untracked: true} }, []string{"impossible stock level: SKU MUG"},
			func(w *world.World) { w.Items["s-MUG"] = world.Mug }, false},
		{"absurd level", func(w *world.World) { w.Stock["i-mug"]["L1"] = stock.AbsurdStock + 1 }, []string{"impossible stock level: SKU MUG"},
			func(w *world.World) { w.Stock["i-mug"]["L1"] = 10 }, false},
		{"negative level", func(w *world.World) { w.Stock["i-mug"]["L1"] = -3 }, []string{"impossible stock level: SKU MUG"},
			func(w *world.World) { w.Stock["i-mug"]["L1"] = 10 }, true},
		{"unmapped warehouse", func(w *world.World) {
			w.ForSale[0].Stock = []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 1}, {WarehouseID: "W9", Quantity: 1}}
		}, []string{"unmapped warehouse: warehouse W9"},
			nil, false},
		{"no warehouse", func(w *world.World) { w.ForSale[0].Stock = nil }, []string{"unmapped warehouse: SKU MUG"},
			func(w *world.World) {
				w.ForSale[0].Stock = []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 1}}
			}, false},
		{"refused", func(w *world.World) { w.Refusals["s-MUG"] = stock.Refusal{SKUID: "s-MUG", Reason: "in review"} }, []string{"stock refused: SKU MUG"},
			func(w *world.World) { delete(w.Refusals, "s-MUG") }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.List("MUG", "W1").Stock[0].Quantity = 1
			w.List("SPOON", "W1")
			tc.change(w)
			for range 2 {
				w.Push(t, stock.Options{})
			}
			if diff := cmp.Diff(tc.open, w.OpenKinds()); diff != "" {
				t.Error(diff)
			}
			if got := w.Shown()["SPOON"]; got != "W1:9" {
				t.Errorf("the other SKU shows %s: one problem stopped it", got)
			}
			if got := w.Shown()["MUG"]; !tc.publish && len(w.ForSale[0].Stock) == 1 && got != "W1:1" {
				t.Errorf("published %s", got)
			}
			if open, _ := w.Exceptions.Open(t.Context()); len(open) != 1 || open[0].Count != 2 {
				t.Errorf("%v, want it counted twice", open)
			}
			if tc.mend == nil {
				return
			}
			tc.mend(w)
			w.Push(t, stock.Options{})
			if open := w.OpenKinds(); open != nil {
				t.Errorf("mended, but still open: %v", open)
			}
		})
	}
}

func TestStockPushOneLocationForTwoWarehouses(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1", "W2")
	w.List("SPOON", "W2")
	w.Push(t, stock.Options{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L1"}}})
	if diff := cmp.Diff([]string{"unmapped warehouse: SKU MUG"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"MUG": "W1:0 W2:0", "SPOON": "W2:9"}, w.Shown()); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushDerivedIsLeftAlone(t *testing.T) {
	w := world.NewWorld(t)
	w.List("SET", "W1").Derived = true
	if r := w.Push(t, stock.Options{}); r.Plan.Skipped != 1 || len(w.Pushes) != 0 || w.OpenKinds() != nil {
		t.Errorf("%s%v", r, w.OpenKinds())
	}
}

func TestStockPushRetries(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1")
	w.List("SPOON", "W1")
	w.Refusals["s-MUG"] = stock.Refusal{SKUID: "s-MUG", Reason: "busy", Retry: true}
	r, err := w.StockPush(stock.Options{}).Push(t.Context())
	if err == nil || !strings.Contains(err.Error(), "product p-MUG") || r.Published != 1 || r.Refused != 1 || w.OpenKinds() != nil {
		t.Errorf("%s%v; %v", r, err, w.OpenKinds())
	}
	delete(w.Refusals, "s-MUG")
	// A whole call fails; the other goes on, and it is made once more at the end.
	failing := []int{3, 5}
	w.Fail = func(n int, name string) error {
		if name == "PublishStock" && slices.Contains(failing, w.Count(name)) {
			return world.ErrInjected
		}
		return nil
	}
	w.Stock["i-spoon"]["L1"] = 1
	r, err = w.StockPush(stock.Options{}).Push(t.Context())
	if !errors.Is(err, world.ErrInjected) || r.Published != 1 || w.Count("PublishStock") != 5 {
		t.Errorf("%s%v; %d calls, want 5", r, err, w.Count("PublishStock"))
	}
	// The next push finds it again.
	failing = []int{6}
	if r, err = w.StockPush(stock.Options{}).Push(t.Context()); err != nil || r.Published != 1 || w.Count("PublishStock") != 7 {
		t.Errorf("%s%v; %d calls, want 7", r, err, w.Count("PublishStock"))
	}
	w.Fail = nil
	w.Push(t, stock.Options{})
	if diff := cmp.Diff(map[string]string{"MUG": "W1:10", "SPOON": "W1:1"}, w.Shown()); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushRefusalOfSomethingElse(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1")
	w.Refusals["s-MUG"] = stock.Refusal{SKUID: "s-other", Reason: "no"}
	if r, err := w.StockPush(stock.Options{}).Push(t.Context()); err == nil || r.Published != 0 {
		t.Errorf("%s%v: a refusal of another SKU was swallowed", r, err)
	}
}

// A reservation goes when, and only when, a reading began after the warehouse
// was known to hold the order.
func TestStockPushReleasesReservations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.NewWorld(t)
		w.Now = time.Now
		w.List("MUG", "W1")
		o := world.AnOrder("1", "MUG", "MUG")
		unpaid := world.With(o, func(o *bridge.Order) { o.Status = bridge.Unpaid })
		if _, err := w.Importer().Import(t.Context(), unpaid); err != nil {
			t.Fatal(err)
		}
		expect := func(when, want string, reserved bool) {
			t.Helper()
			w.Push(t, stock.Options{})
			if got := w.Shown()["MUG"]; got != want {
				t.Errorf("%s: published %s, want %s", when, got, want)
			}
			if _, ok := w.Reservation(); ok != reserved {
				t.Errorf("%s: reserved %t, want %t", when, ok, reserved)
			}
		}
		time.Sleep(time.Minute)
		expect("unpaid", "W1:8", true)
		if _, err := w.Importer().Import(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		// In the same instant, and yet the reading begins when the import is known.
		expect("imported just now", "W1:8", false)
		expect("again", "W1:8", false)
	})
}

// An order that is imported while a push runs is counted, wherever it falls.
func TestStockPushWhileOrdersArrive(t *testing.T) {
	for _, at := range []string{"Listings", "StockItems", "LedgerChanges", "StockLevels"} {
		t.Run(at, func(t *testing.T) {
			w := world.NewWorld(t)
			w.List("MUG", "W1")
			w.List("SPOON", "W1")
			arrived := false
			w.After = func(_ int, name string) {
				if name == at && !arrived {
					arrived = true
					r := store.Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}
					if err := w.Memory.PutReservations(t.Context(), r); err != nil {
						t.Error(err)
					}
				}
			}
			plan, err := w.StockPush(stock.Options{}).Plan(t.Context())
			if err != nil || plan.Products[0].SKUs[0].Stock[0].Quantity != 6 {
				t.Errorf("%s%v, although 4 of 10 had been sold", plan, err)
			}
			w.Push(t, stock.Options{})
			if got := w.Shown()["MUG"]; got != "W1:6" {
				t.Errorf("published %s, although 4 of 10 had been sold", got)
			}
		})
	}
	t.Run("between two calls", func(t *testing.T) {
		w := world.NewWorld(t)
		w.List("MUG", "W1")
		w.List("SPOON", "W1")
		w.After = func(_ int, name string) {
			if name == "PublishStock" { // of the mug
				r := store.Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-spoon": 4}}
				if err := w.Memory.PutReservations(t.Context(), r); err != nil {
					t.Error(err)
				}
			}
		}
		r := w.Push(t, stock.Options{})
		if got := w.Shown()["SPOON"]; got != "W1:5" || r.Plan.Products[1].SKUs[0].Stock[0].Quantity != 5 {
			t.Errorf("published %s, although 4 of 9 had been sold\n%s", got, r)
		}
	})
	t.Run("dropped while levels are read", func(t *testing.T) {
		w := world.NewWorld(t)
		w.List("MUG", "W1")
		if err := w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}); err != nil {
			t.Fatal(err)
		}
		w.After = func(_ int, name string) {
			if name == "StockLevels" {
				_ = w.Memory.DropReservations(t.Context(), "1")
			}
		}
		w.Push(t, stock.Options{})
		if got := w.Shown()["MUG"]; got != "W1:6" {
			t.Errorf("published %s from levels that were read before", got)
		}
	})
}

// Two shops sell from the same stock: a push counts what both have sold, and drops
// only reservations of its own shop.
func TestStockPushOfTwoShops(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1")
	other := w.Account.Shop("another shop")
	visible := w.Now().Add(-time.Minute)
	put := func(s store.Shop, id string, units int, visible time.Time) {
		t.Helper()
		r := store.Reservation{OrderID: id, LocationID: "L1", Items: map[string]int{"i-mug": units}, VisibleAt: visible}
		if err := s.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	put(w.Memory, "1", 1, time.Time{})
	put(w.Memory, "2", 1, visible)
	put(w.Memory, "3", 1, visible)
	put(other, "1", 3, visible)
	put(other, "2", 2, time.Time{})
	put(other, "3", 1, visible)
	w.Push(t, stock.Options{})
	if got, want := w.Shown()["MUG"], "W1:7"; got != want {
		t.Errorf("published %s, want %s: of 10 the warehouse does not know 1 of this shop and 2 of the other", got, want)
	}
	list, err := w.Memory.Reservations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, r := range list {
		left = append(left, r.Shop+" "+r.OrderID)
	}
	if diff := cmp.Diff([]string{"another shop 1", "another shop 2", "another shop 3", "shop 1"}, left); diff != "" {
		t.Errorf("left in the ledger (-want +got):\n%s", diff)
	}
}

// A reservation that becomes visible when the ledger was read, by whatever clock, is
// counted twice by this push, and by no other: the levels may have been read before.
func TestStockPushSeesWhatBecameVisible(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1")
	r := store.Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 4}}
	if err := w.Memory.PutReservations(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	w.After = func(_ int, name string) {
		if name == "LedgerChanges" && w.Count(name) == 1 {
			r.VisibleAt = w.Now().Add(-time.Second)
			_ = w.Memory.PutReservations(t.Context(), r)
		}
	}
	for i, want := range []string{"W1:6", "W1:10"} {
		w.Push(t, stock.Options{})
		if _, ok := w.Reservation(); ok != (i == 0) || w.Shown()["MUG"] != want {
			t.Errorf("push %d: published %s, want %s, still reserved %t", i+1, w.Shown()["MUG"], want, ok)
		}
	}
}

func TestStockPushUntrackedByTheReading(t *testing.T) {
	w := world.NewWorld(t)
	w.Untracked = map[string]bool{"i-spoon": true}
	w.List("SET", "W1")
	w.List("SPOON", "W1").Stock[0].Quantity = 5
	w.Push(t, stock.Options{})
	if diff := cmp.Diff(map[string]string{"SET": "W1:10", "SPOON": "W1:5"}, w.Shown()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"impossible stock level: SKU SPOON"}, w.OpenKinds()); diff != "" {
		t.Error(diff)
	}
}

func TestStockPushIgnoresOtherLocations(t *testing.T) {
	w := world.NewWorld(t)
	w.List("MUG", "W1")
	w.Stock["i-mug"]["somewhere else"] = -5
	w.Push(t, stock.Options{})
	if open := w.OpenKinds(); open != nil {
		t.Errorf("%v: nothing is sold from there", open)
	}
}

// Published stock is never negative, never more than is free over all its
// locations, never above the cap, and never rises with the buffer.
func TestStockPushBounds(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		items := []catalogue.Item{world.Mug, world.Spoon, world.Set, {ID: "n", SKU: "N", Kit: []catalogue.Component{{Item: world.Set, Quantity: 1 + r.IntN(3)}, {Item: world.Mug, Quantity: 1 + r.IntN(2)}}}}
		item := items[r.IntN(len(items))]
		w := world.NewWorld(t)
		w.Items = map[string]catalogue.Item{"s-X": item}
		for _, id := range []string{"i-mug", "i-spoon"} {
			for _, l := range []string{"L1", "L2", "L3"} {
				w.Stock[id][l] = r.IntN(60) - 10
			}
			for i := range r.IntN(3) {
				_ = w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: fmt.Sprint(id, i), LocationID: "L1", Items: map[string]int{id: r.IntN(9)}})
			}
		}
		w.List("X", "W1", "W2")
		options := stock.Options{Locations: map[string][]string{"W1": {"L1", "L2"}, "W2": {"L3"}}, Max: 1 + r.IntN(40)}
		free := map[string]int{}
		for id, levels := range w.Stock {
			for _, n := range levels {
				free[id] += max(n, 0)
			}
		}
		last := []int{options.Max, options.Max}
		for _, buffer := range []int{-3, 0, 1, 5, 20, 1000} {
			options.Buffer = stock.Fixed(buffer)
			w.ForSale[0].Stock[0].Quantity, w.ForSale[0].Stock[1].Quantity = -1, -1
			plan, err := w.StockPush(options).Plan(t.Context())
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
	w := world.NewWorld(t)
	ports := stock.Ports{Listings: w, Catalogue: w, Levels: w, SeeOrders: w.SeeOrders, Ledger: w, Publisher: w, Locks: w, Exceptions: w}
	for name, o := range map[string]stock.Options{
		"Locations is empty":        {},
		"has no stock location":     {Locations: map[string][]string{"W1": {}}},
		"a stock location twice":    {Locations: map[string][]string{"W1": {"L2", "L1", "L2"}}},
		"Max -1 is negative":        {Locations: map[string][]string{"W1": {"L1"}}, Max: -1},
		`warehouse "" has no stock`: {Locations: map[string][]string{"": nil}},
	} {
		if _, err := stock.NewEngine(ports, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
	if _, err := stock.NewEngine(stock.Ports{Levels: w}, stock.Options{}); err == nil || !strings.Contains(err.Error(), "Catalogue, Exceptions, Ledger, Listings, Locks, Publisher") {
		t.Errorf("got %v", err)
	}
}

func TestStockReadErrors(t *testing.T) {
	for _, name := range []string{"Listings", "StockItems", "LedgerChanges", "StockLevels"} {
		w := world.NewWorld(t)
		w.List("MUG", "W1")
		w.Fail = world.FailOn(name)
		if _, err := w.StockPush(stock.Options{}).Push(t.Context()); !errors.Is(err, world.ErrInjected) || len(w.Pushes) > 0 {
			t.Errorf("%s fails: %v, %d calls", name, err, len(w.Pushes))
		}
	}
}

// An order waits for an item that the warehouse does not have. When somebody creates
// the item, its stock is published before anybody has looked at the order again.
func TestSoldBeforeItsItemWasKnown(t *testing.T) {
	for name, tc := range map[string]struct {
		item catalogue.Item
		want string
	}{
		"an item": {catalogue.Item{ID: "i-ghost", SKU: "GHOST"}, "W1:19"},
		"a kit":   {catalogue.Item{ID: "i-kit", SKU: "GHOST", Kit: []catalogue.Component{{Item: catalogue.Item{ID: "i-ghost", SKU: "PART"}, Quantity: 5}}}, "W1:3"},
	} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			w.List("GHOST", "W1")
			if _, err := w.Importer().Import(t.Context(), w.Put(world.AnOrder("1", "GHOST"))...); err != nil {
				t.Fatal(err)
			}
			w.Items["s-GHOST"], w.Stock["i-ghost"] = tc.item, map[string]int{"L1": 20}
			w.Push(t, stock.Options{})
			if got := w.Shown()["GHOST"]; got != tc.want {
				t.Errorf("shown %s, want %s: one is sold", got, tc.want)
			}
		})
	}
}
