package linnworkstest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Values of OrderGeneralInfo.Status and Marker that the fake acts on.
const (
	statusUnpaid = 0
	statusPaid   = 1
	lastStatus   = 4
	markerParked = 7
)

// order is an order as kept. HoldOrCancel means locked while the order is open
// and cancelled once it is processed.
type order struct {
	linnworks.OrderDetails
	cancelledOn linnworks.Time
	discount    linnworks.Decimal // of the order as a whole
	held        []hold
	history     []linnworks.OrderAuditTrail
	labels      []Label
	printed     *PrintedLabel // what an application made
	refunds     []*refund
	bookings    []*rma

	draft, merged    bool
	gone             bool // merged into or split up into other orders
	unmergeable      bool
	resend, exchange bool
	processingNote   bool // to be acknowledged
	fulfilment       string

	updated linnworks.Time // the last change
	change  int            // and its number
}

// orderChange is an entry of the log of changes. It is the order's last one if
// the order has the same number.
type orderChange struct {
	o      *order
	number int
	at     time.Time
}

// hold is stock that an order reserves.
type hold struct {
	item  *item
	at    linnworks.GUID
	units int
}

func (o *order) open() bool      { return !o.Processed }
func (o *order) parked() bool    { return o.GeneralInfo.IsParked }
func (o *order) locked() bool    { return o.open() && o.GeneralInfo.HoldOrCancel }
func (o *order) stopped() bool   { return o.parked() || o.locked() }
func (o *order) cancelled() bool { return o.Processed && o.GeneralInfo.HoldOrCancel }
func (o *order) paid() bool      { return o.GeneralInfo.Status != statusUnpaid }

func (o *order) is(source, subSource string) bool {
	return strings.EqualFold(o.GeneralInfo.Source, source) && strings.EqualFold(o.GeneralInfo.SubSource, subSource)
}

func (o *order) park(on bool) {
	o.GeneralInfo.IsParked, o.GeneralInfo.Marker = on, 0
	if on {
		o.GeneralInfo.Marker = markerParked
	}
}

// touch records that an order changed now.
func (f *Fake) touch(o *order) {
	o.updated = f.timestamp()
	if n := len(f.changes); n > 0 { // whatever the clock does, the log is in order
		if last := f.changes[n-1].at; last.After(o.updated.Time) {
			o.updated.Time = last
		}
	}
	o.change = f.next("change")
	if len(f.changes) > 2*len(f.orders)+64 {
		f.changes = slices.DeleteFunc(f.changes, orderChange.stale)
	}
	f.changes = append(f.changes, orderChange{o, o.change, o.updated.Time})
}

// stale tells that the order changed again, or is no more.
func (c orderChange) stale() bool { return c.o.change != c.number }

// note records what happened to an order in its audit trail.
func (f *Fake) note(o *order, kind, text string, args ...any) {
	f.touch(o)
	o.history = append(o.history, linnworks.OrderAuditTrail{
		Date: o.updated, Note: fmt.Sprintf(text, args...), Type: kind, TypeDescription: kind, OrderHistoryTypeID: kind, User: user,
	})
}

// move changes an order and keeps its reservation right: open orders that are
// not locked hold the units of their lines at their location.
func (f *Fake) move(o *order, change func()) {
	for _, h := range o.held {
		h.item.stock(h.at).inOrders -= h.units
	}
	change()
	o.held = nil
	if o.open() && !o.gone && (!o.locked() || !f.quirks[LocksFreeStock]) {
		o.held = f.needed(o)
	}
	for _, h := range o.held {
		h.item.stock(h.at).inOrders += h.units
	}
	f.touch(o)
}

// needed lists the tracked units that an order takes, of kits the components'.
func (f *Fake) needed(o *order) []hold {
	var out []hold
	var add func(lines []linnworks.OrderItem)
	add = func(lines []linnworks.OrderItem) {
		for _, line := range lines {
			it := f.byItemID[line.StockItemID]
			switch {
			case line.IsService || it == nil:
			case it.computed(o.GeneralInfo.Location):
				add(line.CompositeSubItems)
			case it.tracked(o.GeneralInfo.Location):
				out = append(out, hold{it, o.GeneralInfo.Location, line.Quantity})
			}
		}
	}
	add(o.Items)
	return out
}

// view is the order as served at this moment: a copy, with the stock of its
// lines.
func (f *Fake) view(o *order) linnworks.OrderDetails {
	d := o.OrderDetails
	if f.redacted(o) {
		d.CustomerInfo = linnworks.OrderCustomerInfo{}
	}
	d.Items = f.viewLines(d.Items, d.GeneralInfo.Location)
	d.ExtendedProperties = slices.Clone(d.ExtendedProperties)
	d.Notes = slices.Clone(d.Notes)
	d.FolderName = slices.Clone(d.FolderName)
	d.GeneralInfo.Identifiers = slices.Clone(d.GeneralInfo.Identifiers)
	d.GeneralInfo.PickwaveIDs = slices.Clone(d.GeneralInfo.PickwaveIDs)
	return d
}

// redacted tells that the buyer's data was to be removed by now.
func (f *Fake) redacted(o *order) bool {
	days := o.GeneralInfo.PIIRedactionDays
	return days > 0 && o.Processed && f.quirks[PIIRedacted] && !f.now().Before(o.ProcessedDateTime.AddDate(0, 0, days))
}

func (f *Fake) viewLines(lines []linnworks.OrderItem, at linnworks.GUID) []linnworks.OrderItem {
	out := slices.Clone(lines)
	for i := range out {
		line := &out[i]
		line.AdditionalInfo = slices.Clone(line.AdditionalInfo)
		line.CompositeSubItems = f.viewLines(line.CompositeSubItems, at)
		it := f.byItemID[line.StockItemID]
		if it == nil {
			continue
		}
		n := f.level(it, at)
		line.StockLevelsSpecified, line.MinimumLevel = true, it.minimumLevel(at)
		line.Level, line.InOrderBook, line.AvailableStock = n.OnHand, n.InOrders, n.Available
		if it.composite() {
			line.CompositeAvailablity = n.Available
		}
	}
	return out
}

// Order returns an order, open or processed.
func (f *Fake) Order(orderID linnworks.GUID) (linnworks.OrderDetails, bool) {
	defer f.begin()()
	o := f.byOrderID[id(orderID)]
	if o == nil {
		return linnworks.OrderDetails{}, false
	}
	return f.view(o), true
}

// Orders returns all orders, open and processed, oldest first; not those that
// were split up, merged or deleted.
func (f *Fake) Orders() []linnworks.OrderDetails {
	defer f.begin()()
	f.orders = slices.DeleteFunc(f.orders, func(o *order) bool { return o.gone })
	return f.views(f.orders)
}

// OrdersByReference returns a channel's orders with a reference number, oldest
// first.
func (f *Fake) OrdersByReference(source, subSource, reference string) []linnworks.OrderDetails {
	defer f.begin()()
	return f.views(slices.DeleteFunc(slices.Clone(f.byRef[strings.ToLower(reference)]), func(o *order) bool {
		return o.gone || !o.is(source, subSource)
	}))
}

// AuditTrail returns what happened to an order so far.
func (f *Fake) AuditTrail(orderID linnworks.GUID) []linnworks.OrderAuditTrail {
	defer f.begin()()
	if o := f.byOrderID[id(orderID)]; o != nil {
		return slices.Clone(o.history)
	}
	return nil
}

// inOpen reports whether lists of open orders hold an order: see [WithReadLag].
func (f *Fake) inOpen(o *order) bool {
	if o.gone || o.draft && !f.quirks[DraftsListed] {
		return false
	}
	return o.open() || o.NumOrderID%2 == 1 && f.lagging(o)
}

// inProcessed reports whether lists of processed orders hold an order.
func (f *Fake) inProcessed(o *order) bool {
	return o.Processed && (o.NumOrderID%2 != 0 || !f.lagging(o))
}

func (f *Fake) lagging(o *order) bool {
	return f.readLag > 0 && o.Processed && f.now().Sub(o.ProcessedDateTime.Time) < f.readLag
}

// openOrders returns the orders that lists of open orders hold, by number.
func (f *Fake) openOrders() []*order {
	f.unfinished = slices.DeleteFunc(f.unfinished, func(o *order) bool {
		return o.gone || o.Processed && !f.lagging(o)
	})
	return slices.DeleteFunc(slices.Clone(f.unfinished), func(o *order) bool { return !f.inOpen(o) })
}

func (f *Fake) views(orders []*order) []linnworks.OrderDetails {
	out := []linnworks.OrderDetails{}
	for _, o := range orders {
		out = append(out, f.view(o))
	}
	return out
}

// openOrder finds an order for the fake's own methods.
func (f *Fake) openOrder(method string, orderID linnworks.GUID) (*order, error) {
	o := f.byOrderID[id(orderID)]
	if o == nil {
		return nil, fmt.Errorf("linnworkstest: %s: there is no order %s", method, orderID)
	}
	if !o.open() {
		return nil, wrongState(method, o)
	}
	return o, nil
}

// wrongState says what state keeps an order from something.
func wrongState(method string, o *order) error {
	return fmt.Errorf("linnworkstest: %s: order %d (%s, reference %s) is %s", method, o.NumOrderID, o.OrderID, o.GeneralInfo.ReferenceNum, o.state())
}

func (o *order) state() string {
	switch {
	case o.cancelled():
		return "cancelled"
	case o.Processed:
		return "processed"
	case o.parked():
		return "parked"
	case o.locked():
		return "locked"
	case !o.paid():
		return "not paid"
	}
	return "open"
}

// find finds an order for an operation.
func (f *Fake) find(orderID linnworks.GUID) (*order, error) {
	o := f.byOrderID[orderID]
	if o == nil {
		return nil, refuse("Unable to find order ID")
	}
	return o, nil
}

// eachOpen does what visit says to the open ones among the orders and returns
// the ids of those that it changed.
func (f *Fake) eachOpen(ids []linnworks.GUID, visit func(*order) bool) []linnworks.GUID {
	changed := []linnworks.GUID{}
	for _, g := range ids {
		if o := f.byOrderID[g]; o != nil && o.open() && visit(o) {
			changed = append(changed, o.OrderID)
		}
	}
	return changed
}
