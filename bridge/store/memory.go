package store

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Memory is a [Store] in memory, for one process. The zero value is empty and
// ready, and safe for concurrent use. It forgets everything when the process ends:
// the package comment says what that costs.
type Memory struct {
	// HintLimit is how many orders one list of hints takes. Default 10,000.
	HintLimit int
	// LabelLimit is how many documents are kept of a shop: the oldest make room.
	// Default 1,000.
	LabelLimit int
	// Now replaces time.Now. Set it before the first use.
	Now func() time.Time

	mu      sync.Mutex
	version int64 // the last one of a hint or record
	ledger  memoryLedger
	shops   map[string]*shopData
	locks   map[lockKey]*keyLock
}

// shopData is what is kept of one shop.
type shopData struct {
	since    time.Time // when the records were begun, or the end that was forgotten last
	cursors  map[string]Cursor
	hints    map[string]map[string]memoryHint
	revisits map[string]map[string]Revisit
	records  memoryRecords
	values   map[string][]byte
	labels   map[labelKey]LabelDocument
	byAge    []labelKey // of the labels
}

type labelKey struct{ orderID, packageID string }

// memoryHint is a hint with its place in the queue.
type memoryHint struct{ first, version int64 }

// memoryShop is the view of one shop.
type memoryShop struct {
	*Memory
	name string
}

// Shop implements [Store].
func (m *Memory) Shop(name string) Shop { return memoryShop{m, name} }

// allowed returns what forbids a call, apart from fences.
func (s memoryShop) allowed(ctx context.Context) error {
	if s.name == "" {
		return ErrNoShop
	}
	return ctx.Err()
}

// read calls f with the shop's data, while nobody else uses the memory.
func (s memoryShop) read(ctx context.Context, f func(*shopData)) error {
	if err := s.allowed(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.data())
	return nil
}

// write is read for an f that changes the data, unless it fails.
func (s memoryShop) write(ctx context.Context, f func(*shopData) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fenced(ctx); err != nil { // before the context, which has ended with the lock
		return err
	}
	if err := s.allowed(ctx); err != nil {
		return err
	}
	return f(s.data())
}

func (s memoryShop) data() *shopData {
	d, have := s.shops[s.name]
	if !have {
		d = &shopData{
			cursors: map[string]Cursor{}, hints: map[string]map[string]memoryHint{}, revisits: map[string]map[string]Revisit{},
			records: newMemoryRecords(), values: map[string][]byte{}, labels: map[labelKey]LabelDocument{},
		}
		if s.shops == nil {
			s.shops = map[string]*shopData{}
		}
		s.shops[s.name] = d
	}
	return d
}

func (c Cursor) clone() Cursor {
	c.Watermark, c.Seen, c.Partial = utc(c.Watermark), maps.Clone(c.Seen), maps.Clone(c.Partial)
	for id, m := range c.Seen {
		m.UpdatedAt = utc(m.UpdatedAt)
		c.Seen[id] = m
	}
	return c
}

func (s memoryShop) Cursor(ctx context.Context, name string) (c Cursor, err error) {
	err = s.read(ctx, func(d *shopData) { c = d.cursors[name].clone() })
	return c, err
}

func (s memoryShop) SetCursor(ctx context.Context, name string, c Cursor) error {
	return s.write(ctx, func(d *shopData) error {
		d.cursors[name] = c.clone()
		return nil
	})
}

func (s memoryShop) AddHint(ctx context.Context, list, orderID string) error {
	return s.write(ctx, func(d *shopData) error {
		h, known := d.hints[list][orderID]
		if !known && len(d.hints[list]) >= cmp.Or(max(s.HintLimit, 0), 10_000) {
			return ErrTooManyHints
		}
		if d.hints[list] == nil {
			d.hints[list] = map[string]memoryHint{}
		}
		s.version++
		if !known {
			h.first = s.version
		}
		h.version = s.version
		d.hints[list][orderID] = h
		return nil
	})
}

func (s memoryShop) Hints(ctx context.Context, list string) (hints []Hint, err error) {
	err = s.read(ctx, func(d *shopData) {
		waiting := d.hints[list]
		ids := slices.SortedFunc(maps.Keys(waiting), func(a, b string) int { return cmp.Compare(waiting[a].first, waiting[b].first) })
		hints = make([]Hint, len(ids))
		for i, id := range ids {
			hints[i] = Hint{OrderID: id, Version: waiting[id].version}
		}
	})
	return hints, err
}

func (s memoryShop) DropHints(ctx context.Context, list string, hints ...Hint) error {
	return s.write(ctx, func(d *shopData) error {
		for _, h := range hints {
			if d.hints[list][h.OrderID].version == h.Version {
				delete(d.hints[list], h.OrderID)
			}
		}
		return nil
	})
}

func (s memoryShop) PutRevisits(ctx context.Context, list string, entries ...Revisit) error {
	return s.write(ctx, func(d *shopData) error {
		if d.revisits[list] == nil {
			d.revisits[list] = map[string]Revisit{}
		}
		for _, e := range entries {
			e.Due, e.Deadline = utc(e.Due), utc(e.Deadline)
			d.revisits[list][e.OrderID] = e
		}
		return nil
	})
}

func (s memoryShop) DropRevisits(ctx context.Context, list string, orderIDs ...string) error {
	return s.write(ctx, func(d *shopData) error {
		for _, id := range orderIDs {
			delete(d.revisits[list], id)
		}
		return nil
	})
}

func (s memoryShop) Revisits(ctx context.Context, list string) (entries []Revisit, err error) {
	err = s.read(ctx, func(d *shopData) {
		entries = slices.SortedFunc(maps.Values(d.revisits[list]), func(a, b Revisit) int { return cmp.Compare(a.OrderID, b.OrderID) })
	})
	return entries, err
}

func (s memoryShop) PutLabel(ctx context.Context, l LabelDocument) error {
	return s.write(ctx, func(d *shopData) error {
		key := labelKey{l.OrderID, l.PackageID}
		d.byAge = append(slices.DeleteFunc(d.byAge, func(k labelKey) bool { return k == key }), key)
		l.Content, l.FetchedAt = bytes.Clone(l.Content), utc(l.FetchedAt)
		d.labels[key] = l
		for len(d.byAge) > cmp.Or(max(s.LabelLimit, 0), 1000) {
			delete(d.labels, d.byAge[0])
			d.byAge = d.byAge[1:]
		}
		return nil
	})
}

func (s memoryShop) Label(ctx context.Context, orderID, packageID string) (l LabelDocument, ok bool, err error) {
	err = s.read(ctx, func(d *shopData) {
		l, ok = d.labels[labelKey{orderID, packageID}]
		l.Content = bytes.Clone(l.Content)
	})
	return l, ok, err
}

func (s memoryShop) DropLabels(ctx context.Context, orderIDs ...string) error {
	return s.write(ctx, func(d *shopData) error {
		d.dropLabels(orderIDs)
		return nil
	})
}

func (d *shopData) dropLabels(orderIDs []string) {
	if len(orderIDs) == 0 || len(d.labels) == 0 {
		return
	}
	gone := make(map[string]bool, len(orderIDs))
	for _, id := range orderIDs {
		gone[id] = true
	}
	of := func(k labelKey) bool { return gone[k.orderID] }
	maps.DeleteFunc(d.labels, func(k labelKey, _ LabelDocument) bool { return of(k) })
	d.byAge = slices.DeleteFunc(d.byAge, of)
}

func (s memoryShop) PutValue(ctx context.Context, name string, value []byte) error {
	return s.write(ctx, func(d *shopData) error {
		d.values[name] = bytes.Clone(value)
		return nil
	})
}

func (s memoryShop) Value(ctx context.Context, name string) (value []byte, ok bool, err error) {
	err = s.read(ctx, func(d *shopData) {
		value, ok = d.values[name]
		value = bytes.Clone(value)
	})
	return value, ok, err
}
