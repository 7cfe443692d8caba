package bridgetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// event is something that somebody does.
type event struct {
	at  time.Time
	run func()
}

// plan draws the day: orders in the shops and elsewhere, and shifts of the
// warehouse. What happens to an order is drawn when it is placed.
func (l *lab) plan() {
	end := l.start.Add(l.config.Trading)
	gap := func(perHour float64) time.Duration {
		return time.Duration(l.rand.ExpFloat64() * float64(time.Hour) / perHour)
	}
	for at := l.start.Add(gap(l.config.OrdersPerHour)); at.Before(end); at = at.Add(gap(l.config.OrdersPerHour)) {
		l.schedule(at, l.shops[l.rand.IntN(len(l.shops))].buy)
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

// within is a moment between two numbers of minutes from now.
func (l *lab) within(from, to int) time.Time {
	return time.Now().Add(time.Duration(from+l.rand.IntN(to-from)) * time.Minute)
}

// attempt lets somebody try something until it works, every ten minutes, a few times.
func (l *lab) attempt(at time.Time, times int, try func() bool) {
	l.schedule(at, func() {
		if times > 0 && !try() {
			l.attempt(time.Now().Add(10*time.Minute), times-1, try)
		}
	})
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
		l.observe()
	}
}

// interfere lets somebody act in the middle of a pass: what is due, or what
// would have come next.
func (l *lab) interfere() {
	l.observe() // what the bridge has freed meanwhile
	if e, ok := l.nextEvent(); ok && time.Until(e.at) < 10*time.Minute {
		l.events = l.events[1:]
		e.run()
	}
	l.observe()
}

// buy places an order in the shop, in one of the ways in which orders come.
func (s *shop) buy() {
	ordinary := s.items[:len(s.items)-1] // not the later one
	it := ordinary[s.rand.IntN(len(ordinary))]
	spec := tiktokshoptest.OrderSpec{
		Lines:       []tiktokshoptest.Line{{SKUID: it.skuID, Quantity: 1 + s.rand.IntN(2)}},
		State:       []tiktokshop.OrderStatus{tiktokshop.OrderStatusUnpaid, tiktokshop.OrderStatusOnHold, tiktokshop.OrderStatusAwaitingShipment}[s.rand.IntN(3)],
		NoHold:      s.rand.IntN(5) == 0,
		WarehouseID: warehouseIDs[s.rand.IntN(2)],
	}
	if spec.NoHold {
		spec.State = tiktokshop.OrderStatusAwaitingShipment
	}
	if s.rand.IntN(3) == 0 {
		spec.ShippingType = tiktokshop.ShippingTypeTikTok
	}
	if spec.State == tiktokshop.OrderStatusAwaitingShipment && !spec.NoHold && s.rand.IntN(2) == 0 {
		// Such an order is an hour old; it has to go within minutes or hours.
		spec.Deadlines.RTSSLA = time.Hour + time.Duration(20+s.rand.IntN(130))*time.Minute
	}
	changes := 4
	var then func(id string)
	if t := s.drawTrade(); t != nil {
		changes, then = 12, t(s, &spec)
	}
	s.sendNobody(&spec)
	id := s.place(spec)
	if id == "" {
		return
	}
	if s.rand.IntN(changes) == 0 {
		s.schedule(s.within(0, 90), func() { s.changeMind(id) })
	}
	if then != nil {
		then(id)
	}
}

// place places an order, if there is something left.
func (s *shop) place(spec tiktokshoptest.OrderSpec) (id string) {
	id, err := s.tiktok.PlaceOrder(spec)
	switch {
	case errors.Is(err, tiktokshoptest.ErrOutOfStock):
		s.report.TurnedAway++
		return ""
	case err != nil:
		s.violate("the lab could not place an order: %v", err)
		return ""
	}
	s.report.Orders++
	if spec.State == tiktokshop.OrderStatusUnpaid {
		s.schedule(s.within(0, 90), func() { _ = s.tiktok.Pay(id) }) // it may be cancelled by then
	}
	if o, ok := s.tiktok.Order(id); ok && spec.Deadlines.RTSSLA > 0 {
		s.watchDeadline(id, time.Now(), s.ours(o.RTSSLATime.Time()))
	}
	return id
}

// prompt is how long after its cause is gone an order has to be with the shop as
// shipped: the bridge looks again within a quarter of an hour, the warehouse's next
// shift sends it, and calls fail.
const prompt = 75 * time.Minute

// watchDeadline looks, when the time to ship an order is over, whether somebody
// was told before, and whether it could have been shipped.
func (s *shop) watchDeadline(id string, placed, deadline time.Time) {
	s.schedule(deadline, func() {
		if time.Now().Before(deadline) {
			s.watchDeadline(id, placed, deadline) // somebody has interfered early
			return
		}
		if o, ok := s.tiktok.Order(id); !ok || !sold[o.Status] {
			return
		}
		s.report.Deadlines++
		// TikTok may answer nobody for a while, and the clocks are looked at every quarter of an hour.
		if deadline.Sub(placed) >= toldWithin && !slices.ContainsFunc(s.mentions(id), func(told time.Time) bool { return !told.After(deadline) }) {
			s.violate("order %s was not shipped in time, and nobody was told before", id)
		}
		at, ok := s.truth.mended[id]
		for _, until := range []time.Time{s.deadUntil, s.truth.lockedUntil[id]} { // nobody looked before, or could go on
			if until.After(at) {
				at = until
			}
		}
		if ok && deadline.Sub(at) > prompt && !s.pending(id) {
			s.violate("order %s was mended %s before its deadline, and was not shipped in time", id, deadline.Sub(at).Round(time.Minute))
		}
	})
}

// changeMind cancels as far as the order's status lets the buyer.
func (s *shop) changeMind(id string) {
	if s.tiktok.CancelByBuyer(id, "") == nil {
		s.cancelled(id)
		return
	}
	if _, err := s.tiktok.RequestCancellation(id, ""); err == nil {
		s.cancelled(id)
	}
}

// sellElsewhere is another channel's order in Linnworks.
func (l *lab) sellElsewhere() {
	it := l.items[l.rand.IntN(5)]
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
// is labelled or sent, and what has waited for something to be mended first of all. An
// order with TikTok's own carrier waits for its label, and one that was made by hand
// for whoever made it.
func (l *lab) staff(share float64) {
	orders := l.linn.Orders()
	slices.SortFunc(orders, func(a, b linnworks.OrderDetails) int { return cmp.Compare(a.NumOrderID, b.NumOrderID) })
	for _, o := range orders {
		if o.Processed || l.byHand[o.OrderID] != "" {
			continue
		}
		urgent := slices.ContainsFunc(l.refsOf(o), func(r ref) bool { return l.isMended(r) })
		if l.rand.Float64() > share && !urgent || share < 1 && !urgent && !l.inView(o) {
			continue
		}
		tracking := o.ShippingInfo.TrackingNumber
		if tracking == "" {
			if propertyOf(o, "tiktok.shipping_model") == "tiktok" {
				continue
			}
			tracking = fmt.Sprintf("LAB%06d", o.NumOrderID)
			if l.linn.SetTracking(o.OrderID, l.carrierOf(o), tracking) != nil {
				continue // parked or locked: nobody touches it
			}
		}
		printed := o.GeneralInfo.LabelPrinted || l.linn.PrintLabel(o.OrderID) == nil
		if printed && (share == 1 || urgent || l.rand.IntN(3) > 0) {
			_ = l.linn.Process(o.OrderID)
		}
	}
}

// carrierOf is the postal service that the shop of an order knows as one of its
// providers.
func (l *lab) carrierOf(o linnworks.OrderDetails) linnworks.GUID {
	for _, s := range l.shops {
		if slices.ContainsFunc(l.refsOf(o), func(r ref) bool { return r.shop == s.name }) {
			return s.carrier
		}
	}
	return l.shops[0].carrier
}

func propertyOf(o linnworks.OrderDetails, name string) string {
	for _, p := range o.ExtendedProperties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}
