package bridge

import (
	"context"
	"hash/fnv"
	"io"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// AddressWriter changes the address of an order that waits in the warehouse.
type AddressWriter interface {
	SetAddress(ctx context.Context, order WarehouseOrder, address Address) error
}

// The notes of the importer beside those of package money: an order is being imported
// as shipped, or could not be imported.
const (
	noteBooking = "booking"
	noteBlocked = "blocked"
)

var importNotes = []string{noteBooking, noteBlocked, noteTwin, money.SaleNote}

// foundRecord is the record of an order, with what was found of it. The lines that it
// was imported as stay on record when none is left, as of a cancelled order that was
// merged with another: without them nobody knows that its goods are off.
func foundRecord(r store.Record, o Order, found []WarehouseOrder) store.Record {
	own, before := linesOf(o), r.Lines
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
	if len(r.Lines) == 0 && len(before) > 0 {
		r.Lines = before
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
