package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
)

// Record is what the bridge remembers of a shop order: what it has last seen,
// where the order is in the warehouse, what the bridge itself did, and what is to
// be done. A merge or a person can take the order's reference away in the
// warehouse; the record still knows the order. It holds nothing about the buyer.
type Record struct {
	// OrderID is the shop's order id.
	OrderID string
	// Version is set by the store at each put, higher than any before it in the
	// shop. It is 0 in a record that was never put.
	Version int64

	// Status and UpdatedAt are those of the shop when it was last seen.
	Status    string
	UpdatedAt time.Time

	// WarehouseIDs are the warehouse's ids of the orders that hold its units;
	// empty while it is not known whether the warehouse took the order.
	WarehouseIDs []string
	// Lines are the ids of the lines in the warehouse by the shop's line ids.
	Lines map[string]string

	// SentAt is when the order was last sent to the warehouse; OutcomeUnknown
	// reports that it was sent and nobody knows whether it arrived.
	SentAt         time.Time
	OutcomeUnknown bool
	// Address reports whether the shop has another address by now: a number made of
	// the one that the warehouse got, zero for none.
	Address uint64
	// ParkedAt is when the bridge parked the order, ReleasedAt when it released it;
	// zero if it did not. Releasing reports that a release was begun and its end is
	// not known: the address or the rules may be missing.
	ParkedAt, ReleasedAt time.Time
	Releasing            bool
	// LabelAt is when a label was handed out to the warehouse.
	LabelAt time.Time
	// Granted is the last permit to ship the order, Held when and why it was refused last.
	Granted, Held Permit
	// Reference is what the shop was told last.
	Reference WrittenReference
	// Told are the tracking numbers that the bridge has told the shop, in that order.
	Told []Told
	// Correction is a tracking number that was changed after it was sent.
	Correction Correction
	// Notes are small facts that a part needs again, by a name of its own, such as
	// what the order came to when it was imported.
	Notes map[string]string

	// Due is when the order is to be looked at again, zero for never, and Why the
	// reason.
	Due time.Time
	Why string
	// Attempts is how often it failed since it last succeeded, LastError how.
	Attempts  int
	LastError string
	// Deadline is by when the order must be shipped; zero if unknown.
	Deadline time.Time
	// EndedAt is when the bridge found that nothing is left to do about the order.
	EndedAt time.Time
}

// WrittenReference is what the shop was told about an order.
type WrittenReference struct {
	// WarehouseID is empty if it was told nothing.
	WarehouseID string
	At          time.Time
	// Refused reports whether the shop did not take it.
	Refused bool
}

// Permit is an answer to the question whether an order may be shipped.
type Permit struct {
	// At is when the shop was asked, zero if there was no such answer. Of the same refusal
	// again and again it is the first time.
	At time.Time
	// Status and UpdatedAt are what the answer rests on: those of the order as the shop
	// showed it, or as it was last known if the shop could not be asked.
	Status    string
	UpdatedAt time.Time
	// Reason says why it was refused, or why it was granted without the shop.
	Reason string
}

// String is what the answer rests on, for people.
func (p Permit) String() string {
	s := "on an order that the shop did not show"
	if p.Status != "" {
		s = "on the status " + p.Status
	}
	if !p.UpdatedAt.IsZero() {
		s += ", last changed " + p.UpdatedAt.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	if p.Reason != "" {
		s += "; " + p.Reason
	}
	return s
}

// Told is a tracking number that the shop was told.
type Told struct {
	Tracking string
	// At is when the shop was seen to show it.
	At time.Time
}

// Correction is a tracking number that was changed after it was sent.
type Correction struct {
	From, To string
	// At is when it was begun, zero if there is none. Done reports whether the shop
	// was seen to show it.
	At   time.Time
	Done bool
}

// Clone returns a copy that shares nothing with the record.
func (r Record) Clone() Record {
	r.WarehouseIDs, r.Lines, r.Notes, r.Told = slices.Clone(r.WarehouseIDs), maps.Clone(r.Lines), maps.Clone(r.Notes), slices.Clone(r.Told)
	return r
}

// SetNote sets a note, or drops it if the text is empty. It does not touch the map of
// those who copied the record.
func (r *Record) SetNote(name, text string) {
	if r.Notes[name] == text {
		return
	}
	notes := make(map[string]string, len(r.Notes)+1)
	maps.Copy(notes, r.Notes)
	if notes[name] = text; text == "" {
		delete(notes, name)
	}
	r.Notes = notes
}

// normal is a copy as a store hands it out.
func (r Record) normal() Record {
	r = r.Clone()
	for _, moment := range []*time.Time{
		&r.UpdatedAt, &r.SentAt, &r.ParkedAt, &r.ReleasedAt, &r.LabelAt, &r.Granted.At, &r.Granted.UpdatedAt, &r.Held.At, &r.Held.UpdatedAt, &r.Reference.At, &r.Correction.At, &r.Due, &r.Deadline, &r.EndedAt,
	} {
		*moment = utc(*moment)
	}
	for i := range r.Told {
		r.Told[i].At = utc(r.Told[i].At)
	}
	return r
}

// Equal reports whether two records say the same, whatever their versions are.
func (r Record) Equal(other Record) bool {
	a, b := r.normal(), other.normal()
	for _, x := range []*Record{&a, &b} {
		x.Version = 0
		if len(x.WarehouseIDs) == 0 {
			x.WarehouseIDs = nil
		}
		if len(x.Told) == 0 {
			x.Told = nil
		}
		if len(x.Lines) == 0 {
			x.Lines = nil
		}
		if len(x.Notes) == 0 {
			x.Notes = nil
		}
	}
	return reflect.DeepEqual(a, b)
}

// ended reports whether the order may be forgotten.
func (r Record) ended() bool { return !r.EndedAt.IsZero() && r.Due.IsZero() }

// referenceDue reports whether the shop is to be told where the order is.
func (r Record) referenceDue(refusedBefore time.Time) bool {
	return r.maybeUntold() && (r.Reference.WarehouseID != r.WarehouseIDs[0] || r.Reference.At.Before(refusedBefore))
}

// maybeUntold reports whether the shop does not know where the order is.
func (r Record) maybeUntold() bool {
	return len(r.WarehouseIDs) > 0 && (r.Reference.WarehouseID != r.WarehouseIDs[0] || r.Reference.Refused)
}

// ErrStale is wrapped by the error of a put that has another version than the
// record by now: somebody else has put it meanwhile. Nothing was written. Read the
// record again and decide again, as [UpdateRecords] does.
var ErrStale = errors.New("store: the record has changed since it was read")

// Records keeps the records of a shop's orders. They have to outlive the process:
// what an importer does not remember it has to look for, one call for each order,
// and an order that was merged meanwhile cannot be found by its reference at all.
type Records interface {
	// RecordsOf returns the records that there are of the orders given, by order id.
	// since is a moment that never goes back: of an order that was imported after it,
	// the record is not missing. It is when the shop's records were begun, or the end
	// of the order that was forgotten last, if that is later.
	RecordsOf(ctx context.Context, orderIDs ...string) (records map[string]Record, since time.Time, err error)
	// PutRecords adds or replaces records, all or none, and returns their new
	// versions. A record must have the version that it was read with, or was given by
	// the last put, and 0 if there is none yet: otherwise the error is [ErrStale].
	// An order may be in the list only once.
	PutRecords(ctx context.Context, records ...Record) (versions []int64, err error)
	// DropRecords forgets orders that a person has deleted in the warehouse, so that
	// they are imported again. Unknown ones are ignored.
	DropRecords(ctx context.Context, orderIDs ...string) error
	// DueRecords returns up to limit records that are due at a moment or before it,
	// those due longest first and those of one moment by order id. after is the last
	// record of the page before; the first page comes after the zero record.
	DueRecords(ctx context.Context, at time.Time, after Record, limit int) ([]Record, error)
	// ReferencesDue returns up to limit records of orders that are in the warehouse
	// under another id than the shop was told last, or whose reference the shop
	// refused before the moment given. Those that were refused come last, the rest by
	// order id.
	ReferencesDue(ctx context.Context, refusedBefore time.Time, limit int) ([]Record, error)
	// EndedRecords returns up to limit records of orders that ended before a moment and
	// are not due again, those that ended longest ago first and those of one moment by
	// order id. after is the last record of the page before; the first page comes after
	// the zero record.
	EndedRecords(ctx context.Context, before time.Time, after Record, limit int) ([]Record, error)
	// Forget forgets orders that have ended and are not due again, with their labels,
	// and returns how many. A record that has another version by now is left as it is:
	// somebody has looked at the order again.
	Forget(ctx context.Context, records ...Record) (int, error)
}

// maxUpdates is how often an update is tried: each time another writer was faster.
const maxUpdates = 100

// UpdateRecords changes records so that no other writer's change is lost, and
// returns them as they are stored. It begins with the records as the caller has
// them: an old one, or one that has nothing but an OrderID, costs a read. change is
// called with each, and again with what another writer has put meanwhile: it must
// change only what it answers for. All are changed, or none.
func UpdateRecords(ctx context.Context, kept Records, change func(*Record), have ...Record) ([]Record, error) {
	records := make([]Record, len(have))
	ids := make([]string, len(have))
	for i, r := range have {
		records[i], ids[i] = r.Clone(), r.OrderID
	}
	for try := 1; ; try++ {
		for i := range records {
			change(&records[i])
		}
		versions, err := kept.PutRecords(ctx, records...)
		if err == nil {
			for i := range records {
				records[i].Version = versions[i]
			}
			return records, nil
		}
		if !errors.Is(err, ErrStale) || try == maxUpdates {
			return nil, err
		}
		fresh, _, err := kept.RecordsOf(ctx, ids...)
		if err != nil {
			return nil, fmt.Errorf("reading records that have changed: %w", err)
		}
		for i, id := range ids {
			records[i] = fresh[id]
			records[i].OrderID = id
		}
	}
}

// utc is a moment as a store hands it out.
func utc(t time.Time) time.Time { return t.UTC().Round(0) }
