package stock_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// The shop sells and nobody takes its orders in: whatever happens in the warehouse, no
// sold unit goes back on sale, and somebody is told. Cuts go out, and what may be raised
// is once the orders have been seen.
func TestEngineWhileOrdersAreNotSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		w.Stock["i-mug"]["L1"] = 42
		l := w.live(t, stock.Options{})
		w.start(t, l)
		shown := func(when, want string) {
			t.Helper()
			if err := l.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.drain(t, l)
			if got := w.Shown()["MUG"]; got != want {
				t.Errorf("%s: the shop shows %s, want %s", when, got, want)
			}
		}
		seen := time.Now()
		w.SeenTo = &seen // the intake stops
		time.Sleep(5 * time.Minute)
		w.ForSale[0].Stock[0].Quantity = 12 // 30 sold in the shop
		w.Stock["i-mug"]["L1"] = 41         // one sold elsewhere
		shown("one sold elsewhere", "W1:12")
		w.Stock["i-mug"]["L1"] = 60
		time.Sleep(time.Hour)
		shown("a delivery", "W1:12")
		w.Stock["i-mug"]["L1"] = 10
		time.Sleep(time.Minute)
		shown("sold elsewhere", "W1:10")
		if err := l.Report(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"orders not seen: orders of the shop"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
		w.Stock["i-mug"]["L1"] = 0
		time.Sleep(time.Minute)
		shown("sold out", "W1:0")

		// The orders come in, and half a minute later a poll that saw them all.
		r := store.Reservation{OrderID: "1", LocationID: "L1", CreatedAt: seen.Add(time.Minute), SeenAt: time.Now(), Items: map[string]int{"i-mug": 30}}
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		w.Stock["i-mug"]["L1"] = 42
		time.Sleep(time.Minute)
		shown("counted, but perhaps not all", "W1:0")
		w.SeenTo = nil
		time.Sleep(time.Second)
		shown("all seen", "W1:12")
		if err := l.Report(t.Context()); err != nil || w.OpenKinds() != nil {
			t.Errorf("%v, %v", w.OpenKinds(), err)
		}
	})
}

// A process that begins raises nothing before its intake has seen what was sold while
// it was down; and one that was never told raises nothing either.
func TestEngineRaisesNothingAtStart(t *testing.T) {
	for name, before := range map[string]time.Duration{"never seen": -1, "seen yesterday": 24 * time.Hour, "seen a moment ago": 3 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				w.Stock["i-mug"]["L1"] = 42
				w.ForSale[0].Stock[0].Quantity = 12
				seen := time.Time{}
				if before > 0 {
					seen = time.Now().Add(-before)
				}
				w.SeenTo = &seen
				l := w.live(t, stock.Options{})
				if w.start(t, l); w.Shown()["MUG"] != "W1:12" {
					t.Errorf("the shop shows %s, want it left at 12", w.Shown()["MUG"])
				}
				seen = time.Now()
				if w.drain(t, l); w.Shown()["MUG"] != "W1:42" {
					t.Errorf("the shop shows %s, want 42 once the orders are seen", w.Shown()["MUG"])
				}
			})
		})
	}
}

// A cut from a number that the shop may no longer show could be a raise. The shop is
// looked at first; where that cannot be done only zero goes out.
func TestEngineCutsWhatItBelieves(t *testing.T) {
	for _, tc := range []struct {
		name  string
		looks bool
		free  int
		want  string
	}{
		{"looked at, below what it shows", true, 7, "W1:7"},
		{"looked at, above what it shows", true, 30, "W1:12"},
		{"cannot be looked at", false, 30, "W1:12"},
		{"zero needs no look", false, 0, "W1:0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				w.Stock["i-mug"]["L1"] = 42
				p := w.ports()
				if !tc.looks {
					p.Shown = nil
				}
				l := engine(t, p, stock.Options{})
				w.start(t, l)
				seen := time.Now()
				w.SeenTo = &seen
				time.Sleep(2 * time.Minute)
				w.ForSale[0].Stock[0].Quantity = 12 // 30 sold in the shop
				w.Stock["i-mug"]["L1"] = tc.free
				if err := l.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				if calls := w.drain(t, l); calls > 3 || w.Shown()["MUG"] != tc.want {
					t.Errorf("%d calls, the shop shows %s, want %s", calls, w.Shown()["MUG"], tc.want)
				}
			})
		})
	}
}

// Within the minute, what sells in the shop is looked at before a cut from a number that
// is newer than what has been seen; what does not sell is trusted.
func TestEngineLooksAtWhatSells(t *testing.T) {
	for name, sells := range map[string]bool{"sells": true, "does not sell": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				w.Stock["i-mug"]["L1"] = 42
				l := w.live(t, stock.Options{})
				w.start(t, l)
				if sells {
					r := store.Reservation{
						OrderID: "1", LocationID: "L1", CreatedAt: time.Now().Add(10 * time.Second), SeenAt: time.Now(), Items: map[string]int{"i-mug": 1},
						Lines: []store.ReservedLine{{LineID: "1-1", SKUID: "s-MUG", Items: map[string]int{"i-mug": 1}}},
					}
					if err := w.Memory.PutReservations(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
				time.Sleep(20 * time.Second)
				w.drain(t, l)
				seen := time.Now().Add(-30 * time.Second)
				w.SeenTo = &seen
				w.Calls = nil
				w.Stock["i-mug"]["L1"] = 20
				if err := l.Sweep(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.drain(t, l)
				looks := 0
				for _, call := range w.Calls {
					if call == "ShopStock" {
						looks++
					}
				}
				if want := map[bool]int{true: 1, false: 0}[sells]; looks != want {
					t.Errorf("%d looks at the shop, want %d: %v", looks, want, w.Calls)
				}
			})
		})
	}
}

// With another shop on the account, its orders count too unless the shop is named. A
// moment in the future says that a clock was set back.
func TestBookIsToldWhichOrdersAreSeen(t *testing.T) {
	now := world.Noon
	for _, tc := range []struct {
		name, shop string
		moments    map[string]time.Time
		raised     bool
	}{
		{"none", "", nil, false},
		{"all seen", "", map[string]time.Time{"a": now, "b": now}, true},
		{"one is behind", "", map[string]time.Time{"a": now, "b": now.Add(-time.Hour)}, false},
		{"the other one is behind", "a", map[string]time.Time{"a": now, "b": now.Add(-time.Hour)}, true},
		{"ours is behind", "b", map[string]time.Time{"a": now, "b": now.Add(-time.Hour)}, false},
		{"ours was never seen", "c", map[string]time.Time{"a": now, "b": now}, false},
		{"in the future", "a", map[string]time.Time{"a": now.Add(time.Hour)}, false},
		{"by a clock that is ahead", "a", map[string]time.Time{"a": now.Add(time.Second)}, true},
		{"no later than now by it", "", map[string]time.Time{"a": now.Add(time.Second), "b": now.Add(-time.Hour)}, false},
	} {
		book, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		book.SetSeenUpTo(stock.SeenMoment(tc.moments, tc.shop, now))
		book.SetCatalogue(book.Mark(), now, []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 2}}}},
			map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
		book.SetLevels(book.Mark(), stock.Reading{At: now, Available: map[string]map[string]int{"i-mug": {"L1": 9}}})
		if got := len(book.Plan().Products) == 1; got != tc.raised {
			t.Errorf("%s: raised %t, want %t", tc.name, got, tc.raised)
		}
		// Who reads that less is known than before takes it back.
		if book.SetSeenUpTo(time.Time{}); len(book.Plan().Products) != 0 {
			t.Errorf("%s: raised although no order is known", tc.name)
		}
	}
}

// What another machine has noted a moment ahead of our clock holds for now, not for later.
func TestSeenMomentIsNotLaterThanNow(t *testing.T) {
	if got := stock.SeenMoment(map[string]time.Time{"shop": world.Noon.Add(time.Second)}, "shop", world.Noon); !got.Equal(world.Noon) {
		t.Errorf("seen up to %s, want %s", got, world.Noon)
	}
}

// A push takes the orders in after it has read what the shop shows. While it cannot, it
// lowers only, says so, and tells somebody after a minute.
func TestStockPushWhileOrdersCannotBeRead(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	w.List("MUG", "W1").Stock[0].Quantity = 4
	w.List("SPOON", "W1").Stock[0].Quantity = 20
	push := w.StockPush(stock.Options{})
	w.Fail = world.FailOn("SeeOrders")
	for i, open := range [][]string{nil, nil, {"orders not seen: orders of the shop"}} {
		result, err := push.Push(t.Context())
		if !errors.Is(err, world.ErrInjected) || !strings.Contains(err.Error(), "stock is only lowered, because not all orders have been seen") {
			t.Fatalf("push %d: %v", i+1, err)
		}
		if diff := cmp.Diff(map[string]string{"MUG": "W1:4", "SPOON": "W1:9"}, w.Shown()); diff != "" {
			t.Errorf("push %d: %s\n%s", i+1, diff, result)
		}
		if diff := cmp.Diff(open, w.OpenKinds()); diff != "" {
			t.Errorf("push %d: %s", i+1, diff)
		}
		now = now.Add(45 * time.Second)
	}
	w.Fail, w.Calls = nil, nil
	if _, err := push.Push(t.Context()); err != nil || w.OpenKinds() != nil || w.Shown()["MUG"] != "W1:10" {
		t.Errorf("%v; open %v, shown %v", err, w.OpenKinds(), w.Shown())
	}
	order := map[string]int{}
	for i, call := range w.Calls {
		order[call] = i + 1 // the last of each
	}
	if order["Listings"] >= order["SeeOrders"] || order["SeeOrders"] >= order["LedgerChanges"] {
		t.Errorf("called %v, want the orders taken in between what the shop shows and the ledger", w.Calls)
	}
}

// In a pass that takes long the orders are taken in again, and what cannot be known is
// left to the next pass.
func TestStockPushTakesOrdersInAgain(t *testing.T) {
	for name, fails := range map[string]bool{"seen again": false, "no longer": true} {
		w := world.NewWorld(t)
		now := world.Noon
		w.Now = func() time.Time { return now }
		for _, name := range []string{"A", "B", "C"} {
			w.Items["s-"+name] = world.Mug
			w.List(name, "W1")
		}
		seen := 0
		w.Fail = func(_ int, call string) error {
			switch call {
			case "PublishStock":
				now = now.Add(50 * time.Second) // the limiter
			case "SeeOrders":
				if seen++; fails && seen > 1 {
					return world.ErrInjected
				}
			}
			return nil
		}
		result, err := w.StockPush(stock.Options{}).Push(t.Context())
		if fails != errors.Is(err, world.ErrInjected) || seen != 2 {
			t.Errorf("%s: %v; orders taken in %d times, want 2", name, err, seen)
		}
		if want := map[bool]int{false: 3, true: 2}[fails]; result.Published != want {
			t.Errorf("%s: %d published, want %d", name, result.Published, want)
		}
	}
}

// A bridge that has just begun has read no orders yet: nobody is called for that within the
// first minute, and somebody is after it.
func TestOrdersUnseenAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		w.SeenTo = new(time.Time)
		l := w.live(t, stock.Options{})
		w.start(t, l)
		for _, want := range []bool{false, true} {
			if err := l.Report(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := len(w.OpenKinds()) == 1 && strings.HasPrefix(w.OpenKinds()[0], string(exceptions.OrdersUnseen)); got != want {
				t.Errorf("case %v, want %v: open are %q", got, want, w.OpenKinds())
			}
			time.Sleep(61 * time.Second)
		}
	})
}
