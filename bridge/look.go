package bridge

import (
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// look is one order as the shop shows it, the warehouse has it and the bridge remembers
// it. The importer takes it, of up to 200 orders at once; import, release and
// cancellation are steps of it. Who has done something about the order looks again.
//
// The first look goes by the warehouse's ids, and so does not see what somebody has put
// there under the same reference. The canceller, who has to stop all of it, looks by the
// reference as well, after its first deed and before anything that it cannot undo in the
// shop. A [Dispatcher] takes looks of its own: it is told of orders by the warehouse, and
// the permits that are its look at the shop must not be older than what they permit.
type look struct {
	// order is the shop's word, of order.ReadAt.
	order Order
	// found are the bridge's orders in the warehouse, none of them merged; the reading of
	// them began at began.
	found []WarehouseOrder
	began time.Time
	// version is that of the order's record: what anybody does about an order is written
	// there.
	version int64
	// byReference reports whether found was looked for by its reference, too.
	byReference bool
}

// lookFor is how long a look may be acted upon.
const lookFor = 5 * time.Second

// good reports whether a look still holds, for somebody who has the order's lock and has
// read its record.
func (l look) good(now time.Time, record store.Record) bool {
	return len(l.found) > 0 && l.version == record.Version && recent(l.began, now)
}

func recent(began, now time.Time) bool {
	age := now.Sub(began)
	return !began.IsZero() && age >= 0 && age < lookFor
}
