package bridgetest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// verdict checks, when everything has settled, that nothing was lost.
func (l *lab) verdict(ctx context.Context) {
	copies := l.copies()
	for _, s := range l.shops {
		open, err := s.queue.Open(ctx)
		if err != nil {
			l.violate("the queue cannot be read: %v", err)
		}
		v := verdict{shop: s, open: open, copies: copies, groups: map[string]*group{}}
		v.orders(ctx)
		s.onSale()
	}
	for _, id := range slices.Sorted(maps.Keys(l.byHand)) {
		if now := l.look(id); now != l.byHand[id] {
			l.violate("an order that people made is no longer as they left it: %s, now %s", l.byHand[id], now)
		}
	}
}

// verdict is what one shop and Linnworks have come to.
type verdict struct {
	*shop
	open   []exceptions.Exception
	copies map[ref][]linnworks.OrderDetails
	groups map[string]*group
}

// group are orders of the shop that were merged in Linnworks, or one that was not.
type group struct {
	orders []string
	// sold are the units of each SKU that the shop has sold, wanted those of them that
	// were not cancelled, held those that live orders of the bridge have, sent those
	// that were processed, whoever made the order.
	sold, wanted, held, sent map[string]int
	// open is set if an order of the bridge is not processed.
	open bool
}

func (v *verdict) raised(ids ...string) bool {
	return slices.ContainsFunc(v.open, func(e exceptions.Exception) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return isAbout(e, id) })
	})
}

func (v *verdict) orders(ctx context.Context) {
	for _, e := range v.open {
		if e.Kind == exceptions.LateCancellation {
			v.report.Late++
		}
	}
	orders := v.tiktok.Orders()
	for _, o := range orders {
		v.order(o)
		v.count(o)
	}
	for _, id := range slices.Sorted(maps.Keys(v.groups)) {
		if g := v.groups[id]; g.orders[0] == id {
			v.units(g)
		}
	}
	for _, o := range orders {
		v.tracking(o)
	}
	for _, e := range v.open {
		v.closed(e)
	}
	v.ledger(ctx)
}

// own are the orders of the bridge for one of the shop, live those that are not
// cancelled, and processed how many of these were.
func (v *verdict) own(id string) (own []linnworks.OrderDetails, live, processed int) {
	for _, w := range v.copies[ref{v.name, id}] {
		if v.byHand[w.OrderID] != "" {
			continue
		}
		own = append(own, w)
		if cancelled := w.GeneralInfo.HoldOrCancel && w.Processed; !cancelled {
			live++
			if w.Processed {
				processed++
			}
		}
	}
	return own, live, processed
}

func (v *verdict) order(o tiktokshop.Order) {
	own, live, processed := v.own(o.ID)
	raised, waits := v.raised(o.ID), o.Status == tiktokshop.OrderStatusAwaitingShipment
	handled := slices.ContainsFunc(v.copies[ref{v.name, o.ID}], func(w linnworks.OrderDetails) bool {
		return v.byHand[w.OrderID] != "" && w.Processed && !w.GeneralInfo.HoldOrCancel
	})
	switch {
	case waits && live == 0 && !raised:
		v.violate("order %s is lost: it is not in Linnworks and nobody is told", o.ID)
	case waits && processed > 0 && !raised:
		v.violate("order %s was sent, the shop does not know, and nobody is told", o.ID)
	case processed > 0 && v.pending(o.ID) && !raised:
		v.violate("order %s was sent, a cancellation of it waits, and nobody is told", o.ID)
	case o.Status == tiktokshop.OrderStatusOnHold && len(own) == 0 && !raised:
		v.violate("order %s is held and not in Linnworks", o.ID)
	case handled && live > 0:
		v.violate("order %s was sent by hand, and the bridge has it in Linnworks too", o.ID)
	}
	if o.Status == tiktokshop.OrderStatusCancelled && processed == 0 {
		v.report.Cancelled++
	}
	if at, ok := v.truth.mended[o.ID]; ok {
		switch {
		case sold[o.Status] && !v.pending(o.ID) && time.Since(at) > prompt && time.Since(v.truth.lockedUntil[o.ID]) > prompt:
			v.violate("order %s was mended %s ago and is still %s", o.ID, time.Since(at).Round(time.Minute), o.Status)
		case !sold[o.Status] && o.Status != tiktokshop.OrderStatusCancelled:
			v.report.Mended++
		}
	}
	if waits && !v.pending(o.ID) && !v.truth.poisoned(o.ID) && !v.truth.dropped[o.ID] && time.Since(v.free(o)) > prompt {
		v.violate("order %s could have been shipped for %s and is still %s", o.ID, time.Since(v.free(o)).Round(time.Minute), o.Status)
	}
	if v.truth.dropped[o.ID] {
		switch {
		case o.Status == tiktokshop.OrderStatusCancelled && o.CancellationInitiator == "SELLER":
			v.report.Revoked++
		case v.revokes && live == 0 && (waits || o.Status == tiktokshop.OrderStatusOnHold) && !v.pending(o.ID):
			v.violate("order %s is cancelled in Linnworks and still %s in the shop", o.ID, o.Status)
		}
	}
}

// free is since when an order that waits for its shipment may be sent: an hour after
// the payment at the earliest, and not while somebody has locked it.
func (v *verdict) free(o tiktokshop.Order) time.Time {
	at := o.PaidTime.Time().Add(time.Hour)
	for _, later := range []time.Time{o.UpdateTime.Time(), v.truth.lockedUntil[o.ID].Add(v.skew)} {
		if later.After(at) {
			at = later
		}
	}
	return v.ours(at)
}

// count adds an order to its group.
func (v *verdict) count(o tiktokshop.Order) {
	g := v.groups[o.ID]
	if g == nil {
		g = &group{sold: map[string]int{}, wanted: map[string]int{}, held: map[string]int{}, sent: map[string]int{}}
		v.groups[o.ID] = g
		for _, w := range v.copies[ref{v.name, o.ID}] {
			for _, r := range v.refsOf(w) {
				v.groups[r.order] = g
			}
		}
	}
	g.orders = append(g.orders, o.ID)
	for _, line := range o.LineItems {
		g.sold[line.SellerSKU]++
		if line.CancelUser == "" {
			g.wanted[line.SellerSKU]++
		}
	}
	for _, w := range v.copies[ref{v.name, o.ID}] {
		if w.GeneralInfo.HoldOrCancel && w.Processed || v.refsOf(w)[0].order != o.ID {
			continue
		}
		ours := v.byHand[w.OrderID] == ""
		g.open = g.open || ours && !w.Processed
		for _, item := range w.Items {
			if ours {
				g.held[item.SKU] += item.Quantity
			}
			if w.Processed {
				g.sent[item.SKU] += item.Quantity
			}
		}
	}
}

// units compares what was sold, held and sent.
func (v *verdict) units(g *group) {
	name, told := "order "+strings.Join(g.orders, " and "), v.raised(g.orders...)
	for _, sku := range slices.Sorted(maps.Keys(g.sold)) {
		switch {
		case g.held[sku] > g.sold[sku]:
			v.violate("%s: live orders in Linnworks hold %d of %s, and %d were sold", name, g.held[sku], sku, g.sold[sku])
		case told:
		case g.sent[sku] > g.wanted[sku]:
			v.violate("%s: %d of %s were sent, %d were not cancelled, and nobody is told", name, g.sent[sku], sku, g.wanted[sku])
		case g.held[sku] > g.wanted[sku]:
			v.violate("%s: %d of %s are in Linnworks, %d were not cancelled, and nobody is told", name, g.held[sku], sku, g.wanted[sku])
		case g.held[sku] < g.wanted[sku] && g.held[sku] > 0 && !g.open:
			v.violate("%s: %d of %s were sent, %d were wanted, and nobody is told", name, g.held[sku], sku, g.wanted[sku])
		}
	}
}

// tracking checks that the shop shows for each unit the number of a parcel that the
// unit was in, and every parcel.
func (v *verdict) tracking(o tiktokshop.Order) {
	if sold[o.Status] || o.Status == tiktokshop.OrderStatusCancelled {
		return
	}
	parcels, shown := map[string]string{}, map[string]bool{} // SKUs by number
	for _, w := range v.copies[ref{v.name, o.ID}] {
		if w.Processed && w.GeneralInfo.HoldOrCancel {
			continue
		}
		for _, item := range w.Items {
			parcels[w.ShippingInfo.TrackingNumber] += " " + item.SKU
		}
	}
	if len(parcels) == 0 {
		return
	}
	for _, line := range o.LineItems {
		if line.CancelUser != "" {
			continue
		}
		number := line.TrackingNumber
		shown[number] = true
		if skus, ok := parcels[number]; !ok && !v.raised(o.ID) || ok && !slices.Contains(strings.Fields(skus), line.SellerSKU) {
			v.violate("order %s: the shop shows %q for a unit of %s, the parcels are %v", o.ID, number, line.SellerSKU, parcels)
		}
	}
	if n := v.truth.parcels[o.ID]; n > 1 && len(shown) != len(parcels) && !v.raised(o.ID) {
		v.violate("order %s: it left in the parcels %v, the shop shows %v", o.ID, slices.Collect(maps.Keys(parcels)), slices.Collect(maps.Keys(shown)))
	}
}

// closed finds cases that are open although their cause is gone.
func (v *verdict) closed(e exceptions.Exception) {
	if info, _ := e.Kind.Info(); info.ByHand {
		return
	}
	if e.Kind == exceptions.UnmappedSKU && v.absent == "" {
		v.violate("a case is open although its cause is gone: %s", e)
		return
	}
	id, ok := exceptions.OrderOf(e.Object)
	if !ok {
		return
	}
	o, ok := v.tiktok.Order(id)
	if !ok {
		return
	}
	if e.Kind == exceptions.DeadlineNear && o.Status == tiktokshop.OrderStatusAwaitingCollection && strings.Contains(e.Seen, "unless collected") {
		return // the carrier has yet to come
	}
	g := v.groups[id]
	excess := slices.ContainsFunc(slices.Collect(maps.Keys(g.sold)), func(sku string) bool {
		return g.sent[sku] > g.wanted[sku] || g.held[sku] > g.wanted[sku]
	})
	own, live, processed := v.own(id)
	if shipped := !sold[o.Status] && o.Status != tiktokshop.OrderStatusCancelled; shipped && len(own) > 0 && live == 0 {
		return // people have cancelled in Linnworks what the shop knows as sent
	}
	done := !sold[o.Status] && live == processed && !g.open && !excess && !v.pending(id) && !v.truth.poisoned(id)
	if done {
		v.violate("a case is open although the order is %s, and as it should be in Linnworks: %s", o.Status, e)
	}
}

// ledger finds reservations that nothing justifies.
func (v *verdict) ledger(ctx context.Context) {
	held, err := v.ports.Store.Reservations(ctx)
	if err != nil {
		v.violate("the ledger cannot be read: %v", err)
	}
	for _, r := range held {
		if r.Shop != v.name {
			continue
		}
		o, ok := v.tiktok.Order(r.OrderID)
		live := slices.ContainsFunc(v.copies[ref{v.name, r.OrderID}], func(w linnworks.OrderDetails) bool { return !w.GeneralInfo.HoldOrCancel })
		if !ok || live || !sold[o.Status] && !v.raised(r.OrderID) {
			v.violate("the ledger still reserves order %s, which is %s and in Linnworks or gone", r.OrderID, o.Status)
		}
	}
}
