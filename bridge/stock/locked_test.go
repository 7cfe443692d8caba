package stock_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// locked is an order of five mugs that somebody has locked in the warehouse.
func locked(id string, orderIDs ...string) stock.TouchedOrder {
	return stock.TouchedOrder{ID: id, OrderIDs: orderIDs, UpdatedAt: time.Now(), Locked: true, LocationID: "L1", Items: map[string]int{"i-mug": 5}}
}

// A level that has risen raises nothing until the orders were asked for: by as much a
// locked order may have given free. What is to be lowered goes on.
func TestRisesWaitForLockedOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		w.Stock["i-mug"] = map[string]int{"L1": 5}
		w.Stock["i-spoon"] = map[string]int{"L1": 5}
		l := w.live(t, stock.Options{})
		w.start(t, l)
		time.Sleep(time.Minute)
		fail := true
		w.Fail = func(_ int, call string) error {
			if call == "ItemsTouched" && fail {
				return errors.New("no route to the warehouse")
			}
			return nil
		}
		w.Stock["i-mug"] = map[string]int{"L1": 10}
		w.Stock["i-spoon"] = map[string]int{"L1": 2}
		l.Touch("i-mug", "i-spoon")
		if _, err := l.ReadHot(t.Context()); err == nil || !strings.Contains(err.Error(), "no route to the warehouse") {
			t.Errorf("reading a level that rose: %v, want what kept the orders from being read", err)
		}
		w.drain(t, l)
		if mug, spoon := w.Shown()["MUG"], w.Shown()["SPOON"]; mug != "W1:5" || spoon != "W1:2" {
			t.Errorf("the shop shows %s and %s, want 5 because nobody knows why it rose, and 2", mug, spoon)
		}
		fail = false
		w.orders = []stock.TouchedOrder{locked("g1", "1")} // sold long ago, and released since
		if err := l.ReadTouched(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.drain(t, l)
		if got := w.Shown()["MUG"]; got != "W1:5" {
			t.Errorf("the shop shows %s, want 5: the five more are sold", got)
		}
		w.Stock["i-mug"] = map[string]int{"L1": 12} // two of a delivery
		l.Touch("i-mug")
		time.Sleep(time.Minute)
		if _, err := l.ReadHot(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.drain(t, l)
		if got := w.Shown()["MUG"]; got != "W1:7" {
			t.Errorf("the shop shows %s after a delivery of two, want 7", got)
		}
	})
}

// What the ledger holds of a locked order, and which orders the intake is to look at.
func TestLockedOrdersAreTakenBack(t *testing.T) {
	whole := store.Reservation{
		OrderID: "1", LocationID: "L1", Items: map[string]int{"i-mug": 7}, SeenAt: world.Noon, CreatedAt: world.Noon,
		Lines: []store.ReservedLine{{LineID: "a", SKUID: "s-MUG", Items: map[string]int{"i-mug": 7}}},
	}
	visible, held := whole, whole
	visible.VisibleAt = world.Noon
	held.Unseen = store.UnseenLocked
	open := stock.TouchedOrder{ID: "g1", OrderIDs: []string{"1"}}
	south := locked("g1", "1")
	south.Elsewhere = true
	atOnce := locked("g1", "1")
	made := stock.TouchedOrder{ID: "g1", OrderIDs: []string{"1"}, UpdatedAt: atOnce.UpdatedAt}
	for name, c := range map[string]struct {
		ledger []store.Reservation
		reads  [][]stock.TouchedOrder
		want   map[string]int // units by order
		hints  string
	}{
		"released":                  {reads: [][]stock.TouchedOrder{{locked("g1", "1")}}, want: map[string]int{"1": 5}, hints: "1"},
		"in the ledger still":       {ledger: []store.Reservation{visible}, reads: [][]stock.TouchedOrder{{locked("g1", "1")}}, want: map[string]int{"1": 7}, hints: "1"},
		"never imported":            {ledger: []store.Reservation{whole}, reads: [][]stock.TouchedOrder{{locked("g1", "1")}}, want: map[string]int{"1": 7}},
		"taken back by the import":  {ledger: []store.Reservation{held}, reads: [][]stock.TouchedOrder{{locked("g1", "1")}}, want: map[string]int{"1": 7}},
		"seen twice":                {reads: [][]stock.TouchedOrder{{locked("g1", "1")}, {locked("g1", "1")}}, want: map[string]int{"1": 5}, hints: "1"},
		"locked as it was made":     {reads: [][]stock.TouchedOrder{{made}, {atOnce}}, want: map[string]int{"1": 5}, hints: "1"},
		"two parts":                 {reads: [][]stock.TouchedOrder{{locked("g1", "1")}, {locked("g1", "1"), locked("g2", "1")}}, want: map[string]int{"1": 10}, hints: "1 1"},
		"two orders in one":         {reads: [][]stock.TouchedOrder{{locked("g1", "1", "2")}}, want: map[string]int{"1": 5, "2": 5}, hints: "1 2"},
		"unlocked":                  {ledger: []store.Reservation{held}, reads: [][]stock.TouchedOrder{{open}}, want: map[string]int{"1": 7}, hints: "1"},
		"never locked":              {ledger: []store.Reservation{visible}, reads: [][]stock.TouchedOrder{{open}}, want: map[string]int{"1": 7}},
		"another shop's":            {reads: [][]stock.TouchedOrder{{south}}, want: map[string]int{}},
		"nobody knows whose it was": {reads: [][]stock.TouchedOrder{{locked("g1")}}, want: map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newLiveWorld(t, "MUG")
				w.Stock["i-mug"] = map[string]int{"L1": 30}
				if err := w.Memory.PutReservations(t.Context(), c.ledger...); err != nil {
					t.Fatal(err)
				}
				p := w.ports()
				var hints []string
				p.Hint = func(_ context.Context, id string) error { hints = append(hints, id); return nil }
				l := engine(t, p, stock.Options{})
				for _, orders := range c.reads {
					w.orders = orders
					if err := l.ReadTouched(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				list, err := w.Memory.Reservations(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got := map[string]int{}
				for _, r := range list {
					got[r.OrderID] = r.Items["i-mug"]
					if r.OrderID == "2" && (r.Unseen != store.UnseenLocked || r.LocationID != "L1") {
						t.Errorf("reserved as %+v, want as locked, in L1", r)
					}
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("units in the ledger (-want +got):\n%s", diff)
				}
				if got := strings.Join(hints, " "); got != c.hints {
					t.Errorf("the intake is to look at %q, want %q", got, c.hints)
				}
			})
		})
	}
}

// What another shop of the account has sold counts here from when it is locked until that
// shop has reserved it, or should have; and until a level is read after it was unlocked.
func TestLockedOrdersOfOthersCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		w.Stock["i-mug"] = map[string]int{"L1": 5}
		l := w.live(t, stock.Options{})
		w.start(t, l)
		south := locked("g1", "77")
		south.Elsewhere = true
		read := func(want int, why string) {
			t.Helper()
			time.Sleep(10 * time.Second)
			if err := errors.Join(l.ReadTouched(t.Context()), l.Sweep(t.Context()), l.ReadTouched(t.Context())); err != nil {
				t.Fatal(err)
			}
			w.drain(t, l)
			if got, want := w.Shown()["MUG"], fmt.Sprint("W1:", want); got != want {
				t.Errorf("%s: the shop shows %s, want %s", why, got, want)
			}
		}
		w.Stock["i-mug"] = map[string]int{"L1": 10}
		w.orders = []stock.TouchedOrder{south}
		read(5, "locked")
		south.Locked, south.Items, south.UpdatedAt = false, nil, time.Now()
		w.Stock["i-mug"] = map[string]int{"L1": 5}
		w.orders = []stock.TouchedOrder{south}
		read(5, "unlocked")

		south = locked("g1", "77")
		south.Elsewhere = true
		w.Stock["i-mug"] = map[string]int{"L1": 10}
		w.orders = []stock.TouchedOrder{south}
		read(5, "locked again")
		other := w.Memory // the ledger is that of all shops
		if err := other.PutReservations(t.Context(), store.Reservation{OrderID: "77", LocationID: "L1", Items: map[string]int{"i-mug": 4}, Unseen: store.UnseenLocked}); err != nil {
			t.Fatal(err)
		}
		read(6, "reserved by its shop: that one knows what it takes")
		if err := other.DropReservations(t.Context(), "77"); err != nil {
			t.Fatal(err)
		}
		read(10, "dropped by its shop")

		south.UpdatedAt = time.Now()
		w.orders = []stock.TouchedOrder{south}
		read(5, "changed, and still locked")
		time.Sleep(23 * time.Hour)
		read(5, "its shop has been down for most of a day")
		time.Sleep(time.Hour)
		read(10, "its shop has had a day to reserve it")
	})
}

// What was locked while no process ran is asked for by the next, and what it could not
// take back is asked for again.
func TestLockedOrdersAreAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		w.Stock["i-mug"] = map[string]int{"L1": 5}
		p := w.ports()
		p.Values = w.Memory
		var asked []time.Time
		p.Touches = touches(func(since time.Time) (stock.Touched, error) {
			asked = append(asked, since)
			return stock.Touched{UpTo: time.Now(), Orders: w.orders}, nil
		})
		begun := time.Now()
		if err := engine(t, p, stock.Options{}).ReadTouched(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Hour)
		w.orders = []stock.TouchedOrder{locked("g1", "1")}
		broken := true
		p.Hint = func(context.Context, string) error {
			if broken {
				return errors.New("the list is full")
			}
			return nil
		}
		l := engine(t, p, stock.Options{})
		if err := l.ReadTouched(t.Context()); err == nil || !strings.Contains(err.Error(), "having order 1 looked at, whose lock has changed: the list is full") {
			t.Errorf("got %v, want what failed, and of which order", err)
		}
		broken = false
		if err := l.ReadTouched(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := []time.Time{begun.Add(-time.Minute), begun.Add(-time.Minute), begun.Add(-time.Minute)}
		if diff := cmp.Diff(want, asked); diff != "" {
			t.Errorf("orders were asked for since (-want +got):\n%s", diff)
		}
	})
}

// What only the memory of a process has of another shop's locked orders, the next one asks
// for again: as long as their own shop has not reserved them.
func TestLockedOrdersOfOthersOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		w.Stock["i-mug"] = map[string]int{"L1": 5}
		p := w.ports()
		p.Values = w.Memory
		var since time.Time
		p.Touches = touches(func(from time.Time) (stock.Touched, error) {
			since = from
			read := stock.Touched{UpTo: time.Now()}
			for _, o := range w.orders {
				if !o.UpdatedAt.Before(from) {
					read.Orders = append(read.Orders, o)
				}
			}
			return read, nil
		})
		l := engine(t, p, stock.Options{})
		if err := l.ReadTouched(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		south := locked("g1", "77")
		south.Elsewhere = true
		w.orders = []stock.TouchedOrder{south}
		for range 3 {
			if err := l.ReadTouched(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute)
		}
		next := func(want time.Time, why string) {
			t.Helper()
			if err := engine(t, p, stock.Options{}).ReadTouched(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want = want.Add(-time.Minute); !since.Equal(want) {
				t.Errorf("%s: the next process asks for orders since %v, want %v", why, since, want)
			}
		}
		next(south.UpdatedAt, "locked")
		if err := w.Memory.PutReservations(t.Context(), store.Reservation{OrderID: "77", LocationID: "L1", Items: map[string]int{"i-mug": 5}, Unseen: store.UnseenLocked}); err != nil {
			t.Fatal(err)
		}
		w.start(t, l) // which reads the ledger
		upTo := time.Now()
		if err := l.ReadTouched(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		next(upTo, "reserved by its shop")
	})
}

type touches func(time.Time) (stock.Touched, error)

func (f touches) ItemsTouched(_ context.Context, since time.Time) (stock.Touched, error) {
	return f(since)
}
