package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// SellerDesk cancels orders in the shop for the seller.
type SellerDesk interface {
	// CancelReasons lists the reasons for which the seller may cancel the lines, or all
	// of the order if none is named, now; none means that it may not.
	CancelReasons(ctx context.Context, orderID string, lineIDs []string) ([]string, error)
	// CancelInShop cancels the lines, or all of the order if none is named, and reads
	// back. It must not be repeated without looking at the order first.
	CancelInShop(ctx context.Context, orderID, reason string, lineIDs []string) error
}

// RevokePorts are what a [Revoker] works on.
type RevokePorts struct {
	Orders     OrderSource
	Desk       SellerDesk
	OrderBook  OrderBook
	Ledger     store.Ledger
	Locks      store.Locks
	Exceptions exceptions.Queue
	// Zeroes is optional: it is told of SKUs that the shop sets to zero because the
	// Revoker has cancelled them as out of stock, so that they are put right at once.
	// Engines of other processes are told through Revisits, see [stock.ZeroedList].
	Zeroes stock.ZeroExpecter
	// Source, Cursors and Revisits are for [Revoker.Run]; without all three it returns
	// an error. [Revoker.Revoke] does without.
	Source   CancelledOrderSource
	Cursors  store.Cursors
	Revisits store.Revisits
}

// RevokeOptions configure a [Revoker].
type RevokeOptions struct {
	// Reasons are the names of reasons for which orders are cancelled in the shop,
	// the best first, without the ending for a market such as "_uk"; the first that
	// the shop offers for the order is given. None, the default, means that nothing
	// is cancelled in the shop: customer service gets an exception.
	//
	// Of TikTok Shop's, out of stock and wrong price count against the seller.
	Reasons []string
	// ZeroStock allows reasons that say that the goods are out of stock. TikTok Shop
	// then sets the stock of the SKUs to zero, where it stays until the next
	// [stock.Engine.Push]: until then nothing is sold.
	ZeroStock bool
	// Short is what becomes of an order of which only a part is cancelled in the
	// warehouse: people split the order there and cancel what they do not have. Default
	// [policy.ShortWaits]. A line that is taken off an order, or reduced, without being split
	// off is not found.
	Short policy.ShortOrders
	// CutOff is the stage of the other parts from which [policy.ShortWhole] is too late.
	// Default [stage.LabelPrinted].
	CutOff stage.Stage
	// FirstWindow is how far back the first [Revoker.Run] looks. Default 48 hours. Later
	// ones go on where the last one stopped, however long ago that was.
	FirstWindow time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Revoker carries cancellations that start in the warehouse to the shop: orders
// that somebody has cancelled in Linnworks, whole or in part, and that buyers still
// wait for. Unless the options name reasons it only raises them. [Revoker.Run] finds them by itself.
type Revoker struct {
	ports   RevokePorts
	options RevokeOptions
	timings health.Timings
}

// NewRevoker returns a Revoker, or an error that names every missing port or the
// option that is wrong. The ports are required but for those of [Revoker.Run].
func NewRevoker(p RevokePorts, o RevokeOptions) (*Revoker, error) {
	err := part.Required("bridge: NewRevoker", map[string]any{
		"Orders": p.Orders, "Desk": p.Desk, "OrderBook": p.OrderBook, "Ledger": p.Ledger, "Locks": p.Locks, "Exceptions": p.Exceptions,
	})
	if err != nil {
		return nil, err
	}
	for _, reason := range o.Reasons {
		switch {
		case strings.TrimSpace(reason) == "":
			return nil, errors.New("bridge: NewRevoker: Reasons: one is empty")
		case zeroesStock(reason) && !o.ZeroStock:
			return nil, fmt.Errorf("bridge: NewRevoker: Reasons: %q makes the shop set the stock to zero: set ZeroStock if that is wanted", reason)
		}
	}
	if err := checkShort(o.Short, o.Reasons, o.ZeroStock); err != nil {
		return nil, fmt.Errorf("bridge: NewRevoker: Short: %w", err)
	}
	if o.FirstWindow < 0 {
		return nil, fmt.Errorf("bridge: NewRevoker: FirstWindow is negative: %v", o.FirstWindow)
	}
	o.FirstWindow, o.CutOff = cmp.Or(o.FirstWindow, 48*time.Hour), cmp.Or(o.CutOff, stage.LabelPrinted)
	o.Now = part.Clock(o.Now)
	return &Revoker{ports: p, options: o}, nil
}

// zeroesStock reports whether TikTok Shop sets the stock of a SKU to zero for a
// reason.
func zeroesStock(reason string) bool {
	return strings.Contains(strings.ToLower(reason), "out_of_stock")
}

// Health returns how the runs went so far.
func (v *Revoker) Health() health.Flow { return v.timings.Health() }

// OutcomeRevoked is an order that was cancelled in the shop because the warehouse
// has cancelled it.
const OutcomeRevoked Outcome = "cancelled in the shop"

// Revoke works through warehouse orders, of which those that are not cancelled
// are left alone. One that fails does not stop the others: it is in the results
// and in the error, and running Revoke again goes on where it stopped.
func (v *Revoker) Revoke(ctx context.Context, orders ...WarehouseOrder) (OrderResults, error) {
	start := v.options.Now()
	results, _, err := v.read(ctx, droppedOf(orders))
	if err != nil {
		err = fmt.Errorf("bridge: revoke: reading the orders in the shop: %w", err)
	} else {
		results, err = v.revokeAll(ctx, results)
	}
	err = errors.Join(results.Err(), err)
	v.timings.Done(start, v.options.Now(), err)
	return results, err
}

// droppedOf returns the ids of the shop's orders that were cancelled in the warehouse.
func droppedOf(orders []WarehouseOrder) (ids []string) {
	for _, w := range orders {
		if w.State == Dropped && w.Reference != "" && !slices.Contains(ids, w.Reference) {
			ids = append(ids, w.Reference)
		}
	}
	return ids
}

// read reads orders in the shop. There is a result for each: failed if the shop does not
// show it, without an outcome if there is something to do. Those that are over are
// cancelled there too, for good.
func (v *Revoker) read(ctx context.Context, ids []string) (results OrderResults, over []string, err error) {
	if len(ids) == 0 {
		return nil, nil, nil
	}
	orders, err := v.ports.Orders.OrdersByID(ctx, ids)
	lost, err := exceptions.UnreadableIn(err)
	if err != nil {
		return nil, nil, err
	}
	shown := map[string]bool{}
	for _, o := range orders {
		shown[o.ID] = true
		if o.Status == Cancelled {
			over = append(over, o.ID)
		}
		result := OrderResult{OrderID: o.ID, Deadline: shippingDeadline(o)}
		if !waitsFor(o) {
			result.Outcome, result.Again = OutcomeUnchanged, v.again(o)
		}
		results = append(results, result)
	}
	for _, id := range ids {
		if why, ok := lost[id]; ok {
			results = append(results, OrderResult{OrderID: id, Outcome: OutcomeFailed, Err: errors.New(why)})
		} else if !shown[id] {
			results = append(results, OrderResult{OrderID: id, Outcome: OutcomeFailed, Err: errNotReturned})
		}
	}
	return results, over, nil
}

// revokeAll works through those that read has found something to do about, and
// returns the results of all, or of those that were reached before ctx ended. What is
// wrong with single ones is in the results.
func (v *Revoker) revokeAll(ctx context.Context, found OrderResults) (results OrderResults, err error) {
	for _, result := range found {
		if result.Outcome == "" {
			if err := ctx.Err(); err != nil {
				return results, err
			}
			result.Outcome = OutcomeUnchanged
			if err := v.one(ctx, &result); err != nil {
				result.Outcome, result.Err = OutcomeFailed, err
			}
		}
		results = append(results, result)
	}
	return results, nil
}

// waitsFor reports whether the buyer waits for goods that nobody will send. An
// unpaid order ends on its own, and the buyer's own request is the [Canceller]'s.
func waitsFor(o Order) bool {
	switch o.Status {
	case OnHold, AwaitingShipment, PartiallyShipping:
		return !o.CancelRequested && o.ShippingModel != FulfilledByTikTok
	}
	return false
}

// again is when to look once more at an order that the Revoker leaves to others: the buyer
// may pay for it after all, or take a request to cancel it back. Zero if it is over.
func (v *Revoker) again(o Order) time.Time {
	switch o.Status {
	case Unpaid, OnHold, AwaitingShipment, PartiallyShipping:
		if o.ShippingModel != FulfilledByTikTok {
			return v.options.Now().UTC().Add(retryMost)
		}
	}
	return time.Time{}
}

func (v *Revoker) one(ctx context.Context, result *OrderResult) error {
	ctx, unlock, err := v.ports.Locks.Lock(ctx, orderLock(result.OrderID))
	if err != nil {
		return err
	}
	defer unlock()
	// The lists were read before the lock was had.
	found, err := findOwn(ctx, v.ports.OrderBook, result.OrderID)
	if err != nil {
		return fmt.Errorf("looking for it in the warehouse: %w", err)
	}
	result.WarehouseOrder = numberOf(found)
	o, err := readOrder(ctx, v.ports.Orders, result.OrderID)
	if err != nil {
		return err
	}
	switch {
	case !waitsFor(o):
		result.Again = v.again(o)
		return nil
	case StateOf(found) != Dropped:
		return v.short(ctx, o, found, result)
	case o.Status == PartiallyShipping:
		return v.raise(ctx, o, result, "a part of it is sent already")
	case len(v.options.Reasons) == 0:
		return v.raise(ctx, o, result, "the bridge is not set up to cancel it there")
	}
	return v.cancel(ctx, o, nil, result)
}

// refused raises what repeating cannot mend.
func (v *Revoker) refused(ctx context.Context, o Order, result *OrderResult, err error) error {
	if _, refused := errors.AsType[*exceptions.RefusedError](err); refused {
		return v.raise(ctx, o, result, exceptions.Cause(err))
	}
	return err
}

func (v *Revoker) raise(ctx context.Context, o Order, result *OrderResult, why string) error {
	result.Outcome, result.Detail = OutcomeRaised, string(exceptions.CancelledInLinnworks)
	return v.ports.Exceptions.Raise(ctx, cancelledInLinnworks(o, result.WarehouseOrder, why))
}

// cancelledInLinnworks is raised by the importer too, which sees the order when
// the Revoker is not run: it is one case.
func cancelledInLinnworks(o Order, number, why string) exceptions.Exception {
	return exceptions.New(exceptions.CancelledInLinnworks, exceptions.ForOrder(o.ID), firstDeadline(o),
		fmt.Sprintf("it is cancelled in Linnworks (order %s), and the shop says %s: %s", number, o.Status, why),
		"cancel it in the shop, for another reason than out of stock if you have the goods; or, if it was a mistake, send it by hand")
}

// revokerKinds are closed when the order is not cancelled in Linnworks, or is no
// longer live in the shop.
var revokerKinds = []exceptions.Kind{exceptions.CancelledInLinnworks}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
