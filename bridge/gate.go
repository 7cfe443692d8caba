package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// CancellationSource reads the shop's open cancellation requests.
type CancellationSource interface {
	// PendingCancellations returns the requests that wait for the seller, of the
	// orders given, or of all orders if none is given. Those that there are may be more
	// than could be read: then the list has what was, beside the error.
	PendingCancellations(ctx context.Context, orderIDs []string) ([]Cancellation, error)
}

// KnownOrders reports what is known of orders while the shop cannot be asked.
type KnownOrders interface {
	// KnownOrders returns orders as they were last known: status, shipping model,
	// ShipBy and CancelledBy are enough. Unknown ones are left out.
	KnownOrders(ctx context.Context, ids []string) ([]Order, error)
}

// Permit says whether an order may be committed to fulfilment now. It is short
// lived: ask [Permit.Valid] right before the order is committed.
type Permit struct {
	OrderID string
	Granted bool
	// Reason says why it was not granted.
	Reason string
	// Order is the order as the shop described it for this permit; for a Blind
	// one, as it was last known.
	Order Order
	// At is when the shop was asked, ValidUntil when the answer is too old to act
	// on; zero unless Granted.
	At, ValidUntil time.Time
	// Unasked reports whether the shop could not be asked about the order, or left a
	// doubt: then Granted and Reason are not its word. Blind reports whether the
	// order's deadline decided instead; Decision says what, and why.
	Unasked, Blind bool
	Decision       string
}

// Valid reports whether the order may be committed at now.
func (p Permit) Valid(now time.Time) bool { return p.Granted && now.Before(p.ValidUntil) }

// MarshalJSON returns the permit without the order, which is large and the shop's.
func (p Permit) MarshalJSON() ([]byte, error) {
	return part.JSON(struct {
		OrderID        string
		Granted        bool
		Reason         string
		Status         OrderStatus
		At, ValidUntil time.Time
		Unasked, Blind bool
		Decision       string
	}{p.OrderID, p.Granted, p.Reason, p.Order.Status, p.At, p.ValidUntil, p.Unasked, p.Blind, p.Decision})
}

// String is one line for a log or a terminal.
func (p Permit) String() string {
	s := "order " + p.OrderID + ": hold: " + p.Reason
	if p.Granted {
		s = "order " + p.OrderID + ": go ahead"
	}
	if p.Blind {
		s += " (" + p.Decision + ")"
	}
	return s
}

// AtDeadline is what a [Gate] decides about an order whose deadline is near
// while the shop cannot be asked.
type AtDeadline string

// The decisions at a deadline.
const (
	// HoldAtDeadline holds the order: it may be late, or cancelled by the shop for
	// being late, but it is not shipped if it was cancelled.
	HoldAtDeadline AtDeadline = "hold"
	// ShipAtDeadline lets the order go: it is in time, and may have been cancelled.
	ShipAtDeadline AtDeadline = "go ahead"
)

// PermitSource answers whether orders may be committed to fulfilment. A [Gate] is
// one.
type PermitSource interface {
	// Check returns one permit for each id, in the order of the ids.
	Check(ctx context.Context, orderIDs ...string) ([]Permit, error)
}

// GatePorts are what a [Gate] works on.
type GatePorts struct {
	Orders        OrderSource
	Cancellations CancellationSource
	// Known is optional: with it the gate decides, by GateOptions.AtDeadline, about
	// orders whose deadline is near while the shop cannot be asked.
	// [linnworksadapter.Warehouse] is one.
	Known KnownOrders
	// Exceptions is required with Known: every decision of that sort is raised. With
	// it alone, those about orders whose details were read and leave a doubt are.
	Exceptions exceptions.Queue
	// Records is optional: with it the last permit of an order and its last refusal are on
	// record. That they could not be recorded keeps no order; [Gate.Health] tells of it.
	Records store.Records
}

// GateOptions configure a [Gate].
type GateOptions struct {
	// Lifetime is how long a permit is valid from the moment the shop was asked.
	// Default two minutes. A cancellation that comes within it finds the order
	// committed: it is then late, or not, by the cut-off of the [Canceller].
	Lifetime time.Duration
	// AlwaysSearch has the gate search the cancellations of all orders, and not
	// only of those whose details leave a doubt: one more call for 50 orders.
	AlwaysSearch bool
	// DeadlineMargin is how near a deadline must be for AtDeadline to apply.
	// Default two hours.
	DeadlineMargin time.Duration
	// AtDeadline applies if the shop cannot be asked and GatePorts.Known is given, and
	// if the cancellations that would settle a doubt cannot be read and
	// GatePorts.Exceptions is given. Default [HoldAtDeadline].
	AtDeadline AtDeadline
	// Now replaces time.Now.
	Now func() time.Time
}

// Gate answers, at the moment it is asked, whether orders may be committed to
// fulfilment. In doubt the answer is to hold: an order that the shop does not
// return, a status or shipping model that is not known, a cancellation that is
// open.
type Gate struct {
	ports   GatePorts
	options GateOptions
	timings health.Timings
}

// NewGate returns a Gate, or an error that names every missing port or the
// option that is wrong. Orders and Cancellations are required; Exceptions only
// with Known.
func NewGate(p GatePorts, o GateOptions) (*Gate, error) {
	if err := part.Required("bridge: NewGate", map[string]any{"Orders": p.Orders, "Cancellations": p.Cancellations}); err != nil {
		return nil, err
	}
	o.Lifetime = cmp.Or(o.Lifetime, 2*time.Minute)
	o.DeadlineMargin = cmp.Or(o.DeadlineMargin, 2*time.Hour)
	o.AtDeadline = cmp.Or(o.AtDeadline, HoldAtDeadline)
	switch {
	case p.Known != nil && p.Exceptions == nil:
		return nil, errors.New("bridge: NewGate: Known without Exceptions: nobody would learn what was decided without the shop")
	case o.Lifetime < 0:
		return nil, fmt.Errorf("bridge: NewGate: Lifetime: %s is negative", o.Lifetime)
	case o.DeadlineMargin < 0:
		return nil, fmt.Errorf("bridge: NewGate: DeadlineMargin: %s is negative", o.DeadlineMargin)
	case o.AtDeadline != HoldAtDeadline && o.AtDeadline != ShipAtDeadline:
		return nil, fmt.Errorf("bridge: NewGate: AtDeadline %q is neither %q nor %q", o.AtDeadline, HoldAtDeadline, ShipAtDeadline)
	}
	o.Now = part.Clock(o.Now)
	return &Gate{ports: p, options: o}, nil
}

// Health returns how the checks went so far.
func (g *Gate) Health() health.Flow { return g.timings.Health() }

// Check asks the shop about the orders, all at once, and returns a permit for
// each, in the order given. An id that the shop refuses, such as that of an order
// of another channel, costs the others nothing: its permit says why it is held. So
// does that of an empty id, about which the shop is not asked.
//
// For 50 orders that is one call. An order's details say whether a request of
// its buyer waits for a decision (is_buyer_request_cancel, officially "true when
// the buyer has a pending cancellation request"), so the cancellations need not
// be searched as well. They are where the details leave a doubt: they tell when
// a request was made, and that none waits. It may have been decided, or the
// details may lag; one search settles that for 50 such orders.
//
// An error means that no order may be committed, except those whose granted
// permit is returned beside it. If the search fails, these are the orders that it
// was not for. If the orders cannot be read, these are the ones that GatePorts.Known
// and [ShipAtDeadline] let go.
func (g *Gate) Check(ctx context.Context, orderIDs ...string) ([]Permit, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	start := g.options.Now()
	permits, err := g.check(ctx, start.UTC(), orderIDs)
	g.timings.Done(start, g.options.Now(), errors.Join(err, g.record(ctx, permits)))
	return permits, err
}

// record puts permits on record: a grant once the one there is no longer valid, and a
// refusal that is another than the last answer. The rest would only be written again.
func (g *Gate) record(ctx context.Context, permits []Permit) error {
	if g.ports.Records == nil || len(permits) == 0 {
		return nil
	}
	said := make(map[string]Permit, len(permits))
	for _, p := range permits {
		said[p.OrderID] = p
	}
	records, _, err := g.ports.Records.RecordsOf(ctx, slices.Collect(maps.Keys(said))...)
	if err == nil {
		note := func(r *store.Record) { g.note(r, said[r.OrderID]) }
		maps.DeleteFunc(records, func(_ string, r store.Record) bool { // one that the bridge did not import has none
			before := r
			note(&r)
			return r.Granted == before.Granted && r.Held == before.Held
		})
		if len(records) > 0 {
			_, err = store.UpdateRecords(ctx, g.ports.Records, note, slices.Collect(maps.Values(records))...)
		}
	}
	if err != nil {
		return fmt.Errorf("bridge: gate: recording the permits: %w", err)
	}
	return nil
}

// note notes a permit in the record of its order.
func (g *Gate) note(r *store.Record, p Permit) {
	n := store.Permit{At: p.At.UTC(), Status: string(p.Order.Status), UpdatedAt: p.Order.UpdatedAt.UTC(), Reason: part.Short(cmp.Or(p.Decision, p.Reason))}
	last, same := &r.Held, r.Held.At.After(r.Granted.At)
	if p.Granted {
		last, same = &r.Granted, r.Granted.At.After(r.Held.At) && p.At.Sub(r.Granted.At) < g.options.Lifetime
	}
	if !same || last.Status != n.Status || !last.UpdatedAt.Equal(n.UpdatedAt) || last.Reason != n.Reason {
		*last = n
	}
}

func (g *Gate) check(ctx context.Context, at time.Time, orderIDs []string) ([]Permit, error) {
	orders, refused, err := g.read(ctx, orderIDs)
	if err != nil {
		return g.unasked(ctx, at, orderIDs, fmt.Errorf("bridge: gate: reading the orders: %w", err))
	}
	byID := ordersByID(orders)
	permits := make([]Permit, len(orderIDs))
	var doubtful []string
	for i, id := range orderIDs {
		o, found := byID[id]
		if !found {
			o = new(Order)
		}
		permits[i] = g.permit(id, *o, at, cmp.Or(refused[id], g.objection(*o, found)))
		if permits[i].Granted && (g.options.AlwaysSearch || !o.CancelRequestedAt.IsZero()) {
			doubtful = append(doubtful, id)
		}
	}
	failed := g.search(ctx, permits, doubtful)
	if failed == nil {
		return permits, g.answered(ctx, permits)
	}
	if ctx.Err() != nil {
		return nil, failed
	}
	var settled []Permit
	for i, p := range permits {
		if slices.Contains(doubtful, p.OrderID) {
			if permits[i], err = g.blind(ctx, p.Order, p.OrderID, at, "the shop does not say whether a request to cancel waits", failed); err != nil {
				return nil, err
			}
		} else {
			settled = append(settled, p)
		}
	}
	if err := g.answered(ctx, settled); err != nil {
		return nil, errors.Join(failed, err)
	}
	return permits, failed
}

// read reads the orders, each once, and returns why ids have none.
func (g *Gate) read(ctx context.Context, ids []string) (orders []Order, refused map[string]string, err error) {
	refused = map[string]string{"": "the order has no id"}
	ids = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil, refused, nil
	}
	orders, err = g.ports.Orders.OrdersByID(ctx, ids)
	lost, err := exceptions.UnreadableIn(err)
	if err != nil {
		return nil, nil, err
	}
	for id, why := range lost {
		refused[id] = "the order cannot be read: " + why
	}
	return orders, refused, nil
}

// search settles what the details left open.
func (g *Gate) search(ctx context.Context, permits []Permit, doubtful []string) error {
	if len(doubtful) == 0 {
		return nil
	}
	pending, err := g.ports.Cancellations.PendingCancellations(ctx, doubtful)
	if err != nil {
		return fmt.Errorf("bridge: gate: reading the cancellations: %w", err)
	}
	waits := map[string]bool{}
	for _, c := range pending {
		waits[c.OrderID] = waits[c.OrderID] || c.Pending
	}
	for i, p := range permits {
		if waits[p.OrderID] && p.Granted {
			permits[i] = g.permit(p.OrderID, p.Order, p.At, cancellationWaits)
		}
	}
	return nil
}

func (g *Gate) permit(id string, o Order, at time.Time, objection string) Permit {
	p := Permit{OrderID: id, Order: o, At: at, Granted: objection == "", Reason: objection}
	if p.Granted {
		p.ValidUntil = at.Add(g.options.Lifetime)
	}
	return p
}

// unasked decides without the shop where a deadline forces it to.
func (g *Gate) unasked(ctx context.Context, at time.Time, ids []string, cause error) ([]Permit, error) {
	if g.ports.Known == nil || ctx.Err() != nil {
		return nil, cause
	}
	known, err := g.ports.Known.KnownOrders(ctx, ids)
	if err != nil {
		return nil, errors.Join(cause, fmt.Errorf("bridge: gate: reading what is known of the orders: %w", err))
	}
	byID := ordersByID(known)
	permits := make([]Permit, len(ids))
	for i, id := range ids {
		o, found := byID[id]
		if !found {
			o = new(Order)
		}
		if permits[i], err = g.blind(ctx, *o, id, at, "the shop cannot be asked", cause); err != nil {
			return nil, err
		}
	}
	return permits, cause
}

// blind holds an order about which the shop did not answer, or decides about it if
// its deadline is near.
func (g *Gate) blind(ctx context.Context, o Order, id string, at time.Time, reason string, cause error) (Permit, error) {
	p := g.permit(id, o, at, reason)
	p.Unasked = true
	deadline := firstDeadline(o)
	if g.ports.Exceptions == nil || deadline.IsZero() || deadline.Sub(at) > g.options.DeadlineMargin {
		return p, nil
	}
	kind, do := exceptions.HeldAtDeadline, "look in the shop whether the order is still wanted; if it is, send it and enter the tracking number there"
	objection := g.objection(o, true)
	if g.options.AtDeadline == ShipAtDeadline && objection == "" {
		p = g.permit(id, o, at, "")
		kind, do = exceptions.SentUnchecked, "as soon as the shop answers, look whether the order was cancelled; if it was, stop the parcel"
	}
	p.Unasked, p.Blind = true, true
	p.Decision = fmt.Sprintf("%s, the deadline is %s, and ", reason, deadline.UTC().Format("2006-01-02 15:04 UTC"))
	if objection == "" {
		p.Decision += fmt.Sprintf("the setting for that is %q", g.options.AtDeadline)
	} else {
		p.Decision += "last known is: " + objection
	}
	if err := g.ports.Exceptions.Raise(ctx, exceptions.New(kind, exceptions.ForOrder(id), deadline, p.Decision+"; "+cause.Error(), do)); err != nil {
		return Permit{}, errors.Join(cause, fmt.Errorf("bridge: gate: raising %q: %w", kind, err))
	}
	return p, nil
}

// answered closes what was raised about the orders while the shop could not be
// asked. An order that was let go and is cancelled stays open: its parcel is out.
func (g *Gate) answered(ctx context.Context, permits []Permit) error {
	if g.ports.Exceptions == nil {
		return nil
	}
	open, err := g.ports.Exceptions.Open(ctx, exceptions.HeldAtDeadline, exceptions.SentUnchecked)
	if err != nil {
		return fmt.Errorf("bridge: gate: reading the exceptions: %w", err)
	}
	raised := map[exceptions.Ref]bool{}
	for _, e := range open {
		raised[e.Ref()] = true
	}
	for _, p := range permits {
		object := "order " + p.OrderID
		kinds := []exceptions.Kind{exceptions.HeldAtDeadline}
		if p.Order.ID != "" && p.Order.Status != Cancelled && p.Reason != cancellationWaits {
			kinds = append(kinds, exceptions.SentUnchecked)
		}
		for _, kind := range kinds {
			if !raised[exceptions.Ref{Kind: kind, Object: object}] {
				continue
			}
			if err := g.ports.Exceptions.Clear(ctx, object, kind); err != nil {
				return fmt.Errorf("bridge: gate: closing %q: %w", kind, err)
			}
		}
	}
	return nil
}

// cancellationWaits is the reason of an order whose buyer waits for an answer.
const cancellationWaits = "a cancellation waits for an answer"

func (g *Gate) objection(o Order, found bool) string {
	switch {
	case !found:
		return errNotReturned.Error()
	case o.Status == Cancelled:
		return "the order is cancelled"
	case o.CancelRequested:
		return cancellationWaits
	case o.ShippingModel == FulfilledByTikTok:
		return "the platform ships it"
	case o.ShippingModel != SellerShipping && o.ShippingModel != TikTokShipping:
		return fmt.Sprintf("the shipping model %q is not known", o.ShippingModel)
	case o.Held(g.options.Now()):
		return "the order is on hold"
	case !shippable(o):
		return fmt.Sprintf("the shop says %s", o.Status)
	}
	return ""
}
