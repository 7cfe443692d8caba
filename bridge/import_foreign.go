package bridge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// noteTwin is the note of an order that others have put into the warehouse too, with the
// warehouse's id of theirs.
const noteTwin = "twin"

// NoteForeign is told what others have put into the warehouse, as a list of it shows; see
// [WarehouseOrder.Foreign]. It returns the shop orders among them that the bridge knows
// and that have not left: give them to [Intake.Hint]. The import then looks them up by
// their references, and tells people of what is there twice. Those that it does not know
// yet may be of any shop; it keeps their references in memory, the last 20,000 at the least,
// and looks for one of them before it creates that order. Without it, an order that somebody
// enters by hand is not noticed.
//
// A [Sync] has the warehouse's list read before its first import, back to where its dispatch
// queue has read it last: what was entered while no bridge ran is in it. Until that list has
// been read every new order is looked for.
func (im *Importer) NoteForeign(ctx context.Context, orders ...WarehouseOrder) (ids []string, err error) {
	twins, strange := map[string]string{}, map[string]bool{}
	for _, w := range orders {
		if w.Foreign != "" && w.Reference != "" && w.State != Dropped {
			twins[w.Reference], strange[w.Reference] = w.ID, strange[w.Reference] || !w.Sibling
		}
	}
	for references := range slices.Chunk(slices.Sorted(maps.Keys(twins)), maxImportBatch) {
		records, _, err := im.ports.Records.RecordsOf(ctx, references...)
		if err != nil {
			return ids, fmt.Errorf("bridge: import: reading what was imported: %w", err)
		}
		for _, reference := range references {
			if _, have := records[reference]; !have && strange[reference] {
				im.strangers.add(reference)
			}
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
	im.strangers.await(false)
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

// strangers are references that others gave to orders which the bridge does not know, those
// of the last mostStrangers at the least.
type strangers struct {
	mu          sync.Mutex
	late, early map[string]bool
	awaited     bool // nobody has read yet what there is
}

// await says whether it is still to be read what others have made.
func (s *strangers) await(yet bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited = yet
}

func (s *strangers) isAwaited() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.awaited
}

const mostStrangers = 20_000

func (s *strangers) add(reference string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.late) >= mostStrangers {
		s.early, s.late = s.late, nil
	}
	if s.late == nil {
		s.late = map[string]bool{}
	}
	s.late[reference] = true
}

// mayHave reports whether others have made an order of the reference, for all that is known.
func (s *strangers) mayHave(reference string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.awaited || s.late[reference] || s.early[reference]
}
