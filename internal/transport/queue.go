package transport

import (
	"container/list"
	"context"
	"time"
)

// level is how urgent a call is.
type level int

const (
	urgent level = iota
	normal       // not marked
	bulk
	levels
)

// share is how many calls go for one of a level that keeps being overtaken: with
// 5 a level has one call in five, however many more urgent ones come.
const share = 5

type levelKey struct{}

// Urgent marks the calls made with the returned context: they overtake all
// others that wait for the same limit. The mark replaces an earlier one.
func Urgent(ctx context.Context) context.Context { return context.WithValue(ctx, levelKey{}, urgent) }

// Bulk marks the calls made with the returned context: all others overtake them,
// but for a share of one in five that bulk calls keep.
func Bulk(ctx context.Context) context.Context { return context.WithValue(ctx, levelKey{}, bulk) }

// Urgency tells the mark of ctx: 1 for urgent, 0 for none, -1 for bulk.
func Urgency(ctx context.Context) int { return int(normal - urgencyOf(ctx)) }

func urgencyOf(ctx context.Context) level {
	if l, ok := ctx.Value(levelKey{}).(level); ok {
		return l
	}
	return normal
}

// turns decides which level is next.
type turns struct {
	waiting [levels]int
	passed  [levels]int // calls of other levels in a row, while one waited
	total   int
}

func (t *turns) none() bool { return t.total == 0 }

func (t *turns) add(l level) {
	t.waiting[l]++
	t.total++
}

func (t *turns) drop(l level) {
	t.waiting[l]--
	t.total--
	if t.waiting[l] == 0 {
		t.passed[l] = 0
	}
}

// take counts out the next call and returns its level: the most urgent that
// waits, or the least urgent whose share is due.
func (t *turns) take() level {
	next := levels
	for l := bulk; l >= urgent; l-- {
		if t.waiting[l] == 0 {
			continue
		}
		next = l
		if t.passed[l] >= share-1 {
			break
		}
	}
	for l := range t.passed {
		if t.waiting[l] > 0 {
			t.passed[l]++
		}
	}
	t.passed[next] = 0
	t.drop(next)
	return next
}

// ahead counts the calls that go before one of level l that comes now, if no
// other comes.
func (t turns) ahead(l level) int {
	if t.waiting[l] == t.total {
		return t.total
	}
	t.add(l) // t is a copy
	for n := 0; ; n++ {
		if t.take() == l && t.waiting[l] == 0 {
			return n
		}
	}
}

// waiter is a call that waits for its turn.
type waiter struct {
	level       level
	deadline    time.Time
	hasDeadline bool
	queue       *list.Element // nil once it has left the queue
	err         error         // set before ready is closed
	ready       chan struct{}
}

// queues are the calls that wait under one key.
type queues struct {
	turns   turns
	waiters [levels]list.List
}

func (q *queues) push(w *waiter) {
	w.queue = q.waiters[w.level].PushBack(w)
	q.turns.add(w.level)
}

// remove takes w out without its turn having come.
func (q *queues) remove(w *waiter) {
	q.waiters[w.level].Remove(w.queue)
	w.queue = nil
	q.turns.drop(w.level)
}

// pop lets the next waiter go.
func (q *queues) pop() {
	l := &q.waiters[q.turns.take()]
	w := l.Remove(l.Front()).(*waiter)
	w.queue = nil
	close(w.ready)
}

// expel ends the wait of those for whom refuse, told how many go before, returns
// an error.
func (q *queues) expel(refuse func(w *waiter, ahead int) error) {
	var next [levels]*list.Element
	for l := range next {
		next[l] = q.waiters[l].Front()
	}
	ahead := 0
	for t := q.turns; !t.none(); {
		l := t.take()
		w := next[l].Value.(*waiter)
		next[l] = next[l].Next()
		if w.err = refuse(w, ahead); w.err == nil {
			ahead++
			continue
		}
		q.remove(w)
		close(w.ready)
	}
}
