package linnworks

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// ChangeStatusVerified is [OrdersService.ChangeStatus] with a look whether the
// orders have the status. Linnworks leaves parked orders alone without saying so:
// unpark them first, with [OrdersService.ChangeOrderTagVerified].
//
// It costs two calls, and one more for every further 200 orders.
func (s *OrdersService) ChangeStatusVerified(ctx context.Context, req *ChangeStatusRequest, opts ...CallOption) error {
	const op = "Orders.ChangeStatus"
	r := valueOf(req)
	if err := checkIDs(op, r.OrderIDs...); err != nil {
		return err
	}
	_, err := s.ChangeStatus(ctx, &r, opts...)
	return s.verifyOrders(ctx, op, r.OrderIDs, err, false, []string{fieldProcessed, fieldStatus}, func(o OrderDetails) bool {
		return !o.Processed && o.GeneralInfo.Status == r.Status
	})
}

// ChangeOrderTagVerified is [OrdersService.ChangeOrderTag] with a look at the
// orders: 7 parks them, 1 to 6 tag them, and a nil or zero Tag takes off the tag
// and unparks. An unpaid order may stay parked whatever its tag.
//
// It costs two calls, and one more for every further 200 orders.
func (s *OrdersService) ChangeOrderTagVerified(ctx context.Context, req *ChangeOrderTagRequest, opts ...CallOption) error {
	const op = "Orders.ChangeOrderTag"
	r := valueOf(req)
	if err := checkIDs(op, r.OrderIDs...); err != nil {
		return err
	}
	tag := numberOf(r.Tag)
	if tag < 0 || tag > tagParked {
		return fmt.Errorf("linnworks: %s: there is no tag %d", op, tag)
	}
	_, err := s.ChangeOrderTag(ctx, &r, opts...)
	return s.verifyOrders(ctx, op, r.OrderIDs, err, false, []string{fieldProcessed, fieldParked, fieldTag}, func(o OrderDetails) bool {
		if tag == tagParked {
			return !o.Processed && isParked(o)
		}
		return !o.Processed && !isParked(o) && o.GeneralInfo.Marker == tag
	})
}

// LockOrderVerified is [OrdersService.LockOrder], which returns nothing, with a
// look whether the orders are locked or unlocked. Locking releases what they
// reserve: to keep the stock, park them.
//
// It costs two calls, and one more for every further 200 orders.
func (s *OrdersService) LockOrderVerified(ctx context.Context, req *LockOrderRequest, opts ...CallOption) error {
	const op = "Orders.LockOrder"
	r := valueOf(req)
	if err := checkIDs(op, r.OrderIDs...); err != nil {
		return err
	}
	_, err := s.LockOrder(ctx, &r, opts...)
	return s.verifyOrders(ctx, op, r.OrderIDs, err, false, []string{fieldProcessed, fieldLocked}, func(o OrderDetails) bool {
		return !o.Processed && o.GeneralInfo.HoldOrCancel == r.LockOrder
	})
}

// CancelOrderVerified is [OrdersService.CancelOrder] for an open order in any
// state, with a look whether it was cancelled. A locked order is unlocked and a
// parked one unparked first, because Linnworks cancels neither; both are undone
// where the cancellation fails, so that nobody ships the order. An empty
// FulfilmentCenter stands for the order's own location, and an empty Refund is
// none. An order that is cancelled already is left alone.
//
// Between unparking and cancelling there is a moment in which the warehouse can
// take the order. One that is processed is a [*NotAppliedError].
//
// It costs three calls, one for an order that is cancelled already, and one more
// for each of unlocking and unparking, and again for undoing that.
func (s *OrdersService) CancelOrderVerified(ctx context.Context, req *CancelOrderRequest, opts ...CallOption) error {
	const op = "Orders.CancelOrder"
	r := valueOf(req)
	if err := checkIDs(op, r.OrderID); err != nil {
		return err
	}
	ids := []GUID{r.OrderID}
	before, err := s.readOrders(ctx, ids, fieldProcessed, fieldLocked, fieldParked, fieldTag)
	if err != nil {
		return err
	}
	o, ok := before[r.OrderID.lower()]
	if !ok || o.Processed {
		return verify(op, nil, func() ([]ItemError, error) { return notDone(ids, before, isCancelled), nil })
	}
	r.FulfilmentCenter = cmp.Or(r.FulfilmentCenter, o.FulfilmentLocationID, o.GeneralInfo.Location, ZeroGUID)

	if o.GeneralInfo.HoldOrCancel {
		_, err = s.LockOrder(ctx, &LockOrderRequest{OrderIDs: ids, LockOrder: false})
	}
	if err == nil && isParked(o) {
		// That it was parked no longer would be fine; the cancellation will tell.
		if _, err = s.ChangeOrderTag(ctx, &ChangeOrderTagRequest{OrderIDs: ids}); IsPartial(err) {
			err = nil
		}
	}
	if err == nil {
		_, err = s.CancelOrder(ctx, &r, opts...)
		err = s.verifyOrders(ctx, op, ids, err, true, []string{fieldProcessed, fieldLocked}, isCancelled)
	}
	if err == nil {
		return nil
	}
	return also(err, s.stopAgain(ctx, o))
}

// stopAgain parks and locks an order that was before. It does so even if the
// context has ended: an order let loose by accident gets shipped. An order that
// is cancelled or processed after all ignores it.
func (s *OrdersService) stopAgain(ctx context.Context, o OrderDetails) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute) // several attempts
	defer cancel()
	ids := []GUID{o.OrderID}
	var errs error
	if isParked(o) {
		if _, err := s.ChangeOrderTag(ctx, &ChangeOrderTagRequest{OrderIDs: ids, Tag: new(tagParked)}); err != nil && !IsPartial(err) {
			errs = fmt.Errorf("the order may be unparked: %w", err)
		}
	}
	if o.GeneralInfo.HoldOrCancel {
		if _, err := s.LockOrder(ctx, &LockOrderRequest{OrderIDs: ids, LockOrder: true}); err != nil {
			errs = also(errs, fmt.Errorf("the order may be unlocked: %w", err))
		}
	}
	return errs
}

// ProcessOrderVerified is [OrdersService.ProcessOrder], which cannot be undone
// and answers with success even if it did nothing. An order that is processed
// already is fine; one that is cancelled is a [*NotAppliedError].
//
// It costs one call, two where the reply leaves a doubt.
func (s *OrdersService) ProcessOrderVerified(ctx context.Context, req *ProcessOrderRequest, opts ...CallOption) error {
	const op = "Orders.ProcessOrder"
	r := valueOf(req)
	if err := checkIDs(op, r.OrderID); err != nil {
		return err
	}
	reply, err := s.ProcessOrder(ctx, &r, opts...)
	if err == nil && reply.Processed && reply.OrderID.Equal(r.OrderID) {
		return nil
	}
	return s.verifyOrders(ctx, op, []GUID{r.OrderID}, err, false, []string{fieldProcessed, fieldLocked}, func(o OrderDetails) bool {
		return o.Processed && !o.GeneralInfo.HoldOrCancel
	})
}

// SetOrderShippingInfoVerified changes the shipping of an open order: the service,
// the tracking number, weights or cost. It reads the order, has change alter what
// it holds, and writes all of it, because what Linnworks does with fields that
// are left out is not known; then it reads back. It returns the shipping as read
// last. Nothing is written if change alters nothing.
//
// What was altered must be there afterwards, and service and tracking number
// must be there even if they were not. Weights and cost that were not altered
// may differ: Linnworks computes them anew.
//
// It costs three calls, or one if there is nothing to write. Somebody else's
// change between the first two is lost.
func (s *OrdersService) SetOrderShippingInfoVerified(ctx context.Context, orderID GUID, change func(*UpdateOrderShippingInfoRequest), opts ...CallOption) (*OrderShippingInfo, error) {
	const op = "Orders.SetOrderShippingInfo"
	if err := checkIDs(op, orderID); err != nil {
		return nil, err
	}
	if change == nil {
		return nil, fmt.Errorf("linnworks: %s: nil function", op)
	}
	ids := []GUID{orderID}
	found, err := s.readOrders(ctx, ids, shippingFields...)
	if err != nil {
		return nil, err
	}
	o, ok := found[orderID.lower()]
	if !ok {
		return nil, &NotAppliedError{Operation: op, Items: []ItemError{{Key: string(orderID), Message: "there is no such order"}}}
	}
	before := shippingOf(o.ShippingInfo)
	want := before
	change(&want)
	if want == before {
		return &o.ShippingInfo, nil
	}
	_, err = s.SetOrderShippingInfo(ctx, &SetOrderShippingInfoRequest{OrderID: orderID, Info: want}, opts...)
	last := o.ShippingInfo
	err = verify(op, err, func() ([]ItemError, error) {
		after, err := s.readOrders(ctx, ids, shippingFields...)
		if err == nil {
			err = allThere(ids, after)
		}
		if err != nil {
			return nil, err
		}
		last = after[orderID.lower()].ShippingInfo
		return shippingDiffers(orderID, before, want, shippingOf(last)), nil
	})
	return &last, err
}

// shippingFields are those of [shippingOf] in a reply.
var shippingFields = []string{
	"ShippingInfo.PostalServiceId", "ShippingInfo.TrackingNumber?", "ShippingInfo.TotalWeight", "ShippingInfo.ItemWeight",
	"ShippingInfo.PostageCost", "ShippingInfo.ManualAdjust",
}

// shippingOf is the part of an order's shipping that can be written.
func shippingOf(i OrderShippingInfo) UpdateOrderShippingInfoRequest {
	return UpdateOrderShippingInfoRequest{
		PostalServiceID: i.PostalServiceID, TrackingNumber: i.TrackingNumber, TotalWeight: i.TotalWeight,
		ItemWeight: i.ItemWeight, PostageCost: i.PostageCost, ManualAdjust: i.ManualAdjust,
	}
}

// shippingDiffers lists what should be otherwise.
func shippingDiffers(id GUID, before, want, got UpdateOrderShippingInfoRequest) (items []ItemError) {
	differs := func(field string, same bool) {
		if !same {
			items = append(items, ItemError{Key: string(id), Index: -1, Code: field, Message: "has another value than was written"})
		}
	}
	amount := func(field string, before, want, got Decimal) {
		differs(field, want.equal(before) || want.equal(got))
	}
	differs("PostalServiceID", want.PostalServiceID.Equal(got.PostalServiceID))
	differs("TrackingNumber", want.TrackingNumber == got.TrackingNumber)
	differs("ManualAdjust", want.ManualAdjust == before.ManualAdjust || want.ManualAdjust == got.ManualAdjust)
	amount("TotalWeight", before.TotalWeight, want.TotalWeight, got.TotalWeight)
	amount("ItemWeight", before.ItemWeight, want.ItemWeight, got.ItemWeight)
	amount("PostageCost", before.PostageCost, want.PostageCost, got.PostageCost)
	return items
}

// equal compares by value. Empty is zero.
func (d Decimal) equal(other Decimal) bool {
	a, okA := cmp.Or(d, "0").Rat()
	b, okB := cmp.Or(other, "0").Rat()
	return okA && okB && a.Cmp(b) == 0
}
