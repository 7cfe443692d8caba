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
	// Ledger is optional. With it, a complete run notes up to when the shop's orders have
	// been seen, which a raise of stock waits for: see [stock.Engine].
	Ledger SeenNoter
	// Handle gets the orders.
	Handle OrderHandler
	// Reserve is optional: [Importer.Reserve]. It counts the units of orders as soon as they
	// have been read, while Handle is at work on others, and returns those that it cannot
	// vouch for. With it a run reads beside what is hinted at meanwhile, in a goroutine that
	// ends with the run; and the ledger learns that all orders were seen before they are
	// imported. A run that takes longer than 15 seconds polls besides, for what no hint tells of.
	Reserve    func(ctx context.Context, orders ...Order) (left []string, err error)
	Cursors    store.Cursors
	Hints      store.Hints
	Revisits   store.Revisits
	Locks      store.Locks
	Exceptions exceptions.Queue
}

// SeenNoter notes up to when the orders of a shop have been seen; a [store.Ledger] is
// one.
type SeenNoter interface {
	SetSeenUpTo(ctx context.Context, moment time.Time) error
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
	// ListLag is how late the shop may list a new order: a poll has seen those that were
	// placed so long before it began. TikTok Shop does not say, and it was never measured
	// on a live shop. Default 0. Raises of a [stock.Engine] wait that much longer.
	ListLag time.Duration
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
	// AtOnce is how many batches are handed on at once: the next while Handle is at work on
	// one, so that neither side's limits wait for the other's. Default 1. With more, Handle
	// must be safe for concurrent use, as that of [TakeOrders] is; no order is in two of
	// them. A batch takes that much longer, and what was read of its orders gets that much
	// older: let BatchSize be smaller by as much.
	AtOnce int
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
// With [IntakePorts.Reserve] what the shop sells is counted as soon as it has been read, also
// while the orders before it are imported.
//
// The watermark moves when a poll has come to its end, or as far as one that broke off
// has got, and an order that failed is on the list by then. An order is never left
// behind, and never holds up the others.
type Intake struct {
	ports   IntakePorts
	options IntakeOptions
	timings health.Timings

	requestsAt time.Time // when they were last listed, under the lock of the runs

	hinted  chan struct{} // wakes what reserves orders beside a run
	sighted sightings
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
		"Overlap": o.Overlap, "ListLag": o.ListLag, "OutageOverlap": o.OutageOverlap, "PollEvery": o.PollEvery, "RequestsEvery": o.RequestsEvery, "FirstWindow": o.FirstWindow, "RetryAfter": o.RetryAfter,
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
	if o.AtOnce < 0 {
		return nil, fmt.Errorf("bridge: NewIntake: AtOnce is negative: %d", o.AtOnce)
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
	o.AtOnce = cmp.Or(o.AtOnce, 1)
	o.RetryAfter = cmp.Or(o.RetryAfter, retryFirst)
	o.RetryMax = max(o.RetryAfter, cmp.Or(o.RetryMax, retryMost))
	o.EscalateAfter = cmp.Or(o.EscalateAfter, escalateAfter)
	o.EscalateBefore = cmp.Or(o.EscalateBefore, escalateBefore)
	o.SweepEvery = cmp.Or(o.SweepEvery, 24*time.Hour)
	o.HoldWindow = cmp.Or(o.HoldWindow, time.Hour)
	if len(o.SweepStatuses) == 0 {
		o.SweepStatuses = []OrderStatus{Unpaid, OnHold, AwaitingShipment, PartiallyShipping}
	}
	o.SweepStatuses = slices.Clone(o.SweepStatuses)
	o.Now = part.Clock(o.Now)
	return &Intake{ports: p, options: o, hinted: make(chan struct{}, 1)}, nil
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
	in.wakeBeside()
	return nil
}

func (in *Intake) wakeBeside() {
	select {
	case in.hinted <- struct{}{}:
	default: // it is awake
	}
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
	// Hinted, Revisited and Swept orders came by the other ways, and Requested ones
	// because of a request to cancel.
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

	broken bool // there was an error that is not one of single orders
}

// MarshalJSON returns the result for programs.
func (r IntakeResult) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Complete reports whether the handler has seen every order that the shop had when
// the run began to poll or, where that was early, when the last poll began, and
// every order hinted at since. Stock must not be raised otherwise.
func (r IntakeResult) Complete() bool {
	polled := !r.To.IsZero() && r.Watermark.Equal(r.To)
	return !r.broken && (polled || r.Early) && r.Unseen == 0
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
// An order that failed is in the result, on the list to look at again, and in the error,
// an [OrdersError] that holds up nothing. Any other error says that the run could not do
// all of its work, and that the next one has to: the shop, the handler or a store did
// not answer.
func (in *Intake) Run(ctx context.Context) (result IntakeResult, err error) {
	defer in.timings.Measure(in.options.Now, &err)()
	ctx, unlock, err := in.ports.Locks.Lock(ctx, "intake/"+in.options.Name)
	if err != nil {
		return IntakeResult{}, fmt.Errorf("bridge: intake: %w", err)
	}
	defer unlock()
	r := &intakeRun{Intake: in, settled: map[string]store.Mark{}, handed: map[string]bool{}, list: worklist{port: in.ports.Revisits, name: in.options.Name, patience: patience{
		first: in.options.RetryAfter, most: in.options.RetryMax, tellAfter: in.options.EscalateAfter, hearsay: maxHearsay,
		levels: []DeadlineLevel{{in.options.EscalateBefore, exceptions.Urgent}},
	}}}
	defer r.stopLine()
	if err := r.load(ctx); err != nil {
		return IntakeResult{}, fmt.Errorf("bridge: intake: %w", err)
	}
	defer func() {
		if r.stop == nil {
			return
		}
		broke := r.stop()
		if ctx.Err() == nil {
			broke = errors.Join(broke, r.dropHints(ctx, r.sighted.alike(r.settled)))
		}
		if broke != nil {
			err = errors.Join(err, fmt.Errorf("bridge: intake: %w", broke))
		}
	}()
	var errs []error
	for _, phase := range []func(context.Context) error{r.urgent, r.escalateLate, r.poll, r.requests, r.sweep} {
		if err := phase(ctx); err != nil {
			errs, r.broken = append(errs, err), true
		}
		if ctx.Err() != nil {
			break
		}
	}
	r.result.Watermark = r.cursor.Watermark
	r.result.Waiting = len(r.list.entries)
	r.result.Unseen = r.unseen()
	next, oldest := r.list.next()
	r.result.NextDue = next
	in.timings.Waiting(len(r.list.entries), oldest)
	err = errors.Join(errs...)
	r.result.broken = err != nil // what was hinted at may not have been seen
	if err = errors.Join(err, r.noteSeen(ctx), r.result.Results.Err()); err != nil {
		return r.result, fmt.Errorf("bridge: intake: %w", err)
	}
	return r.result, nil
}

// Health returns how the runs went, and how many orders are to be looked at again.
func (in *Intake) Health() health.Flow { return in.timings.Health() }

// noteSeen tells the ledger up to when it has all orders.
func (r *intakeRun) noteSeen(ctx context.Context) error {
	if r.ports.Ledger == nil || !r.result.Complete() {
		return nil
	}
	return r.setSeen(ctx, r.result.Watermark)
}

func (r *intakeRun) setSeen(ctx context.Context, moment time.Time) error {
	if now := r.now(); moment.After(now) {
		moment = now // the clock was set back
	}
	if err := r.ports.Ledger.SetSeenUpTo(ctx, moment.Add(-r.options.ListLag)); err != nil {
		return fmt.Errorf("noting up to when the orders have been seen: %w", err)
	}
	return nil
}

// unseen counts the orders on the list that nothing reserves the units of.
func (r *intakeRun) unseen() (n int) {
	for _, v := range r.list.entries {
		if v.Unseen {
			n++
		}
	}
	return n
}

// intakeRun is one call of Run.
type intakeRun struct {
	*Intake
	cursor  store.Cursor
	list    worklist
	settled map[string]store.Mark // handed on in this run, and how they were
	stuck   map[string]bool       // orders that an exception is open about
	asked   map[string]bool       // orders that have a request by the list of requests
	handed  map[string]bool       // orders handed on in this run with a request
	missed  bool                  // an order that was looked for by id was not there
	broken  bool                  // a phase could not do all of its work
	line    []*handing            // batches that the handler is at work on, in order
	stop    func() error          // ends what goes on beside the run
	result  IntakeResult
}

func (r *intakeRun) isSettled(orderID string) bool {
	_, settled := r.settled[orderID]
	return settled
}

func (r *intakeRun) now() time.Time { return r.options.Now().UTC() }

func (r *intakeRun) load(ctx context.Context) (err error) {
	if r.cursor, err = r.ports.Cursors.Cursor(ctx, r.options.Name); err != nil {
		return fmt.Errorf("reading the watermark: %w", err)
	}
	if err := r.list.load(ctx); err != nil {
		return err
	}
	if err := r.list.resolved(ctx, r.ports.Exceptions, r.now()); err != nil {
		return err
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
	select {
	case <-r.hinted: // before they are read, so that none is missed
	default:
	}
	hints, err := r.ports.Hints.Hints(ctx, r.options.Name)
	if err != nil {
		return fmt.Errorf("reading the hints: %w", err)
	}
	r.sighted.begin(hints, r.now())
	hinted := make(map[string]store.Hint, len(hints))
	ids := make([]string, 0, len(hints))
	for _, h := range hints {
		hinted[h.OrderID] = h
		ids = append(ids, h.OrderID)
	}
	for _, id := range r.list.due(r.now()) {
		if _, both := hinted[id]; !both {
			ids = append(ids, id)
		}
	}
	if len(ids) > r.options.BatchSize {
		r.wakeBeside() // for those behind the first batch
	}
	var errs []error
	for part := range slices.Chunk(ids, r.options.BatchSize) {
		var follow []store.Hint
		for _, id := range part {
			if h, ok := hinted[id]; ok {
				follow = append(follow, h)
			}
		}
		read := r.sighted.take(follow)
		r.startBeside(ctx)
		if r.byID(ctx, part, read, func(kept map[string]bool, err error) error {
			var done []store.Hint
			for _, h := range follow {
				if kept[h.OrderID] {
					done = append(done, h)
				}
			}
			for _, id := range part {
				if _, ok := hinted[id]; kept[id] && !ok {
					r.result.Revisited++
				}
			}
			r.result.Hinted += len(done)
			dropErr := r.dropHints(ctx, done)
			if err := errors.Join(err, dropErr); err != nil {
				errs = append(errs, err)
			}
			// One batch may be full of orders that cannot be had. Two are an outage.
			if dropErr != nil || len(errs) == 2 || ctx.Err() != nil {
				return cmp.Or(dropErr, err, ctx.Err())
			}
			return nil
		}) != nil {
			break
		}
	}
	_ = r.finishAll(ctx) // errs has what failed
	r.startBeside(ctx)
	return errors.Join(errs...)
}

// dropHints drops the hints that are done with.
func (r *intakeRun) dropHints(ctx context.Context, done []store.Hint) error {
	if len(done) == 0 {
		return nil
	}
	if err := r.ports.Hints.DropHints(ctx, r.options.Name, done...); err != nil {
		return fmt.Errorf("dropping the hints that are done with: %w", err)
	}
	return nil
}

// dropServed drops the hints of orders that were read after these were heard of, and are
// done with.
func (r *intakeRun) dropServed(ctx context.Context, orders []Order) error {
	return r.dropHints(ctx, r.sighted.served(slices.DeleteFunc(slices.Clone(orders), func(o Order) bool { return !r.isSettled(o.ID) })))
}

// startBeside is called once the run has said which hints it follows itself.
func (r *intakeRun) startBeside(ctx context.Context) {
	if r.stop == nil {
		r.stop = r.beside(ctx)
	}
}

// maxHearsay is how often an order is looked for that only a hint told of: about
// half a day with the default waits.
const maxHearsay = 50

// byID reads orders, but for those that were read already, and hands them on; finishAll
// must follow, as after handOn. then hears which are settled or on the list. If it gives
// up, those that were not tried are left as they are.
//
// An error is that of a batch before: see handOn.
func (r *intakeRun) byID(ctx context.Context, ids []string, read []Order, then func(kept map[string]bool, err error) error) error {
	if err := r.makeRoom(ctx); err != nil { // what is read now is handed on at once
		return err
	}
	orders := append(make([]Order, 0, len(ids)), read...)
	failed := map[string]error{}
	unread := slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(read, func(o Order) bool { return o.ID == id })
	})
	down := part.Isolate(ctx, unread, new(part.Tally), func(part []string) error {
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
		return then(nil, fmt.Errorf("reading orders in the shop: %w", ctx.Err())) // what failed may have failed for that
	}
	if down != nil {
		down = fmt.Errorf("reading orders in the shop: %w", down)
	}
	kept := make(map[string]bool, len(ids))
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
		old := r.list.entries[id]
		r.missed = true
		why := cmp.Or(failed[id], errNotReturned)
		r.result.Failed++
		r.result.Results = append(r.result.Results, OrderResult{OrderID: id, Outcome: OutcomeFailed, Err: why})
		v := r.failure(old, id, old.Deadline, old.Known, why)
		if v.Raised {
			raised = append(raised, orderStuck(v))
		}
		if r.list.over(v, r.now()) {
			// Nothing but a hint ever told of it. It stays in the queue; should it
			// exist after all, the poll brings it.
			drops = append(drops, id)
			continue
		}
		puts = append(puts, v)
	}
	if err := r.store(ctx, puts, drops, raised); err != nil {
		return then(nil, errors.Join(down, err))
	}
	for _, o := range orders {
		delete(r.settled, o.ID) // by this reading, not by an older one
	}
	return r.handOn(ctx, orders, func(err error) error {
		for _, o := range orders {
			kept[o.ID] = r.isSettled(o.ID)
		}
		return then(kept, errors.Join(down, err))
	})
}
