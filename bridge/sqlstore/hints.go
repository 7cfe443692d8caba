package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

const (
	// maxTogether is how many hints one transaction notes at most.
	maxTogether = 500
	// maxQueued is how many hints wait to be noted at most, each with a webhook that waits
	// for its answer.
	maxQueued = 10_000
	// countedFor is how long a count of a list is relied on. Other processes add to the list
	// meanwhile, so that it may exceed its limit by what they add in that time.
	countedFor = time.Second
)

var errQueue = fmt.Errorf("sqlstore: %d hints wait to be written: the database does not keep up: send it again later", maxQueued)

// hint is one that waits to be noted.
type hint struct {
	shop, list, orderID string
	err                 error      // its own, in a transaction that went well
	noted               chan error // gets what became of it, once
	gone                bool       // its caller waits no longer
}

// hintQueue are the hints that wait to be noted. A webhook is answered when its hint is on
// the disk, and waiting for the disk takes longer than writing. So what comes in while a
// transaction waits for its turn or for the disk is noted by the next one, all together.
type hintQueue struct {
	mu      sync.Mutex
	waiting []*hint            // no transaction has them yet
	callers int                // who wait for an answer
	cancel  context.CancelFunc // ends the write that is under way
	running chan struct{}      // closed when the goroutine that writes has ended; nil without one
	closed  bool               // no more are taken
	ended   bool               // those that wait are not written either

	counts map[[2]string]*counted // of the lists, by shop and name
}

// counted is how many hints a list had at a moment, and those that were added since.
type counted struct {
	n  int
	at time.Time
}

// AddHint implements [store.Hints]. Hints that are added at the same time are written in
// one transaction. A hint whose context ends while it is written may be noted.
func (s Shop) AddHint(ctx context.Context, list, orderID string) error {
	if err := s.allowed(ctx); err != nil {
		return err
	}
	for _, text := range []string{s.name, list, orderID} {
		if err := checkText(text); err != nil {
			return fmt.Errorf("sqlstore: noting a hint: %w", err)
		}
	}
	fences, err := s.db.fences(ctx)
	if err != nil {
		return err
	}
	h := &hint{shop: s.name, list: list, orderID: orderID, noted: make(chan error, 1)}
	if len(fences) == 0 {
		return s.db.hints.add(ctx, s.db, h)
	}
	return s.write(ctx, "noting a hint", func(ctx context.Context, t *tx) error { // its locks are its own
		return cmp.Or(s.db.note(ctx, t, []*hint{h}), h.err)
	})
}

// add queues a hint and waits until it is noted.
func (q *hintQueue) add(ctx context.Context, d *DB, h *hint) error {
	q.mu.Lock()
	switch {
	case q.closed:
		q.mu.Unlock()
		return errClosed
	case len(q.waiting) >= maxQueued:
		q.mu.Unlock()
		return errQueue
	}
	q.waiting = append(q.waiting, h)
	q.callers++
	if q.running == nil {
		q.running = make(chan struct{})
		go q.run(context.WithoutCancel(ctx), d) // it is not this caller's alone
	}
	q.mu.Unlock()
	var err error
	select {
	case err = <-h.noted:
	case <-ctx.Done():
		err = ctx.Err()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	h.gone = true
	if q.callers--; q.callers == 0 && q.cancel != nil {
		q.cancel() // nobody wants to know
	}
	return err
}

// run notes what waits until nothing does.
func (q *hintQueue) run(ctx context.Context, d *DB) {
	for q.round(ctx, d) {
	}
}

// round is one transaction, and reports whether more hints wait.
func (q *hintQueue) round(ctx context.Context, d *DB) (more bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	q.mu.Lock()
	q.cancel = cancel
	q.mu.Unlock()
	var batch []*hint
	err := d.unfenced(ctx, "noting hints", d.dialect.begin, nil, func(ctx context.Context, t *tx) error {
		batch = q.take(batch) // its turn has come: all that wait by now are in it
		return d.note(ctx, t, batch)
	})
	if err != nil && len(batch) > 1 && d.dialect.ofOne(err) {
		for _, h := range batch {
			h.err = d.unfenced(ctx, "noting a hint", d.dialect.begin, nil, func(ctx context.Context, t *tx) error {
				return d.note(ctx, t, []*hint{h})
			})
		}
		err = nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	switch cut := err != nil && ctx.Err() != nil; {
	case cut && !q.ended: // since nobody was left; who has come meanwhile is
		q.waiting, batch = append(batch, q.waiting...), nil
	case cut:
		err = errClosed
		fallthrough
	case err != nil && batch == nil: // they had no turn
		q.waiting, batch = nil, append(batch, q.waiting...)
	}
	for _, h := range batch {
		h.noted <- cmp.Or(err, h.err)
	}
	q.waiting = slices.DeleteFunc(q.waiting, func(h *hint) bool { return h.gone })
	if len(q.waiting) > 0 {
		return true
	}
	close(q.running)
	q.running, q.cancel = nil, nil
	return false
}

// take adds to the batch of a transaction what waits.
func (q *hintQueue) take(batch []*hint) []*hint {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), max(maxTogether-len(batch), 0))
	batch, q.waiting = append(batch, q.waiting[:n]...), slices.Clone(q.waiting[n:])
	return slices.DeleteFunc(batch, func(h *hint) bool { return h.gone })
}

// close has no more hints queued and waits until those that are have been written, but not
// longer than ctx.
func (q *hintQueue) close(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	running := q.running
	q.mu.Unlock()
	if running == nil {
		return
	}
	select {
	case <-running:
		return
	case <-ctx.Done():
	}
	q.mu.Lock()
	q.ended = true
	if q.cancel != nil {
		q.cancel()
	}
	q.mu.Unlock()
	<-running
}

// note writes hints in a transaction. Those whose list is full get their error; the
// transaction goes on.
func (d *DB) note(ctx context.Context, t *tx, hints []*hint) error {
	lists := map[[2]string][]*hint{}
	var order [][2]string
	for _, h := range hints {
		h.err = nil
		list := [2]string{h.shop, h.list}
		if lists[list] == nil {
			order = append(order, list)
		}
		lists[list] = append(lists[list], h)
	}
	if !d.dialect.numbered { // PostgreSQL has a sequence for it, at which nobody waits
		if _, err := t.count(ctx, "", "hint", 1); err != nil {
			return err
		}
	}
	// Who writes the same rows in the same order waits, and deadlocks with nobody.
	slices.SortFunc(order, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	for _, list := range order {
		ids, err := d.withRoom(ctx, t, list, lists[list])
		if err != nil {
			return err
		}
		// The number is taken when the row is the transaction's own: it grows with each.
		if _, err := t.exec(ctx, `INSERT INTO lb_hints (shop, list, order_id, first, version) SELECT ?, ?, value, {next hint}, {next hint} FROM {each} WHERE true
			ON CONFLICT (shop, list, order_id) DO UPDATE SET version = {next hint}`, list[0], list[1], ids); err != nil {
			return err
		}
	}
	return nil
}

// withRoom are the orders of hints that a list has room for: those that it has already,
// and new ones up to its limit. The other hints get their error.
func (d *DB) withRoom(ctx context.Context, t *tx, list [2]string, hints []*hint) ([]string, error) {
	ids := make([]string, len(hints))
	for i, h := range hints {
		ids[i] = h.orderID
	}
	ids = unique(ids)
	limit := d.config.HintLimit
	if d.hints.reserve(list, len(ids), limit) {
		return ids, nil // as if all were new
	}
	var n int
	if err := t.row(ctx, `SELECT count(*) FROM (SELECT 1 FROM lb_hints WHERE shop = ? AND list = ? LIMIT ?) AS noted`, []any{&n}, list[0], list[1], limit); err != nil {
		return nil, err
	}
	d.hints.counted(list, n)
	if d.hints.reserve(list, len(ids), limit) {
		return ids, nil
	}
	known := map[string]bool{}
	if err := t.query(ctx, `SELECT order_id FROM lb_hints WHERE shop = ? AND list = ? AND order_id {in}`, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		known[id] = true
		return err
	}, list[0], list[1], ids); err != nil {
		return nil, err
	}
	for _, h := range hints { // those that came first, first
		switch {
		case known[h.orderID]:
		case n < limit:
			n++
			known[h.orderID] = true
		default:
			h.err = fmt.Errorf("sqlstore: noting a hint: %w", store.ErrTooManyHints)
		}
	}
	d.hints.counted(list, n)
	return slices.DeleteFunc(ids, func(id string) bool { return !known[id] }), nil
}

// reserve counts hints that are added to a list, unless they may be too many, or the list
// was not counted lately.
func (q *hintQueue) reserve(list [2]string, n, limit int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	c, ok := q.counts[list]
	if !ok || time.Since(c.at) > countedFor || c.n+n > limit {
		return false
	}
	c.n += n
	return true
}

// counted notes how many hints a list has.
func (q *hintQueue) counted(list [2]string, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.counts == nil {
		q.counts = map[[2]string]*counted{}
	}
	q.counts[list] = &counted{n, time.Now()}
}

// Hints implements [store.Hints].
func (s Shop) Hints(ctx context.Context, list string) (hints []store.Hint, err error) {
	err = s.read(ctx, "reading hints", func(t *tx) error {
		hints = nil
		return t.query(ctx, `SELECT order_id, version FROM lb_hints WHERE shop = ? AND list = ? ORDER BY first, order_id`, func(rows *sql.Rows) error {
			var h store.Hint
			err := rows.Scan(&h.OrderID, &h.Version)
			hints = append(hints, h)
			return err
		}, s.name, list)
	})
	return hints, err
}

// DropHints implements [store.Hints].
func (s Shop) DropHints(ctx context.Context, list string, hints ...store.Hint) error {
	if len(hints) == 0 {
		return s.allowed(ctx)
	}
	dropped := make(map[string][]int64, len(hints))
	var ids []string
	for _, h := range hints {
		dropped[h.OrderID] = append(dropped[h.OrderID], h.Version)
	}
	for id := range dropped {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return s.write(ctx, "dropping hints", func(ctx context.Context, t *tx) error {
		var gone []string
		lock := ""
		if s.db.dialect.numbered {
			lock = ` ORDER BY order_id FOR UPDATE`
		}
		err := t.query(ctx, `SELECT order_id, version FROM lb_hints WHERE shop = ? AND list = ? AND order_id {in}`+lock, func(rows *sql.Rows) error {
			var h store.Hint
			if err := rows.Scan(&h.OrderID, &h.Version); err != nil {
				return err
			}
			if slices.Contains(dropped[h.OrderID], h.Version) {
				gone = append(gone, h.OrderID)
			}
			return nil
		}, s.name, list, ids)
		if err != nil || len(gone) == 0 {
			return err
		}
		_, err = t.exec(ctx, `DELETE FROM lb_hints WHERE shop = ? AND list = ? AND order_id {in}`, s.name, list, gone)
		return err
	})
}
