package tiktokshoptest_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

func TestAnOrderLivesThroughEveryStatus(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := mugs(2)
		spec.State = tiktokshop.OrderStatusUnpaid
		id := l.place(spec)
		l.status(id, "UNPAID")
		l.stock(mug, north, 8, 2)
		l.ok(l.Pay(id))
		l.status(id, "ON_HOLD")
		time.Sleep(time.Hour - time.Second)
		l.status(id, "ON_HOLD")
		time.Sleep(time.Second)
		l.status(id, "AWAITING_SHIPMENT")
		if _, err := l.mark(id, "AB123"); err != nil {
			t.Fatal(err)
		}
		l.status(id, "AWAITING_COLLECTION")
		l.stock(mug, north, 8, 0)
		l.ok(l.Collect(id))
		l.status(id, "IN_TRANSIT")
		l.ok(l.Deliver(id))
		l.status(id, "DELIVERED")
		l.ok(l.Complete(id))
		l.status(id, "COMPLETED")
		if err := l.Collect(id); err == nil || !strings.Contains(err.Error(), id) {
			t.Errorf("collecting a completed order: got %v, want an error that names it", err)
		}
	})
}

func TestWithoutAHoldPaidOrdersAwaitShipmentAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := mugs(1)
		spec.State, spec.NoHold = tiktokshop.OrderStatusUnpaid, true
		id := l.place(spec)
		l.ok(l.Pay(id))
		o := l.detail(id)
		if o.Status != "AWAITING_SHIPMENT" || o.IsOnHoldOrder || o.PaidTime != tiktokshop.At(time.Now()) {
			t.Errorf("got %s, on hold %t, paid %v", o.Status, o.IsOnHoldOrder, o.PaidTime.Time())
		}
	})
}

func TestUnpaidAndUnshippedOrdersAreCancelledByTikTok(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		unpaid, late := mugs(1), mugs(2)
		unpaid.State = tiktokshop.OrderStatusUnpaid
		late.NoHold = true
		late.Deadlines.ShippingDue = 48 * time.Hour
		a, b := l.place(unpaid), l.place(late)
		placed := time.Now()
		time.Sleep(72 * time.Hour)
		for _, x := range []struct {
			id     string
			at     time.Duration
			reason string
		}{{a, 24 * time.Hour, "system_cancel_unpaid_time_out"}, {b, 48 * time.Hour, "system_cancel_order_reason_shipping_timeout"}} {
			o := l.detail(x.id)
			if o.Status != "CANCELLED" || o.CancelTime != tiktokshop.At(placed.Add(x.at)) || o.UpdateTime != o.CancelTime ||
				o.CancelReason != x.reason || o.CancellationInitiator != "SYSTEM" {
				t.Errorf("got %s at %v for %s by %s", o.Status, o.CancelTime.Time(), o.CancelReason, o.CancellationInitiator)
			}
		}
		l.stock(mug, north, 10, 0)
	})
}

func TestOneLineItemIsOneUnitInUnstableOrder(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(5))
		orders := map[string]bool{}
		for range 10 {
			var ids []string
			for _, item := range l.detail(id).LineItems {
				if item.SKUID != mug || item.SalePrice != "8.00" {
					t.Fatalf("got line %+v", item)
				}
				ids = append(ids, item.ID)
			}
			if len(ids) != 5 {
				t.Fatalf("got %d lines, want 5", len(ids))
			}
			orders[strings.Join(ids, " ")] = true
		}
		if len(orders) < 2 {
			t.Error("ten readings had the lines in the same order")
		}
		calm := newLab(t, tiktokshoptest.Without(tiktokshoptest.QuirkLineOrder, tiktokshoptest.QuirkRotatingURLs))
		id = calm.place(mugs(5))
		want, _ := calm.Order(id)
		for range 5 {
			if diff := cmp.Diff(want, calm.detail(id)); diff != "" {
				t.Fatalf("without the quirk (-want +got):\n%s", diff)
			}
		}
	})
}

func TestAddressIsAbsentUntilTheHoldIsOver(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		spec := mugs(1)
		spec.State = tiktokshop.OrderStatusOnHold
		id := l.place(spec)
		var raw tiktokshop.Response
		_, err := l.client.Order.GetOrderDetail(t.Context(), &tiktokshop.GetOrderDetailRequest{IDs: []string{id}}, tiktokshop.WithResponse(&raw))
		l.ok(err)
		if bytes.Contains(raw.Body, []byte(`"recipient_address":`)) {
			t.Errorf("on hold: got %s", raw.Body)
		}
		l.ok(l.ReleaseHold(id))
		if a := l.detail(id).RecipientAddress; a.Name != "Robin Example" || a.PostTown != "Leeds" {
			t.Errorf("released: got address %+v", a)
		}
	})
}

func TestTikTokShippingMasksTheBuyer(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		spec := mugs(1)
		spec.ShippingType = tiktokshop.ShippingTypeTikTok
		gb := newLab(t)
		a := gb.detail(gb.place(spec)).RecipientAddress
		if !strings.HasSuffix(a.Name, "*") || !strings.HasSuffix(a.PhoneNumber, "*") || strings.Contains(a.AddressLine1, "*") {
			t.Errorf("GB masks name and phone; got %+v", a)
		}
		us := newLab(t, tiktokshoptest.WithMarket("US"))
		a = us.detail(us.place(spec)).RecipientAddress
		if strings.Contains(a.Name, "*") || !strings.HasSuffix(a.PhoneNumber, "*") || !strings.HasSuffix(a.AddressLine1, "*") {
			t.Errorf("US masks phone and address; got %+v", a)
		}
	})
}

func TestBundleComponentsAreOnlyInTheDetail(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: set, Quantity: 2}}})
		l.stock(mug, north, 8, 2)
		l.stock(plate, north, 0, 4)
		l.stock(set, north, 0, 2)
		want := []tiktokshop.OrderLineItemCombinedListingSKU{
			{ProductID: mugProduct, SKUID: mug, SellerSKU: "MUG", SKUCount: 1},
			{ProductID: plateProduct, SKUID: plate, SellerSKU: "PLATE", SKUCount: 2},
		}
		for _, item := range l.detail(id).LineItems {
			if diff := cmp.Diff(want, item.CombinedListingSKUs); diff != "" {
				t.Errorf("detail (-want +got):\n%s", diff)
			}
		}
		list, err := l.client.Order.GetOrderList(t.Context(), &tiktokshop.GetOrderListRequest{PageSize: 10})
		l.ok(err)
		if got := list.Orders[0].LineItems[0].CombinedListingSKUs; got != nil {
			t.Errorf("list: got %v", got)
		}
	})
}

func TestMoneyOfAnOrderAddsUp(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(tiktokshoptest.OrderSpec{
			Lines: []tiktokshoptest.Line{
				{SKUID: mug, Quantity: 2, SellerDiscount: "1.50", PlatformDiscount: "0.25"},
				{SKUID: plate, Quantity: 1, Gift: true},
			},
			ShippingFee: "3.99", ShippingSellerDiscount: "1", ShippingPlatformDiscount: "0.99", Tax: "1.20",
		})
		want := tiktokshop.OrderPayment{
			Currency: "GBP", OriginalTotalProductPrice: "16.00", SellerDiscount: "3.00", PlatformDiscount: "0.50", SubTotal: "12.50",
			OriginalShippingFee: "3.99", ShippingFeeSellerDiscount: "1.00", ShippingFeePlatformDiscount: "0.99", ShippingFee: "2.00",
			ProductTax: "1.20", Tax: "1.20", TotalAmount: "15.70",
		}
		if diff := cmp.Diff(want, l.detail(id).Payment); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestOrdersThatCannotBePlacedChangeNothing(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		for name, spec := range map[string]tiktokshoptest.OrderSpec{
			"no lines":           {},
			"unknown SKU":        {Lines: []tiktokshoptest.Line{{SKUID: "1", Quantity: 1}}},
			"negative quantity":  mugs(-1),
			"unknown warehouse":  {Lines: mugs(1).Lines, WarehouseID: "1"},
			"delivered at birth": {Lines: mugs(1).Lines, State: tiktokshop.OrderStatusDelivered},
			"unknown option":     {Lines: mugs(1).Lines, DeliveryOptionID: "1"},
			"discount too large": {Lines: []tiktokshoptest.Line{{SKUID: mug, Quantity: 1, SellerDiscount: "9"}}},
			"no amount":          {Lines: mugs(1).Lines, ShippingFee: "free"},
		} {
			if _, err := l.PlaceOrder(spec); err == nil || errors.Is(err, tiktokshoptest.ErrOutOfStock) {
				t.Errorf("%s: got error %v", name, err)
			}
		}
		if _, err := l.PlaceOrder(mugs(11)); !errors.Is(err, tiktokshoptest.ErrOutOfStock) {
			t.Errorf("more than there is in a warehouse: got error %v", err)
		}
		both := tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: plate, Quantity: 3}, {SKUID: set, Quantity: 1}}}
		if _, err := l.PlaceOrder(both); !errors.Is(err, tiktokshoptest.ErrOutOfStock) {
			t.Errorf("a bundle and its component together exceed the stock: got error %v", err)
		}
		l.ok(l.SetProductStatus(mugProduct, tiktokshop.ProductStatusSellerDeactivated))
		if _, err := l.PlaceOrder(mugs(1)); err == nil {
			t.Error("a deactivated product was sold")
		}
		l.stock(mug, north, 10, 0)
		if n := len(l.Orders()); n != 0 {
			t.Errorf("%d orders were placed", n)
		}
	})
}

func TestOrderListFiltersAndPages(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		start := time.Now()
		var ids []string
		for range 5 {
			spec := mugs(1)
			spec.NoHold = true
			ids = append(ids, l.place(spec))
			time.Sleep(time.Minute)
		}
		_, err := l.mark(ids[0], "AB1")
		l.ok(err)
		search := func(req tiktokshop.GetOrderListRequest) []string {
			t.Helper()
			var found []string
			for {
				out, err := l.client.Order.GetOrderList(t.Context(), &req)
				l.ok(err)
				for _, o := range out.Orders {
					found = append(found, o.ID)
				}
				if out.NextPageToken == "" {
					return found
				}
				if !strings.ContainsAny(out.NextPageToken, "+") || !strings.Contains(out.NextPageToken, "/") || !strings.HasSuffix(out.NextPageToken, "=") {
					t.Fatalf("token %q is easy to send", out.NextPageToken)
				}
				req.PageToken = &out.NextPageToken
			}
		}
		at := func(minutes int) *tiktokshop.UnixSeconds {
			return new(tiktokshop.At(start.Add(time.Duration(minutes) * time.Minute)))
		}
		reversed := slices.Clone(ids)
		slices.Reverse(reversed)
		awaiting, byUpdate, ascending := tiktokshop.OrderStatusAwaitingShipment, "update_time", tiktokshop.SortOrder("ASC")
		for name, test := range map[string]struct {
			req  tiktokshop.GetOrderListRequest
			want []string
		}{
			"newest first by default": {tiktokshop.GetOrderListRequest{PageSize: 2}, reversed},
			"by update time, ascending": {
				tiktokshop.GetOrderListRequest{PageSize: 1, SortField: &byUpdate, SortOrder: &ascending},
				[]string{ids[1], ids[2], ids[3], ids[4], ids[0]},
			},
			"by status":                    {tiktokshop.GetOrderListRequest{PageSize: 100, OrderStatus: &awaiting}, reversed[:4]},
			"from inclusive, to exclusive": {tiktokshop.GetOrderListRequest{PageSize: 100, UpdateTimeGe: at(1), UpdateTimeLt: at(3)}, []string{ids[2], ids[1]}},
			"created":                      {tiktokshop.GetOrderListRequest{PageSize: 100, CreateTimeGe: at(0), CreateTimeLt: at(1)}, []string{ids[0]}},
			"of another warehouse":         {tiktokshop.GetOrderListRequest{PageSize: 100, WarehouseIDs: []string{south}}, nil},
		} {
			if diff := cmp.Diff(test.want, search(test.req)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestUpdateTimeMovesOnlyWithTheStatus(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t, tiktokshoptest.WithMarket("US"))
		id := l.place(mugs(3))
		before := l.detail(id)
		time.Sleep(time.Minute)
		l.ok(l.ChangeAddress(id, before.RecipientAddress))
		_, err := l.RequestCancellation(id, "changed my mind")
		l.ok(err)
		if o := l.detail(id); o.UpdateTime != before.UpdateTime || !o.IsBuyerRequestCancel || !o.HasUpdatedRecipientAddress {
			t.Errorf("address and request: got update time %v, want %v", o.UpdateTime.Time(), before.UpdateTime.Time())
		}
		_, err = l.mark(id, "AB1", before.LineItems[0].ID)
		l.ok(err)
		first := l.detail(id).UpdateTime
		if first != tiktokshop.At(time.Now()) {
			t.Error("the status changed, the update time did not")
		}
		time.Sleep(time.Minute)
		_, err = l.mark(id, "AB2", before.LineItems[1].ID)
		l.ok(err)
		if o := l.detail(id); o.Status != "PARTIALLY_SHIPPING" || o.UpdateTime != first {
			t.Errorf("second package: got %s, update time %v", o.Status, o.UpdateTime.Time())
		}
	})
}

func TestDetailTakesFiftyIDsOfTheShop(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		get := func(ids ...string) error {
			_, err := l.client.Order.GetOrderDetail(t.Context(), &tiktokshop.GetOrderDetailRequest{IDs: ids})
			return err
		}
		l.ok(get(slices.Repeat([]string{id}, 50)...))
		l.code(get(slices.Repeat([]string{id}, 51)...), 21001001)
		l.code(get(id, "1"), 21008111)
	})
}

func TestExternalReferencesOverwritePerPlatform(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		l := newLab(t)
		id := l.place(mugs(1))
		line := l.detail(id).LineItems[0].ID
		add := func(order, external string, platform tiktokshop.OrderPlatform, origin string) error {
			_, err := l.client.Order.AddExternalOrderReferences(t.Context(), &tiktokshop.AddExternalOrderReferencesRequest{
				Orders: []tiktokshop.AddExternalOrderReferencesRequestOrder{{ID: order, ExternalOrder: tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrder{
					ID: external, Platform: platform,
					LineItems: []tiktokshop.AddExternalOrderReferencesRequestOrderExternalOrderLineItem{{ID: "1", OriginID: origin}},
				}}},
			})
			return err
		}
		l.ok(add(id, "LW-1", "ORDER_MANAGEMENT_SYSTEM", line))
		l.ok(add(id, "LW-2", "ORDER_MANAGEMENT_SYSTEM", line))
		l.ok(add(id, "SAP-1", "ERP_SYSTEM", line))
		got, err := l.client.Order.GetExternalOrderReferences(t.Context(), id, &tiktokshop.GetExternalOrderReferencesRequest{Platform: "ORDER_MANAGEMENT_SYSTEM"})
		l.ok(err)
		if len(got.ExternalOrders) != 1 || got.ExternalOrders[0].ID != "LW-2" {
			t.Errorf("got %+v", got.ExternalOrders)
		}
		found, err := l.client.Order.SearchOrderByExternalOrderReference(t.Context(), &tiktokshop.SearchOrderByExternalOrderReferenceRequest{
			Platform: "ERP_SYSTEM", ExternalOrderID: "SAP-1",
		})
		l.ok(err)
		if len(found.Orders) != 1 || found.Orders[0].ID != id || found.Orders[0].ExternalOrder.LineItems[0].OriginID != line {
			t.Errorf("found %+v", found.Orders)
		}
		for name, err := range map[string]error{
			"foreign order": add("1", "LW-3", "ORDER_MANAGEMENT_SYSTEM", line),
			"foreign line":  add(id, "LW-3", "ORDER_MANAGEMENT_SYSTEM", "1"),
		} {
			e, ok := errors.AsType[*tiktokshop.PartialError](err)
			if !ok || fmt.Sprint(e.Items[0].Code) != "36020001" {
				t.Errorf("%s: got error %v, want one inside a success", name, err)
			}
		}
	})
}

func TestEqualSeedsGiveEqualReplies(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		replies := func(seed uint64) []tiktokshop.Order {
			l := newLab(t, tiktokshoptest.WithSeed(seed))
			id := l.place(mugs(6))
			return []tiktokshop.Order{l.detail(id), l.detail(id), l.detail(id)}
		}
		if diff := cmp.Diff(replies(7), replies(7)); diff != "" {
			t.Errorf("equal seeds (-first +second):\n%s", diff)
		}
		if cmp.Equal(replies(7), replies(8)) {
			t.Error("different seeds gave equal replies")
		}
	})
}
