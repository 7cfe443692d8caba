package stock

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// ZeroedList names the list of [store.Revisits] that has the SKUs, by the shop's ids, whose
// stock the shop sets to zero because the bridge cancels them there as out of stock. Due is
// until when such a zero is expected. [bridge.Revoker] writes it, in whichever process, and
// the engines of all processes go by it.
const ZeroedList = "stock/zeroed"

// NoteZeroed writes down that the shop sets SKUs to zero about now, for engines with
// [Ports].Zeroed.
func NoteZeroed(ctx context.Context, list store.Revisits, now time.Time, skuIDs ...string) error {
	entries := make([]store.Revisit, len(skuIDs))
	for i, id := range skuIDs {
		entries[i] = store.Revisit{OrderID: id, Due: now.UTC().Add(expectZero)}
	}
	if err := list.PutRevisits(ctx, ZeroedList, entries...); err != nil {
		return fmt.Errorf("stock: noting what the shop sets to zero: %w", err)
	}
	return nil
}

// ReadZeroed takes in the zeros that the shop was made to set, by any process: such SKUs
// are looked at now and once more when no zero is expected any longer. Without
// [Ports].Zeroed there are none. [Engine.Push] and [Engine.Run] call it.
func (e *Engine) ReadZeroed(ctx context.Context) error {
	if e.ports.Zeroed == nil {
		return nil
	}
	entries, err := e.ports.Zeroed.Revisits(ctx, ZeroedList)
	if err != nil {
		return e.failed(fmt.Errorf("reading what the shop sets to zero: %w", err))
	}
	now := e.now()
	var fresh, over []string
	e.mu.Lock()
	known := e.zeroed
	e.zeroed = make(map[string]time.Time, len(entries))
	for _, z := range entries {
		if now.After(z.Due) {
			over = append(over, z.OrderID)
			continue
		}
		e.zeroed[z.OrderID] = z.Due
		if !known[z.OrderID].Equal(z.Due) {
			fresh = append(fresh, z.OrderID)
		}
	}
	e.mu.Unlock()
	if len(fresh) > 0 {
		e.book.ExpectZero(fresh...)
		e.wakeUp()
	}
	if len(over) == 0 {
		return nil
	}
	if err := e.ports.Zeroed.DropRevisits(ctx, ZeroedList, over...); err != nil {
		return e.failed(fmt.Errorf("forgetting what the shop was expected to set to zero: %w", err))
	}
	e.book.ExpectZero(over...) // whatever it was that came so late
	e.wakeUp()
	return nil
}
