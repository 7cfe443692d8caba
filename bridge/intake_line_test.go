package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// twoAtOnce has two batches of ten orders handed on at once.
var twoAtOnce = bridge.IntakeOptions{BatchSize: 10, AtOnce: 2}

// atWork notes the batches that a handler is at work on.
type atWork struct {
	mu   sync.Mutex
	ids  map[string]bool
	most int
}

// batch notes a batch that takes so long, and reports an order that is in another one.
func (w *atWork) batch(orders []bridge.Order, takes time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range orders {
		if w.ids[o.ID] {
			return fmt.Errorf("order %s is in two batches at once", o.ID)
		}
	}
	if w.ids == nil {
		w.ids = map[string]bool{}
	}
	for _, o := range orders {
		w.ids[o.ID] = true
	}
	w.most = max(w.most, len(w.ids))
	time.AfterFunc(takes, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, o := range orders {
			delete(w.ids, o.ID)
		}
	})
	return nil
}

// placeMany places orders, one a minute, the last an hour ago.
func (s *slowImport) placeMany(n int) {
	for i := range n {
		s.place(fmt.Sprintf("o-%03d", i))
		s.orders[i].UpdatedAt = s.orders[i].UpdatedAt.Add(-time.Hour - time.Duration(n-i)*time.Minute)
	}
}

// Two batches are at work at once, by hints and by the poll, and no more; each order is
// handed on once, and nothing is left.
func TestIntakeHandsOnTwoBatchesAtOnce(t *testing.T) {
	t.Parallel()
	for name, hinted := range map[string]bool{"polled": false, "hinted at": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w := newSlowImport(), new(atWork)
				s.handle = func(orders []bridge.Order) error { return w.batch(orders, s.takes-time.Millisecond) }
				s.placeMany(60)
				in := s.intakeWith(t, twoAtOnce)
				for i := range 60 {
					if hinted {
						must(t, in.Hint(t.Context(), fmt.Sprintf("o-%03d", i)))
					}
				}
				begin := time.Now()
				r := runIntake(t, in)
				if took, most := time.Since(begin), 3*s.takes+6*time.Second; took > most {
					t.Errorf("six batches of %s took %s, at most %s is allowed", s.takes, took, most)
				}
				if w.most != 20 {
					t.Errorf("%d orders were at work at once, want 20", w.most)
				}
				if !r.Complete() || len(r.Results) != 60 || len(s.handedOn) != 60 {
					t.Errorf("%d results of %d orders: %s", len(r.Results), len(s.handedOn), r)
				}
				if hints, err := s.Hints(t.Context(), "orders"); err != nil || len(hints) > 0 {
					t.Errorf("%d hints are left, %v", len(hints), err)
				}
			})
		})
	}
}

// An order that the shop lists twice, because it changed meanwhile, waits until the batch
// that has it is done with, and is handed on as it is by then.
func TestIntakeAnOrderIsInOneBatchAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, w := newSlowImport(), new(atWork)
		s.handle = func(orders []bridge.Order) error { return w.batch(orders, s.takes-time.Millisecond) }
		s.placeMany(15)
		now := time.Now().UTC().Add(time.Second)
		s.orders = append(s.orders,
			bridge.Order{ID: "o-003", Status: bridge.Cancelled, CreatedAt: now, UpdatedAt: now, Lines: []bridge.OrderLine{{ID: "o-003"}}},
			s.orders[4]) // as it was
		r := runIntake(t, s.intakeWith(t, twoAtOnce))
		if diff := cmp.Diff([]bridge.OrderStatus{bridge.AwaitingShipment, bridge.Cancelled}, s.handedOn["o-003"]); diff != "" {
			t.Errorf("the order that changed was handed on as (-want +got):\n%s", diff)
		}
		if got := len(s.handedOn["o-004"]); got != 1 || r.Unchanged != 1 {
			t.Errorf("the order that did not change was handed on %d times, %d are unchanged; want 1 and 1", got, r.Unchanged)
		}
	})
}

// brokenList is a shop whose list of changes fails after some orders.
type brokenList struct {
	*slowImport

	after int
}

func (b brokenList) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		n := 0
		for o, err := range b.slowImport.OrdersUpdated(ctx, from, to) {
			if n++; n > b.after {
				yield(bridge.Order{}, errors.New("the shop is away"))
				return
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// What fails, panics or is stopped while two batches are at work loses no order, and no
// batch goes on without the run.
func TestIntakeTwoBatchesAndAFailure(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		handle  func(*slowImport, []bridge.Order) error
		stop    time.Duration
		lists   int // orders before the list fails
		want    string
		handled int // orders that the handler is done with by the end of the run
		again   int // of these, handed on again by the next run: it was not stored yet that they are done with
	}{
		"the second batch fails": {handle: func(_ *slowImport, o []bridge.Order) error { return failIf(has(o, "o-013")) }, want: "it failed", handled: 59},
		"nothing works any more": {handle: func(s *slowImport, _ []bridge.Order) error { return failIf(time.Since(s.start) >= s.takes) }, want: "handing orders on: it failed", handled: 20},
		"the handler panics":     {handle: func(_ *slowImport, o []bridge.Order) error { return panicIf(has(o, "o-000")) }, want: "panic: it panicked", handled: 10, again: 10},
		"it is stopped":          {stop: 90 * time.Second, want: "context deadline exceeded", handled: 20, again: 20},
		"the list fails":         {lists: 45, want: "the shop is away", handled: 45},
		"the handler gives up":   {handle: func(*slowImport, []bridge.Order) error { return errors.ErrUnsupported }, want: errors.ErrUnsupported.Error()},
		"nothing fails":          {handled: 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newSlowImport()
				if tt.handle != nil {
					s.handle = func(orders []bridge.Order) error { return tt.handle(s, orders) }
				}
				s.placeMany(60)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.stop > 0 {
					ctx, cancel = context.WithTimeout(t.Context(), tt.stop)
					defer cancel()
				}
				in := s.intakeWith(t, twoAtOnce)
				if tt.lists > 0 {
					in = s.intakeOf(t, brokenList{s, tt.lists}, twoAtOnce)
				}
				err := caught(func() error { _, err := in.Run(ctx); return err })
				if tt.want == "" {
					must(t, err)
				} else if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				if got := len(s.handedOn); got != tt.handled {
					t.Errorf("the handler is done with %d orders, want %d", got, tt.handled)
				}
				s.handle = nil
				time.Sleep(5 * time.Minute) // what failed is due
				runIntake(t, s.intakeWith(t, twoAtOnce))
				again := 0
				for _, states := range s.handedOn {
					again += len(states) - 1
				}
				if len(s.handedOn) != 60 || again != tt.again {
					t.Errorf("after the next run it is done with %d orders, %d of them twice; want 60 and %d", len(s.handedOn), again, tt.again)
				}
			})
		})
	}
}

func has(orders []bridge.Order, id string) bool {
	return slices.ContainsFunc(orders, func(o bridge.Order) bool { return o.ID == id })
}

func failIf(it bool) error {
	if it {
		return errors.New("it failed")
	}
	return nil
}

func panicIf(it bool) error {
	if it {
		panic("it panicked")
	}
	return nil
}

// What a handler panics with is not told, but where it did: it may hold a buyer's address.
func TestSyncTellsWhereAHandlerPanicked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		s.handle = func([]bridge.Order) error { return panicIf(true) }
		s.placeMany(60)
		in := s.intakeWith(t, twoAtOnce)
		b, _ := newSync(t, newSides(t, "GB"), new(outage), syncSettings())
		var log strings.Builder
		b.Log = slog.New(slog.NewTextHandler(&log, nil))
		b.Flows = []bridge.Flow{{Name: bridge.FlowOrders, Every: time.Minute, Run: func(ctx context.Context) (fmt.Stringer, error) { return in.Run(ctx) }}}
		_, err := b.RunFlow(t.Context(), bridge.FlowOrders)
		if err == nil || !strings.Contains(err.Error(), "the flow panicked: a value of the type string") {
			t.Errorf("got %v, want that the flow panicked with a string", err)
		}
		if text := log.String(); !strings.Contains(text, "panicIf") || strings.Contains(text, "it panicked") {
			t.Errorf("the log does not say that it was in panicIf, or says what was thrown:\n%s", text)
		}
	})
}

// caught returns what do panics with as an error.
func caught(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}

// A hint that was there before its order was read by the poll is done with when the order
// is. One that came later is not: the next run follows it.
func TestIntakePollServesHints(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		in := s.intakeWith(t, twoAtOnce)
		s.placeMany(200)
		s.handle = func(orders []bridge.Order) error {
			if orders[0].ID == "o-000" { // the list is read some batches ahead
				s.mu.Lock()
				s.orders[5].Status, s.orders[5].UpdatedAt = bridge.Cancelled, time.Now().UTC()
				s.mu.Unlock()
				return errors.Join(in.Hint(t.Context(), "o-005"), in.Hint(t.Context(), "o-195"))
			}
			return nil
		}
		runIntake(t, in)
		hints, err := s.Hints(t.Context(), "orders")
		must(t, err)
		if len(hints) != 1 || hints[0].OrderID != "o-005" {
			t.Errorf("hints that are left: %v, want that of o-005, which had been read before it was cancelled", hints)
		}
		if got := len(s.handedOn["o-195"]); got != 1 {
			t.Errorf("o-195 was handed on %d times, want once", got)
		}
	})
}

// noRevisits is a list of orders to look at again that cannot be written.
type noRevisits struct{ *slowImport }

func (noRevisits) PutRevisits(context.Context, string, ...store.Revisit) error {
	return errors.New("the disk is full")
}

// A batch of which nothing could be stored is listed again, also where the one after it,
// which was at work by then, is done with.
func TestIntakeProgressEndsAtAFailedBatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		s.placeMany(160)
		s.handle = func(orders []bridge.Order) error { return failIf(has(orders, "o-085")) } // in the fifth
		s.revisits = noRevisits{s}
		o := bridge.IntakeOptions{BatchSize: 20, AtOnce: 2}
		if _, err := s.intakeWith(t, o).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("got %v, want that the disk is full", err)
		}
		if len(s.handedOn["o-119"]) == 0 {
			t.Error("the sixth batch was not at work when the fifth failed")
		}
		s.handle, s.revisits = nil, nil
		runIntake(t, s.intakeWith(t, o))
		if len(s.handedOn) != 160 {
			t.Errorf("the handler is done with %d orders, want 160", len(s.handedOn))
		}
	})
}
