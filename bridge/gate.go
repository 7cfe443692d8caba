package bridge

import (
	"context"
	"fmt"
	"time"
)

// CancellationSource reads the shop's open cancellation requests.
type CancellationSource interface {
	// PendingCancellations returns the requests that wait for the seller, of the
	// orders given, or of all orders if none is given.
	PendingCancellations(ctx context.Context, orderIDs []string) ([]Cancellation, error)
}

// Cancellation is a buyer's, seller's or platform's cancellation of an order or
// of some of its lines.
type Cancellation struct {
	// ID is the shop's id of the request, empty for an order that the shop has
	// cancelled already.
	ID      string
	OrderID string
	// Pending tells that the shop waits for the seller's decision.
	Pending bool
	// Deadline is when the shop decides by itself.
	Deadline time.Time
	Reason   string
	// LineIDs are the lines concerned; empty means the whole order.
	LineIDs []string
}

// Permit says whether an order may be committed to fulfilment now.
type Permit struct {
	OrderID string
	Granted bool
	// Reason says why it was not granted.
	Reason string
	// Order is the order as the shop described it for this permit.
	Order Order
	// At is when the shop was asked.
	At time.Time
}

// String is one line for a log or a terminal.
func (p Permit) String() string {
	if p.Granted {
		return "order " + p.OrderID + ": go ahead"
	}
	return "order " + p.OrderID + ": hold: " + p.Reason
}

// GatePorts are what a [Gate] works on.
type GatePorts struct {
	Orders        OrderSource
	Cancellations CancellationSource
}

// GateOptions configure a [Gate].
type GateOptions struct {
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
}

// NewGate checks ports and options.
func NewGate(p GatePorts, o GateOptions) (*Gate, error) {
	if err := required("NewGate", map[string]any{"Orders": p.Orders, "Cancellations": p.Cancellations}); err != nil {
		return nil, err
	}
	o.Now = clock(o.Now)
	return &Gate{ports: p, options: o}, nil
}

// Check asks the shop about the orders, all at once, and returns a permit for
// each, in the order given. An error means that no order may be committed.
func (g *Gate) Check(ctx context.Context, orderIDs ...string) ([]Permit, error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	at := g.options.Now().UTC()
	orders, err := g.ports.Orders.OrdersByID(ctx, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("bridge: gate: reading the orders: %w", err)
	}
	pending, err := g.ports.Cancellations.PendingCancellations(ctx, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("bridge: gate: reading the cancellations: %w", err)
	}
	byID := map[string]Order{}
	for _, o := range orders {
		byID[o.ID] = o
	}
	open := map[string]bool{}
	for _, c := range pending {
		open[c.OrderID] = open[c.OrderID] || c.Pending
	}
	permits := make([]Permit, len(orderIDs))
	for i, id := range orderIDs {
		o, found := byID[id]
		permits[i] = Permit{OrderID: id, Order: o, At: at, Reason: g.objection(o, found, open[id])}
		permits[i].Granted = permits[i].Reason == ""
	}
	return permits, nil
}

// shippable tells whether goods may move. With the shop's own carrier they still
// lie in the warehouse when the label exists and the order awaits collection;
// with the seller's they have left by then.
func shippable(o Order) bool {
	switch o.Status {
	case AwaitingShipment, PartiallyShipping:
		return true
	case AwaitingCollection:
		return o.ShippingModel == TikTokShipping
	}
	return false
}

func (g *Gate) objection(o Order, found, pending bool) string {
	switch {
	case !found:
		return "the shop does not return the order"
	case o.Status == Cancelled:
		return "the order is cancelled"
	case pending || o.CancelRequested:
		return "a cancellation waits for a decision"
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
