package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// ReferenceWriter shows references in the shop.
type ReferenceWriter interface {
	// WriteReferences writes references over those that there are. refused are the
	// orders that the shop does not take, and why; the others are written. An error
	// means that nobody knows, and that all have to be written again.
	WriteReferences(ctx context.Context, references []Reference) (refused map[string]error, err error)
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

// ReferencePorts are what a [References] works on.
type ReferencePorts struct {
	Records    ReferenceRecords
	Shop       ReferenceWriter
	Exceptions Exceptions
}

// ReferenceOptions configure a [References]. Zero values take the defaults.
type ReferenceOptions struct {
	// RetryRefused is the time after which a refused reference is tried again.
	// Default 24 hours.
	RetryRefused time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// References writes the ids of imported orders into the shop, so that
// people find one from the other. It is a link for people and programs that look,
// not a lock: nothing in this package reads it. What was written is recorded and
// not written again, unless the order has another id, after a merge.
type References struct {
	ports   ReferencePorts
	options ReferenceOptions
}

// NewReferences checks ports and options.
func NewReferences(p ReferencePorts, o ReferenceOptions) (*References, error) {
	if err := required("NewReferences", map[string]any{"Records": p.Records, "Shop": p.Shop, "Exceptions": p.Exceptions}); err != nil {
		return nil, err
	}
	if o.RetryRefused < 0 {
		return nil, fmt.Errorf("bridge: NewReferences: RetryRefused is negative: %v", o.RetryRefused)
	}
	o.RetryRefused, o.Now = cmp.Or(o.RetryRefused, 24*time.Hour), clock(o.Now)
	return &References{ports: p, options: o}, nil
}

// ReferenceResult is what a run did.
type ReferenceResult struct {
	Written, Refused int
}

// String is one line.
func (r ReferenceResult) String() string {
	return fmt.Sprintf("%d references written, %d refused", r.Written, r.Refused)
}

// maxReferences is how many references are written in one call.
const maxReferences = 100

// Write writes what is due, 100 orders a call. An error means that some are left;
// running Write again goes on with them. A reference that the shop refuses is
// raised, and tried again after a day.
func (b *References) Write(ctx context.Context) (result ReferenceResult, err error) {
	began := b.options.Now().UTC()
	for {
		due, last, err := b.ports.Records.ReferencesDue(ctx, began.Add(-b.options.RetryRefused), maxReferences)
		if err != nil {
			return result, fmt.Errorf("bridge: references: reading what is due: %w", err)
		}
		if len(due) == 0 {
			return result, nil
		}
		refused, err := b.ports.Shop.WriteReferences(ctx, due)
		if err != nil {
			return result, fmt.Errorf("bridge: references: writing %d: %w", len(due), err)
		}
		written := make([]WrittenReference, len(due))
		for i, r := range due {
			why := refused[r.OrderID]
			written[i] = WrittenReference{OrderID: r.OrderID, WarehouseID: r.WarehouseID, At: b.options.Now().UTC(), Refused: why != nil}
			if err := b.tell(ctx, r, why, last[r.OrderID].Refused); err != nil {
				return result, err
			}
		}
		if err := b.ports.Records.PutReferences(ctx, written...); err != nil {
			return result, fmt.Errorf("bridge: references: recording what was written: %w", err)
		}
		result.Refused += len(refused)
		result.Written += len(due) - len(refused)
		if len(due) < maxReferences {
			return result, nil
		}
	}
}

func (b *References) tell(ctx context.Context, r Reference, refused error, before bool) error {
	switch {
	case refused != nil:
		return raiseAll(ctx, b.ports.Exceptions, []Exception{raise(KindReferenceRefused, "order "+r.OrderID, time.Time{},
			fmt.Sprintf("the shop does not take the warehouse order %s as the order's external reference: %v", r.WarehouseID, refused),
			"nothing hangs on it; if it goes on, look whether the order belongs to this shop")})
	case before:
		return b.ports.Exceptions.Clear(ctx, "order "+r.OrderID, KindReferenceRefused)
	}
	return nil
}

var errNoLines = errors.New("no line of the warehouse order is known to be one of the shop's")

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
