package bridge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// keepLedger takes the reservation at the first sight of an order, marks it
// visible once the warehouse counts its units, and drops it when the order will
// never take any.
func (im importRun) keepLedger(ctx context.Context, o Order, found []WarehouseOrder, action Action) error {
	r, have := im.reserved[o.ID]
	switch {
	case o.Status == Cancelled, action == ActionSkip, action != ActionBook && gone(o) && len(liveParts(found)) == 0:
		// Whether there is one or not: another process may have taken it since.
		return im.ports.Ledger.DropReservations(ctx, o.ID)
	case !counts(found):
		if !have {
			r.SeenAt = im.options.Now().UTC()
		}
		return im.ports.Ledger.PutReservations(ctx, im.reservation(o, r.SeenAt, time.Time{}, unseenWhy(found)))
	case have && r.VisibleAt.IsZero():
		return im.ports.Ledger.PutReservations(ctx, im.reservation(o, r.SeenAt, im.options.Now().UTC(), ""))
	}
	return nil
}

// reserveUnknown counts the units of an order that the warehouse could not be
// asked about. If it holds the order they are counted twice until the next run:
// too little stock for a while is better than too much.
func (im importRun) reserveUnknown(ctx context.Context, o Order) error {
	if _, have := im.reserved[o.ID]; have || o.Status == Cancelled || gone(o) || o.ShippingModel == FulfilledByTikTok {
		return nil
	}
	return im.ports.Ledger.PutReservations(ctx, im.reservation(o, im.options.Now().UTC(), time.Time{}, store.UnseenUnknown))
}

func (im importRun) reservation(o Order, seen, visible time.Time, unseen store.Unseen) store.Reservation {
	r := store.Reservation{
		OrderID: o.ID, Lines: reservedLines(o, im.known, im.location(o)), Items: map[string]int{}, LocationID: im.location(o),
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

func (im *Importer) location(o Order) string {
	if o.ShippingModel == FulfilledByTikTok {
		return cmp.Or(im.options.PlatformLocation, im.options.DefaultLocation)
	}
	if l, ok := im.options.Locations[o.WarehouseID]; ok {
		return l
	}
	return im.options.DefaultLocation
}
