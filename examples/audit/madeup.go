package main

import (
	"context"
	"errors"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// madeUp is a shop that has grown for a while: the other examples' world, and what
// nobody has noticed in it: an integration that was never switched off, settings that know
// Leeds only, and a carrier named in a hurry.
func madeUp(ctx context.Context) (audit.Ports, audit.Options, error) {
	world, err := madeup.New(tiktokshoptest.New(), linnworkstest.New(linnworkstest.WithoutQuotas()))
	if err != nil {
		return audit.Ports{}, audit.Options{}, err
	}
	leeds := map[linnworks.GUID]int{linnworks.ZeroGUID: 12}
	_, jug := world.Warehouse.AddItem(linnworkstest.Item{SKU: "JUG-WHITE", Title: "Milk jug", Levels: leeds})
	_, voucher := world.Warehouse.AddItem(linnworkstest.Item{SKU: "VOUCHER", Title: "Gift voucher", Untracked: true})
	world.Warehouse.AddChannel("TIKTOK", "old shop", true)
	stock := map[string]int{madeup.Leeds: 3}
	err = errors.Join(jug, voucher,
		world.Shop.AddProduct(tiktokshoptest.Product{ID: "1729592969712207011", Title: "Milk jug", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207111", SellerSKU: "jug-white", Price: "9.00", Stock: stock},
		}}),
		world.Shop.AddProduct(tiktokshoptest.Product{ID: "1729592969712207012", Title: "Gift voucher", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207112", SellerSKU: "VOUCHER", Price: "20.00", Stock: stock},
		}}),
		world.Shop.AddProduct(tiktokshoptest.Product{ID: "1729592969712207013", Title: "Red mug, gift wrapped", SKUs: []tiktokshoptest.SKU{
			{ID: "1729592969712207113", SellerSKU: "MUG-RED", Price: "14.00", Stock: stock},
		}}),
	)
	if err != nil {
		return audit.Ports{}, audit.Options{}, err
	}
	tiktok, err := world.Shop.Client()
	if err != nil {
		return audit.Ports{}, audit.Options{}, err
	}
	linn, err := world.Warehouse.Client(linnworks.WithLimiter(unpaced{}))
	if err != nil {
		return audit.Ports{}, audit.Options{}, err
	}
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{})
	if err != nil {
		return audit.Ports{}, audit.Options{}, err
	}
	warehouse, err := linnworksadapter.New(ctx, linn, linnworksadapter.Options{SubSource: madeup.SubSource})
	return portsOf(shop, warehouse), audit.Options{
		Locations: map[string][]string{madeup.Leeds: {string(linnworks.ZeroGUID)}},
		Delivery: delivery.Names{
			Services: map[string]string{"Standard shipping": "Tracked 48"}, Carriers: map[string]string{"Tracked 48": "Royal Mial"},
		},
		LabelRoutes: []string{string(bridge.SellerShipping)},
	}, err
}

// unpaced lets every call through: the made-up Linnworks has no quotas.
type unpaced struct{}

func (unpaced) Wait(ctx context.Context, _ linnworks.LimitKey) error { return ctx.Err() }
