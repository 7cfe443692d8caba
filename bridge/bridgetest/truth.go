package bridgetest

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// truth is what the lab knows and the bridge has to find out.
type truth struct {
	items     []item
	locations []linnworks.GUID
	// known are the orders that were in the shop when the pass began. A later
	// sale the bridge cannot know yet.
	known map[string]bool
	// peak is the most that was free at any moment since the pass began, known
	// orders taken off. What is published must not exceed it.
	peak map[stockKey]int
	// step counts what people did; cancelledAt and permitAt say at which step an
	// order was cancelled, and its permit read.
	step                  int
	cancelledAt, permitAt map[string]int
	// shipped are the orders that a ship call has taken effect for.
	shipped map[string]bool
}

type stockKey struct{ sku, warehouseID string }

func (t *truth) newPass(l *lab) {
	clear(t.peak)
	t.known = map[string]bool{}
	for _, o := range l.tiktok.Orders() {
		t.known[o.ID] = true
	}
	t.observe(l)
}

// observe notes what is free now.
func (t *truth) observe(l *lab) {
	t.step++
	free := l.freeParts()
	for _, it := range t.items {
		for i, id := range warehouseIDs {
			n := free[partKey{it.sku, i}]
			if len(it.parts) > 0 {
				n = -1
				for sku, per := range it.parts {
					if k := max(free[partKey{sku, i}], 0) / per; n < 0 || k < n {
						n = k
					}
				}
			}
			key := stockKey{it.skuID, id}
			t.peak[key] = max(t.peak[key], n)
		}
	}
}

func (t *truth) cancelled(id string) {
	t.step++
	if _, have := t.cancelledAt[id]; !have {
		t.cancelledAt[id] = t.step
	}
}

type partKey struct {
	sku      string
	location int
}

// freeParts is what is free of every single item: what Linnworks has, less what
// the shop has sold and Linnworks does not hold yet.
func (l *lab) freeParts() map[partKey]int {
	free := map[partKey]int{}
	parts := map[string]map[string]int{}
	for _, it := range l.truth.items {
		parts[it.skuID] = it.parts
		if len(it.parts) == 0 {
			parts[it.skuID] = map[string]int{it.sku: 1}
			for i, location := range l.truth.locations {
				level, err := l.linn.Level(it.sku, location)
				if err != nil {
					l.violate("the lab could not read a level: %v", err)
				}
				free[partKey{it.sku, i}] = level.Available
			}
		}
	}
	for _, o := range l.tiktok.Orders() {
		if !sold[o.Status] || !l.truth.known[o.ID] || len(l.linn.OrdersByReference(source, subSource, o.ID)) > 0 {
			continue
		}
		at := 0
		for i, id := range warehouseIDs {
			if id == o.WarehouseID {
				at = i
			}
		}
		for _, line := range o.LineItems {
			for sku, n := range parts[line.SKUID] {
				free[partKey{sku, at}] -= n
			}
		}
	}
	return free
}

// sold are the statuses in which an order takes stock that is still there.
var sold = map[tiktokshop.OrderStatus]bool{
	tiktokshop.OrderStatusUnpaid: true, tiktokshop.OrderStatusOnHold: true, tiktokshop.OrderStatusAwaitingShipment: true,
}

// watchedPublisher checks what is published.
type watchedPublisher struct {
	lab *lab
	stock.Publisher
}

func (w watchedPublisher) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	w.lab.truth.observe(w.lab) // the bridge itself frees stock when it cancels
	for _, sku := range p.SKUs {
		for _, s := range sku.Stock {
			if peak := w.lab.truth.peak[stockKey{sku.ID, s.WarehouseID}]; s.Quantity > peak || s.Quantity < 0 {
				w.lab.violate("%s: %d published in warehouse %s, at most %d were free", sku.SKU, s.Quantity, s.WarehouseID, peak)
			}
		}
	}
	return w.Publisher.PublishStock(ctx, p)
}

// watchedShipper checks what is shipped.
type watchedShipper struct {
	lab *lab
	bridge.Shipper
}

func (w watchedShipper) Ship(ctx context.Context, s bridge.Shipment) (string, error) {
	w.before(s.Order.ID)
	warning, err := w.Shipper.Ship(ctx, s)
	w.after(s.Order.ID)
	return warning, err
}

func (w watchedShipper) ArrangeShipping(ctx context.Context, s bridge.Shipment) (bridge.Label, error) {
	w.before(s.Order.ID)
	label, err := w.Shipper.ArrangeShipping(ctx, s)
	w.after(s.Order.ID)
	return label, err
}

func (w watchedShipper) before(id string) {
	t := &w.lab.truth
	if at, ok := t.cancelledAt[id]; ok && at <= t.permitAt[id] {
		if o, _ := w.lab.tiktok.Order(id); o.Status == tiktokshop.OrderStatusCancelled || w.lab.pending(id) {
			w.lab.violate("order %s is being shipped although it was cancelled before its permit", id)
		}
	}
	w.lab.checkShipCalls(id)
}

func (w watchedShipper) after(id string) { w.lab.checkShipCalls(id) }

// pending reports whether a cancellation of the order waits for a decision.
func (l *lab) pending(id string) bool {
	for _, c := range l.tiktok.Cancellations() {
		if c.OrderID == id && c.CancelStatus == tiktokshop.CancelStatusPending {
			return true
		}
	}
	return false
}

// checkShipCalls finds ship calls of an order that were sent after one that had
// taken effect: a blind repetition.
func (l *lab) checkShipCalls(id string) {
	effective := 0
	for _, c := range l.shipCalls(id) {
		if c.Code == 0 && c.Status == http.StatusOK {
			effective++
			continue
		}
		if effective > 0 {
			l.violate("order %s: a ship call was repeated blindly after one had taken effect", id)
		}
	}
	if effective > 1 {
		l.violate("order %s was shipped %d times", id, effective)
	}
	if effective > 0 && !l.truth.shipped[id] {
		l.truth.shipped[id] = true
		l.report.Shipped++
	}
}

// permitReads notes when the Gate read an order: a permit cannot know what
// happens later.
type permitReads struct {
	lab *lab
	bridge.OrderSource
}

func (p permitReads) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	for _, id := range ids {
		p.lab.truth.permitAt[id] = p.lab.truth.step
	}
	return p.OrderSource.OrdersByID(ctx, ids)
}

// verdict checks, when everything has settled, that nothing was lost.
func (l *lab) verdict(ctx context.Context) {
	open, err := l.queue.Open(ctx)
	if err != nil {
		l.violate("the queue cannot be read: %v", err)
	}
	raised := func(id string) bool {
		for _, e := range open {
			if strings.Contains(e.Object, id) || strings.Contains(e.Seen, id) {
				return true
			}
		}
		return false
	}
	for _, e := range open {
		if e.Kind == exceptions.LateCancellation {
			l.report.Late++
		}
	}
	for _, o := range l.tiktok.Orders() {
		found := l.linn.OrdersByReference(source, subSource, o.ID)
		live, processed := 0, 0
		for _, w := range found {
			if !w.GeneralInfo.HoldOrCancel {
				live++
				if w.Processed {
					processed++
				}
			}
		}
		switch {
		case live > 1:
			l.violate("order %s has %d live orders in Linnworks", o.ID, live)
		case o.Status == tiktokshop.OrderStatusCancelled && processed > 0 && !raised(o.ID):
			l.violate("order %s was cancelled and sent, and nobody is told", o.ID)
		case o.Status == tiktokshop.OrderStatusCancelled && live > processed && !raised(o.ID):
			l.violate("order %s is cancelled in the shop and live in Linnworks", o.ID)
		case o.Status == tiktokshop.OrderStatusAwaitingShipment && live == 0 && !raised(o.ID):
			l.violate("order %s is lost: it is not in Linnworks and nobody is told", o.ID)
		case o.Status == tiktokshop.OrderStatusAwaitingShipment && processed > 0 && !raised(o.ID):
			l.violate("order %s was sent, the shop does not know, and nobody is told", o.ID)
		case processed > 0 && l.pending(o.ID) && !raised(o.ID):
			l.violate("order %s was sent, a cancellation of it waits, and nobody is told", o.ID)
		case o.Status == tiktokshop.OrderStatusOnHold && len(found) == 0 && !raised(o.ID):
			l.violate("order %s is held and not in Linnworks", o.ID)
		}
		if o.Status == tiktokshop.OrderStatusCancelled {
			if processed == 0 {
				l.report.Cancelled++
			}
		}
	}
	l.checkLedger(ctx)
}

// checkLedger finds reservations that nothing justifies.
func (l *lab) checkLedger(ctx context.Context) {
	held, err := l.ports.Store.Reservations(ctx)
	if err != nil {
		l.violate("the ledger cannot be read: %v", err)
	}
	for _, r := range held {
		o, ok := l.tiktok.Order(r.OrderID)
		if !ok || !sold[o.Status] || len(l.linn.OrdersByReference(source, subSource, r.OrderID)) > 0 {
			l.violate("the ledger still reserves order %s, which is %s and in Linnworks or gone", r.OrderID, o.Status)
		}
	}
}

// noFaults is the context of the people's own calls.
func noFaults() context.Context { return context.Background() }

// shipOperations are the calls that ship; none of them may be repeated without
// looking.
var shipOperations = map[string]bool{
	"Fulfillment.MarkPackageAsShipped": true, "Fulfillment.ShipPackage": true, "Fulfillment.CreatePackages": true,
}

// shipCalls are the ship calls that reached the shop for an order.
func (l *lab) shipCalls(id string) []tiktokshoptest.Call {
	names := []string{id}
	if o, ok := l.tiktok.Order(id); ok {
		for _, line := range o.LineItems {
			if line.PackageID != "" && !slices.Contains(names, line.PackageID) {
				names = append(names, line.PackageID)
			}
		}
	}
	var list []tiktokshoptest.Call
	for _, c := range l.tiktok.Calls() {
		if shipOperations[c.Operation] && slices.ContainsFunc(names, func(name string) bool {
			return strings.Contains(c.Path, name) || strings.Contains(c.Body, name)
		}) {
			list = append(list, c)
		}
	}
	return list
}
