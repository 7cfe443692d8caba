package bridge_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	diffs "github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// slowImport is a shop whose orders take long to import: a minute a batch, unless said. It notes how
// long after the start each order was reserved, as what it was handed on, and how often it
// was read by its id.
type slowImport struct {
	store.Shop

	start time.Time
	takes time.Duration // a batch

	mu       sync.Mutex
	orders   []bridge.Order
	read     map[string]int
	reserved map[string]time.Duration
	handedOn map[string][]bridge.OrderStatus
	left     map[string]bool // orders that Reserve does not vouch for
	seen     []time.Duration // when the ledger was told
	refuse   string          // an order that makes the calls fail that ask for it
	reserve  func()
	handle   func([]bridge.Order) error // begins a batch
	revisits store.Revisits             // its own unless set
}

func newSlowImport() *slowImport {
	return &slowImport{
		Shop: new(store.Memory).Shop("shop"), start: time.Now(), takes: time.Minute,
		read: map[string]int{}, reserved: map[string]time.Duration{}, handedOn: map[string][]bridge.OrderStatus{}, left: map[string]bool{},
	}
}

func (s *slowImport) place(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().UTC()
	for _, id := range ids {
		s.orders = append(s.orders, bridge.Order{ID: id, Status: bridge.AwaitingShipment, CreatedAt: now, UpdatedAt: now, Lines: []bridge.OrderLine{{ID: id}}})
	}
}

func (s *slowImport) OrdersUpdated(_ context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		s.mu.Lock()
		list := slices.DeleteFunc(slices.Clone(s.orders), func(o bridge.Order) bool { return o.UpdatedAt.Before(from) || !o.UpdatedAt.Before(to) })
		s.mu.Unlock()
		for _, o := range list {
			o.ReadAt = time.Now()
			if !yield(o, nil) {
				return
			}
		}
	}
}

func (s *slowImport) OrdersByID(_ context.Context, ids []string) (list []bridge.Order, err error) {
	time.Sleep(time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(ids, s.refuse) {
		return nil, errors.New("ids is invalid")
	}
	for _, o := range s.orders {
		if slices.Contains(ids, o.ID) {
			s.read[o.ID]++
			list = append(list, o)
		}
	}
	return list, nil
}

func (s *slowImport) Reserve(_ context.Context, orders ...bridge.Order) (left []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reserve != nil {
		s.reserve()
	}
	for _, o := range orders {
		if s.left[o.ID] {
			left = append(left, o.ID)
		} else if _, have := s.reserved[o.ID]; !have {
			s.reserved[o.ID] = time.Since(s.start)
		}
	}
	return left, nil
}

func (s *slowImport) SetSeenUpTo(context.Context, time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, time.Since(s.start))
	return nil
}

func (s *slowImport) intake(t *testing.T) *bridge.Intake {
	t.Helper()
	return s.intakeWith(t, bridge.IntakeOptions{})
}

func (s *slowImport) intakeWith(t *testing.T, o bridge.IntakeOptions) *bridge.Intake {
	t.Helper()
	return s.intakeOf(t, s, o)
}

func (s *slowImport) intakeOf(t *testing.T, orders bridge.OrderSource, o bridge.IntakeOptions) *bridge.Intake {
	t.Helper()
	o.SweepEvery = -1
	in, err := bridge.NewIntake(bridge.IntakePorts{
		Orders: orders, Ledger: s, Reserve: s.Reserve,
		Handle: func(ctx context.Context, orders []bridge.Order) (results bridge.OrderResults, _ error) {
			if s.handle != nil {
				if err := s.handle(orders); err != nil {
					return nil, err
				}
			}
			select {
			case <-time.After(s.takes):
			case <-ctx.Done():
				return nil, ctx.Err()
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, o := range orders {
				s.handedOn[o.ID] = append(s.handedOn[o.ID], o.Status)
				results = append(results, bridge.OrderResult{OrderID: o.ID, Outcome: bridge.OutcomeCreated})
			}
			return results, nil
		},
		Cursors: s, Hints: s, Revisits: cmp.Or[store.Revisits](s.revisits, s), Locks: s.Shop, Exceptions: new(exceptions.Memory).Shop("shop"),
	}, o)
	must(t, err)
	return in
}

// What is hinted at while a run imports is reserved within seconds, and read once all in
// all: by the process that was told, and by one that was not.
func TestIntakeReservesBesideTheImport(t *testing.T) {
	for name, within := range map[string]time.Duration{"told": 2 * time.Second, "told another process": 7 * time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlowImport()
				in := s.intake(t)
				tell := in
				if name != "told" {
					tell = s.intake(t)
				}
				s.place("1")
				must(t, tell.Hint(t.Context(), "1"))
				done := make(chan bridge.IntakeResult)
				go func() { done <- runIntake(t, in) }()
				for i := range 3 {
					time.Sleep(10 * time.Second)
					id := fmt.Sprint("beside-", i)
					s.place(id)
					hinted := time.Since(s.start)
					must(t, tell.Hint(t.Context(), id))
					time.Sleep(within)
					s.mu.Lock()
					if at, have := s.reserved[id]; !have || at-hinted > within {
						t.Errorf("%s was hinted at after %v and reserved after %v, %v", id, hinted, at, have)
					}
					s.mu.Unlock()
				}
				<-done
				s.reserved = map[string]time.Duration{}
				runIntake(t, in)
				if diff := diffs.Diff(map[string]int{"1": 1, "beside-0": 1, "beside-1": 1, "beside-2": 1}, s.read); diff != "" {
					t.Errorf("readings by id (-want +got):\n%s", diff)
				}
				if len(s.handedOn) != 4 {
					t.Errorf("handed on: %v, want all 4", s.handedOn)
				}
			})
		})
	}
}

// A hint is followed by the run that begins with it, and by nobody else: in the common
// case no call is made twice.
func TestIntakeReadsAHintedOrderOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		s.takes = 2 * time.Second
		in := s.intake(t)
		for i := range 5 {
			id := fmt.Sprint(i)
			s.place(id)
			must(t, in.Hint(t.Context(), id))
			runIntake(t, in)
			if s.read[id] != 1 {
				t.Errorf("order %s was read %d times, want once", id, s.read[id])
			}
		}
		if len(s.reserved) > 0 {
			t.Errorf("reserved beside the handler: %v, want none: it reserves what it is handed", s.reserved)
		}
	})
}

// What was read beside a run and has changed since is read again if somebody says so.
func TestIntakeReadsAgainWhatIsHintedAtAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		in := s.intake(t)
		s.place("1")
		must(t, in.Hint(t.Context(), "1"))
		done := make(chan bridge.IntakeResult)
		go func() { done <- runIntake(t, in) }()
		time.Sleep(10 * time.Second)
		s.place("0")
		time.Sleep(time.Minute) // the list was read, and order 0 is at work
		s.place("2")
		must(t, in.Hint(t.Context(), "2"))
		<-done
		s.orders[2].Status, s.orders[2].UpdatedAt = bridge.Cancelled, time.Now().UTC()
		must(t, in.Hint(t.Context(), "2"))
		runIntake(t, in)
		if diff := diffs.Diff([]bridge.OrderStatus{bridge.Cancelled}, s.handedOn["2"]); diff != "" {
			t.Errorf("order 2 was handed on (-want +got):\n%s", diff)
		}
	})
}

// What no hint tells of is found by a run that takes long, and orders that cannot be read
// keep nobody from being reserved.
func TestIntakeReservesBesideWithoutHints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		in := s.intake(t)
		s.place("1")
		must(t, in.Hint(t.Context(), "1"))
		done := make(chan bridge.IntakeResult)
		go func() { done <- runIntake(t, in) }()
		time.Sleep(20 * time.Second)
		s.place("silent")
		s.place("told")
		s.mu.Lock()
		s.refuse = "poison"
		s.mu.Unlock()
		must(t, in.Hint(t.Context(), "poison"))
		must(t, in.Hint(t.Context(), "told"))
		time.Sleep(20 * time.Second)
		s.mu.Lock()
		for _, id := range []string{"silent", "told"} {
			if _, have := s.reserved[id]; !have {
				t.Errorf("%s is not reserved after 20 s: %v", id, s.reserved)
			}
		}
		s.mu.Unlock()
		<-done
	})
}

// All that a poll lists is reserved while its first batch is imported, and the ledger
// learns that it has every order as soon as that is so; not if one of them is not vouched
// for. With 700 orders an import takes four minutes.
func TestIntakeReservesWhatItHasListed(t *testing.T) {
	for name, tc := range map[string]struct {
		left string
		want []time.Duration
	}{
		"all":             {"", []time.Duration{0, 4 * time.Minute}},
		"one is not seen": {"o-650", []time.Duration{4 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSlowImport()
				in := s.intake(t)
				for i := range 700 {
					s.place(fmt.Sprint("o-", i))
				}
				s.left[tc.left] = true
				r := runIntake(t, in)
				if !r.Complete() || r.Polled != 700 || len(s.handedOn) != 700 {
					t.Errorf("%d polled, %d handed on, complete: %v", r.Polled, len(s.handedOn), r.Complete())
				}
				for id, at := range s.reserved {
					if at > 0 {
						t.Errorf("%s was reserved after %v, want before the first batch is imported", id, at)
					}
				}
				if want := 700 - len(s.left); tc.left == "" && len(s.reserved) != 700 || tc.left != "" && len(s.reserved) != want {
					t.Errorf("%d were reserved", len(s.reserved))
				}
				if diff := diffs.Diff(tc.want, s.seen); diff != "" {
					t.Errorf("the ledger was told after (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A run that is stopped, or whose reserving panics, ends whole: no goroutine goes on, and
// a panic is an error of the run.
func TestIntakeEndsWhatGoesOnBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		in := s.intake(t)
		for i := range 900 {
			s.place(fmt.Sprint("o-", i))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 70*time.Second)
		defer cancel()
		if _, err := in.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the end of the context", err)
		}
		s.reserve = func() { panic("ada@example.com") }
		for name, begin := range map[string]func(){
			"hint": func() { must(t, in.Hint(t.Context(), "o-1")) },
			"poll": func() {},
		} {
			begin()
			_, err := in.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "panicked") || strings.Contains(err.Error(), "ada") {
				t.Errorf("%s: got %v, want that it panicked, without what was thrown", name, err)
			}
		}
	})
}

// What a run hands on from a list, and what hints tell of as it is, nobody reads once more
// when the run is over: neither this process nor another one. What has changed since it was
// handed on, and what could not be read, is.
func TestIntakeFollowsNoHintOfWhatItHasHandedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlowImport()
		in, webhooks := s.intake(t), s.intake(t)
		s.place("same", "changed", "hinted twice", "not hinted at")
		done := make(chan bridge.IntakeResult)
		go func() { done <- runIntake(t, in) }()
		time.Sleep(time.Second) // the list is read
		s.mu.Lock()
		s.orders[1].Status, s.orders[1].UpdatedAt = bridge.Cancelled, time.Now().UTC()
		s.mu.Unlock()
		hint := func(ids ...string) {
			for _, id := range ids {
				must(t, webhooks.Hint(t.Context(), id))
			}
		}
		hint("same", "changed", "hinted twice")
		time.Sleep(50 * time.Second)
		hint("hinted twice") // and not looked at before the run ends
		time.Sleep(5 * time.Second)
		<-done
		left, err := s.Hints(t.Context(), "orders")
		must(t, err)
		var ids []string
		for _, h := range left {
			ids = append(ids, h.OrderID)
		}
		slices.Sort(ids)
		if diff := diffs.Diff([]string{"changed"}, ids); diff != "" {
			t.Errorf("hints that wait after the run (-want +got):\n%s", diff)
		}
		s.read = map[string]int{}
		runIntake(t, webhooks)
		if diff := diffs.Diff(map[string]int{"changed": 1}, s.read); diff != "" {
			t.Errorf("the next process reads (-want +got):\n%s", diff)
		}
		if diff := diffs.Diff([]bridge.OrderStatus{bridge.AwaitingShipment, bridge.Cancelled}, s.handedOn["changed"]); diff != "" {
			t.Errorf("what has changed was handed on (-want +got):\n%s", diff)
		}
	})
}
