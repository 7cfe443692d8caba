package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// queueWorld is a world whose warehouse lists what changed, with the stores of a
// queue. Time is the test's.
type queueWorld struct {
	*world.World
	now time.Time
	// v2 is why the first way is not to be had.
	v2 error
	// sweepEvery is an option of the queue.
	sweepEvery time.Duration
	// unlisted orders are in no list of what changed.
	unlisted map[string]bool
	// carriers are an option of the dispatcher.
	carriers map[string]string
}

func newQueueWorld(t *testing.T) *queueWorld {
	q := &queueWorld{World: world.NewWorld(t), now: world.Noon, unlisted: map[string]bool{}}
	q.Now = func() time.Time { return q.now }
	return q
}

func (q *queueWorld) queue(o bridge.DispatchQueueOptions) *bridge.DispatchQueue {
	q.T.Helper()
	d := q.Dispatcher(q.carriers)
	d.Ports().Reader, d.Ports().Documents, d.Ports().Labels, d.Ports().Records = q, q, q, q
	o.Now = q.Now
	queue, err := bridge.NewDispatchQueue(bridge.DispatchQueuePorts{
		Dispatcher: d, Source: q, Reader: q, Cursors: q, Revisits: q, Locks: q, Exceptions: q,
	}, o)
	if err != nil {
		q.T.Fatal(err)
	}
	return queue
}

func (q *queueWorld) run(t *testing.T) bridge.DispatchReport {
	t.Helper()
	r, err := q.queue(bridge.DispatchQueueOptions{SweepEvery: q.sweepEvery}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// OrdersChanged implements DispatchSource.
func (q *queueWorld) OrdersChanged(ctx context.Context, from time.Time) iter.Seq2[bridge.WarehouseOrder, error] {
	return func(yield func(bridge.WarehouseOrder, error) bool) {
		var list []bridge.WarehouseOrder
		err := q.Do(ctx, "OrdersChanged", func() error {
			for _, e := range q.Book {
				if !e.UpdatedAt.Before(from) && !q.unlisted[e.ID] {
					list = append(list, e.WarehouseOrder)
				}
			}
			return q.v2
		})
		for _, w := range list {
			if !yield(w, nil) {
				return
			}
		}
		if err != nil {
			yield(bridge.WarehouseOrder{}, err)
		}
	}
}

// OrdersToDispatch implements DispatchSource.
func (q *queueWorld) OrdersToDispatch(ctx context.Context, since time.Time) (list []bridge.WarehouseOrder, err error) {
	err = q.Do(ctx, "OrdersToDispatch", func() error {
		for _, e := range q.Book {
			w := e.WarehouseOrder
			w.UpdatedAt, w.Lines = time.Time{}, nil
			if w.State == bridge.Open || w.State == bridge.Processed && !w.ProcessedAt.Before(since) {
				list = append(list, w)
			}
		}
		return nil
	})
	return list, err
}

// LabelDocument implements LabelSource.
func (q *queueWorld) LabelDocument(ctx context.Context, id string) (d store.LabelDocument, err error) {
	err = q.Do(ctx, "LabelDocument", func() error {
		d = store.LabelDocument{ContentType: "application/pdf", Content: []byte("label of " + id), FetchedAt: q.now}
		return nil
	})
	return d, err
}

// The stores, with their calls counted.

func (q *queueWorld) PutLabel(ctx context.Context, d store.LabelDocument) error {
	return q.Do(ctx, "PutLabel", func() error { return q.Memory.PutLabel(ctx, d) })
}

func (q *queueWorld) DropLabels(ctx context.Context, ids ...string) error {
	return q.Do(ctx, "DropLabels", func() error { return q.Memory.DropLabels(ctx, ids...) })
}

func (q *queueWorld) Label(ctx context.Context, order, id string) (d store.LabelDocument, ok bool, err error) {
	err = q.Do(ctx, "Label", func() error { d, ok, err = q.Memory.Label(ctx, order, id); return err })
	return d, ok, err
}

func (q *queueWorld) Cursor(ctx context.Context, name string) (c store.Cursor, err error) {
	err = q.Do(ctx, "Cursor", func() error { c, err = q.Memory.Cursor(ctx, name); return err })
	return c, err
}

func (q *queueWorld) SetCursor(ctx context.Context, name string, c store.Cursor) error {
	return q.Do(ctx, "SetCursor", func() error { return q.Memory.SetCursor(ctx, name, c) })
}

func (q *queueWorld) PutRevisits(ctx context.Context, list string, entries ...store.Revisit) error {
	return q.Do(ctx, "PutRevisits", func() error { return q.Memory.PutRevisits(ctx, list, entries...) })
}

func (q *queueWorld) DropRevisits(ctx context.Context, list string, ids ...string) error {
	return q.Do(ctx, "DropRevisits", func() error { return q.Memory.DropRevisits(ctx, list, ids...) })
}

func (q *queueWorld) Revisits(ctx context.Context, list string) (entries []store.Revisit, err error) {
	err = q.Do(ctx, "Revisits", func() error { entries, err = q.Memory.Revisits(ctx, list); return err })
	return entries, err
}

// sent puts an order into both sides, processed now.
func (q *queueWorld) sent(id, tracking string) *world.BookEntry {
	e := q.Processed(q.Put(world.With(world.AnOrder(id, "MUG"), func(o *bridge.Order) { o.ShipBy, o.CancelledBy = q.now.Add(48*time.Hour), q.now.Add(96*time.Hour) }))[0], tracking)
	e.ProcessedAt, e.UpdatedAt, e.DispatchBy = q.now, q.now, q.now.Add(48*time.Hour)
	return e
}

// What cannot be dispatched is kept while the watermark moves on, and dispatched
// when its cause is gone; what is done is not touched again.
func TestDispatchQueueLeavesNothingBehind(t *testing.T) {
	q := newQueueWorld(t)
	q.sent("good", "RM1")
	bad := q.sent("bad", "")
	r := q.run(t)
	if diff := cmp.Diff([]string{"raised", "shipped"}, slices.Sorted(slices.Values(outcomes(r)))); diff != "" || r.Waiting != 1 {
		t.Fatal(diff, r)
	}
	for range 30 { // long past what a poll looks back
		q.now = q.now.Add(10 * time.Minute)
		r = q.run(t)
	}
	if r.Waiting != 1 || r.Listed != 0 || !r.Watermark.Equal(q.now) {
		t.Fatal(r)
	}
	if n := q.Count("Ship"); n != 1 {
		t.Errorf("%d ship calls", n)
	}
	bad.Tracking = "RM2" // which Linnworks does not count as a change
	q.now = q.now.Add(15 * time.Minute)
	if r = q.run(t); r.Waiting != 0 || q.Orders["bad"].Lines[0].Tracking != "RM2" || q.OpenKinds() != nil {
		t.Errorf("%s, open %v", r, q.OpenKinds())
	}
	calls := len(q.Calls)
	q.now = q.now.Add(time.Minute)
	q.run(t)
	if names := q.Calls[calls:]; slices.Contains(names, "OrdersByID") || slices.Contains(names, "ReadOrders") || len(names) > 6 {
		t.Errorf("with nothing to do: %v", names)
	}
	if h := q.queue(bridge.DispatchQueueOptions{}).Health(); h.Runs != 0 {
		t.Error(h)
	}
}

func outcomes(r bridge.DispatchReport) (list []string) {
	for _, o := range r.Results {
		list = append(list, string(o.Outcome))
	}
	return list
}

// The waits double, and are cut short where a deadline demands a word.
func TestDispatchQueueWaits(t *testing.T) {
	q := newQueueWorld(t)
	q.sent("1", "")
	deadline := world.Noon.Add(48*time.Hour + 7*time.Minute) // not a multiple of the waits
	q.Orders["1"] = world.With(q.Orders["1"], func(o *bridge.Order) { o.ShipBy = deadline })
	var tried []time.Duration
	var severities []string
	for q.now.Before(world.Noon.Add(49 * time.Hour)) {
		if r := q.run(t); len(r.Results) > 0 {
			tried = append(tried, q.now.Sub(world.Noon))
		}
		open, _ := q.Exceptions.Open(t.Context())
		for _, e := range open {
			if s := fmt.Sprintf("%s at %s", e.Severity, q.now.Sub(world.Noon)); e.Kind == exceptions.NotDispatched && (len(severities) == 0 || !strings.HasPrefix(severities[len(severities)-1], e.Severity.String())) {
				severities = append(severities, s)
				if e.Object != "order 1" || !e.Deadline.Equal(deadline) || !strings.Contains(e.Seen, "no tracking") {
					t.Errorf("%+v", e)
				}
			}
		}
		q.now = q.now.Add(time.Minute)
	}
	if diff := cmp.Diff([]time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute}, tried[:7]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"notice at 24h7m0s", "warning at 40h7m0s", "urgent at 46h7m0s"}, severities); diff != "" {
		t.Errorf("escalated before the deadline: %s", diff)
	}
	open, _ := q.Exceptions.Open(t.Context())
	for _, e := range open {
		if e.Kind == exceptions.NotDispatched && e.Count != 3 {
			t.Errorf("raised %d times, for three levels", e.Count)
		}
	}
	q.Book[0].Tracking = "RM1"
	q.now = q.now.Add(15 * time.Minute)
	if r := q.run(t); r.Waiting != 0 || q.OpenKinds() != nil {
		t.Errorf("%s, open %v", r, q.OpenKinds())
	}
}

// Orders come by the other way where v2 is not to be had, and by the sweep where
// it leaves them out.
func TestDispatchQueueOtherWays(t *testing.T) {
	q := newQueueWorld(t)
	q.run(t) // and the first sweep
	q.v2 = errors.New("v2 is not for you")
	q.now = q.now.Add(time.Hour)
	q.sent("1", "RM1")
	if r := q.run(t); r.Fallback != "v2 is not for you" || !slices.Equal(outcomes(r), []string{"shipped"}) || r.Swept {
		t.Error(r)
	}
	q.v2 = nil
	q.unlisted[q.sent("2", "RM2").ID] = true
	q.now = q.now.Add(time.Hour)
	if r := q.run(t); len(r.Results) != 0 {
		t.Error(r)
	}
	q.now = q.now.Add(11 * time.Hour)
	if r := q.run(t); !r.Swept || !slices.Equal(outcomes(r), []string{"shipped"}) {
		t.Error(r)
	}
	if n := len(q.Shipped); n != 2 {
		t.Errorf("%d shipped", n)
	}
	q.Fail = world.FailOn("OrdersToDispatch")
	q.v2, q.now = world.ErrInjected, q.now.Add(time.Hour)
	before, _ := q.Memory.Cursor(t.Context(), "dispatch")
	if _, err := q.queue(bridge.DispatchQueueOptions{}).Run(t.Context()); !errors.Is(err, world.ErrInjected) {
		t.Error(err)
	}
	if after, _ := q.Memory.Cursor(t.Context(), "dispatch"); !after.Watermark.Equal(before.Watermark) {
		t.Error("the watermark moved")
	}
}

// Of a list, the most pressing go first; open orders are handed on only where
// there is something to do about them.
func TestDispatchQueueChooses(t *testing.T) {
	q := newQueueWorld(t)
	for i, id := range []string{"later", "soon", "unknown"} {
		q.sent(id, "RM"+id).DispatchBy = []time.Time{world.Noon.Add(5 * time.Hour), world.Noon.Add(time.Hour), {}}[i]
	}
	open := q.sent("open", "")
	open.State, open.ShippingModel = bridge.Open, bridge.SellerShipping
	failed := q.sent("failed", "")
	failed.State, failed.ShippingModel, failed.LabelError = bridge.Open, bridge.SellerShipping, "no"
	platform := q.sent("platform", "")
	platform.State, platform.ShippingModel = bridge.Open, bridge.TikTokShipping
	q.Orders["platform"] = world.With(q.Orders["platform"], func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping })
	parked := q.sent("parked", "")
	parked.State = bridge.Parked
	r := q.run(t)
	var got []string
	for _, o := range r.Results {
		got = append(got, o.OrderID+" "+string(o.Outcome))
	}
	want := []string{"soon shipped", "later shipped", "failed raised", "platform labelled", "unknown shipped"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d, ok, _ := q.Memory.Label(t.Context(), "platform", "pkg-TT-platform"); !ok || d.PackageID != "pkg-TT-platform" || d.OrderID != "platform" {
		t.Errorf("%t %v", ok, d)
	}
}

// An order that was split or merged while it waited is forgotten: its successors
// come by themselves.
func TestDispatchQueueForgetsWhatIsGone(t *testing.T) {
	q := newQueueWorld(t)
	q.sent("1", "")
	q.run(t)
	q.Book = nil
	q.now = q.now.Add(time.Hour)
	if r := q.run(t); r.Waiting != 0 || r.Retried != 1 {
		t.Error(r)
	}
	q.sent("2", "")
	q.run(t)
	q.now = q.now.Add(12 * 24 * time.Hour) // given up a week after the deadline
	q.Orders["2"] = world.With(q.Orders["2"], func(o *bridge.Order) { o.Status = bridge.Cancelled })
	if r := q.run(t); r.Waiting != 0 {
		t.Error(r)
	}
}

// busyQueue has something of everything.
func busyQueue(t *testing.T) *queueWorld {
	q := newQueueWorld(t)
	q.sent("whole", "RM1")
	q.sent("no number", "")
	q.sent("pigeon", "RM2").Carrier = "Pigeon"
	q.sent("cancelled", "RM3")
	q.Orders["cancelled"] = world.With(q.Orders["cancelled"], func(o *bridge.Order) { o.CancelRequested = true })
	e := q.sent("label", "")
	e.State, e.ShippingModel = bridge.Open, bridge.TikTokShipping
	q.Orders["label"] = world.With(q.Orders["label"], func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping })
	q.Put(world.AnOrder("split", "MUG", "MUG", "SPOON"))
	for i, lines := range [][]bridge.NewOrderLine{
		{{LineID: "split-1", LineIDs: []string{"split-1", "split-2"}, SKU: "MUG", Quantity: 1}},
		{{LineID: "split-1", LineIDs: []string{"split-1", "split-2"}, SKU: "MUG", Quantity: 1}, {LineID: "split-3", LineIDs: []string{"split-3"}, SKU: "SPOON", Quantity: 1}},
	} {
		part := q.Add(bridge.NewOrder{Reference: "split", LocationID: "L1", Lines: lines})
		part.State, part.Tracking, part.ProcessedAt, part.UpdatedAt = bridge.Processed, fmt.Sprintf("SP%d", i+1), q.now, q.now
	}
	return q
}

// settledQueue runs until nothing changes, with the causes mended half-way.
func settledQueue(t *testing.T, q *queueWorld) []string {
	t.Helper()
	for i := range 4 {
		q.now = q.now.Add(20 * time.Minute)
		if i == 1 {
			for _, e := range q.Book {
				if e.Carrier == "Pigeon" {
					e.Carrier = "DPD"
				}
			}
		}
		q.run(t)
	}
	state := q.State()
	for i, s := range state { // it does not matter which of two equal units is where
		state[i] = strings.Replace(s, "[SP2 SP1]", "[SP1 SP2]", 1)
	}
	revisits, _ := q.Memory.Revisits(t.Context(), "dispatch")
	for _, v := range revisits {
		state = append(state, "waits "+v.OrderID)
	}
	_, label, _ := q.Memory.Label(t.Context(), "label", "pkg-TT-label")
	return append(state, fmt.Sprintf("label kept: %t", label))
}

// Stopped after any call to the outside, or with any call failed, before or
// after its effect, and run again, the queue ships nothing twice and loses
// nothing.
func TestDispatchQueueStoppedAnywhere(t *testing.T) {
	undisturbed := busyQueue(t)
	want := settledQueue(t, undisturbed)
	if len(undisturbed.Shipped) != 4 || undisturbed.labels2() != 1 {
		t.Fatalf("%d shipped, %d labels:\n%s", len(undisturbed.Shipped), undisturbed.labels2(), strings.Join(want, "\n"))
	}
	calls := len(undisturbed.Calls)
	places := 0
	for _, way := range []string{"stopped after", "failed before", "reply lost of"} {
		for k := 1; k <= calls; k++ {
			q := busyQueue(t)
			ctx, cancel := context.WithCancel(t.Context())
			switch way {
			case "stopped after":
				q.After = func(n int, _ string) {
					if n == k {
						cancel()
					}
				}
			default:
				q.Lost = way == "reply lost of"
				q.Fail = func(n int, _ string) error {
					if n == k {
						return world.ErrInjected
					}
					return nil
				}
			}
			_, _ = q.queue(bridge.DispatchQueueOptions{}).Run(ctx)
			cancel()
			if len(q.Calls) < k {
				break // the first run was over by then
			}
			places++
			name := q.Calls[k-1]
			q.After, q.Fail = nil, nil
			if diff := cmp.Diff(want, settledQueue(t, q)); diff != "" {
				t.Fatalf("%s call %d (%s):\n%s", way, k, name, diff)
			}
			if len(q.Shipped) != 4 || q.labels2() != 1 {
				t.Fatalf("%s call %d (%s): %d shipped, %d labels", way, k, name, len(q.Shipped), q.labels2())
			}
		}
	}
	t.Logf("%d places to stop", places)
}

// labels2 is how many labels were bought.
func (q *queueWorld) labels2() int { return q.Labels }

func TestNewDispatchQueueRefuses(t *testing.T) {
	q := newQueueWorld(t)
	ports := bridge.DispatchQueuePorts{Dispatcher: q.Dispatcher(nil), Source: q, Reader: q, Cursors: q, Revisits: q, Locks: q, Exceptions: q}
	for want, o := range map[string]bridge.DispatchQueueOptions{
		"FirstWindow is negative": {FirstWindow: -1}, "less than a minute": {Overlap: time.Second},
		"less severe": {Levels: []bridge.DeadlineLevel{{Left: time.Hour, Severity: exceptions.Warning}, {Left: time.Minute, Severity: exceptions.Notice}}}, "out of range": {Levels: []bridge.DeadlineLevel{{Left: -time.Hour, Severity: exceptions.Warning}}},
	} {
		if _, err := bridge.NewDispatchQueue(ports, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
	if _, err := bridge.NewDispatchQueue(bridge.DispatchQueuePorts{}, bridge.DispatchQueueOptions{}); err == nil || !strings.Contains(err.Error(), "Cursors, Dispatcher, Exceptions") {
		t.Errorf("got %v", err)
	}
	p := bridge.DispatchPorts{Gate: q.Gate(), Orders: q, Shipper: q, OrderBook: q, Tracking: q, Locks: q, Exceptions: q}
	for want, change := range map[string]func(*bridge.DispatchPorts){
		"Documents and Labels go together":     func(p *bridge.DispatchPorts) { p.Documents = q },
		"Corrector and Documents need Records": func(p *bridge.DispatchPorts) { p.Corrector = &corrector{World: q.World, most: 1} },
	} {
		p := p
		change(&p)
		if _, err := bridge.NewDispatcher(p, bridge.DispatchOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// One run with a clock three hours fast must not hide a parcel that is processed
// after the clock is right again.
func TestDispatchQueueClockSetBack(t *testing.T) {
	for _, fast := range []time.Duration{0, time.Second, 10 * time.Minute, 3 * time.Hour, 100 * time.Hour} {
		t.Run(fast.String(), func(t *testing.T) {
			q := newQueueWorld(t)
			q.now = world.Noon.Add(fast)
			q.run(t)
			q.sweepEvery = -1 // it has no other way
			q.now = world.Noon.Add(10 * time.Minute)
			e := q.sent("1", "RM1")
			e.UpdatedAt, e.ProcessedAt = q.now, q.now
			q.now = q.now.Add(5 * time.Minute)
			report := q.run(t)
			if got := q.Count("Ship"); got != 1 {
				t.Errorf("after a clock %v fast the parcel was shipped %d times, want once: %v", fast, got, report)
			}
			if report.Watermark.After(q.now) {
				t.Errorf("watermark %v, want none after %v", report.Watermark, q.now)
			}
			q.now = q.now.Add(5 * time.Minute)
			if q.run(t); q.Count("Ship") != 1 {
				t.Errorf("the next run shipped the parcel again: %d times", q.Count("Ship"))
			}
		})
	}
}

// An order that is held when its turn comes has another turn.
func TestDispatchQueueTriesHeldOrdersAgain(t *testing.T) {
	q := newQueueWorld(t)
	e := q.Waiting(q.Put(world.With(world.AnOrder("1", "MUG"), func(o *bridge.Order) { o.ShippingModel = bridge.TikTokShipping }))[0])
	e.UpdatedAt = q.now
	q.Pending = []bridge.Cancellation{{ID: "c", OrderID: "1", Pending: true}}
	if r := q.run(t); len(r.Results) != 1 || r.Results[0].Outcome != bridge.OutcomeHeld || r.Waiting != 1 {
		t.Fatalf("%s; want it held, and kept", r)
	}
	q.Pending = nil // the buyer takes it back
	q.now = q.now.Add(20 * time.Minute)
	if r := q.run(t); q.Labels != 1 || r.Waiting != 0 {
		t.Errorf("%d labels: %s", q.Labels, r)
	}
}

// An order that a person has to do something about is tried every now and then while its
// case is open, and with the next run once somebody has resolved it.
func TestDispatchQueueLooksAtOnceWhenACaseIsResolved(t *testing.T) {
	q := newQueueWorld(t)
	e := q.sent("1", "OWL1")
	e.Carrier, e.Service = "Owl Post", "Owl Post"
	tried := func(minutes int) (n int) {
		for range minutes {
			n += len(q.run(t).Results)
			q.now = q.now.Add(time.Minute)
		}
		return n
	}
	tried(16)
	open, err := q.Exceptions.Open(t.Context(), exceptions.UnmappedCarrier)
	must(t, err)
	if len(open) != 1 {
		t.Fatalf("%d cases of its carrier, want 1", len(open))
	}
	if n := tried(14); n != 0 {
		t.Errorf("tried %d times in 14 minutes while its case is open, want 0", n)
	}
	tried(2) // the next turn
	must(t, q.Exceptions.Clear(t.Context(), open[0].Object, exceptions.UnmappedCarrier))
	e.Carrier, e.Service = "Royal Mail", ""
	if n := tried(1); n != 1 || q.OpenKinds() != nil {
		t.Errorf("tried %d times by the run after its case was resolved, want once; open %v", n, q.OpenKinds())
	}
}

// A parcel for which the shop has no clock is told once it has failed twenty times, and given
// up after a week, with its case. One that is held is told when it is given up, a week after
// the warehouse's own deadline if there is one.
func TestDispatchQueueTellsWithoutADeadline(t *testing.T) {
	const tries, week = 15 * time.Minute, 7 * 24 * time.Hour
	held := func(o *bridge.Order) { o.Status = "ODD" }
	for name, c := range map[string]struct {
		change             func(*bridge.Order)
		fails              string
		by                 time.Time // the warehouse's deadline
		wantTold, wantOver time.Duration
	}{
		"it fails":                          {func(*bridge.Order) {}, "Ship", time.Time{}, 19 * tries, week},
		"it is held":                        {held, "", time.Time{}, week, week},
		"it is held, past its own deadline": {held, "", world.Noon.Add(-24 * time.Hour), week - 24*time.Hour + tries, week - 24*time.Hour + tries},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueueWorld(t)
			q.sent("1", "RM1").DispatchBy = c.by
			q.Orders["1"] = world.With(q.Orders["1"], func(o *bridge.Order) { o.ShipBy, o.CancelledBy = time.Time{}, time.Time{}; c.change(o) })
			q.Fail = world.FailOn(c.fails)
			var told, over time.Duration
			queue := q.queue(bridge.DispatchQueueOptions{SweepEvery: -1})
			for over == 0 && q.now.Sub(world.Noon) < 2*week {
				report, _ := queue.Run(t.Context())
				open, err := q.Exceptions.Open(t.Context(), exceptions.NotDispatched)
				must(t, err)
				if told == 0 && len(open) == 1 {
					told = q.now.Sub(world.Noon)
				}
				if report.Waiting == 0 {
					over = q.now.Sub(world.Noon)
					if len(open) != 1 {
						t.Errorf("given up with the cases %v, want one", open)
					}
				}
				q.now = q.now.Add(tries)
			}
			if told != c.wantTold || over != c.wantOver {
				t.Errorf("told after %v, given up after %v; want after %v and %v", told, over, c.wantTold, c.wantOver)
			}
		})
	}
}

// An order that has waited for its number for hours and then fails once has failed once.
func TestDispatchQueueCountsFailuresAlone(t *testing.T) {
	q := newQueueWorld(t)
	q.sent("1", "")
	for range 30 {
		q.run(t)
		q.now = q.now.Add(15 * time.Minute)
	}
	q.Fail = world.FailOn("OrdersByID")
	if report, err := q.queue(bridge.DispatchQueueOptions{}).Run(t.Context()); err == nil || report.Results[0].Outcome != bridge.OutcomeFailed {
		t.Fatalf("%v, %s; want that it failed", err, report)
	}
	open, err := q.Exceptions.Open(t.Context(), exceptions.NotDispatched)
	must(t, err)
	if len(open) > 0 {
		t.Errorf("told after one failure: %v", open)
	}
}

// What was listed while the dispatch failed as a whole is not done with.
func TestDispatchQueueStaysWhereItFailed(t *testing.T) {
	q := newQueueWorld(t)
	q.run(t)
	q.now = q.now.Add(time.Minute)
	q.sent("1", "RM1")
	q.Fail = world.FailOn("ReadOrders")
	for range 4 { // longer than a poll looks back
		q.now = q.now.Add(10 * time.Minute)
		if _, err := q.queue(bridge.DispatchQueueOptions{}).Run(t.Context()); err == nil {
			t.Fatal("the warehouse does not answer, and the run went well")
		}
	}
	q.Fail = nil
	if r := q.run(t); len(q.Shipped) != 1 {
		t.Errorf("shipped %d times: %s", len(q.Shipped), r)
	}
}
