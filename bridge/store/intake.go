package store

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Cursor is how far something has been read.
type Cursor struct {
	// Watermark is the moment before which everything has been read.
	Watermark time.Time
	// Seen are orders near the watermark that were handled, by id, to tell what is
	// new in a window that overlaps the last one.
	Seen map[string]Mark
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
	// SetCursor replaces a cursor, all of it or nothing.
	SetCursor(ctx context.Context, name string, c Cursor) error
}

// Hint is word of an order.
type Hint struct {
	OrderID string
	// Version grows each time the order is hinted at.
	Version int64
}

// ErrTooManyHints is returned by [Hints] that are full.
var ErrTooManyHints = errors.New("store: too many hints wait: run the intake")

// Hints keeps hints until they have been followed, by the name of the list.
type Hints interface {
	// AddHint notes an order. One that is noted already gets a new version and
	// takes no more room. A store that is full returns [ErrTooManyHints].
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
	// Known tells that the shop has shown the order; until then it is hearsay.
	Known bool
	// Unseen tells that the handler has failed on the order before it could look
	// at it, every time.
	Unseen bool
	// Raised tells that the order was put into the exception queue.
	Raised bool
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

// MemoryIntake is [Cursors], [Hints] and [Revisits] in memory. The zero value is
// empty.
type MemoryIntake struct {
	// HintLimit is how many orders one list of hints takes. Default 10,000.
	HintLimit int

	mu       sync.Mutex
	cursors  map[string]Cursor
	version  int64
	hints    map[string]map[string]memoryHint
	revisits map[string]map[string]Revisit
}

// memoryHint is a hint with its place in the queue.
type memoryHint struct{ first, version int64 }

var _ interface {
	Cursors
	Hints
	Revisits
} = (*MemoryIntake)(nil)

// Cursor implements [Cursors].
func (m *MemoryIntake) Cursor(ctx context.Context, name string) (Cursor, error) {
	if err := ctx.Err(); err != nil {
		return Cursor{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.cursors[name]
	c.Seen = maps.Clone(c.Seen)
	return c, nil
}

// SetCursor implements [Cursors].
func (m *MemoryIntake) SetCursor(ctx context.Context, name string, c Cursor) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cursors == nil {
		m.cursors = map[string]Cursor{}
	}
	c.Seen = maps.Clone(c.Seen)
	m.cursors[name] = c
	return nil
}

// AddHint implements [Hints].
func (m *MemoryIntake) AddHint(ctx context.Context, list, orderID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	h, known := m.hints[list][orderID]
	if !known && len(m.hints[list]) >= cmp.Or(m.HintLimit, 10_000) {
		return ErrTooManyHints
	}
	if m.hints == nil {
		m.hints = map[string]map[string]memoryHint{}
	}
	if m.hints[list] == nil {
		m.hints[list] = map[string]memoryHint{}
	}
	m.version++
	if !known {
		h.first = m.version
	}
	h.version = m.version
	m.hints[list][orderID] = h
	return nil
}

// Hints implements [Hints].
func (m *MemoryIntake) Hints(ctx context.Context, list string) ([]Hint, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	waiting := m.hints[list]
	ids := slices.SortedFunc(maps.Keys(waiting), func(a, b string) int { return cmp.Compare(waiting[a].first, waiting[b].first) })
	hints := make([]Hint, len(ids))
	for i, id := range ids {
		hints[i] = Hint{OrderID: id, Version: waiting[id].version}
	}
	return hints, nil
}

// DropHints implements [Hints].
func (m *MemoryIntake) DropHints(ctx context.Context, list string, hints ...Hint) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, h := range hints {
		if m.hints[list][h.OrderID].version == h.Version {
			delete(m.hints[list], h.OrderID)
		}
	}
	return nil
}

// PutRevisits implements [Revisits].
func (m *MemoryIntake) PutRevisits(ctx context.Context, list string, entries ...Revisit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.revisits == nil {
		m.revisits = map[string]map[string]Revisit{}
	}
	if m.revisits[list] == nil {
		m.revisits[list] = map[string]Revisit{}
	}
	for _, e := range entries {
		m.revisits[list][e.OrderID] = e
	}
	return nil
}

// DropRevisits implements [Revisits].
func (m *MemoryIntake) DropRevisits(ctx context.Context, list string, orderIDs ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range orderIDs {
		delete(m.revisits[list], id)
	}
	return nil
}

// Revisits implements [Revisits].
func (m *MemoryIntake) Revisits(ctx context.Context, list string) ([]Revisit, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.revisits[list]), func(a, b Revisit) int { return cmp.Compare(a.OrderID, b.OrderID) }), nil
}
