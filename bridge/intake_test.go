package bridge_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	diffs "github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// counter is a shop, the stores and a handler behind an intake. Every call can
// fail or be the last one before the process dies.
type counter struct {
	store.Shop

	exceptions exceptions.Queue

	orders map[string]bridge.Order
	hidden map[string]time.Time // not listed before then
	// fault is asked before and after every call; an error after it means that the
	// call took effect.
	fault func(name string, before bool) error
	// bad orders fail in the handler, poison fails the batch they are in.
	bad, poison map[string]error
	raise       map[string]bool // orders that a person has to do something about
	down        error           // fails every batch
	during      func(orders []bridge.Order)

	byCreation bool // the lists are in the order of creation

	calls   []string
	handled []bridge.Order // with success
	windows [][2]time.Time
}

func newCounter(orders ...bridge.Order) *counter {
	c := &counter{Shop: new(store.Memory).Shop("shop"), exceptions: new(exceptions.Memory).Shop("shop"), orders: map[string]bridge.Order{}, hidden: map[string]time.Time{}, bad: map[string]error{}, poison: map[string]error{}}
	for _, o := range orders {
		c.orders[o.ID] = o
	}
	return c
}

func (c *counter) call(ctx context.Context, name string, effect func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.calls = append(c.calls, name)
	if c.fault != nil {
		if err := c.fault(name, true); err != nil {
			return err
		}
	}
	if err := effect(); err != nil {
		return err
	}
	if c.fault != nil {
		return c.fault(name, false)
	}
	return nil
}

// list yields orders with a call per page of 3.
func (c *counter) list(ctx context.Context, name string, keep func(bridge.Order) bool) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		var list []bridge.Order
		for _, o := range c.orders {
			if keep(o) && !c.hidden[o.ID].After(time.Now()) {
				list = append(list, o)
			}
		}
		slices.SortFunc(list, func(a, b bridge.Order) int { return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.ID, b.ID)) })
		if c.byCreation {
			slices.SortFunc(list, func(a, b bridge.Order) int { return a.CreatedAt.Compare(b.CreatedAt) })
		}
		for i := 0; ; i += 3 {
			if err := c.call(ctx, name, func() error { return nil }); err != nil {
				yield(bridge.Order{}, err)
				return
			}
			for _, o := range list[min(i, len(list)):min(i+3, len(list))] {
				if !yield(o, nil) {
					return
				}
			}
			if i+3 >= len(list) {
				return
			}
		}
	}
}

func (c *counter) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	c.windows = append(c.windows, [2]time.Time{from, to})
	return c.list(ctx, "OrdersUpdated", func(o bridge.Order) bool { return !o.UpdatedAt.Before(from) && o.UpdatedAt.Before(to) })
}

func (c *counter) OrdersByStatus(ctx context.Context, status bridge.OrderStatus, from time.Time) iter.Seq2[bridge.Order, error] {
	return c.list(ctx, "OrdersByStatus", func(o bridge.Order) bool { return o.Status == status && !o.CreatedAt.Before(from) })
}

func (c *counter) OrdersByID(ctx context.Context, ids []string) (list []bridge.Order, err error) {
	err = c.call(ctx, "OrdersByID", func() error {
		for _, id := range ids {
			if o, ok := c.orders[id]; ok {
				list = append(list, o)
			} else if strings.HasPrefix(id, "malformed") {
				return errors.New("ids is invalid")
			}
		}
		return nil
	})
	return list, err
}

func (c *counter) handle(ctx context.Context, orders []bridge.Order) (results bridge.OrderResults, err error) {
	err = c.call(ctx, "Handle", func() error {
		if c.down != nil {
			return c.down
		}
		for _, o := range orders {
			if err := c.poison[o.ID]; err != nil {
				return err
			}
		}
		for _, o := range orders {
			r := bridge.OrderResult{OrderID: o.ID, Outcome: bridge.OutcomeCreated}
			if err := c.bad[o.ID]; err != nil {
				r.Outcome, r.Err = bridge.OutcomeFailed, err
			} else if c.raise[o.ID] {
				r.Outcome = bridge.OutcomeRaised
			} else {
				c.handled = append(c.handled, o)
			}
			results = append(results, r)
		}
		if c.during != nil {
			c.during(orders)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, results.Err()
}

func (c *counter) Cursor(ctx context.Context, name string) (out store.Cursor, err error) {
	err = c.call(ctx, "Cursor", func() (err error) { out, err = c.Shop.Cursor(ctx, name); return err })
	return out, err
}

func (c *counter) SetCursor(ctx context.Context, name string, v store.Cursor) error {
	return c.call(ctx, "SetCursor", func() error { return c.Shop.SetCursor(ctx, name, v) })
}

func (c *counter) Hints(ctx context.Context, list string) (out []store.Hint, err error) {
	err = c.call(ctx, "Hints", func() (err error) { out, err = c.Shop.Hints(ctx, list); return err })
	return out, err
}

func (c *counter) DropHints(ctx context.Context, list string, hints ...store.Hint) error {
	return c.call(ctx, "DropHints", func() error { return c.Shop.DropHints(ctx, list, hints...) })
}

func (c *counter) PutRevisits(ctx context.Context, list string, entries ...store.Revisit) error {
	return c.call(ctx, "PutRevisits", func() error { return c.Shop.PutRevisits(ctx, list, entries...) })
}

func (c *counter) DropRevisits(ctx context.Context, list string, ids ...string) error {
	return c.call(ctx, "DropRevisits", func() error { return c.Shop.DropRevisits(ctx, list, ids...) })
}

func (c *counter) Revisits(ctx context.Context, list string) (out []store.Revisit, err error) {
	err = c.call(ctx, "Revisits", func() (err error) { out, err = c.Shop.Revisits(ctx, list); return err })
	return out, err
}

func (c *counter) Raise(ctx context.Context, e exceptions.Exception) error {
	return c.call(ctx, "Raise", func() error { return c.exceptions.Raise(ctx, e) })
}

func (c *counter) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	return c.call(ctx, "Clear", func() error { return c.exceptions.Clear(ctx, object, kinds...) })
}

func (c *counter) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	return c.exceptions.Open(ctx, kinds...)
}

func (c *counter) intake(t testing.TB, o bridge.IntakeOptions) *bridge.Intake {
	t.Helper()
	in, err := bridge.NewIntake(bridge.IntakePorts{
		Orders: c, OpenOrders: c, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c.Shop, Exceptions: c,
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// ids of the orders handled since the last call.
func (c *counter) ids() []string {
	list := make([]string, len(c.handled))
	for i, o := range c.handled {
		list[i] = o.ID
	}
	c.handled = nil
	return list
}

func (c *counter) raised(t testing.TB) []exceptions.Exception {
	t.Helper()
	list, err := c.exceptions.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func (c *counter) waiting() []store.Revisit {
	list, _ := c.Shop.Revisits(context.Background(), "orders")
	return list
}

// sold is an order that changed age ago.
func sold(id string, status bridge.OrderStatus, age time.Duration) bridge.Order {
	at := time.Now().Add(-age).UTC()
	return bridge.Order{
		ID: id, Status: status, UpdatedAt: at, PaidAt: at, ShipBy: at.Add(48 * time.Hour),
		Lines: []bridge.OrderLine{{ID: id + "-1"}}, Recipient: bridge.Address{Name: "B"},
	}
}

func runIntake(t testing.TB, in *bridge.Intake) bridge.IntakeResult {
	t.Helper()
	r, err := in.Run(context.Background())
	if err != nil && !bridge.OnlyOrders(err) {
		t.Fatal(err)
	}
	if (err != nil) != (r.Failed > 0) {
		t.Errorf("%d orders failed, and the error is %v", r.Failed, err)
	}
	return r
}

func wantIDs(t testing.TB, got []string, want ...string) {
	t.Helper()
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("handled %q, want %q", got, want)
	}
}

// noSweep leaves the sweep out.
var noSweep = bridge.IntakeOptions{SweepEvery: -1}

func TestIntakeChecksItsOptions(t *testing.T) {
	c := newCounter()
	good := bridge.IntakePorts{Orders: c, OpenOrders: c, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c.Shop, Exceptions: c}
	without := good
	without.Handle, without.OpenOrders = nil, nil
	for _, tt := range []struct {
		ports   bridge.IntakePorts
		options bridge.IntakeOptions
		want    string
	}{
		{without, bridge.IntakeOptions{}, "missing ports: Handle, OpenOrders"},
		{without, noSweep, "missing ports: Handle"},
		{good, bridge.IntakeOptions{Overlap: -1}, "Overlap is negative"},
		{good, bridge.IntakeOptions{Overlap: time.Second}, "less than a minute"},
		{good, bridge.IntakeOptions{BatchSize: 201}, "BatchSize 201"},
		{good, bridge.IntakeOptions{AtOnce: -1}, "AtOnce is negative: -1"},
		{good, bridge.IntakeOptions{EscalateAfter: -1}, "EscalateAfter"},
		{good, bridge.IntakeOptions{PollEvery: -1}, "PollEvery is negative"},
		{good, bridge.IntakeOptions{PollEvery: 2 * time.Hour, FirstWindow: time.Hour}, "PollEvery 2h0m0s is longer"},
	} {
		if _, err := bridge.NewIntake(tt.ports, tt.options); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("NewIntake(%+v) = %v, want %q", tt.options, err, tt.want)
		}
	}
}

func TestIntakeOverlapIsHandledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, time.Hour), sold("2", bridge.AwaitingShipment, 5*time.Minute))
		in := c.intake(t, noSweep)
		runIntake(t, in)
		wantIDs(t, c.ids(), "1", "2")
		time.Sleep(time.Minute)
		r := runIntake(t, in)
		wantIDs(t, c.ids())
		if r.Polled != 1 || r.Unchanged != 1 || !r.Watermark.Equal(time.Now()) {
			t.Errorf("second run: %v", r)
		}
		// The same second, another state; then an older state, as a slow replica has it.
		c.orders["2"] = world.With(c.orders["2"], func(o *bridge.Order) { o.CancelRequested = true })
		runIntake(t, in)
		wantIDs(t, c.ids(), "2")
		c.orders["2"] = world.With(c.orders["2"], func(o *bridge.Order) { o.UpdatedAt = o.UpdatedAt.Add(-time.Second) })
		runIntake(t, in)
		wantIDs(t, c.ids())
		// Listed late, within the overlap.
		c.orders["3"] = sold("3", bridge.OnHold, 14*time.Minute)
		runIntake(t, in)
		wantIDs(t, c.ids(), "3")
	})
}

func TestIntakeAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		in := c.intake(t, noSweep)
		runIntake(t, in)
		for _, tt := range []struct{ outage, overlap time.Duration }{
			{time.Minute, 15 * time.Minute}, {40 * time.Minute, 40 * time.Minute}, {9 * time.Hour, 2 * time.Hour},
		} {
			before := time.Now()
			time.Sleep(tt.outage)
			r := runIntake(t, in)
			if got := before.Sub(r.From); got != tt.overlap || !r.To.Equal(time.Now()) {
				t.Errorf("after %v: overlap %v, want %v", tt.outage, got, tt.overlap)
			}
		}
	})
}

func TestIntakeFirstWindowStaysWhenThePollFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.Cancelled, 47*time.Hour+59*time.Minute))
		in := c.intake(t, noSweep)
		c.fault = func(name string, _ bool) error {
			if name == "OrdersUpdated" {
				return world.ErrInjected
			}
			return nil
		}
		for range 10 {
			if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		c.fault = nil
		runIntake(t, in)
		wantIDs(t, c.ids(), "1")
	})
}

func TestIntakeAClockThatWasSetBack(t *testing.T) {
	now := world.Noon
	c := newCounter()
	in := c.intake(t, bridge.IntakeOptions{SweepEvery: -1, Now: func() time.Time { return now }})
	runIntake(t, in)
	now = world.Noon.Add(-time.Hour)
	r := runIntake(t, in)
	if !r.From.Equal(now.Add(-15*time.Minute)) || !r.To.Equal(now) || !r.Watermark.Equal(now) {
		t.Errorf("%v", r)
	}
}

// One call of a store fails, the next one does not.
func TestIntakeStoreThatFailsOnce(t *testing.T) {
	for _, name := range []string{"PutRevisits", "SetCursor"} {
		synctest.Test(t, func(t *testing.T) {
			c := newCounter(sold("1", bridge.AwaitingShipment, 30*time.Minute))
			in := c.intake(t, noSweep)
			runIntake(t, in)
			time.Sleep(time.Hour)
			c.handled = nil
			c.orders["1"] = sold("1", bridge.Cancelled, 30*time.Minute)
			c.bad["1"] = world.ErrInjected
			c.fault = func(call string, before bool) error {
				if call == name && before {
					c.fault = nil
					return world.ErrInjected
				}
				return nil
			}
			if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
				t.Fatalf("%s: %v", name, err)
			}
			clear(c.bad)
			time.Sleep(3 * time.Minute)
			r := runIntake(t, in)
			if wantIDs(t, c.ids(), "1"); r.Waiting != 0 {
				t.Errorf("%s: %v", name, r)
			}
		})
	}
}

// quitter is a source that ends without a word when its context does.
type quitter struct {
	*counter

	cancel func()
}

func (q quitter) OrdersUpdated(context.Context, time.Time, time.Time) iter.Seq2[bridge.Order, error] {
	return func(func(bridge.Order, error) bool) { q.cancel() }
}

func (q quitter) OrdersByStatus(context.Context, bridge.OrderStatus, time.Time) iter.Seq2[bridge.Order, error] {
	return func(func(bridge.Order, error) bool) { q.cancel() }
}

func TestIntakeSourceThatQuits(t *testing.T) {
	for _, changed := range []bool{true, false} {
		c := newCounter()
		ctx, cancel := context.WithCancel(t.Context())
		ports := bridge.IntakePorts{
			Orders: c, OpenOrders: quitter{c, cancel}, Handle: c.handle,
			// These do not mind that the context has ended.
			Cursors: c.Shop, Hints: c.Shop, Revisits: c.Shop, Locks: c.Shop, Exceptions: c.exceptions,
		}
		if changed {
			ports.Orders = quitter{c, cancel}
		}
		in, err := bridge.NewIntake(ports, bridge.IntakeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := in.Run(ctx)
		swept, _ := c.Shop.Cursor(t.Context(), "orders/sweep")
		if !errors.Is(err, context.Canceled) || changed == r.Watermark.Equal(r.To) || !swept.Watermark.IsZero() {
			t.Errorf("%v: %v, swept %v", err, r, swept)
		}
	}
}

func TestIntakePageFailsInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		for i := range 10 {
			id := fmt.Sprint(i)
			c.orders[id] = sold(id, bridge.AwaitingShipment, time.Duration(20-i)*time.Minute)
		}
		in, pages := c.intake(t, noSweep), 0
		c.fault = func(name string, before bool) error {
			if name == "OrdersUpdated" && before {
				if pages++; pages == 3 {
					return world.ErrInjected
				}
			}
			return nil
		}
		began := time.Now()
		r, err := in.Run(t.Context())
		if !errors.Is(err, world.ErrInjected) || !r.Watermark.Equal(began.Add(-20*time.Minute)) || r.Complete() {
			t.Fatalf("%v, watermark %v", err, r.Watermark)
		}
		wantIDs(t, c.ids(), "0", "1", "2", "3", "4", "5")
		r = runIntake(t, in)
		wantIDs(t, c.ids(), "6", "7", "8", "9")
		if !r.Watermark.Equal(began) {
			t.Errorf("watermark %v", r.Watermark)
		}
	})
}

func TestIntakeHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, 100*time.Hour))
		c.Shop = (&store.Memory{HintLimit: 2}).Shop("shop")
		in := c.intake(t, noSweep)
		hint := func(id string) {
			t.Helper()
			if err := in.Hint(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		// Twice before the run: read once, and gone.
		hint("1")
		hint("1")
		r := runIntake(t, in)
		if wantIDs(t, c.ids(), "1"); r.Hinted != 1 {
			t.Errorf("hinted %d", r.Hinted)
		}
		runIntake(t, in)
		wantIDs(t, c.ids())
		// During the run: the one being followed stays for the next.
		c.during = func([]bridge.Order) { c.during = nil; hint("1") }
		hint("1")
		runIntake(t, in)
		wantIDs(t, c.ids(), "1")
		runIntake(t, in)
		wantIDs(t, c.ids(), "1")
		// Hint and poll find the same order: handled once, and the hint is followed
		// although nothing seems to have changed.
		c.orders["2"] = sold("2", bridge.OnHold, time.Minute)
		hint("2")
		runIntake(t, in)
		wantIDs(t, c.ids(), "2")
		hint("2")
		runIntake(t, in)
		wantIDs(t, c.ids(), "2")

		for _, id := range []string{"", strings.Repeat("9", 65)} {
			if in.Hint(t.Context(), id) == nil {
				t.Errorf("hint %q was accepted", id)
			}
		}
		hint("3")
		hint("4")
		hint("4")
		if err := in.Hint(t.Context(), "5"); !errors.Is(err, store.ErrTooManyHints) {
			t.Errorf("third hint: %v", err)
		}
	})
}

func TestIntakePollsNoMoreThanItShould(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		in := c.intake(t, bridge.IntakeOptions{PollEvery: time.Minute, SweepEvery: -1})
		first := runIntake(t, in)
		for range 3 {
			time.Sleep(15 * time.Second)
			c.orders["hinted"], c.orders["silent"] = sold("hinted", bridge.OnHold, 0), sold("silent", bridge.OnHold, 0)
			if err := in.Hint(t.Context(), "hinted"); err != nil {
				t.Fatal(err)
			}
			r := runIntake(t, in)
			wantIDs(t, c.ids(), "hinted")
			if len(c.windows) != 1 || !r.Early || !r.Complete() || r.Polled > 0 || !r.Watermark.Equal(first.To) {
				t.Fatalf("%d polls, early %v, complete %v: %s", len(c.windows), r.Early, r.Complete(), r)
			}
		}
		// A hint that cannot be followed is reason enough for a poll.
		c.orders["unread"] = sold("unread", bridge.OnHold, time.Minute)
		if err := in.Hint(t.Context(), "unread"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c.fault = failing("OrdersByID")
		r := runIntake(t, in)
		wantIDs(t, c.ids(), "silent", "unread") // the other one was taken in as it is
		if r.Early || !r.Complete() || r.Polled != 3 || r.Unchanged != 1 {
			t.Errorf("early %v, complete %v: %s", r.Early, r.Complete(), r)
		}
		c.fault = nil
		time.Sleep(time.Minute)
		if r := runIntake(t, in); r.Early || !r.Watermark.Equal(r.To) {
			t.Errorf("after a minute: %s", r)
		}
		// A poll that failed is not put off.
		time.Sleep(time.Minute)
		c.fault = failing("OrdersUpdated")
		if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Fatal(err)
		}
		c.fault = nil
		if r := runIntake(t, in); r.Early {
			t.Errorf("after a failure: %s", r)
		}
	})
}

func TestIntakeHintForAnUnknownOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		in := c.intake(t, noSweep)
		for _, id := range []string{"late", "never", "malformed"} {
			if err := in.Hint(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		c.orders["good"] = sold("good", bridge.OnHold, 100*time.Hour)
		if err := in.Hint(t.Context(), "good"); err != nil {
			t.Fatal(err)
		}
		runIntake(t, in)
		wantIDs(t, c.ids(), "good") // the malformed one does not block it
		time.Sleep(time.Minute)
		c.orders["late"] = sold("late", bridge.AwaitingShipment, 100*time.Hour)
		runIntake(t, in)
		wantIDs(t, c.ids(), "late")
		for range 24 * 60 {
			time.Sleep(time.Minute)
			runIntake(t, in)
		}
		if got := c.waiting(); len(got) != 0 {
			t.Errorf("still looked for: %v", got)
		}
		if got := c.raised(t); len(got) != 2 || got[0].Severity != exceptions.Warning {
			t.Errorf("raised: %v", got)
		}
	})
}

func TestIntakeRetriesAndEscalates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, time.Minute), sold("2", bridge.AwaitingShipment, time.Minute))
		c.bad["1"] = errors.New("no such SKU")
		in := c.intake(t, noSweep)
		began := time.Now()
		var tries []time.Duration
		c.during = func(orders []bridge.Order) {
			if slices.ContainsFunc(orders, func(o bridge.Order) bool { return o.ID == "1" }) {
				tries = append(tries, time.Since(began))
			}
		}
		r := runIntake(t, in)
		if wantIDs(t, c.ids(), "2"); r.Failed != 1 || r.Waiting != 1 || !strings.Contains(r.String(), "no such SKU") {
			t.Errorf("first run: %v", r)
		}
		for range 60 {
			time.Sleep(time.Minute)
			runIntake(t, in)
			if n := len(c.raised(t)); (n == 1) != (len(tries) >= 5) {
				t.Fatalf("%d exceptions after %d tries", n, len(tries))
			}
		}
		m := time.Minute
		if want := []time.Duration{0, 1 * m, 3 * m, 7 * m, 15 * m, 30 * m, 45 * m, 60 * m}; !slices.Equal(tries, want) {
			t.Errorf("tried after %v, want %v", tries, want)
		}
		e := c.raised(t)[0]
		if e.Kind != exceptions.OrderStuck || e.Object != "order 1" || !strings.Contains(e.Seen, "no such SKU") || e.Deadline.IsZero() {
			t.Errorf("raised %v", e)
		}
		// Mended: taken in, the exception closed.
		delete(c.bad, "1")
		time.Sleep(15 * time.Minute)
		r = runIntake(t, in)
		wantIDs(t, c.ids(), "1")
		if len(c.raised(t)) != 0 || r.Waiting != 0 || !r.NextDue.IsZero() {
			t.Errorf("after: %v", r)
		}
	})
}

func TestIntakeEscalatesBeforeTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(world.With(sold("1", bridge.AwaitingShipment, time.Minute), func(o *bridge.Order) { o.ShipBy = time.Now().Add(5 * time.Hour) }))
		c.bad["1"] = world.ErrInjected
		in := c.intake(t, bridge.IntakeOptions{SweepEvery: -1, RetryAfter: 3 * time.Hour, RetryMax: 3 * time.Hour})
		runIntake(t, in)
		if got := c.waiting(); !got[0].Due.Equal(time.Now().Add(time.Hour)) || len(c.raised(t)) != 0 {
			t.Fatalf("waiting: %v", got)
		}
		// From now on the shop cannot even be read.
		c.fault = func(name string, _ bool) error {
			if strings.HasPrefix(name, "Orders") {
				return world.ErrInjected
			}
			return nil
		}
		time.Sleep(time.Hour)
		for range 3 {
			if _, err := in.Run(t.Context()); err == nil {
				t.Fatal("no error")
			}
			if got := c.raised(t); len(got) != 1 || got[0].Count != 1 {
				t.Fatalf("raised: %v", got)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestIntakePoisonDoesNotBlockTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		var want []string
		for i := range 50 {
			id := fmt.Sprintf("%02d", i)
			c.orders[id] = sold(id, bridge.AwaitingShipment, time.Minute)
			want = append(want, id)
		}
		for _, id := range []string{"00", "01", "10", "19", "30", "44"} {
			c.poison[id] = world.ErrInjected
		}
		want = slices.DeleteFunc(want, func(id string) bool { return c.poison[id] != nil })
		r := runIntake(t, c.intake(t, noSweep))
		wantIDs(t, c.ids(), want...)
		if r.Failed != 6 || r.Waiting != 6 || len(r.Results) != 50 {
			t.Errorf("%v", r)
		}
	})
}

// More orders than strikes poison their batch, and one behind them does not.
func TestIntakePoisonDoesNotStarveTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("99", bridge.AwaitingShipment, time.Minute))
		for i := range 49 {
			id := fmt.Sprintf("%02d", i)
			c.orders[id] = sold(id, bridge.AwaitingShipment, 2*time.Minute)
			c.poison[id] = world.ErrInjected
		}
		in := c.intake(t, noSweep)
		for range 30 {
			_, _ = in.Run(t.Context())
			time.Sleep(time.Minute)
		}
		wantIDs(t, c.ids(), "99")
		if r := runIntake(t, c.intake(t, noSweep)); !r.Watermark.Equal(time.Now()) {
			t.Errorf("%v", r)
		}
	})
}

func TestIntakeHandlerDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		var want []string
		for i := range 120 {
			id := fmt.Sprintf("%03d", i)
			c.orders[id] = world.With(sold(id, bridge.AwaitingShipment, time.Minute), func(o *bridge.Order) { o.ShipBy = time.Now().Add(4*time.Hour + 15*time.Minute) })
			want = append(want, id)
		}
		in := c.intake(t, bridge.IntakeOptions{SweepEvery: -1, BatchSize: 50})
		c.down = world.ErrInjected
		began := time.Now()
		r, err := in.Run(t.Context())
		if !errors.Is(err, world.ErrInjected) || !r.Watermark.Before(began) || r.Failed != 50 {
			t.Fatalf("%v: %v", err, r)
		}
		if n := len(slices.DeleteFunc(slices.Clone(c.calls), func(s string) bool { return s != "Handle" })); n != part.MaxStrikes {
			t.Errorf("%d calls of a handler that is down", n)
		}
		for range 20 {
			time.Sleep(time.Minute)
			_, _ = in.Run(t.Context()) // an error, or nothing was due
		}
		if n := len(c.raised(t)); n != 120 {
			t.Errorf("%d of 120 raised before their deadline in an outage of twenty minutes", n)
		}
		c.down = nil
		for range 20 {
			time.Sleep(time.Minute)
			runIntake(t, in)
		}
		got := c.ids()
		slices.Sort(got)
		if !slices.Equal(slices.Compact(got), want) || len(c.raised(t)) != 0 || len(c.waiting()) != 0 {
			t.Errorf("after: %d handled, %d raised, %d waiting", len(got), len(c.raised(t)), len(c.waiting()))
		}
	})
}

// Stock may be pushed only when every order was seen: an order that the handler
// failed on before it could look at it is not, until it has been.
func TestIntakeIsCompleteWhenEveryOrderWasSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, time.Minute))
		in := c.intake(t, noSweep)
		c.down = world.ErrInjected // one order alone: it is blamed, and the run goes well
		r := runIntake(t, in)
		if r.Complete() || r.Unseen != 1 {
			t.Errorf("not seen: %v", r)
		}
		if r = runIntake(t, in); r.Complete() {
			t.Errorf("not due, and not seen either: %v", r)
		}
		time.Sleep(time.Minute)
		c.down = nil
		if r = runIntake(t, in); !r.Complete() || r.Unseen != 0 {
			t.Errorf("seen: %v", r)
		}
		c.orders["2"] = sold("2", bridge.AwaitingShipment, 0)
		c.fault = failing("OrdersUpdated")
		time.Sleep(time.Minute)
		if r, err := in.Run(t.Context()); err == nil || r.Complete() {
			t.Errorf("the poll broke off: %v, %v", r, err)
		}
	})
}

// That it is on the list because reading it failed does not mean that the handler
// has seen it.
func TestIntakeIsIncompleteAfterAFailedRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		in := c.intake(t, noSweep)
		runIntake(t, in)
		c.orders["1"] = sold("1", bridge.AwaitingShipment, 0)
		if err := in.Hint(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		c.fault = func(name string, _ bool) error {
			return cmp.Or(failing("OrdersByID")(name, true), failing("OrdersUpdated")(name, true))
		}
		if _, err := in.Run(t.Context()); err == nil {
			t.Fatal("the shop does not answer, and the run went well")
		}
		time.Sleep(time.Minute)
		c.fault, c.down = nil, world.ErrInjected
		for range 3 {
			if r, _ := in.Run(t.Context()); r.Complete() {
				t.Errorf("complete before the handler has seen the order: %v", r)
			}
		}
		c.down = nil
		time.Sleep(time.Hour)
		if r := runIntake(t, in); !r.Complete() {
			t.Errorf("incomplete after the handler has seen it: %v", r)
		}
	})
}

// A request to cancel that is turned down changes no status: the order is looked
// at until the request is gone.
func TestIntakeLooksAgainWhileTheBuyerAsksToCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := world.With(sold("1", bridge.AwaitingShipment, time.Minute), func(o *bridge.Order) { o.CancelRequested, o.ShipBy = true, time.Now().Add(48*time.Hour) })
		c := newCounter(o)
		in := c.intake(t, noSweep)
		for range 40 {
			runIntake(t, in)
			time.Sleep(time.Minute)
		}
		if n := len(c.ids()); n != 3 {
			t.Errorf("looked at %d times in 40 minutes, want 3", n)
		}
		o.CancelRequested = false
		c.orders["1"] = o
		for range 40 {
			runIntake(t, in)
			time.Sleep(time.Minute)
		}
		if n := len(c.ids()); n != 1 || len(c.waiting()) != 0 {
			t.Errorf("looked at %d times, %d waiting, after it was turned down", n, len(c.waiting()))
		}
	})
}

func failing(call string) func(string, bool) error {
	return func(name string, _ bool) error {
		if name == call {
			return world.ErrInjected
		}
		return nil
	}
}

func TestIntakeSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("old", bridge.AwaitingShipment, 400*time.Hour), sold("done", bridge.Completed, 400*time.Hour))
		in := c.intake(t, bridge.IntakeOptions{SweepAt: 3 * time.Hour})
		r := runIntake(t, in)
		if wantIDs(t, c.ids(), "old"); r.Swept != 1 {
			t.Errorf("first run: %v", r)
		}
		var swept []string
		for range 2 * 24 {
			time.Sleep(time.Hour)
			if r := runIntake(t, in); r.Swept > 0 {
				swept = append(swept, time.Now().UTC().Format("15:04"))
			}
		}
		if want := []string{"03:00", "03:00"}; !slices.Equal(swept, want) {
			t.Errorf("swept at %v, want %v", swept, want)
		}
		// A sweep that breaks off is gone on with.
		time.Sleep(24 * time.Hour)
		c.handled = nil
		c.fault = func(name string, _ bool) error {
			if name == "OrdersByStatus" {
				return world.ErrInjected
			}
			return nil
		}
		if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Error(err)
		}
		c.fault = nil
		runIntake(t, in)
		wantIDs(t, c.ids(), "old")
	})
}

// A list that breaks off again and again comes to its end all the same, and hands
// nothing on twice but what it broke off at.
func TestIntakeSweepGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		for i := range 300 {
			id := fmt.Sprintf("%03d", i)
			o := sold(id, bridge.AwaitingShipment, 100*time.Hour)
			o.CreatedAt = time.Now().Add(-time.Hour * time.Duration(500-i))
			c.orders[id] = o
		}
		n := 0
		c.fault = func(name string, before bool) error {
			if name == "OrdersByStatus" && before {
				if n++; n%50 == 0 {
					return world.ErrInjected
				}
			}
			return nil
		}
		c.byCreation = true
		in := c.intake(t, bridge.IntakeOptions{BatchSize: 50})
		for range 10 {
			if _, err := in.Run(t.Context()); err != nil && !errors.Is(err, world.ErrInjected) {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		handed, most := map[string]int{}, 0
		for _, o := range c.handled {
			handed[o.ID]++
			most = max(most, handed[o.ID])
		}
		if len(handed) != 300 || most > 2 {
			t.Errorf("%d of 300 orders were swept in ten runs, one of them %d times, want all, and at most twice", len(handed), most)
		}
	})
}

// Once a person has resolved the case of an order, it is looked at at once.
func TestIntakeLooksAtOnceWhenACaseIsResolved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, 0), sold("2", bridge.AwaitingShipment, 0))
		c.raise = map[string]bool{"1": true, "2": true}
		must(t, c.exceptions.Raise(t.Context(), exceptions.New(exceptions.BadOrder, exceptions.ForOrder("1"), time.Time{}, "an amount is odd", "correct it")))
		unmapped := exceptions.New(exceptions.UnmappedSKU, "SKU GHOST", time.Time{}, "there is no item", "create it")
		unmapped.Orders = []string{"2"}
		must(t, c.exceptions.Raise(t.Context(), unmapped))
		in := c.intake(t, noSweep)
		runIntake(t, in)
		looks := func(want ...string) {
			t.Helper()
			c.handled = nil
			var seen []string
			c.during = func(orders []bridge.Order) {
				for _, o := range orders {
					seen = append(seen, o.ID)
				}
			}
			time.Sleep(time.Minute)
			runIntake(t, in)
			wantIDs(t, seen, want...)
		}
		looks()
		must(t, c.exceptions.Clear(t.Context(), exceptions.ForOrder("1"), exceptions.BadOrder))
		looks("1")
		must(t, c.exceptions.Clear(t.Context(), "SKU GHOST", exceptions.UnmappedSKU))
		c.raise = nil
		looks("2")
		looks()
	})
}

// A request does not count as a change of its order, and is handed on all the same:
// at once, and once.
func TestIntakeHandsOnRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, time.Minute), sold("2", bridge.AwaitingShipment, time.Minute))
		desk := &requestDesk{}
		in, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: c, OpenOrders: c, Requests: desk, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c, Exceptions: c.exceptions,
		}, noSweep)
		must(t, err)
		runIntake(t, in)
		c.handled = nil
		run := func(want ...string) {
			t.Helper()
			time.Sleep(time.Minute)
			runIntake(t, in)
			for _, o := range c.handled {
				if !o.CancelRequested {
					t.Errorf("order %s was handed on without its request", o.ID)
				}
			}
			wantIDs(t, c.ids(), want...)
		}
		desk.pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
		c.bad["1"] = world.ErrInjected
		run() // it fails, and is kept
		delete(c.bad, "1")
		c.orders["1"] = world.With(c.orders["1"], func(o *bridge.Order) { o.CancelRequested = true }) // its details show it by now
		run("1")
		run()
		desk.pending = append(desk.pending, bridge.Cancellation{ID: "c2", OrderID: "2", Pending: true})
		run("2")
		run()
		desk.pending = nil // withdrawn
		run()
		desk.pending = []bridge.Cancellation{{ID: "c3", OrderID: "1", Pending: true}}
		run("1")
		desk.err = world.ErrInjected
		desk.pending = []bridge.Cancellation{{ID: "c4", OrderID: "2", Pending: true}} // c3 is not read
		time.Sleep(time.Minute)
		if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Errorf("the requests cannot be read: got %v", err)
		}
		wantIDs(t, c.ids(), "2")
		desk.err, desk.pending = nil, append(desk.pending, bridge.Cancellation{ID: "c3", OrderID: "1", Pending: true})
		run()
	})
}

// A request whose order fails is handed on until it is handled, although the details
// of the order never show it.
func TestIntakeHandsOnARequestThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, desk := newCounter(sold("1", bridge.AwaitingShipment, time.Minute)), &requestDesk{}
		in, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: c, OpenOrders: c, Requests: desk, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c, Exceptions: c.exceptions,
		}, noSweep)
		must(t, err)
		runIntake(t, in)
		desk.pending = []bridge.Cancellation{{ID: "c1", OrderID: "1", Pending: true}}
		c.bad["1"] = world.ErrInjected
		tried := 0
		c.during = func([]bridge.Order) { tried++ }
		for range 10 {
			time.Sleep(time.Minute)
			runIntake(t, in)
		}
		if tried > 8 {
			t.Errorf("it was tried %d times in ten minutes, want growing waits", tried)
		}
		delete(c.bad, "1")
		c.handled = nil
		for range 15 {
			time.Sleep(time.Minute)
			runIntake(t, in)
		}
		asked := 0
		for _, o := range c.handled {
			if o.CancelRequested {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("it was handed on with its request %d times, want once: %v", asked, c.ids())
		}
	})
}

// A request is not forgotten because the shop was down when it was listed.
func TestIntakeKeepsRequestsWhileTheShopIsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, desk := newCounter(), &requestDesk{}
		var want []string
		for i := range 40 {
			id := fmt.Sprintf("%02d", i)
			want = append(want, id)
			c.orders[id] = sold(id, bridge.AwaitingShipment, 400*time.Hour)
			desk.pending = append(desk.pending, bridge.Cancellation{ID: "c" + id, OrderID: id, Pending: true})
		}
		in, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: c, OpenOrders: c, Requests: desk, Handle: c.handle, Cursors: c, Hints: c, Revisits: c, Locks: c, Exceptions: c.exceptions,
		}, noSweep)
		must(t, err)
		c.fault = failing("OrdersByID")
		if _, err := in.Run(t.Context()); !errors.Is(err, world.ErrInjected) {
			t.Fatalf("got %v, want the failure of the shop", err)
		}
		c.fault = nil
		for range 3 {
			time.Sleep(20 * time.Minute)
			runIntake(t, in)
		}
		wantIDs(t, slices.Compact(slices.Sorted(slices.Values(c.ids()))), want...)
	})
}

// requestDesk lists requests to cancel.
type requestDesk struct {
	pending []bridge.Cancellation
	err     error
}

func (d *requestDesk) PendingCancellations(context.Context, []string) ([]bridge.Cancellation, error) {
	return d.pending, d.err
}

func TestIntakeHintsDoNotWaitForTheSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("hinted", bridge.Completed, 400*time.Hour))
		for i := range 30 {
			id := fmt.Sprintf("%02d", i)
			c.orders[id] = sold(id, bridge.AwaitingShipment, 400*time.Hour)
		}
		in := c.intake(t, bridge.IntakeOptions{BatchSize: 10})
		c.during = func([]bridge.Order) {
			c.during = nil
			if err := in.Hint(context.Background(), "hinted"); err != nil {
				t.Error(err)
			}
		}
		runIntake(t, in)
		if got := c.ids(); len(got) != 31 || got[10] != "hinted" {
			t.Errorf("handled %v", got)
		}
	})
}

func TestIntakeHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paid := time.Now().Add(-10 * time.Minute).UTC()
		c := newCounter(
			// The shop holds: no end is given, an hour from payment is.
			world.With(sold("hold", bridge.OnHold, 0), func(o *bridge.Order) { o.PaidAt = paid }),
			// The seller has to wait it out.
			world.With(sold("wait", bridge.AwaitingShipment, 0), func(o *bridge.Order) { o.PaidAt, o.HoldUntil = paid, paid.Add(time.Hour) }),
			world.With(sold("gone", bridge.Cancelled, 0), func(o *bridge.Order) { o.HoldUntil = paid.Add(time.Hour) }),
			// Nothing is paid before the delivery.
			world.With(sold("cash", bridge.OnHold, 0), func(o *bridge.Order) { o.CashOnDelivery, o.PaidAt, o.CreatedAt = true, time.Time{}, paid }),
		)
		for id, o := range c.orders {
			o.UpdatedAt = paid
			c.orders[id] = o
		}
		in := c.intake(t, noSweep)
		r := runIntake(t, in)
		wantIDs(t, c.ids(), "cash", "gone", "hold", "wait")
		if r.Waiting != 3 || !r.NextDue.Equal(paid.Add(time.Hour)) || r.Failed != 0 {
			t.Errorf("%v", r)
		}
		time.Sleep(49 * time.Minute)
		runIntake(t, in)
		wantIDs(t, c.ids())
		time.Sleep(time.Minute)
		r = runIntake(t, in)
		wantIDs(t, c.ids(), "cash", "hold", "wait")
		if r.Revisited != 3 || r.Waiting != 0 {
			t.Errorf("at the end of the hold: %v", r)
		}
	})
}

// The handler finds the order held, and waits for a call; by the time it is back the hold
// is over, and nothing about the order changes any more.
func TestIntakeHoldThatEndsMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		end := time.Now().Add(time.Second).UTC()
		c := newCounter(world.With(sold("wait", bridge.AwaitingShipment, time.Hour), func(o *bridge.Order) { o.HoldUntil = end }))
		c.during = func([]bridge.Order) { time.Sleep(2 * time.Second) }
		in := c.intake(t, noSweep)
		r := runIntake(t, in)
		wantIDs(t, c.ids(), "wait")
		if r.Waiting != 1 || !r.NextDue.Equal(end) {
			t.Errorf("after the hold: %v, want it to be looked at again", r)
		}
		r = runIntake(t, in)
		wantIDs(t, c.ids(), "wait")
		if r.Waiting != 0 {
			t.Errorf("after the second look: %v, want nothing to wait", r)
		}
	})
}

func TestIntakeHandlerThatForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, time.Minute), bridge.Order{UpdatedAt: time.Now().Add(-time.Minute)})
		in, err := bridge.NewIntake(bridge.IntakePorts{
			Orders: c, Handle: func(context.Context, []bridge.Order) (bridge.OrderResults, error) { return nil, nil },
			Cursors: c, Hints: c, Revisits: c, Locks: c.Shop, Exceptions: c,
		}, noSweep)
		if err != nil {
			t.Fatal(err)
		}
		r := runIntake(t, in)
		if r.Failed != 2 || r.Waiting != 1 || len(r.Results) != 2 || !errors.Is(r.Results[1].Err, bridge.ErrNoResult) {
			t.Errorf("%v", r)
		}
		if got := c.raised(t); len(got) != 1 || got[0].Object != "order without id" {
			t.Errorf("raised %v", got)
		}
	})
}

// TestIntakeStoppedAnywhere kills the process before and after every call, and
// ends its context there: the next one finishes the work, with each order's last
// state handled.
func TestIntakeStoppedAnywhere(t *testing.T) {
	scene := func(t *testing.T) (*counter, *bridge.Intake) {
		c := newCounter(
			sold("1", bridge.AwaitingShipment, 20*time.Minute), sold("2", bridge.OnHold, 5*time.Minute), sold("3", bridge.AwaitingShipment, 4*time.Minute),
			sold("4", bridge.Cancelled, time.Minute), sold("old", bridge.AwaitingShipment, 100*time.Hour), sold("hinted", bridge.Completed, 100*time.Hour),
		)
		c.bad["3"] = errors.New("not yet")
		ctx := context.Background()
		in := c.intake(t, bridge.IntakeOptions{EscalateAfter: 2})
		for _, id := range []string{"hinted", "nobody"} {
			if err := in.Hint(ctx, id); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Shop.PutRevisits(ctx, "orders", store.Revisit{OrderID: "3", Due: time.Now(), Attempts: 1, Known: true}); err != nil {
			t.Fatal(err)
		}
		return c, in
	}
	finish := func(t *testing.T, c *counter, in *bridge.Intake) {
		t.Helper()
		c.fault = nil
		runIntake(t, in)
		got := c.ids()
		slices.Sort(got)
		if want := []string{"1", "2", "4", "hinted", "old"}; !slices.Equal(slices.Compact(got), want) {
			t.Fatalf("handled %v", got)
		}
		if w := c.waiting(); len(w) != 3 || w[0].OrderID != "2" || w[1].OrderID != "3" || w[1].Attempts < 2 || w[2].OrderID != "nobody" {
			t.Fatalf("waiting %v", w)
		}
		delete(c.bad, "3")
		delete(c.orders, "2")
		time.Sleep(14 * time.Minute)
		runIntake(t, in)
		wantIDs(t, c.ids(), "3")
		for _, e := range c.raised(t) {
			if e.Object != "order nobody" {
				t.Fatalf("left in the queue: %v", e)
			}
		}
		// Once more changes nothing.
		before, n := c.waiting(), len(c.raised(t))
		runIntake(t, in)
		if wantIDs(t, c.ids()); !reflect.DeepEqual(before, c.waiting()) || n != len(c.raised(t)) {
			t.Fatal("a run without news changed something")
		}
	}
	for stop := 0; ; stop++ {
		ended := false
		for _, cancelled := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				c, in := scene(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				n := 0
				c.fault = func(string, bool) error {
					if n++; n <= stop {
						return nil
					}
					if cancelled {
						cancel()
						return ctx.Err()
					}
					return world.ErrInjected // and so does every later call
				}
				_, err := in.Run(ctx)
				if ended = n <= stop; (err == nil || bridge.OnlyOrders(err)) != ended {
					t.Fatalf("stopped at %d: %v", stop, err)
				}
				if cancelled && !ended && !errors.Is(err, context.Canceled) {
					t.Fatalf("cancelled at %d: %v", stop, err)
				}
				finish(t, c, in)
			})
		}
		if ended || t.Failed() {
			t.Logf("%d places to stop", stop)
			return
		}
	}
}

// TestIntakeLosesNothing trades for a day with everything going wrong, and checks
// after every run that the watermark has passed no order that is neither handled
// nor on the list.
func TestIntakeLosesNothing(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { trade(t, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func trade(t *testing.T, seed uint64) {
	const lateness = 14 * time.Minute
	random := rand.New(rand.NewPCG(seed, 7))
	chance := func(p float64) bool { return random.Float64() < p }
	c := newCounter()
	options := bridge.IntakeOptions{
		BatchSize: 1 + random.IntN(7), SweepEvery: 6 * time.Hour, EscalateAfter: 3, PollEvery: time.Duration(random.IntN(4)) * time.Minute,
	}
	in := c.intake(t, options)
	dead, rate, mortal := false, 0.0, false
	c.fault = func(string, bool) error {
		if dead || chance(rate) {
			dead = mortal // until the next run, which is another process
			return world.ErrInjected
		}
		return nil
	}
	statuses := []bridge.OrderStatus{bridge.Unpaid, bridge.OnHold, bridge.AwaitingShipment, bridge.PartiallyShipping, bridge.InTransit, bridge.Completed, bridge.Cancelled}
	latest := func() map[string]bridge.Order { // as handled
		m := map[string]bridge.Order{}
		for _, o := range c.handled {
			if old, ok := m[o.ID]; !ok || !o.UpdatedAt.Before(old.UpdatedAt) {
				m[o.ID] = o
			}
		}
		return m
	}
	check := func(bound time.Time) {
		t.Helper()
		handled, listed := latest(), map[string]bool{}
		for _, v := range c.waiting() {
			listed[v.OrderID] = v.Attempts > 0
		}
		for id, o := range c.orders {
			if h, ok := handled[id]; o.UpdatedAt.Before(bound) && !listed[id] && (!ok || bridge.Digest(h) != bridge.Digest(o)) {
				t.Fatalf("seed %d: order %s changed at %v was passed by the watermark; handled as %v", seed, id, o.UpdatedAt, h.Status)
			}
		}
	}
	for range 150 {
		time.Sleep(time.Duration(random.IntN(180)) * time.Second)
		if chance(0.02) {
			time.Sleep(time.Duration(random.IntN(300)) * time.Minute) // we are out
		}
		for range random.IntN(5) {
			id := fmt.Sprint(random.IntN(60))
			o, known := c.orders[id]
			if !known {
				o = sold(id, bridge.Unpaid, 0)
			}
			o.Status, o.UpdatedAt = statuses[random.IntN(len(statuses))], time.Now().UTC().Truncate(time.Second)
			if c.orders[id] = o; chance(0.2) {
				c.hidden[id] = time.Now().Add(time.Duration(random.Int64N(int64(lateness))))
			}
			for chance(0.5) { // lost, single or double
				_ = in.Hint(t.Context(), id)
			}
		}
		clear(c.bad)
		clear(c.poison)
		for range random.IntN(4) {
			c.bad[fmt.Sprint(random.IntN(60))] = world.ErrInjected
		}
		if chance(0.2) {
			c.poison[fmt.Sprint(random.IntN(60))] = world.ErrInjected
		}
		c.down, dead, rate, mortal = nil, false, []float64{0, 0, 0.01, 0.05}[random.IntN(4)], chance(0.5)
		if chance(0.05) {
			c.down = world.ErrInjected
		}
		in = c.intake(t, options)
		_, _ = in.Run(t.Context())
		cursor, _ := c.Shop.Cursor(t.Context(), "orders")
		check(cursor.Watermark.Add(-lateness))
	}
	// Peace: within half an hour everything is handled and nothing is left over.
	c.down, dead, rate = nil, false, 0
	clear(c.bad)
	clear(c.poison)
	for range 30 {
		time.Sleep(time.Minute)
		runIntake(t, in)
	}
	check(time.Now())
	hints, _ := c.Shop.Hints(t.Context(), "orders")
	failing := slices.DeleteFunc(c.waiting(), func(v store.Revisit) bool { return v.Attempts == 0 })
	if open := c.raised(t); len(hints)+len(failing)+len(open) > 0 {
		t.Fatalf("seed %d: left over: %v, %v, %v", seed, hints, failing, open)
	}
}

// A change that was stamped by a clock that is fast hides none of those after it, whose
// stamps are right, and so earlier.
func TestIntakeSeesAChangeWithAnEarlierStamp(t *testing.T) {
	for _, fast := range []time.Duration{0, 5 * time.Second, 50 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			c := newCounter(sold("1", bridge.Unpaid, -fast))
			in := c.intake(t, noSweep)
			must(t, in.Hint(t.Context(), "1")) // a poll lists nothing that is far ahead
			runIntake(t, in)
			time.Sleep(2 * time.Second)
			c.orders["1"] = sold("1", bridge.AwaitingShipment, 0)
			for range 3 {
				time.Sleep(time.Minute)
				runIntake(t, in)
			}
			if n := len(c.handled); n != 2 || c.handled[1].Status != bridge.AwaitingShipment {
				t.Errorf("a clock %s fast: handled %d times, last as %s; want twice, as it is now", fast, n, c.handled[n-1].Status)
			}
		})
	}
}

func TestMemoryIntakeKeepsItsOwnCopies(t *testing.T) {
	m := new(store.Memory).Shop("shop")
	seen := map[string]store.Mark{"1": {Digest: 1}}
	if err := m.SetCursor(t.Context(), "a", store.Cursor{Seen: seen}); err != nil {
		t.Fatal(err)
	}
	seen["2"] = store.Mark{}
	got, _ := m.Cursor(t.Context(), "a")
	got.Seen["3"] = store.Mark{}
	if got, _ = m.Cursor(t.Context(), "a"); len(got.Seen) != 1 {
		t.Errorf("kept %v", slices.Sorted(maps.Keys(got.Seen)))
	}
	if got, _ = m.Cursor(t.Context(), "b"); !reflect.DeepEqual(got, store.Cursor{}) {
		t.Errorf("unknown cursor: %v", got)
	}
}

// BenchmarkIntakePoll polls 1,000 orders of which none has changed.
func BenchmarkIntakePoll(b *testing.B) {
	now := world.Noon
	c := newCounter()
	list := make([]bridge.Order, 1000)
	for i := range list {
		list[i] = world.With(world.AnOrder(fmt.Sprintf("57646%013d", i), "MUG"), func(o *bridge.Order) { o.UpdatedAt = now.Add(-time.Minute) })
	}
	in, err := bridge.NewIntake(bridge.IntakePorts{
		Orders: fixedOrders(list), Handle: c.handle, Cursors: c.Shop, Hints: c.Shop, Revisits: c.Shop,
		Locks: c.Shop, Exceptions: c.exceptions,
	}, bridge.IntakeOptions{SweepEvery: -1, Now: func() time.Time { return now }})
	if err != nil {
		b.Fatal(err)
	}
	runIntake(b, in)
	b.ReportAllocs()
	for b.Loop() {
		if r, err := in.Run(b.Context()); err != nil || r.Unchanged != 1000 {
			b.Fatal(r, err)
		}
	}
}

// fixedOrders is an [bridge.OrderSource] that always lists the same.
type fixedOrders []bridge.Order

func (f fixedOrders) OrdersUpdated(context.Context, time.Time, time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for _, o := range f {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (f fixedOrders) OrdersByID(context.Context, []string) ([]bridge.Order, error) { return f, nil }

// Hints of orders that make every read fail do not hold up other hints nor the
// orders to look at again, and are drained.
func TestIntakeDoesNotStopForForeignHints(t *testing.T) {
	for _, foreign := range []int{1, 5, 10, 20, 100} {
		t.Run(fmt.Sprint(foreign), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCounter(sold("1", bridge.AwaitingShipment, 0))
				c.bad["1"] = world.ErrInjected
				in := c.intake(t, noSweep)
				runIntake(t, in) // it fails once, and is kept
				delete(c.bad, "1")
				for i := range foreign {
					must(t, in.Hint(t.Context(), fmt.Sprintf("malformed%03d", i)))
				}
				must(t, in.Hint(t.Context(), "2"))
				time.Sleep(2 * time.Hour)
				c.orders["2"] = world.With(sold("2", bridge.AwaitingShipment, 0), func(o *bridge.Order) { o.UpdatedAt = time.Now().Add(-6 * time.Hour) })
				for range 3 * 60 {
					_, _ = in.Run(t.Context())
					time.Sleep(time.Minute)
				}
				wantIDs(t, c.ids(), "1", "2")
				hints, err := c.Shop.Hints(t.Context(), "orders")
				must(t, err)
				if len(hints) > 0 {
					t.Errorf("%d hints are left after three hours", len(hints))
				}
				for range 18 * 60 {
					_, _ = in.Run(t.Context())
					time.Sleep(time.Minute)
				}
				if list := c.waiting(); foreign <= 20 && len(list) > 0 {
					t.Errorf("%d orders are still looked for: %+v", len(list), list[0])
				}
				if n := len(c.raised(t)); n != foreign && foreign <= 20 {
					t.Errorf("%d raised, want %d", n, foreign)
				}
			})
		})
	}
}

// A poll that breaks off again and again, or whose process is stopped, comes to its
// end nevertheless.
func TestIntakePollMakesProgress(t *testing.T) {
	for _, tc := range []struct {
		name    string
		orders  int
		pages   int // after which the list breaks off
		handled int // after which the process is stopped
	}{
		{"the list breaks off", 1000, 34, 0},
		{"the process is stopped", 3000, 0, 1100},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCounter()
				for i := range tc.orders {
					id := fmt.Sprintf("%04d", i)
					c.orders[id] = sold(id, bridge.AwaitingShipment, 20*time.Minute+time.Duration(tc.orders-i)*time.Minute/2)
				}
				pages := 0
				c.fault = func(name string, before bool) error {
					if name != "OrdersUpdated" || !before {
						return nil
					}
					if pages++; pages == tc.pages {
						return world.ErrInjected
					}
					return nil
				}
				handled := map[string]bool{}
				in := c.intake(t, bridge.IntakeOptions{SweepEvery: -1, PollEvery: time.Hour})
				for range 30 {
					pages = 0
					run := 0
					ctx, stop := context.WithCancel(t.Context())
					c.during = func(orders []bridge.Order) {
						for _, o := range orders {
							handled[o.ID] = true
						}
						if run += len(orders); tc.handled > 0 && run > tc.handled {
							stop()
						}
					}
					if r, err := in.Run(ctx); r.Complete() && (err != nil || len(handled) < tc.orders) {
						t.Errorf("complete with %d of %d orders: %v, %v", len(handled), tc.orders, r, err)
					}
					stop()
					time.Sleep(time.Minute)
				}
				if len(handled) != tc.orders {
					t.Errorf("%d of %d orders after 30 runs", len(handled), tc.orders)
				}
			})
		})
	}
}

// An order that a person has to do something about is looked at again by itself:
// soon as long as it is open, now and then when the shop is done with it, and in the
// end no more.
func TestIntakeLooksAgainAtRaisedOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter(sold("1", bridge.AwaitingShipment, 0), sold("2", bridge.Completed, 0))
		c.raise = map[string]bool{"1": true, "2": true}
		looked := map[string]int{}
		c.during = func(orders []bridge.Order) {
			for _, o := range orders {
				looked[o.ID]++
			}
		}
		in := c.intake(t, noSweep)
		run := func(d time.Duration) {
			for range d / time.Minute {
				runIntake(t, in)
				time.Sleep(time.Minute)
			}
		}
		run(2 * time.Hour)
		if diff := diffs.Diff(map[string]int{"1": 8, "2": 2}, looked); diff != "" {
			t.Errorf("looked at in two hours (-want +got):\n%s", diff)
		}
		c.raise = map[string]bool{"2": true}
		run(15 * time.Minute)
		if diff := diffs.Diff(map[string]int{"1": 9, "2": 2}, looked); diff != "" {
			t.Errorf("after the cause of one was mended (-want +got):\n%s", diff)
		}
		run(8 * 24 * time.Hour)
		if want := 7 * 24 * 2 / 3; looked["1"] != 9 || looked["2"] < want || looked["2"] > want+2 {
			t.Errorf("looked %d times at what is mended and %d times at what the shop is done with, want 9 and, for seven days, every hour and a half", looked["1"], looked["2"])
		}
		if list := c.waiting(); len(list) != 0 || len(c.raised(t)) != 0 {
			t.Errorf("after it was mended: %+v, %v", list, c.raised(t))
		}
	})
}

// The shop lists the lines of an order in any order: that is no change.
func TestIntakeTakesTheOrderOfLinesForNoChange(t *testing.T) {
	o := world.AnOrder("1", "MUG", "SPOON", "SET")
	turned := o
	turned.Lines = slices.Clone(o.Lines)
	slices.Reverse(turned.Lines)
	if bridge.Digest(turned) != bridge.Digest(o) {
		t.Error("the same lines in another order count as a change")
	}
	turned.Lines[0].Cancelled = true
	if bridge.Digest(turned) == bridge.Digest(o) {
		t.Error("a cancelled line does not count as a change")
	}
}

// A batch that is full of hints of another shop does not keep those behind it.
func TestIntakeGoesOnAfterABatchOfForeignHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		in := c.intake(t, bridge.IntakeOptions{SweepEvery: -1, BatchSize: 20})
		runIntake(t, in)
		c.orders["1"] = world.With(sold("1", bridge.AwaitingShipment, 0), func(o *bridge.Order) { o.UpdatedAt = time.Now().Add(-6 * time.Hour) })
		for i := range 20 {
			must(t, in.Hint(t.Context(), fmt.Sprintf("malformed%03d", i)))
		}
		must(t, in.Hint(t.Context(), "1"))
		if _, err := in.Run(t.Context()); err == nil {
			t.Error("a whole batch could not be read, and the run went well")
		}
		wantIDs(t, c.ids(), "1")
	})
}

// The hints cannot be read in a run that does not poll: what was hinted at is not seen.
func TestIntakeIsIncompleteWithoutItsHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCounter()
		in := c.intake(t, bridge.IntakeOptions{SweepEvery: -1, PollEvery: time.Hour})
		runIntake(t, in)
		time.Sleep(time.Minute)
		if r := runIntake(t, in); !r.Early || !r.Complete() {
			t.Fatalf("with nothing to do: early %t, complete %t; want both", r.Early, r.Complete())
		}
		c.fault = failing("Hints")
		if r, err := in.Run(t.Context()); err == nil || r.Complete() {
			t.Errorf("complete %t, error %v; want an error, and no word that all was seen", r.Complete(), err)
		}
	})
}
