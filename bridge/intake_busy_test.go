package bridge_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// busyDay has many orders, one every step from begin on, each of which is sent two
// hours later; and a handler that notes what it was handed. Orders have their number as
// id.
type busyDay struct {
	memory *countedStore
	queue  exceptions.Queue
	begin  time.Time
	step   time.Duration
	orders int
	// sent is false for a shop whose orders all wait to be sent.
	sent bool
	// fails says which orders fail when they are handed on for the first time.
	fails func(i int) bool

	pages, batches, handed int
	last                   []bridge.OrderStatus // as handed on, by number
	tried                  map[int]bool
	stop                   func(batch int)
}

const (
	busyPage  = 100
	sentAfter = 2 * time.Hour
)

// order is an order as it is now.
func (s *busyDay) order(i int) bridge.Order {
	at := s.begin.Add(time.Duration(i) * s.step)
	o := bridge.Order{
		ID: strconv.Itoa(i), Status: bridge.AwaitingShipment, CreatedAt: at, PaidAt: at, UpdatedAt: at, ReadAt: time.Now(), ShipBy: at.Add(48 * time.Hour), Lines: []bridge.OrderLine{{ID: "1"}},
	}
	if left := at.Add(sentAfter); s.sent && !left.After(time.Now()) {
		o.Status, o.UpdatedAt = bridge.InTransit, left
	}
	return o
}

// between are the numbers of the orders placed within a time.
func (s *busyDay) between(from, to time.Time) (first, end int) {
	number := func(at time.Time) int {
		return max(0, min(s.orders, int((at.Sub(s.begin)+s.step-1)/s.step)))
	}
	return number(from), number(to)
}

func (s *busyDay) OrdersUpdated(_ context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	var list []bridge.Order
	if now := time.Now().Add(1); to.After(now) {
		to = now
	}
	for _, shift := range []time.Duration{0, sentAfter} {
		first, end := s.between(from.Add(-shift), to.Add(-shift))
		for i := first; i < end; i++ {
			if o := s.order(i); (o.Status == bridge.InTransit) == (shift > 0) {
				list = append(list, o)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b bridge.Order) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	return s.paged(list)
}

func (s *busyDay) OrdersByStatus(_ context.Context, status bridge.OrderStatus, from time.Time) iter.Seq2[bridge.Order, error] {
	var list []bridge.Order
	first, end := s.between(from, time.Now().Add(1))
	for i := first; i < end; i++ {
		if o := s.order(i); o.Status == status {
			list = append(list, o)
		}
	}
	return s.paged(list)
}

func (s *busyDay) paged(list []bridge.Order) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for page := range slices.Chunk(list, busyPage) {
			s.pages++
			for _, o := range page {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

func (s *busyDay) OrdersByID(_ context.Context, ids []string) (list []bridge.Order, err error) {
	s.pages += (len(ids) + 49) / 50
	for _, id := range ids {
		i, err := strconv.Atoi(id)
		if err != nil {
			return nil, err
		}
		list = append(list, s.order(i))
	}
	return list, nil
}

func (s *busyDay) handle(ctx context.Context, orders []bridge.Order) (results bridge.OrderResults, err error) {
	s.batches++
	if s.stop != nil {
		s.stop(s.batches)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, o := range orders {
		i, err := strconv.Atoi(o.ID)
		if err != nil {
			return nil, err
		}
		s.handed++
		r := bridge.OrderResult{OrderID: o.ID, Outcome: bridge.OutcomeCreated}
		if !s.tried[i] && s.fails != nil && s.fails(i) {
			s.tried[i] = true
			r.Outcome, r.Err = bridge.OutcomeFailed, errors.New("it failed once")
		} else {
			s.last[i] = o.Status
		}
		results = append(results, r)
	}
	return results, results.Err()
}

func (s *busyDay) intake(t *testing.T, o bridge.IntakeOptions) *bridge.Intake {
	t.Helper()
	in, err := bridge.NewIntake(bridge.IntakePorts{
		Orders: s, OpenOrders: s, Handle: s.handle, Cursors: s.memory, Hints: s.memory, Revisits: s.memory, Locks: s.memory, Exceptions: s.queue,
	}, o)
	must(t, err)
	return in
}

func newBusyDay(begin time.Time, orders int, step time.Duration) *busyDay {
	return &busyDay{
		memory: &countedStore{shop: new(store.Memory).Shop("shop")}, queue: new(exceptions.Memory).Shop("shop"), begin: begin, step: step, orders: orders,
		last: make([]bridge.OrderStatus, orders), tried: map[int]bool{},
	}
}

// unhandled are the orders of which the handler has not seen what they are now.
func (s *busyDay) unhandled() (ids []string) {
	for i, status := range s.last {
		if status != s.order(i).Status {
			ids = append(ids, fmt.Sprint(i))
		}
	}
	return ids
}

// A day of 100,000 orders, each of which is handed on once when it is placed and once
// when it is sent, some of them by hints and some twice because they failed, with a
// poll every five minutes: nothing is lost, nothing is handed on that has not changed, and
// what a run costs does not grow as the day goes on.
func TestIntakeADayOf100000Orders(t *testing.T) {
	t.Parallel()
	orders := 100_000
	if testing.Short() || raceDetector {
		orders = 10_000
	}
	const day, every = 24 * time.Hour, 5 * time.Minute
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := newBusyDay(start.Add(time.Minute), orders, day/time.Duration(orders))
		s.sent, s.fails = true, func(i int) bool { return i%97 == 0 }
		in := s.intake(t, bridge.IntakeOptions{SweepAt: 30 * time.Minute}) // a sweep in the middle of it
		runs, hinted, mostSeen, mostCalls := 0, 0, 0, 0
		for time.Since(start) < day+sentAfter+time.Hour {
			if first, end := s.between(time.Now().Add(-every), time.Now()); end > first {
				must(t, in.Hint(t.Context(), fmt.Sprint(first))) // a webhook now and then
				hinted++
			}
			s.memory.since()
			before := s.batches
			r := runIntake(t, in)
			if runs++; !r.Complete() {
				t.Fatalf("after %s the intake is not complete: %s", time.Since(start), r)
			}
			calls, _ := s.memory.since()
			batches := s.batches - before
			if most := 15 + 2*batches; sum(calls) > most {
				t.Fatalf("after %s a run of %d batches cost %d calls of the store, at most %d: %v", time.Since(start), batches, sum(calls), most, calls)
			}
			mostCalls = max(mostCalls, sum(calls))
			c, err := s.memory.Cursor(t.Context(), "orders")
			must(t, err)
			mostSeen = max(mostSeen, len(c.Seen))
			time.Sleep(every)
		}
		if lost := s.unhandled(); len(lost) > 0 {
			t.Errorf("%d orders were not handed on as they are now, the first %.10q", len(lost), lost)
		}
		// Of the sweep nothing but what is open at that moment comes once more.
		first, end := s.between(start, start.Add(sentAfter))
		if once, most := 2*orders+len(s.tried), 2*orders+len(s.tried)+2*(end-first); s.handed < once || s.handed > most {
			t.Errorf("%d orders were handed on, want %d and what two sweeps found open, at most %d", s.handed, once, most)
		}
		if waiting, err := s.memory.Revisits(t.Context(), "orders"); err != nil || len(waiting) > 0 {
			t.Errorf("%d orders are to be looked at again, %v; want none", len(waiting), err)
		}
		// What is remembered of a poll are the orders of the overlap, each in two states.
		if first, end := s.between(start.Add(time.Hour), start.Add(time.Hour+20*time.Minute)); mostSeen > 2*(end-first) {
			t.Errorf("%d orders were remembered between two polls, at most %d come within 20 minutes", mostSeen, 2*(end-first))
		}
		if most := s.handed/200 + 4*runs; s.batches > most {
			t.Errorf("%d batches for %d orders in %d runs, at most %d", s.batches, s.handed, runs, most)
		}
		t.Logf("%d runs, %d hints: %d orders handed on in %d batches, %d pages read, at most %d orders remembered, at most %d calls of the store a run",
			runs, hinted, s.handed, s.batches, s.pages, mostSeen, mostCalls)
	})
}

// A bridge that is set up for a shop with 20,000 open orders, most of them older than
// the first poll goes back: its first run hands each on once. A process that is stopped
// on the way goes on where it was.
func TestIntakeFirstStartWith20000OpenOrders(t *testing.T) {
	t.Parallel()
	orders := 20_000
	if testing.Short() || raceDetector {
		orders = 4000
	}
	for name, stopAt := range map[string]int{"in one go": 0, "stopped in the poll": orders / 200 / 10, "stopped in the sweep": orders / 200 / 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newBusyDay(time.Now().Add(-10*24*time.Hour), orders, 10*24*time.Hour/time.Duration(orders+1))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s.stop = func(batch int) {
					if batch == stopAt {
						cancel()
					}
				}
				r, err := s.intake(t, bridge.IntakeOptions{}).Run(ctx)
				if stopAt > 0 {
					if !errors.Is(err, context.Canceled) || r.Complete() && name == "stopped in the poll" {
						t.Fatalf("the run that was stopped: complete %t, %v", r.Complete(), err)
					}
					time.Sleep(time.Minute)
					r, err = s.intake(t, bridge.IntakeOptions{}).Run(t.Context()) // the next process
				}
				must(t, err)
				if !r.Complete() {
					t.Errorf("not complete: %s", r)
				}
				if lost := s.unhandled(); len(lost) > 0 {
					t.Errorf("%d orders were not handed on, the first %.10q", len(lost), lost)
				}
				// A process that is stopped may not have stored how far the last five batches got.
				// The sweep of the next one does not know what the poll of the first one brought:
				// the orders of two days of ten.
				again := 0
				if stopAt > 0 {
					again = 5*200 + orders/5
				}
				if most := orders + again; s.handed > most {
					t.Errorf("%d orders were handed on of %d, at most %d", s.handed, orders, most)
				}
				calls, _ := s.memory.since()
				t.Logf("%d orders handed on in %d batches, %d pages read, %d calls of the store: %v", s.handed, s.batches, s.pages, sum(calls), calls)
				if most := 5*s.batches + 40; sum(calls) > most {
					t.Errorf("%d calls of the store for %d batches, at most %d: %v", sum(calls), s.batches, most, calls)
				}
				if most := cmp.Or(s.handed, 1)/busyPage + 3*s.batches; s.pages > most {
					t.Errorf("%d pages read for %d orders, at most %d", s.pages, orders, most)
				}
			})
		})
	}
}
