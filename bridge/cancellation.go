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
)

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

// CancellationDesk decides cancellations in the shop.
type CancellationDesk interface {
	// ApproveCancellation grants a pending request. key is stable for one request
	// and decision, so that repeating it is safe.
	ApproveCancellation(ctx context.Context, cancellationID, key string) error
}

// OrderCanceller stops orders in the warehouse.
type OrderCanceller interface {
	// HoldOrder keeps everybody from committing the order, without freeing its
	// stock.
	HoldOrder(ctx context.Context, order WarehouseOrder) error
	// ReleaseOrder undoes HoldOrder. The address is empty.
	ReleaseOrder(ctx context.Context, order WarehouseOrder, address Address) error
	// CancelOrder cancels the order and frees its stock.
	CancelOrder(ctx context.Context, order WarehouseOrder, note string) error
}

// CancelPorts are what a [Canceller] works on.
type CancelPorts struct {
	Orders     OrderSource
	Desk       CancellationDesk
	OrderBook  OrderBook
	Warehouse  OrderCanceller
	Ledger     Ledger
	Locks      Locks
	Exceptions Exceptions
}

// CancelOptions configure a [Canceller].
type CancelOptions struct {
	// CutOff is the stage from which a cancellation is too late: the order is
	// then left alone and customer service gets an exception. Default
	// [StageLabelPrinted]. A stage that is not known counts as too late.
	CutOff Stage
}

// CancellationOf describes an order that the shop has cancelled already.
func CancellationOf(o Order) Cancellation {
	return Cancellation{OrderID: o.ID, Deadline: o.ShipBy, Reason: o.CancelReason}
}

// Canceller carries cancellations from the shop into the warehouse. Before the
// cut-off the order is held, looked at again, approved in the shop, cancelled in
// the warehouse and its stock freed; from the cut-off on an exception goes to
// customer service with the return path. Importer, Dispatcher and Canceller take
// the same lock for an order, so that a cancellation that races a shipment has
// one outcome.
type Canceller struct {
	ports   CancelPorts
	options CancelOptions
}

// NewCanceller checks ports and options.
func NewCanceller(p CancelPorts, o CancelOptions) (*Canceller, error) {
	err := required("NewCanceller", map[string]any{
		"Orders": p.Orders, "Desk": p.Desk, "OrderBook": p.OrderBook, "Warehouse": p.Warehouse, "Ledger": p.Ledger,
		"Locks": p.Locks, "Exceptions": p.Exceptions,
	})
	if err != nil {
		return nil, err
	}
	o.CutOff = cmp.Or(o.CutOff, StageLabelPrinted)
	if o.CutOff < StageNew || o.CutOff > StageProcessed {
		return nil, fmt.Errorf("bridge: NewCanceller: CutOff %v is no stage", o.CutOff)
	}
	return &Canceller{ports: p, options: o}, nil
}

// Cancel works through cancellations. One that fails does not stop the others:
// it is in the results and in the error, and running Cancel again goes on where
// it stopped.
func (c *Canceller) Cancel(ctx context.Context, cancellations ...Cancellation) (OrderResults, error) {
	var results OrderResults
	for _, request := range cancellations {
		if err := ctx.Err(); err != nil {
			return results, errors.Join(results.err(), err)
		}
		result := OrderResult{OrderID: request.OrderID}
		err := c.cancelOne(ctx, request, &result)
		if r, ok := errors.AsType[*RefusedError](err); ok {
			err = c.raise(ctx, &result, request, KindStatesDisagree, err.Error(), r.Do)
		}
		if err != nil {
			result.Outcome, result.Err = OutcomeFailed, err
		}
		results = append(results, result)
	}
	return results, results.err()
}

func (c *Canceller) cancelOne(ctx context.Context, request Cancellation, result *OrderResult) error {
	unlock, err := c.ports.Locks.Lock(ctx, orderLock(request.OrderID))
	if err != nil {
		return err
	}
	defer unlock()

	found, err := c.find(ctx, request.OrderID)
	if err != nil {
		return err
	}
	result.WarehouseOrder = numberOf(found)
	live := liveParts(found)
	if whole, err := c.whole(ctx, request); err != nil {
		return err
	} else if !whole && len(live) == 0 && !request.Pending {
		result.Outcome = OutcomeUnchanged // only the lines that are left will be imported
		return nil
	} else if !whole {
		return c.raise(ctx, result, request, KindPartCancellation,
			fmt.Sprintf("lines %s are cancelled (%s), the others are not", strings.Join(request.LineIDs, ", "), request.Reason),
			"remove the lines from the order in Linnworks, then decide the request in the shop")
	}
	if len(found) == 0 && request.Pending {
		if never, err := c.neverImported(ctx, request.OrderID); err != nil {
			return err
		} else if !never {
			return c.raise(ctx, result, request, KindStatesDisagree,
				"a cancellation waits, and the warehouse does not show the order: it may have been merged into another",
				"look for the order in Linnworks, cancel it there, then decide the request in the shop")
		}
	}
	late := c.late(live)
	if late == "" && request.Pending {
		if late, err = c.approve(ctx, request, live); err != nil {
			return err
		}
	}
	if late != "" {
		return c.raiseLate(ctx, result, request, late)
	}
	for _, w := range live {
		if err := c.ports.Warehouse.CancelOrder(ctx, w, "cancelled in TikTok Shop: "+request.Reason); err != nil {
			return fmt.Errorf("cancelling %s in the warehouse: %w", w.Number, err)
		}
	}
	if found, err = c.find(ctx, request.OrderID); err != nil {
		return err
	}
	if left := liveParts(found); len(left) > 0 {
		return fmt.Errorf("the warehouse does not show %s as cancelled yet; the next run cancels it again", numberOf(left))
	}
	if err := c.ports.Ledger.DropReservation(ctx, request.OrderID); err != nil {
		return err
	}
	result.Outcome, result.Detail = OutcomeCancelled, request.Reason
	if len(live) == 0 && !request.Pending {
		result.Outcome, result.Detail = OutcomeUnchanged, ""
	}
	// Whatever a person should have done about the order is done with.
	return c.ports.Exceptions.Clear(ctx, "order "+request.OrderID, slices.Sorted(maps.Keys(kinds))...)
}

// neverImported tells whether the ledger knows that the warehouse has not had
// the order yet. An order that it does not know may be in the warehouse under
// another reference: approving its cancellation blindly would ship it.
func (c *Canceller) neverImported(ctx context.Context, orderID string) (bool, error) {
	reserved, err := reservationsByOrder(ctx, c.ports.Ledger)
	r, have := reserved[orderID]
	return have && r.VisibleAt.IsZero(), err
}

// approve holds the order, looks again, and grants the request. A commitment
// that slipped in between releases the order and makes the request late.
func (c *Canceller) approve(ctx context.Context, request Cancellation, live []WarehouseOrder) (late string, err error) {
	held := map[string]bool{}
	for _, w := range live {
		if w.State == Open {
			if err := c.ports.Warehouse.HoldOrder(ctx, w); err != nil {
				return "", fmt.Errorf("holding %s in the warehouse: %w", w.Number, err)
			}
			held[w.ID] = true
		}
	}
	again, err := c.find(ctx, request.OrderID)
	if err != nil {
		return "", err
	}
	if late := c.late(liveParts(again)); late != "" {
		for _, w := range again {
			if held[w.ID] && w.State == Parked {
				if err := c.ports.Warehouse.ReleaseOrder(ctx, w, Address{}); err != nil {
					return "", fmt.Errorf("releasing %s again: %w", w.Number, err)
				}
			}
		}
		return late, nil
	}
	if err := c.ports.Desk.ApproveCancellation(ctx, request.ID, request.ID+":approve"); err != nil {
		return "", fmt.Errorf("approving cancellation %s: %w", request.ID, err)
	}
	return "", nil
}

// late says which part of the order is past the cut-off.
func (c *Canceller) late(live []WarehouseOrder) string {
	for _, w := range live {
		if w.Stage < StageNew || w.Stage >= c.options.CutOff || w.State == Processed {
			return fmt.Sprintf("warehouse order %s is at stage %q, the cut-off is %q", w.Number, w.Stage, c.options.CutOff)
		}
	}
	return ""
}

// whole tells whether the request concerns every line of the order.
func (c *Canceller) whole(ctx context.Context, request Cancellation) (bool, error) {
	if len(request.LineIDs) == 0 {
		return true, nil
	}
	o, err := readOrder(ctx, c.ports.Orders, request.OrderID)
	if err != nil {
		return false, err
	}
	named := map[string]bool{}
	for _, id := range request.LineIDs {
		named[id] = true
	}
	for _, line := range o.Lines {
		if !line.Cancelled && !named[line.ID] {
			return false, nil
		}
	}
	return true, nil
}

func (c *Canceller) raiseLate(ctx context.Context, result *OrderResult, request Cancellation, why string) error {
	do := "stop the parcel if you can; otherwise tell the buyer to refuse it or to send it back, and refund it as a return"
	if request.Pending {
		do = "reject the request in the shop unless the parcel can be stopped; if it cannot, point the buyer to a return"
	}
	return c.raise(ctx, result, request, KindLateCancellation,
		fmt.Sprintf("cancelled after the cut-off (%s): %s", cmp.Or(request.Reason, "no reason given"), why), do)
}

func (c *Canceller) raise(ctx context.Context, result *OrderResult, request Cancellation, kind Kind, seen, do string) error {
	result.Outcome, result.Detail = OutcomeRaised, string(kind)
	return c.ports.Exceptions.Raise(ctx, raise(kind, "order "+request.OrderID, request.Deadline, seen, do))
}

func (c *Canceller) find(ctx context.Context, orderID string) ([]WarehouseOrder, error) {
	found, err := c.ports.OrderBook.FindOrders(ctx, []string{orderID})
	if err != nil {
		return nil, fmt.Errorf("looking for it in the warehouse: %w", err)
	}
	return found, nil
}

// liveParts are the parts of an order that are not cancelled.
func liveParts(found []WarehouseOrder) []WarehouseOrder {
	var live []WarehouseOrder
	for _, w := range found {
		if w.State != Dropped {
			live = append(live, w)
		}
	}
	return live
}
