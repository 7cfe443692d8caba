package bridge

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
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

// ReferencePorts are what a [References] works on.
type ReferencePorts struct {
	Records    store.Records
	Shop       ReferenceWriter
	Exceptions exceptions.Queue
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
	timings health.Timings
}

// NewReferences returns a References, or an error that names every missing port
// or the option that is wrong. All ports are required.
func NewReferences(p ReferencePorts, o ReferenceOptions) (*References, error) {
	if err := part.Required("bridge: NewReferences", map[string]any{"Records": p.Records, "Shop": p.Shop, "Exceptions": p.Exceptions}); err != nil {
		return nil, err
	}
	if o.RetryRefused < 0 {
		return nil, fmt.Errorf("bridge: NewReferences: RetryRefused is negative: %v", o.RetryRefused)
	}
	o.RetryRefused, o.Now = cmp.Or(o.RetryRefused, 24*time.Hour), part.Clock(o.Now)
	return &References{ports: p, options: o}, nil
}

// Health returns how the runs went so far.
func (b *References) Health() health.Flow { return b.timings.Health() }

// ReferenceResult is what a run did.
type ReferenceResult struct {
	Written, Refused int
}

// MarshalJSON returns the counts for programs.
func (r ReferenceResult) MarshalJSON() ([]byte, error) { return part.JSON(r) }

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
	defer b.timings.Measure(b.options.Now, &err)()
	began := b.options.Now().UTC()
	for {
		due, err := b.ports.Records.ReferencesDue(ctx, began.Add(-b.options.RetryRefused), maxReferences)
		if err != nil {
			return result, fmt.Errorf("bridge: references: reading what is due: %w", err)
		}
		if len(due) == 0 {
			return result, nil
		}
		references := make([]Reference, len(due))
		for i, r := range due {
			references[i] = Reference{OrderID: r.OrderID, WarehouseID: r.WarehouseIDs[0], Lines: r.Lines}
		}
		refused, err := b.ports.Shop.WriteReferences(ctx, references)
		if err != nil {
			return result, fmt.Errorf("bridge: references: writing %d: %w", len(due), err)
		}
		written := make(map[string]store.WrittenReference, len(due))
		for i, r := range references {
			why := refused[r.OrderID]
			written[r.OrderID] = store.WrittenReference{WarehouseID: r.WarehouseID, At: b.options.Now().UTC(), Refused: why != nil}
			if err := b.tell(ctx, r, why, due[i].Reference.Refused); err != nil {
				return result, err
			}
		}
		if _, err := store.UpdateRecords(ctx, b.ports.Records, func(r *store.Record) { r.Reference = written[r.OrderID] }, due...); err != nil {
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
		return b.ports.Exceptions.Raise(ctx, exceptions.New(exceptions.ReferenceRefused, exceptions.ForOrder(r.OrderID), time.Time{},
			fmt.Sprintf("the shop does not accept Linnworks order %s as the order's external reference: %v", r.WarehouseID, refused),
			"nothing else depends on it; if it does not stop, check that the order belongs to this shop"))
	case before:
		return b.ports.Exceptions.Clear(ctx, exceptions.ForOrder(r.OrderID), exceptions.ReferenceRefused)
	}
	return nil
}
