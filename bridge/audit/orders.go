package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// ShopOrders reads the shop's orders. tiktokadapter.Shop is one.
type ShopOrders interface {
	// OrdersCreated returns the orders that were created in [from, to). One that cannot be
	// read has its id and Unreadable.
	OrdersCreated(ctx context.Context, from, to time.Time) ([]ShopOrder, error)
	// KnownOrders returns those of the ids that are orders of the shop, whenever they were
	// created.
	KnownOrders(ctx context.Context, ids []string) (map[string]bool, error)
}

// ShopOrder is an order as the shop has it.
type ShopOrder struct {
	ID, Unreadable string
	// State is the shop's word for it.
	State     string
	ChangedAt time.Time
	// Due reports that the warehouse should have it: it is paid, and not for the shop's own
	// warehouse. Void: all of it is cancelled. Told: the shop knows of a shipment. Sent: the
	// parcel has left.
	Due, Void, Told, Sent bool
	// LineIDs are the units that are not cancelled.
	LineIDs []string
	// Total is what the order is worth to the seller, if that can be told: not of one of
	// which a part is cancelled.
	Total      money.Amount
	TotalKnown bool
	// Tracking are the numbers that the seller gave, none where the shop's carrier has its own.
	Tracking []string
}

// BookedOrders reads the warehouse's orders. linnworksadapter.Warehouse is one.
type BookedOrders interface {
	// OrdersBooked returns the shop's orders that were received in [from, to), and open ones
	// of any time and source. unread are the shop's ids of those that could not be read.
	OrdersBooked(ctx context.Context, from, to time.Time) (list []BookedOrder, unread map[string]string, err error)
}

// BookedOrder is an order as the warehouse has it: a part of one if it was split there.
type BookedOrder struct {
	// Number is what people see, References the shop's orders in it: several if orders were
	// merged.
	Number     string
	References []string
	// Foreign is where it comes from, if the bridge did not make it.
	Foreign               string
	Void, Sent            bool
	ReceivedAt, ChangedAt time.Time
	// LineIDs are the shop's units in it, if they are known.
	LineIDs    []string
	LinesKnown bool
	Total      money.Amount
	TotalKnown bool
	Tracking   string
}

// moving is how long after a change the two sides need not agree yet.
const moving = time.Hour

// orders compares the orders of a period on both sides.
func (r *run) orders(ctx context.Context) error {
	from, to := r.options.OrdersFrom, r.options.OrdersTo
	var (
		ours            []ShopOrder
		booked          []BookedOrder
		lost            map[string]string
		ofShop, ofHouse error
	)
	part.SideBySide(func() { ours, ofShop = r.Orders.OrdersCreated(ctx, from, to) }, func() {
		// An order is received when it was created. The margin is for hand-made ones.
		booked, lost, ofHouse = r.Booked.OrdersBooked(ctx, from.Add(-24*time.Hour), to.Add(24*time.Hour))
	})
	if ofShop != nil {
		return fmt.Errorf("of the shop: %w", ofShop)
	}
	if ofHouse != nil {
		return fmt.Errorf("of the warehouse: %w", ofHouse)
	}
	ours = lastRead(ours, func(o ShopOrder) string { return o.ID }, func(o ShopOrder) time.Time { return o.ChangedAt })
	booked = lastRead(booked, func(b BookedOrder) string { return b.Number }, func(b BookedOrder) time.Time { return b.ChangedAt })
	byID := map[string][]BookedOrder{}
	for _, b := range booked {
		for _, id := range b.References {
			byID[id] = append(byID[id], b)
		}
	}
	var unread []error
	for id, why := range lost {
		unread = append(unread, fmt.Errorf("order %s of the warehouse: %s", id, why))
	}
	refunded, notRead := r.refundedOrders(ctx, ours, byID)
	if notRead != nil {
		unread = append(unread, fmt.Errorf("refunds of the warehouse: %w", notRead))
	}
	seen := map[string]bool{}
	for _, o := range ours {
		seen[o.ID] = true
		_, halfRead := lost[o.ID]
		back, asked := refunded[o.ID]
		switch {
		case asked && back == nil: // the error says so
		case len(back) > 0: // sent, cancelled and paid back: the amounts are the reconciliation's
			r.sawOrder(o.ID)
		case o.Unreadable != "":
			unread = append(unread, fmt.Errorf("order %s of the shop: %s", o.ID, o.Unreadable))
		case halfRead || r.moves(o.ChangedAt) || slices.ContainsFunc(byID[o.ID], func(b BookedOrder) bool { return r.moves(b.ChangedAt) }):
		default:
			r.sawOrder(o.ID)
			r.order(o, byID[o.ID])
		}
	}
	r.report.Orders = len(seen)
	if err := r.unknown(ctx, byID, seen); err != nil {
		unread = append(unread, err)
	}
	slices.SortFunc(unread, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return part.Join(unread...)
}

// lastRead drops what came twice, as on pages of a list that moved: of what differs, what
// changed last counts.
func lastRead[T any](list []T, id func(T) string, changed func(T) time.Time) []T {
	at := map[string]int{} // in kept
	var kept []T
	for _, v := range list {
		i, twice := at[id(v)]
		switch {
		case !twice || id(v) == "":
			at[id(v)] = len(kept)
			kept = append(kept, v)
		case changed(v).After(changed(kept[i])):
			kept[i] = v
		}
	}
	return kept
}

// refundedOrders reads what the warehouse has paid back of orders that it has sent and the
// shop has cancelled afterwards. Of one that could not be read there is nil.
func (r *run) refundedOrders(ctx context.Context, ours []ShopOrder, booked map[string][]BookedOrder) (map[string][]finance.Refund, error) {
	if r.Refunds == nil {
		return nil, nil
	}
	var ids []string
	for _, o := range ours {
		live := slices.DeleteFunc(slices.Clone(booked[o.ID]), func(b BookedOrder) bool { return b.Void })
		if o.Unreadable == "" && o.Void && len(live) > 0 && !slices.ContainsFunc(live, func(b BookedOrder) bool { return !b.Sent }) {
			ids = append(ids, o.ID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	found, err := r.Refunds.Refunds(ctx, ids)
	all := make(map[string][]finance.Refund, len(ids))
	for _, id := range ids {
		all[id] = found[id]
	}
	return all, err
}

func (r *run) moves(changed time.Time) bool { return changed.After(r.report.At.Add(-moving)) }

func (r *run) sawOrder(id string) {
	if r.report.sawOrders == nil {
		r.report.sawOrders = map[string]bool{}
	}
	r.report.sawOrders[exceptions.ForOrder(id)] = true
}

// unknown looks for orders of the warehouse that the shop does not know.
func (r *run) unknown(ctx context.Context, booked map[string][]BookedOrder, seen map[string]bool) error {
	var ids []string
	for id, list := range booked {
		if !seen[id] && slices.ContainsFunc(list, func(b BookedOrder) bool {
			return b.Foreign == "" && !b.Void && !r.moves(b.ChangedAt) && !b.ReceivedAt.Before(r.options.OrdersFrom) && b.ReceivedAt.Before(r.options.OrdersTo)
		}) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	known, err := r.Orders.KnownOrders(ctx, ids)
	if err != nil {
		return fmt.Errorf("asking the shop for %s of the warehouse: %w", part.Count(len(ids), "order"), err)
	}
	for _, id := range ids {
		if !known[id] { // one that is known is of another period, and was not compared
			r.sawOrder(id)
			r.find(OrderUnknown, exceptions.ForOrder(id), "", "Linnworks has it as "+numbers(booked[id])+", and the shop does not know it",
				"find out who made it; if the shop's order has another id, correct the reference, otherwise cancel it")
		}
	}
	return nil
}

func numbers(list []BookedOrder) string {
	texts := make([]string, len(list))
	for i, b := range list {
		texts[i] = b.Number
		if b.Foreign != "" {
			texts[i] += " (from " + b.Foreign + ")"
		}
	}
	return strings.Join(texts, ", ")
}

// order compares one order of the shop with those of the warehouse that are it.
func (r *run) order(o ShopOrder, booked []BookedOrder) {
	object := exceptions.ForOrder(o.ID)
	live := slices.DeleteFunc(slices.Clone(booked), func(b BookedOrder) bool { return b.Void })
	sent := 0
	for _, b := range live {
		if b.Sent {
			sent++
		}
	}
	state := ""
	switch {
	case len(booked) == 0:
		if o.Due && !o.Void {
			r.find(OrderMissing, object, "", "the shop has it as "+o.State+", and Linnworks does not have it", "look for a case of the order that says why; if there is none, tell the integrator its id")
		}
		return
	case o.Void && sent > 0:
		state = "the shop has cancelled it, and Linnworks has sent " + numbers(live)
	case o.Void && len(live) > 0:
		state = "the shop has cancelled it, and in Linnworks " + numbers(live) + " is open"
	case o.Void:
		return
	case len(live) == 0 && o.Due:
		state = "Linnworks has cancelled " + numbers(booked) + ", and the shop has it as " + o.State
	case len(live) == 0:
		return
	case o.Sent && sent < len(live):
		state = "the shop has it as " + o.State + ", and in Linnworks a part of it is not processed: " + numbers(live)
	case !o.Told && sent == len(live):
		state = "Linnworks has sent " + numbers(live) + ", and the shop has it as " + o.State
	}
	if state != "" {
		r.find(OrderStates, object, "", state, "find out which side is right, and correct the other by hand")
	}
	if r.doubled(object, live) || state != "" {
		return // lines and totals would say the same again
	}
	r.lines(object, o, live)
	r.total(object, o, live)
	if shop := o.Tracking; sent == len(live) && len(shop) > 0 {
		for _, b := range live {
			if b.Tracking != "" && !slices.ContainsFunc(part.Trackings(b.Tracking), func(n string) bool { return slices.Contains(shop, n) }) {
				r.find(OrderTracking, object, "", fmt.Sprintf("Linnworks has %s for %s, and the shop %s", b.Tracking, b.Number, strings.Join(shop, ", ")),
					"look both up on the carrier's website, and correct the wrong one; the shop allows that once, within 72 hours of shipping")
			}
		}
	}
}

// doubled looks for units that are in two orders, and for an order that others made too.
func (r *run) doubled(object string, live []BookedOrder) bool {
	units, twice, foreign := map[string]string{}, "", 0
	for _, b := range live {
		if b.Foreign != "" {
			foreign++
		}
		for _, id := range b.LineIDs {
			if first, ok := units[id]; ok && first != b.Number {
				twice = first + " and " + b.Number
			}
			units[id] = b.Number
		}
	}
	switch {
	case twice != "":
		r.find(OrderDoubled, object, "", "the same units are in "+twice+" of Linnworks", "cancel the one without a parcel before it is picked")
	case foreign > 0 && len(live) > 1:
		r.find(OrderDoubled, object, "", "Linnworks has it as "+numbers(live), "cancel the one that the bridge did not make, and switch off what made it")
	default:
		return false
	}
	return true
}

func (r *run) lines(object string, o ShopOrder, live []BookedOrder) {
	has := map[string]bool{}
	for _, b := range live {
		if !b.LinesKnown || b.Foreign != "" {
			return // hand-made, or changed by people: nobody can tell
		}
		if len(b.References) > 1 {
			return
		}
		for _, id := range b.LineIDs {
			has[id] = true
		}
	}
	lacks := 0
	for _, id := range o.LineIDs {
		if !has[id] {
			lacks++
		}
		delete(has, id)
	}
	if lacks+len(has) > 0 {
		r.find(OrderLines, object, "", fmt.Sprintf("of %s in the shop %d are not in %s of Linnworks, which has %d that are cancelled or of another order", part.Count(len(o.LineIDs), "unit"), lacks, numbers(live), len(has)),
			"compare both orders line by line, before it is packed")
	}
}

func (r *run) total(object string, o ShopOrder, live []BookedOrder) {
	if !o.TotalKnown {
		return
	}
	sum := money.Amount{Currency: o.Total.Currency}
	for _, b := range live {
		if !b.TotalKnown || b.Foreign != "" || len(b.References) > 1 {
			return
		}
		if b.Total.Currency != sum.Currency { // two currencies are never added up
			r.find(OrderTotal, object, "", fmt.Sprintf("it is worth %s in the shop, and %s of it in Linnworks order %s", o.Total, b.Total, b.Number),
				"have the order in Linnworks in the currency of the shop, or note why it is not")
			return
		}
		sum.Minor += b.Total.Minor
	}
	if sum != o.Total {
		r.find(OrderTotal, object, "", fmt.Sprintf("it is worth %s in the shop, and %s in Linnworks", o.Total, sum),
			"compare the properties of the order that begin with tiktok. with its price details in the shop, and correct the order or note why it differs")
	}
}

// Shelf is what is shown in the shop and should be, as the stock engine knows it.
type Shelf interface {
	// StockLines returns what is known of every listing. The error wraps
	// [errors.ErrUnsupported] where nothing is, as in a process that publishes no stock.
	StockLines(ctx context.Context) ([]StockLine, error)
}

// StockLine is the stock of a listing in a warehouse of the shop.
type StockLine struct {
	SKUID, SKU, WarehouseID string
	// Shown is what the shop shows, Wanted what it should; Why says what keeps one from
	// being the other.
	Shown, Wanted int
	Why           string
	// Unknown says why nobody knows what it should show; the numbers mean nothing then.
	Unknown string
}

// object is what a finding about it is about.
func (l StockLine) object() string {
	return fmt.Sprintf("stock of %s in warehouse %s", cmp.Or(l.SKU, l.SKUID), l.WarehouseID)
}

func (l StockLine) key() string { return l.SKUID + "|" + l.WarehouseID }

// shelf reads what differs now: what still does at the end of the audit is told of, for a
// number on its way is no fault.
func (r *run) shelf(ctx context.Context) error {
	lines, err := r.Shelf.StockLines(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		r.noShelf = true
		r.cannotSay(StockHigh, StockLow)
		r.byHand("what the shop shows of each SKU, and should: the process that ran this audit publishes no stock; look at the page of the one that does")
		return nil
	}
	if err != nil {
		return err
	}
	r.differed = map[string]StockLine{}
	for _, l := range lines {
		if l.Unknown != "" {
			r.cannotSayOf(l.object())
		} else if l.Shown != l.Wanted {
			r.differed[l.key()] = l
		}
	}
	return nil
}

// shelfAgain tells of what differs as it did.
func (r *run) shelfAgain(ctx context.Context) error {
	if r.noShelf {
		return nil
	}
	if r.differed == nil {
		return errors.New("it could not be read at the beginning")
	}
	before := maps.Clone(r.differed)
	if err := r.shelf(ctx); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(r.differed)) {
		now := r.differed[key]
		if before[key] != now {
			continue
		}
		rule, seen := StockLow, fmt.Sprintf("%d are shown and %d should be", now.Shown, now.Wanted)
		if now.Shown > now.Wanted {
			rule = StockHigh
		}
		why := now.Why
		if why == "" {
			why = "nobody knows why"
		}
		r.find(rule, now.object(), "", seen+": "+why,
			"mend what keeps the number back; if nobody knows, look for a case of the SKU, or tell the integrator")
	}
	return nil
}
