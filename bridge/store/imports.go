package store

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
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
		m.since = part.Clock(m.Now)().UTC()
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

// Equal reports whether two records say the same.
func (r ImportRecord) Equal(other ImportRecord) bool {
	return r.OrderID == other.OrderID && slices.Equal(r.WarehouseIDs, other.WarehouseIDs) && maps.Equal(r.Lines, other.Lines) &&
		r.Address == other.Address && r.Releasing == other.Releasing
}
