package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// history makes a shop that has been open for ten days.
type history struct {
	*tiktokshoptest.Fake
	client *tiktokshop.Client
	ahead  time.Duration // of the fake's clock, negative while history is made
	err    error         // the first
	mug    string        // ids of SKUs
	bundle string
	test   string
	order  string // the test order
	onAir  string // a LIVE that goes on
}

// madeUpShop returns a client of a made-up shop and the ids of its test order and of a LIVE
// that goes on there.
func madeUpShop(options []tiktokshoptest.Option) (client *tiktokshop.Client, order, onAir string, err error) {
	h, err := newHistory(options)
	if err != nil {
		return nil, "", "", err
	}
	return h.client, h.order, h.onAir, nil
}

func newHistory(options []tiktokshoptest.Option) (*history, error) {
	h := &history{ahead: -10 * 24 * time.Hour}
	h.Fake = tiktokshoptest.New(append(options, tiktokshoptest.WithMarket("GB"),
		tiktokshoptest.WithClock(func() time.Time { return time.Now().Add(h.ahead) }), tiktokshoptest.WithStampClock(time.Now))...)
	client, err := h.Client(tiktokshop.WithMiddleware(bent))
	if err != nil {
		return nil, err
	}
	h.client = client
	h.list()
	h.sell()
	h.wait()
	h.ahead = 0
	h.ReachOrderLimit(time.Now().Add(24 * time.Hour))
	h.ResetCalls()
	return h, h.err
}

// do keeps the first error.
func (h *history) do(err error) { h.err = errors.Join(h.err, err) }

// at goes on to a moment before now.
func (h *history) at(before time.Duration) { h.ahead = -before }

func (h *history) place(spec tiktokshoptest.OrderSpec) string {
	id, err := h.PlaceOrder(spec)
	h.do(err)
	return id
}

func (h *history) mugs(n int) tiktokshoptest.OrderSpec {
	return tiktokshoptest.OrderOf(tiktokshoptest.Units(h.mug, n))
}

// The warehouses.
const (
	north = "7100000000000000001"
	south = "7100000000000000002"
)

// list fills two warehouses.
func (h *history) list() {
	h.do(h.AddWarehouse(tiktokshop.Warehouse{ID: north, Name: "North", Address: tiktokshop.WarehouseAddress{Distict: "Soho"}}))
	h.do(h.AddWarehouse(tiktokshop.Warehouse{ID: south, Name: "South"}))
	h.mug, h.test, h.bundle = "1729592980000000101", "1729592980000000102", "1729592980000000103"
	for _, s := range []tiktokshoptest.SKU{
		{ID: h.mug, SellerSKU: "MUG", Stock: map[string]int{north: 100}},
		{ID: h.test, SellerSKU: testSKU, Stock: map[string]int{north: 60, south: 10}},
		{ID: h.bundle, SellerSKU: testSKU + setSuffix, Components: []tiktokshoptest.Component{{SKUID: h.test, Count: 2}}},
	} {
		h.do(h.AddProduct(tiktokshoptest.Product{ID: s.ID + "0", Title: s.SellerSKU, SKUs: []tiktokshoptest.SKU{s}}))
	}
	h.do(h.LockStock(h.test, "Black Friday", false, 5))
}

// sell makes orders that have come to their end.
func (h *history) sell() {
	sold := h.ship(h.mugs(1), "PROBE0001")
	h.do(errors.Join(h.Collect(sold), h.Deliver(sold), h.Complete(sold)))
	h.at(8 * 24 * time.Hour)
	byTikTok := h.mugs(1)
	byTikTok.State, byTikTok.FulfillmentType = tiktokshop.OrderStatusOnHold, tiktokshop.FulfillmentTypeByTikTok
	h.do(h.CancelByBuyer(h.place(byTikTok), "I have changed my mind"))
	h.at(7 * 24 * time.Hour)
	held := h.mugs(2)
	held.State = tiktokshop.OrderStatusOnHold
	h.do(h.CancelByBuyer(h.place(held), "I have changed my mind"))
	h.at(26 * time.Hour)
	id, err := h.RequestCancellation(h.place(h.mugs(1)), "I have changed my mind")
	h.do(err)
	h.do(h.WithdrawCancellation(id))
	broken := h.ship(h.mugs(1), "PROBE0002")
	h.do(errors.Join(h.Collect(broken), h.Deliver(broken)))
	_, err = h.RequestReturn(broken, tiktokshoptest.ReturnSpec{})
	h.do(err)
}

// wait makes orders that wait for somebody, among them the test order.
func (h *history) wait() {
	h.at(3 * time.Hour)
	h.place(h.mugs(5))
	h.place(tiktokshoptest.OrderOf(tiktokshoptest.Units(h.bundle, 1)))
	byTikTok := h.mugs(1)
	byTikTok.ShippingType = tiktokshop.ShippingTypeTikTok
	h.place(byTikTok)
	test := tiktokshoptest.OrderOf(tiktokshoptest.Units(h.test, 8))
	test.DeliveryOptionID = tiktokshoptest.OptionExpress
	h.order = h.place(test)
	h.at(2 * time.Hour)
	_, err := h.RequestCancellation(h.order, "I have changed my mind")
	h.do(err)
	h.at(5 * time.Minute)
	h.onAir, err = h.StartLive("Mugs", h.mug+"0")
	h.do(err)
	h.ship(byTikTok, "")
	byTikTok.State = tiktokshop.OrderStatusOnHold
	h.place(byTikTok)
}

// ship places an order that the seller ships at once.
func (h *history) ship(spec tiktokshoptest.OrderSpec, number string) (id string) {
	id = h.place(spec)
	o, _ := h.Order(id)
	var err error
	if spec.ShippingType == tiktokshop.ShippingTypeTikTok {
		if len(o.Packages) == 0 {
			h.do(fmt.Errorf("order %s has no package", id))
			return id
		}
		_, err = h.client.Fulfillment.ShipPackage(context.Background(), o.Packages[0].ID, nil)
	} else {
		_, err = h.client.Fulfillment.MarkPackageAsShipped(context.Background(), id, &tiktokshop.MarkPackageAsShippedRequest{
			TrackingNumber: number, ShippingProviderID: h.ShippingProviders(tiktokshoptest.OptionStandard)[0].ID,
		})
	}
	h.do(err)
	return id
}
