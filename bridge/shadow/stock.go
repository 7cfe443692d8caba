package shadow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
)

// episode is a SKU in a warehouse that shows more than it should.
type episode struct {
	SKU         string    `json:"sku"`
	SKUID       string    `json:"sku_id"`
	WarehouseID string    `json:"warehouse_id"`
	From        time.Time `json:"from"`
	Most        int       `json:"most"` // units too many
	Gone        bool      `json:"gone"` // there was nothing to sell
	Orders      []string  `json:"orders,omitempty"`
}

// stock compares what the shop shows with what it should.
func (w *Watch) stock(ctx context.Context, j *journal, orders map[string]bridge.Order, now time.Time) error {
	plan, err := w.ports.Stock.Plan(ctx)
	if err != nil {
		return fmt.Errorf("reading the stock: %w", err)
	}
	j.Plans++
	wrong := map[string]bool{}
	for _, product := range plan.Products {
		for _, sku := range product.SKUs {
			for i, want := range sku.Stock {
				if i >= len(sku.Shown) || sku.Shown[i].Quantity <= want.Quantity {
					continue
				}
				key := sku.ID + " " + want.WarehouseID
				wrong[key] = true
				e := j.Stock[key]
				if e == nil {
					e = &episode{SKU: sku.SellerSKU, SKUID: sku.ID, WarehouseID: want.WarehouseID, From: now}
					j.Stock[key] = e
				}
				e.Most = max(e.Most, sku.Shown[i].Quantity-want.Quantity)
				e.Gone = e.Gone || want.Quantity == 0
			}
		}
	}
	w.count(j, orders)
	for _, key := range slices.Sorted(maps.Keys(j.Stock)) {
		if wrong[key] {
			continue
		}
		e := j.Stock[key]
		delete(j.Stock, key)
		if len(j.Past) == keeps {
			j.Dropped++
			continue
		}
		j.Past = append(j.Past, e.over(now))
	}
	return nil
}

// count finds the orders that were placed for units that were not there.
func (w *Watch) count(j *journal, orders map[string]bridge.Order) {
	for _, id := range slices.Sorted(maps.Keys(orders)) {
		o, at := orders[id], j.Open[id]
		if at == nil || at.Counted || o.Status == bridge.Cancelled {
			continue
		}
		at.Counted = true
		for _, l := range o.LiveLines() {
			e := j.Stock[l.Listing.ID+" "+o.WarehouseID]
			if e != nil && e.Gone && !o.PlacedAt().Before(e.From) && !slices.Contains(e.Orders, id) {
				e.Orders = append(e.Orders, id)
			}
		}
	}
}

// over is the episode once it has ended.
func (e *episode) over(now time.Time) Oversold {
	return Oversold{SKU: e.SKU, SKUID: e.SKUID, WarehouseID: e.WarehouseID, From: e.From, To: now, Units: e.Most, Gone: e.Gone, Orders: e.Orders}
}
