package stock_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
		south.Locked = false
		w.orders = []stock.TouchedOrder{south}
		read(5, "open: the level has its units")
		south.Locked = true
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

// Of an order that was split in the warehouse, its own shop may have reserved one locked part
// and not yet the other.
func TestLockedPartsOfOthersCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		w.Stock["i-mug"] = map[string]int{"L1": 10}
		l := w.live(t, stock.Options{})
		w.start(t, l)
		for _, id := range []string{"g1", "g2"} {
			part := locked(id, "77")
			part.Elsewhere = true
			w.orders = append(w.orders, part)
		}
		w.Stock["i-mug"] = map[string]int{"L1": 20}
		units := map[string]int{"i-mug": 5}
		r := store.Reservation{OrderID: "77", LocationID: "L1", Items: units, Unseen: store.UnseenLocked, Lines: []store.ReservedLine{{LineID: "locked: g1", Items: units}}}
		if err := w.Memory.PutReservations(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(l.Sweep(t.Context()), l.ReadTouched(t.Context())); err != nil {
			t.Fatal(err)
		}
		w.drain(t, l)
		if got := w.Shown()["MUG"]; got != "W1:10" {
			t.Errorf("the shop shows %s, want 10 of 20: five of each part are sold", got)
		}
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

// lockWorld is a warehouse of mugs with two orders of five, a and b, which people lock and
// unlock around the readings of levels.
type lockWorld struct {
	*liveWorld
	onHand int
	sold   map[string]*stock.TouchedOrder
	// at are the orders to lock (+) and to unlock (-) before a reading of levels and after
	// it, by its number since reads was set to zero.
	at     map[string]string
	reads  int
	hinted map[string]bool
	// deaf is why orders cannot be asked for; nil if they can.
	deaf error
}

func newLockWorld(t *testing.T) *lockWorld {
	w := &lockWorld{liveWorld: newLiveWorld(t, "MUG"), onHand: 20, sold: map[string]*stock.TouchedOrder{}, hinted: map[string]bool{}}
	for _, id := range []string{"a", "b"} {
		w.sold[id] = &stock.TouchedOrder{ID: "g" + id, OrderIDs: []string{id}, UpdatedAt: time.Now(), LocationID: "L1", Items: map[string]int{"i-mug": 5}}
	}
	w.level()
	w.Fail = func(_ int, call string) error {
		if call == "StockLevels" {
			w.reads++
			w.act(fmt.Sprint("before ", w.reads))
		}
		return nil
	}
	w.After = func(_ int, call string) {
		if call == "StockLevels" {
			w.act(fmt.Sprint("after ", w.reads))
		}
	}
	return w
}

// level is what the warehouse has free: it does not count the units of locked orders.
func (w *lockWorld) level() {
	free := w.onHand
	for _, o := range w.sold {
		if !o.Locked {
			free -= o.Items["i-mug"]
		}
	}
	w.Stock["i-mug"] = map[string]int{"L1": free}
}

func (w *lockWorld) act(moment string) {
	time.Sleep(time.Millisecond) // as far as a change can be told from one before
	for step := range strings.FieldsSeq(w.at[moment]) {
		o := w.sold[step[1:]]
		o.Locked, o.UpdatedAt = step[0] == '+', time.Now()
	}
	w.level()
}

// lookAtHinted does what the intake does with orders that it is told of.
func (w *lockWorld) lookAtHinted(ctx context.Context) error {
	for id := range w.hinted {
		kept, err := w.Memory.ReservationsOf(ctx, id)
		if err != nil {
			return err
		}
		r := kept[id]
		r.VisibleAt, r.Unseen = time.Now(), ""
		if w.sold[id].Locked {
			r.VisibleAt, r.Unseen = time.Time{}, store.UnseenLocked
		}
		if err := w.Memory.PutReservations(ctx, r); err != nil {
			return err
		}
	}
	clear(w.hinted)
	return nil
}

func (w *lockWorld) engine(t *testing.T) *stock.Engine {
	p := w.ports()
	p.SeeOrders = w.lookAtHinted
	p.Hint = func(_ context.Context, id string) error { w.hinted[id] = true; return nil }
	p.Touches = touches(func(time.Time) (read stock.Touched, err error) {
		read.UpTo = time.Now()
		for _, id := range slices.Sorted(maps.Keys(w.sold)) {
			read.Orders = append(read.Orders, *w.sold[id])
		}
		return read, w.deaf
	})
	return engine(t, p, stock.Options{})
}

// Whatever is locked and unlocked between the readings of levels and of orders, no sold unit
// is offered, and what is delivered goes on sale as soon as it is known to be free.
func TestRaisesRestOnLevelsThatAreVouchedFor(t *testing.T) {
	for name, c := range map[string]struct {
		locked string // from the start
		at     map[string]string
		want   int // after the first pass; 7 where one that is unlocked counts twice until the intake has looked
	}{
		"nobody locks anything":                    {want: 12},
		"locked while the level is read":           {at: map[string]string{"before 1": "+a", "after 1": "-a"}, want: 12},
		"locked after the level was read":          {at: map[string]string{"after 1": "+a"}, want: 12},
		"locked while it is read twice":            {at: map[string]string{"before 1": "+a", "after 1": "-a", "before 2": "+a", "after 2": "-a"}, want: 12},
		"locked whenever it is read in a pass":     {at: map[string]string{"before 1": "+a", "after 1": "-a", "before 2": "+a", "after 2": "-a", "before 3": "+a", "after 3": "-a"}, want: 10},
		"the other is locked for it":               {at: map[string]string{"before 1": "+a", "after 1": "-a", "before 2": "+b"}, want: 12},
		"the other is locked for it, for one look": {at: map[string]string{"before 1": "+a", "after 1": "-a", "before 2": "+b", "after 2": "-b"}, want: 12},
		"unlocked before the level is read":        {locked: "+a", at: map[string]string{"before 1": "-a"}, want: 7},
		"unlocked after the level was read":        {locked: "+a", at: map[string]string{"after 1": "-a"}, want: 12},
		"unlocked and locked after it was read":    {locked: "+a", at: map[string]string{"after 1": "-a +a"}, want: 12},
		"unlocked while the level is read":         {locked: "+a", at: map[string]string{"before 1": "-a", "after 1": "+a"}, want: 12},
		"one is unlocked as the other is locked":   {locked: "+a", at: map[string]string{"before 1": "-a +b"}, want: 7},
		"and the other unlocked after the level":   {locked: "+a", at: map[string]string{"before 1": "-a +b", "after 1": "-b"}, want: 7},
	} {
		begin := func(t *testing.T) (*lockWorld, *stock.Engine, func(string, int)) {
			w := newLockWorld(t)
			l := w.engine(t)
			push := func() {
				t.Helper()
				if _, err := l.Push(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
			}
			push()
			w.at = map[string]string{"now": c.locked}
			w.act("now")
			push() // takes back what is locked
			push()
			check := func(when string, want int) {
				t.Helper()
				for _, p := range w.Pushes {
					if n := p.SKUs[0].Stock[0].Quantity; n > 12 {
						t.Errorf("%s: %d were published, at most 12 were free", when, n)
					}
				}
				if got, want := w.Shown()["MUG"], fmt.Sprint("W1:", want); want != "W1:-1" && got != want {
					t.Errorf("%s: the shop shows %s, want %s", when, got, want)
				}
			}
			check("before", 10)
			w.onHand, w.reads, w.at = 22, 0, c.at
			w.act("")
			return w, l, check
		}
		t.Run(name+"/in passes", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, l, check := begin(t)
				for _, step := range []struct {
					when string
					want int
				}{{"after a pass", c.want}, {"after the next", -1}, {"after three", 12}} {
					if _, err := l.Push(t.Context()); err != nil {
						t.Fatal(err)
					}
					check(step.when, step.want)
					time.Sleep(time.Minute)
				}
			})
		})
		t.Run(name+"/without a pause", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, l, check := begin(t)
				for range 5 {
					l.Touch("i-mug")
					_, err := l.ReadHot(t.Context())
					if err = errors.Join(err, w.lookAtHinted(t.Context())); err != nil {
						t.Fatal(err)
					}
					w.drain(t, l)
					check("after a reading", -1)
					if err := l.ReadTouched(t.Context()); err != nil {
						t.Fatal(err)
					}
					w.drain(t, l)
					time.Sleep(2 * time.Second)
				}
				check("in the end", 12)
			})
		})
	}
}

// sell reserves what an order of another listing takes of the mugs: the shop takes nothing
// off what it shows of them.
func (w *lockWorld) sell(t *testing.T, r store.Reservation, units int) {
	t.Helper()
	r.LocationID, r.Items = "L1", map[string]int{"i-mug": units}
	if err := w.Memory.PutReservations(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// lock locks or unlocks an order in the warehouse.
func (w *lockWorld) lock(order string, locked bool) {
	w.at = map[string]string{"now": map[bool]string{true: "+", false: "-"}[locked] + order}
	w.act("now")
}

// A cut goes out while nobody knows why a level has risen, and is no smaller for it. What
// has risen is on sale once it is known to be free, in one call.
func TestCutsRestOnLevelsThatAreVouchedFor(t *testing.T) {
	imported := func(t *testing.T, w *lockWorld, units int) {
		w.sell(t, store.Reservation{OrderID: "c", VisibleAt: time.Now()}, units)
		w.sold["c"] = &stock.TouchedOrder{ID: "gc", OrderIDs: []string{"c"}, UpdatedAt: time.Now(), LocationID: "L1", Items: map[string]int{"i-mug": units}}
		w.level()
	}
	for name, c := range map[string]struct {
		// happens while orders cannot be asked for, then after two looks, and last when they can.
		happens, then, last func(*testing.T, *lockWorld)
		want                []int // what is published
		late                int   // how many of them only when orders can be asked for
	}{
		"another order is locked": {
			happens: func(t *testing.T, w *lockWorld) { w.sell(t, store.Reservation{OrderID: "c"}, 7); w.lock("a", true) },
			want:    []int{3},
		},
		"another order is locked for a look": {
			happens: func(t *testing.T, w *lockWorld) { w.sell(t, store.Reservation{OrderID: "c"}, 7); w.lock("a", true) },
			then:    func(_ *testing.T, w *lockWorld) { w.lock("a", false) },
			want:    []int{3},
		},
		"more is sold later": {
			happens: func(t *testing.T, w *lockWorld) { w.sell(t, store.Reservation{OrderID: "c"}, 7); w.lock("a", true) },
			then:    func(t *testing.T, w *lockWorld) { w.sell(t, store.Reservation{OrderID: "d"}, 2) },
			want:    []int{3, 1},
		},
		"the order itself is imported and locked": {
			happens: func(t *testing.T, w *lockWorld) { imported(t, w, 4); w.lock("c", true) },
			want:    []int{6},
		},
		"the order itself is imported, and another locked": {
			happens: func(t *testing.T, w *lockWorld) { imported(t, w, 7); w.lock("a", true) },
			want:    []int{3},
		},
		"another order is cancelled in the warehouse alone": {
			happens: func(t *testing.T, w *lockWorld) {
				w.sell(t, store.Reservation{OrderID: "c"}, 7)
				w.sold["a"].Items, w.sold["a"].UpdatedAt = nil, time.Now()
				w.level()
			},
			then: func(t *testing.T, w *lockWorld) {
				w.sell(t, store.Reservation{OrderID: "a", Unseen: store.UnseenDropped}, 5)
			},
			want: []int{3},
		},
		"another shop's order is locked": {
			happens: func(t *testing.T, w *lockWorld) {
				w.sell(t, store.Reservation{OrderID: "c"}, 7)
				w.sold["a"].Elsewhere = true
				w.lock("a", true)
			},
			last: func(t *testing.T, w *lockWorld) { // its own bridge has it in the ledger before we ask again
				w.sell(t, store.Reservation{OrderID: "a", Unseen: store.UnseenLocked}, 5)
			},
			want: []int{3},
		},
		"another shop's order comes and is locked before we look": { // nine is too many, and ten were shown
			happens: func(_ *testing.T, w *lockWorld) {
				w.onHand--
				w.sold["c"] = &stock.TouchedOrder{ID: "gc", OrderIDs: []string{"c"}, Elsewhere: true, LocationID: "L1", Items: map[string]int{"i-mug": 4}}
				w.lock("c", true)
			},
			want: []int{9, 5},
			late: 1,
		},
		"five are delivered": {
			happens: func(t *testing.T, w *lockWorld) {
				w.sell(t, store.Reservation{OrderID: "c"}, 7)
				w.onHand += 5
				w.level()
			},
			want: []int{3, 8},
			late: 1,
		},
		"five are delivered, and some of them sold elsewhere": {
			happens: func(t *testing.T, w *lockWorld) {
				w.sell(t, store.Reservation{OrderID: "c"}, 7)
				w.onHand += 5
				w.level()
			},
			then: func(_ *testing.T, w *lockWorld) {
				w.onHand -= 7
				w.level()
			},
			want: []int{3, 1},
		},
	} {
		for mode, look := range map[string]func(*testing.T, *lockWorld, *stock.Engine){
			"in passes": func(t *testing.T, w *lockWorld, l *stock.Engine) {
				if _, err := l.Push(t.Context()); !errors.Is(err, w.deaf) || errors.Is(err, stock.ErrLocksUnknown) != (w.deaf != nil) {
					t.Errorf("a pass: %v, want %v, told as locks that are not known", err, w.deaf)
				}
			},
			"without a pause": func(t *testing.T, w *lockWorld, l *stock.Engine) {
				l.Touch("i-mug")
				_, err := l.ReadHot(t.Context())
				w.drain(t, l)
				if err = errors.Join(err, w.lookAtHinted(t.Context()), l.ReadTouched(t.Context())); !errors.Is(err, w.deaf) || errors.Is(err, stock.ErrLocksUnknown) != (w.deaf != nil) {
					t.Errorf("a look: %v, want %v, told as locks that are not known", err, w.deaf)
				}
				w.drain(t, l)
			},
		} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newLockWorld(t)
					l := w.engine(t)
					if _, err := l.Push(t.Context()); err != nil {
						t.Fatal(err)
					}
					looks := func(n int, after func(*testing.T, *lockWorld)) {
						if after != nil {
							after(t, w)
						}
						for range n {
							time.Sleep(time.Minute)
							look(t, w, l)
						}
					}
					looks(2, nil)
					before := len(w.Pushes)
					w.deaf = errors.New("no route to the warehouse")
					looks(2, c.happens)
					looks(2, c.then)
					check := func(when string, want []int) {
						t.Helper()
						var got []int
						for _, p := range w.Pushes[before:] {
							got = append(got, p.SKUs[0].Stock[0].Quantity)
						}
						if diff := cmp.Diff(want, got); diff != "" {
							t.Errorf("%s: published (-want +got):\n%s", when, diff)
						}
					}
					check("while orders cannot be asked for", c.want[:len(c.want)-c.late])
					w.deaf = nil
					looks(1, c.last)
					check("once they can", c.want)
					looks(3, nil)
					check("three looks later", c.want)
				})
			})
		}
	}
}

// Linnworks begins to track a part of a kit, of which there are enough. The kit stays on sale:
// what a level says of an item that is not tracked is no level that was there before.
func TestPartThatIsTrackedFromNowOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "SET")
		w.Untracked = map[string]bool{"i-spoon": true}
		w.Stock["i-spoon"]["L1"] = 0
		l := w.live(t, stock.Options{})
		w.start(t, l)
		time.Sleep(time.Minute)
		if err := l.ReadTouched(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.drain(t, l)
		before := len(w.Pushes)
		w.Untracked, w.Stock["i-spoon"]["L1"] = nil, 30
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.drain(t, l); w.Shown()["SET"] != "W1:10" || len(w.Pushes) != before {
			t.Errorf("the shop shows %s after %d calls, want W1:10 after none", w.Shown()["SET"], len(w.Pushes)-before)
		}
	})
}
