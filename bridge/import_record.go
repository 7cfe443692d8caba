package bridge

import (
	"context"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ImportRecord is what the bridge remembers of a shop order that it has sent to
// the warehouse. A merge or a person can take the order's reference away there;
// the record still knows the order. It holds nothing about the buyer.
type ImportRecord struct {
	// OrderID is the shop's order id.
	OrderID string
	// WarehouseIDs are the warehouse's ids of the orders that hold its units;
	// empty while it is not known whether the warehouse took the order.
	WarehouseIDs []string
	// Lines are the ids of the lines in the warehouse by the shop's line ids.
	Lines map[string]string
	// Address tells whether the shop has another address by now: a number made of
	// the one that the warehouse got, zero for none.
	Address uint64
	// Releasing tells that a release was begun and its end is not known: the
	// address or the rules may be missing.
	Releasing bool
}

func (r ImportRecord) clone() ImportRecord {
	r.WarehouseIDs, r.Lines = slices.Clone(r.WarehouseIDs), maps.Clone(r.Lines)
	return r
}

// ImportRecords keeps import records. They have to outlive the process: what an
// importer does not remember it has to look for, one call for each order, and an
// order that was merged meanwhile cannot be found by its reference at all.
type ImportRecords interface {
	// ImportRecords returns the records that there are of the orders given, by
	// order id. since is a moment that never goes back: of an order that was
	// imported after it, the record is not missing. It is when the store was begun;
	// a store that forgets old records moves it behind the last one forgotten.
	ImportRecords(ctx context.Context, orderIDs ...string) (records map[string]ImportRecord, since time.Time, err error)
	// PutImportRecords adds or replaces records, all or none.
	PutImportRecords(ctx context.Context, records ...ImportRecord) error
	// DropImportRecords forgets orders that a person has deleted in the warehouse,
	// so that they are imported again. Unknown ones are ignored.
	DropImportRecords(ctx context.Context, orderIDs ...string) error
}

// OrderTracer finds orders by the warehouse's own ids, whatever became of them.
type OrderTracer interface {
	// TraceOrders returns what the orders with these ids are now, by the ids given:
	// the order itself, or those that it was merged or split into. An order that is
	// gone without a successor is left out.
	TraceOrders(ctx context.Context, ids []string) (map[string][]WarehouseOrder, error)
}

// AddressWriter changes the address of an order that waits in the warehouse.
type AddressWriter interface {
	SetAddress(ctx context.Context, order WarehouseOrder, address Address) error
}

// MemoryImports is [ImportRecords] and [ReferenceRecords] in memory. The zero
// value is empty.
type MemoryImports struct {
	// Now replaces time.Now.
	Now func() time.Time

	mu      sync.Mutex
	since   time.Time
	records map[string]ImportRecord
	written map[string]WrittenReference
}

// begin is called with the lock held.
func (m *MemoryImports) begin() {
	if m.records == nil {
		m.since = clock(m.Now)().UTC()
		m.records = map[string]ImportRecord{}
	}
}

// ImportRecords implements [ImportRecords].
func (m *MemoryImports) ImportRecords(ctx context.Context, orderIDs ...string) (map[string]ImportRecord, time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, time.Time{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begin()
	found := map[string]ImportRecord{}
	for _, id := range orderIDs {
		if r, ok := m.records[id]; ok {
			found[id] = r.clone()
		}
	}
	return found, m.since, nil
}

// PutImportRecords implements [ImportRecords].
func (m *MemoryImports) PutImportRecords(ctx context.Context, records ...ImportRecord) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begin()
	for _, r := range records {
		m.records[r.OrderID] = r.clone()
	}
	return nil
}

// DropImportRecords implements [ImportRecords].
func (m *MemoryImports) DropImportRecords(ctx context.Context, orderIDs ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range orderIDs {
		delete(m.records, id)
		delete(m.written, id)
	}
	return nil
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

// shareOf is the part of what was found that belongs to the order: of a merged
// order its own lines, under its own reference.
func shareOf(o Order, found []WarehouseOrder) []WarehouseOrder {
	own, shares := linesOf(o), slices.Clone(found)
	for i, w := range shares {
		if !w.Merged {
			continue
		}
		shares[i].Reference = o.ID
		shares[i].Lines = slices.DeleteFunc(slices.Clone(w.Lines), func(line WarehouseLine) bool { return len(own.of(line)) == 0 })
	}
	return shares
}

// foundRecord is the record of an order, with what was found of it.
func foundRecord(r ImportRecord, o Order, found []WarehouseOrder) ImportRecord {
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

// Equal reports whether two records say the same.
func (r ImportRecord) Equal(other ImportRecord) bool {
	return r.OrderID == other.OrderID && slices.Equal(r.WarehouseIDs, other.WarehouseIDs) && maps.Equal(r.Lines, other.Lines) &&
		r.Address == other.Address && r.Releasing == other.Releasing
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
