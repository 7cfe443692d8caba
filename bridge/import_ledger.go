package bridge

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// readReserved reads the reservations again, now that nobody else works on the orders:
// [Importer.Reserve] may have put one since the run began, and one that nobody knows of is
// never marked visible.
func (b *importBatch) readReserved(ctx context.Context) {
	tasks := b.still(func(*importing) bool { return true })
	if len(tasks) == 0 {
		return
	}
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.order.ID
	}
	reserved, err := b.ports.Ledger.ReservationsOf(ctx, ids...)
	if err != nil {
		for _, t := range tasks {
			_, have := b.reserved[t.order.ID]
			t.result.Unseen = !have && takes(t.order)
		}
		b.failAll(tasks, fmt.Errorf("reading the ledger: %w", err))
		return
	}
	for _, id := range ids {
		delete(b.reserved, id)
	}
	maps.Copy(b.reserved, reserved)
}

// keepLedger takes the reservations at the first sight of orders, marks them visible
// once the warehouse counts their units, and drops those of orders that will never
// take any: with two calls for all of them.
func (b *importBatch) keepLedger(ctx context.Context) {
	var puts []store.Reservation
	var drops []string
	var put, dropped []*importing
	for _, t := range b.still(func(*importing) bool { return true }) {
		o, found := t.order, slices.Concat(t.found, liveParts(t.foreign))
		r, have := b.reserved[o.ID]
		switch {
		case o.Status == Cancelled, t.action == ActionSkip, t.action != ActionBook && gone(o) && len(liveParts(found)) == 0:
			// Whether there is one or not: another process may have taken it since.
			drops, dropped = append(drops, o.ID), append(dropped, t)
		case !counts(found):
			if !have {
				r.SeenAt = b.options.Now().UTC()
			}
			if now := b.reservation(o, t.place, r.SeenAt, time.Time{}, unseenWhy(found)); !reflect.DeepEqual(now, r) { // it is as it was just put
				puts, put = append(puts, now), append(put, t)
			}
		case have && r.VisibleAt.IsZero():
			puts, put = append(puts, b.reservation(o, t.place, r.SeenAt, b.options.Now().UTC(), "")), append(put, t)
		}
	}
	if len(drops) > 0 {
		if err := b.ports.Ledger.DropReservations(ctx, drops...); err != nil {
			b.failAll(dropped, fmt.Errorf("freeing what is reserved: %w", err))
		}
	}
	b.reserve(ctx, puts, put)
}

// reserve puts the reservations of orders, all or none.
func (b *importBatch) reserve(ctx context.Context, puts []store.Reservation, tasks []*importing) {
	if len(puts) == 0 {
		return
	}
	if err := b.ports.Ledger.PutReservations(ctx, puts...); err != nil {
		for i, t := range tasks {
			// Nothing counts the units of an order that neither side had before.
			_, have := b.reserved[t.order.ID]
			t.result.Unseen = t.result.Unseen || !have && puts[i].VisibleAt.IsZero()
		}
		b.failAll(tasks, fmt.Errorf("reserving its units: %w", err))
	}
}

// unasked counts the units of an order that the warehouse could not be asked about, or
// says that nothing does.
func (b *importBatch) unasked(ctx context.Context, t *importing) error {
	err := b.reserveUnknown(ctx, t.order)
	t.result.Unseen = t.result.Unseen || err != nil
	return err
}

// reserveUnknown counts the units of an order that the warehouse could not be
// asked about. If it holds the order they are counted twice until the next run:
// too little stock for a while is better than too much.
func (im importRun) reserveUnknown(ctx context.Context, o Order) error {
	if _, have := im.reserved[o.ID]; have || !takes(o) {
		return nil
	}
	return im.ports.Ledger.PutReservations(ctx, im.reservation(o, im.placesOf(o)[0], im.options.Now().UTC(), time.Time{}, store.UnseenUnknown))
}

// takes reports whether an order takes units of the seller's stock that have not left.
func takes(o Order) bool {
	return o.Status != Cancelled && !gone(o) && o.ShippingModel != FulfilledByTikTok
}

func (im importRun) reservation(o Order, place string, seen, visible time.Time, unseen store.Unseen) store.Reservation {
	r := store.Reservation{
		OrderID: o.ID, Lines: reservedLines(o, im.known, place), Items: map[string]int{}, LocationID: place,
		CreatedAt: o.CreatedAt.UTC(), SeenAt: seen, VisibleAt: visible, Unseen: unseen,
	}
	for _, line := range r.Lines {
		for id, n := range line.Items {
			r.Items[id] += n
		}
	}
	return r
}

// reservedLines is what the lines of an order take from the stock of a location,
// where their listings are known. A bundle that the warehouse does not know takes its
// components.
func reservedLines(o Order, known catalogue.Lookup, location string) []store.ReservedLine {
	var lines []store.ReservedLine
	for _, line := range sortedLines(o.Lines) {
		if line.Cancelled {
			continue
		}
		r := store.ReservedLine{LineID: line.ID, SKUID: line.Listing.ID, SKU: line.Listing.SellerSKU, Items: map[string]int{}}
		add := func(l catalogue.SKU, quantity int) (catalogue.Item, error) {
			item, err := known.Item(l)
			if err != nil {
				return item, err
			}
			parts, err := item.PartsAt(location, quantity)
			for id, n := range parts {
				r.Items[id] += n
			}
			return item, err
		}
		if item, err := add(line.Listing, 1); err == nil {
			r.SKU = item.SKU
		} else {
			for _, c := range line.Components {
				_, _ = add(c.Listing, c.Quantity) // an unknown one is raised when the order is mapped
			}
		}
		for _, c := range line.Components {
			if r.Components == nil {
				r.Components = map[string]int{}
			}
			r.Components[c.Listing.ID] += c.Quantity
		}
		lines = append(lines, r)
	}
	return lines
}

// counts reports whether the warehouse takes all units of an order off its free
// stock. It does not for an order that is cancelled there or locked, nor for a
// line that is not linked to an item.
func counts(found []WarehouseOrder) bool { return unseenWhy(found) == "" }

// unseenWhy says why the warehouse does not count an order, or nothing if it
// does.
func unseenWhy(found []WarehouseOrder) store.Unseen {
	live := liveParts(found)
	switch {
	case len(found) == 0:
		return store.UnseenAbsent
	case len(live) == 0:
		return store.UnseenDropped
	case slices.ContainsFunc(live, func(w WarehouseOrder) bool { return w.State == Locked }):
		return store.UnseenLocked
	case slices.ContainsFunc(live, func(w WarehouseOrder) bool { return len(unlinkedLines(w)) > 0 }):
		return store.UnseenUnlinked
	}
	return ""
}

func unlinkedLines(w WarehouseOrder) []string {
	if w.State == Processed {
		return nil
	}
	var list []string
	for _, line := range w.Lines {
		if line.Unlinked {
			list = append(list, fmt.Sprintf("%s (SKU %s)", line.LineID, line.SKU))
		}
	}
	return list
}
