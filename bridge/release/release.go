// Package release lets orders into the view that the warehouse prints and picks from, and
// takes them out again: for couriers whose labels do not pass the bridge.
//
// Orders come into the warehouse where that view does not show them. [Release.Run], every
// half minute, asks the gate about those that are due, puts those that may go into the
// view, renews their permits before they run out, and pulls back what was cancelled, is
// held or can no longer be asked about: what stands in the view has a permit. A
// cancelled order stands there no longer than a permit lives, as long as Run runs in time
// and the warehouse takes the order out. Where it does not, somebody is told
// ([exceptions.NotPulledBack]).
//
//	view, err := warehouse.PrintView(linnworksadapter.PrintViewOptions{Identifier: "READY"})
//	r, err := release.New(release.Ports{
//		View: view, Services: warehouse, Gate: sync.Gate, Values: memory, Locks: memory, Exceptions: memory,
//	}, release.Options{Rules: settings.ShippingRules})
//	for ctx.Err() == nil {
//		result, err := r.Run(ctx)
//		...
//	}
//
// Before a pick list or a wave is made, or if the warehouse's own software prints, ask
// [Release.Check] for the orders by their numbers; as HTTP a Release is a handler of the
// same question. Who prints without asking relies on the view.
package release

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Ports are what a [Release] works on.
type Ports struct {
	View View
	Gate bridge.PermitSource
	// Values remembers until when what stands in the view may stand there.
	Values     store.Values
	Locks      store.Locks
	Exceptions exceptions.Queue
	// Services is required with Options.Rules.
	Services ServiceWriter
}

// Options configure a [Release].
type Options struct {
	// Every is how often Run is called. What would run out before the next run is pulled
	// back, and permits are renewed two runs before they run out: it should be a quarter of
	// the life of a permit at most. Default 30 seconds.
	Every time.Duration
	// Ahead is how long before the order has to be sent it is let into the view. Zero: as
	// soon as the shop lets it go. An order without a deadline is always due.
	Ahead time.Duration
	// Rules say with which postal service orders go. Without any, orders keep what they
	// have. With rules, an order that none matches is raised and not shown.
	Rules policy.ShippingRules
	// Now replaces time.Now.
	Now func() time.Time
}

// Release lets orders into the printing view. It is safe for concurrent use, in several
// processes too: one of them runs. Make it with [New].
type Release struct {
	ports   Ports
	options Options
	timings health.Timings
}

// New returns a Release, or an error that names what is missing or wrong.
func New(p Ports, o Options) (*Release, error) {
	if err := part.Required("release: New", map[string]any{
		"View": p.View, "Gate": p.Gate, "Values": p.Values, "Locks": p.Locks, "Exceptions": p.Exceptions,
	}); err != nil {
		return nil, err
	}
	switch {
	case len(o.Rules) > 0 && p.Services == nil:
		return nil, errors.New("release: New: Rules need Services")
	case o.Every < 0 || o.Ahead < 0:
		return nil, errors.New("release: New: Every and Ahead must not be negative")
	}
	if err := o.Rules.Check(); err != nil {
		return nil, fmt.Errorf("release: New: Rules%w", err)
	}
	o.Every = cmp.Or(o.Every, 30*time.Second)
	o.Now = part.Clock(o.Now)
	return &Release{ports: p, options: o}, nil
}

// Health returns how the runs went so far.
func (r *Release) Health() health.Flow { return r.timings.Health() }

// Outcome is what became of an order.
type Outcome string

// The outcomes.
const (
	// Shown orders stand in the view, with a permit.
	Shown Outcome = "shown"
	// PulledBack orders stood in the view and were taken out.
	PulledBack Outcome = "pulled back"
	// Waiting orders are not in the view; Why says what they wait for.
	Waiting Outcome = "waits"
	// Failed orders stand in the view without a permit, because the warehouse does not take
	// them out. There is a case of each.
	Failed Outcome = "not pulled back"
)

// Decision is what a run or a check says about one order.
type Decision struct {
	// Number is the order's number in the warehouse, OrderIDs the shop's orders in it.
	Number   string   `json:"number"`
	OrderIDs []string `json:"order_ids"`
	Outcome  Outcome  `json:"outcome"`
	// Go reports whether it may be printed and picked now, until Until.
	Go    bool      `json:"go"`
	Until time.Time `json:"until,omitzero"`
	// Why says why not, for people. Nothing in it is about the buyer.
	Why string `json:"why,omitempty"`
	// Service and Template are what the rules say; empty without rules.
	Service  string `json:"service,omitempty"`
	Template string `json:"template,omitempty"`
}

// String is one line for a log or a terminal.
func (d Decision) String() string {
	return strings.TrimSuffix(fmt.Sprintf("order %s: %s: %s", d.Number, d.Outcome, d.Why), ": ")
}

// Result is what a run did.
type Result struct {
	// Shown orders are in the view, of which New were not before.
	Shown      int `json:"shown"`
	New        int `json:"new"`
	PulledBack int `json:"pulled_back"`
	Waiting    int `json:"waiting"`
	Failed     int `json:"failed"`
	// Decisions are those about orders that were looked at in this run.
	Decisions []Decision `json:"decisions"`
}

// String is one line for a log or a terminal.
func (r Result) String() string {
	return fmt.Sprintf("%d orders in the printing view, %d of them new; %d pulled back, %d wait, %d could not be pulled back", r.Shown, r.New, r.PulledBack, r.Waiting, r.Failed)
}

// mostAtOnce is how many orders are worked on together: as many as one lock call and one
// reading of the warehouse take.
const mostAtOnce = 200

// Run does it once. An error is beside what was done: orders that could not be asked
// about are not shown, and those that stand in the view are pulled back when their permit
// runs out.
func (r *Release) Run(ctx context.Context) (result Result, err error) {
	start := r.options.Now()
	defer func() { r.timings.Done(start, r.options.Now(), err) }()
	result.Decisions = []Decision{}
	held, taken, unlock, err := r.ports.Locks.TryLock(ctx, runLock)
	if err != nil {
		return result, fmt.Errorf("release: %w", err)
	}
	defer unlock()
	if len(taken) == 0 {
		return result, nil // another process does it
	}
	b, err := r.begin(held)
	if err != nil {
		return result, fmt.Errorf("release: %w", err)
	}
	orders, err := r.ports.View.OpenOrders(held)
	if err != nil {
		// What is known to stand in the view goes out when its permit does.
		err = errors.Join(fmt.Errorf("reading the open orders: %w", err), b.expire(held))
		return b.result(result), fmt.Errorf("release: %w", err)
	}
	if err = errors.Join(b.forget(held, orders), b.work(held, r.due(orders, b))); err != nil {
		err = fmt.Errorf("release: %w", err)
	}
	return b.result(result), err
}

// runLock is held while a run or a check works.
const runLock = "release"

// due are the orders that have to be looked at, the most urgent first: what stands in the
// view and runs out soon, then what may come in.
func (r *Release) due(orders []Order, b *batch) []Order {
	now := r.options.Now()
	var list []Order
	for _, o := range orders {
		until := b.entries[o.ID].Until
		switch {
		case o.Shown && !o.Stopped && until.Sub(now) > 2*r.options.Every:
			b.fresh++
		case o.Shown:
			list = append(list, o)
		case o.Stopped:
		case r.options.Ahead > 0 && !o.DispatchBy.IsZero() && o.DispatchBy.Sub(now) > r.options.Ahead:
		default:
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(a, c Order) int {
		if a.Shown != c.Shown {
			if a.Shown {
				return -1
			}
			return 1
		}
		if a.Shown {
			return part.CompareTimes(b.entries[a.ID].Until, b.entries[c.ID].Until)
		}
		return part.CompareTimes(a.DispatchBy, c.DispatchBy)
	})
	return list
}

// Check asks about orders by their numbers in the warehouse: before a pick list or a wave
// is made of them, or before the warehouse's own software prints. It answers for each, in
// the order of the numbers, whether it may go now, whatever stood in the view, and does
// with the view what a run does. An order that is not open is not to go.
func (r *Release) Check(ctx context.Context, numbers ...string) ([]Decision, error) {
	held, unlock, err := r.ports.Locks.Lock(ctx, runLock)
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	defer unlock()
	b, err := r.begin(held)
	if err != nil {
		return nil, fmt.Errorf("release: %w", err)
	}
	orders, err := r.ports.View.OpenOrders(held)
	if err != nil {
		return nil, fmt.Errorf("release: reading the open orders: %w", err)
	}
	wanted := slices.DeleteFunc(slices.Clone(orders), func(o Order) bool { return !slices.Contains(numbers, o.Number) })
	err = b.work(held, wanted)
	answers := make([]Decision, len(numbers))
	for i, number := range numbers {
		answers[i] = Decision{Number: number, OrderIDs: []string{}, Outcome: Waiting, Why: "It is no open order of the shop. Do not send it."}
		if at := slices.IndexFunc(b.decisions, func(d Decision) bool { return d.Number == number }); at >= 0 {
			answers[i] = b.decisions[at]
		}
	}
	if err != nil {
		err = fmt.Errorf("release: %w", err)
	}
	return answers, err
}

// entry is what is remembered of an order that was let into the view.
type entry struct {
	ID    string    `json:"id"`
	No    string    `json:"number"`
	IDs   []string  `json:"orders"`
	Until time.Time `json:"until"`
	// Raised reports whether there is a case that it could not be pulled back.
	Raised bool `json:"raised,omitempty"`
}

// valuesName is under which the entries are kept.
const valuesName = "release"

// batch is one run or check.
type batch struct {
	*Release
	entries   map[string]entry // by the warehouse's id
	decisions []Decision
	fresh     int // that stand in the view and were not looked at
	new       int
	forgotten bool
}

func (r *Release) begin(ctx context.Context) (*batch, error) {
	b := &batch{Release: r, entries: map[string]entry{}}
	text, found, err := r.ports.Values.Value(ctx, valuesName)
	if err != nil || !found {
		return b, err
	}
	if err := json.Unmarshal(text, &b.entries); err != nil {
		b.entries = map[string]entry{} // everything is asked about anew
	}
	return b, nil
}

func (b *batch) save(ctx context.Context) error {
	text, err := json.Marshal(b.entries)
	if err != nil {
		return err
	}
	return b.ports.Values.PutValue(ctx, valuesName, text)
}

// forget drops what stands in the view no more, and closes the cases of it: perhaps the
// reply was lost when it was pulled back.
func (b *batch) forget(ctx context.Context, orders []Order) error {
	shown := map[string]bool{}
	for _, o := range orders {
		shown[o.ID] = o.Shown
	}
	var errs []error
	for id, e := range b.entries {
		if shown[id] {
			continue
		}
		o := Order{WarehouseOrder: bridge.WarehouseOrder{ID: id, Number: e.No, References: e.IDs}}
		if err := b.settled(ctx, o, e); err != nil {
			errs = append(errs, err)
			continue
		}
		delete(b.entries, id)
		b.forgotten = true
	}
	if b.forgotten {
		errs = append(errs, b.save(ctx))
	}
	return errors.Join(errs...)
}

func (b *batch) result(r Result) Result {
	r.Shown, r.New = b.fresh, b.new
	for _, d := range b.decisions {
		switch d.Outcome {
		case Shown:
			r.Shown++
		case PulledBack:
			r.PulledBack++
		case Waiting:
			r.Waiting++
		case Failed:
			r.Failed++
		}
	}
	r.Decisions = append(r.Decisions, b.decisions...)
	return r
}

// expire pulls back what is known to stand in the view and runs out, while the warehouse
// does not say what stands there.
func (b *batch) expire(ctx context.Context) error {
	var orders []Order
	for id, e := range b.entries {
		if !e.Until.After(b.options.Now().Add(b.options.Every)) {
			orders = append(orders, Order{WarehouseOrder: bridge.WarehouseOrder{ID: id, Number: e.No, References: e.IDs}, Shown: true})
		}
	}
	slices.SortFunc(orders, func(a, c Order) int { return cmp.Compare(a.ID, c.ID) })
	return b.hide(ctx, orders, func(Order) string { return "its permit has run out, and Linnworks does not answer" })
}

// work decides about orders, some at a time.
func (b *batch) work(ctx context.Context, orders []Order) error {
	var errs []error
	for some := range slices.Chunk(orders, mostAtOnce) {
		if ctx.Err() != nil {
			return errors.Join(append(errs, ctx.Err())...)
		}
		errs = append(errs, b.some(ctx, some))
	}
	return errors.Join(errs...)
}

func (b *batch) some(ctx context.Context, orders []Order) error {
	var ids, keys []string
	for _, o := range orders {
		ids = append(ids, o.shopOrders()...)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for _, id := range ids {
		keys = append(keys, part.OrderLock(id))
	}
	// Whoever works on an order, such as on its cancellation, decides about it: it is
	// looked at again by the next run.
	free := map[string]bool{}
	if len(keys) > 0 {
		held, taken, unlock, err := b.ports.Locks.TryLock(ctx, keys...)
		if err != nil {
			return err
		}
		defer unlock()
		for _, key := range taken {
			free[key] = true
		}
		ctx = held
	}
	permits, failed := b.permits(ctx, slices.DeleteFunc(ids, func(id string) bool { return !free[part.OrderLock(id)] }))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var show, hide []Order
	why, decided := map[string]string{}, map[string]Decision{}
	for _, o := range orders {
		d := b.decide(ctx, o, permits, free)
		decided[o.ID] = d
		switch {
		case d.Go:
			o.Address = permits[d.OrderIDs[0]].Order.Recipient
			show = append(show, o)
		case o.Shown && b.stays(o, permits):
			d.Outcome = Shown
			b.decisions = append(b.decisions, d)
		case o.Shown:
			hide, why[o.ID] = append(hide, o), d.Why
		default:
			b.decisions = append(b.decisions, d)
		}
	}
	// Out before in: that costs somebody a parcel, the other a minute.
	err := errors.Join(failed, b.hide(ctx, hide, func(o Order) string { return why[o.ID] }))
	return errors.Join(err, b.show(ctx, show, decided))
}

// permits asks the gate. One order that it breaks down over costs the others nothing.
func (b *batch) permits(ctx context.Context, ids []string) (permits map[string]bridge.Permit, failed error) {
	permits = map[string]bridge.Permit{}
	tally := part.Tally{Failed: part.MaxStrikes - 9} // enough to find one of 200
	var errs []error
	err := part.Isolate(ctx, ids, &tally, func(some []string) error {
		list, err := b.ports.Gate.Check(ctx, some...)
		for _, p := range list {
			permits[p.OrderID] = p
		}
		if err != nil && len(list) > 0 {
			errs = append(errs, err)
			return nil
		}
		return err
	}, func(id string, err error) { errs = append(errs, fmt.Errorf("order %s: %w", id, err)) })
	return permits, errors.Join(append(errs, err)...)
}

// decide says whether an order may go.
func (b *batch) decide(ctx context.Context, o Order, permits map[string]bridge.Permit, free map[string]bool) Decision {
	d := Decision{Number: o.Number, OrderIDs: o.shopOrders(), Outcome: Waiting}
	hold := func(format string, args ...any) Decision {
		d.Go, d.Until, d.Why = false, time.Time{}, fmt.Sprintf(format, args...)
		return d
	}
	switch {
	case len(d.OrderIDs) == 0:
		d.OrderIDs = []string{}
		return hold("It is not known which orders of the shop it holds. Do not send it.")
	case o.Stopped:
		return hold("It is stopped in the warehouse (%s).", o.State)
	}
	var first bridge.Order
	for i, id := range d.OrderIDs {
		p, asked := permits[id]
		switch {
		case !free[part.OrderLock(id)]:
			return hold("The bridge is working on it. It is looked at again in a moment.")
		case !asked || p.Unasked && !p.Granted:
			return hold("TikTok Shop cannot be asked about it at the moment. Do not send it yet.")
		case !p.Valid(b.options.Now()):
			return hold("%s", cmp.Or(sentence(p), "Its permit has run out."))
		}
		if i == 0 {
			first = p.Order
		}
		if d.Until.IsZero() || p.ValidUntil.Before(d.Until) {
			d.Until = p.ValidUntil
		}
	}
	d.Go = true
	if len(b.options.Rules) == 0 {
		return d
	}
	parcel := policy.Parcel{
		Model: string(first.ShippingModel), DeliveryOption: first.DeliveryOption, DeliveryOptionID: first.DeliveryOptionID, Market: first.Market, Grams: o.Grams,
	}
	rule, found := b.options.Rules.For(parcel)
	if !found {
		if err := b.noRule(ctx, parcel, d.OrderIDs, first.ShipBy); err != nil {
			return hold("No shipping rule matches it, and that could not be raised: %v.", err)
		}
		return hold("No shipping rule matches it (%s). The integrator has been told.", parcel)
	}
	for _, id := range d.OrderIDs {
		if err := b.ports.Exceptions.Clear(ctx, exceptions.ForOrder(id), exceptions.NoShippingRule); err != nil {
			return hold("Its case could not be closed: %v.", err)
		}
	}
	d.Service, d.Template = rule.Service, rule.Template
	if !strings.EqualFold(rule.Service, o.Service) && o.Stage < stage.LabelPrinted {
		if err := b.ports.Services.SetService(ctx, o.WarehouseOrder, rule.Service); err != nil {
			return hold("The postal service %q could not be set: %v.", rule.Service, err)
		}
	}
	return d
}

// sentence says for people why a permit was not granted.
func sentence(p bridge.Permit) string {
	switch {
	case p.Granted:
		return ""
	case p.Order.Status == bridge.Cancelled:
		return "It was cancelled on TikTok Shop. Do not send it."
	case p.Order.CancelRequested:
		return "Its buyer has asked to cancel it, and nobody has answered yet. Do not send it."
	}
	return fmt.Sprintf("TikTok Shop does not let it go: %s.", p.Reason)
}

// stays reports whether an order that may not go now may still stand in the view: its last
// permit lives until after the next run and nobody has said no since, or its label is
// printed already and nobody could be asked.
func (b *batch) stays(o Order, permits map[string]bridge.Permit) bool {
	for _, id := range o.shopOrders() {
		if p, asked := permits[id]; asked && !p.Unasked {
			return false
		}
	}
	if o.Stopped || len(o.shopOrders()) == 0 {
		return false
	}
	return o.Stage >= stage.LabelPrinted || b.entries[o.ID].Until.After(b.options.Now().Add(b.options.Every))
}

// noRule raises an order that nobody knows how to send: one case for all of the same sort.
func (b *batch) noRule(ctx context.Context, parcel policy.Parcel, ids []string, shipBy time.Time) error {
	e := exceptions.New(exceptions.NoShippingRule, parcel.String(), shipBy,
		"no rule in shipping_rules matches it: its orders are not shown to the people who print",
		"add a rule, or give one of the rules no weight; then the orders are shown by themselves")
	e.Orders = ids
	return b.ports.Exceptions.Raise(ctx, e)
}

// hide takes orders out of the view.
func (b *batch) hide(ctx context.Context, orders []Order, why func(Order) string) error {
	if len(orders) == 0 {
		return nil
	}
	var errs []error
	for i, err := range b.ports.View.Hide(ctx, orders) {
		o := orders[i]
		d := Decision{Number: o.Number, OrderIDs: append([]string{}, o.shopOrders()...), Outcome: PulledBack, Why: why(o)}
		e := b.entries[o.ID]
		if err == nil {
			errs = append(errs, b.settled(ctx, o, e))
			delete(b.entries, o.ID)
		} else {
			d.Outcome = Failed
			e.ID, e.No, e.IDs, e.Raised = o.ID, o.Number, o.shopOrders(), true
			b.entries[o.ID] = e
			errs = append(errs, fmt.Errorf("order %s: taking it out of the printing view: %w", o.Number, err),
				b.ports.Exceptions.Raise(ctx, exceptions.New(exceptions.NotPulledBack, object(o), o.DispatchBy,
					fmt.Sprintf("Linnworks order %s must not be printed: %s But Linnworks does not let the bridge take it out of the printing view", o.Number, why(o)),
					"tell everybody who prints not to send it, and take it out by hand")))
		}
		b.decisions = append(b.decisions, d)
	}
	return errors.Join(append(errs, b.save(ctx))...)
}

// settled closes the case of an order that could not be pulled back.
func (b *batch) settled(ctx context.Context, o Order, e entry) error {
	if !e.Raised {
		return nil
	}
	return b.ports.Exceptions.Clear(ctx, object(o), exceptions.NotPulledBack)
}

// object is what a case about an order in the view is about.
func object(o Order) string {
	if ids := o.shopOrders(); len(ids) > 0 {
		return exceptions.ForOrder(ids[0])
	}
	return "warehouse order " + o.Number
}

// show puts orders into the view. Until when they may stand there is on record before they
// do.
func (b *batch) show(ctx context.Context, orders []Order, decided map[string]Decision) error {
	if len(orders) == 0 {
		return nil
	}
	var errs []error
	var put []Order
	for _, o := range orders {
		d, e := decided[o.ID], b.entries[o.ID]
		errs = append(errs, b.settled(ctx, o, e))
		b.entries[o.ID] = entry{ID: o.ID, No: o.Number, IDs: o.shopOrders(), Until: d.Until}
		if !o.Shown {
			put = append(put, o)
			continue
		}
		d.Outcome = Shown
		b.decisions = append(b.decisions, d)
	}
	if err := b.save(ctx); err != nil {
		return errors.Join(append(errs, err)...)
	}
	// What came before has taken time: of a permit that has run out nothing is shown.
	put = slices.DeleteFunc(put, func(o Order) bool {
		late := !decided[o.ID].Until.After(b.options.Now())
		if late {
			d := decided[o.ID]
			d.Go, d.Why, d.Until = false, "Its permit ran out before it could be shown.", time.Time{}
			b.decisions = append(b.decisions, d)
		}
		return late
	})
	if len(put) == 0 {
		return errors.Join(errs...)
	}
	// Nor by a call that takes longer than the permits live.
	until := decided[put[0].ID].Until
	for _, o := range put {
		if u := decided[o.ID].Until; u.Before(until) {
			until = u
		}
	}
	ctx, cancel := context.WithTimeout(ctx, until.Sub(b.options.Now()))
	defer cancel()
	for i, err := range b.ports.View.Show(ctx, put) {
		d := decided[put[i].ID]
		if err == nil {
			d.Outcome = Shown
			b.new++
		} else {
			d.Go, d.Why, d.Until = false, "Linnworks did not take it into the printing view.", time.Time{}
			errs = append(errs, fmt.Errorf("order %s: showing it: %w", put[i].Number, err))
		}
		b.decisions = append(b.decisions, d)
	}
	return errors.Join(errs...)
}
