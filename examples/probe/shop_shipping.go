package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// shopShippingChecks ship units of the test order, one after the other, and cancel one.
// Their order matters: the buyer's request is answered before the rest can be shipped.
func shopShippingChecks() []check {
	return []check{
		{
			assumes: "each kind of order is shipped by one call, and the others are refused", source: "Fulfillment API overview", quirk: "ship call by market",
			does: "tries to buy a label of TikTok Shipping for a line that the test order does not have", calls: 3, writes: true,
			ifNot: "nothing to set: the bridge goes by the packages of the order; see that nobody buys labels for orders that the seller ships",
			try:   tryWrongCall,
		},
		{
			assumes: "an order whose buyer waits for the answer to a request to cancel cannot be shipped", source: "Order API overview", quirk: "cancel request blocks",
			does: "tries to ship a unit of the test order while a request waits, and refuses the request", calls: 7, writes: true,
			ifNot: "nothing to set: the bridge asks before goods move; set Settings.CutOff so early that people do not ship what is about to be cancelled",
			try:   tryRequestBlocks,
		},
		{
			assumes: "an order can only be shipped with a provider of its delivery option", source: "Mark Package As Shipped", quirk: "provider of delivery option",
			does: "tries to ship a unit of the test order with a provider of another option", calls: 12, writes: true,
			ifNot: "nothing to set: Settings.Carriers may then name any provider of the shop",
			try:   tryOtherProvider,
		},
		{
			assumes: "a tracking number serves one buyer only", source: "Mark Package As Shipped", quirk: "tracking number once",
			does: "tries to ship a unit of the test order with the number of somebody else's order", calls: 4, writes: true,
			ifNot: "nothing to set: the shop no longer finds numbers that were scanned twice, so look at what the warehouse scans",
			try:   tryUsedNumber,
		},
		{
			assumes: "an order that is shipped again with the same number is refused", source: "seen by integrators", quirk: "repeated ship refused",
			does: "ships a unit of the test order twice", calls: 4, writes: true,
			ifNot: "nothing to set: the bridge reads an order before it ships it again",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				t, err := testOrder(ctx, a)
				if err != nil {
					return false, "", err
				}
				line, provider, number := t.open[0], t.providers[0].ID, newNumber("R")
				if _, err := t.ship(ctx, a, line, provider, number); err != nil {
					return false, "", err
				}
				_, err = t.ship(ctx, a, line, provider, number)
				return refusedAs(err, shippedBefore)
			},
		},
		{
			assumes: "the tracking number of an order can be corrected once", source: "Update Package Shipping Info", quirk: "one correction",
			does: "ships a unit of the test order and corrects its number twice", calls: 5, writes: true,
			ifNot: "nothing to set: the bridge corrects what changes in the warehouse as often as the shop takes it",
			try:   tryCorrections,
		},
		{
			assumes: "cancelling for want of stock sets the stock of the SKU to 0", source: "Cancel Order", quirk: "out of stock zeroes",
			does: "cancels a unit of the test order and puts the stock of the test SKU back", calls: 9, writes: true,
			ifNot: "Settings.ZeroStock may be true: it costs no sales",
			try:   tryOutOfStock,
		},
	}
}

// order is the test order with what can be shipped of it.
type order struct {
	tiktokshop.Order
	open      []string // line items
	providers []tiktokshop.ShippingProvider
}

// testOrder reads the test order, of which a unit has to be left.
func testOrder(ctx context.Context, a accounts) (order, error) {
	o, err := detail(ctx, a, a.order)
	if err != nil {
		return order{}, err
	}
	if o.ShippingType != tiktokshop.ShippingTypeSeller || o.FulfillmentType != tiktokshop.FulfillmentTypeBySeller || !slices.Contains(sellerShips, a.shop.Shop().Region) {
		return order{}, notTried("the test order is not one that the seller ships by Mark Package As Shipped")
	}
	t := order{Order: o}
	for _, l := range o.LineItems {
		if l.TrackingNumber == "" && l.DisplayStatus != tiktokshop.OrderStatusCancelled {
			t.open = append(t.open, l.ID)
		}
	}
	slices.Sort(t.open)
	switch o.Status {
	case tiktokshop.OrderStatusAwaitingShipment, tiktokshop.OrderStatusPartiallyShipping:
	default:
		return order{}, notTried("the test order is " + string(o.Status) + ", and has nothing to ship: buy 8 units of the test SKU and wait an hour")
	}
	if len(t.open) == 0 {
		return order{}, notTried("the test order has no unit left to ship: buy 8 units of the test SKU")
	}
	t.providers, err = providersOf(ctx, a, o.DeliveryOptionID)
	if err == nil && len(t.providers) == 0 {
		err = notTried("the delivery option of the test order has no provider")
	}
	return t, err
}

// providersOf are the providers of a delivery option within the shop's country, none if
// TikTok's own carriers ship it.
func providersOf(ctx context.Context, a accounts, option string) ([]tiktokshop.ShippingProvider, error) {
	region := a.shop.Shop().Region
	reply, err := a.shop.Logistics.GetShippingProviders(ctx, option, &tiktokshop.GetShippingProvidersRequest{WarehouseRegion: &region, BuyerRegion: &region})
	if tiktokshop.IsWrongShippingModel(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return reply.ShippingProviders, nil
}

// newNumber makes a tracking number that no order has.
func newNumber(end string) string {
	return "PROBE" + strings.ToUpper(strconv.FormatInt(time.Now().UnixNano(), 36)) + end
}

// ship ships one unit and returns its package.
func (t order) ship(ctx context.Context, a accounts, line, provider, number string) (packageID string, err error) {
	reply, err := a.shop.Fulfillment.MarkPackageAsShipped(ctx, t.ID, &tiktokshop.MarkPackageAsShippedRequest{
		OrderLineItemIDs: []string{line}, ShippingProviderID: provider, TrackingNumber: number,
	}, tiktokshop.NoRepeat())
	if err != nil {
		return "", err
	}
	return reply.PackageID, nil
}

func tryWrongCall(ctx context.Context, a accounts) (bool, string, error) {
	t, err := testOrder(ctx, a)
	if err != nil {
		return false, "", err
	}
	_, err = a.shop.Fulfillment.CreatePackages(ctx, &tiktokshop.CreatePackagesRequest{
		OrderID: &t.ID, ShipType: new("2"),
		OrderLineItem: []tiktokshop.CreatePackagesRequestOrderLineItem{{OrderLineID: new(noOrder)}},
	}, tiktokshop.NoRepeat())
	switch code := codeOf(err); code {
	case 0:
		return false, "", orAccepted(err, "Fulfillment.CreatePackages for a line that does not exist")
	case wrongCall, notTikTok:
		return true, fmt.Sprintf("refused with code %d", code), nil
	default:
		return false, fmt.Sprintf("refused for another reason, with code %d", code), nil
	}
}

func pendingRequest(ctx context.Context, a accounts) (id string, err error) {
	reply, err := a.shop.ReturnRefund.SearchCancellationsV202309(ctx, &tiktokshop.SearchCancellationsV202309Request{
		OrderIDs: []string{a.order}, CancelStatus: []tiktokshop.CancelStatus{tiktokshop.CancelStatusPending},
	})
	if err != nil || len(reply.Cancellations) == 0 {
		return "", err
	}
	return reply.Cancellations[0].CancelID, nil
}

func tryRequestBlocks(ctx context.Context, a accounts) (_ bool, _ string, err error) {
	if a.shop.Shop().Region == "US" {
		return false, "", notTried("in the US shipping refuses the request by itself")
	}
	t, err := testOrder(ctx, a)
	if err != nil {
		return false, "", err
	}
	request, err := pendingRequest(ctx, a)
	if err == nil && request == "" {
		err = notTried("the buyer of the test order has not asked for its cancellation: do that in the app and try again")
	}
	if err != nil {
		return false, "", err
	}
	defer func() { err = andThen(err, rejectRequest(context.WithoutCancel(ctx), a)) }()
	_, err = t.ship(ctx, a, t.open[0], t.providers[0].ID, newNumber("C"))
	return refusedAs(err, requestPending)
}

// rejectRequest refuses the request for the test order if it waits still.
func rejectRequest(ctx context.Context, a accounts) error {
	id, err := pendingRequest(ctx, a)
	if err != nil || id == "" {
		return err
	}
	reply, err := a.shop.ReturnRefund.GetRejectReasons(ctx, &tiktokshop.GetRejectReasonsRequest{ReturnOrCancelID: id})
	if err != nil {
		return err
	}
	reason, err := find(reply.Reasons, "", func(r tiktokshop.GetRejectReasonsResponseReason) bool { return r.Name != "" })
	if err != nil {
		return errors.New("the shop offers no reason to refuse the request for the test order with: refuse it in Seller Center")
	}
	_, err = a.shop.ReturnRefund.RejectCancellation(ctx, id, &tiktokshop.RejectCancellationRequest{IdempotencyKey: new("PROBE-" + id), RejectReason: reason.Name})
	return err
}

func tryOtherProvider(ctx context.Context, a accounts) (bool, string, error) {
	t, err := testOrder(ctx, a)
	if err != nil {
		return false, "", err
	}
	options, err := a.shop.Logistics.GetWarehouseDeliveryOptions(ctx, t.WarehouseID, nil)
	if err != nil {
		return false, "", err
	}
	for _, o := range options.DeliveryOptions[:min(len(options.DeliveryOptions), 8)] {
		if o.ID == t.DeliveryOptionID {
			continue
		}
		providers, err := providersOf(ctx, a, o.ID)
		if err != nil {
			return false, "", err
		}
		for _, p := range providers {
			if slices.ContainsFunc(t.providers, func(own tiktokshop.ShippingProvider) bool { return own.ID == p.ID }) {
				continue
			}
			_, err := t.ship(ctx, a, t.open[0], p.ID, newNumber("P"))
			return refusedAs(err, otherProvider)
		}
	}
	return false, "", notTried("all delivery options of the warehouse have the same providers")
}

func tryUsedNumber(ctx context.Context, a accounts) (bool, string, error) {
	t, err := testOrder(ctx, a)
	if err != nil {
		return false, "", err
	}
	other, err := findOrder(ctx, a, tiktokshop.GetOrderListRequest{ShippingType: new(tiktokshop.ShippingTypeSeller)}, "no other buyer's order was shipped with a number",
		func(o tiktokshop.Order) bool { return o.TrackingNumber != "" && o.UserID != t.UserID })
	if err != nil {
		return false, "", err
	}
	_, err = t.ship(ctx, a, t.open[0], t.providers[0].ID, other.TrackingNumber)
	return refusedAs(err, numberUsed)
}

func tryCorrections(ctx context.Context, a accounts) (bool, string, error) {
	t, err := testOrder(ctx, a)
	if err != nil {
		return false, "", err
	}
	provider := t.providers[0].ID
	id, err := t.ship(ctx, a, t.open[0], provider, newNumber("A"))
	if err != nil {
		return false, "", err
	}
	correct := func(number string) error {
		_, err := a.shop.Fulfillment.UpdatePackageShippingInfo(ctx, id, &tiktokshop.UpdatePackageShippingInfoRequest{
			ShippingProviderID: provider, TrackingNumber: number,
		}, tiktokshop.NoRepeat())
		return err
	}
	if err := correct(newNumber("B")); err != nil {
		return false, "", err
	}
	return refusedAs(correct(newNumber("D")), correctedBefore)
}

// outOfStock begins the name of the reason, which ends with the market.
const outOfStock = "seller_cancel_reason_out_of_stock"

func isOutOfStock(reason string) bool { return strings.HasPrefix(reason, outOfStock) }

func tryOutOfStock(ctx context.Context, a accounts) (_ bool, _ string, err error) {
	t, err := testOrder(ctx, a)
	if err != nil {
		return false, "", err
	}
	l, err := listingOf(ctx, a, a.sku)
	if err != nil {
		return false, "", err
	}
	line, err := find(t.LineItems, "the test order has no unit of the test SKU left", func(i tiktokshop.OrderLineItem) bool {
		return slices.Contains(t.open, i.ID) && i.SKUID == l.sku.ID
	})
	if err != nil {
		return false, "", err
	}
	if !slices.ContainsFunc(l.sku.Inventory, func(i tiktokshop.SKUInventory) bool { return i.Quantity > 0 }) {
		return false, "", notTried("the test SKU has no stock that could become 0")
	}
	reasons, err := cancelReasons(ctx, a, t.ID)
	if err != nil {
		return false, "", err
	}
	reason, err := find(reasons, "the shop does not let the test order be cancelled for want of stock", isOutOfStock)
	if err != nil {
		return false, "", err
	}
	request := &tiktokshop.CancelOrderV202309Request{OrderID: t.ID, CancelReason: reason}
	if region := a.shop.Shop().Region; region == "US" || region == "GB" { // elsewhere orders are cancelled whole
		request.OrderLineItemIDs = []string{line.ID}
	}
	defer func() { err = andThen(err, l.restore(ctx, a, l.levels())) }()
	if _, err := a.shop.ReturnRefund.CancelOrderV202309(ctx, request, tiktokshop.NoRepeat()); err != nil {
		return false, "", err
	}
	now, err := listingOf(ctx, a, a.sku)
	if err != nil {
		return false, "", err
	}
	units := 0
	for _, i := range now.sku.Inventory {
		units += i.Quantity
	}
	return units == 0, fmt.Sprintf("%d units are for sale after it", units), nil
}

// cancelReasons are the names of the reasons for which the seller may cancel units of an
// order.
func cancelReasons(ctx context.Context, a accounts, orderID string) ([]string, error) {
	units, err := unitReasons(ctx, a, orderID)
	return slices.Concat(units...), err
}

// unitReasons are the same for each unit that the seller may cancel.
func unitReasons(ctx context.Context, a accounts, orderID string) (units [][]string, err error) {
	reply, err := a.shop.ReturnRefund.GetAftersaleEligibility(ctx, orderID, &tiktokshop.GetAftersaleEligibilityRequest{
		InitiateAftersaleUser: new(tiktokshop.ReturnRefundInitiateAftersaleUser("SELLER")), RequestTypes: []string{"CANCEL"},
	})
	if err != nil {
		return nil, err
	}
	for _, s := range reply.SKUEligibility {
		for _, line := range s.LineItemEligibility {
			if line.Eligible {
				units = append(units, line.AvailableReasonNames)
			}
		}
	}
	return units, nil
}
