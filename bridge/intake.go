package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// OrderHandler does whatever has to be done about orders: [Importer.Import], and
// [Canceller.Cancel] for the cancelled ones. It may get an order again, at any
// time and as it was before.
//
// An order is done when it has a result without Err. One with Err, or without a
// result, is kept and handed on again. So is one with [OrderResult.Again], at that
// moment, and one with [OutcomeRaised], after [IntakeOptions.RetryMax] each time: a
// person may have mended the cause. No results and an error mean that the batch as a
// whole failed: the intake then looks for the order that causes it.
type OrderHandler func(ctx context.Context, orders []Order) (OrderResults, error)

// IntakePorts are what an [Intake] works on.
type IntakePorts struct {
	Orders OrderSource
	// OpenOrders is required unless [IntakeOptions.SweepEvery] is negative.
	OpenOrders OpenOrderSource
	// Requests is optional. With it the requests of buyers to cancel are listed in each
	// run, because they do not count as a change of an order, and an order that has a
	// new one is handed on, with [Order.CancelRequested].
	Requests CancellationSource
	// Handle gets the orders.
	Handle     OrderHandler
	Cursors    store.Cursors
	Hints      store.Hints
	Revisits   store.Revisits
	Locks      store.Locks
	Exceptions exceptions.Queue
}

// IntakeOptions configure an [Intake]. Zero values take the defaults.
type IntakeOptions struct {
	// Name distinguishes the intakes of several shops that share stores and locks.
	// Default "orders".
	Name string
	// Overlap is how far a poll goes back before the watermark, because the shop
	// lists changes late. Default 15 minutes, at least one. After an outage it is as long as the
	// outage was, up to OutageOverlap, default two hours.
	Overlap, OutageOverlap time.Duration
	// PollEvery is the least time from one poll to the next, for a program that
	// also runs for every hint: the runs in between only follow hints and look at
	// orders again, unless one of those cannot be read. At most FirstWindow.
	// Default 0: every run polls.
	PollEvery time.Duration
	// RequestsEvery is the same for the list of requests. Default 0: with every run.
	RequestsEvery time.Duration
	// FirstWindow is how far the first poll goes back. Default 48 hours. Older
	// orders that are still open come with the first sweep.
	FirstWindow time.Duration
	// BatchSize is how many orders are handed on at once. Default 200, which is
	// also the most: four calls of the shop's limit for reading orders by id, ten of
	// the warehouse's for creating them, and one for reading them back.
	BatchSize int
	// RetryAfter is the wait after an order failed first; it doubles with every
	// failure up to RetryMax. Defaults one and 15 minutes.
	RetryAfter, RetryMax time.Duration
	// An order becomes an exception when it has failed EscalateAfter times, or
	// when it fails and its deadline is nearer than EscalateBefore. Defaults 5 and
	// four hours.
	EscalateAfter  int
	EscalateBefore time.Duration
	// SweepEvery is the time from one sweep of the open orders to the next,
	// SweepAt moves it from midnight UTC. Defaults 24 hours and 0: at midnight.
	// Negative: no sweep.
	SweepEvery, SweepAt time.Duration
	// SweepStatuses are the statuses swept. Default UNPAID, ON_HOLD,
	// AWAITING_SHIPMENT and PARTIALLY_SHIPPING.
	SweepStatuses []OrderStatus
	// HoldWindow is when, from payment on, an order with status ON_HOLD is looked
	// at again. Default one hour.
	HoldWindow time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Intake finds out which orders need attention and hands them on. There are four
// ways in, and an order may come by several of them:
//
//   - [Intake.Hint], for webhooks: fast, but they can be missing, late or double.
//   - The poll, which is the truth: every status change since the watermark.
//   - The list of orders to look at again: those that failed, when their wait is
//     over, those that a person has to do something about, now and then, and those
//     that the shop holds, when the hold ends.
//   - The sweep of all open orders, because a new address or a request to cancel
//     does not count as a status change.
//
// The watermark moves when a poll has come to its end, or as far as one that broke
// off has got, and an order that failed is on the list by then. An order is never left behind, and never holds up the
// others.
type Intake struct {
	ports   IntakePorts
	options IntakeOptions
	timings health.Timings

	requestsAt time.Time // when they were last listed, under the lock of the runs
}

// NewIntake returns an Intake, or an error that names every missing port or the
// option that is wrong. All ports are required; OpenOrders only if there are
// sweeps.
func NewIntake(p IntakePorts, o IntakeOptions) (*Intake, error) {
	need := map[string]any{
		"Orders": p.Orders, "Cursors": p.Cursors, "Hints": p.Hints, "Revisits": p.Revisits, "Locks": p.Locks, "Exceptions": p.Exceptions,
	}
	if o.SweepEvery >= 0 {
		need["OpenOrders"] = p.OpenOrders
	}
	if p.Handle == nil {
		need["Handle"] = nil
	}
	if err := part.Required("bridge: NewIntake", need); err != nil {
		return nil, err
	}
	durations := map[string]time.Duration{
		"Overlap": o.Overlap, "OutageOverlap": o.OutageOverlap, "PollEvery": o.PollEvery, "RequestsEvery": o.RequestsEvery, "FirstWindow": o.FirstWindow, "RetryAfter": o.RetryAfter,
		"RetryMax": o.RetryMax, "EscalateBefore": o.EscalateBefore, "SweepAt": o.SweepAt, "HoldWindow": o.HoldWindow,
	}
	for _, name := range slices.Sorted(maps.Keys(durations)) { // with two, always the same
		if d := durations[name]; d < 0 {
			return nil, fmt.Errorf("bridge: NewIntake: %s is negative: %v", name, d)
		}
	}
	if o.Overlap > 0 && o.Overlap < time.Minute {
		return nil, fmt.Errorf("bridge: NewIntake: Overlap %v is less than a minute: the shop's clock counts in seconds and differs from yours", o.Overlap)
	}
	if o.BatchSize < 0 || o.BatchSize > maxImportBatch {
		return nil, fmt.Errorf("bridge: NewIntake: BatchSize %d is not within 1 and %d", o.BatchSize, maxImportBatch)
	}
	if o.EscalateAfter < 0 {
		return nil, fmt.Errorf("bridge: NewIntake: EscalateAfter is negative: %d", o.EscalateAfter)
	}
	o.Name = cmp.Or(o.Name, "orders")
	o.Overlap = cmp.Or(o.Overlap, 15*time.Minute)
	o.OutageOverlap = max(o.Overlap, cmp.Or(o.OutageOverlap, 2*time.Hour))
	if o.FirstWindow = cmp.Or(o.FirstWindow, 48*time.Hour); o.PollEvery > o.FirstWindow {
		return nil, fmt.Errorf("bridge: NewIntake: PollEvery %v is longer than FirstWindow %v: the first poll would have to wait", o.PollEvery, o.FirstWindow)
	}
	o.BatchSize = cmp.Or(o.BatchSize, maxImportBatch)
	o.RetryAfter = cmp.Or(o.RetryAfter, time.Minute)
	o.RetryMax = max(o.RetryAfter, cmp.Or(o.RetryMax, 15*time.Minute))
	o.EscalateAfter = cmp.Or(o.EscalateAfter, 5)
	o.EscalateBefore = cmp.Or(o.EscalateBefore, 4*time.Hour)
	o.SweepEvery = cmp.Or(o.SweepEvery, 24*time.Hour)
	o.HoldWindow = cmp.Or(o.HoldWindow, time.Hour)
	if len(o.SweepStatuses) == 0 {
		o.SweepStatuses = []OrderStatus{Unpaid, OnHold, AwaitingShipment, PartiallyShipping}
	}
	o.SweepStatuses = slices.Clone(o.SweepStatuses)
	o.Now = part.Clock(o.Now)
	return &Intake{ports: p, options: o}, nil
}

// maxHintBytes is longer than any order id.
const maxHintBytes = 64

// Hint says that something may have happened to an order; the next Run reads it.
// It costs one call of the hints' store. Answer a webhook with success only if
// Hint did, so that the shop sends it again.
func (in *Intake) Hint(ctx context.Context, orderID string) error {
	if orderID == "" || len(orderID) > maxHintBytes {
		return fmt.Errorf("bridge: hint: %d bytes are no order id", len(orderID))
	}
	if err := in.ports.Hints.AddHint(ctx, in.options.Name, orderID); err != nil {
		return fmt.Errorf("bridge: hint for order %s: %w", orderID, err)
	}
	return nil
}

// IntakeResult is what a run did.
type IntakeResult struct {
	// From and To are the window polled.
	From, To time.Time
	// Early reports whether it was not time for a poll: see [IntakeOptions.PollEvery].
	Early bool
	// Watermark is how far the shop's changes are taken in: To, unless the poll
	// broke off.
	Watermark time.Time
	// Polled orders were in the window, Unchanged ones had been handled before.
	Polled, Unchanged int
	// Hinted, Revisited and Swept orders came by the other ways.
	Hinted, Revisited, Requested, Swept int
	// Results is what became of the orders handed on.
	Results OrderResults
	// Failed of them are kept, and handed on again later.
	Failed int
	// Unseen orders are on the list to look at again, and the handler has not looked
	// at them even once: nothing reserves their units.
	Unseen int
	// Waiting is how many orders are on the list to look at again, NextDue when
	// the first of them is due.
	Waiting int
	NextDue time.Time
}

// MarshalJSON returns the result for programs.
func (r IntakeResult) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Complete reports whether the handler has seen every order that the shop had when
// the run began to poll or, where that was early, when the last poll began, and
// every order hinted at since. Stock must not be pushed otherwise.
func (r IntakeResult) Complete() bool {
	polled := !r.To.IsZero() && r.Watermark.Equal(r.To)
	return (polled || r.Early) && r.Unseen == 0
}

// String is a summary, and a line for every order that failed.
func (r IntakeResult) String() string {
	var b strings.Builder
	if r.Early {
		b.WriteString("not polled; ")
	} else {
		fmt.Fprintf(&b, "polled %s to %s: %d orders, %d unchanged; ",
			r.From.UTC().Format("2006-01-02 15:04:05"), r.To.UTC().Format("2006-01-02 15:04:05"), r.Polled, r.Unchanged)
	}
	fmt.Fprintf(&b, "%d hinted, %d looked at again, ", r.Hinted, r.Revisited)
	if r.Requested > 0 {
		fmt.Fprintf(&b, "%d with a new request, ", r.Requested)
	}
	fmt.Fprintf(&b, "%d swept; %d handed on, %d failed; %d to look at again", r.Swept, len(r.Results), r.Failed, r.Waiting)
	if r.Unseen > 0 {
		fmt.Fprintf(&b, ", %d of them not seen yet", r.Unseen)
	}
	if !r.NextDue.IsZero() {
		b.WriteString(", next at " + r.NextDue.UTC().Format("2006-01-02 15:04:05"))
	}
	b.WriteByte('\n')
	for _, o := range r.Results {
		if o.Err != nil {
			b.WriteString(OrderResults{o}.String())
		}
	}
	return b.String()
}

// Run takes in what there is: hints, orders whose time has come, the poll, and
// the sweep if it is due. Runs of one name follow one another.
//
// An order that failed is in the result, and on the list to look at again; it is
// not an error of Run. The error says that the run could not do all of its work,
// and that the next one has to: the shop, the handler or a store did not answer.
func (in *Intake) Run(ctx context.Context) (result IntakeResult, err error) {
	defer in.timings.Measure(in.options.Now, &err)()
	ctx, unlock, err := in.ports.Locks.Lock(ctx, "intake/"+in.options.Name)
	if err != nil {
		return IntakeResult{}, fmt.Errorf("bridge: intake: %w", err)
	}
	defer unlock()
	r := &intakeRun{Intake: in, settled: map[string]bool{}}
	if err := r.load(ctx); err != nil {
		return IntakeResult{}, fmt.Errorf("bridge: intake: %w", err)
	}
	var errs []error
	for _, phase := range []func(context.Context) error{r.urgent, r.escalateLate, r.poll, r.requests, r.sweep} {
		if err := phase(ctx); err != nil {
			errs = append(errs, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	r.result.Watermark = r.cursor.Watermark
	r.result.Waiting = len(r.revisits)
	for _, v := range r.revisits {
		if v.Unseen {
			r.result.Unseen++
		}
		if r.result.NextDue.IsZero() || v.Due.Before(r.result.NextDue) {
			r.result.NextDue = v.Due
		}
	}
	in.timings.Waiting(len(r.revisits), r.oldest())
	if err := errors.Join(errs...); err != nil {
		r.result.Early = false // what was hinted at may not have been seen
		return r.result, fmt.Errorf("bridge: intake: %w", err)
	}
	return r.result, nil
}

// Health returns how the runs went, and how many orders are to be looked at again.
func (in *Intake) Health() health.Flow { return in.timings.Health() }

// intakeRun is one call of Run.
type intakeRun struct {
	*Intake
	cursor   store.Cursor
	revisits map[string]store.Revisit // as stored
	settled  map[string]bool          // handed on in this run
	stuck    map[string]bool          // orders that an exception is open about
	asked    map[string]bool          // orders that have a request by the list of requests
	missed   bool                     // an order that was looked for by id was not there
	result   IntakeResult
}

// oldest is since when the order waits that was due first.
func (r *intakeRun) oldest() (due time.Time) {
	for _, v := range r.revisits {
		if v.Attempts > 0 && (due.IsZero() || v.Due.Before(due)) {
			due = v.Due
		}
	}
	return due
}

func (r *intakeRun) now() time.Time { return r.options.Now().UTC() }

func (r *intakeRun) load(ctx context.Context) (err error) {
	if r.cursor, err = r.ports.Cursors.Cursor(ctx, r.options.Name); err != nil {
		return fmt.Errorf("reading the watermark: %w", err)
	}
	list, err := r.ports.Revisits.Revisits(ctx, r.options.Name)
	if err != nil {
		return fmt.Errorf("reading the orders to look at again: %w", err)
	}
	r.revisits = make(map[string]store.Revisit, len(list))
	for _, v := range list {
		r.revisits[v.OrderID] = v
	}
	open, err := r.ports.Exceptions.Open(ctx, exceptions.OrderStuck)
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	r.stuck = map[string]bool{}
	for _, e := range open {
		if id, ok := exceptions.OrderOf(e.Object); ok {
			r.stuck[id] = true
		}
	}
	if r.cursor.Seen == nil {
		r.cursor.Seen = map[string]store.Mark{}
	}
	if r.cursor.Watermark.IsZero() {
		// Stored before the first poll, so that a poll that fails does not begin
		// later the next time.
		r.cursor.Watermark = r.now().Add(-r.options.FirstWindow)
		return r.saveCursor(ctx)
	}
	return nil
}

// urgent reads and hands on the orders that somebody or the clock points at.
func (r *intakeRun) urgent(ctx context.Context) error {
	hints, err := r.ports.Hints.Hints(ctx, r.options.Name)
	if err != nil {
		return fmt.Errorf("reading the hints: %w", err)
	}
	hinted := make(map[string]store.Hint, len(hints))
	ids := make([]string, 0, len(hints))
	for _, h := range hints {
		hinted[h.OrderID] = h
		ids = append(ids, h.OrderID)
	}
	now := r.now()
	var due []store.Revisit
	for _, v := range r.revisits {
		if _, both := hinted[v.OrderID]; !both && !v.Due.After(now) {
			due = append(due, v)
		}
	}
	slices.SortFunc(due, func(a, b store.Revisit) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.OrderID, b.OrderID)) })
	for _, v := range due {
		ids = append(ids, v.OrderID)
	}
	var errs []error
	for part := range slices.Chunk(ids, r.options.BatchSize) {
		kept, err := r.byID(ctx, part)
		var done []store.Hint
		for _, id := range part {
			h, ok := hinted[id]
			switch {
			case !kept[id]:
			case ok:
				done = append(done, h)
			default:
				r.result.Revisited++
			}
		}
		r.result.Hinted += len(done)
		if len(done) > 0 {
			if dropErr := r.ports.Hints.DropHints(ctx, r.options.Name, done...); dropErr != nil {
				return errors.Join(append(errs, err, fmt.Errorf("dropping the hints that are done with: %w", dropErr))...)
			}
		}
		if err == nil {
			continue
		}
		// One batch may be full of orders that cannot be had. Two are an outage.
		if errs = append(errs, err); len(errs) == 2 || ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// maxHearsay is how often an order is looked for that only a hint told of: about
// half a day with the default waits.
const maxHearsay = 50

// byID reads orders and hands them on, and returns those that are settled or on
// the list. If it gives up, those that were not tried are left as they are.
func (r *intakeRun) byID(ctx context.Context, ids []string) (kept map[string]bool, err error) {
	orders := make([]Order, 0, len(ids))
	failed := map[string]error{}
	down := part.Isolate(ctx, ids, new(part.Tally), func(part []string) error {
		list, err := r.ports.Orders.OrdersByID(ctx, part)
		lost, err := exceptions.UnreadableIn(err)
		if err != nil {
			return err
		}
		for id, why := range lost {
			failed[id] = errors.New(why)
		}
		orders = append(orders, list...)
		return nil
	}, func(id string, err error) { failed[id] = fmt.Errorf("reading it in the shop: %w", err) })
	if ctx.Err() != nil {
		return nil, fmt.Errorf("reading orders in the shop: %w", ctx.Err()) // what failed may have failed for that
	}
	if down != nil {
		down = fmt.Errorf("reading orders in the shop: %w", down)
	}
	kept = make(map[string]bool, len(ids))
	returned := make(map[string]bool, len(orders))
	for _, o := range orders {
		returned[o.ID] = true
	}
	var puts []store.Revisit
	var drops []string
	var raised []exceptions.Exception
	for _, id := range ids {
		if returned[id] || down != nil && failed[id] == nil {
			continue
		}
		kept[id] = true
		old := r.revisits[id]
		r.missed = true
		v := r.failure(old, id, old.Deadline, old.Known, cmp.Or(failed[id], errNotReturned))
		if r.escalates(v) {
			raised = append(raised, orderStuck(v))
			if !v.Known && v.Attempts > maxHearsay {
				// Nothing but a hint ever told of it. It stays in the queue; should it
				// exist after all, the poll brings it.
				drops = append(drops, id)
				continue
			}
		}
		puts = append(puts, v)
	}
	if err := r.store(ctx, puts, drops, raised); err != nil {
		return nil, errors.Join(down, err)
	}
	for _, o := range orders {
		delete(r.settled, o.ID) // by this reading, not by an older one
	}
	err = r.hand(ctx, orders)
	for _, o := range orders {
		kept[o.ID] = r.settled[o.ID]
	}
	return kept, errors.Join(down, err)
}

// poll hands on what changed since the watermark.
func (r *intakeRun) poll(ctx context.Context) error {
	// A watermark in the future means that the clock was set back.
	if age := r.now().Sub(r.cursor.Watermark); age >= 0 && age < r.options.PollEvery && !r.missed && r.cursor.Partial[polledTo] == "" {
		r.result.Early = true
		if len(r.settled) == 0 {
			return nil
		}
		return r.saveCursor(ctx) // the next poll need not hand them on again
	}
	from, to := r.window()
	r.result.From, r.result.To = from, to
	p := progress{run: r, upTo: to.Add(-r.options.Overlap)}
	b := batch{run: r, at: map[string]int{}, after: p.save}
	err := func() error {
		for o, err := range r.ports.Orders.OrdersUpdated(ctx, from, to.Add(pollAhead)) {
			if err != nil {
				err = fmt.Errorf("reading the orders changed since %s: %w", from.Format(time.RFC3339), err)
				flushErr := b.flush(ctx)
				if flushErr == nil {
					p.note()
				}
				return errors.Join(err, flushErr)
			}
			r.result.Polled++
			p.listed(o)
			if !r.changed(o) {
				r.result.Unchanged++
				continue
			}
			if err := b.add(ctx, o); err != nil {
				return err
			}
		}
		return b.flush(ctx)
	}()
	if ctx.Err() != nil {
		return cmp.Or(err, ctx.Err()) // a source that only stopped has not come to its end
	}
	// What was handled is remembered in either case, so that the next poll does
	// not begin from nothing.
	oldest, _ := r.window()
	if err == nil {
		r.cursor.Watermark, oldest = to, to.Add(-r.options.Overlap)
		delete(r.cursor.Partial, polledTo)
	}
	maps.DeleteFunc(r.cursor.Seen, func(_ string, m store.Mark) bool { return m.UpdatedAt.Before(oldest) })
	return errors.Join(err, r.saveCursor(ctx))
}

// polledTo names how far a poll that broke off has got in the cursor.
const polledTo = "polled to"

const (
	// progressOrders are the last orders of a list whose times tell how far it has
	// got. One alone may have changed since it was listed, and tells too late a time.
	progressOrders = 20
	// progressBatches are handed on before it is stored how far the poll has got.
	progressBatches = 5
)

// progress is how far a poll has got, so that one that breaks off again and again,
// or whose process is stopped, comes to its end nevertheless.
type progress struct {
	run *intakeRun
	// upTo is how far a list is whole: the shop may list later changes late.
	upTo    time.Time
	last    []time.Time
	batches int
}

// listed notes an order of the list.
func (p *progress) listed(o Order) {
	if o.UpdatedAt.IsZero() {
		return
	}
	if p.last = append(p.last, o.UpdatedAt); len(p.last) > progressOrders {
		p.last = p.last[1:]
	}
}

// note sets the cursor, when everything listed was handed on.
func (p *progress) note() {
	if len(p.last) == 0 {
		return
	}
	reached := slices.MinFunc(append(p.last, p.upTo), time.Time.Compare)
	if from, _ := p.run.window(); !reached.After(from) {
		return
	}
	c := &p.run.cursor
	if c.Partial == nil {
		c.Partial = map[string]string{}
	}
	c.Partial[polledTo] = reached.UTC().Format(time.RFC3339)
	if reached.After(c.Watermark) {
		c.Watermark = reached.UTC()
	}
}

// save stores the progress now and then.
func (p *progress) save(ctx context.Context) error {
	if p.batches++; p.batches%progressBatches != 0 {
		return nil
	}
	p.note()
	return p.run.saveCursor(ctx)
}

// pollAhead is how far a poll looks ahead of the present: an order that changes
// while it runs is then at its end instead of nowhere, even if the shop's clock is
// fast. The watermark does not go there.
const pollAhead = time.Minute

// window is what to poll now.
func (r *intakeRun) window() (from, to time.Time) {
	to = r.now()
	mark := r.cursor.Watermark
	if mark.After(to) {
		mark = to // the clock was set back
	}
	overlap := min(max(to.Sub(mark), r.options.Overlap), r.options.OutageOverlap)
	from = mark.Add(-overlap)
	if reached, err := time.Parse(time.RFC3339, r.cursor.Partial[polledTo]); err == nil && reached.After(from) && reached.Before(to) {
		from = reached // what came before was listed, and is not listed again
	}
	return from, to
}

// changed reports whether an order is not as it was when it was last handled.
func (r *intakeRun) changed(o Order) bool {
	m, ok := r.cursor.Seen[o.ID]
	return !ok || o.UpdatedAt.IsZero() || o.UpdatedAt.After(m.UpdatedAt) || o.UpdatedAt.Equal(m.UpdatedAt) && digest(o) != m.Digest
}

func (r *intakeRun) saveCursor(ctx context.Context) error {
	if err := r.ports.Cursors.SetCursor(ctx, r.options.Name, r.cursor); err != nil {
		return fmt.Errorf("storing the watermark: %w", err)
	}
	return nil
}

// requests hands on the orders that have a request to cancel which was not handed on
// yet. From then on they are on the list to look at again as long as it waits.
func (r *intakeRun) requests(ctx context.Context) error {
	now := r.now()
	if age := now.Sub(r.requestsAt); r.ports.Requests == nil || age >= 0 && age < r.options.RequestsEvery {
		return nil
	}
	pending, err := r.ports.Requests.PendingCancellations(ctx, nil)
	if err != nil {
		return fmt.Errorf("reading the requests to cancel: %w", err)
	}
	name := r.options.Name + "/requests"
	c, err := r.ports.Cursors.Cursor(ctx, name)
	if err != nil {
		return fmt.Errorf("reading which requests were handed on: %w", err)
	}
	waits, seen := map[string]string{}, map[string]store.Mark{}
	r.asked = map[string]bool{}
	for _, p := range pending {
		if m, known := c.Seen[p.ID]; known {
			seen[p.ID] = m
		} else if p.OrderID != "" {
			waits[p.ID], r.asked[p.OrderID] = p.OrderID, true
		}
	}
	var errs []error
	for chunk := range slices.Chunk(slices.Sorted(maps.Keys(r.asked)), r.options.BatchSize) {
		kept, err := r.byID(ctx, chunk)
		for id, order := range waits {
			if kept[order] {
				seen[id] = store.Mark{UpdatedAt: now}
				r.result.Requested++
			}
		}
		if errs = append(errs, err); ctx.Err() != nil {
			break
		}
	}
	if !maps.Equal(seen, c.Seen) {
		c.Watermark, c.Seen = now, seen
		if err := r.ports.Cursors.SetCursor(ctx, name, c); err != nil {
			errs = append(errs, fmt.Errorf("storing which requests were handed on: %w", err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	r.requestsAt = now
	return nil
}

// The words of the cursor of a sweep: when the one that is under way began, and by
// status how far it has got, by the moments at which orders were placed.
const (
	sweepBegun = "begun"
	sweepDone  = "done"
)

// sweep hands on every open order, once in its period. One that breaks off goes on
// where it was.
func (r *intakeRun) sweep(ctx context.Context) error {
	if r.options.SweepEvery < 0 {
		return nil
	}
	name, now := r.options.Name+"/sweep", r.now()
	c, err := r.ports.Cursors.Cursor(ctx, name)
	if err != nil {
		return fmt.Errorf("reading how far the sweep is: %w", err)
	}
	period := now.Add(-r.options.SweepAt).Truncate(r.options.SweepEvery).Add(r.options.SweepAt)
	begun, err := time.Parse(time.RFC3339, c.Partial[sweepBegun])
	if err != nil || begun.After(now) {
		if !c.Watermark.Before(period) {
			return nil
		}
		begun = now.Truncate(time.Second)
		c.Partial = map[string]string{sweepBegun: begun.Format(time.RFC3339)}
	}
	save := func(ctx context.Context) error {
		if err := r.ports.Cursors.SetCursor(ctx, name, c); err != nil {
			return fmt.Errorf("storing how far the sweep is: %w", err)
		}
		return nil
	}
	for _, status := range r.options.SweepStatuses {
		if c.Partial[string(status)] == sweepDone {
			continue
		}
		if err := r.sweepStatus(ctx, status, c.Partial, save); err != nil {
			return err
		}
		c.Partial[string(status)] = sweepDone
		if err := save(ctx); err != nil {
			return err
		}
	}
	c.Watermark, c.Partial = begun, nil
	return save(ctx)
}

func (r *intakeRun) sweepStatus(ctx context.Context, status OrderStatus, at map[string]string, save func(context.Context) error) error {
	from, err := time.Parse(time.RFC3339, at[string(status)])
	if err != nil {
		from = time.Time{}
	}
	reached := from
	b := batch{run: r, at: map[string]int{}}
	b.after = func(ctx context.Context) error {
		if reached.After(from) {
			at[string(status)] = reached.UTC().Format(time.RFC3339)
		}
		if err := save(ctx); err != nil {
			return err
		}
		return r.urgent(ctx) // hints and holds do not wait for the end of a long sweep
	}
	for o, err := range r.ports.OpenOrders.OrdersByStatus(ctx, status, from) {
		if err != nil {
			err = fmt.Errorf("sweeping the orders with status %s: %w", status, err)
			if ctx.Err() != nil {
				return err
			}
			if flushErr := b.flush(ctx); flushErr != nil {
				return errors.Join(err, flushErr)
			}
			return errors.Join(err, b.after(ctx)) // what was listed is done
		}
		if o.CreatedAt.After(reached) {
			reached = o.CreatedAt
		}
		if r.settled[o.ID] || r.revisits[o.ID].Attempts > 0 {
			continue // done in this run, or it has a time of its own
		}
		r.result.Swept++
		if err := b.add(ctx, o); err != nil {
			return err
		}
	}
	return cmp.Or(b.flush(ctx), ctx.Err())
}

// batch collects orders until there are enough to hand on, each once and as it
// was seen last.
type batch struct {
	run    *intakeRun
	orders []Order
	at     map[string]int
	after  func(context.Context) error
}

func (b *batch) add(ctx context.Context, o Order) error {
	if i, ok := b.at[o.ID]; ok {
		if !o.UpdatedAt.Before(b.orders[i].UpdatedAt) {
			b.orders[i] = o
		}
		return nil
	}
	b.at[o.ID] = len(b.orders)
	if b.orders = append(b.orders, o); len(b.orders) < b.run.options.BatchSize {
		return nil
	}
	if err := b.flush(ctx); err != nil || b.after == nil {
		return err
	}
	return b.after(ctx)
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.orders) == 0 {
		return nil
	}
	err := b.run.hand(ctx, b.orders)
	b.orders = nil // the handler may have kept them
	clear(b.at)
	return err
}

var errNoResult = errors.New("the handler did not say what became of the order")

// hand gives orders to the handler and stores what follows from its results. An
// error means that the handler or a store is out of order.
func (r *intakeRun) hand(ctx context.Context, orders []Order) error {
	if len(orders) == 0 {
		return nil
	}
	reports, blamed, raised, again := make(map[string]error, len(orders)), map[string]bool{}, map[string]bool{}, map[string]time.Time{}
	var others []error
	var whole []Order
	for _, o := range orders {
		if o.Unreadable == "" || o.Status != "" {
			o.CancelRequested = o.CancelRequested || r.asked[o.ID] && o.Status != Cancelled // the details lag
			whole = append(whole, o)
			continue
		}
		// There is nothing to hand on but the id.
		reports[o.ID] = fmt.Errorf("reading it in the shop: %s", o.Unreadable)
		r.result.Results = append(r.result.Results, OrderResult{OrderID: o.ID, Outcome: OutcomeFailed, Err: reports[o.ID]})
	}
	down := part.Isolate(ctx, whole, new(part.Tally), func(part []Order) error {
		results, err := r.ports.Handle(ctx, part)
		if len(results) == 0 && err != nil {
			return err
		}
		for _, res := range results {
			reports[res.OrderID] = errors.Join(reports[res.OrderID], res.Err)
			again[res.OrderID] = earlier(again[res.OrderID], res.Again)
			raised[res.OrderID] = raised[res.OrderID] || res.Outcome == OutcomeRaised
		}
		r.result.Results = append(r.result.Results, results...)
		if err != nil && results.Err() == nil {
			others = append(others, fmt.Errorf("the handler: %w", err))
		}
		return nil
	}, func(o Order, err error) {
		reports[o.ID], blamed[o.ID] = err, true
		r.result.Results = append(r.result.Results, OrderResult{OrderID: o.ID, Outcome: OutcomeFailed, Err: err})
	})
	if ctx.Err() != nil {
		return ctx.Err() // what failed may have failed for that
	}
	for _, o := range orders {
		if raised[o.ID] {
			again[o.ID] = earlier(again[o.ID], r.raisedAgain(o))
		}
	}
	if down != nil {
		down = fmt.Errorf("handing orders on: %w", down)
		others = append(others, down)
	}
	return errors.Join(r.settle(ctx, orders, reports, again, blamed, down), errors.Join(others...))
}

// keepRaised is how long after its last change an order is looked at again that the
// shop is done with and a person is not.
const keepRaised = 7 * 24 * time.Hour

// raisedAgain is when to look at an order again that a person has to do something
// about: nobody tells when the cause is mended, and the deadline does not wait. If the
// shop is done with the order there is no hurry: it is looked at to close the case.
func (r *intakeRun) raisedAgain(o Order) time.Time {
	now := r.now()
	switch {
	case slices.Contains(r.options.SweepStatuses, o.Status):
		return now.Add(r.options.RetryMax)
	case now.Sub(o.UpdatedAt) < keepRaised:
		return now.Add(6 * r.options.RetryMax)
	}
	return time.Time{}
}

// settle stores what is to be done about the orders handed on. again is when the
// handler wants to see them next, blamed are those that it failed on without a
// result, down is why it was given up before it had got all of them.
func (r *intakeRun) settle(ctx context.Context, orders []Order, reports map[string]error, again map[string]time.Time, blamed map[string]bool, down error) error {
	now := r.now()
	var puts []store.Revisit
	var drops []string
	var raised []exceptions.Exception
	for _, o := range orders {
		err, reported := reports[o.ID]
		if !reported {
			err = cmp.Or(down, errNoResult)
			r.result.Results = append(r.result.Results, OrderResult{OrderID: o.ID, Outcome: OutcomeFailed, Err: err})
		}
		old, had := r.revisits[o.ID]
		deadline, end := shippingDeadline(o), r.holdEnd(o)
		if at := again[o.ID]; at.After(now) && (!end.After(now) || at.Before(end)) {
			end = at
		}
		switch {
		case err != nil && o.ID == "":
			r.result.Failed++
			raised = append(raised, orderStuck(store.Revisit{Deadline: deadline, LastError: err.Error()}))
			continue
		case !reported && down != nil && had:
			// It was not its turn. As it is due still, it comes before those that
			// were tried, so that they cannot keep it from the handler for ever.
			r.result.Failed++
			continue
		case err != nil:
			r.result.Failed++
			v := r.failure(old, o.ID, deadline, true, err)
			// An entry of an order that only a hint told of was never handed on.
			v.Unseen = (old.Unseen || !old.Known) && (blamed[o.ID] || !reported)
			puts = append(puts, v)
			if r.escalates(v) {
				raised = append(raised, orderStuck(v))
			}
			continue
		case end.After(now):
			if v := (store.Revisit{OrderID: o.ID, Due: end.UTC(), Deadline: deadline, Known: true}); v != old {
				puts = append(puts, v)
			}
		case had:
			drops = append(drops, o.ID)
		}
		if old.Attempts > 0 || r.stuck[o.ID] { // its entry may be gone, and the exception not
			if err := r.ports.Exceptions.Clear(ctx, exceptions.ForOrder(o.ID), exceptions.OrderStuck); err != nil {
				return fmt.Errorf("closing an exception: %w", err)
			}
			delete(r.stuck, o.ID)
		}
	}
	if err := r.store(ctx, puts, drops, raised); err != nil {
		return err
	}
	for _, o := range orders {
		r.settled[o.ID] = true
		if !o.UpdatedAt.IsZero() && o.ID != "" {
			r.cursor.Seen[o.ID] = store.Mark{UpdatedAt: o.UpdatedAt.UTC(), Digest: digest(o)}
		}
	}
	return nil
}

// store writes the list before it raises: what is on the list is looked at
// again, and raised again, if the exception does not get through.
func (r *intakeRun) store(ctx context.Context, puts []store.Revisit, drops []string, raised []exceptions.Exception) error {
	if len(puts) > 0 {
		if err := r.ports.Revisits.PutRevisits(ctx, r.options.Name, puts...); err != nil {
			return fmt.Errorf("storing orders to look at again: %w", err)
		}
		for _, v := range puts {
			r.revisits[v.OrderID] = v
		}
	}
	if err := exceptions.RaiseAll(ctx, r.ports.Exceptions, raised); err != nil {
		return err
	}
	if len(drops) > 0 {
		if err := r.ports.Revisits.DropRevisits(ctx, r.options.Name, drops...); err != nil {
			return fmt.Errorf("taking orders off the list to look at again: %w", err)
		}
		for _, id := range drops {
			delete(r.revisits, id)
		}
	}
	return nil
}

// maxErrorBytes of an error are kept.
const maxErrorBytes = 500

// failure is the entry of an order that failed once more.
func (r *intakeRun) failure(old store.Revisit, id string, deadline time.Time, known bool, err error) store.Revisit {
	now := r.now()
	wait := r.options.RetryAfter
	for range min(old.Attempts, 30) {
		wait = min(2*wait, r.options.RetryMax)
	}
	text := err.Error()
	if len(text) > maxErrorBytes {
		text = strings.ToValidUTF8(text[:maxErrorBytes], "") + " ..."
	}
	v := store.Revisit{OrderID: id, Due: now.Add(wait), Attempts: old.Attempts + 1, LastError: text, Known: known || old.Known, Unseen: old.Unseen}
	if !deadline.IsZero() {
		v.Deadline = deadline.UTC()
		if last := v.Deadline.Add(-r.options.EscalateBefore); last.After(now) && v.Due.After(last) {
			v.Due = last // tried once more before it is raised
		}
	}
	v.Raised = r.escalates(v)
	return v
}

// escalates reports whether an order that failed needs a person.
func (r *intakeRun) escalates(v store.Revisit) bool {
	return v.Attempts >= r.options.EscalateAfter ||
		!v.Deadline.IsZero() && !r.now().Before(v.Deadline.Add(-r.options.EscalateBefore))
}

// escalateLate raises orders whose deadline came near while they could not even
// be tried again.
func (r *intakeRun) escalateLate(ctx context.Context) error {
	var puts []store.Revisit
	var raised []exceptions.Exception
	for _, id := range slices.Sorted(maps.Keys(r.revisits)) {
		if v := r.revisits[id]; v.Attempts > 0 && !v.Raised && r.escalates(v) {
			v.Raised = true
			puts, raised = append(puts, v), append(raised, orderStuck(v))
		}
	}
	// Raised twice is better than marked as raised and lost.
	if err := exceptions.RaiseAll(ctx, r.ports.Exceptions, raised); err != nil {
		return err
	}
	return r.store(ctx, puts, nil, nil)
}

func orderStuck(v store.Revisit) exceptions.Exception {
	severity := exceptions.Urgent
	object, seen, do := exceptions.ForOrder(v.OrderID), fmt.Sprintf("it has failed %d time(s), most recently: %s", v.Attempts, v.LastError),
		"correct what the error names; the bridge tries again by itself"
	switch {
	case v.OrderID == "":
		object, seen, do = "order without id", v.LastError, "report it to the integrator; the order was not processed"
	case !v.Known:
		severity = exceptions.Warning
		do = "look for the order in Seller Center: a webhook mentioned it, and the shop does not show it"
	}
	return exceptions.Exception{
		Kind: exceptions.OrderStuck, Owner: exceptions.OwnerIntegration, Severity: severity, Object: object, Deadline: v.Deadline, Seen: seen, Do: do,
	}
}

// holdEnd is when an order is worth a look although nothing happens to it: the
// end of its remorse window, whoever waits it out, and while the buyer asks for a
// cancellation, because the shop's status does not change if that is turned down.
func (r *intakeRun) holdEnd(o Order) time.Time {
	switch {
	case o.CancelRequested && !shippingDeadline(o).IsZero():
		return r.now().Add(r.options.RetryMax)
	case o.Status == OnHold && o.HoldUntil.IsZero() && !o.PlacedAt().IsZero():
		return o.PlacedAt().Add(r.options.HoldWindow)
	case o.Status == OnHold, o.Status == AwaitingShipment:
		return o.HoldUntil
	}
	return time.Time{}
}

// earlier is the first of two moments, of which either may not be set.
func earlier(a, b time.Time) time.Time {
	if part.CompareTimes(b, a) < 0 {
		return b
	}
	return a
}

// digest distinguishes states of an order that have the same update time, which
// the shop counts in seconds. It holds nothing about the buyer.
func digest(o Order) uint64 {
	h := uint64(14695981039346656037) // FNV-1a
	add := func(s string) {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * 1099511628211
		}
		h = (h ^ 0xff) * 1099511628211
	}
	flag := func(b bool) {
		if b {
			add("1")
		} else {
			add("0")
		}
	}
	add(string(o.Status))
	add(o.WarehouseID)
	add(o.Unreadable)
	flag(o.CancelRequested)
	flag(o.Recipient != Address{})
	for _, l := range o.Lines {
		add(l.ID)
		add(l.PackageID)
		add(l.Tracking)
		flag(l.Cancelled)
	}
	return h
}
