package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// stockWarehouse fills the made-up Linnworks account: single items and a gift
// set that is a composite of two of them.
func (w *world) stockWarehouse() error {
	w.bristol = w.warehouse.AddLocation("Bristol")
	w.royalMail = w.warehouse.AddPostalService("Tracked 48", "Royal Mail")
	levels := func(leeds, bristol int) map[linnworks.GUID]int {
		return map[linnworks.GUID]int{linnworks.ZeroGUID: leeds, w.bristol: bristol}
	}
	for _, item := range []linnworkstest.Item{
		{SKU: "MUG-RED", Title: "Mug, red", Levels: levels(24, 10)},
		{SKU: "MUG-BLUE", Title: "Mug, blue", Levels: levels(6, 0)},
		{SKU: "TEA-EARL", Title: "Earl Grey, 50 bags", Levels: levels(40, 12)},
		{SKU: "COASTER", Title: "Cork coaster", Levels: levels(60, 30)},
		{SKU: "GIFT-MUG-TEA", Title: "Gift set: red mug and tea", Components: []linnworkstest.Component{
			{SKU: "MUG-RED", Quantity: 1}, {SKU: "TEA-EARL", Quantity: 2},
		}},
	} {
		if _, err := w.warehouse.AddItem(item); err != nil {
			return err
		}
	}
	return nil
}

// stockShop lists them on the made-up TikTok Shop, with stock that is out of
// date, a bundle that only TikTok knows, and a lamp that Linnworks has no item
// for.
func (w *world) stockShop() error {
	var errs []error
	for id, name := range map[string]string{leeds: "Leeds", bristol: "Bristol"} {
		errs = append(errs, w.shop.AddWarehouse(tiktokshop.Warehouse{ID: id, Name: name}))
	}
	both := map[string]int{leeds: 5, bristol: 5}
	for _, p := range []tiktokshoptest.Product{
		{ID: "1729592969712207001", Title: "Stoneware mug", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207101", SellerSKU: "MUG-RED", Price: "12.50", Stock: both},
			{ID: "1729592969712207102", SellerSKU: "MUG-BLUE", Price: "12.50", Stock: map[string]int{leeds: 9}},
		}},
		{ID: "1729592969712207002", Title: "Earl Grey tea", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207201", SellerSKU: "TEA-EARL", Price: "6.95", Stock: both},
		}},
		{ID: "1729592969712207003", Title: "Gift set: mug and tea", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207301", SellerSKU: "GIFT-MUG-TEA", Price: "24.99", Stock: both},
		}},
		{ID: "1729592969712207004", Title: "Desk lamp", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207401", SellerSKU: "LAMP-OAK", Price: "39.00", Stock: map[string]int{leeds: 4}},
		}},
		{ID: "1729592969712207005", Title: "Tea for two (bundle)", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207501", SellerSKU: "TEA-FOR-TWO", Price: "27.95", Components: []tiktokshoptest.Component{
				{SKUID: "1729592969712207101", Count: 2}, {SKUID: "1729592969712207201", Count: 1},
			}},
		}},
	} {
		errs = append(errs, w.shop.AddProduct(p))
	}
	return errors.Join(errs...)
}

// The orders of the story, by what they are there for.
const (
	plain     = "two mugs"
	platform  = "a gift set with TikTok Shipping"
	held      = "a mug, still in the hour in which the buyer may cancel"
	early     = "a mug, cancelled in time"
	late      = "tea, cancelled when the label was printed"
	unmapped  = "a lamp that Linnworks does not know"
	bundle    = "TikTok's own bundle, without a composite in Linnworks"
	notPaid   = "a mug, not paid yet"
	noCarrier = "tea, sent with a carrier that TikTok Shop does not accept"
)

func (w *world) placeOrders() error {
	lines := func(sku string, quantity int) []tiktokshoptest.Line {
		return []tiktokshoptest.Line{{SKUID: sku, Quantity: quantity}}
	}
	for _, o := range []struct {
		name string
		spec tiktokshoptest.OrderSpec
	}{
		{plain, tiktokshoptest.OrderSpec{ShippingFee: "2.99", Lines: []tiktokshoptest.Line{
			{SKUID: "1729592969712207101", Quantity: 2, PlatformDiscount: "1.00"}, {SKUID: "1729592969712207201", Quantity: 1},
		}}},
		{platform, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207301", 1), ShippingType: tiktokshop.ShippingTypeTikTok}},
		{held, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1), State: tiktokshop.OrderStatusOnHold}},
		{early, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207101", 1)}},
		{late, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207201", 3)}},
		{unmapped, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207401", 1)}},
		{bundle, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207501", 1)}},
		{notPaid, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1), State: tiktokshop.OrderStatusUnpaid}},
		{noCarrier, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207201", 1)}},
	} {
		id, err := w.shop.PlaceOrder(o.spec)
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		w.orders[o.name] = id
	}
	return nil
}

// morning: the warehouse picks, labels and sends; two buyers change their minds.
func (w *world) morning() error {
	_, err := w.shop.RequestCancellation(w.orders[early], "")
	errs := []error{err}
	errs = append(errs,
		w.send(plain, w.royalMail, "RM123456789GB"),
		w.label(late, w.royalMail, "RM123456797GB"),
		w.send(noCarrier, w.warehouse.AddPostalService("Same day bike", "Pedal Post"), "PP-77"),
	)
	_, err = w.shop.RequestCancellation(w.orders[late], "")
	return errors.Join(append(errs, err)...)
}

// noon: the hour of the held order is over, and the order with TikTok's label
// leaves the warehouse.
func (w *world) noon() error {
	id, err := w.find(platform)
	if err != nil {
		return err
	}
	return errors.Join(
		w.shop.ReleaseHold(w.orders[held]),
		w.warehouse.PrintLabel(id),
		w.warehouse.Process(id),
	)
}

func (w *world) find(name string) (linnworks.GUID, error) {
	found := w.warehouse.OrdersByReference(source, subSource, w.orders[name])
	if len(found) != 1 {
		return "", fmt.Errorf("%s: %d orders in Linnworks, want one", name, len(found))
	}
	return found[0].OrderID, nil
}

func (w *world) label(name string, service linnworks.GUID, tracking string) error {
	id, err := w.find(name)
	if err != nil {
		return err
	}
	return errors.Join(w.warehouse.StartPicking(id), w.warehouse.SetTracking(id, service, tracking), w.warehouse.PrintLabel(id))
}

func (w *world) send(name string, service linnworks.GUID, tracking string) error {
	if err := w.label(name, service, tracking); err != nil {
		return err
	}
	id, err := w.find(name)
	if err != nil {
		return err
	}
	return w.warehouse.Process(id)
}

// source is the Source of the bridge's orders in Linnworks.
const source = "TIKTOKBRIDGE"

// lookBack is how far back the story's orders lie.
const lookBack = 24 * time.Hour
