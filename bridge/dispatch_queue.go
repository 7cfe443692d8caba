package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// DispatchSource lists the warehouse's orders that may have to be dispatched.
// Orders that were cancelled, or sent again, are left out or say so.
type DispatchSource interface {
	// OrdersChanged yields the orders that changed at or after from, open and
	// processed. It ends at the first error. Those that others made are left out, or
	// say so, see [WarehouseOrder.Foreign].
	OrdersChanged(ctx context.Context, from time.Time) iter.Seq2[WarehouseOrder, error]
	// OrdersToDispatch returns the orders that were processed since, and all that
	// are open and free to pick: another way to the same orders.
	OrdersToDispatch(ctx context.Context, since time.Time) ([]WarehouseOrder, error)
}

// OrderDispatcher works through orders of the warehouse. A [Dispatcher] is one.
type OrderDispatcher interface {
	Dispatch(ctx context.Context, orders ...WarehouseOrder) (OrderResults, error)
}

// DispatchQueuePorts are what a [DispatchQueue] works on.
type DispatchQueuePorts struct {
	Dispatcher OrderDispatcher
	Source     DispatchSource
	// Reader reads the orders again that are kept to be tried again.
	Reader     WarehouseReader
	Cursors    store.Cursors
	Revisits   store.Revisits
	Locks      store.Locks
	Exceptions exceptions.Queue
	// Foreign is optional: it is told the orders of each list that others made, none
	// perhaps, which are not dispatched. See [Importer.NoteForeign].
	Foreign func(ctx context.Context, orders []WarehouseOrder) error
}

// DispatchQueueOptions configure a [DispatchQueue]. Zero values take the defaults.
type DispatchQueueOptions struct {
	// Name distinguishes the queues of several shops that share stores and locks.
	// Default "dispatch".
	Name string
	// Overlap is how far a poll goes back before the watermark, because lists lag
	// and clocks differ. Default 15 minutes, at least one.
	Overlap time.Duration
	// FirstWindow is how far the first poll and the first sweep go back. Default 48
	// hours.
	FirstWindow time.Duration
	// RetryAfter is the wait after an order could not be dispatched first; it
	// doubles with every failure up to RetryMax. Defaults one and 15 minutes.
	RetryAfter, RetryMax time.Duration
	// Levels say how severe it is that an order waits when its deadline comes near.
	// Default [DefaultDeadlineLevels].
	Levels []DeadlineLevel
	// SweepEvery is the time from one sweep to the next: everything processed
	// since the last one and all open orders, by the other way. Default 12 hours.
	// Negative: no sweep.
	SweepEvery time.Duration
	// KeepFor is how long an order is tried again after its deadline, or since it was
	// tried first if it has none. Default seven days.
	KeepFor time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// DispatchQueue finds the warehouse orders that have to be dispatched, hands them
// to a [Dispatcher], the most pressing first, and keeps those that could not be
// dispatched until they are. The watermark moves when everything that was listed
// has been handed on, and what failed is kept by then: nothing is left behind,
// and nothing holds up the others. An order that waits becomes an exception
// before its deadline, more severe as it comes near, or when it has failed twenty times,
// and one that was raised is tried by the next run once its case is resolved.
type DispatchQueue struct {
	ports   DispatchQueuePorts
	options DispatchQueueOptions
	timings health.Timings
}

// NewDispatchQueue returns a DispatchQueue, or an error that names every missing
// port or the option that is wrong. All ports but Foreign are required.
func NewDispatchQueue(p DispatchQueuePorts, o DispatchQueueOptions) (*DispatchQueue, error) {
	need := map[string]any{
		"Dispatcher": p.Dispatcher, "Source": p.Source, "Reader": p.Reader, "Cursors": p.Cursors, "Revisits": p.Revisits, "Locks": p.Locks, "Exceptions": p.Exceptions,
	}
	if err := part.Required("bridge: NewDispatchQueue", need); err != nil {
		return nil, err
	}
	durations := map[string]time.Duration{
		"Overlap": o.Overlap, "FirstWindow": o.FirstWindow, "RetryAfter": o.RetryAfter, "RetryMax": o.RetryMax, "KeepFor": o.KeepFor,
	}
	for _, name := range slices.Sorted(maps.Keys(durations)) { // with two, always the same
		if d := durations[name]; d < 0 {
			return nil, fmt.Errorf("bridge: NewDispatchQueue: %s is negative: %v", name, d)
		}
	}
	if o.Overlap > 0 && o.Overlap < time.Minute {
		return nil, fmt.Errorf("bridge: NewDispatchQueue: Overlap %v is less than a minute: lists lag, and clocks differ", o.Overlap)
	}
	var err error
	if o.Levels, err = checkLevels(o.Levels); err != nil {
		return nil, fmt.Errorf("bridge: NewDispatchQueue: %w", err)
	}
	o.Name = cmp.Or(o.Name, "dispatch")
	o.Overlap = cmp.Or(o.Overlap, 15*time.Minute)
	o.FirstWindow = cmp.Or(o.FirstWindow, 48*time.Hour)
	o.RetryAfter = cmp.Or(o.RetryAfter, retryFirst)
	o.RetryMax = max(o.RetryAfter, cmp.Or(o.RetryMax, retryMost))
	o.SweepEvery = cmp.Or(o.SweepEvery, 12*time.Hour)
	o.KeepFor = cmp.Or(o.KeepFor, keepTrying)
	o.Now = part.Clock(o.Now)
	return &DispatchQueue{ports: p, options: o}, nil
}

// Health returns how the runs went, and how many orders wait.
func (q *DispatchQueue) Health() health.Flow { return q.timings.Health() }

// DispatchReport is what a run of a [DispatchQueue] did.
type DispatchReport struct {
	// From is where the poll began.
	From time.Time
	// Watermark is how far everything was handed on.
	Watermark time.Time
	// Listed orders were in the lists; Unchanged ones had been handled before, or
	// are nothing to dispatch.
	Listed, Unchanged int
	// Retried orders were kept from earlier runs.
	Retried int
	// Swept reports whether the sweep was due.
	Swept bool
	// Fallback says why the poll was replaced by the other way; empty if it was not.
	Fallback string
	// Results is what became of the orders handed on.
	Results OrderResults
	// Waiting is how many orders are kept, NextDue when the first is tried again.
	Waiting int
	NextDue time.Time
}

// MarshalJSON returns the report for programs.
func (r DispatchReport) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is a summary, and a line for every order that was not dispatched.
func (r DispatchReport) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d orders listed since %s, %d of them as before; %d tried again; %d handed on; %d wait",
		r.Listed, r.From.UTC().Format("2006-01-02 15:04:05"), r.Unchanged, r.Retried, len(r.Results), r.Waiting)
	if !r.NextDue.IsZero() {
		b.WriteString(", the next at " + r.NextDue.UTC().Format("2006-01-02 15:04:05"))
	}
	if r.Fallback != "" {
		b.WriteString("; read by the other way, because: " + r.Fallback)
	}
	b.WriteByte('\n')
	for _, o := range r.Results {
		if waits(o) {
			b.WriteString(OrderResults{o}.String())
		}
	}
	return b.String()
}

// tellOfDispatch is the try, after about four hours, at which a person is told of an order
// that fails, although its deadline is far or unknown. It is not sooner, because in an
// outage of the shop every parcel of the day would become a case.
const tellOfDispatch = 20

// waits reports whether an order has to be tried again.
func waits(r OrderResult) bool {
	return r.Outcome == OutcomeFailed || r.Outcome == OutcomeRaised || r.Outcome == OutcomeHeld
}

// Run dispatches what there is to dispatch. Runs of one name follow one another.
//
// An order that failed is in the report, kept, and in the error, an [OrdersError] that
// holds up nothing. Any other error says that the run could not do all of its work, and
// that the next one has to.
func (q *DispatchQueue) Run(ctx context.Context) (report DispatchReport, err error) {
	start := q.options.Now()
	defer func() { q.timings.Done(start, q.options.Now(), err) }()
	ctx, unlock, err := q.ports.Locks.Lock(ctx, "dispatch/"+q.options.Name)
	if err != nil {
		return report, fmt.Errorf("bridge: dispatch queue: %w", err)
	}
	defer unlock()
	r := &queueRun{DispatchQueue: q, begun: start.UTC(), handled: map[string]bool{}, waiting: worklist{port: q.ports.Revisits, name: q.options.Name, patience: patience{
		first: q.options.RetryAfter, most: q.options.RetryMax, tellAfter: tellOfDispatch, levels: q.options.Levels, keep: q.options.KeepFor,
	}}}
	if err = r.load(ctx); err == nil {
		err = errors.Join(r.retry(ctx), r.poll(ctx))
	}
	r.report.Watermark, r.report.Waiting = r.cursor.Watermark, len(r.waiting.entries)
	next, oldest := r.waiting.next()
	r.report.NextDue = next
	q.timings.Waiting(len(r.waiting.entries), oldest)
	if err = errors.Join(err, r.report.Results.Err()); err != nil {
		return r.report, fmt.Errorf("bridge: dispatch queue: %w", err)
	}
	return r.report, nil
}

// queueRun is one call of Run.
type queueRun struct {
	*DispatchQueue
	begun   time.Time
	cursor  store.Cursor
	sweep   store.Cursor // when the last sweep began
	waiting worklist
	handled map[string]bool // in this run
	report  DispatchReport
}

func (r *queueRun) load(ctx context.Context) (err error) {
	if r.cursor, err = r.ports.Cursors.Cursor(ctx, r.options.Name); err != nil {
		return fmt.Errorf("reading the watermark: %w", err)
	}
	if r.sweep, err = r.ports.Cursors.Cursor(ctx, r.options.Name+"/sweep"); err != nil {
		return fmt.Errorf("reading when the last sweep was: %w", err)
	}
	if err := r.waiting.load(ctx); err != nil {
		return err
	}
	if err := r.waiting.resolved(ctx, r.ports.Exceptions, r.begun); err != nil {
		return err
	}
	if r.cursor.Seen == nil {
		r.cursor.Seen = map[string]store.Mark{}
	}
	first := r.cursor.Watermark.IsZero()
	r.cursor.Watermark = r.watermark(r.cursor, r.begun)
	if first {
		// Stored before the first poll, so that one that fails does not begin later
		// the next time.
		return r.saveCursor(ctx)
	}
	if r.sweep.Watermark.After(r.begun) {
		r.sweep = store.Cursor{} // it is due, and goes back as far as the first
	}
	return nil
}

// watermark is the moment that a poll goes back to, but for the overlap.
func (q *DispatchQueue) watermark(stored store.Cursor, now time.Time) time.Time {
	// A watermark in the future means that the clock was set back: what changed
	// between then and now may not have been listed.
	switch ahead := stored.Watermark.Sub(now); {
	case stored.Watermark.IsZero(), ahead > q.options.Overlap:
		return now.Add(-q.options.FirstWindow)
	case ahead > 0:
		return now
	}
	return stored.Watermark
}

// foreign are the orders that others have made or changed since the last run, or in the
// first window.
func (q *DispatchQueue) foreign(ctx context.Context) (foreign []WarehouseOrder, err error) {
	cursor, err := q.ports.Cursors.Cursor(ctx, q.options.Name)
	if err != nil {
		return nil, fmt.Errorf("reading the watermark: %w", err)
	}
	from := q.watermark(cursor, q.options.Now().UTC())
	for w, err := range q.ports.Source.OrdersChanged(ctx, from.Add(-q.options.Overlap)) {
		if err != nil {
			return nil, fmt.Errorf("listing the warehouse's orders: %w", err)
		}
		if w.Foreign != "" {
			foreign = append(foreign, w)
		}
	}
	return foreign, nil
}

func (r *queueRun) saveCursor(ctx context.Context) error {
	if err := r.ports.Cursors.SetCursor(ctx, r.options.Name, r.cursor); err != nil {
		return fmt.Errorf("storing the watermark: %w", err)
	}
	return nil
}

// retry hands on the orders that are kept and due.
func (r *queueRun) retry(ctx context.Context) error {
	ids := r.waiting.due(r.begun)
	if len(ids) == 0 {
		return nil
	}
	found, err := r.ports.Reader.ReadOrders(ctx, ids)
	if err != nil {
		return fmt.Errorf("reading the orders that wait: %w", err)
	}
	r.report.Retried = len(ids)
	left := map[string]bool{}
	for _, w := range found {
		left[w.ID] = true
	}
	// Split or merged orders come back as others, with the poll.
	gone := slices.DeleteFunc(ids, func(id string) bool { return left[id] })
	if err := r.waiting.drop(ctx, gone...); err != nil {
		return err
	}
	return r.hand(ctx, found)
}

// poll hands on what changed since the watermark, and what the sweep finds.
func (r *queueRun) poll(ctx context.Context) error {
	r.report.From = r.cursor.Watermark.Add(-r.options.Overlap)
	listed, err := r.list(ctx)
	if err != nil {
		return err
	}
	r.report.Swept = r.options.SweepEvery > 0 && r.begun.Sub(r.sweep.Watermark) >= r.options.SweepEvery
	if r.report.Swept {
		since := r.begun.Add(-r.options.FirstWindow)
		if !r.sweep.Watermark.IsZero() {
			since = r.sweep.Watermark.Add(-r.options.Overlap)
		}
		swept, err := r.ports.Source.OrdersToDispatch(ctx, since)
		if err != nil {
			return fmt.Errorf("sweeping: %w", err)
		}
		listed = append(listed, swept...)
	}
	var news, foreign []WarehouseOrder
	inWindow := map[string]bool{}
	for _, w := range listed {
		if w.Foreign != "" {
			foreign = append(foreign, w)
			continue
		}
		if inWindow[w.ID] {
			continue
		}
		inWindow[w.ID] = true
		r.report.Listed++
		if r.worth(w) {
			news = append(news, w)
		} else {
			r.report.Unchanged++
		}
	}
	if err := r.hand(ctx, news); err != nil {
		return err
	}
	if r.ports.Foreign != nil && (len(foreign) > 0 || r.report.Fallback == "") { // the other way lists none
		if err := r.ports.Foreign(ctx, foreign); err != nil {
			return fmt.Errorf("telling of orders that others made: %w", err)
		}
	}
	maps.DeleteFunc(r.cursor.Seen, func(id string, _ store.Mark) bool { return !inWindow[id] })
	r.cursor.Watermark = r.begun
	if err := r.saveCursor(ctx); err != nil || !r.report.Swept {
		return err
	}
	r.sweep = store.Cursor{Watermark: r.begun}
	if err := r.ports.Cursors.SetCursor(ctx, r.options.Name+"/sweep", r.sweep); err != nil {
		return fmt.Errorf("storing when the sweep was: %w", err)
	}
	return nil
}

// list is everything that changed since the watermark, by the other way if the
// first is not to be had. It is read to its end before anything is done: pages
// move, and their tokens expire.
func (r *queueRun) list(ctx context.Context) (list []WarehouseOrder, err error) {
	for w, err := range r.ports.Source.OrdersChanged(ctx, r.report.From) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			r.report.Fallback = err.Error()
			other, fallbackErr := r.ports.Source.OrdersToDispatch(ctx, r.report.From)
			if fallbackErr != nil {
				return nil, fmt.Errorf("listing the warehouse's orders: %w; by the other way: %w", err, fallbackErr)
			}
			return other, nil
		}
		list = append(list, w)
	}
	return list, nil
}

// worth reports whether there may be something to do about an order: it is new or
// has changed, and is processed, or open with a label to come or a failed one.
func (r *queueRun) worth(w WarehouseOrder) bool {
	m, seen := r.cursor.Seen[w.ID]
	switch {
	case r.handled[w.ID]:
		return false
	case seen && m.Digest == dispatchDigest(w) && (w.UpdatedAt.IsZero() || m.UpdatedAt.IsZero() || w.UpdatedAt.Equal(m.UpdatedAt)):
		return false // not every list says when
	case w.State == Processed:
		return true
	}
	return w.State == Open && (w.ShippingModel != SellerShipping || w.LabelError != "")
}

// dispatchDigest distinguishes states of an order that lists may show.
func dispatchDigest(w WarehouseOrder) uint64 {
	h := fnv.New64a()
	for _, s := range []string{string(w.State), w.Tracking, w.Carrier, w.Service, string(w.LabelError)} {
		_, _ = h.Write(append([]byte(s), 0))
	}
	return h.Sum64()
}

// queueChunk is how many orders are handed on before what became of them is
// stored.
const queueChunk = 10 * dispatchBatchSize

// hand dispatches orders, the most pressing first, and keeps those that have to
// be tried again.
func (r *queueRun) hand(ctx context.Context, orders []WarehouseOrder) error {
	slices.SortStableFunc(orders, func(a, b WarehouseOrder) int { return part.CompareTimes(a.DispatchBy, b.DispatchBy) })
	for chunk := range slices.Chunk(orders, queueChunk) {
		results, failed := r.ports.Dispatcher.Dispatch(ctx, chunk...)
		r.report.Results = append(r.report.Results, results...)
		if err := r.keep(ctx, chunk, results); err != nil {
			return errors.Join(err, failed)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		done := numbersOf(results)
		if failed != nil && slices.ContainsFunc(chunk, func(w WarehouseOrder) bool { return len(done[w.Number]) == 0 }) {
			return failed // not the fault of single orders
		}
	}
	return nil
}

// numbersOf are the warehouse orders that have a result.
func numbersOf(results OrderResults) map[string][]OrderResult {
	numbers := map[string][]OrderResult{}
	for _, o := range results {
		numbers[o.WarehouseOrder] = append(numbers[o.WarehouseOrder], o)
	}
	return numbers
}

// keep stores what became of orders.
func (r *queueRun) keep(ctx context.Context, orders []WarehouseOrder, results OrderResults) error {
	byNumber := numbersOf(results)
	var puts []store.Revisit
	var drops []string
	var late []exceptions.Exception
	now := r.options.Now().UTC()
	open, err := withCase(ctx, r.ports.Exceptions, raisedIn(results))
	if err != nil {
		return err
	}
	for _, w := range orders {
		of, done := byNumber[w.Number]
		if !done {
			continue
		}
		r.handled[w.ID] = true
		r.cursor.Seen[w.ID] = store.Mark{UpdatedAt: w.UpdatedAt, Digest: dispatchDigest(w)}
		v, again := r.revisit(w, of, now, open)
		if again {
			late = append(late, r.late(w, of, v, now)...)
		}
		if again && !r.waiting.over(v, now) {
			puts = append(puts, v)
		} else if _, kept := r.waiting.entries[w.ID]; kept {
			drops = append(drops, w.ID)
		}
	}
	if err := exceptions.Escalate(ctx, r.ports.Exceptions, late, exceptions.NotDispatched); err != nil {
		return err
	}
	if err := r.closeLate(ctx, orders, byNumber, late); err != nil {
		return err
	}
	if err := r.waiting.put(ctx, puts...); err != nil {
		return err
	}
	if err := r.waiting.drop(ctx, drops...); err != nil {
		return err
	}
	return r.saveCursor(ctx)
}

// revisit is the entry of an order that has to be tried again, if it has to. open are the
// shop's orders that were raised and have a case.
func (r *queueRun) revisit(w WarehouseOrder, of []OrderResult, now time.Time, open map[string]bool) (v store.Revisit, again bool) {
	v = r.waiting.entries[w.ID]
	raised := v.CaseOf != ""
	v.OrderID, v.Known, v.CaseOf = w.ID, true, ""
	var why string
	var deadline time.Time
	failed := false
	for _, o := range of {
		if !waits(o) {
			continue
		}
		again = true
		why = o.Detail
		if open[o.OrderID] {
			v.CaseOf = o.OrderID
		}
		if o.Err != nil {
			why, failed = o.Err.Error(), true
		}
		deadline = earlier(deadline, o.Deadline)
	}
	if !again {
		return v, false
	}
	if failed && raised {
		v.Attempts = 0 // what was tried while it waited for a person did not fail
	}
	if deadline = cmp.Or(deadline, v.Deadline, w.DispatchBy); !deadline.IsZero() {
		v.Deadline = deadline.UTC()
	}
	return r.waiting.inVain(v, why, failed, now), true
}

// closeLate closes what was raised of orders that no longer wait, or have time
// again.
func (r *queueRun) closeLate(ctx context.Context, orders []WarehouseOrder, of map[string][]OrderResult, late []exceptions.Exception) error {
	fine := map[string]bool{}
	for _, w := range orders {
		if _, waited := r.waiting.entries[w.ID]; waited {
			for _, o := range of[w.Number] {
				fine[exceptions.ForOrder(o.OrderID)] = true
			}
		}
	}
	for _, e := range late {
		delete(fine, e.Object)
	}
	if len(fine) == 0 {
		return nil
	}
	open, err := r.ports.Exceptions.Open(ctx, exceptions.NotDispatched)
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	for _, e := range open {
		if !fine[e.Object] {
			continue
		}
		if err := r.ports.Exceptions.Clear(ctx, e.Object, exceptions.NotDispatched); err != nil {
			return fmt.Errorf("closing %q: %w", exceptions.NotDispatched, err)
		}
	}
	return nil
}

// late are the exceptions of an order that waits and that a person has to be told of.
func (r *queueRun) late(w WarehouseOrder, of []OrderResult, v store.Revisit, now time.Time) (list []exceptions.Exception) {
	over := v.CaseOf == "" && r.waiting.over(v, now)
	for _, o := range of {
		v.Deadline = o.Deadline // of several orders in one parcel, each has its own
		severity, tell := r.waiting.tells(v, o.Err != nil, now)
		if !waits(o) || !tell && !over || o.OrderID == "" {
			continue
		}
		e := exceptions.New(exceptions.NotDispatched, exceptions.ForOrder(o.OrderID), o.Deadline,
			fmt.Sprintf("the bridge has tried %s to tell the shop about Linnworks order %s: %s", part.Count(v.Attempts, "time"), w.Number, v.LastError),
			"correct what is in the way, or enter the tracking number in Seller Center if that is quicker")
		e.Severity = severity
		list = append(list, e)
	}
	return list
}
