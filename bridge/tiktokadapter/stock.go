package tiktokadapter

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Listings implements [catalogue.ListingSource]: live and paused products. Products that
// are in review, frozen or deleted refuse stock. A shop with more than 10,000
// products, the most that one search finds, is searched by time of creation.
func (t *Shop) Listings(ctx context.Context) iter.Seq2[catalogue.Listing, error] {
	ctx = tiktokshop.Bulk(ctx)
	return func(yield func(catalogue.Listing, error) bool) {
		seen := map[string]bool{}
		for _, status := range []tiktokshop.ProductStatus{tiktokshop.ProductStatusActivate, tiktokshop.ProductStatusSellerDeactivated} {
			for p, err := range t.products(ctx, tiktokshop.SearchProductsRequest{PageSize: pageSize, Status: new(status)}) {
				lost, err := unreadableRecords(err)
				if err != nil {
					yield(catalogue.Listing{}, err)
					return
				}
				if lost != nil {
					if !yield(catalogue.Listing{}, &exceptions.UnreadableError{Reasons: lost}) {
						return
					}
					continue
				}
				if seen[p.ID] {
					continue
				}
				seen[p.ID] = true
				for _, l := range t.listings(p) {
					if !yield(l, nil) {
						return
					}
				}
			}
		}
	}
}

// tooManyFound says that a search has more results than it can return.
const tooManyFound = 12052180

// products searches, and halves the time of creation searched where that finds
// too many. A product may come twice.
func (t *Shop) products(ctx context.Context, request tiktokshop.SearchProductsRequest) iter.Seq2[tiktokshop.Product, error] {
	return func(yield func(tiktokshop.Product, error) bool) {
		for p, err := range t.client.Product.SearchProductsAll(ctx, &request) {
			if e, ok := errors.AsType[*tiktokshop.Error](err); ok && e.Code == tooManyFound {
				from, to := tiktokshop.At(time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)), tiktokshop.At(time.Now())
				if request.CreateTimeGe != nil {
					from, to = *request.CreateTimeGe, *request.CreateTimeLe
				}
				if to > from {
					for _, half := range [][2]tiktokshop.UnixSeconds{{from, from + (to-from)/2}, {from + (to-from)/2 + 1, to}} {
						request.CreateTimeGe, request.CreateTimeLe = &half[0], &half[1]
						for p, err := range t.products(ctx, request) {
							if _, other := unreadableRecords(err); !yield(p, err) || other != nil {
								return
							}
						}
					}
					return
				}
			}
			if _, other := unreadableRecords(err); !yield(p, err) || other != nil {
				return
			}
		}
	}
}

func (t *Shop) listings(p tiktokshop.Product) []catalogue.Listing {
	derived := isBundle(p) || t.knownBundle(p.ID)
	list := make([]catalogue.Listing, 0, len(p.SKUs))
	for _, s := range p.SKUs {
		l := catalogue.Listing{
			SKU: catalogue.SKU{ProductID: p.ID, ID: s.ID, SellerSKU: s.SellerSKU}, Title: p.Title,
			Derived: derived,
		}
		for _, i := range s.Inventory {
			l.Stock = append(l.Stock, catalogue.WarehouseStock{WarehouseID: i.WarehouseID, Quantity: i.Quantity})
		}
		list = append(list, l)
	}
	return list
}

// isBundle reports whether a product is a bundle of TikTok's own. The search leaves
// out what tells it; Get Product does not.
func isBundle(p tiktokshop.Product) bool {
	return slices.Contains(p.ProductTypes, "COMBINED_PRODUCT") ||
		slices.ContainsFunc(p.SKUs, func(s tiktokshop.SKU) bool { return len(s.CombinedSKUs) > 0 })
}

// IsBundle implements [catalogue.BundleSource] with one Get Product call per product, whose
// answer is kept: a product does not become a bundle later.
func (t *Shop) IsBundle(ctx context.Context, productID string) (bool, error) {
	t.mu.Lock()
	bundle, known := t.bundles[productID]
	t.mu.Unlock()
	if known {
		return bundle, nil
	}
	p, err := t.client.Product.GetProduct(ctx, productID, nil)
	if err != nil {
		return false, err
	}
	t.remember(productID, isBundle(*p))
	return isBundle(*p), nil
}

func (t *Shop) remember(productID string, bundle bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bundles == nil {
		t.bundles = map[string]bool{}
	}
	t.bundles[productID] = bundle
}

func (t *Shop) knownBundle(productID string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bundles[productID]
}

// ShopAhead implements [stock.Clock] with the Date of the replies to any call, as soon as
// one was answered within a second.
func (t *Shop) ShopAhead() (ahead time.Duration, known bool) {
	ahead, within, ok := t.client.ClockAhead()
	return ahead, ok && within <= time.Second
}

type permitKey struct{}

// StockPermit implements [stock.Permits].
func (t *Shop) StockPermit(ctx context.Context, urgent bool) (context.Context, error) {
	waits := ctx
	if urgent {
		waits = tiktokshop.Urgent(ctx)
	}
	p, err := t.client.PermitWrite(waits, "Product.UpdateInventory")
	if err != nil {
		return nil, err
	}
	return context.WithValue(ctx, permitKey{}, p), nil
}

// PublishStock implements [stock.Publisher] with one Update Inventory call. With a
// context of [Shop.StockPermit] it is not repeated: what is right may be another number
// by then.
func (t *Shop) PublishStock(ctx context.Context, product stock.ProductStock) ([]stock.Refusal, error) {
	var options []tiktokshop.CallOption
	if p, ok := ctx.Value(permitKey{}).(*tiktokshop.Permit); ok {
		options = append(options, tiktokshop.WithPermit(p), tiktokshop.NoRepeat())
	}
	if product.Urgent {
		ctx = tiktokshop.Urgent(ctx)
	}
	request := &tiktokshop.UpdateInventoryRequest{}
	for _, s := range product.SKUs {
		sku := tiktokshop.UpdateInventoryRequestSKU{ID: s.ID}
		for _, w := range s.Stock {
			if w.Quantity < 0 {
				return nil, fmt.Errorf("tiktokadapter: PublishStock: SKU %s, warehouse %s: %d is no stock", s.ID, w.WarehouseID, w.Quantity)
			}
			sku.Inventory = append(sku.Inventory, tiktokshop.UpdateInventoryRequestSKUInventory{
				WarehouseID: new(w.WarehouseID), Quantity: w.Quantity,
			})
		}
		request.SKUs = append(request.SKUs, sku)
	}
	reply, err := t.client.Product.UpdateInventory(ctx, product.ProductID, request, options...)
	partial, some := errors.AsType[*tiktokshop.PartialError](err)
	switch {
	case err == nil:
		return nil, nil
	case some:
		list := refusals(reply, partial)
		for _, r := range list {
			if r.Derived {
				t.remember(product.ProductID, true)
			}
		}
		return list, nil
	}
	if e, ok := errors.AsType[*tiktokshop.Error](err); ok && !e.Class.Temporary() && productRefused[e.Class] {
		// The product as a whole refuses stock: its SKUs have the problem, not the call.
		derived := bundleCodes[e.Code]
		if derived {
			t.remember(product.ProductID, true)
		}
		list := make([]stock.Refusal, len(product.SKUs))
		for i, s := range product.SKUs {
			list[i] = stock.Refusal{SKUID: s.ID, Reason: e.Error(), Derived: derived, Locked: lockCodes[e.Code], Foreign: foreignCodes[e.Code]}
		}
		return list, nil
	}
	return nil, err
}

// lockCodes say that a campaign holds the units, foreignCodes that the warehouse
// is not the seller's.
var (
	lockCodes    = map[int]bool{12052393: true}
	foreignCodes = map[int]bool{12052144: true, 12052382: true}
)

// bundleCodes say that the stock of a bundle follows its components.
var bundleCodes = map[int]bool{12052849: true, 12052850: true}

// productRefused are the classes of errors that concern the listing.
var productRefused = map[tiktokshop.Class]bool{
	tiktokshop.ClassState: true, tiktokshop.ClassDerivedStock: true, tiktokshop.ClassNotFound: true,
	tiktokshop.ClassRequest: true, tiktokshop.ClassData: true, tiktokshop.ClassShippingModel: true,
}

func refusals(reply *tiktokshop.UpdateInventoryResponse, partial *tiktokshop.PartialError) []stock.Refusal {
	list := make([]stock.Refusal, 0, len(partial.Items))
	for i, item := range partial.Items {
		code, _ := strconv.Atoi(string(item.Code))
		reason, codes := fmt.Sprintf("code %s: %s", item.Code, item.Message), []int{code}
		id := ""
		if i < len(reply.Errors) {
			detail := reply.Errors[i].Detail
			id = detail.SKUID
			for _, extra := range detail.ExtraErrors {
				reason += fmt.Sprintf("; warehouse %s: %s", extra.WarehouseID, extra.Message)
				codes = append(codes, extra.Code)
			}
		}
		among := func(set map[int]bool) bool {
			return slices.ContainsFunc(codes, func(code int) bool { return set[code] })
		}
		list = append(list, stock.Refusal{
			SKUID: id, Reason: reason, Retry: item.Class.Temporary(),
			Derived: bundleCodes[code], Locked: among(lockCodes), Foreign: among(foreignCodes),
		})
	}
	return list
}

// ShopStock implements [stock.ShownReader] with one Inventory Search call for 600 SKUs.
//
// https://partner.tiktokshop.com/docv2/page/inventory-search-202309
func (t *Shop) ShopStock(ctx context.Context, skuIDs []string) ([]stock.ShownStock, error) {
	if len(skuIDs) == 0 {
		return nil, nil
	}
	if len(skuIDs) > 50 { // a part of a check of everything
		ctx = tiktokshop.Bulk(ctx)
	}
	list := make([]stock.ShownStock, 0, len(skuIDs))
	var lost lostRecords
	for reply, err := range t.client.Product.InventorySearchBySKUIDs(ctx, &tiktokshop.InventorySearchRequest{SKUIDs: skuIDs}) {
		if lost.add(err); lost.other != nil {
			return nil, lost.other
		}
		for _, product := range reply.Inventory {
			for _, s := range product.SKUs {
				list = append(list, shownStock(product.ProductID, s))
			}
		}
	}
	return list, lost.err()
}

func shownStock(productID string, s tiktokshop.InventorySKU) stock.ShownStock {
	shown := stock.ShownStock{SKU: catalogue.SKU{ProductID: productID, ID: s.ID, SellerSKU: s.SellerSKU}}
	for _, w := range s.WarehouseInventory {
		shown.Warehouses = append(shown.Warehouses, stock.ShownWarehouse{WarehouseID: w.WarehouseID, Available: w.AvailableQuantity, Committed: w.CommittedQuantity})
	}
	for _, c := range s.TotalAvailableInventoryDistribution.CampaignInventory {
		shown.Campaign += c.Quantity
	}
	for _, c := range s.TotalAvailableInventoryDistribution.CreatorInventory {
		shown.Creator += c.Quantity
	}
	return shown
}
