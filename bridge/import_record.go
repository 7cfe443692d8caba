package bridge

import (
	"context"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// AddressWriter changes the address of an order that waits in the warehouse.
type AddressWriter interface {
	SetAddress(ctx context.Context, order WarehouseOrder, address Address) error
}

// noteBooking is the note of an order that is being imported as shipped.
const noteBooking = "booking"

// importNotes are the notes that the importer answers for.
var importNotes = []string{noteBooking}

// setNote sets a note of a record, or drops it.
func setNote(r *store.Record, name, text string) {
	if r.Notes[name] == text {
		return
	}
	r.Notes = maps.Clone(r.Notes) // a record is a value: others may hold the map
	if r.Notes == nil {
		r.Notes = map[string]string{}
	}
	if r.Notes[name] = text; text == "" {
		delete(r.Notes, name)
	}
}

// ownLines are the shop's line ids of an order.
type ownLines map[string]bool

func linesOf(o Order) ownLines {
	own := ownLines{}
	for _, line := range o.Lines {
		own[line.ID] = true
	}
	return own
}

// of returns the order's lines that are in a line of the warehouse. That one has
// the id of the first, followed by a number if it is a component of a bundle.
func (own ownLines) of(line WarehouseLine) []string {
	var ids []string
	for _, id := range line.ShopLineIDs {
		if own[id] {
			ids = append(ids, id)
		}
	}
	bundle := line.LineID
	if i := strings.LastIndexByte(bundle, '-'); i >= 0 {
		bundle = bundle[:i]
	}
	for _, id := range []string{line.LineID, bundle} {
		if own[id] && len(ids) == 0 {
			ids = []string{id}
		}
	}
	return ids
}

// others is how many of the shop's lines that a line of the warehouse was created for
// are another order's.
func (own ownLines) others(line WarehouseLine) (n int) {
	for _, id := range line.FromLineIDs {
		if !own[id] {
			n++
		}
	}
	return n
}

// shareOf is the part of what was found that belongs to the order: of a merged
// order its own lines, under its own reference.
func shareOf(o Order, found []WarehouseOrder) []WarehouseOrder {
	own, shares := linesOf(o), slices.Clone(found)
	for i, w := range shares {
		if w.Merged {
			shares[i] = own.share(o.ID, w)
		}
	}
	return shares
}

// share is a merged order with nothing but the lines of one shop order.
func (own ownLines) share(orderID string, merged WarehouseOrder) WarehouseOrder {
	merged.Reference = orderID
	merged.Lines = slices.DeleteFunc(slices.Clone(merged.Lines), func(line WarehouseLine) bool { return len(own.of(line)) == 0 })
	return merged
}

// foundRecord is the record of an order, with what was found of it.
func foundRecord(r store.Record, o Order, found []WarehouseOrder) store.Record {
	own := linesOf(o)
	r.OrderID, r.WarehouseIDs, r.Lines = o.ID, nil, map[string]string{}
	for _, w := range found {
		r.WarehouseIDs = append(r.WarehouseIDs, w.ID)
		for _, line := range w.Lines {
			for _, id := range own.of(line) {
				if r.Lines[id] == "" {
					r.Lines[id] = line.LineID
				}
			}
		}
	}
	slices.Sort(r.WarehouseIDs)
	r.WarehouseIDs = slices.Compact(r.WarehouseIDs)
	return r
}

// addressMark tells addresses of one order apart. It is zero for no address.
// Addresses of different orders have nothing to do with one another.
func addressMark(orderID string, a Address) uint64 {
	if a == (Address{}) {
		return 0
	}
	h := fnv.New64a()
	for _, s := range []string{orderID, a.Name, a.Company, a.Line1, a.Line2, a.Line3, a.Town, a.Region, a.Postcode, a.Country, a.Phone, a.Email, a.Instructions} {
		_, _ = io.WriteString(h, s+"\xff")
	}
	return max(h.Sum64(), 1)
}
