package tiktokshoptest

import (
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// lock names a campaign, or a creator, that stock is set aside for. The zero
// value is the shop itself.
type lock struct {
	name    string
	creator bool
}

// lockedStock is the part of the available stock of a SKU that only its campaign
// or creator sells.
type lockedStock struct {
	lock
	quantity int
}

// LockStock sets aside units of a SKU for a campaign or, if creator is true, a
// creator's LIVE. They stay part of the available quantity, nobody else can buy
// them, and Update Inventory refuses to go below them ([QuirkCampaignLock]). A
// quantity of 0 ends the lock.
func (f *Fake) LockStock(skuID, name string, creator bool, quantity int) error {
	defer f.enter()()
	s := f.skuByID[skuID]
	switch {
	case s == nil:
		return fmt.Errorf("tiktokshoptest: SKU %s does not exist", skuID)
	case s.components != nil:
		return fmt.Errorf("tiktokshoptest: SKU %s is a virtual bundle: lock its components", skuID)
	case name == "" || quantity < 0:
		return fmt.Errorf("tiktokshoptest: lock %q of %d units of SKU %s: it needs a name and at least 0 units", name, quantity, skuID)
	}
	wanted := lock{name, creator}
	others := s.locked() - s.lockedFor(wanted)
	if free := s.snapshot().Available - others; quantity > free {
		return fmt.Errorf("tiktokshoptest: SKU %s has %d units to lock, not %d", skuID, free, quantity)
	}
	source := map[bool]string{false: "campaign", true: "creator"}[creator] + "_lock"
	if quantity < s.lockedFor(wanted) {
		source = map[bool]string{false: "campaign", true: "creator"}[creator] + "_unlock"
	}
	f.changeStock(s, source, func() { s.setLock(wanted, quantity) })
	return nil
}

func (s *sku) setLock(l lock, quantity int) {
	s.locks = slices.DeleteFunc(s.locks, func(k lockedStock) bool { return k.lock == l })
	if quantity > 0 {
		s.locks = append(s.locks, lockedStock{l, quantity})
	}
}

// locked is what all locks together hold.
func (s *sku) locked() (sum int) {
	for _, k := range s.locks {
		sum += k.quantity
	}
	return sum
}

func (s *sku) lockedFor(l lock) int {
	for _, k := range s.locks {
		if k.lock == l {
			return k.quantity
		}
	}
	return 0
}

// lockFor is the lock that a line of an order buys from.
func (s *sku) lockFor(given Line) (lock, error) {
	l := lock{name: given.Campaign}
	if given.Creator != "" {
		l = lock{given.Creator, true}
	}
	switch {
	case given.Campaign != "" && given.Creator != "":
		return l, fmt.Errorf("campaign %s and creator %s exclude each other", given.Campaign, given.Creator)
	case l != lock{} && s.lockedFor(l) < given.Quantity:
		return l, fmt.Errorf("%w: %d units are locked for %s", ErrOutOfStock, s.lockedFor(l), l.name)
	}
	return l, nil
}

// checkLocks refuses an order that would need stock locked for somebody else.
func checkLocks(o *order, needed map[*sku]int) error {
	for s, n := range needed {
		for _, l := range o.lines {
			if l.sku == s && l.from != (lock{}) {
				n--
			}
		}
		if s.locks != nil && s.snapshot().InShop < n {
			return fmt.Errorf("%w: SKU %s has %d units that are not locked, %d are wanted", ErrOutOfStock, s.id, s.snapshot().InShop, n)
		}
	}
	return nil
}

// commitLine takes the unit of a line out of the available stock.
func (f *Fake) commitLine(l *line) {
	f.changeStock(l.sku, "order_created", func() {
		if l.from != (lock{}) {
			l.sku.setLock(l.from, l.sku.lockedFor(l.from)-1)
		}
		l.sku.move(l.order.info.WarehouseID, -1, 1)
	})
}

// snapshot sums the stock of a SKU up over its warehouses.
func (s *sku) snapshot() (out stockSnapshot) {
	for _, id := range s.warehouses() {
		out.Available += s.available(id)
		out.Committed += s.committed(id)
	}
	for _, k := range s.locks {
		if k.creator {
			out.Creator += k.quantity
		} else {
			out.Campaign += k.quantity
		}
	}
	out.Total, out.InShop = out.Available+out.Committed, out.Available-out.Creator-out.Campaign
	return out
}

// distribution is who sells the available stock.
func (s *sku) distribution() (out tiktokshop.InventorySKUTotalAvailableInventoryDistribution) {
	out.InShopInventory.Quantity = s.snapshot().InShop
	for _, k := range s.locks {
		if k.creator {
			out.CreatorInventory = append(out.CreatorInventory, tiktokshop.InventorySearchCreatorInventory{CreatorName: k.name, Quantity: k.quantity})
		} else {
			out.CampaignInventory = append(out.CampaignInventory, tiktokshop.InventorySearchCampaignInventory{CampaignName: k.name, Quantity: k.quantity})
		}
	}
	return out
}
