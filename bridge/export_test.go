package bridge

import (
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// What the tests outside the package look at.
const (
	LeastPace     = leastPace
	MaxOrderUnits = maxOrderUnits
	ReasonPacked  = reasonPacked
)

var (
	AddressMark   = addressMark
	Blocks        = blocks
	CheckLevels   = checkLevels
	ClearAddress  = clearAddress
	CloneSettings = Settings.clone
	Digest        = digest
	ErrNoResult   = errNoResult
	FoundRecord   = foundRecord
	LevelAt       = levelAt
	NextLevel     = nextLevel
	OrderEvidence = orderEvidence
	ShareOf       = shareOf
)

// ReservationOf is what an importer enters in the ledger.
func ReservationOf(im *Importer, known catalogue.Lookup, o Order, seen time.Time) store.Reservation {
	return importRun{Importer: im, known: known}.reservation(o, im.placesOf(o)[0], seen, time.Time{}, store.UnseenAbsent)
}

func (im *Importer) Ports() *ImportPorts        { return &im.ports }
func (d *Dispatcher) Ports() *DispatchPorts     { return &d.ports }
func (d *Dispatcher) Options() *DispatchOptions { return &d.options }
func (c *Canceller) Options() CancelOptions     { return c.options }
func (im *Importer) Options() ImportOptions     { return im.options }
func (in *Intake) Options() IntakeOptions       { return in.options }
func (v *Revoker) Options() RevokeOptions       { return v.options }
func (g *Gate) Options() GateOptions            { return g.options }
func (q *DispatchQueue) Options() DispatchQueueOptions {
	return q.options
}
func (d *Deadlines) Options() DeadlineOptions { return d.options }

func (d *Dispatcher) Carrier(w WarehouseOrder, carriers []Carrier) (Carrier, bool) {
	return d.carrier(w, carriers)
}

// OnlyOrders reports whether an error is about nothing but single orders.
func OnlyOrders(err error) bool { return failedOrders(err) != nil }
