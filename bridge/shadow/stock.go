package shadow

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// episode is a SKU in a warehouse that shows more than it should.
type episode struct {
	SKU         string    `json:"sku"`
	SKUID       string    `json:"sku_id"`
	WarehouseID string    `json:"warehouse_id"`
	From        time.Time `json:"from"`
	Most        int       `json:"most"` // units too many
	Gone        bool      `json:"gone"` // there was nothing left to sell
	Orders      []string  `json:"orders,omitempty"`
}

// place is a SKU in a warehouse: its id, a blank, and the warehouse's.
func place(skuID, warehouseID string) string { return skuID + " " + warehouseID }

// level is what the shop shows of a SKU in a warehouse, and what it should.
type level struct {
	sku         catalogue.SKU
	warehouseID string
	shown, want int
}

// levelsOf are the levels of a plan by place. What is shown and right, or is left as it is
// for the moment, is in none.
func levelsOf(plan stock.Plan) map[string]level {
	levels := map[string]level{}
	for _, product := range plan.Products {
		for _, sku := range product.SKUs {
			for i, want := range sku.Stock {
				if i < len(sku.Shown) && sku.Shown[i].Quantity != want.Quantity {
					levels[place(sku.ID, want.WarehouseID)] = level{sku.SKU, want.WarehouseID, sku.Shown[i].Quantity, want.Quantity}
				}
			}
		}
	}
	return levels
}

// stock compares what the shop shows with what it should, and finds the orders that there
// was nothing left for. Whole reports whether all of the orders were read.
func (j *journal) stock(levels map[string]level, orders map[string]bridge.Order, whole bool, now time.Time) {
	j.Plans++
	for _, l := range levels {
		if l.shown > l.want {
			e := j.episode(l, now)
			e.Most = max(e.Most, l.shown-l.want)
			e.Gone = e.Gone || l.want == 0
		}
	}
	j.hold(levels, orders, whole, now)
	for _, key := range slices.Sorted(maps.Keys(j.Stock)) {
		if l := levels[key]; l.shown > l.want {
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
}

// episode returns the one that goes on at a place, or begins it.
func (j *journal) episode(l level, now time.Time) *episode {
	key := place(l.sku.ID, l.warehouseID)
	if j.Stock[key] == nil {
		j.Stock[key] = &episode{SKU: l.sku.SellerSKU, SKUID: l.sku.ID, WarehouseID: l.warehouseID, From: now}
	}
	return j.Stock[key]
}

// claim is what one order takes at a place.
type claim struct {
	id     string
	placed time.Time
	sku    catalogue.SKU
	units  int
	at     *watched
}

// hold holds the units of orders against the stock. An order counts until the warehouse has
// it, for only then its units are out of the warehouse's level.
func (j *journal) hold(levels map[string]level, orders map[string]bridge.Order, whole bool, now time.Time) {
	claims := map[string][]claim{}
	for _, id := range slices.Sorted(maps.Keys(orders)) {
		o, at := orders[id], j.Open[id]
		if at == nil || at.Counted || o.Status == bridge.Cancelled || !at.In && !o.ShippedAt.IsZero() {
			continue
		}
		units := map[string]claim{}
		for _, l := range o.LiveLines() {
			key := place(l.Listing.ID, o.WarehouseID)
			units[key] = claim{id, o.PlacedAt(), l.Listing, units[key].units + 1, at}
		}
		for key, c := range units {
			claims[key] = append(claims[key], c)
		}
	}
	free := map[string]int{}
	for key, l := range levels {
		if left := l.want - waiting(claims[key]); whole && l.shown > left {
			free[key] = left
		}
	}
	for _, key := range slices.Sorted(maps.Keys(claims)) {
		l, known := levels[key]
		list := claims[key]
		slices.SortStableFunc(list, func(a, b claim) int { return b.placed.Compare(a.placed) }) // the last comes away empty
		if !known {
			_, l.warehouseID, _ = strings.Cut(key, " ")
			l.sku = list[0].sku
		}
		missing := j.short(key, l, known, list)
		for _, c := range list {
			if missing <= 0 {
				break
			}
			if !c.at.Named[key] && !c.placed.Before(j.From) { // else it was sold before anybody looked
				e := j.episode(l, now)
				e.Gone, e.Most = true, cmp.Or(e.Most, missing)
				e.Orders = append(e.Orders, c.id)
				if c.at.Named == nil {
					c.at.Named = map[string]bool{}
				}
				c.at.Named[key] = true
			}
			missing -= c.units
		}
	}
	for id := range orders {
		if at := j.Open[id]; at != nil {
			at.Seen, at.Counted = true, at.In
		}
	}
	j.Free = free
}

// short is how many units of the claims there is nothing for: what waits for the warehouse
// beyond its level, or what was sold since the last look beyond what was free then. The
// second is all that tells where the warehouse has the orders by now, for a level of 0 does
// not say how far below 0 it would be.
func (j *journal) short(key string, l level, known bool, claims []claim) int {
	missing := 0
	if known {
		missing = waiting(claims) - l.want
	}
	free, counted := j.Free[key]
	if !counted || known && l.want > 0 {
		return missing
	}
	free = max(free, 0)
	for _, c := range claims {
		if !c.at.Seen {
			free -= c.units
		}
	}
	return max(missing, -free)
}

// waiting is how many units the warehouse has no order of yet.
func waiting(claims []claim) (n int) {
	for _, c := range claims {
		if !c.at.In {
			n += c.units
		}
	}
	return n
}

// over is the episode once it has ended.
func (e *episode) over(now time.Time) Oversold {
	return Oversold{SKU: e.SKU, SKUID: e.SKUID, WarehouseID: e.WarehouseID, From: e.From, To: now, Units: e.Most, Gone: e.Gone, Orders: e.Orders}
}
