package printing

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// together has one call answer all that come within a moment.
type together[T any] struct {
	// wait is how long the first waits for others, within how long the call may take.
	wait, within time.Duration
	// call answers for ids. Answers beside an error stand.
	call func(ctx context.Context, ids []string) ([]T, error)

	mu   sync.Mutex
	open *round[T] // that may still be joined
}

// round are questions that are answered together.
type round[T any] struct {
	asked []*question[T]
	ids   int
	done  chan struct{}
}

type question[T any] struct {
	ids     []string
	answers []T // to all questions that were asked together
	err     error
}

// mostTogether is how many ids a call has at most: as many as one permit call takes.
const mostTogether = 50

// ask returns the answers, with those of others among them. The first of a round makes
// the call, whether or not its caller still waits: others rely on it.
func (t *together[T]) ask(ctx context.Context, ids []string) ([]T, error) {
	q := &question[T]{ids: ids}
	t.mu.Lock()
	r, first := t.open, false
	if r == nil || r.ids+len(ids) > mostTogether {
		r, first = &round[T]{done: make(chan struct{})}, true
		t.open = r
	}
	r.asked, r.ids = append(r.asked, q), r.ids+len(ids)
	t.mu.Unlock()
	if first {
		time.Sleep(t.wait)
		t.mu.Lock()
		if t.open == r {
			t.open = nil
		}
		t.mu.Unlock()
		t.answer(ctx, r)
		close(r.done)
		return q.answers, q.err
	}
	select {
	case <-r.done:
		return q.answers, q.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// answer makes the call, and further ones if one of the questions makes it fail.
func (t *together[T]) answer(ctx context.Context, r *round[T]) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.within)
	defer cancel()
	answered := map[*question[T]]bool{}
	tally := part.Tally{Failed: part.MaxStrikes - 8} // enough to find one of fifty
	err := part.Isolate(ctx, r.asked, &tally, func(some []*question[T]) error {
		var ids []string
		for _, q := range some {
			ids = append(ids, q.ids...)
		}
		slices.Sort(ids)
		answers, err := t.call(ctx, slices.Compact(ids))
		if err != nil && len(answers) == 0 {
			return err
		}
		for _, q := range some {
			q.answers, q.err, answered[q] = answers, err, true
		}
		return nil
	}, func(q *question[T], err error) { q.err, answered[q] = err, true })
	for _, q := range r.asked {
		if !answered[q] {
			q.err = err
		}
	}
}

// sharedGate asks for the permits of several presses with one call. Each of them waits
// for it under the lock of its order.
type sharedGate struct{ *together[bridge.Permit] }

func (g sharedGate) Check(ctx context.Context, orderIDs ...string) ([]bridge.Permit, error) {
	answers, err := g.ask(ctx, orderIDs)
	var permits []bridge.Permit
	for _, id := range orderIDs {
		if i := slices.IndexFunc(answers, func(p bridge.Permit) bool { return p.OrderID == id }); i >= 0 {
			permits = append(permits, answers[i])
		}
	}
	return permits, err
}

// sharedReader reads the orders of several presses with one call.
type sharedReader struct {
	*together[bridge.WarehouseOrder]
}

func (r sharedReader) ReadOrders(ctx context.Context, ids []string) ([]bridge.WarehouseOrder, error) {
	answers, err := r.ask(ctx, ids)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(answers), func(w bridge.WarehouseOrder) bool { return !slices.Contains(ids, w.ID) }), nil
}
