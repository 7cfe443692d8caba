package bridge

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// noteTwin is the note of an order that others have put into the warehouse too, with the
// warehouse's id of theirs.
const noteTwin = "twin"

// NoteForeign is told what others have put into the warehouse, as a list of it shows; see
// [WarehouseOrder.Foreign]. It returns the shop orders among them that the bridge knows
// and that have not left: give them to [Intake.Hint]. The import then looks them up by
// their references, and tells people of what is there twice. Without it, an order that
// somebody enters by hand after the bridge has imported it is not noticed.
func (im *Importer) NoteForeign(ctx context.Context, orders ...WarehouseOrder) (ids []string, err error) {
	twins := map[string]string{}
	for _, w := range orders {
		if w.Foreign != "" && w.Reference != "" && w.State != Dropped {
			twins[w.Reference] = w.ID
		}
	}
	for references := range slices.Chunk(slices.Sorted(maps.Keys(twins)), maxImportBatch) {
		records, _, err := im.ports.Records.RecordsOf(ctx, references...)
		if err != nil {
			return ids, fmt.Errorf("bridge: import: reading what was imported: %w", err)
		}
		maps.DeleteFunc(records, func(_ string, r store.Record) bool {
			return !r.EndedAt.IsZero() || sent(Order{Status: OrderStatus(r.Status)})
		})
		if len(records) == 0 {
			continue
		}
		known := slices.Sorted(maps.Keys(records))
		if err := im.noteTwins(ctx, known, records, twins); err != nil {
			return ids, fmt.Errorf("bridge: import: noting what is in the warehouse twice: %w", err)
		}
		ids = append(ids, known...)
	}
	return ids, nil
}

// noteTwins writes the notes under the orders' locks: an import that is at work on one of
// them would put its own in their place.
func (im *Importer) noteTwins(ctx context.Context, ids []string, records map[string]store.Record, twins map[string]string) error {
	ctx, unlock, err := lockOrders(ctx, im.ports.Locks, ids)
	if err != nil {
		return err
	}
	defer unlock()
	_, err = store.UpdateRecords(ctx, im.ports.Records, func(r *store.Record) { r.SetNote(noteTwin, twins[r.OrderID]) },
		slices.Collect(maps.Values(records))...)
	return err
}
