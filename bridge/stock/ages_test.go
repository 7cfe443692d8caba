package stock_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// What these tests have in common: two facts of different age, of which the older must
// not be taken for the newer.

// ordered notes the order in which a ledger is asked.
type ordered struct {
	*world.World
	asked []string
}

func (o *ordered) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	o.asked = append(o.asked, "seen up to")
	return o.World.SeenUpTo(ctx)
}

func (o *ordered) LedgerChanges(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
	o.asked = append(o.asked, "changes")
	return o.World.LedgerChanges(ctx, after)
}

// Up to when the orders have been seen is read before the orders: the other way round it
// would speak for orders that came between.
func TestSeenUpToIsReadBeforeTheOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		l := w.live(t, stock.Options{})
		o := &ordered{World: w.World}
		l.SetLedger(o)
		if _, err := l.ReadHot(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"seen up to", "changes"}, o.asked); diff != "" {
			t.Error(diff)
		}
	})
}

// imported is a sweep, of whose only page the levels were read before an order became
// visible in the warehouse, which the book learns before it gets the page.
type imported struct {
	*liveWorld
	between func()
}

func (w imported) SweepStock(ctx context.Context) iter.Seq2[stock.Reading, error] {
	return func(yield func(stock.Reading, error) bool) {
		r, err := w.StockLevels(ctx, []string{"i-mug"})
		w.between()
		yield(r, err)
	}
}

func TestSweepIsAsOldAsItsBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		l := w.live(t, stock.Options{})
		w.start(t, l)
		time.Sleep(time.Minute)
		order := soldMugs("1", 4, time.Now())
		if err := w.Memory.PutReservations(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		w.drain(t, l)
		l.Ports().Sweep = imported{w, func() {
			order.VisibleAt = time.Now()
			err := w.Memory.PutReservations(t.Context(), order)
			if err := errors.Join(err, stock.ReadLedger(t.Context(), w, l.Book(), time.Now)); err != nil {
				t.Error(err)
			}
		}}
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n, _ := l.Book().Wanted("s-MUG"); n != 6 {
			t.Errorf("%d wanted, want 6: the page was read before the import", n)
		}
	})
}

// committing is a shop that has units in orders which nobody has told of.
type committing struct {
	*liveWorld
	units int
	takes time.Duration
}

func (c *committing) ShopStock(ctx context.Context, ids []string) ([]stock.ShownStock, error) {
	list, err := c.liveWorld.ShopStock(ctx, ids)
	for i := range list {
		list[i].Warehouses[0].Committed = c.units
	}
	time.Sleep(c.takes)
	return list, err
}

func (c *committing) checked(t *testing.T) *stock.Engine {
	t.Helper()
	p := c.ports()
	p.Shown = c
	l := engine(t, p, stock.Options{})
	c.start(t, l)
	time.Sleep(time.Minute)
	if err := l.LookAt(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

// Units that left the shop without an order count as sold for ten minutes, or for as long
// as the orders of that time have not been seen.
func TestUnseenSalesCountUntilOrdersAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG")}
		l := c.checked(t)
		seen := time.Now()
		c.SeenTo = &seen // the intake stops
		time.Sleep(30 * time.Second)
		c.ForSale[0].Stock[0].Quantity, c.units = 7, 3
		step := func(when string, free int, want string) {
			t.Helper()
			c.Stock["i-mug"]["L1"] = free
			if err := errors.Join(l.LookAt(t.Context()), l.Sweep(t.Context())); err != nil {
				t.Fatal(err)
			}
			c.drain(t, l)
			if got := c.Shown()["MUG"]; got != want {
				t.Errorf("%s: the shop shows %s, want %s", when, got, want)
			}
		}
		step("sold in the shop", 10, "W1:7")
		time.Sleep(11 * time.Minute)
		step("a while later, and two sold elsewhere", 8, "W1:5")
		c.SeenTo = nil
		time.Sleep(time.Second)
		step("the orders are seen, and those were none of them", 8, "W1:8")
	})
}

// Units that left the shop without an order add up, and count as sold for ten minutes though
// every order has been seen: the list of orders may lack one.
func TestUnseenSalesAddUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG")}
		l := c.checked(t)
		for _, tc := range []struct {
			after       time.Duration
			shown, sold int
			want        string
		}{
			{time.Minute, 7, 3, "W1:7"},
			{2 * time.Minute, 5, 5, "W1:5"},
			{9 * time.Minute, 5, 5, "W1:5"},
			{2 * time.Minute, 5, 5, "W1:10"},
		} {
			time.Sleep(tc.after)
			c.ForSale[0].Stock[0].Quantity, c.units = tc.shown, tc.sold
			if err := errors.Join(l.LookAt(t.Context()), l.Sweep(t.Context())); err != nil {
				t.Fatal(err)
			}
			if c.drain(t, l); c.Shown()["MUG"] != tc.want {
				t.Errorf("%d sold: the shop shows %s, want %s", tc.sold, c.Shown()["MUG"], tc.want)
			}
		}
	})
}

// lossy takes a number and loses the reply, once.
type lossy struct {
	*committing
	lost bool
}

func (l *lossy) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	refusals, err := l.committing.PublishStock(ctx, p)
	if err == nil && !l.lost {
		l.lost = true
		return nil, world.ErrInjected
	}
	return refusals, err
}

// A number lands of which the reply is lost, and the check looks at the shop before it is
// known. What the number took off is not sold: only units that no order explains are held.
func TestALookAtAPushThatIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG")}
		c.Stock["i-mug"]["L1"], c.ForSale[0].Stock[0].Quantity = 100, 100
		l := c.checked(t)
		l.Ports().Publisher = &lossy{committing: c}
		order := func(id string, after time.Duration) {
			t.Helper()
			time.Sleep(after)
			if err := c.Memory.PutReservations(t.Context(), soldMugs(id, 1, time.Now())); err != nil {
				t.Fatal(err)
			}
			c.ForSale[0].Stock[0].Quantity--
			c.units++
		}
		for n := range 20 { // before the push
			order(fmt.Sprint(n), 10*time.Second)
		}
		c.Stock["i-mug"]["L1"] = 60
		if err := errors.Join(l.Sweep(t.Context()), l.LookAt(t.Context())); err != nil {
			t.Fatal(err)
		}
		if did, err := l.Publish(t.Context()); !did || !errors.Is(err, world.ErrInjected) {
			t.Fatalf("%t, %v", did, err)
		}
		order("20", time.Second) // so soon after the look that it may have it
		order("21", 3*time.Second)
		if err := l.LookAt(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		l.Book().Recompute()
		c.drain(t, l)
		if got := c.Shown()["MUG"]; got != "W1:38" {
			t.Errorf("the shop shows %s, want W1:38: 60 in the warehouse, less 22 orders", got)
		}
	})
}

// slow is a shop whose replies take their time: then is what happens meanwhile.
type slow struct {
	*committing
	then func()
}

func (s *slow) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	refusals, err := s.committing.PublishStock(ctx, p)
	s.then()
	return refusals, err
}

// An order is placed after a number has landed, and heard of before the shop's reply. Its unit is
// not held a second time when the check finds that the shop shows one fewer.
func TestAnOrderBetweenAPushAndItsReply(t *testing.T) {
	t.Run("a moment after a look", func(t *testing.T) { orderBetweenAPushAndItsReply(t, 0) })
	t.Run("later", func(t *testing.T) { orderBetweenAPushAndItsReply(t, 5*time.Second) })
}

func orderBetweenAPushAndItsReply(t *testing.T, afterALook time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG")}
		c.Stock["i-mug"]["L1"], c.ForSale[0].Stock[0].Quantity = 100, 100
		l := c.checked(t)
		order := func(id string) {
			t.Helper()
			if err := c.Memory.PutReservations(t.Context(), soldMugs(id, 1, time.Now())); err != nil {
				t.Fatal(err)
			}
			c.ForSale[0].Stock[0].Quantity--
			c.units++
		}
		l.Ports().Publisher = &slow{c, func() {
			time.Sleep(100 * time.Millisecond)
			order("meanwhile")
			time.Sleep(100 * time.Millisecond)
			if err := stock.ReadLedger(t.Context(), c.Memory, l.Book(), time.Now); err != nil { // as others do beside a push
				t.Error(err)
			}
			time.Sleep(100 * time.Millisecond)
		}}
		for n := range 20 {
			time.Sleep(10 * time.Second)
			order(fmt.Sprint(n))
		}
		c.Stock["i-mug"]["L1"] = 60
		if err := errors.Join(l.Sweep(t.Context()), l.LookAt(t.Context())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(afterALook)
		if did, err := l.Publish(t.Context()); !did || err != nil {
			t.Fatalf("%t, %v", did, err)
		}
		l.Ports().Publisher = c
		time.Sleep(10 * time.Second)
		if err := l.LookAt(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Minute)
		l.Book().Recompute()
		c.drain(t, l)
		if got := c.Shown()["MUG"]; got != "W1:39" {
			t.Errorf("the shop shows %s, want W1:39: 60 in the warehouse, less 21 orders", got)
		}
	})
}

// The shop goes on showing what it did for a few seconds after it has accepted a number. That is
// no reason to send it again; that it still does so later is.
func TestALookAtAPushThatSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG")}
		l := c.checked(t)
		c.Stock["i-mug"]["L1"] = 6
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := c.drain(t, l); n != 1 {
			t.Fatalf("%d calls, want 1", n)
		}
		for _, tc := range []struct {
			after time.Duration
			calls int
		}{{2 * time.Second, 0}, {2 * time.Second, 0}, {2 * time.Second, 1}} {
			c.ForSale[0].Stock[0].Quantity = 10
			time.Sleep(tc.after)
			if err := l.LookAt(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := c.drain(t, l); n != tc.calls {
				t.Errorf("%d calls, want %d", n, tc.calls)
			}
		}
		if got := c.Shown()["MUG"]; got != "W1:6" {
			t.Errorf("the shop shows %s, want W1:6", got)
		}
	})
}

// Units that one process holds because their orders are not known are given back when those
// orders come, also if another has published in between.
func TestUnseenSalesOverATurnOfAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG")}
		share := func(p *stock.Ports) { p.Shown, p.Values, p.SeeOrders = c, c.Memory, nil }
		one, other := passes(t, c.liveWorld, share), passes(t, c.liveWorld, share)
		push := func(what string, e *stock.Engine) {
			t.Helper()
			time.Sleep(time.Minute)
			if _, err := e.Push(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := c.Shown()["MUG"]; got != "W1:7" {
				t.Errorf("%s: the shop shows %s, want W1:7", what, got)
			}
		}
		if _, err := one.Push(t.Context()); err != nil {
			t.Fatal(err)
		}
		seen := time.Now()
		c.SeenTo = &seen
		sold := time.Now().Add(30 * time.Second)
		c.ForSale[0].Stock[0].Quantity, c.units = 7, 3
		push("sold in the shop", one)
		push("the other process", other)
		c.SeenTo = nil
		if err := c.Memory.PutReservations(t.Context(), soldMugs("1", 3, sold)); err != nil {
			t.Fatal(err)
		}
		push("the order is seen", one)
	})
}

// The shop's answer to a look is as old as its end: orders have to be seen up to then
// before anything is raised because of it.
func TestALookIsAsOldAsItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &committing{liveWorld: newLiveWorld(t, "MUG")}
		l := c.checked(t)
		c.takes = 20 * time.Second
		seen := time.Now().Add(5 * time.Second)
		if err := l.LookAt(t.Context()); err != nil { // begun now, over in 20 s
			t.Fatal(err)
		}
		c.Stock["i-mug"]["L1"], c.SeenTo = 15, &seen
		if err := l.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c.drain(t, l); c.Shown()["MUG"] != "W1:10" {
			t.Errorf("the shop shows %s, want it left at 10: orders are seen up to the middle of the look", c.Shown()["MUG"])
		}
		seen = time.Now()
		if c.drain(t, l); c.Shown()["MUG"] != "W1:15" {
			t.Errorf("the shop shows %s, want 15", c.Shown()["MUG"])
		}
	})
}

// What a reading of the listings says is as old as its end, and one that says the same as
// before makes nothing younger.
func TestListingsAreAsOldAsTheirEnd(t *testing.T) {
	now := world.Noon
	b, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	read := func(began time.Time) {
		b.SetCatalogue(b.Mark(), began, []catalogue.Listing{{SKU: world.SKU("MUG"), Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 2}}}},
			map[string]catalogue.Item{"s-MUG": world.Mug}, nil)
	}
	raised := func(when string, want bool) {
		t.Helper()
		if got := len(b.Plan().Products) == 1; got != want {
			t.Errorf("%s: raised %t, want %t", when, got, want)
		}
	}
	b.SetSeenUpTo(now.Add(-30 * time.Second))
	read(now.Add(-time.Minute))
	readMugs(b, b.Mark(), now, 9)
	raised("seen up to the middle of the reading", false)
	b.SetSeenUpTo(now)
	raised("seen up to its end", true)
	now = now.Add(time.Minute)
	read(now.Add(-time.Second))
	raised("read once more", true)
}

// A buffer that is another one by the clock is heeded, though no level changes.
func TestEngineRunHeedsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		session := time.Now().Add(10 * time.Minute)
		l := w.live(t, stock.Options{
			Buffer: func(catalogue.Listing, string, int) int {
				if time.Now().Before(session) {
					return 0
				}
				return 4
			},
		})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx, func(err error) { t.Error(err) }) }()
		time.Sleep(time.Until(session.Add(-time.Second)))
		if got := w.Shown()["MUG"]; got != "W1:10" {
			t.Errorf("before the session: the shop shows %s, want W1:10", got)
		}
		time.Sleep(10 * time.Second)
		if got := w.Shown()["MUG"]; got != "W1:6" {
			t.Errorf("in the session: the shop shows %s, want W1:6", got)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// A pass of many products takes long. What is published last goes by levels that are not
// as old as the pass, read for many products at once.
func TestStockPushReadsOldLevelsAgain(t *testing.T) {
	w := world.NewWorld(t)
	now := world.Noon
	w.Now = func() time.Time { return now }
	names := []string{"A", "B", "C", "D", "E", "F"}
	for _, name := range names {
		w.Items["s-"+name], w.Stock["i-"+name] = catalogue.Item{ID: "i-" + name, SKU: name}, map[string]int{"L1": 5}
		w.List(name, "W1")
	}
	sold := false
	w.Fail = func(_ int, call string) error {
		if call == "PublishStock" {
			now = now.Add(20 * time.Second) // the limiter
			if !sold {
				for _, name := range names {
					w.Stock["i-"+name]["L1"] = 0
				}
			}
			sold = true
		}
		return nil
	}
	if _, err := w.StockPush(stock.Options{}).Push(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, shows := range w.Shown() {
		got[shows]++
	}
	// The first, and the second whose levels were twenty seconds old.
	if diff := cmp.Diff(map[string]int{"W1:5": 2, "W1:0": 4}, got); diff != "" {
		t.Error(diff)
	}
	if n := w.Count("StockLevels"); n != 2 {
		t.Errorf("levels read %d times, want twice: once more for all that are left", n)
	}
}

// The clock was an hour ahead for a moment. Levels that are read once it is right are not
// taken for older ones, and what is free is on sale again.
func TestLevelsAfterTheClockWasSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG")
		ahead := time.Hour
		w.Now = func() time.Time { return time.Now().Add(ahead) }
		e := engine(t, w.ports(), stock.Options{Now: w.Now})
		w.start(t, e)
		ahead = 0
		for _, level := range []int{4, 9} {
			time.Sleep(time.Minute)
			w.Stock["i-mug"]["L1"] = level
			if err := errors.Join(e.Sweep(t.Context()), e.LookAt(t.Context())); err != nil {
				t.Fatal(err)
			}
			w.drain(t, e)
			if got, want := w.Shown()["MUG"], fmt.Sprintf("W1:%d", level); got != want {
				t.Errorf("the shop shows %s, want %s", got, want)
			}
		}
	})
}

// The clock was an hour ahead for a moment, in which a call failed and another was refused.
// Both are tried again as soon as they would have been by the right clock.
func TestRetriesAfterTheClockWasSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newLiveWorld(t, "MUG", "SPOON")
		ahead := time.Hour
		w.Now = func() time.Time { return time.Now().Add(ahead) }
		e := engine(t, w.ports(), stock.Options{Now: w.Now})
		if err := errors.Join(e.ReadShop(t.Context()), e.Sweep(t.Context())); err != nil {
			t.Fatal(err)
		}
		w.Refusals["s-MUG"] = stock.Refusal{SKUID: "s-MUG", Reason: "frozen"}
		w.Fail = func(_ int, call string) error {
			if call == "PublishStock" && len(w.Pushes) == 1 {
				return world.ErrInjected
			}
			return nil
		}
		for range 2 {
			if did, err := e.Publish(t.Context()); !did || err != nil && !errors.Is(err, world.ErrInjected) {
				t.Fatalf("%t, %v", did, err)
			}
		}
		clear(w.Refusals)
		w.Fail, ahead = nil, 0
		time.Sleep(time.Minute)
		if err := e.LookAt(t.Context()); err != nil { // as every two minutes
			t.Fatal(err)
		}
		if w.drain(t, e); w.Shown()["SPOON"] != "W1:9" || w.Shown()["MUG"] != "W1:10" {
			t.Errorf("the shop shows %v, want W1:10 and W1:9", w.Shown())
		}
	})
}
