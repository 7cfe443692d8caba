package bridge

import (
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// What the tests outside the package look at.
const (
	MaxOrderUnits = maxOrderUnits
	ReasonPacked  = reasonPacked
)

var (
	AddressMark   = addressMark
	Blocks        = blocks
	CheckLevels   = checkLevels
	ClearAddress  = clearAddress
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
	return importRun{Importer: im, known: known}.reservation(o, seen, time.Time{}, store.UnseenAbsent)
}

func (im *Importer) Ports() *ImportPorts        { return &im.ports }
func (d *Dispatcher) Ports() *DispatchPorts     { return &d.ports }
func (d *Dispatcher) Options() *DispatchOptions { return &d.options }
func (c *Canceller) Options() CancelOptions     { return c.options }

func (d *Dispatcher) Carrier(w WarehouseOrder, carriers []Carrier) (Carrier, bool) {
	return d.carrier(w, carriers)
}
