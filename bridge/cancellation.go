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
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Cancellation is a buyer's, seller's or platform's cancellation of an order or
// of some of its lines.
type Cancellation struct {
	// ID is the shop's id of the request, empty for what the shop has cancelled
	// already.
	ID      string
	OrderID string
	// Pending reports whether the shop waits for the seller's decision.
	Pending bool
	// Deadline is when the shop decides on its own.
	Deadline time.Time
	Reason   string
	// LineIDs are the lines concerned; empty means the whole order.
	LineIDs []string
}

// ofAll reports whether nothing of the order is left after it.
func (c Cancellation) ofAll(o Order) bool {
	return len(c.LineIDs) == 0 || !slices.ContainsFunc(o.Lines, func(l OrderLine) bool { return !l.Cancelled && !slices.Contains(c.LineIDs, l.ID) })
}

// Cancellation returns what the shop has cancelled of the order already: all of it,
// or, of an order that is not cancelled as a whole, the lines that are.
func (o Order) Cancellation() Cancellation {
	c := Cancellation{OrderID: o.ID, Deadline: o.ShipBy, Reason: o.CancelReason}
	if o.Status != Cancelled {
		for _, l := range o.Lines {
			if l.Cancelled {
				c.LineIDs = append(c.LineIDs, l.ID)
			}
		}
	}
	return c
}

// CancellationsOf describes what the shop has cancelled of the orders; those
// of which nothing is cancelled are left out.
func CancellationsOf(orders ...Order) []Cancellation {
	var list []Cancellation
	for _, o := range orders {
		if c := o.Cancellation(); o.Status == Cancelled || len(c.LineIDs) > 0 {
			list = append(list, c)
		}
	}
	return list
}

// ErrDecided is wrapped by [CancellationDesk] errors that say that a request does
// no longer waits, and was not decided as asked: the buyer took it back, or
// somebody was faster.
var ErrDecided = errors.New("the request was decided otherwise")

// CancellationDesk decides cancellations in the shop. A key is stable for one
// request and decision, so that repeating it is safe; a decision that exists
// already is a success if it is the same, and [ErrDecided] if not.
type CancellationDesk interface {
	// ApproveCancellation grants a pending request.
	ApproveCancellation(ctx context.Context, cancellationID, key string) error
	// RejectReasons lists the reasons that the shop accepts for rejecting a request.
	RejectReasons(ctx context.Context, cancellationID string) ([]string, error)
	// RejectCancellation rejects a pending request: the order goes on.
	RejectCancellation(ctx context.Context, cancellationID, reason, key string) error
}

// OrderCanceller stops orders in the warehouse.
type OrderCanceller interface {
	// HoldOrder keeps everybody from committing the order, without freeing its
	// stock.
	HoldOrder(ctx context.Context, order WarehouseOrder) error
	// ReleaseOrder undoes HoldOrder. The address is empty.
	ReleaseOrder(ctx context.Context, order WarehouseOrder, address Address) error
	// CancelOrder cancels the order, held or not, and frees its stock. An order
	// that is cancelled already is left alone.
	CancelOrder(ctx context.Context, order WarehouseOrder, note string) error
}

// LineReducer takes units off orders in the warehouse.
type LineReducer interface {
	// ReduceLines makes lines of an order smaller, or removes them, and frees their
	// stock. An order that is held is held again afterwards. The properties replace
	// those of the order that have their names.
	ReduceLines(ctx context.Context, order WarehouseOrder, changes []LineChange, properties []exceptions.Property) error
}

// LineChange is the new quantity of a line of a warehouse order.
type LineChange struct {
	// LineID is [WarehouseLine.LineID].
	LineID string
	// Keep is how many units are left; a line with none left is removed.
	Keep int
}

// Answer is what a [Canceller] tells the shop about a request of a buyer that it
// does not grant.
type Answer string

// The answers.
const (
	// AnswerByPerson leaves the request to customer service, with an exception.
	AnswerByPerson Answer = "left to a person"
	// AnswerReject rejects the request, so that the order goes on.
	AnswerReject Answer = "reject"
)

// CancelPorts are what a [Canceller] works on.
type CancelPorts struct {
	Orders    OrderSource
	Desk      CancellationDesk
	OrderBook OrderBook
	Warehouse OrderCanceller
	// Tracer finds orders that were merged into others, Records says which those are,
	// and what the bridge itself has parked and labelled.
	Tracer     OrderTracer
	Records    store.Records
	Ledger     store.Ledger
	Locks      store.Locks
	Exceptions exceptions.Queue
	// Lines is optional. Without it the cancellation of single lines, and of an order
	// that was merged with others, is left to a person.
	Lines LineReducer
}

// CancelOptions configure a [Canceller].
type CancelOptions struct {
	// CutOff is the stage from which a cancellation is too late: the order is
	// then left alone and customer service gets an exception. Default
	// [stage.LabelPrinted]. A stage that is not known counts as too late.
	CutOff stage.Stage
	// LateAnswer is given at once to requests that come after the cut-off. Default
	// [AnswerByPerson].
	LateAnswer Answer
	// DueAnswer is given to any request that is with a person when no more than
	// AnswerMargin is left of the time after which the shop grants it on its own.
	// Default [AnswerByPerson]: the shop decides.
	DueAnswer Answer
	// AnswerMargin must leave time for some runs. Default two hours.
	AnswerMargin time.Duration
	// RejectReasons are the names of reasons for rejecting a request, the best
	// first, without the ending for a market such as "_uk". The first that the shop
	// accepts is given; if it accepts none, a person decides. Default: that the
	// product has been packed.
	RejectReasons []string
	// Kinds says in what unit which kinds of orders may be cancelled: a request for a
	// part of one that goes as a whole is left to a person. Default
	// [policy.DefaultKinds].
	Kinds *policy.Kinds
	// Now replaces time.Now.
	Now func() time.Time
}

// reasonPacked is TikTok's reason for rejecting what comes too late.
//
// https://partner.tiktokshop.com/docv2/page/cancel-reasons
const reasonPacked = "seller_reject_apply_product_has_been_packed"

// OutcomeRejected is a buyer's request that was rejected: the order goes on.
const OutcomeRejected Outcome = "request rejected"

// Canceller carries cancellations from the shop into the warehouse.
//
// Before the cut-off the order is held in the warehouse, looked at again, approved
// in the shop, cancelled in the warehouse, and read back. If only some of its lines
// are cancelled, those are taken off, where it is certain which they are. From the
// cut-off on, customer service gets an exception with what is known and the return
// path, or the request is rejected, as the options say. Stopped at any point and run
// again it goes on where it was: what the shop has cancelled comes back through
// [CancellationsOf].
//
// Importer, Dispatcher and Canceller take the same lock for an order, so that a
// cancellation that races a shipment has one outcome.
type Canceller struct {
	ports   CancelPorts
	options CancelOptions
	timings health.Timings
}

// NewCanceller returns a Canceller, or an error that names every missing port or
// the option that is wrong. All ports but Lines are required.
func NewCanceller(p CancelPorts, o CancelOptions) (*Canceller, error) {
	err := part.Required("bridge: NewCanceller", map[string]any{
		"Orders": p.Orders, "Desk": p.Desk, "OrderBook": p.OrderBook, "Warehouse": p.Warehouse, "Tracer": p.Tracer, "Records": p.Records, "Ledger": p.Ledger,
		"Locks": p.Locks, "Exceptions": p.Exceptions,
	})
	if err != nil {
		return nil, err
	}
	o.CutOff = cmp.Or(o.CutOff, stage.LabelPrinted)
	o.LateAnswer, o.DueAnswer = cmp.Or(o.LateAnswer, AnswerByPerson), cmp.Or(o.DueAnswer, AnswerByPerson)
	o.AnswerMargin = cmp.Or(o.AnswerMargin, 2*time.Hour)
	if len(o.RejectReasons) == 0 {
		o.RejectReasons = []string{reasonPacked}
	}
	if o.CutOff < stage.New || o.CutOff > stage.Processed {
		return nil, fmt.Errorf("bridge: NewCanceller: CutOff %v is no stage", o.CutOff)
	}
	for _, a := range []Answer{o.LateAnswer, o.DueAnswer} {
		if a != AnswerByPerson && a != AnswerReject {
			return nil, fmt.Errorf("bridge: NewCanceller: the answer %q is neither %q nor %q", a, AnswerByPerson, AnswerReject)
		}
	}
	if o.AnswerMargin < 0 {
		return nil, errors.New("bridge: NewCanceller: AnswerMargin must not be negative")
	}
	o.Kinds = cmp.Or(o.Kinds, policy.DefaultKinds())
	o.Now = part.Clock(o.Now)
	return &Canceller{ports: p, options: o}, nil
}

// Health returns how the runs went so far; the backlog is what the last one left
// undone or with a person.
func (c *Canceller) Health() health.Flow { return c.timings.Health() }

// Cancel works through cancellations. One that fails does not stop the others:
// it is in the results and in the error, and running Cancel again goes on where
// it stopped.
func (c *Canceller) Cancel(ctx context.Context, cancellations ...Cancellation) (OrderResults, error) {
	return c.cancelLooked(ctx, nil, cancellations)
}

// cancelLooked is Cancel, and begins with looks that an importer has just taken.
func (c *Canceller) cancelLooked(ctx context.Context, looks map[string]look, cancellations []Cancellation) (OrderResults, error) {
	start := c.options.Now()
	results, err := c.cancelAll(ctx, looks, cancellations)
	left := len(cancellations) - len(results)
	for _, r := range results {
		if r.Outcome == OutcomeFailed || r.Outcome == OutcomeRaised {
			left++
		}
	}
	c.timings.Done(start, c.options.Now(), err)
	c.timings.Waiting(left, time.Time{})
	return results, err
}

func (c *Canceller) cancelAll(ctx context.Context, looks map[string]look, cancellations []Cancellation) (OrderResults, error) {
	var results OrderResults
	for _, request := range cancellations {
		if err := ctx.Err(); err != nil {
			return results, errors.Join(results.Err(), err)
		}
		run := cancelRun{Canceller: c, request: request, handed: looks[request.OrderID], result: OrderResult{OrderID: request.OrderID}}
		err := errors.New("a cancellation without the id of its order")
		if request.OrderID != "" {
			err = run.locked(ctx)
		}
		if r, ok := errors.AsType[*exceptions.RefusedError](err); ok {
			err = run.raise(ctx, exceptions.CancellationStuck, exceptions.Cause(err), r.Do)
		}
		if err != nil {
			run.result.Outcome, run.result.Err = OutcomeFailed, err
		}
		results = append(results, run.result)
	}
	return results, results.Err()
}

// cancelRun is the work on one cancellation.
type cancelRun struct {
	*Canceller
	request Cancellation
	result  OrderResult
	// handed is the importer's look, as long as nothing was done since; partly reports
	// whether the orders below are from it, and were not looked for by the reference.
	handed look
	partly bool
	// lines are the shop's lines to cancel of an order that stays; nil if all of
	// it goes.
	lines map[string]bool
	order Order // as the shop has it, if the request names lines
	// record is what the bridge remembers of the order.
	record store.Record
	// found are the parts of the order, of merged ones its share; shared are those
	// merged ones that hold goods of other orders too, by their ids.
	found  []WarehouseOrder
	shared map[string]bool
	// emptied are merged orders that no longer hold anything of the order, and that the
	// bridge keeps parked.
	emptied []WarehouseOrder
	// foreign are orders of the same reference that the bridge did not make.
	foreign []WarehouseOrder
	// held are the parts that the bridge holds for this.
	held []WarehouseOrder
	// granted reports whether the shop's side is done.
	granted bool
}

func (r *cancelRun) locked(ctx context.Context) error {
	ids := []string{r.request.OrderID}
	for range maxMerges {
		held, unlock, err := lockOrders(ctx, r.ports.Locks, ids)
		if err != nil {
			return err
		}
		if err = r.lookFirst(held); err == nil {
			// A merged order belongs to all whose goods are in it.
			together := append([]string{r.request.OrderID}, mergedWith(r.found)...)
			if slices.ContainsFunc(together, func(id string) bool { return !slices.Contains(ids, id) }) {
				ids = together
				unlock()
				continue
			}
			err = r.work(held)
		}
		unlock()
		return err
	}
	return errors.New("the warehouse keeps merging it with other orders; the next run looks again")
}

// maxMerges is how often an order may be merged while its locks are taken.
const maxMerges = 3

// mergedWith are the shop's orders in merged orders.
func mergedWith(found []WarehouseOrder) (ids []string) {
	for _, w := range found {
		if w.Merged {
			ids = append(ids, w.References...)
		}
	}
	return ids
}

// work does what can be done, under the locks of all orders that it touches.
func (r *cancelRun) work(ctx context.Context) error {
	if r.partly && r.handed.settled(r.request, r.record) {
		r.result.Outcome = OutcomeUnchanged
		return r.mended(ctx, len(r.request.LineIDs) == 0)
	}
	plan := r.plan()
	switch late := r.late(plan); {
	case plan.doubt != "" && r.lines == nil:
		return r.handOver(ctx, exceptions.CancellationStuck,
			fmt.Sprintf("it is cancelled, or the buyer asks for that, and it was merged into Linnworks order %s: %s", numberOf(r.found), plan.doubt),
			"take its lines off that order before it is sent; then answer the request in the shop, if one is waiting")
	case plan.doubt != "":
		return r.handOver(ctx, exceptions.PartCancellation,
			fmt.Sprintf("lines %s are cancelled (%s), the others are not, and the bridge cannot take them off in Linnworks: %s",
				strings.Join(r.lineIDs(), ", "), cmp.Or(r.request.Reason, "no reason given"), plan.doubt),
			"take the lines off the order in Linnworks, then answer the request in the shop")
	case late != "":
		if err := r.stopTheRest(ctx, plan); err != nil {
			return err
		}
		if r.request.Pending { // a run that was stopped may hold it
			if err := r.release(ctx); err != nil {
				return err
			}
		}
		return r.tooLate(ctx, late)
	}
	if unit := r.options.Kinds.Of(r.order.PolicyKinds()...).Cancel; r.request.Pending && r.lines != nil && !unit.InPart() {
		if err := r.release(ctx); err != nil { // a run that was stopped may hold it
			return err
		}
		return r.handOver(ctx, exceptions.PartCancellation,
			fmt.Sprintf("the buyer asks to cancel lines %s alone, and an order of its kind (%s) is cancelled as a whole or not at all",
				strings.Join(r.lineIDs(), ", "), part.Joined(r.order.PolicyKinds())),
			"ask the buyer whether the whole order is to be cancelled, then answer the request in the shop")
	}
	if elsewhere := liveParts(r.foreign); len(elsewhere) > 0 && r.request.Pending {
		if err := r.release(ctx); err != nil { // a run that was stopped may hold it
			return err
		}
		return r.handOver(ctx, exceptions.CancellationStuck, "the buyer asks for a cancellation: "+madeElsewhere(elsewhere),
			"cancel that order in Linnworks if it has not left, then answer the request in the shop")
	}
	if len(r.found) == 0 {
		if merged, err := r.mergedInto(ctx); err != nil {
			return err
		} else if merged != "" {
			return r.handOver(ctx, exceptions.CancellationStuck, "it is cancelled, or the buyer asks for that, and it was merged into Linnworks order "+merged,
				"take its lines off that order before it is sent; then answer the request in the shop, if one is waiting")
		}
	}
	if !r.request.Pending {
		return r.carryOut(ctx, plan)
	}
	if len(r.found) == 0 {
		if never, err := r.neverImported(ctx); err != nil {
			return err
		} else if !never {
			return r.handOver(ctx, exceptions.CancellationStuck,
				"the buyer asks for a cancellation, and Linnworks does not show the order: it may have been merged into another",
				"find the order in Linnworks and cancel it there, then answer the request in the shop")
		}
	}
	return r.approve(ctx, plan)
}

// madeElsewhere says what the bridge does not touch.
func madeElsewhere(foreign []WarehouseOrder) string {
	var list []string
	for _, w := range foreign {
		list = append(list, fmt.Sprintf("%s (source %s, %s)", w.Number, w.Foreign, w.State))
	}
	return "Linnworks has it as order " + strings.Join(list, ", ") + ", which the bridge did not make"
}

func (r *cancelRun) lineIDs() []string { return slices.Sorted(maps.Keys(r.lines)) }

// late says which part that the plan touches is past the cut-off.
func (r *cancelRun) late(p removal) string {
	for _, s := range p.steps {
		if r.pastCutOff(s.order) {
			return fmt.Sprintf("%s, the cut-off is %q", whereabouts(s.order), r.options.CutOff)
		}
	}
	return ""
}

func (c *Canceller) pastCutOff(w WarehouseOrder) bool {
	return w.Stage < stage.New || w.Stage >= c.options.CutOff || w.State == Processed
}

// stopTheRest cancels the parts of a split order that are not too late yet, if
// the shop has cancelled it already.
func (r *cancelRun) stopTheRest(ctx context.Context, p removal) error {
	if r.request.Pending {
		return nil // the order goes on until the request is granted
	}
	for _, s := range p.steps {
		if r.pastCutOff(s.order) {
			continue
		}
		if err := r.step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// whereabouts is what is known of an order that may be on its way.
func whereabouts(w WarehouseOrder) string {
	s := fmt.Sprintf("Linnworks order %s is at stage %q", w.Number, w.Stage)
	if w.State == Parked || w.State == Locked {
		s += " and " + string(w.State)
	}
	if w.Tracking != "" {
		s += ", tracking " + w.Tracking
	}
	if carrier := cmp.Or(w.Carrier, w.Service); carrier != "" {
		s += ", carrier " + carrier
	}
	if !w.ProcessedAt.IsZero() {
		s += ", processed " + w.ProcessedAt.UTC().Format("2006-01-02 15:04 UTC")
	}
	return s
}

// neverImported reports whether the ledger knows that the warehouse has not had
// the order yet. An order that it does not know may be in the warehouse under
// another reference: approving its cancellation blindly would ship it.
func (r *cancelRun) neverImported(ctx context.Context) (bool, error) {
	reserved, err := r.ports.Ledger.ReservationsOf(ctx, r.request.OrderID)
	if err != nil {
		return false, fmt.Errorf("reading the ledger: %w", err)
	}
	reservation, have := reserved[r.request.OrderID]
	return have && reservation.VisibleAt.IsZero(), nil
}

// approve holds the parts concerned, looks again, grants the request and carries
// it out. A commitment that slipped in between releases the order and makes the
// request late.
func (r *cancelRun) approve(ctx context.Context, plan removal) error {
	var holding error
	if slices.ContainsFunc(plan.steps, func(s removalStep) bool { return s.order.State == Open }) {
		// On record first: who finds it parked knows then that the bridge may let it go.
		if err := r.note(ctx, func(rec *store.Record, now time.Time) { rec.ParkedAt = now }); err != nil {
			return err
		}
	}
	for _, s := range plan.steps {
		if w := s.order; w.State == Open {
			if err := r.ports.Warehouse.HoldOrder(ctx, w); err != nil {
				holding = errors.Join(holding, fmt.Errorf("holding %s in the warehouse: %w", w.Number, err))
			}
			r.held = append(r.held, w)
		}
	}
	if partly := r.partly; len(r.held) > 0 || partly {
		if err := r.look(ctx); err != nil {
			return errors.Join(holding, err)
		}
		plan = r.plan()
		if partly && holding == nil && (len(liveParts(r.foreign)) > 0 || slices.ContainsFunc(plan.steps, r.free)) {
			return r.work(ctx) // there is more than the first look showed
		}
	}
	late := r.late(plan)
	switch {
	case plan.doubt != "" || late != "":
		if err := r.release(ctx); err != nil {
			return errors.Join(holding, err)
		}
		if late != "" {
			return r.tooLate(ctx, late)
		}
		return errors.New("the order was changed in the warehouse meanwhile: " + plan.doubt)
	case holding != nil:
		return holding
	}
	for _, s := range plan.steps {
		if s.order.State == Open {
			return fmt.Errorf("the warehouse does not show %s as held; the next run holds it again", s.order.Number)
		}
	}
	switch err := r.ports.Desk.ApproveCancellation(ctx, r.request.ID, r.request.ID+":approve"); {
	case errors.Is(err, ErrDecided):
		return r.decidedOtherwise(ctx)
	case err != nil:
		return fmt.Errorf("approving cancellation %s: %w", r.request.ID, err)
	}
	return r.carryOut(ctx, plan)
}

// free reports whether a part of the order is open, and the bridge has not held it.
func (r *cancelRun) free(s removalStep) bool {
	return s.order.State == Open && !slices.ContainsFunc(r.held, func(h WarehouseOrder) bool { return h.ID == s.order.ID })
}

// decidedOtherwise lets an order go whose buyer took the request back, and
// cancels one that is cancelled in another way.
func (r *cancelRun) decidedOtherwise(ctx context.Context) error {
	o, err := readOrder(ctx, r.ports.Orders, r.request.OrderID)
	if err != nil {
		return err
	}
	if o.Status == Cancelled {
		r.lines = nil
		return r.carryOut(ctx, r.plan())
	}
	if err := r.release(ctx); err != nil {
		return err
	}
	r.result.Outcome, r.result.Detail = OutcomeUnchanged, "the request does not wait any more"
	return nil
}

// note writes down what the bridge does with the order.
func (r *cancelRun) note(ctx context.Context, change func(*store.Record, time.Time)) error {
	now := r.options.Now().UTC()
	stored, err := store.UpdateRecords(ctx, r.ports.Records, func(rec *store.Record) { change(rec, now) }, r.record)
	if err != nil {
		return fmt.Errorf("recording what is done with it: %w", err)
	}
	r.record = stored[0]
	return nil
}

// release lets go of what this run holds, if it is still there.
func (r *cancelRun) release(ctx context.Context) error {
	parked := slices.Clone(r.emptied)
	for _, w := range r.found {
		if w.State == Parked && slices.ContainsFunc(r.held, func(h WarehouseOrder) bool { return h.ID == w.ID }) {
			parked = append(parked, w)
		}
	}
	for _, w := range parked {
		if err := r.ports.Warehouse.ReleaseOrder(ctx, w, Address{}); err != nil {
			return fmt.Errorf("releasing %s again: %w", w.Number, err)
		}
	}
	if len(parked) == 0 {
		return nil
	}
	return r.note(ctx, func(rec *store.Record, now time.Time) { rec.ReleasedAt = now })
}

// carryOut makes the warehouse as the shop is, reads back, and frees what the
// ledger reserves.
func (r *cancelRun) carryOut(ctx context.Context, plan removal) error {
	r.granted = true
	if err := r.pull(ctx, plan); err != nil {
		return err
	}
	var failed error
	for _, s := range plan.steps {
		failed = errors.Join(failed, r.step(ctx, s))
	}
	if len(plan.steps) > 0 {
		partly := r.partly
		if err := r.look(ctx); err != nil {
			return errors.Join(failed, err)
		}
		left := r.plan()
		if partly && failed == nil && len(left.steps) > 0 {
			return r.work(ctx) // there is more than the first look showed
		}
		if late := processedPart(left); late != "" {
			// It left between the hold and the cancellation; the shop's side is done.
			r.request.Pending = false
			return r.tooLate(ctx, late)
		}
		if failed != nil {
			return failed
		}
		if left.doubt != "" || len(left.steps) > 0 {
			return fmt.Errorf("the warehouse does not show %s as cancelled yet; the next run cancels it again", numberOf(left.orders()))
		}
	}
	if err := r.settleLedger(ctx); err != nil {
		return err
	}
	if err := r.release(ctx); err != nil { // what stays, without its lines
		return err
	}
	if err := r.outdate(ctx); err != nil {
		return err
	}
	r.result.Outcome, r.result.Detail = OutcomeCancelled, r.request.Reason
	if len(plan.steps) == 0 && !r.request.Pending {
		r.result.Outcome, r.result.Detail = OutcomeUnchanged, ""
	}
	if r.lines != nil && r.result.Outcome == OutcomeCancelled {
		r.result.Detail = strings.TrimPrefix(r.request.Reason+": lines "+strings.Join(r.lineIDs(), ", "), ": ")
	}
	if err := r.mended(ctx, r.lines == nil); err != nil || r.lines != nil {
		return err
	}
	if elsewhere := liveParts(r.foreign); len(elsewhere) > 0 && StateOf(elsewhere) != Processed {
		return r.raise(ctx, exceptions.CancellationStuck, "it is cancelled in the shop: "+madeElsewhere(elsewhere), "cancel that order in Linnworks before it is sent")
	}
	return nil
}

// mended closes what waited for the cancellation to be carried out.
func (r *cancelRun) mended(ctx context.Context, whole bool) error {
	if !whole {
		return r.ports.Exceptions.Clear(ctx, exceptions.ForOrder(r.request.OrderID), exceptions.PartCancellation, exceptions.LateCancellation, exceptions.CancellationStuck)
	}
	return exceptions.Close(ctx, r.ports.Exceptions, r.request.OrderID, exceptions.EndVoid)
}

// pull has people take out the parcels whose labels are printed: the warehouse's
// screens no longer show the orders.
func (r *cancelRun) pull(ctx context.Context, plan removal) error {
	for _, s := range plan.steps {
		w := s.order
		if w.Stage < stage.LabelPrinted || w.State == Processed {
			continue
		}
		do := "find the parcel, take it out and destroy the label"
		if len(s.changes) > 0 {
			do = "find the parcel, and take the cancelled goods out of it"
		}
		if err := r.ports.Exceptions.Raise(ctx, exceptions.New(exceptions.ParcelToPull, exceptions.ForOrder(r.request.OrderID), time.Time{},
			whereabouts(w)+", and now cancelled", do, append(orderEvidence(r.order, w), permitEvidence(r.record)...)...)); err != nil {
			return err
		}
	}
	return nil
}

func (r *cancelRun) step(ctx context.Context, s removalStep) error {
	if err := r.noteTakenOff(ctx); err != nil {
		return err
	}
	if len(s.changes) == 0 {
		if err := r.ports.Warehouse.CancelOrder(ctx, s.order, "cancelled in TikTok Shop: "+r.request.Reason); err != nil {
			return fmt.Errorf("cancelling %s in the warehouse: %w", s.order.Number, err)
		}
		return nil
	}
	properties, err := r.saleProperties(s.order)
	if err != nil {
		return err
	}
	if err := r.ports.Lines.ReduceLines(ctx, s.order, s.changes, properties); err != nil { // plan sees to it that there is one
		return fmt.Errorf("taking lines off %s in the warehouse: %w", s.order.Number, err)
	}
	return nil
}

// processedPart says which part of what is left to do has been processed.
func processedPart(left removal) string {
	for _, s := range left.steps {
		if s.order.State == Processed {
			return whereabouts(s.order)
		}
	}
	return ""
}

// noteCancelled is the note of an order that lives on with the ids of its lines that
// are cancelled, apart by blanks.
const noteCancelled = "cancelled lines"

// noteCarriedOut is the note of an order all of which is cancelled: the canceller has
// looked by its reference, and nothing of it is left in the warehouse.
const noteCarriedOut = "cancellation carried out"

// outdate writes down what is cancelled: an importer whose reading of the order does
// not know it yet reads again. What is cancelled as a whole has ended, and the bridge
// no longer holds it.
func (r *cancelRun) outdate(ctx context.Context) error {
	if r.lines != nil {
		known := r.record.Notes[noteCancelled]
		if money.TakenOff(known, r.lineIDs()...) == known {
			return nil
		}
		return r.note(ctx, func(rec *store.Record, _ time.Time) {
			rec.SetNote(noteCancelled, money.TakenOff(rec.Notes[noteCancelled], r.lineIDs()...))
		})
	}
	carriedOut := "yes"
	if len(liveParts(r.foreign)) > 0 || len(r.found) == 0 {
		carriedOut = "" // there is more to look for
	}
	if r.record.Status == string(Cancelled) && !r.record.EndedAt.IsZero() && !r.parked() && r.record.Notes[noteCarriedOut] == carriedOut {
		return nil
	}
	return r.note(ctx, func(rec *store.Record, now time.Time) {
		rec.SetNote(noteCarriedOut, carriedOut)
		rec.Status, rec.ParkedAt = string(Cancelled), time.Time{}
		if rec.EndedAt.IsZero() {
			rec.EndedAt = now
		}
	})
}

// settleLedger frees what the ledger reserves for what was cancelled.
func (r *cancelRun) settleLedger(ctx context.Context) error {
	if r.lines == nil {
		return r.ports.Ledger.DropReservations(ctx, r.request.OrderID)
	}
	reserved, err := r.ports.Ledger.ReservationsOf(ctx, r.request.OrderID)
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	reservation, have := reserved[r.request.OrderID]
	if !have || !slices.ContainsFunc(reservation.Lines, func(l store.ReservedLine) bool { return r.lines[l.LineID] }) {
		return nil
	}
	reservation.Lines = slices.DeleteFunc(reservation.Lines, func(l store.ReservedLine) bool { return r.lines[l.LineID] })
	reservation.Items = map[string]int{}
	for _, l := range reservation.Lines {
		for id, n := range l.Items {
			reservation.Items[id] += n
		}
	}
	return r.ports.Ledger.PutReservations(ctx, reservation)
}

// returnPath is what to do about goods that are on their way for nothing.
const returnPath = "stop the parcel if you can; if not, ask the buyer to refuse it or send it back, and refund it as a return"

// tooLate leaves the order alone.
func (r *cancelRun) tooLate(ctx context.Context, why string) error {
	do := returnPath
	if r.request.Pending {
		do = "stop the parcel if you can and grant the request; if you cannot, reject it and point the buyer to a return"
	}
	what := "cancelled after the cut-off"
	if r.lines != nil {
		what = "lines " + strings.Join(r.lineIDs(), ", ") + " " + what
	}
	if r.request.Pending {
		what = "after the cut-off the buyer asks to cancel it"
		if r.lines != nil {
			what = "after the cut-off the buyer asks to cancel lines " + strings.Join(r.lineIDs(), ", ")
		}
	}
	if !r.request.Pending && r.lines == nil { // nothing else about the order is of use now
		if err := exceptions.Close(ctx, r.ports.Exceptions, r.request.OrderID, exceptions.EndCancelled); err != nil {
			return err
		}
	}
	return r.handOver(ctx, exceptions.LateCancellation, fmt.Sprintf("%s (%s): %s", what, cmp.Or(r.request.Reason, "no reason given"), why), do)
}

// handOver gives a cancellation to a person, or answers the request as the
// options say.
func (r *cancelRun) handOver(ctx context.Context, kind exceptions.Kind, seen, do string) error {
	if !r.request.Pending {
		return r.raise(ctx, kind, seen, do)
	}
	due := r.request.Deadline.Add(-r.options.AnswerMargin)
	answerAtDue := r.options.DueAnswer == AnswerReject && !r.request.Deadline.IsZero()
	if kind == exceptions.LateCancellation && r.options.LateAnswer == AnswerReject || answerAtDue && !r.options.Now().Before(due) {
		return r.reject(ctx, kind, seen, do)
	}
	if answerAtDue {
		do += "; if nobody answers, the bridge rejects it at " + due.UTC().Format("2006-01-02 15:04 UTC")
	}
	return r.raise(ctx, kind, seen, do)
}

func (r *cancelRun) reject(ctx context.Context, kind exceptions.Kind, seen, do string) error {
	accepted, err := r.ports.Desk.RejectReasons(ctx, r.request.ID)
	if err != nil {
		return r.notRejected(ctx, kind, seen, do, fmt.Errorf("reading the shop's reasons for rejecting cancellation %s: %w", r.request.ID, err))
	}
	reason := firstReason(r.options.RejectReasons, accepted)
	if reason == "" {
		return r.raise(ctx, kind, fmt.Sprintf("%s; the shop accepts none of the configured reasons for rejecting it, only %s", seen,
			orNone(accepted)), do)
	}
	switch err := r.ports.Desk.RejectCancellation(ctx, r.request.ID, reason, r.request.ID+":reject"); {
	case errors.Is(err, ErrDecided):
		return r.raise(ctx, kind, seen+"; it was granted meanwhile", returnPath)
	case err != nil:
		return r.notRejected(ctx, kind, seen, do, fmt.Errorf("rejecting cancellation %s: %w", r.request.ID, err))
	}
	r.result.Outcome, r.result.Detail = OutcomeRejected, reason
	return r.ports.Exceptions.Clear(ctx, exceptions.ForOrder(r.request.OrderID), exceptions.LateCancellation, exceptions.PartCancellation, exceptions.CancellationStuck)
}

// notRejected raises what a person has to do if repeating does not help.
func (r *cancelRun) notRejected(ctx context.Context, kind exceptions.Kind, seen, do string, err error) error {
	if _, refused := errors.AsType[*exceptions.RefusedError](err); refused {
		return r.raise(ctx, kind, seen+"; "+exceptions.Cause(err), do)
	}
	return err
}

// firstReason returns the first wanted reason that is accepted, as it is spelled
// there: markets append an ending.
func firstReason(wanted, accepted []string) string {
	for _, w := range wanted {
		for _, a := range accepted {
			if ending, ok := strings.CutPrefix(a, w); ok && (ending == "" || len(ending) == 3 && ending[0] == '_') {
				return a
			}
		}
	}
	return ""
}

func (r *cancelRun) raise(ctx context.Context, kind exceptions.Kind, seen, do string) error {
	r.result.Outcome, r.result.Detail = OutcomeRaised, string(kind)
	evidence := slices.Concat(
		exceptions.Evidence("cancellation", r.request.ID, "shop's reason", r.request.Reason), orderEvidence(r.order, r.found...), permitEvidence(r.record),
	)
	return r.ports.Exceptions.Raise(ctx, exceptions.New(kind, exceptions.ForOrder(r.request.OrderID), r.request.Deadline, seen, do, evidence...))
}
