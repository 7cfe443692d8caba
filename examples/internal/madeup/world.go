// Package madeup is the shop and the warehouse that the example programs tell
// their stories with.
package madeup

import (
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// The shop's warehouses.
const (
	Leeds   = "7068517275539719942"
	Bristol = "7068517275539719943"
)

// Source and SubSource are what the shop's orders carry in Linnworks.
const (
	Source    = "TIKTOKBRIDGE"
	SubSource = "quickstart"
)

// World is a made-up shop, a made-up warehouse and the people in them.
type World struct {
	Shop      *tiktokshoptest.Fake
	Warehouse *linnworkstest.Fake
	// Orders are the ids of the shop's orders by what they are there for.
	Orders map[string]string
	// Bristol is Linnworks' location beside the default one, Leeds.
	Bristol linnworks.GUID

	// RoyalMail is the postal service that the warehouse uses.
	RoyalMail linnworks.GUID
}

// New stocks shop and warehouse and places the morning's orders.
func New(shop *tiktokshoptest.Fake, warehouse *linnworkstest.Fake) (*World, error) {
	w := &World{Shop: shop, Warehouse: warehouse, Orders: map[string]string{}}
	return w, errors.Join(w.stockWarehouse(), w.stockShop(), w.placeOrders())
}

// stockWarehouse fills the made-up Linnworks account: single items and a gift
// set that is a composite of two of them.
func (w *World) stockWarehouse() error {
	w.Bristol = w.Warehouse.AddLocation("Bristol")
	w.RoyalMail = w.Warehouse.AddPostalService("Tracked 48", "Royal Mail")
	levels := func(leeds, bristol int) map[linnworks.GUID]int {
		return map[linnworks.GUID]int{linnworks.ZeroGUID: leeds, w.Bristol: bristol}
	}
	for _, item := range []linnworkstest.Item{
		{SKU: "MUG-RED", Title: "Mug, red", Levels: levels(24, 10)},
		{SKU: "MUG-BLUE", Title: "Mug, blue", Levels: levels(10, 0)},
		{SKU: "TEA-EARL", Title: "Earl Grey, 50 bags", Levels: levels(40, 12)},
		{SKU: "COASTER", Title: "Cork coaster", Levels: levels(60, 30)},
		{SKU: "GIFT-MUG-TEA", Title: "Gift set: red mug and tea", Components: []linnworkstest.Component{
			{SKU: "MUG-RED", Quantity: 1}, {SKU: "TEA-EARL", Quantity: 2},
		}},
	} {
		if _, err := w.Warehouse.AddItem(item); err != nil {
			return err
		}
	}
	return nil
}

// stockShop lists them on the made-up TikTok Shop, with stock that is out of
// date, a bundle that only TikTok knows, and a lamp that Linnworks has no item
// for.
func (w *World) stockShop() error {
	var errs []error
	for _, warehouse := range []tiktokshop.Warehouse{{ID: Leeds, Name: "Leeds"}, {ID: Bristol, Name: "Bristol"}} {
		errs = append(errs, w.Shop.AddWarehouse(warehouse))
	}
	both := map[string]int{Leeds: 5, Bristol: 5}
	for _, p := range []tiktokshoptest.Product{
		{ID: "1729592969712207001", Title: "Stoneware mug", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207101", SellerSKU: "MUG-RED", Price: "12.50", Stock: both},
			{ID: "1729592969712207102", SellerSKU: "MUG-BLUE", Price: "12.50", Stock: map[string]int{Leeds: 9}},
		}},
		{ID: "1729592969712207002", Title: "Earl Grey tea", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207201", SellerSKU: "TEA-EARL", Price: "6.95", Stock: both},
		}},
		{ID: "1729592969712207003", Title: "Gift set: mug and tea", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207301", SellerSKU: "GIFT-MUG-TEA", Price: "24.99", Stock: both},
		}},
		{ID: "1729592969712207004", Title: "Desk lamp", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207401", SellerSKU: "LAMP-OAK", Price: "39.00", Stock: map[string]int{Leeds: 4}},
		}},
		{ID: "1729592969712207005", Title: "Tea for two (bundle)", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207501", SellerSKU: "TEA-FOR-TWO", Price: "27.95", Components: []tiktokshoptest.Component{
				{SKUID: "1729592969712207101", Count: 2}, {SKUID: "1729592969712207201", Count: 1},
			}},
		}},
	} {
		errs = append(errs, w.Shop.AddProduct(p))
	}
	return errors.Join(errs...)
}

// The orders of the story, by what they are there for.
const (
	Plain     = "two mugs"
	Platform  = "a gift set with TikTok Shipping"
	Held      = "a mug, in the hour in which the buyer may cancel"
	Early     = "a mug, cancelled in time"
	Late      = "tea, cancelled when the label was printed"
	Unmapped  = "a lamp that Linnworks does not know"
	Bundle    = "TikTok's own bundle, no composite in Linnworks"
	NotPaid   = "a mug, not paid yet"
	NoCarrier = "tea, sent with a carrier that TikTok does not know"
	NoNumber  = "a mug, sent without a tracking number"
	OddTotal  = "a mug, with a fee in its total that no field names"
	Today     = "a mug that has to leave today"
	Dropped   = "a mug, cancelled in Linnworks: nobody delivers there"
)

func (w *World) placeOrders() error {
	lines := func(sku string, quantity int) []tiktokshoptest.Line {
		return []tiktokshoptest.Line{{SKUID: sku, Quantity: quantity}}
	}
	for _, o := range []struct {
		name string
		spec tiktokshoptest.OrderSpec
	}{
		{Plain, tiktokshoptest.OrderSpec{ShippingFee: "2.99", Lines: []tiktokshoptest.Line{
			{SKUID: "1729592969712207101", Quantity: 2, PlatformDiscount: "1.00"}, {SKUID: "1729592969712207201", Quantity: 1},
		}}},
		{Platform, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207301", 1), ShippingType: tiktokshop.ShippingTypeTikTok}},
		{Held, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1), State: tiktokshop.OrderStatusOnHold}},
		{Early, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207101", 1)}},
		{Late, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207201", 3)}},
		{Unmapped, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207401", 1)}},
		{Bundle, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207501", 1)}},
		{NotPaid, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1), State: tiktokshop.OrderStatusUnpaid}},
		{NoCarrier, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207201", 1)}},
		{NoNumber, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1)}},
		{OddTotal, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1), UnlistedFee: "0.35"}},
		{Today, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1), Deadlines: tiktokshoptest.Deadlines{RTSSLA: 8 * time.Hour}}},
		{Dropped, tiktokshoptest.OrderSpec{Lines: lines("1729592969712207102", 1)}},
	} {
		id, err := w.Shop.PlaceOrder(o.spec)
		if err != nil {
			return fmt.Errorf("%s: %w", o.name, err)
		}
		w.Orders[o.name] = id
	}
	return nil
}

// Morning has the warehouse pick, label and send, and two buyers and the
// warehouse change their minds.
func (w *World) Morning() error {
	_, err := w.Shop.RequestCancellation(w.Orders[Early], "")
	errs := []error{err}
	errs = append(errs,
		w.send(Plain, w.RoyalMail, "RM123456789GB"),
		w.label(Late, w.RoyalMail, "RM123456797GB"),
		w.send(NoCarrier, w.Warehouse.AddPostalService("Same day bike", "Pedal Post"), "PP-77"),
		w.by(NoNumber, w.Warehouse.Process),
		w.by(Dropped, w.Warehouse.Cancel),
	)
	_, err = w.Shop.RequestCancellation(w.Orders[Late], "")
	return errors.Join(append(errs, err)...)
}

// Noon ends the hour of the held order, and two orders leave the warehouse: the
// one with TikTok's label, and the one that is due today.
func (w *World) Noon() error {
	return errors.Join(
		w.Shop.ReleaseHold(w.Orders[Held]),
		w.by(Platform, w.Warehouse.PrintLabel, w.Warehouse.Process),
		w.send(Today, w.RoyalMail, "RM123456806GB"),
	)
}

// by does what people of the warehouse do with the order, one after the other.
func (w *World) by(name string, steps ...func(linnworks.GUID) error) error {
	found := w.Warehouse.OrdersByReference(Source, SubSource, w.Orders[name])
	if len(found) != 1 {
		return fmt.Errorf("%s: %d orders in Linnworks, want one", name, len(found))
	}
	for _, step := range steps {
		if err := step(found[0].OrderID); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (w *World) label(name string, service linnworks.GUID, tracking string) error {
	pick := func(id linnworks.GUID) error { return w.Warehouse.StartPicking(id) }
	track := func(id linnworks.GUID) error { return w.Warehouse.SetTracking(id, service, tracking) }
	return w.by(name, pick, track, w.Warehouse.PrintLabel)
}

func (w *World) send(name string, service linnworks.GUID, tracking string) error {
	if err := w.label(name, service, tracking); err != nil {
		return err
	}
	return w.by(name, w.Warehouse.Process)
}
