package stock_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// liveWorld is a world with what live stock needs besides.
type liveWorld struct {
	*world.World
	touched []string
	orders  []stock.TouchedOrder
	states  map[string]stock.ItemState
}

func (w *liveWorld) SweepStock(ctx context.Context) iter.Seq2[stock.Reading, error] {
	return func(yield func(stock.Reading, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(w.Stock)) { // a page each
			r, err := w.StockLevels(ctx, []string{id})
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func (w *liveWorld) ItemsTouched(ctx context.Context, _ time.Time) (t stock.Touched, err error) {
	t.UpTo, t.Orders = time.Now(), w.orders
	err = w.Do(ctx, "ItemsTouched", func() error { t.ItemIDs, w.touched = w.touched, nil; return nil })
	return t, err
}

func (w *liveWorld) ItemStates(ctx context.Context, ids []string) (states map[string]stock.ItemState, err error) {
	return w.states, w.Do(ctx, "ItemStates", func() error { return nil })
}

func (w *liveWorld) ShopStock(ctx context.Context, ids []string) (list []stock.ShownStock, err error) {
	err = w.Do(ctx, "ShopStock", func() error {
		for _, l := range w.ForSale {
			if slices.Contains(ids, l.ID) {
				s := stock.ShownStock{SKU: l.SKU}
				for _, x := range l.Stock {
					s.Warehouses = append(s.Warehouses, stock.ShownWarehouse{WarehouseID: x.WarehouseID, Available: x.Quantity})
				}
				list = append(list, s)
			}
		}
		return nil
	})
	return list, err
}

func (w *liveWorld) live(t *testing.T, o stock.Options) *stock.Engine {
	t.Helper()
	return engine(t, w.ports(), o)
}

// engine is one on ports that are not all the world's.
func engine(t *testing.T, p stock.Ports, o stock.Options) *stock.Engine {
	t.Helper()
	if o.Locations == nil {
		o.Locations = map[string][]string{"W1": {"L1"}, "W2": {"L2"}}
	}
	l, err := stock.NewEngine(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ports are all of the world's, as it is seen without a pause.
func (w *liveWorld) ports() stock.Ports {
	return stock.Ports{
		Listings: w, Catalogue: w, Levels: w, Sweep: w, Touches: w, States: w, Ledger: w, Publisher: w, Shown: w, Locks: w, Exceptions: w,
	}
}

func newLiveWorld(t *testing.T, names ...string) *liveWorld {
	w := &liveWorld{World: world.NewWorld(t)}
	w.Now = time.Now // a bubble's clock, as [stock.Engine.Run] waits by it
	for _, name := range names {
		w.List(name, "W1")
	}
	return w
}

// start reads everything and publishes until nothing is left.
func (w *liveWorld) start(t *testing.T, l *stock.Engine) {
	t.Helper()
	if err := errors.Join(l.ReadShop(t.Context()), l.Sweep(t.Context())); err != nil {
		t.Fatal(err)
	}
	w.drain(t, l)
}

func (w *liveWorld) drain(t *testing.T, l *stock.Engine) (calls int) {
	t.Helper()
	for {
		did, err := l.Publish(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !did {
			return calls
		}
		calls++
	}
}

func TestEngineFollowsChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON", "SET")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		if diff := cmp.Diff(map[string]string{"MUG": "W1:10", "SPOON": "W1:9", "SET": "W1:4"}, w.Shown()); diff != "" {
			t.Fatal(diff)
		}
		// A touched item is read at once, and with it what is made of it.
		time.Sleep(time.Second)
		w.Stock["i-spoon"]["L1"], w.Stock["i-mug"]["L1"] = 2, 7
		w.touched = []string{"i-spoon", "i-unheard-of"}
		if err := l.ReadTouched(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, err := l.ReadHot(t.Context()); n != 1 || err != nil {
			t.Errorf("%d items read, %v", n, err)
		}
		w.drain(t, l)
		if diff := cmp.Diff(map[string]string{"MUG": "W1:10", "SPOON": "W1:2", "SET": "W1:1"}, w.Shown()); diff != "" {
			t.Error(diff)
		}
		// What nobody touched comes with the sweep.
		time.Sleep(time.Second)
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if calls := w.drain(t, l); calls != 1 || w.Shown()["MUG"] != "W1:7" {
			t.Errorf("%d calls, %v", calls, w.Shown())
		}
	})
}

// The shop takes off by itself what it sells: publishing that again would put
// units on sale that it sold meanwhile.
func TestEngineLeavesTheShopsOwnSales(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SET")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		before := len(w.Pushes)
		time.Sleep(time.Minute)
		w.ForSale[0].Stock[0].Quantity-- // as the shop does
		r := store.Reservation{
			OrderID: "1", LocationID: "L1", CreatedAt: time.Now(), SeenAt: time.Now(), Items: map[string]int{"i-mug": 1},
			Lines: []store.ReservedLine{{LineID: "1-1", SKUID: "s-MUG", Items: map[string]int{"i-mug": 1}}},
		}
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		w.drain(t, l)
		if got := w.Pushes[before:]; len(got) != 0 || w.Shown()["MUG"] != "W1:9" {
			t.Errorf("published %v, shown %v", got, w.Shown())
		}
		// An order that is as old as the last call may have been overwritten by it.
		r.OrderID, r.CreatedAt = "2", time.Now().Add(-time.Minute)
		r.Items = map[string]int{"i-mug": 2}
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if w.drain(t, l); w.Shown()["MUG"] != "W1:7" {
			t.Errorf("shown %v", w.Shown())
		}
	})
}

// After a call that nobody knows the outcome of, the shop is asked before the
// call is repeated.
func TestEngineLooksUpWhatBecameOfACall(t *testing.T) {
	for _, took := range []bool{true, false} {
		t.Run(fmt.Sprintf("the shop took it: %t", took), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				l := w.live(t, stock.Options{})
				if err := errors.Join(l.ReadShop(t.Context()), l.Sweep(t.Context())); err != nil {
					t.Fatal(err)
				}
				w.Fail = func(_ int, name string) error {
					if name != "PublishStock" {
						return nil
					}
					if took {
						w.ForSale[0].Stock[0].Quantity = 10
					}
					return world.ErrInjected
				}
				if did, err := l.Publish(t.Context()); !did || !errors.Is(err, world.ErrInjected) {
					t.Fatalf("%t, %v", did, err)
				}
				w.Fail = nil
				if did, err := l.Publish(t.Context()); did || err != nil {
					t.Errorf("repeated at once: %t, %v", did, err)
				}
				time.Sleep(2 * time.Second)
				w.drain(t, l)
				want := 1
				if took {
					want = 0
				}
				if w.Count("ShopStock") != 1 || len(w.Pushes) != want || w.Shown()["MUG"] != "W1:10" {
					t.Errorf("%d look-ups, %d calls, %v", w.Count("ShopStock"), len(w.Pushes), w.Shown())
				}
			})
		})
	}
}

func TestEngineRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		w.Refusals["s-MUG"] = stock.Refusal{SKUID: "s-MUG", Reason: "below what the campaign holds", Locked: true}
		l := w.live(t, stock.Options{})
		w.start(t, l)
		if diff := cmp.Diff([]string{"stock locked: SKU MUG"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
		calls := len(w.Pushes)
		time.Sleep(time.Minute)
		if w.drain(t, l); len(w.Pushes) != calls {
			t.Errorf("the same level was offered again after a minute")
		}
		delete(w.Refusals, "s-MUG")
		time.Sleep(15 * time.Minute)
		if w.drain(t, l); w.Shown()["MUG"] != "W1:10" || len(w.OpenKinds()) > 0 {
			t.Errorf("%v, %v", w.Shown(), w.OpenKinds())
		}
	})
}

// An archived item is published as zero, one that has only vanished is not.
func TestEngineArchived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		time.Sleep(time.Second)
		w.Gone = map[string]bool{"i-mug": true, "i-spoon": true}
		w.states = map[string]stock.ItemState{"i-mug": {Archived: true}, "i-spoon": {}}
		if err := errors.Join(l.Sweep(t.Context()), l.Report(t.Context())); err != nil {
			t.Fatal(err)
		}
		w.drain(t, l)
		if diff := cmp.Diff(map[string]string{"MUG": "W1:0", "SPOON": "W1:9"}, w.Shown()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"unmapped SKU: SKU MUG", "unmapped SKU: SKU SPOON"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(time.Second)
		w.Gone = nil
		if err := errors.Join(l.Sweep(t.Context()), l.Report(t.Context())); err != nil {
			t.Fatal(err)
		}
		if w.drain(t, l); w.Shown()["MUG"] != "W1:10" || w.OpenKinds() != nil {
			t.Errorf("restored, but: %v, %v", w.Shown(), w.OpenKinds())
		}
	})
}

func TestEngineStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		time.Sleep(16 * time.Minute)
		if err := l.Report(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"old stock levels: stock levels"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
		if err := errors.Join(l.Sweep(t.Context()), l.Report(t.Context())); err != nil || w.OpenKinds() != nil {
			t.Errorf("%v, %v", w.OpenKinds(), err)
		}
	})
}

// Calls go to what is sold out first, then to what must come down, then to what
// may go up; one in FairEvery to what waits longest.
func TestStockBookOrder(t *testing.T) {
	book, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}})
	if err != nil {
		t.Fatal(err)
	}
	var listings []catalogue.Listing
	items, levels := map[string]catalogue.Item{}, map[string]map[string]int{}
	for name, n := range map[string][2]int{"RAISE": {1, 9}, "LOWER": {9, 3}, "LOWER-HOT": {5, 4}, "ZERO": {1, 0}, "RAISE-HOT": {2, 3}} {
		id := "i-" + name
		listings = append(listings, catalogue.Listing{SKU: world.SKU(name), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: n[0]}}})
		items["s-"+name], levels[id] = catalogue.Item{ID: id, SKU: name}, map[string]int{"L1": n[1]}
	}
	at := world.Noon
	book.SetCatalogue(book.Mark(), at, listings, items, nil)
	book.SetLevels(book.Mark(), stock.Reading{At: at, Available: levels})
	book.HeatUp(at, func(l catalogue.Listing, _ time.Time) bool { return strings.HasSuffix(l.SellerSKU, "-HOT") }, 0)
	var got []string
	for range 10 {
		p, ok := book.Take(at, 100, time.Hour)
		if !ok {
			break
		}
		got = append(got, strings.TrimPrefix(p.ProductID, "p-"))
	}
	if diff := cmp.Diff([]string{"ZERO", "LOWER-HOT", "LOWER", "RAISE-HOT", "RAISE"}, got); diff != "" {
		t.Error(diff)
	}
	// None is handed out twice before it is given back.
	if _, ok := book.Take(at, 100, time.Hour); ok {
		t.Error("a product was handed out while its call is under way")
	}
	// The one that waits longest gets its turn.
	book.PutBack("p-RAISE", time.Time{})
	book.PutBack("p-ZERO", time.Time{})
	book.WaitsSince("s-RAISE", at.Add(-time.Minute))
	if p, _ := book.Take(at, 1, 30*time.Second); p.ProductID != "p-RAISE" {
		t.Errorf("%s was taken", p.ProductID)
	}
}

// Run stops when it is told to, and lets a stand-by take over.
func TestEngineStandBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		first, second := w.live(t, stock.Options{}), w.live(t, stock.Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- first.Run(ctx, func(err error) { t.Error(err) }) }()
		time.Sleep(10 * time.Second)
		ctx2, stop2 := context.WithCancel(t.Context())
		go func() { done <- second.Run(ctx2, func(err error) { t.Error(err) }) }()
		time.Sleep(10 * time.Second)
		if second.Book().Stats().Listings > 0 || w.Shown()["MUG"] != "W1:10" {
			t.Errorf("the stand-by works, or the first does not: %v", w.Shown())
		}
		w.Mu.Lock()
		w.Stock["i-mug"]["L1"] = 4 // the first does not read it again before its next sweep
		w.Mu.Unlock()
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		time.Sleep(10 * time.Second)
		if w.Shown()["MUG"] != "W1:4" {
			t.Errorf("the stand-by has not taken over: %v", w.Shown())
		}
		stop2()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// Run stops when its lock is lost, and says so.
func TestEngineLosesItsLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		done := make(chan error, 1)
		l := w.live(t, stock.Options{})
		go func() { done <- l.Run(t.Context(), func(err error) { t.Error(err) }) }()
		time.Sleep(10 * time.Second)
		if !w.Account.LoseLock("shop", "stock push") {
			t.Error("nobody holds the lock of stock pushes")
		}
		if err := <-done; !errors.Is(err, store.ErrLockLost) {
			t.Errorf("got %v, want %v", err, store.ErrLockLost)
		}
	})
}

// After a cancellation the shop is looked at before anything is published: it has
// given the units back, or, for want of stock, set the SKU to zero.
func TestEngineAfterACancellation(t *testing.T) {
	for name, tc := range map[string]struct {
		shows, calls int
		open         []string
	}{
		"given back":  {10, 0, nil},
		"set to zero": {0, 1, []string{"stock changed in the shop: SKU MUG"}}, // zeroed, were there an order among what is committed
	} {
		for _, checked := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, checked %t", name, checked), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newLiveWorld(t, "MUG")
					p := w.ports()
					if !checked {
						p.Shown = nil
					}
					l := engine(t, p, stock.Options{})
					w.start(t, l)
					time.Sleep(time.Minute)
					if checked { // as Run does now and then
						if err := l.LookAt(t.Context()); err != nil {
							t.Fatal(err)
						}
					}
					before, looks := len(w.Pushes), w.Count("ShopStock")
					w.ForSale[0].Stock[0].Quantity = tc.shows
					l.Book().Suspect("s-MUG")
					w.drain(t, l)
					calls, want := 1, 0 // who cannot look publishes it again
					if checked {
						calls, want = tc.calls, 1
					}
					if n := len(w.Pushes) - before; n != calls || w.Count("ShopStock")-looks != want || w.Shown()["MUG"] != "W1:10" {
						t.Errorf("%d calls, %d look-ups, shown %v", n, w.Count("ShopStock")-looks, w.Shown())
					}
					if diff := cmp.Diff(tc.open, w.OpenKinds()); checked && diff != "" {
						t.Error(diff)
					}
				})
			})
		}
	}
}

// Run finds and corrects what somebody has changed in the shop.
func TestEngineRunChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		l := w.live(t, stock.Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx, func(err error) { t.Error(err) }) }()
		time.Sleep(5 * time.Minute)
		w.Mu.Lock()
		w.ForSale[0].Stock[0].Quantity = 25
		w.Mu.Unlock()
		time.Sleep(2 * time.Minute) // the check after the next closes it
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if w.Shown()["MUG"] != "W1:10" {
			t.Errorf("shown %v", w.Shown())
		}
		if diff := cmp.Diff([]string{"stock changed in the shop: SKU MUG"}, w.OpenKinds()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestNewEngineRefuses(t *testing.T) {
	w := newLiveWorld(t)
	locations := map[string][]string{"W1": {"L1"}}
	for want, o := range map[string]stock.Options{
		"Pace: HotEvery is negative": {Locations: locations, Pace: stock.Pace{HotEvery: -1}},
		"Pace: Publishers -1":        {Locations: locations, Pace: stock.Pace{Publishers: -1}},
		"Settle -1ns is negative":    {Locations: locations, Check: stock.CheckOptions{Settle: -1}},
		"Locations is empty":         {},
	} {
		if _, err := stock.NewEngine(w.ports(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Stopped between any two calls and begun again with nothing but what the ports
// keep, live stock loses no reservation and publishes no stale level.
func TestEngineKilledAnywhere(t *testing.T) {
	for kill := 1; ; kill++ {
		killed := false
		synctest.Test(t, func(t *testing.T) {
			w := newLiveWorld(t, "MUG", "SPOON", "SET")
			l := w.live(t, stock.Options{})
			story := func(l *stock.Engine) (err error) {
				time.Sleep(time.Minute)
				for _, step := range []func() error{
					func() error { return l.ReadShop(t.Context()) }, func() error { return l.Sweep(t.Context()) },
					func() error { _, err := l.ReadHot(t.Context()); return err }, func() error { return l.ReadTouched(t.Context()) },
				} {
					if err := step(); err != nil {
						return err
					}
				}
				for did := true; did; {
					if did, err = l.Publish(t.Context()); err != nil {
						return err
					}
				}
				return l.Report(t.Context())
			}
			calls := 0
			w.Fail = func(int, string) error {
				if calls++; calls == kill {
					killed = true
					return world.ErrInjected
				}
				return nil
			}
			sold := store.Reservation{OrderID: "1", LocationID: "L1", Items: map[string]int{"i-spoon": 2}, SeenAt: time.Now()}
			if err := w.Memory.PutReservations(t.Context(), sold); err != nil {
				t.Fatal(err)
			}
			_ = story(l)
			// The warehouse has moved on while nobody looked.
			w.Fail, w.Stock["i-mug"]["L1"] = nil, 3
			if err := story(w.live(t, stock.Options{})); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(map[string]string{"MUG": "W1:3", "SPOON": "W1:7", "SET": "W1:3"}, w.Shown()); diff != "" {
				t.Errorf("killed at call %d: %s", kill, diff)
			}
			if _, ok := w.Reservation(); !ok {
				t.Errorf("killed at call %d: the reservation is lost", kill)
			}
		})
		if !killed {
			if kill < 10 {
				t.Errorf("only %d calls were made", kill)
			}
			return
		}
	}
}

// The levels cannot be read for long, and orders go on touching the same items: each waits
// once.
func TestTouchedItemsWaitOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		w.Fail = world.FailOn("StockLevels")
		for range 5 {
			w.touched = []string{"i-spoon", "i-mug"}
			if err := l.ReadTouched(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := l.ReadHot(t.Context()); !errors.Is(err, world.ErrInjected) {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff([]string{"i-spoon", "i-mug"}, l.Touched()); diff != "" {
			t.Error(diff)
		}
	})
}
