package bridgetest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// planShelves draws what happens to stock: campaigns, orders that people lock, and times in
// which no order is taken in.
func (l *lab) planShelves() {
	some := func(from, to int) time.Duration { return time.Duration(from+l.shelfRand.IntN(to-from)) * time.Minute }
	most := max(int(l.config.Trading/time.Minute)-30, 31)
	for range 1 + l.shelfRand.IntN(2) {
		s := l.shops[l.shelfRand.IntN(len(l.shops))]
		it := l.items[l.shelfRand.IntN(5)]
		l.schedule(l.start.Add(some(30, most)), func() { s.campaign(it, some(20, 60)) })
	}
	for range l.shelfRand.IntN(4) {
		l.schedule(l.start.Add(some(20, most)), func() { l.lockSome(some(10, 60)) })
	}
	if l.rates != (Rates{}) && l.shelfRand.IntN(4) == 0 {
		s := l.shops[l.shelfRand.IntN(len(l.shops))]
		l.schedule(l.start.Add(some(30, most)), func() {
			s.deadUntil = time.Now().Add(some(15, 30))
			l.report.DeadIntakes++
		})
	}
}

// lockSome has somebody lock an open order of the bridge in Linnworks for a while.
func (l *lab) lockSome(lasts time.Duration) {
	var list []linnworks.OrderDetails
	for _, o := range l.linn.Orders() {
		if !o.Processed && !o.GeneralInfo.HoldOrCancel && l.byHand[o.OrderID] == "" && len(l.refsOf(o)) > 0 {
			list = append(list, o)
		}
	}
	if len(list) == 0 {
		return
	}
	slices.SortFunc(list, func(a, b linnworks.OrderDetails) int { return cmp.Compare(a.NumOrderID, b.NumOrderID) })
	o := list[l.shelfRand.IntN(len(list))]
	if err := l.linn.Lock(o.OrderID, true); err != nil {
		l.violate("the lab could not lock an order: %v", err)
		return
	}
	l.report.Locked++
	l.lockedAt[o.OrderID] = time.Now()
	until := time.Now().Add(lasts)
	l.eachRef(o, func(s *shop, id string) { s.truth.lockedUntil[id] = until })
	l.schedule(until, func() {
		_ = l.linn.Lock(o.OrderID, false) // it may be cancelled by then
		l.eachRef(o, func(s *shop, id string) { s.truth.lockedUntil[id] = time.Now() })
	})
}

// eachRef calls do for the shops' orders whose goods an order in Linnworks holds.
func (l *lab) eachRef(o linnworks.OrderDetails, do func(s *shop, id string)) {
	for _, r := range l.refsOf(o) {
		for _, s := range l.shops {
			if s.name == r.shop {
				do(s, r.order)
			}
		}
	}
}

// takeLocked takes off what Linnworks has given free although it is sold, because somebody
// has locked the order, unless the lock was put on after the moment upTo.
func (l *lab) takeLocked(free map[partKey]int, orders []linnworks.OrderDetails, upTo time.Time) {
	for _, o := range orders {
		if o.Processed || !o.GeneralInfo.HoldOrCancel || l.lockedAt[o.OrderID].After(upTo) {
			continue
		}
		wanted := map[string]int{} // by SKU: of what else is in the order nobody wants anything
		l.eachRef(o, func(s *shop, id string) {
			if sale, ok := s.tiktok.Order(id); ok && sold[sale.Status] {
				for _, line := range sale.LineItems {
					if line.CancelUser == "" {
						wanted[line.SellerSKU]++
					}
				}
			}
		})
		at := max(0, slices.Index(l.locations, o.FulfilmentLocationID))
		for _, line := range o.Items {
			n := min(line.Quantity, wanted[line.SKU])
			wanted[line.SKU] -= n
			for sku, per := range l.partsOf(line.SKU) {
				free[partKey{sku, at}] -= n * per
			}
		}
	}
}

// campaign holds half of what the shop shows of a SKU for a while. Some minutes later most
// of it turns out to be broken, so that it holds more than there is.
func (s *shop) campaign(it item, lasts time.Duration) {
	units := s.shows(it) / 2
	if units == 0 || s.truth.locked[it.skuID] > 0 {
		return
	}
	if err := s.tiktok.LockStock(it.skuID, "campaign", false, units); err != nil {
		s.violate("the lab could not begin a campaign: %v", err)
		return
	}
	s.truth.locked[it.skuID] = units
	s.report.Campaigns++
	s.schedule(time.Now().Add(lasts/4), func() { s.writeOff(it) })
	s.schedule(time.Now().Add(lasts), func() {
		if err := s.tiktok.LockStock(it.skuID, "campaign", false, 0); err != nil {
			s.violate("the lab could not end a campaign: %v", err)
		}
		s.truth.over[it.skuID] = true
	})
}

// shows is how many of an item the shop shows in all its warehouses.
func (s *shop) shows(it item) (units int) {
	for _, id := range warehouseIDs {
		n, _ := s.tiktok.Stock(it.skuID, id)
		units += n
	}
	return units
}

// writeOff takes four of five free units of a single item off the shelves.
func (l *lab) writeOff(it item) {
	for _, location := range l.locations {
		level, err := l.linn.Level(it.sku, location)
		if err == nil && level.Available > 0 {
			err = l.linn.SetOnHand(it.sku, location, level.OnHand-level.Available*4/5)
		}
		if err != nil {
			l.violate("the lab could not write off units: %v", err)
		}
	}
}

// approached finds SKUs of campaigns that two passes without an error have left higher than
// the campaign makes the shop show. One may: a buyer cancels behind it.
func (s *shop) approached() {
	s.observe() // the bridge itself frees stock when it cancels
	for _, it := range s.items {
		locked, free := s.truth.locked[it.skuID], 0
		for _, id := range warehouseIDs {
			free += max(s.truth.peak[stockKey{it.skuID, id}], 0)
		}
		shown := s.shows(it)
		if locked == 0 || shown <= max(free, locked) {
			delete(s.truth.high, it.skuID)
			continue
		}
		if s.truth.high[it.skuID] {
			s.violate("%s: after two passes the shop shows %d, at most %d were free and %d locked", it.sku, shown, free, locked)
		}
		s.truth.high[it.skuID] = true
	}
}

// freeAt is how much of an item can be sold from a location, kits from their parts; below
// zero if more is sold than there is.
func (it item) freeAt(free map[partKey]int, location int) int {
	if len(it.parts) == 0 {
		return free[partKey{it.sku, location}]
	}
	least := -1
	for sku, per := range it.parts {
		if k := max(free[partKey{sku, location}], 0) / per; least < 0 || k < least {
			least = k
		}
	}
	return least
}

// onSale finds what is free and not on sale, or on sale and not free, when everything has
// been well for an hour. What people have cancelled in Linnworks alone is free there, and
// may still be kept for its buyer.
func (s *shop) onSale() {
	free := s.freeParts(time.Now())
	unowed := s.withoutDropped(free)
	for _, it := range s.items {
		if it.sku == s.absent {
			continue
		}
		for i, id := range warehouseIDs {
			least, most := max(it.freeAt(unowed, i)-s.kept, 0), max(it.freeAt(free, i)-s.kept, 0)
			if shown, _ := s.tiktok.Stock(it.skuID, id); shown < least || shown > most {
				s.violate("%s: an hour after the last fault %d are on sale in warehouse %s, and %d are free", it.sku, shown, id, most)
			}
		}
	}
}

// withoutDropped is what is free without the units of orders that are not cancelled in the
// shops, and that people have cancelled in Linnworks.
func (l *lab) withoutDropped(free map[partKey]int) map[partKey]int {
	free = maps.Clone(free)
	for _, s := range l.shops {
		for _, o := range s.tiktok.Orders() {
			if !s.truth.dropped[o.ID] || o.Status == tiktokshop.OrderStatusCancelled {
				continue
			}
			at := max(0, slices.Index(warehouseIDs, o.WarehouseID))
			for _, line := range o.LineItems {
				for sku, n := range l.partsOf(line.SellerSKU) {
					free[partKey{sku, at}] -= n
				}
			}
		}
	}
	return free
}

// partsOf are the single items that one of a SKU takes.
func (l *lab) partsOf(sku string) map[string]int {
	for _, it := range l.items {
		if it.sku == sku && len(it.parts) > 0 {
			return it.parts
		} else if it.sku == sku {
			return map[string]int{it.sku: 1}
		}
	}
	return nil
}
