package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// cancelled is a world in which people cancel orders in the warehouse.
type cancelled struct {
	*world.World
	at     map[string]time.Time // by order
	now    time.Time
	fail   func(from time.Time) error
	asked  []string // windows
	runner *bridge.Revoker
}

func newCancelled(t *testing.T) *cancelled {
	t.Helper()
	c := &cancelled{World: world.NewWorld(t), at: map[string]time.Time{}, now: world.Noon}
	c.CancelReasonList = []string{world.ReasonBuyer}
	c.start()
	return c
}

// start begins with nothing but what is stored.
func (c *cancelled) start() {
	c.T.Helper()
	var err error
	c.runner, err = bridge.NewRevoker(bridge.RevokePorts{
		Orders: c, Desk: c, OrderBook: c, Ledger: c, Locks: c, Exceptions: c, Source: c, Cursors: c.Memory, Revisits: c.Memory,
	}, bridge.RevokeOptions{Reasons: []string{world.ReasonBuyer}, Now: func() time.Time { return c.now }})
	must(c.T, err)
}

// drop cancels a new order in the warehouse some time ago.
func (c *cancelled) drop(id string, ago time.Duration) {
	c.Waiting(c.Put(world.AnOrder(id, "MUG"))[0]).State = bridge.Dropped
	c.at[id] = c.now.Add(-ago)
}

func (c *cancelled) OrdersCancelled(_ context.Context, from, to time.Time) (list []bridge.WarehouseOrder, _ error) {
	c.asked = append(c.asked, fmt.Sprintf("%.0fh-%.0fh", from.Sub(world.Noon).Hours(), to.Sub(world.Noon).Hours()))
	if c.fail != nil {
		if err := c.fail(from); err != nil {
			return nil, err
		}
	}
	for _, w := range c.Entries() {
		if at, have := c.at[w.Reference]; have && !at.Before(from) && at.Before(to) {
			list = append(list, w)
		}
	}
	return list, nil
}

// run runs once, and returns what was revoked since the last one.
func (c *cancelled) run() (revoked string, err error) {
	c.T.Helper()
	before := len(c.Revoked)
	c.asked = nil
	_, err = c.runner.Run(c.T.Context())
	return strings.ReplaceAll(strings.Join(c.Revoked[before:], ","), " "+world.ReasonBuyer, ""), err
}

func (c *cancelled) expect(step, wantRevoked string, wantAsked ...string) {
	c.T.Helper()
	revoked, err := c.run()
	if err != nil || revoked != wantRevoked {
		c.T.Errorf("%s: revoked %q, %v; want %q", step, revoked, err, wantRevoked)
	}
	if diff := cmp.Diff(wantAsked, c.asked); diff != "" {
		c.T.Errorf("%s: windows asked for (-want +got):\n%s", step, diff)
	}
}

// The first run looks back as far as it is told to, later ones as far as the last
// one got: an outage of any length loses nothing.
func TestRevokerGoesOnWhereItStopped(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", 47*time.Hour)
	c.drop("2", 50*time.Hour) // before the bridge's time
	c.expect("first run", "1", "-49h--24h", "-24h-0h")
	c.now = c.now.Add(time.Minute)
	c.drop("3", 30*time.Minute) // the list lagged
	c.expect("a minute later", "3", "-1h-0h")
	c.now = world.Noon.Add(96 * time.Hour) // down for four days
	c.drop("4", 95*time.Hour)
	c.drop("5", time.Minute)
	c.expect("after an outage", "4,5", "-1h-24h", "24h-48h", "48h-72h", "72h-96h")
	c.now = c.now.Add(-30 * time.Minute) // the clock is set right
	c.drop("6", time.Minute)
	c.expect("a watermark somewhat ahead", "6", "94h-96h")
	c.now = world.Noon.Add(24 * time.Hour)
	c.drop("7", 40*time.Hour)
	c.expect("a watermark far ahead", "7", "-25h-0h", "0h-24h")
}

// The lists overlap by an hour. What is cancelled on both sides is read once; what the shop
// may still wait for is read again.
func TestRevokerReadsWhatIsOverOnce(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", time.Minute)
	c.Orders["1"] = world.With(c.Orders["1"], func(o *bridge.Order) { o.Status = bridge.Cancelled })
	reads := func(step string, wantRevoked string, want int) {
		t.Helper()
		before := c.Count("OrdersByID")
		if revoked, err := c.run(); err != nil || revoked != wantRevoked || c.Count("OrdersByID")-before != want {
			t.Errorf("%s: revoked %q, %v, and the shop was read %d times; want %q, %d", step, revoked, err, c.Count("OrdersByID")-before, wantRevoked, want)
		}
		c.now = c.now.Add(20 * time.Minute)
	}
	reads("cancelled on both sides", "", 1)
	reads("once more", "", 0)
	c.drop("2", time.Minute)
	c.Orders["2"] = world.With(c.Orders["2"], func(o *bridge.Order) { o.CancelRequested = true })
	reads("its buyer asks for that too", "", 1)
	c.Orders["2"] = world.With(c.Orders["2"], func(o *bridge.Order) { o.CancelRequested = false })
	reads("its buyer wants it after all", "2", 3) // again under its lock, and before it is cancelled
	reads("cancelled there as well", "", 1)
	reads("all are over", "", 0)
}

// A run that breaks off has done the days that it has done, and a first run that
// fails does not begin later the next time.
func TestRevokerKeepsPartialProgress(t *testing.T) {
	c := newCancelled(t)
	c.fail = func(time.Time) error { return world.ErrInjected }
	if _, err := c.run(); !errors.Is(err, world.ErrInjected) || c.runner.Health().Failures != 1 {
		t.Fatalf("got %v, want %v", err, world.ErrInjected)
	}
	c.drop("1", 47*time.Hour)
	c.now = c.now.Add(72 * time.Hour)
	c.drop("2", time.Hour)
	third := world.Noon
	c.fail = func(from time.Time) error {
		if !from.Before(third) {
			return world.ErrInjected
		}
		return nil
	}
	if revoked, err := c.run(); !errors.Is(err, world.ErrInjected) || revoked != "1" {
		t.Errorf("revoked %q, %v; want 1 and that the third day could not be read", revoked, err)
	}
	c.fail = nil
	c.expect("the next run", "2", "-1h-24h", "24h-48h", "48h-72h")
}

// An order that fails is kept and tried again with growing waits; it holds up neither
// the others nor the watermark.
func TestRevokerTriesAgain(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", time.Hour)
	c.drop("2", time.Hour)
	failed := false
	c.Fail = func(_ int, name string) error { // the first of the two
		if name == "CancelInShop" && !failed {
			failed = true
			return world.ErrInjected
		}
		return nil
	}
	revoked, err := c.run()
	if !errors.Is(err, world.ErrInjected) || revoked != "2" {
		t.Fatalf("revoked %q, %v; want 2, and that 1 failed", revoked, err)
	}
	if h := c.runner.Health(); h.Backlog != 1 {
		t.Errorf("backlog %d, want the order that waits", h.Backlog)
	}
	c.Fail = func(_ int, name string) error {
		if name == "CancelReasons" {
			return world.ErrInjected
		}
		return nil
	}
	// It is in the overlapping window too, and not tried before it is due.
	for i, wait := range []time.Duration{0, 59 * time.Second, time.Second, 119 * time.Second, time.Second} {
		c.now = c.now.Add(wait)
		_, err := c.run()
		if tried := err != nil; tried != (i == 2 || i == 4) {
			t.Errorf("try %d: %v; want one after a minute, and one after two more", i, err)
		}
	}
	c.Fail = nil
	c.now = c.now.Add(72 * time.Hour) // long behind the overlap
	if revoked, err := c.run(); err != nil || revoked != "1" {
		t.Errorf("revoked %q, %v; want 1", revoked, err)
	}
	if left, err := c.Memory.Revisits(t.Context(), "revocations"); err != nil || len(left) > 0 || c.runner.Health().Backlog != 0 {
		t.Errorf("left: %v, %v, backlog %d", left, err, c.runner.Health().Backlog)
	}
}

// An order that cannot be read is not one about which nothing is to be done.
func TestRevokeSaysWhatCannotBeRead(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", time.Hour)
	v, err := bridge.NewRevoker(bridge.RevokePorts{
		Orders: unreadable{c}, Desk: c, OrderBook: c, Ledger: c, Locks: c, Exceptions: c,
	}, bridge.RevokeOptions{Reasons: []string{world.ReasonBuyer}})
	must(t, err)
	results, err := v.Revoke(t.Context(), c.Entries()...)
	if err == nil || !strings.Contains(err.Error(), "order 1: no amount") || len(results) != 1 || results[0].Outcome != bridge.OutcomeFailed {
		t.Errorf("got %v, %v; want that order 1 failed", results, err)
	}
}

// unreadable is a shop none of whose orders can be read.
type unreadable struct{ *cancelled }

func (unreadable) OrdersByID(_ context.Context, ids []string) ([]bridge.Order, error) {
	reasons := map[string]string{"another": "no date"}
	for _, id := range ids {
		reasons[id] = "no amount"
	}
	return nil, &exceptions.UnreadableError{Reasons: reasons}
}

// An order that the bridge cannot even look at becomes a person's after some tries, and
// theirs alone a week after its deadline, which is two days away.
func TestRevokerGivesUpOnAnOrder(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", time.Hour)
	c.Fail = world.FailOn("FindOrders")
	var raisedAfter, endedAfter time.Duration
	for at := time.Duration(0); at < 12*24*time.Hour && endedAfter == 0; at += 15 * time.Minute {
		c.now = world.Noon.Add(at)
		_, _ = c.run()
		if open := c.open(); len(open) > 0 && raisedAfter == 0 {
			raisedAfter = at
			if e := open[0]; e.Object != exceptions.ForOrder("1") || !strings.Contains(e.Seen, "5 times") || !strings.Contains(e.Seen, world.ErrInjected.Error()) {
				t.Errorf("raised %s", e)
			}
		}
		if len(c.kept()) == 0 {
			endedAfter = at
		}
	}
	if raisedAfter != time.Hour || endedAfter <= 9*24*time.Hour || endedAfter > 9*24*time.Hour+15*time.Minute {
		t.Errorf("raised after %v, given up after %v; want four waits of a quarter of an hour, and a week after the deadline", raisedAfter, endedAfter)
	}
	if open := c.open(); len(open) != 1 {
		t.Errorf("after it was given up: %v, want its case", open)
	}
}

// open are the cases of orders that are cancelled in Linnworks only.
func (c *cancelled) open() []exceptions.Exception {
	c.T.Helper()
	open, err := c.Exceptions.Open(c.T.Context(), exceptions.CancelledInLinnworks)
	must(c.T, err)
	return open
}

// kept are the orders that are not done with.
func (c *cancelled) kept() []store.Revisit {
	c.T.Helper()
	kept, err := c.Memory.Revisits(c.T.Context(), "revocations")
	must(c.T, err)
	return kept
}

// An order that fails is told while there is time before its deadline: with its first
// failure if four hours are too many, and when four hours are left otherwise, also while
// the shop cannot be read at all.
func TestRevokerTellsBeforeTheDeadline(t *testing.T) {
	const many = 20 // more than are tried one by one while the shop is down
	for _, left := range []time.Duration{40 * time.Minute, 4*time.Hour + 7*time.Minute} {
		c := newCancelled(t)
		for i := range many {
			id := fmt.Sprintf("%02d", i)
			c.drop(id, time.Hour)
			c.Orders[id] = world.With(c.Orders[id], func(o *bridge.Order) { o.CancelledBy = c.now.Add(left) })
		}
		c.Fail = world.FailOn("FindOrders")
		if _, err := c.run(); err == nil {
			t.Fatal("all orders failed, and the run went well")
		}
		c.Fail = world.FailOn("OrdersByID")
		for c.now.Before(world.Noon.Add(left - 4*time.Hour)) {
			if open := c.open(); len(open) > 0 {
				t.Errorf("%v before the deadline, %v were left: told already of %d orders", left, world.Noon.Add(left).Sub(c.now), len(open))
			}
			c.now = c.now.Add(time.Minute)
			_, _ = c.run()
		}
		open := c.open()
		if len(open) != many || !open[0].Deadline.Equal(world.Noon.Add(left)) || open[0].Count != 1 {
			t.Errorf("with %v to the deadline, at %v: told of %d orders %v, want of %d, once each and with the deadline", left, c.now.Sub(world.Noon), len(open), open, many)
		}
	}
}

// What a person has to do something about is looked at every quarter of an hour while its
// case is open, and by the next run once somebody has resolved it, also after a restart. What
// fails keeps its waits.
func TestRevokerLooksAtOnceWhenACaseIsResolved(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", 2*time.Hour) // no list has it again
	c.CancelReasonList = nil
	c.expect("the shop offers no reason", "", "-49h--24h", "-24h-0h")
	if len(c.open()) != 1 {
		t.Fatalf("open: %v, want one case", c.open())
	}
	looks := func(minutes int) (n int) {
		t.Helper()
		before := c.Count("CancelReasons")
		for range minutes {
			c.now = c.now.Add(time.Minute)
			_, _ = c.run()
		}
		return c.Count("CancelReasons") - before
	}
	if n := looks(46); n != 3 || c.runner.Health().Backlog != 1 {
		t.Errorf("looked at %d times in three quarters of an hour, backlog %d; want 3, and 1", n, c.runner.Health().Backlog)
	}
	resolve := func() {
		must(t, c.Exceptions.Clear(t.Context(), exceptions.ForOrder("1"), exceptions.CancelledInLinnworks))
	}
	resolve()
	if n := looks(1); n != 1 || len(c.open()) != 1 {
		t.Errorf("its case is resolved, and nothing is mended: looked at %d times by the next run, open %v; want once, and its case again", n, c.open())
	}
	resolve()
	c.Fail = world.FailOn("CancelReasons")
	if n := looks(1); n != 1 {
		t.Errorf("looked at %d times once its case was resolved again, want 1", n)
	}
	resolve()
	if n := looks(14); n != 3 {
		t.Errorf("it fails, and was tried %d times in 14 minutes; want 3, after 1, 2 and 4", n)
	}
	c.Fail = nil
	if first, more := looks(1), looks(14); first != 1 || more != 0 {
		t.Errorf("raised again, it was looked at %d times and then %d times in 14 minutes, want 1 and 0", first, more)
	}
	resolve()
	c.CancelReasonList = []string{world.ReasonBuyer}
	c.start() // anew
	c.now = c.now.Add(time.Second)
	c.expect("its case is resolved while the bridge is restarted", "1", fmt.Sprintf("%.0fh-%.0fh", c.now.Sub(world.Noon).Hours()-1, c.now.Sub(world.Noon).Hours()))
	if kept := c.kept(); len(kept) != 0 {
		t.Errorf("left: %v", kept)
	}
}

// An order that waits for its buyer, who may pay or take a request back, is looked at for as
// long as that takes.
func TestRevokerWaitsForTheBuyer(t *testing.T) {
	for name, wait := range map[string]func(*bridge.Order){
		"who has not paid":     func(o *bridge.Order) { o.Status = bridge.Unpaid },
		"who asks for it, too": func(o *bridge.Order) { o.CancelRequested = true },
	} {
		c := newCancelled(t)
		c.drop("1", 2*time.Hour)
		before := c.Orders["1"]
		c.Orders["1"] = world.With(before, wait)
		for range 3 {
			if revoked, err := c.run(); err != nil || revoked != "" {
				t.Errorf("%s: revoked %q, %v", name, revoked, err)
			}
			c.now = c.now.Add(15 * time.Minute)
		}
		c.Orders["1"] = before
		if revoked, err := c.run(); err != nil || revoked != "1" || len(c.kept()) != 0 {
			t.Errorf("%s, and changes their mind: revoked %q, %v, left %v; want 1", name, revoked, err, c.kept())
		}
	}
}

// An order is told of, and then somebody makes it anew in the warehouse: its case closes.
func TestRevokerClosesTheCaseOfWhatIsAliveAgain(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", 2*time.Hour)
	c.CancelReasonList = nil
	must(t, errOf(c.run()))
	if len(c.open()) != 1 {
		t.Fatalf("open: %v, want one case", c.open())
	}
	c.Book[0].State = bridge.Open
	c.now = c.now.Add(15 * time.Minute)
	if _, err := c.run(); err != nil || len(c.open()) != 0 || len(c.kept()) != 0 {
		t.Errorf("alive again: %v, open %v, left %v; want none", err, c.open(), c.kept())
	}
}

// An order that the shop does not show is not over.
func TestRevokerKeepsWhatTheShopDoesNotShow(t *testing.T) {
	c := newCancelled(t)
	c.drop("1", 2*time.Hour)
	order := c.Orders["1"]
	delete(c.Orders, "1")
	for range 5 {
		if _, err := c.run(); err == nil || !strings.Contains(err.Error(), "order 1: the shop does not return the order") {
			t.Errorf("got %v, want that the shop does not return order 1", err)
		}
		c.now = c.now.Add(15 * time.Minute)
	}
	if open := c.open(); len(open) != 1 {
		t.Errorf("open %v, want a case", open)
	}
	c.Orders["1"] = order
	if revoked, err := c.run(); err != nil || revoked != "1" || len(c.open()) != 0 {
		t.Errorf("shown again: revoked %q, %v, open %v", revoked, err, c.open())
	}
}

// What cannot be stored is done again, and nothing is lost.
func TestRevokerStoppedAnywhere(t *testing.T) {
	for k := 1; ; k++ {
		c := newCancelled(t)
		c.drop("1", time.Hour)
		c.Fail = func(n int, _ string) error {
			if n == k {
				return world.ErrInjected
			}
			return nil
		}
		_, err := c.run()
		if len(c.Calls) < k {
			break
		}
		if !errors.Is(err, world.ErrInjected) {
			t.Errorf("call %d (%s): nobody was told: %v", k, c.Calls[k-1], err)
		}
		c.Fail = nil
		c.now = c.now.Add(48 * time.Hour)
		if _, err := c.run(); err != nil || len(c.Revoked) != 1 {
			t.Errorf("call %d: revoked %q, %v; want it once", k, c.Revoked, err)
		}
	}
	w := world.NewWorld(t)
	if _, err := w.Revoker(bridge.RevokeOptions{}).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "Source, Cursors and Revisits") {
		t.Errorf("got %v, want the ports that are missing", err)
	}
	if _, err := bridge.NewRevoker(bridge.RevokePorts{Orders: w, Desk: w, OrderBook: w, Ledger: w, Locks: w, Exceptions: w}, bridge.RevokeOptions{FirstWindow: -1}); err == nil {
		t.Error("a negative FirstWindow was taken")
	}
}

// What people cancel in Linnworks while the bridge is down for longer than the
// settings' first look is carried over when it is back.
func TestSyncRevokesAfterALongOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, settings := newSides(t, "GB"), syncSettings()
		settings.CancelReasons = []string{"seller_cancel_paid_reason_address_not_deliver"}
		settings.FirstLook = bridge.Duration(2 * time.Hour)
		b, _ := newSync(t, s, new(outage), settings)
		id := s.place(t, tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusAwaitingShipment})
		must(t, errOf(b.Step(t.Context())))
		time.Sleep(time.Minute)
		must(t, s.linn.Cancel(s.inLinnworks(id)[0].OrderID))
		time.Sleep(30 * time.Hour) // nothing runs
		must(t, errOf(b.Step(t.Context())))
		if o, _ := s.tiktok.Order(id); o.Status != tiktokshop.OrderStatusCancelled {
			t.Errorf("the shop's order is %s, want what was done in Linnworks 30 hours ago", o.Status)
		}
	})
}
