package bridgetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// truth is what the lab knows of a shop and the bridge has to find out.
type truth struct {
	// known are the orders that were in the shop when the pass began, counted those
	// that were when the intake last saw all. A later sale the bridge cannot know yet.
	known, counted map[string]bool
	// peak is the most that was free at any moment since the pass began, known
	// orders taken off. What is published must not exceed it.
	peak map[stockKey]int
	// shown is the most that the shop showed since the pass began, blind whether the bridge
	// could not see all orders in it. Then it only cuts: what it has to send beside a
	// cut, because the shop takes all warehouses of a SKU or none, may be that much.
	shown map[stockKey]int
	blind bool
	// asked is when the bridge last asked which orders are locked, and was answered, heard when
	// in a pass that went on to make use of it. unheard is the peak as if no order had been
	// locked since then: a pass that could not ask may cut to it. tooHigh are cuts that only
	// such a pass may make.
	asked, heard time.Time
	unheard      map[stockKey]int
	tooHigh      []string
	// locked are the units of a SKU that a campaign holds, or held when the pass began:
	// the shop does not go below them, in all its warehouses together. over are SKUs whose
	// campaign is over.
	locked map[string]int
	over   map[string]bool
	// high are SKUs that the pass before has left higher than the campaign makes it.
	high map[string]bool
	// cancelledAt and permitAt say at which step an order was cancelled, and its
	// permit read.
	cancelledAt, permitAt map[string]int
	// shipped are the orders that a ship call has taken effect for.
	shipped map[string]bool
	// parcels are orders that people have made several parcels of.
	parcels map[string]int
	// unreadable and refused are orders that cannot be read, and that Linnworks does
	// not take.
	unreadable, refused map[string]bool
	// readable says since when those can be read that could not.
	readable map[string]time.Time
	// mended says since when nothing stands in the way of an order that could not go.
	mended map[string]time.Time
	// dropped are orders that people have cancelled in Linnworks.
	dropped map[string]bool
	// lockedUntil says until when orders are or were locked in Linnworks.
	lockedUntil map[string]time.Time
}

func newTruth() truth {
	return truth{
		locked: map[string]int{}, over: map[string]bool{}, high: map[string]bool{},
		counted: map[string]bool{}, peak: map[stockKey]int{}, unheard: map[stockKey]int{}, shown: map[stockKey]int{}, cancelledAt: map[string]int{}, permitAt: map[string]int{}, shipped: map[string]bool{},
		parcels: map[string]int{}, unreadable: map[string]bool{}, refused: map[string]bool{}, readable: map[string]time.Time{}, mended: map[string]time.Time{}, dropped: map[string]bool{},
		lockedUntil: map[string]time.Time{},
	}
}

func (t *truth) poisoned(id string) bool { return t.unreadable[id] || t.refused[id] }

// poisonedLately reports whether the bridge may not know yet what an order takes,
// because it could not be read until then.
func (t *truth) poisonedLately(id string) bool {
	at, ok := t.readable[id]
	return t.unreadable[id] || ok && time.Since(at) < prompt
}

// ref is a shop's order.
type ref struct{ shop, order string }

// refsOf are the shops' orders whose goods an order in Linnworks holds.
func (l *lab) refsOf(o linnworks.OrderDetails) []ref {
	if refs, ok := l.made[o.OrderID]; ok {
		return refs
	}
	if o.GeneralInfo.Source == source {
		return []ref{{o.GeneralInfo.SubSource, o.GeneralInfo.ReferenceNum}}
	}
	return nil
}

// copies are the orders in Linnworks that hold goods of the shops' orders.
func (l *lab) copies() map[ref][]linnworks.OrderDetails { return l.copiesOf(l.linn.Orders()) }

func (l *lab) copiesOf(orders []linnworks.OrderDetails) map[ref][]linnworks.OrderDetails {
	m := map[ref][]linnworks.OrderDetails{}
	for _, o := range orders {
		for _, r := range l.refsOf(o) {
			m[r] = append(m[r], o)
		}
	}
	return m
}

func (l *lab) isMended(r ref) bool {
	for _, s := range l.shops {
		if _, ok := s.truth.mended[r.order]; ok && s.name == r.shop {
			return true
		}
	}
	return false
}

type stockKey struct{ sku, warehouseID string }

// beginPass notes what the bridge can know.
func (s *shop) beginPass() {
	s.passing = s
	clear(s.truth.peak)
	clear(s.truth.unheard)
	clear(s.truth.shown)
	s.truth.blind = false
	for id := range s.truth.over {
		delete(s.truth.locked, id)
	}
	clear(s.truth.over)
	s.truth.known = map[string]bool{}
	for _, o := range s.tiktok.Orders() {
		s.truth.known[o.ID] = true
	}
	s.observe()
}

// observe notes what is free now.
func (l *lab) observe() {
	l.step++
	s := l.passing
	if s == nil {
		return
	}
	free := s.freeParts(time.Now())
	asHeard := free
	for _, at := range s.lockedAt {
		if at.After(s.truth.heard) {
			asHeard = s.freeParts(s.truth.heard)
			break
		}
	}
	for _, it := range s.items {
		for i, id := range warehouseIDs {
			key := stockKey{it.skuID, id}
			s.truth.peak[key] = max(s.truth.peak[key], it.freeAt(free, i))
			s.truth.unheard[key] = max(s.truth.unheard[key], it.freeAt(asHeard, i))
			shown, _ := s.tiktok.Stock(it.skuID, id)
			s.truth.shown[key] = max(s.truth.shown[key], shown)
		}
	}
}

func (s *shop) cancelled(id string) {
	s.step++
	if _, have := s.truth.cancelledAt[id]; !have {
		s.truth.cancelledAt[id] = s.step
	}
}

type partKey struct {
	sku      string
	location int
}

// freeParts is what is free of every single item for the shop: what Linnworks has,
// less what this shop has sold, and any other as far as its bridge has looked, and
// Linnworks does not hold yet, or has given free because of a lock up to a moment.
func (s *shop) freeParts(locks time.Time) map[partKey]int {
	free := map[partKey]int{}
	parts := map[string]map[string]int{}
	for _, it := range s.items {
		parts[it.skuID] = it.parts
		if len(it.parts) > 0 {
			continue
		}
		parts[it.skuID] = map[string]int{it.sku: 1}
		if s.absent == it.sku {
			continue
		}
		for i, location := range s.locations {
			level, err := s.linn.Level(it.sku, location)
			if err != nil {
				s.violate("the lab could not read a level: %v", err)
			}
			free[partKey{it.sku, i}] = level.Available
		}
	}
	orders := s.linn.Orders()
	held := s.copiesOf(orders)
	s.takeLocked(free, orders, locks)
	for _, other := range s.shops {
		known := other.truth.counted
		if other == s {
			known = s.truth.known
		}
		for _, o := range other.tiktok.Orders() {
			if !sold[o.Status] || !known[o.ID] || len(held[ref{other.name, o.ID}]) > 0 || other.truth.poisonedLately(o.ID) {
				continue
			}
			at := max(0, slices.Index(warehouseIDs, o.WarehouseID))
			for _, line := range o.LineItems {
				// What another shop's orders of a new item take its own bridge has to find.
				if line.CancelUser != "" || other != s && line.SKUID == s.later().skuID {
					continue
				}
				for sku, n := range parts[line.SKUID] {
					free[partKey{sku, at}] -= n
				}
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
	shop *shop
	stock.Publisher
}

func (w watchedPublisher) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	w.shop.observe() // the bridge itself frees stock when it cancels
	t := &w.shop.truth
	for _, sku := range p.SKUs {
		sent, free := 0, 0
		for _, s := range sku.Stock {
			key := stockKey{sku.ID, s.WarehouseID}
			most := max(t.peak[key]-w.shop.kept, 0)
			sent, free = sent+s.Quantity, free+most
			if t.blind || t.locked[sku.ID] > 0 { // a cut may still leave more than are free
				most = max(most, t.shown[key])
			}
			if 0 <= s.Quantity && s.Quantity <= most {
				continue
			}
			wrong := fmt.Sprintf("%s: %d published in warehouse %s, at most %d were free", sku.SKU, s.Quantity, s.WarehouseID, most)
			if s.Quantity > most && s.Quantity <= min(t.shown[key], t.unheard[key]-w.shop.kept) {
				t.tooHigh = append(t.tooHigh, wrong)
			} else {
				w.shop.violate("%s", wrong)
			}
		}
		if locked := t.locked[sku.ID]; locked > 0 && !t.blind && sent > max(free, locked) {
			w.shop.violate("%s: %d published, at most %d were free and %d locked", sku.SKU, sent, free, locked)
		}
	}
	return w.Publisher.PublishStock(ctx, p)
}

// watchedTouches notes when the bridge was told which orders are locked.
type watchedTouches struct {
	shop *shop
	stock.Touches
}

func (w watchedTouches) ItemsTouched(ctx context.Context, since time.Time) (stock.Touched, error) {
	at := time.Now()
	touched, err := w.Touches.ItemsTouched(ctx, since)
	if err == nil {
		w.shop.truth.asked = at
	}
	return touched, err
}

// judgeCuts judges the cuts of a pass by the error that it returned: only one that does not know
// which orders are locked may have left units of locked ones on sale.
func (s *shop) judgeCuts(err error) {
	t := &s.truth
	if !errors.Is(err, stock.ErrLocksUnknown) {
		for _, v := range t.tooHigh {
			s.violate("%s", v)
		}
		if !errors.Is(err, context.Canceled) { // a process that died may not have noted the answer
			t.heard = t.asked
		}
	}
	t.tooHigh = nil
}

// watchedShipper checks what is shipped.
type watchedShipper struct {
	shop *shop
	bridge.Shipper
}

func (w watchedShipper) Ship(ctx context.Context, s bridge.Shipment) (string, error) {
	w.before(s.Order.ID)
	warning, err := w.Shipper.Ship(ctx, s)
	w.shop.checkShipCalls(s.Order.ID)
	return warning, err
}

func (w watchedShipper) ArrangeShipping(ctx context.Context, s bridge.Shipment) (bridge.Label, error) {
	w.before(s.Order.ID)
	label, err := w.Shipper.ArrangeShipping(ctx, s)
	w.shop.checkShipCalls(s.Order.ID)
	return label, err
}

func (w watchedShipper) before(id string) {
	t := &w.shop.truth
	if at, ok := t.cancelledAt[id]; ok && at <= t.permitAt[id] {
		if o, _ := w.shop.tiktok.Order(id); o.Status == tiktokshop.OrderStatusCancelled || w.shop.pending(id) {
			w.shop.violate("order %s is being shipped although it was cancelled before its permit", id)
		}
	}
	w.shop.checkShipCalls(id)
}

// pending reports whether a cancellation of the order waits for a decision.
func (s *shop) pending(id string) bool {
	for _, c := range s.tiktok.Cancellations() {
		if c.OrderID == id && c.CancelStatus == tiktokshop.CancelStatusPending {
			return true
		}
	}
	return false
}

// trackingSent finds the number in the body of a ship call.
var trackingSent = regexp.MustCompile(`"tracking_number":"([^"]*)"`)

// checkShipCalls finds ship calls of a parcel that were sent after one that had
// taken effect: a blind repetition.
func (s *shop) checkShipCalls(id string) {
	effective, parcels := 0, max(1, s.truth.parcels[id])
	done := map[string]bool{}
	for _, c := range s.shipCalls(id) {
		parcel := ""
		if m := trackingSent.FindStringSubmatch(c.Body); m != nil && parcels > 1 {
			parcel = m[1]
		}
		if done[parcel] {
			s.violate("order %s: a ship call was repeated blindly after one had taken effect", id)
		}
		if c.Code == 0 && c.Status == http.StatusOK {
			effective++
			done[parcel] = true
		}
	}
	if effective > parcels {
		s.violate("order %s was shipped %d times", id, effective)
	}
	if effective > 0 && !s.truth.shipped[id] {
		s.truth.shipped[id] = true
		s.report.Shipped++
	}
}

// permitReads notes when the Gate read an order: a permit cannot know what
// happens later.
type permitReads struct {
	shop *shop
	bridge.OrderSource
}

func (p permitReads) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	for _, id := range ids {
		p.shop.truth.permitAt[id] = p.shop.step
	}
	return p.OrderSource.OrdersByID(ctx, ids)
}

// noFaults is the context of the people's own calls.
func noFaults() context.Context { return context.Background() }

// shipOperations are the calls that ship; none of them may be repeated without
// looking.
var shipOperations = map[string]bool{
	"Fulfillment.MarkPackageAsShipped": true, "Fulfillment.ShipPackage": true, "Fulfillment.CreatePackages": true,
}

// shipCalls are the ship calls that reached the shop for an order.
func (s *shop) shipCalls(id string) []tiktokshoptest.Call {
	names := []string{id}
	if o, ok := s.tiktok.Order(id); ok {
		for _, line := range o.LineItems {
			if line.PackageID != "" && !slices.Contains(names, line.PackageID) {
				names = append(names, line.PackageID)
			}
		}
	}
	var list []tiktokshoptest.Call
	for _, c := range s.tiktok.Calls() {
		if shipOperations[c.Operation] && slices.ContainsFunc(names, func(name string) bool {
			return strings.Contains(c.Path, name) || strings.Contains(c.Body, name)
		}) {
			list = append(list, c)
		}
	}
	return list
}
