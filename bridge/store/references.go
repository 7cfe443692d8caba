package store

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Reference says which order of the warehouse a shop order became.
type Reference struct {
	OrderID string
	// WarehouseID is the warehouse's id of the order; of a split order, of one part.
	WarehouseID string
	// Lines are the warehouse's line ids by the shop's.
	Lines map[string]string
}

// WrittenReference is what the shop was told about an order.
type WrittenReference struct {
	OrderID, WarehouseID string
	At                   time.Time
	// Refused tells that the shop did not take it.
	Refused bool
}

// ReferenceRecords tells which references have to be written. It is over the same
// store as [ImportRecords].
type ReferenceRecords interface {
	// ReferencesDue returns up to limit orders that are in the warehouse under
	// another id than the shop was told last, or whose reference the shop refused
	// before the moment given. last is what was told, if anything. Those that were
	// refused come last, the rest by order id.
	ReferencesDue(ctx context.Context, refusedBefore time.Time, limit int) (due []Reference, last map[string]WrittenReference, err error)
	// PutReferences notes what the shop was told, all or nothing.
	PutReferences(ctx context.Context, written ...WrittenReference) error
}

// ReferencesDue implements [ReferenceRecords].
func (m *MemoryImports) ReferencesDue(_ context.Context, refusedBefore time.Time, limit int) ([]Reference, map[string]WrittenReference, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []Reference
	last := map[string]WrittenReference{}
	for id, r := range m.records {
		if len(r.WarehouseIDs) == 0 {
			continue
		}
		told, ok := m.written[id]
		if ok && told.WarehouseID == r.WarehouseIDs[0] && (!told.Refused || !told.At.Before(refusedBefore)) {
			continue
		}
		if ok {
			last[id] = told
		}
		r = r.clone()
		due = append(due, Reference{OrderID: id, WarehouseID: r.WarehouseIDs[0], Lines: r.Lines})
	}
	slices.SortFunc(due, func(a, b Reference) int {
		switch x, y := last[a.OrderID].Refused, last[b.OrderID].Refused; {
		case x && !y:
			return 1
		case y && !x:
			return -1
		}
		return cmp.Compare(a.OrderID, b.OrderID)
	})
	return due[:min(len(due), limit)], last, nil
}

// PutReferences implements [ReferenceRecords].
func (m *MemoryImports) PutReferences(_ context.Context, written ...WrittenReference) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.written == nil {
		m.written = map[string]WrittenReference{}
	}
	for _, w := range written {
		m.written[w.OrderID] = w
	}
	return nil
}
