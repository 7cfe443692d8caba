package tiktokadapter

import (
	"cmp"
	"context"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// pricesFor is how long prices are used before they are read again.
const pricesFor = time.Hour

// ListPrices implements [catalogue.PriceSource] with a Get Product call for every
// product; prices are kept for an hour. A product that cannot be read is left out.
func (t *Shop) ListPrices(ctx context.Context, listings []catalogue.SKU) (map[string]int64, error) {
	now, prices := t.options.Now(), map[string]int64{}
	read := map[string]bool{}
	for _, l := range listings {
		price, fresh := t.price(l.ID, now)
		if !fresh && !read[l.ProductID] && l.ProductID != "" {
			read[l.ProductID] = true
			if p, err := t.client.Product.GetProduct(ctx, l.ProductID, nil); err == nil {
				t.keepPrices(p.SKUs, now)
			} else if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			price, fresh = t.price(l.ID, now)
		}
		if fresh {
			prices[l.ID] = price
		}
	}
	return prices, nil
}

func (t *Shop) price(skuID string, now time.Time) (minor int64, fresh bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.prices[skuID]
	return p.minor, ok && now.Sub(p.at) < pricesFor
}

func (t *Shop) keepPrices(skus []tiktokshop.SKU, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.prices == nil {
		t.prices = map[string]listPrice{}
	}
	for id, p := range t.prices {
		if now.Sub(p.at) >= pricesFor {
			delete(t.prices, id)
		}
	}
	for _, s := range skus {
		stated := cmp.Or(s.Price.TaxExclusivePrice, s.Price.SalePrice)
		amount, err := money.Parse(string(stated), s.Price.Currency)
		if err == nil && stated != "" && s.Price.Currency != "" && amount.Minor >= 0 {
			t.prices[s.ID] = listPrice{amount.Minor, now}
		}
	}
}

// Bundle implements [catalogue.BundleReader] with one Get Product call: the search of
// products leaves the components out.
func (t *Shop) Bundle(ctx context.Context, productID string) (map[string][]catalogue.BundleComponent, error) {
	p, err := t.client.Product.GetProduct(ctx, productID, nil)
	if err != nil {
		return nil, err
	}
	t.remember(productID, isBundle(*p))
	bundle := map[string][]catalogue.BundleComponent{}
	for _, s := range p.SKUs {
		for _, c := range s.CombinedSKUs {
			bundle[s.ID] = append(bundle[s.ID], catalogue.BundleComponent{
				Listing: catalogue.SKU{ProductID: c.ProductID, ID: c.SKUID, SellerSKU: c.SellerSKU}, Quantity: c.SKUCount,
			})
		}
	}
	return bundle, nil
}
