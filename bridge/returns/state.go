package returns

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// stateValue is the name under which a mirror keeps what it has begun, and mirrorLock
// that of the lock that is held while anything is booked.
const (
	stateValue = "returns mirrored"
	mirrorLock = "returns mirrored"
)

// mirrorState is what a mirror has to remember.
type mirrorState struct {
	// Seen is up to when, by the shop's clock, every change was read.
	Seen time.Time
	// Open are the returns about which something is left to do or to remember, by id.
	Open map[string]*opened
	// Settled is when those last changed about which nothing is left to do, by the shop's
	// clock, as long as they may be read again.
	Settled map[string]time.Time `json:",omitempty"`
	// Parcels are those that were sent to the warehouse and not confirmed, by reference.
	Parcels map[string]time.Time
}

// opened is what was done about a return.
type opened struct {
	OrderID string
	Since   time.Time
	// RefundSent and GoodsSent are when a booking was last sent, as long as nobody knows
	// whether it arrived.
	RefundSent, GoodsSent time.Time `json:",omitzero"`
	// RefundedAt is when it was first seen refunded, Booked whether the refund was found
	// booked.
	RefundedAt time.Time `json:",omitzero"`
	Booked     bool      `json:",omitzero"`
	// Claimed reports that its parcel was told of as lost, which is remembered in case it
	// turns up.
	Claimed bool `json:",omitzero"`
	// Adopted is the refund, booked by a person, that is taken to be this one's.
	Adopted string `json:",omitzero"`
	// Awaited are the bookings of its goods that were seen in the warehouse and not done, by id.
	Awaited map[string]awaited `json:",omitempty"`
	// Missing is since when the shop has not shown it, although it was asked for it by id.
	Missing time.Time `json:",omitzero"`
	// Done reports that nothing is left to do.
	Done bool `json:",omitzero"`
}

// awaited is a booking of goods.
type awaited struct {
	// WarehouseID is the order that it is on, Gone since when it is not.
	WarehouseID string
	Gone        time.Time `json:",omitzero"`
}

// keepFor is how long something is remembered. Nothing that is left to do is forgotten before
// a person is told.
const keepFor = 120 * 24 * time.Hour

// load reads the state.
func (m *Mirror) load(ctx context.Context) (*mirrorState, error) {
	s := &mirrorState{}
	text, known, err := m.ports.Values.Value(ctx, stateValue)
	if err == nil && known {
		err = json.Unmarshal(text, s)
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is begun: %w", err)
	}
	if s.Open == nil {
		s.Open = map[string]*opened{}
	}
	if s.Settled == nil {
		s.Settled = map[string]time.Time{}
	}
	if s.Parcels == nil {
		s.Parcels = map[string]time.Time{}
	}
	return s, nil
}

// save writes the state.
func (m *Mirror) save(ctx context.Context, s *mirrorState) error {
	now := m.options.Now()
	for id, o := range s.Open {
		if o.Done && now.Sub(o.Since) > keepFor {
			delete(s.Open, id)
		}
	}
	for reference, at := range s.Parcels {
		if now.Sub(at) > keepFor {
			delete(s.Parcels, reference)
		}
	}
	text, err := json.Marshal(s)
	if err == nil {
		err = m.ports.Values.PutValue(ctx, stateValue, text)
	}
	if err != nil {
		return fmt.Errorf("writing down what is begun: %w", err)
	}
	return nil
}
