package store

import (
	"context"
	"errors"
	"time"
)

// Cursor is how far something has been read.
type Cursor struct {
	// Watermark is the moment before which everything has been read.
	Watermark time.Time
	// Seen are orders near the watermark that were handled, by id, to tell what is
	// new in a window that overlaps the last one.
	Seen map[string]Mark
	// Partial is how far a run that broke off has got beyond the watermark, by what
	// it was reading, such as a status. The words are those of whoever reads it.
	Partial map[string]string
}

// Mark is the state in which an order was handled.
type Mark struct {
	UpdatedAt time.Time
	// Digest tells apart states with the same update time.
	Digest uint64
}

// Cursors keeps cursors by name.
type Cursors interface {
	// Cursor returns the zero value for a name that was never set.
	Cursor(ctx context.Context, name string) (Cursor, error)
	// SetCursor replaces a cursor. It may go back.
	SetCursor(ctx context.Context, name string, c Cursor) error
}

// Hint is word of an order.
type Hint struct {
	OrderID string
	// Version grows each time the order is hinted at, and is never used again.
	Version int64
}

// ErrTooManyHints is returned by [Hints] that are full.
var ErrTooManyHints = errors.New("store: too many hints wait: run the intake")

// Hints keeps hints until they have been followed, by the name of the list.
type Hints interface {
	// AddHint notes an order. One that is noted already gets a new version and
	// takes no more room. A list that is full returns [ErrTooManyHints].
	AddHint(ctx context.Context, list, orderID string) error
	// Hints returns a list, those that wait longest first.
	Hints(ctx context.Context, list string) ([]Hint, error)
	// DropHints forgets hints, except those that have another version by now.
	// Unknown ones are ignored.
	DropHints(ctx context.Context, list string, hints ...Hint) error
}

// Revisit is an order to look at again.
type Revisit struct {
	OrderID string
	// Due is when.
	Due time.Time
	// Attempts is how often the order failed; 0 for one that waits for the end of
	// its hold.
	Attempts int
	// LastError is the text of the last failure.
	LastError string
	// Deadline is by when the order must be shipped; zero if unknown.
	Deadline time.Time
	// Known reports whether the shop has shown the order; until then it is hearsay.
	Known bool
	// Unseen reports whether the handler has failed on the order before it could
	// look at it, every time.
	Unseen bool
	// Raised reports whether the order was put into the exception queue because it kept
	// failing.
	Raised bool
	// CaseOf is the order of the shop that a person has to do something about first: once
	// no case is open about it, the entry is due. Empty if there is none.
	CaseOf string
}

// Revisits keeps orders to look at again, one entry per order, by the name of the
// list.
type Revisits interface {
	// PutRevisits adds or replaces entries, all or none.
	PutRevisits(ctx context.Context, list string, entries ...Revisit) error
	// DropRevisits removes entries. Unknown ones are ignored.
	DropRevisits(ctx context.Context, list string, orderIDs ...string) error
	// Revisits returns a list's entries, by order id.
	Revisits(ctx context.Context, list string) ([]Revisit, error)
}
