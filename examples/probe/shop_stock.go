package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// setSuffix ends the seller SKU of a set of two of the test SKU.
const setSuffix = "-SET"

// shopStockChecks change the stock of the test SKU, and put it back.
func shopStockChecks() []check {
	return []check{
		{
			assumes: "an update of stock has to name every warehouse of a SKU", source: "Update Inventory", quirk: "all warehouses",
			does: "sets the stock of the test SKU in one of its warehouses to what it is", calls: 3, writes: true,
			ifNot: "nothing to set: the bridge names them all; an update that leaves one out then changes the others",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				l, err := listingOf(ctx, a, a.sku)
				if err != nil {
					return false, "", err
				}
				if len(l.sku.Inventory) < 2 {
					return false, "", notTried("the test SKU is in one warehouse of the shop only")
				}
				err = l.write(ctx, a, l.levels()[:1])
				return refusedAs(err, needAllPlaces)
			},
		},
		{
			assumes: "the backorder quantity stays when an update leaves it out", source: "Update Inventory", quirk: "backorder stays",
			does: "gives the test SKU a backorder quantity, sets its stock without, and puts it back", calls: 7, writes: true,
			ifNot: "do not sell on backorder in this shop: each time the bridge publishes stock the backorder quantity is gone",
			try:   tryBackorder,
		},
		{
			assumes: "the stock of a virtual bundle cannot be set", source: "Update Inventory", quirk: "bundle stock derived",
			does: "sets the stock of a set of the test SKU to what it is", calls: 3, writes: true,
			ifNot: "nothing to set: the bridge never publishes stock of virtual bundles, see catalogue.BundleSource; programs of your own are no longer told when they do",
			try: func(ctx context.Context, a accounts) (bool, string, error) {
				l, err := listingOf(ctx, a, a.sku+setSuffix)
				if err != nil {
					return false, "", err
				}
				other := func(c tiktokshop.SKUCombinedSKU) bool { return c.SellerSKU != a.sku }
				if len(l.sku.CombinedSKUs) == 0 || slices.ContainsFunc(l.sku.CombinedSKUs, other) || len(l.sku.Inventory) == 0 {
					return false, "", notTried(fmt.Sprintf("%s%s is no virtual bundle of %s alone", a.sku, setSuffix, a.sku))
				}
				err = l.write(ctx, a, l.levels())
				return refusedAs(err, derivedStock)
			},
		},
		{
			assumes: "stock can be set to 0", source: "Update Inventory, which does not say so",
			does: "sets the stock of the test SKU to 0 in its last warehouse, and puts it back", calls: 4, writes: true,
			ifNot: "nothing to set, and not to be left so: the bridge cannot take sold-out listings off sale; keep a unit back with Settings.Buffer, and take what is sold out off sale in Seller Center",
			try: func(ctx context.Context, a accounts) (_ bool, _ string, err error) {
				l, err := listingOf(ctx, a, a.sku)
				if err != nil {
					return false, "", err
				}
				levels := l.levels()
				if len(levels) == 0 || levels[len(levels)-1].Quantity == 0 {
					return false, "", notTried("the test SKU has no stock in its last warehouse")
				}
				levels[len(levels)-1].Quantity = 0
				written := l.write(ctx, a, levels)
				if code := codeOf(written); code == badQuantity || code == quantityOutOfRange {
					return false, fmt.Sprintf("refused with code %d", code), nil
				} else if code != 0 {
					return false, "", written
				}
				return true, "it was accepted", andThen(written, l.restore(ctx, a, l.levels()))
			},
		},
		{
			assumes: "stock cannot be set below what campaigns and creators have locked", source: "Update Inventory", quirk: "campaign lock",
			does: "sets the test SKU to one unit less than is locked, and puts it back", calls: 5, writes: true,
			ifNot: "nothing to set: the bridge publishes what there is, and a promise to a campaign may then be broken; keep its units back with Settings.Buffer",
			try:   tryCampaignLock,
		},
		{
			assumes: "an activated product waits for an audit before it is for sale", source: "Activate Product", quirk: "activation is audited",
			does: "takes the test SKU's product off sale and puts it on sale again", calls: 5, writes: true,
			ifNot: "nothing to set: a listing that is switched off and on again sells at once, so publish its stock first",
			try:   tryActivation,
		},
	}
}

// listing is a SKU as Get Product shows it.
type listing struct {
	product tiktokshop.Product
	sku     tiktokshop.SKU
}

// listingOf finds a SKU by its seller SKU.
func listingOf(ctx context.Context, a accounts, sellerSKU string) (listing, error) {
	missing := "the shop has no listing with the seller SKU " + sellerSKU
	has := func(s tiktokshop.SKU) bool { return s.SellerSKU == sellerSKU }
	found, err := a.shop.Product.SearchProducts(ctx, &tiktokshop.SearchProductsRequest{PageSize: 10, SellerSKUs: []string{sellerSKU}})
	if err != nil {
		return listing{}, err
	}
	p, err := find(found.Products, missing, func(p tiktokshop.Product) bool {
		return p.Status != tiktokshop.ProductStatusDeleted && slices.ContainsFunc(p.SKUs, has)
	})
	if err != nil {
		return listing{}, err
	}
	product, err := a.shop.Product.GetProduct(ctx, p.ID, nil)
	if err != nil {
		return listing{}, err
	}
	sku, err := find(product.SKUs, missing, has)
	return listing{*product, sku}, err
}

// level is the stock of a SKU in one warehouse, as it is written.
type level = tiktokshop.UpdateInventoryRequestSKUInventory

// levels are the stock of the SKU as it was read.
func (l listing) levels() []level {
	var levels []level
	for _, i := range l.sku.Inventory {
		at := level{WarehouseID: new(i.WarehouseID), Quantity: i.Quantity}
		if i.BackorderQuantity > 0 {
			at.BackorderQuantity, at.HandlingTime = new(i.BackorderQuantity), new(i.HandlingTime)
		}
		levels = append(levels, at)
	}
	return levels
}

func (l listing) write(ctx context.Context, a accounts, levels []level) error {
	_, err := a.shop.Product.UpdateInventory(ctx, l.product.ID, &tiktokshop.UpdateInventoryRequest{
		SKUs: []tiktokshop.UpdateInventoryRequestSKU{{ID: l.sku.ID, Inventory: levels}},
	}, tiktokshop.NoRepeat())
	return err
}

// restore puts the stock back to what was read, even when ctx has ended meanwhile.
func (l listing) restore(ctx context.Context, a accounts, levels []level) error {
	if err := l.write(context.WithoutCancel(ctx), a, levels); err != nil {
		return fmt.Errorf("putting the stock of %s back: do it by hand: %w", l.sku.SellerSKU, err)
	}
	return nil
}

func tryBackorder(ctx context.Context, a accounts) (_ bool, _ string, err error) {
	l, err := listingOf(ctx, a, a.sku)
	if err != nil {
		return false, "", err
	}
	more, without, before := l.levels(), l.levels(), l.levels()
	wanted := 0
	for i, at := range l.sku.Inventory {
		wanted += at.BackorderQuantity + 3
		more[i].BackorderQuantity, before[i].BackorderQuantity = new(at.BackorderQuantity+3), new(at.BackorderQuantity)
		more[i].HandlingTime = new(max(at.HandlingTime, 5))
		without[i].BackorderQuantity, without[i].HandlingTime = nil, nil
	}
	written := l.write(ctx, a, more)
	if code := codeOf(written); code != 0 {
		return false, "", notTried(fmt.Sprintf("the shop takes no backorder quantity for the test SKU: it was refused with code %d", code))
	}
	defer func() { err = andThen(err, l.restore(ctx, a, before)) }()
	if written != nil {
		return false, "", written
	}
	if err := l.write(ctx, a, without); err != nil {
		return false, "", err
	}
	now, err := listingOf(ctx, a, a.sku)
	if err != nil {
		return false, "", err
	}
	left := 0
	for _, at := range now.sku.Inventory {
		left += at.BackorderQuantity
	}
	return left == wanted, fmt.Sprintf("%d of %d units are left", left, wanted), nil
}

func tryCampaignLock(ctx context.Context, a accounts) (bool, string, error) {
	l, err := listingOf(ctx, a, a.sku)
	if err != nil {
		return false, "", err
	}
	reply, err := a.shop.Product.InventorySearch(ctx, &tiktokshop.InventorySearchRequest{SKUIDs: []string{l.sku.ID}})
	if err != nil {
		return false, "", err
	}
	locked := 0
	for _, p := range reply.Inventory {
		for _, s := range p.SKUs {
			for _, c := range s.TotalAvailableInventoryDistribution.CampaignInventory {
				locked += c.Quantity
			}
			for _, c := range s.TotalAvailableInventoryDistribution.CreatorInventory {
				locked += c.Quantity
			}
		}
	}
	levels := l.levels()
	if locked <= len(levels) { // a unit is left in every warehouse
		return false, "", notTried(fmt.Sprintf("%d units of the test SKU are locked: put %d into a campaign", locked, len(levels)+1))
	}
	for i := range levels {
		levels[i].Quantity = 1
	}
	levels[0].Quantity = locked - len(levels)
	err = l.write(ctx, a, levels)
	holds, seen, failed := refusedAs(err, stockLocked)
	if codeOf(err) == 0 { // it was accepted, or may have been
		failed = andThen(failed, l.restore(ctx, a, l.levels()))
	}
	return holds, seen, failed
}

func tryActivation(ctx context.Context, a accounts) (bool, string, error) {
	l, err := listingOf(ctx, a, a.sku)
	if err != nil {
		return false, "", err
	}
	if l.product.Status != tiktokshop.ProductStatusActivate {
		return false, "", notTried("the product of the test SKU is not for sale")
	}
	ids := []string{l.product.ID}
	_, off := a.shop.Product.DeactivateProducts(ctx, &tiktokshop.DeactivateProductsRequest{ProductIDs: ids}, tiktokshop.NoRepeat())
	if off != nil && !tiktokshop.IsOutcomeUnknown(off) {
		return false, "", off
	}
	_, on := a.shop.Product.ActivateProduct(context.WithoutCancel(ctx), &tiktokshop.ActivateProductRequest{ProductIDs: ids})
	if err := errors.Join(off, on); err != nil {
		return false, "", fmt.Errorf("putting product %s on sale again: look at it in Seller Center: %w", l.product.ID, err)
	}
	now, err := a.shop.Product.GetProduct(ctx, l.product.ID, nil)
	if err != nil {
		return false, "", err
	}
	return now.Status == tiktokshop.ProductStatusPending, "it is " + string(now.Status), nil
}
