package returns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Parcel is goods that have come back.
type Parcel struct {
	// ID tells the parcels of a return or an order apart, such as the carrier's number. The
	// same parcel twice is booked once.
	ID string
	// ReturnID is the return that it is of, or the cancellation of a parcel that could not
	// be delivered; empty for goods that nobody announced: then OrderID is the shop's order.
	ReturnID, OrderID string
	// Units are what is in it. A return whose goods come in several parcels stays open for
	// the rest.
	Units []ReceivedUnit
	// LocationID is where the goods go. Default that of the [Rules].
	LocationID string
}

// ReceivedUnit is a unit of an order that has come back.
type ReceivedUnit struct {
	OrderLineID string
	// Scrap is for what cannot be sold again: it does not go into stock.
	Scrap bool
}

// check returns what is wrong with the parcel by itself.
func (p Parcel) check() error {
	var errs []error
	if strings.TrimSpace(p.ID) == "" || strings.Contains(p.ID, "/") {
		errs = append(errs, errors.New("ID is missing, or has a slash in it"))
	}
	if (p.ReturnID == "") == (p.OrderID == "") {
		errs = append(errs, errors.New("ReturnID or OrderID: exactly one of them is needed"))
	}
	if len(p.Units) == 0 {
		errs = append(errs, errors.New("Units is empty"))
	}
	seen := map[string]bool{}
	for _, u := range p.Units {
		if seen[u.OrderLineID] {
			errs = append(errs, fmt.Errorf("Units: unit %s is there twice", u.OrderLineID))
		}
		seen[u.OrderLineID] = true
	}
	return part.Join(errs...)
}

// unannounced stands before the id of a parcel that belongs to no return.
const unannounced = "parcel/"

func (p Parcel) reference() string {
	if p.ReturnID == "" {
		return unannounced + p.ID
	}
	return p.ReturnID + "/" + p.ID
}

// Receive books the goods of a parcel into stock, or scraps them, once however often it
// is called. Goods that nobody announced become a case of customer service too. The shop
// is told nothing: see [Watch.Decide] and [Rules].
//
// An error that says that the outcome is not known asks for the same call again later.
func (m *Mirror) Receive(ctx context.Context, p Parcel) error {
	fail := func(err error) error { return fmt.Errorf("returns: receiving parcel %s: %w", p.ID, err) }
	if err := p.check(); err != nil {
		return fail(err)
	}
	ctx, unlock, err := m.ports.Locks.Lock(ctx, mirrorLock)
	if err != nil {
		return fail(err)
	}
	defer unlock()
	r, err := m.returnOf(ctx, p)
	if err != nil {
		return fail(err)
	}
	orderID := cmp.Or(p.OrderID, r.OrderID)
	records, _, err := m.ports.Records.RecordsOf(ctx, orderID)
	if err != nil {
		return fail(err)
	}
	orders, err := m.ports.Warehouse.SentOrders(ctx, orderID, records[orderID].WarehouseIDs)
	if err != nil {
		return fail(err)
	}
	bookings, err := m.bookings(p, orders)
	if err != nil {
		return fail(err)
	}
	state, err := m.load(ctx)
	if err != nil {
		return fail(err)
	}
	for i, s := range orders {
		if b := bookings[i]; len(b.Rows) > 0 {
			if err := m.receive(ctx, state, orderID, r, s, b); err != nil {
				return fail(err)
			}
			delete(state.Parcels, p.reference()) // it is known to be booked, and the next order is not sent yet
		}
	}
	if err := m.save(ctx, state); err != nil {
		return fail(err)
	}
	if err := m.turnedUp(ctx, state, orderID, p.Units); err != nil {
		return fail(fmt.Errorf("it is booked, and its claim could not be closed: %w", err))
	}
	if p.ReturnID != "" {
		return nil
	}
	e := exceptions.New(exceptions.GoodsUnannounced, exceptions.ForOrder(p.OrderID), time.Time{},
		fmt.Sprintf("%s came back in parcel %s, and no return was asked for", part.Count(len(p.Units), "unit"), part.Tracking(p.ID)),
		"look why it came back, and agree with the buyer: a refund, or the goods again")
	if err := m.ports.Exceptions.Raise(ctx, e); err != nil {
		return fail(fmt.Errorf("it is booked, and its case could not be raised: %w", err))
	}
	return nil
}

// returnOf is the return of a parcel, which all of its units have to be of; zero if it is
// of none.
func (m *Mirror) returnOf(ctx context.Context, p Parcel) (Return, error) {
	if p.ReturnID == "" {
		return Return{}, nil
	}
	found, err := m.ports.Shop.Returns(ctx, []string{p.ReturnID})
	if err != nil {
		return Return{}, fmt.Errorf("reading return %s: %w", p.ReturnID, err)
	}
	if len(found) == 0 && m.ports.Cancellations != nil {
		if found, err = m.ports.Cancellations.Cancellations(ctx, []string{p.ReturnID}); err != nil {
			return Return{}, fmt.Errorf("reading cancellation %s: %w", p.ReturnID, err)
		}
	}
	at := slices.IndexFunc(found, func(r Return) bool { return r.ID == p.ReturnID })
	if at < 0 {
		return Return{}, fmt.Errorf("the shop has no return %s: compare its id with Seller Center", p.ReturnID)
	}
	for _, u := range p.Units {
		if !slices.ContainsFunc(found[at].Lines, func(l Line) bool { return l.OrderLineID == u.OrderLineID }) {
			return Return{}, fmt.Errorf("unit %s is not of return %s: receive it as another parcel, of its order", u.OrderLineID, p.ReturnID)
		}
	}
	return found[at], nil
}

// bookings are what has to be booked for a parcel, for each of the orders.
func (m *Mirror) bookings(p Parcel, orders []Sent) ([]GoodsBooking, error) {
	placed := map[string]bool{}
	list := make([]GoodsBooking, len(orders))
	for i, s := range orders {
		if s.Dropped {
			continue // another holds its units, or none was sent
		}
		list[i] = GoodsBooking{
			WarehouseID: s.ID, Reference: p.reference(), Note: "parcel " + p.ID, LocationID: cmp.Or(p.LocationID, m.options.Location, s.LocationID),
		}
		for _, row := range s.Rows {
			lines, scrap := 0, 0
			for _, u := range p.Units {
				if slices.Contains(row.LineIDs, u.OrderLineID) {
					placed[u.OrderLineID] = true
					if lines++; u.Scrap || m.options.Scrap {
						scrap++
					}
				}
			}
			if lines > 0 {
				list[i].Rows = append(list[i].Rows, GoodsRow{RowID: row.ID, Quantity: row.units(lines), Scrap: row.units(scrap)})
			}
		}
		if len(list[i].Rows) > 0 && !s.Gone {
			return nil, fmt.Errorf("Linnworks order %s was not sent: nothing of it can come back", s.Number)
		}
	}
	for _, u := range p.Units {
		if !placed[u.OrderLineID] {
			return nil, fmt.Errorf("unit %s is on no order of Linnworks that was sent: compare it with the order in the shop", u.OrderLineID)
		}
	}
	return list, nil
}

// errUnsettled asks for patience.
var errUnsettled = errors.New("it was sent to Linnworks a short while ago, and it is not known whether it arrived: receive it again in a quarter of an hour")

// receive books what came of one order.
func (m *Mirror) receive(ctx context.Context, state *mirrorState, orderID string, r Return, s Sent, b GoodsBooking) error {
	find := func(orders []Sent) (BookedGoods, bool) {
		for _, o := range orders {
			for _, g := range o.Goods {
				if o.ID == s.ID && g.Reference == b.Reference {
					return g, true
				}
			}
		}
		return BookedGoods{}, false
	}
	g, there := find([]Sent{s})
	if there && g.Done {
		return nil
	}
	if !there {
		if at, sent := state.Parcels[b.Reference]; sent && m.options.Now().Sub(at) < m.options.Settle {
			return errUnsettled
		}
		if err := m.makeRoom(ctx, state, r, s, b); err != nil {
			return err
		}
		state.Parcels[b.Reference] = m.options.Now().UTC()
		if err := m.save(ctx, state); err != nil {
			return err
		}
		if err := m.ports.Warehouse.BookGoods(ctx, b); err != nil {
			if _, refused := errors.AsType[*exceptions.RefusedError](err); refused {
				delete(state.Parcels, b.Reference)
				err = errors.Join(err, m.save(ctx, state))
			}
			return err
		}
		again, err := m.ports.Warehouse.SentOrders(ctx, orderID, []string{s.ID})
		if err != nil {
			return fmt.Errorf("reading the booking back: %w", err)
		}
		if g, there = find(again); !there {
			return errUnsettled
		}
	}
	return m.ports.Warehouse.FinishGoods(ctx, s.ID, g.ID)
}

// makeRoom sees to it that a parcel can be booked: what is expected of its return makes
// way, and the next run expects what is left of it.
func (m *Mirror) makeRoom(ctx context.Context, state *mirrorState, r Return, s Sent, b GoodsBooking) error {
	var expected []BookedGoods
	for _, g := range s.Goods {
		if r.ID != "" && g.Reference == r.ID && !g.Done {
			expected = append(expected, g)
		}
	}
	wanted := r.rows(s)
	for _, row := range b.Rows {
		ours, all := row.Quantity, row.Quantity
		for _, g := range s.Goods {
			if slices.ContainsFunc(expected, func(e BookedGoods) bool { return e.ID == g.ID }) {
				continue
			}
			if all += g.quantity(row.RowID); mine(g.Reference, r.ID) {
				ours += g.quantity(row.RowID)
			}
		}
		most := slices.IndexFunc(wanted, func(w GoodsRow) bool { return w.RowID == row.RowID })
		if all > s.quantity(row.RowID) || r.ID != "" && ours > wanted[most].Quantity {
			return errors.New("more has come back than there was, or it was booked in before: look at the returns of the order in Linnworks")
		}
	}
	if o := state.Open[r.key()]; o != nil && len(expected) > 0 { // it is not a person who deletes them
		o.Awaited = nil
		if err := m.save(ctx, state); err != nil {
			return err
		}
	}
	for _, g := range expected {
		if err := m.ports.Warehouse.DropGoods(ctx, g.ID); err != nil {
			return fmt.Errorf("making room for it: %w", err)
		}
	}
	return nil
}
