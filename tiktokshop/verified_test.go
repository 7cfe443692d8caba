package tiktokshop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var (
	cutBefore = tiktokshoptest.Fault{Drop: true}
	cutAfter  = tiktokshoptest.Fault{Drop: true, After: true}
	fault     = tiktokshoptest.Fault{Status: 500, Code: 36009003}
)

// lab is a fake shop with one order to ship.
type lab struct {
	*tiktokshoptest.Fake
	client  *tiktokshop.Client
	orderID string
}

func newLab(t *testing.T, shipping tiktokshop.ShippingType, opts ...tiktokshoptest.Option) lab {
	t.Helper()
	f := tiktokshoptest.New(opts...)
	must(t, f.AddWarehouse(tiktokshop.Warehouse{ID: "W1"}))
	must(t, f.AddProduct(tiktokshoptest.Product{ID: "P1", SKUs: []tiktokshoptest.SKU{
		{ID: "S1", SellerSKU: "MUG", Stock: map[string]int{"W1": 5}},
		{ID: "S2", SellerSKU: "CUP", Stock: map[string]int{"W1": 5}},
	}}))
	id, err := f.PlaceOrder(tiktokshoptest.OrderSpec{
		Lines: []tiktokshoptest.Line{{SKUID: "S1", Quantity: 2}}, ShippingType: shipping,
	})
	must(t, err)
	client, err := f.Client(tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
	must(t, err)
	return lab{f, client, id}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (l lab) count(op string) int { return len(l.CallsOf(tiktokshoptest.On(op))) }

func (l lab) order(t *testing.T) tiktokshop.Order {
	t.Helper()
	o, ok := l.Order(l.orderID)
	if !ok {
		t.Fatal("no order")
	}
	return o
}

func TestMarkPackageAsShippedVerified(t *testing.T) {
	const op = "Fulfillment.MarkPackageAsShipped"
	for _, tt := range []struct {
		name         string
		faults       []tiktokshoptest.Fault
		first, again error // that the first and second call return, as predicates see them
		writes       int
	}{
		{"well", nil, nil, nil, 1},
		{"cut after it took effect", []tiktokshoptest.Fault{cutAfter}, nil, nil, 1},
		{"fault after it took effect", []tiktokshoptest.Fault{{Status: 500, Code: 36009003, After: true}}, nil, nil, 1},
		{"HTML after it took effect", []tiktokshoptest.Fault{{Status: 502, Body: "<html>", After: true}}, nil, nil, 1},
		{"cut before", []tiktokshoptest.Fault{cutBefore}, errNotApplied, nil, 2},
		{"fault before", []tiktokshoptest.Fault{fault}, errNotApplied, nil, 2},
		{"throttled", []tiktokshoptest.Fault{{Status: 429, Code: 36009002}}, nil, nil, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tiktokshop.ShippingTypeSeller)
				for _, f := range tt.faults {
					l.Fail(tiktokshoptest.On(op), 1, f)
				}
				ship := func() (*tiktokshop.MarkPackageAsShippedResponse, error) {
					return l.client.Fulfillment.MarkPackageAsShippedVerified(t.Context(), l.orderID, &tiktokshop.MarkPackageAsShippedRequest{
						TrackingNumber: "JD0001", ShippingProviderID: l.ShippingProviders(l.order(t).DeliveryOptionID)[0].ID,
					})
				}
				_, err := ship()
				wantError(t, err, tt.first)
				reply, err := ship()
				wantError(t, err, tt.again)
				o := l.order(t)
				if reply.PackageID == "" || len(reply.OrderLineItemIDs) != 2 || l.count(op) != tt.writes {
					t.Errorf("reply %+v after %d writes", reply, l.count(op))
				}
				for _, line := range o.LineItems {
					if line.TrackingNumber != "JD0001" || line.PackageID != reply.PackageID {
						t.Errorf("line %s is in %s under %s", line.ID, line.PackageID, line.TrackingNumber)
					}
				}
				// Another number for what is shipped is no success.
				_, err = l.client.Fulfillment.MarkPackageAsShippedVerified(t.Context(), l.orderID, &tiktokshop.MarkPackageAsShippedRequest{
					TrackingNumber: "JD0002", ShippingProviderID: "x",
				})
				wantError(t, err, errNotApplied)
				if !tiktokshop.IsAlreadyDone(err) || !strings.Contains(err.Error(), "JD0001") {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	t.Run("refused", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeTikTok)
		_, err := l.client.Fulfillment.MarkPackageAsShippedVerified(t.Context(), l.orderID, &tiktokshop.MarkPackageAsShippedRequest{TrackingNumber: "JD1"})
		if !tiktokshop.IsWrongShippingModel(err) || tiktokshop.IsNotApplied(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("read back fails", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, tiktokshop.ShippingTypeSeller)
			written := false
			l.Fail(func(c tiktokshoptest.Call) bool {
				written = written || c.Operation == op
				return written && c.Operation == "Order.GetOrderDetail"
			}, 5, fault)
			l.Fail(tiktokshoptest.On(op), 1, cutAfter)
			_, err := l.client.Fulfillment.MarkPackageAsShippedVerified(t.Context(), l.orderID, &tiktokshop.MarkPackageAsShippedRequest{
				TrackingNumber: "JD0001", ShippingProviderID: l.ShippingProviders(l.order(t).DeliveryOptionID)[0].ID,
			})
			if !tiktokshop.IsOutcomeUnknown(err) || tiktokshop.IsNotApplied(err) || !strings.Contains(err.Error(), "reading back") {
				t.Errorf("got %v", err)
			}
		})
	})
	t.Run("part of the lines", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		o := l.order(t)
		provider := l.ShippingProviders(o.DeliveryOptionID)[0].ID
		for i, number := range []string{"JD0001", "JD0002"} {
			for range 2 {
				reply, err := l.client.Fulfillment.MarkPackageAsShippedVerified(t.Context(), l.orderID, &tiktokshop.MarkPackageAsShippedRequest{
					TrackingNumber: number, ShippingProviderID: provider, OrderLineItemIDs: []string{o.LineItems[i].ID},
				})
				if err != nil || !slices.Equal(reply.OrderLineItemIDs, []string{o.LineItems[i].ID}) {
					t.Errorf("%+v, %v", reply, err)
				}
			}
		}
		if l.count(op) != 2 {
			t.Errorf("%d writes", l.count(op))
		}
		// A line that is not of the order does not travel under the number.
		_, err := l.client.Fulfillment.MarkPackageAsShippedVerified(t.Context(), l.orderID, &tiktokshop.MarkPackageAsShippedRequest{
			TrackingNumber: "JD0001", ShippingProviderID: provider, OrderLineItemIDs: []string{o.LineItems[0].ID, "404"},
		})
		if err == nil {
			t.Error("a foreign line was taken for shipped")
		}
	})
}

// What an error has to be, as predicates see it.
var (
	errNotApplied = errors.New("not applied")
	errThrottle   = errors.New("throttle")
)

func wantError(t *testing.T, err, want error) {
	t.Helper()
	switch {
	case want == nil && err == nil:
	case errors.Is(want, errNotApplied) && tiktokshop.IsNotApplied(err) && !tiktokshop.IsOutcomeUnknown(err):
	case errors.Is(want, errThrottle) && tiktokshop.IsThrottle(err) && !tiktokshop.IsNotApplied(err):
	default:
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestShipPackageVerified(t *testing.T) {
	const op = "Fulfillment.ShipPackage"
	for _, tt := range []struct {
		name     string
		market   string
		shipping tiktokshop.ShippingType
		fault    tiktokshoptest.Fault
		first    error
		writes   int
	}{
		{"TikTok Shipping", "GB", tiktokshop.ShippingTypeTikTok, tiktokshoptest.Fault{}, nil, 1},
		{"TikTok Shipping, cut after", "GB", tiktokshop.ShippingTypeTikTok, cutAfter, nil, 1},
		{"TikTok Shipping, cut before", "GB", tiktokshop.ShippingTypeTikTok, cutBefore, errNotApplied, 2},
		{"seller shipping", "TH", tiktokshop.ShippingTypeSeller, tiktokshoptest.Fault{}, nil, 1},
		{"seller shipping, cut after", "TH", tiktokshop.ShippingTypeSeller, cutAfter, nil, 1},
		{"seller shipping, fault before", "TH", tiktokshop.ShippingTypeSeller, fault, errNotApplied, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tt.shipping, tiktokshoptest.WithMarket(tt.market))
				l.Fail(tiktokshoptest.On(op), 1, tt.fault)
				o := l.order(t)
				req := &tiktokshop.ShipPackageRequest{HandoverMethod: new(tiktokshop.HandoverMethod("PICKUP"))}
				if tt.shipping == tiktokshop.ShippingTypeSeller {
					req = &tiktokshop.ShipPackageRequest{SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{
						TrackingNumber: "TH0001", ShippingProviderID: l.ShippingProviders(o.DeliveryOptionID)[0].ID,
					}}
				}
				id := o.Packages[0].ID
				wantError(t, l.client.Fulfillment.ShipPackageVerified(t.Context(), id, req), tt.first)
				wantError(t, l.client.Fulfillment.ShipPackageVerified(t.Context(), id, req), nil)
				if l.count(op) != tt.writes {
					t.Errorf("%d writes", l.count(op))
				}
				if req.SelfShipment != nil {
					req.SelfShipment.TrackingNumber = "TH0002"
					wantError(t, l.client.Fulfillment.ShipPackageVerified(t.Context(), id, req), errNotApplied)
				}
			})
		})
	}
}

// However often it is called and whatever breaks, one label is bought.
func TestCreatePackagesVerified(t *testing.T) {
	const op = "Fulfillment.CreatePackages"
	for _, tt := range []struct {
		name   string
		fault  tiktokshoptest.Fault
		first  error
		writes int
	}{
		{"well", tiktokshoptest.Fault{}, nil, 1},
		{"cut after", cutAfter, nil, 1},
		{"fault after", tiktokshoptest.Fault{Status: 504, Body: "<html>", After: true}, nil, 1},
		{"cut before", cutBefore, errNotApplied, 2},
		{"throttled", tiktokshoptest.Fault{Status: 429, Code: 36009002}, nil, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tiktokshop.ShippingTypeTikTok, tiktokshoptest.WithMarket("US"))
				l.Fail(tiktokshoptest.On(op), 1, tt.fault)
				req := &tiktokshop.CreatePackagesRequest{ShipType: new("1"), OrderID: new(l.orderID)}
				_, err := l.client.Fulfillment.CreatePackagesVerified(t.Context(), req)
				wantError(t, err, tt.first)
				var ids []string
				for range 3 {
					reply, err := l.client.Fulfillment.CreatePackagesVerified(t.Context(), req)
					if err != nil {
						t.Fatal(err)
					}
					ids = append(ids, reply.PackageID)
				}
				o := l.order(t)
				if l.count(op) != tt.writes || len(o.Packages) != 1 || !slices.Equal(slices.Compact(ids), []string{o.Packages[0].ID}) {
					t.Errorf("%d writes, packages %v, replies %v", l.count(op), o.Packages, ids)
				}
			})
		})
	}
	t.Run("part of an order", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeTikTok, tiktokshoptest.WithMarket("US"))
		part := &tiktokshop.CreatePackagesRequest{ShipType: new("2"), OrderID: new(l.orderID), OrderLineItem: []tiktokshop.CreatePackagesRequestOrderLineItem{
			{OrderLineID: new(l.order(t).LineItems[0].ID)},
		}}
		for range 2 {
			if _, err := l.client.Fulfillment.CreatePackagesVerified(t.Context(), part); err != nil {
				t.Fatal(err)
			}
		}
		whole := &tiktokshop.CreatePackagesRequest{ShipType: new("1"), OrderID: new(l.orderID)}
		_, err := l.client.Fulfillment.CreatePackagesVerified(t.Context(), whole)
		wantError(t, err, errNotApplied)
		if l.count(op) != 1 || !strings.Contains(err.Error(), "1 of 2 lines") {
			t.Errorf("%d writes: %v", l.count(op), err)
		}
	})
	t.Run("a package from the payment", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeTikTok)
		_, err := l.client.Fulfillment.CreatePackagesVerified(t.Context(), &tiktokshop.CreatePackagesRequest{ShipType: new("1"), OrderID: new(l.orderID)})
		wantError(t, err, errNotApplied)
		if l.count(op) != 0 || !strings.Contains(err.Error(), "yet to be shipped") {
			t.Errorf("%d writes: %v", l.count(op), err)
		}
	})
	t.Run("without an order", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeTikTok)
		if _, err := l.client.Fulfillment.CreatePackagesVerified(t.Context(), nil); err == nil || len(l.Calls()) != 0 {
			t.Errorf("%v after %d calls", err, len(l.Calls()))
		}
	})
	t.Run("an order that the reply leaves out", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeTikTok, tiktokshoptest.WithMarket("US"))
		_, err := l.client.Fulfillment.CreatePackagesVerified(t.Context(), &tiktokshop.CreatePackagesRequest{OrderID: new("404")})
		if !tiktokshop.IsNotFound(err) || l.count(op) != 0 {
			t.Errorf("%v after %d writes", err, l.count(op))
		}
	})
}

func TestUpdateInventoryVerified(t *testing.T) {
	const op = "Product.UpdateInventory"
	set := func(ids []string, n int) *tiktokshop.UpdateInventoryRequest {
		req := &tiktokshop.UpdateInventoryRequest{}
		for _, id := range ids {
			req.SKUs = append(req.SKUs, tiktokshop.UpdateInventoryRequestSKU{
				ID: id, Inventory: []tiktokshop.UpdateInventoryRequestSKUInventory{{WarehouseID: new("W1"), Quantity: n}},
			})
		}
		return req
	}
	t.Run("well", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		if _, err := l.client.Product.UpdateInventoryVerified(t.Context(), "P1", set([]string{"S1", "S2"}, 9)); err != nil || len(l.Calls()) != 3 {
			t.Errorf("%v after %d calls", err, len(l.Calls()))
		}
	})
	// A success that changed nothing: the fake is made to answer before it acts.
	silent := tiktokshoptest.Fault{Body: `{"code":0,"message":"Success","data":{}}`}
	t.Run("silent", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		l.Fail(tiktokshoptest.On(op), 1, silent)
		_, err := l.client.Product.UpdateInventoryVerified(t.Context(), "P1", set([]string{"S1", "S2"}, 9))
		wantError(t, err, errNotApplied)
		n, _ := errors.AsType[*tiktokshop.NotAppliedError](err)
		if n.Err != nil || n.Object != "product P1" || n.Want != "9 of SKU S1, 9 of SKU S2" || n.Got != "3 in warehouse W1, 5 in warehouse W1" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("silent, with units sold before", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		l.Fail(tiktokshoptest.On(op), 1, silent)
		_, err := l.client.Product.UpdateInventoryVerified(t.Context(), "P1", set([]string{"S1"}, 5)) // 3 are there, 2 committed
		wantError(t, err, errNotApplied)
	})
	t.Run("sold meanwhile", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		client := withHook(t, l, func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/inventory/update") {
				_, err := l.PlaceOrder(tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: "S1", Quantity: 4}}})
				must(t, err)
			}
		})
		if _, err := client.Product.UpdateInventoryVerified(t.Context(), "P1", set([]string{"S1"}, 9)); err != nil {
			t.Error(err)
		}
		if available, _ := l.Stock("S1", "W1"); available != 5 {
			t.Errorf("%d available", available)
		}
	})
	t.Run("partly refused", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		req := set([]string{"S1", "S2"}, 9)
		req.SKUs[1].Inventory[0].Quantity = -1
		_, err := l.client.Product.UpdateInventoryVerified(t.Context(), "P1", req)
		if p, ok := errors.AsType[*tiktokshop.PartialError](err); !ok || len(p.Items) != 1 || tiktokshop.IsNotApplied(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("refused", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		if _, err := l.client.Product.UpdateInventoryVerified(t.Context(), "P404", set([]string{"S1"}, 9)); err == nil || tiktokshop.IsNotApplied(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("lost, but applied", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newLab(t, tiktokshop.ShippingTypeSeller)
			l.Fail(tiktokshoptest.On(op), 5, cutAfter)
			if _, err := l.client.Product.UpdateInventoryVerified(t.Context(), "P1", set([]string{"S1"}, 9)); err != nil {
				t.Error(err)
			}
		})
	})
}

// withHook returns a client of the lab that calls after every reply of a write.
func withHook(t *testing.T, l lab, after func(*http.Request)) *tiktokshop.Client {
	t.Helper()
	c, err := l.Client(tiktokshop.WithMiddleware(func(r *http.Request, next tiktokshop.Next) (*http.Response, error) {
		resp, err := next(r)
		after(r)
		return resp, err
	}))
	must(t, err)
	return c
}

func TestDecisionsVerified(t *testing.T) {
	approve := func(ctx context.Context, l lab, id string) error {
		return l.client.ReturnRefund.ApproveCancellationVerified(ctx, id, nil)
	}
	reject := func(ctx context.Context, l lab, id string) error {
		return l.client.ReturnRefund.RejectCancellationVerified(ctx, id, &tiktokshop.RejectCancellationRequest{
			RejectReason: "seller_reject_apply_product_has_been_packed_uk",
		})
	}
	for _, tt := range []struct {
		name  string
		do    func(context.Context, lab, string) error
		op    string
		fault tiktokshoptest.Fault
		n     int
		first error
	}{
		{"approve", approve, "ReturnRefund.ApproveCancellation", tiktokshoptest.Fault{}, 1, nil},
		{"approve, cut after", approve, "ReturnRefund.ApproveCancellation", cutAfter, 1, nil},
		{"approve, faults after", approve, "ReturnRefund.ApproveCancellation", tiktokshoptest.Fault{Status: 500, Code: 36009003, After: true}, 5, nil},
		{"approve, faults before", approve, "ReturnRefund.ApproveCancellation", fault, 5, errNotApplied},
		{"reject", reject, "ReturnRefund.RejectCancellation", tiktokshoptest.Fault{}, 1, nil},
		{"reject, cut after", reject, "ReturnRefund.RejectCancellation", cutAfter, 1, nil},
		{"reject, faults before", reject, "ReturnRefund.RejectCancellation", cutBefore, 5, errNotApplied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tiktokshop.ShippingTypeSeller)
				id, err := l.RequestCancellation(l.orderID, "changed my mind")
				must(t, err)
				l.Fail(tiktokshoptest.On(tt.op), tt.n, tt.fault)
				wantError(t, tt.do(t.Context(), l, id), tt.first)
				wantError(t, tt.do(t.Context(), l, id), nil)
				// The other decision comes too late.
				other := approve
				if strings.HasPrefix(tt.name, "approve") {
					other = reject
				}
				err = other(t.Context(), l, id)
				wantError(t, err, errNotApplied)
				if !tiktokshop.IsAlreadyDone(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	t.Run("the caller's request is left alone", func(t *testing.T) {
		l := newLab(t, tiktokshop.ShippingTypeSeller)
		req := &tiktokshop.ApproveCancellationRequest{}
		err := l.client.ReturnRefund.ApproveCancellationVerified(t.Context(), "404", req)
		if !tiktokshop.IsNotFound(err) || req.IdempotencyKey != nil {
			t.Errorf("%v, key %v", err, req.IdempotencyKey)
		}
	})
}

func TestCancelOrderVerified(t *testing.T) {
	const op = "ReturnRefund.CancelOrderV202309"
	for _, tt := range []struct {
		name   string
		fault  tiktokshoptest.Fault
		want   error
		writes int
	}{
		{"well", tiktokshoptest.Fault{}, nil, 1},
		{"cut after", cutAfter, nil, 1},
		{"fault after", tiktokshoptest.Fault{Status: 500, Code: 36009003, After: true}, nil, 1},
		{"cut before", cutBefore, errNotApplied, 1},
		{"accepted, no more", tiktokshoptest.Fault{Body: `{"code":0,"data":{"cancel_id":"77","cancel_status":"CANCELLATION_REQUEST_SUCCESS"}}`}, errNotApplied, 1},
		{"throttled", tiktokshoptest.Fault{Status: 429, Code: 36009002}, nil, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tiktokshop.ShippingTypeSeller)
				l.Fail(tiktokshoptest.On(op), 1, tt.fault)
				got, err := l.client.ReturnRefund.CancelOrderVerified(t.Context(), &tiktokshop.CancelOrderV202309Request{
					OrderID: l.orderID, CancelReason: l.SellerCancelReasons()[1],
				})
				wantError(t, err, tt.want)
				if tt.want == nil && (got.OrderID != l.orderID || l.order(t).Status != tiktokshop.OrderStatusCancelled) {
					t.Errorf("got %v, the order is %s", got, l.order(t).Status)
				}
				if l.count(op) != tt.writes {
					t.Errorf("%d writes, want %d", l.count(op), tt.writes)
				}
			})
		})
	}
}

func TestUpdateShippingInfoVerified(t *testing.T) {
	for name, fault := range map[string]tiktokshoptest.Fault{"well": {}, "cut after": cutAfter, "cut before": cutBefore} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, tiktokshop.ShippingTypeSeller)
				o := l.order(t)
				provider := l.ShippingProviders(o.DeliveryOptionID)[0].ID
				reply, err := l.client.Fulfillment.MarkPackageAsShipped(t.Context(), l.orderID, &tiktokshop.MarkPackageAsShippedRequest{
					TrackingNumber: "JD0001", ShippingProviderID: provider,
				})
				must(t, err)
				want := error(nil)
				if name == "cut before" {
					want = errNotApplied
				}
				l.Fail(tiktokshoptest.On("Fulfillment.UpdateShippingInfo"), 1, fault)
				req := &tiktokshop.UpdateShippingInfoRequest{TrackingNumber: "JD0002", ShippingProviderID: provider}
				wantError(t, l.client.Fulfillment.UpdateShippingInfoVerified(t.Context(), l.orderID, req), want)
				wantError(t, l.client.Fulfillment.UpdateShippingInfoVerified(t.Context(), l.orderID, req), nil)
				err = l.client.Fulfillment.UpdatePackageShippingInfoVerified(t.Context(), reply.PackageID, &tiktokshop.UpdatePackageShippingInfoRequest{
					TrackingNumber: "JD0002", ShippingProviderID: provider,
				})
				wantError(t, err, nil) // it is there: nothing is written
			})
		})
	}
}

// The fake has no webhooks of the Event API; this is a server with them.
func TestDeleteShopWebhookVerified(t *testing.T) {
	for _, tt := range []struct {
		name   string
		delete func(set *bool) error
		want   error
	}{
		{"well", func(set *bool) error { *set = false; return nil }, nil},
		{"a success that did nothing", func(*bool) error { return nil }, errNotApplied},
		{"lost, but done", func(set *bool) error { *set = false; return io.ErrUnexpectedEOF }, nil},
		{"lost", func(*bool) error { return io.ErrUnexpectedEOF }, errNotApplied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := true
				c := shopOf(t, func(r *http.Request) (string, error) {
					if r.Method == http.MethodDelete {
						return `{}`, tt.delete(&set)
					}
					if !set {
						return `{"webhooks":[{"event_type":"PACKAGE_UPDATE","address":"https://x.example"}]}`, nil
					}
					return `{"webhooks":[{"event_type":"ORDER_STATUS_CHANGE","address":"https://x.example"}]}`, nil
				})
				start := time.Now()
				err := c.Event.DeleteShopWebhookVerified(t.Context(), &tiktokshop.DeleteShopWebhookRequest{EventType: tiktokshop.EventTypeOrderStatusChange})
				wantError(t, err, tt.want)
				if time.Since(start) > time.Minute {
					t.Errorf("took %s", time.Since(start))
				}
			})
		})
	}
}

// shopOf returns a client, bound to a shop, whose calls answer replies.
func shopOf(t *testing.T, answer func(*http.Request) (data string, err error)) *tiktokshop.Client {
	t.Helper()
	c, err := tiktokshop.NewClient(tiktokshop.App{Key: "k", Secret: tiktokshop.NewSecret("s")}, tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret("t"))),
		tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})), tiktokshop.WithMiddleware(
			func(r *http.Request, _ tiktokshop.Next) (*http.Response, error) {
				data, err := answer(r)
				if err != nil {
					return nil, err
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"code":0,"data":` + data + `}`))}, nil
			}))
	must(t, err)
	c, err = c.ForShop(tiktokshop.Shop{ID: "7495", Cipher: "c"})
	must(t, err)
	return c
}

func TestNotAppliedError(t *testing.T) {
	err := fmt.Errorf("shipping: %w", &tiktokshop.NotAppliedError{
		Operation: "Fulfillment.ShipPackage", Shop: "7495", Object: "package 1", Want: "tracking number A", Got: "none",
		Err: &tiktokshop.Error{Operation: "Fulfillment.ShipPackage", Class: tiktokshop.ClassNetwork, OutcomeUnknown: true, Err: io.ErrUnexpectedEOF},
	})
	want := "shipping: tiktokshop: Fulfillment.ShipPackage (shop 7495): not applied: package 1: want tracking number A, found none; " +
		"the write said: tiktokshop: Fulfillment.ShipPackage: network: unexpected EOF; it may have taken effect: read back before doing it again"
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if !tiktokshop.IsNotApplied(err) || !tiktokshop.IsTemporary(err) || tiktokshop.IsOutcomeUnknown(err) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the predicates do not see through it")
	}
	if out, _ := json.Marshal(&tiktokshop.NotAppliedError{Object: "x", Err: errors.New("secret")}); strings.Contains(string(out), "secret") {
		t.Errorf("%s", out)
	}
}
