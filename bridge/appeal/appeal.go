// Package appeal collects what proves what happened to orders, and when: for a question of
// the shop, an appeal against a penalty, or a claim.
//
// [Collect] puts what is on record about orders into a [Pack]: the shop's deadlines, what
// the bridge did and when, labels, numbers of parcels, and the cases with what was done
// about them. [Pack.WritePage] is one page without anything from outside, and the pack
// encodes as JSON. [ManifestOf] lists what left on a day, with the time of hand-over: the one
// document that every appeal accepts.
//
// Nothing names the buyer, unless [Options.Buyer] asks for the address.
package appeal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Orders reads the shop's orders as they are now.
type Orders interface {
	// OrdersByID is that of [bridge.OrderSource].
	OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error)
}

// Cases lists cases, closed ones too, as far as they are kept.
type Cases interface {
	// Cases is that of [exceptions.Desk].
	Cases(ctx context.Context, filter exceptions.Filter) ([]exceptions.Case, error)
}

// Ports are what [Collect] reads. Records is required; what is nil is left out, and the pack
// says so.
type Ports struct {
	Records store.Records
	Orders  Orders
	Cases   Cases
}

// Options configure [Collect].
type Options struct {
	// Shop names the shop. Required.
	Shop string
	// Buyer asks for the address that the order was sent to. It is the buyer's data: give
	// the pack to nobody who may not see it.
	Buyer bool
	// Now replaces time.Now.
	Now func() time.Time
}

// Pack is what is on record about orders.
type Pack struct {
	Shop   string
	At     time.Time
	Orders []Order
	// Missing says what was not read, and so is not in the pack.
	Missing []string
}

// Order is what is on record about one order.
type Order struct {
	ID, Status string
	// Warehouse are the warehouse's ids of it.
	Warehouse []string
	// Deadlines are the shop's, Events what happened, both by time.
	Deadlines, Events []Event
	Parcels           []Parcel
	// Address is empty unless the options ask for it.
	Address []string
	// Known reports whether the bridge has a record of the order, RecordRead whether it could
	// be asked.
	Known, RecordRead bool
}

// Event is something that happened, or is due, at a moment.
type Event struct {
	At time.Time
	// What it is, and Source who says so: the shop, the bridge, or a case.
	What, Source string
}

// Parcel is a number that the shop shows for units of the order.
type Parcel struct {
	Tracking, Carrier string
	SKUs              []string
}

// The values of [Event].Source.
const (
	FromShop   = "shop"
	FromBridge = "bridge"
	FromCase   = "case"
)

// MarshalJSON returns the pack for programs.
func (p *Pack) MarshalJSON() ([]byte, error) { return part.JSON(*p) }

// most is how many orders a pack may have.
const most = 1000

// Collect puts a pack together, in the order of the ids. What cannot be read is named in
// Pack.Missing and in the error: the pack has the rest.
func Collect(ctx context.Context, p Ports, o Options, orderIDs ...string) (*Pack, error) {
	if p.Records == nil {
		return nil, errors.New("appeal: Collect: the port Records is missing")
	}
	if err := exceptions.CheckShop(o.Shop); err != nil {
		return nil, fmt.Errorf("appeal: Collect: Shop: %w", err)
	}
	if len(orderIDs) == 0 || len(orderIDs) > most {
		return nil, fmt.Errorf("appeal: Collect: %d orders, want from 1 to %d", len(orderIDs), most)
	}
	pack := &Pack{Shop: o.Shop, At: part.Clock(o.Now)().UTC()}
	var errs []error
	missing := func(what string, err error) {
		pack.Missing = append(pack.Missing, what)
		if err != nil {
			errs = append(errs, fmt.Errorf("appeal: reading %s: %w", what, err))
		}
	}
	records, _, notRead := p.Records.RecordsOf(ctx, orderIDs...)
	if notRead != nil {
		missing("what the bridge has done", notRead)
	}
	read := map[string]bridge.Order{}
	if p.Orders == nil {
		missing(ordersShown, nil)
	} else {
		list, err := p.Orders.OrdersByID(ctx, orderIDs)
		if err != nil {
			missing(ordersShown, err)
		}
		for _, x := range list {
			read[x.ID] = x
		}
	}
	var cases []exceptions.Case
	var err error
	if p.Cases == nil {
		missing("cases", nil)
	} else if cases, err = casesOf(ctx, p.Cases, o.Shop, orderIDs); err != nil {
		missing("cases", err)
	}
	for _, id := range orderIDs {
		x := Order{ID: id, RecordRead: notRead == nil}
		if r, ok := records[id]; ok {
			x.recorded(r)
		}
		if shown, ok := read[id]; ok {
			x.shown(shown, o.Buyer)
		} else if p.Orders != nil {
			pack.Missing = append(pack.Missing, notShown(id))
		}
		for _, c := range cases {
			if c.Concerns(id) {
				x.told(c)
			}
		}
		byTime := func(a, b Event) int { return cmp.Or(a.At.Compare(b.At), strings.Compare(a.What, b.What)) }
		slices.SortStableFunc(x.Events, byTime)
		slices.SortStableFunc(x.Deadlines, byTime)
		pack.Orders = append(pack.Orders, x)
	}
	return pack, part.Join(errs...)
}

// casesOf lists the cases that orders have to do with, and others.
func casesOf(ctx context.Context, desk Cases, shop string, orderIDs []string) ([]exceptions.Case, error) {
	every := exceptions.Filter{Shop: shop, States: []exceptions.State{exceptions.CaseOpen, exceptions.CaseResolved, exceptions.CaseCleared}}
	if len(orderIDs) > 1 {
		return desk.Cases(ctx, every)
	}
	// Of one order not every closed case is read: those of returns and parcels name it only in
	// their evidence.
	list, err := exceptions.OfOrder(ctx, desk, shop, orderIDs[0])
	if err != nil {
		return nil, err
	}
	for _, kind := range exceptions.Kinds() {
		if kind.Part == exceptions.PartReturns {
			every.Kinds = append(every.Kinds, kind.Kind)
		}
	}
	back, err := desk.Cases(ctx, every)
	if err != nil {
		return nil, err
	}
	for _, c := range back {
		if !slices.ContainsFunc(list, func(x exceptions.Case) bool { return x.Ref() == c.Ref() }) {
			list = append(list, c)
		}
	}
	return list, nil
}

func (x *Order) happened(at time.Time, source, what string) {
	if !at.IsZero() {
		x.Events = append(x.Events, Event{at.UTC(), what, source})
	}
}

// recorded adds what the bridge has on record.
func (x *Order) recorded(r store.Record) {
	x.Known, x.Status, x.Warehouse = true, r.Status, r.WarehouseIDs
	x.happened(r.SentAt, FromBridge, "sent to the warehouse")
	x.happened(r.ParkedAt, FromBridge, "held back, because the shop held it")
	x.happened(r.ReleasedAt, FromBridge, "released to the warehouse")
	x.happened(r.LabelAt, FromBridge, "label handed out to the warehouse")
	x.happened(r.Granted.At, FromBridge, "allowed to be shipped, "+r.Granted.String())
	x.happened(r.Held.At, FromBridge, "not allowed to be shipped, "+r.Held.String())
	if r.Reference.Refused {
		x.happened(r.Reference.At, FromBridge, "the shop did not take the warehouse's number of the order")
	} else {
		x.happened(r.Reference.At, FromBridge, "the shop took the warehouse's number of the order")
	}
	for _, told := range r.Told {
		x.happened(told.At, FromBridge, "the shop was told the number of the parcel, "+told.Tracking)
	}
	x.happened(r.Correction.At, FromBridge, "number of the parcel corrected from "+r.Correction.From+" to "+r.Correction.To)
	x.happened(r.EndedAt, FromBridge, "nothing left to do")
}

// shown adds what the shop shows.
func (x *Order) shown(o bridge.Order, buyer bool) {
	x.Status = string(o.Status)
	for _, e := range []struct {
		at   time.Time
		what string
	}{
		{o.CreatedAt, "placed"}, {o.PaidAt, "paid"}, {o.ShippedAt, "shipped, as the shop counts"},
		{o.CollectedAt, "collected by the carrier"}, {o.DeliveredAt, "delivered"},
	} {
		x.happened(e.at, FromShop, e.what)
	}
	for _, e := range []struct {
		at   time.Time
		what string
	}{
		{o.ShipBy, "ship by"}, {o.HandOverBy, "scanned by the carrier by"}, {o.PickUpBy, "picked up by"}, {o.CancelledBy, "cancelled unless shipped by"},
		{o.CollectBy, "cancelled unless collected by"}, {o.PromisedBy, "promised to the buyer by"},
	} {
		if !e.at.IsZero() {
			x.Deadlines = append(x.Deadlines, Event{e.at.UTC(), e.what, FromShop})
		}
	}
	x.Parcels = parcels(o)
	if a := o.Recipient; buyer {
		for _, line := range []string{a.Name, a.Company, a.Line1, a.Line2, a.Line3, a.Town, a.Region, a.Postcode, a.Country} {
			if line != "" {
				x.Address = append(x.Address, line)
			}
		}
	}
}

// Unknown reports whether both the bridge and the shop were asked, and neither knows any of
// the orders.
func (p *Pack) Unknown() bool {
	if slices.Contains(p.Missing, ordersShown) { // nobody was asked, or the answer was not read
		return false
	}
	for _, o := range p.Orders {
		if o.Known || !o.RecordRead || o.Status != "" || len(o.Events) > 0 || !slices.Contains(p.Missing, notShown(o.ID)) {
			return false
		}
	}
	return len(p.Orders) > 0
}

// ordersShown is what the shop is asked for.
const ordersShown = "orders as the shop has them"

// notShown says that the shop was asked for an order, and does not have it.
func notShown(id string) string { return "order " + id + " as the shop has it" }

// parcels are the numbers that the shop shows, in the order of the lines. What was cancelled
// after it had left is among them: that is what appeals are about.
func parcels(o bridge.Order) (list []Parcel) {
	for _, l := range o.Lines {
		if l.Tracking == "" {
			continue
		}
		number := part.Tracking(l.Tracking)
		i := slices.IndexFunc(list, func(p Parcel) bool { return p.Tracking == number })
		if i < 0 {
			i, list = len(list), append(list, Parcel{Tracking: number, Carrier: l.Carrier})
		}
		list[i].SKUs = append(list[i].SKUs, l.Listing.SellerSKU)
	}
	return list
}

// told adds what a case says about the order. Notes of people are left out: they may name
// the buyer.
func (x *Order) told(c exceptions.Case) {
	x.happened(c.First, FromCase, string(c.Kind)+": "+c.Seen)
	x.happened(c.ClosedAt, FromCase, string(c.Kind)+": "+string(c.State))
}
