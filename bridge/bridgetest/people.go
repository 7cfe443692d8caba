package bridgetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// event is something that somebody does.
type event struct {
	at  time.Time
	run func()
}

// plan draws the day: orders in the shop and elsewhere, and shifts of the
// warehouse. Buyers' changes of mind are drawn when they order.
func (l *lab) plan() {
	end := l.start.Add(l.config.Trading)
	gap := func(perHour float64) time.Duration {
		return time.Duration(l.rand.ExpFloat64() * float64(time.Hour) / perHour)
	}
	for at := l.start.Add(gap(l.config.OrdersPerHour)); at.Before(end); at = at.Add(gap(l.config.OrdersPerHour)) {
		l.schedule(at, l.buy)
	}
	for at := l.start.Add(gap(3)); at.Before(end); at = at.Add(gap(3)) {
		l.schedule(at, l.sellElsewhere)
	}
	if l.rates.Storms > 0 {
		for at := l.start.Add(gap(l.rates.Storms)); at.Before(end); at = at.Add(gap(l.rates.Storms)) {
			l.schedule(at, func() { l.stormUntil = time.Now().Add(time.Duration(1+l.rand.IntN(8)) * time.Minute) })
		}
	}
	for at := l.start.Add(15 * time.Minute); at.Before(end); at = at.Add(15 * time.Minute) {
		l.schedule(at, func() { l.staff(0.7) })
	}
}

func (l *lab) schedule(at time.Time, run func()) {
	l.events = append(l.events, event{at, run})
	slices.SortStableFunc(l.events, func(a, b event) int { return a.at.Compare(b.at) })
}

func (l *lab) nextEvent() (event, bool) {
	if len(l.events) == 0 {
		return event{}, false
	}
	return l.events[0], true
}

// act does everything that is due.
func (l *lab) act(now time.Time) {
	for {
		e, ok := l.nextEvent()
		if !ok || e.at.After(now) {
			return
		}
		l.events = l.events[1:]
		e.run()
		l.truth.observe(l)
	}
}

// interfere lets somebody act in the middle of a pass: what is due, or what
// would have come next.
func (l *lab) interfere() {
	l.truth.observe(l) // what the bridge has freed meanwhile
	if e, ok := l.nextEvent(); ok && time.Until(e.at) < 10*time.Minute {
		l.events = l.events[1:]
		e.run()
	}
	l.truth.observe(l)
}

// buy places an order in the shop, in one of the ways in which orders come.
func (l *lab) buy() {
	it := l.truth.items[l.rand.IntN(len(l.truth.items))]
	spec := tiktokshoptest.OrderSpec{
		Lines:       []tiktokshoptest.Line{{SKUID: it.skuID, Quantity: 1 + l.rand.IntN(2)}},
		State:       []tiktokshop.OrderStatus{tiktokshop.OrderStatusUnpaid, tiktokshop.OrderStatusOnHold, tiktokshop.OrderStatusAwaitingShipment}[l.rand.IntN(3)],
		NoHold:      l.rand.IntN(5) == 0,
		WarehouseID: warehouseIDs[l.rand.IntN(2)],
	}
	if spec.NoHold {
		spec.State = tiktokshop.OrderStatusAwaitingShipment
	}
	if l.rand.IntN(3) == 0 {
		spec.ShippingType = tiktokshop.ShippingTypeTikTok
	}
	if spec.State == tiktokshop.OrderStatusAwaitingShipment && !spec.NoHold && l.rand.IntN(2) == 0 {
		// Such an order is an hour old; it has to go within minutes or hours.
		spec.Deadlines.RTSSLA = time.Hour + time.Duration(20+l.rand.IntN(130))*time.Minute
	}
	id, err := l.tiktok.PlaceOrder(spec)
	switch {
	case errors.Is(err, tiktokshoptest.ErrOutOfStock):
		l.report.TurnedAway++
		return
	case err != nil:
		l.violate("the lab could not place an order: %v", err)
		return
	}
	l.report.Orders++
	soon := func() time.Time { return time.Now().Add(time.Duration(l.rand.IntN(90)) * time.Minute) }
	if spec.State == tiktokshop.OrderStatusUnpaid {
		l.schedule(soon(), func() { _ = l.tiktok.Pay(id) }) // it may be cancelled by then
	}
	if l.rand.IntN(4) == 0 {
		l.schedule(soon(), func() { l.changeMind(id) })
	}
	if o, ok := l.tiktok.Order(id); ok && spec.Deadlines.RTSSLA > 0 {
		l.watchDeadline(id, o.RTSSLATime.Time())
	}
}

// watchDeadline looks, when the time to ship an order is over, whether somebody
// was told before.
func (l *lab) watchDeadline(id string, deadline time.Time) {
	l.schedule(deadline, func() {
		if time.Now().Before(deadline) {
			l.watchDeadline(id, deadline) // somebody has interfered early
			return
		}
		if o, ok := l.tiktok.Order(id); !ok || !sold[o.Status] {
			return
		}
		l.report.Deadlines++
		open, err := l.queue.Open(noFaults())
		if err != nil {
			l.violate("the queue cannot be read: %v", err)
		}
		if !slices.ContainsFunc(open, func(e exceptions.Exception) bool {
			return (strings.Contains(e.Object, id) || strings.Contains(e.Seen, id)) && !e.First.After(deadline)
		}) {
			l.violate("order %s was not shipped in time, and nobody was told before", id)
		}
	})
}

// changeMind cancels as far as the order's status lets the buyer.
func (l *lab) changeMind(id string) {
	if l.tiktok.CancelByBuyer(id, "") == nil {
		l.truth.cancelled(id)
		return
	}
	if _, err := l.tiktok.RequestCancellation(id, ""); err == nil {
		l.truth.cancelled(id)
	}
}

// sellElsewhere is another channel's order in Linnworks.
func (l *lab) sellElsewhere() {
	it := l.truth.items[l.rand.IntN(5)]
	l.report.Elsewhere++
	now := linnworks.Time{Time: time.Now()}
	_, err := l.elsewhere.Orders.CreateOrders(noFaults(), &linnworks.CreateOrdersRequest{Location: "Default", Orders: []linnworks.ChannelOrder{{
		Source: "WEBSHOP", SubSource: "lab", ReferenceNumber: fmt.Sprintf("W-%d", l.report.Elsewhere), PaymentStatus: linnworks.PaymentStatusPaid,
		ReceivedDate: now, PaidOn: now, DispatchBy: now, Currency: "GBP", AutomaticallyLinkBySKU: true,
		OrderItems: []linnworks.ChannelOrderItem{{ItemNumber: "1", ChannelSKU: it.sku, ItemTitle: it.sku, Qty: 1, PricePerUnit: "9.99", TaxRate: "0", LineDiscount: "0"}},
	}}})
	if err != nil {
		l.violate("the lab could not sell elsewhere: %v", err)
	}
}

// staff is a shift of the warehouse: a share of the orders that are free to pick
// is labelled or sent. An order with TikTok's own carrier waits for its label.
func (l *lab) staff(share float64) {
	orders := l.linn.Orders()
	slices.SortFunc(orders, func(a, b linnworks.OrderDetails) int { return cmp.Compare(a.NumOrderID, b.NumOrderID) })
	for _, o := range orders {
		if o.Processed || l.rand.Float64() > share {
			continue
		}
		tracking := o.ShippingInfo.TrackingNumber
		if tracking == "" {
			if propertyOf(o, "tiktok.shipping_model") == "tiktok" {
				continue
			}
			tracking = fmt.Sprintf("LAB%06d", o.NumOrderID)
			if l.linn.SetTracking(o.OrderID, l.carrier, tracking) != nil {
				continue // parked or locked: nobody touches it
			}
		}
		if l.linn.PrintLabel(o.OrderID) == nil && (share == 1 || l.rand.IntN(3) > 0) {
			_ = l.linn.Process(o.OrderID)
		}
	}
}

func propertyOf(o linnworks.OrderDetails, name string) string {
	for _, p := range o.ExtendedProperties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}
