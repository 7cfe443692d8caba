package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// memoryRecords are the records of a shop, most of them of orders that have ended: what
// is asked for again and again is kept apart, so that nothing walks through those.
type memoryRecords struct {
	all map[string]Record
	// due have a moment at which they are due, untold are those of which the shop may
	// have to be told where they are.
	due, untold map[string]bool
	// ended are the records that may be forgotten, those that ended longest ago first,
	// and some that are no longer what they were.
	ended []ending
	// alive is how many of ended are.
	alive int
}

type ending struct {
	at time.Time
	id string
}

func compareEndings(a, b ending) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) }

func newMemoryRecords() memoryRecords {
	return memoryRecords{all: map[string]Record{}, due: map[string]bool{}, untold: map[string]bool{}}
}

// lasts reports whether a record has ended as it says.
func (m *memoryRecords) lasts(e ending) bool {
	r := m.all[e.id]
	return r.ended() && r.EndedAt.Equal(e.at)
}

func (m *memoryRecords) put(r Record) {
	m.drop(r.OrderID)
	m.all[r.OrderID] = r
	if !r.Due.IsZero() {
		m.due[r.OrderID] = true
	}
	if r.maybeUntold() {
		m.untold[r.OrderID] = true
	}
	if !r.ended() {
		return
	}
	m.alive++
	e := ending{r.EndedAt, r.OrderID}
	if i, have := slices.BinarySearchFunc(m.ended, e, compareEndings); !have {
		m.ended = slices.Insert(m.ended, i, e) // near the end: the clock runs forwards
	}
}

func (m *memoryRecords) drop(id string) {
	if old, have := m.all[id]; !have {
		return
	} else if old.ended() {
		m.alive--
	}
	delete(m.all, id)
	delete(m.due, id)
	delete(m.untold, id)
}

// tidy lets go of endings that are over.
func (m *memoryRecords) tidy() {
	for len(m.ended) > 0 && !m.lasts(m.ended[0]) {
		m.ended = m.ended[1:]
	}
	if len(m.ended) > m.alive+m.alive/4+1000 {
		m.ended = slices.DeleteFunc(m.ended, func(e ending) bool { return !m.lasts(e) })
	}
}

// beginRecords is called by whatever uses the records.
func (s memoryShop) beginRecords(d *shopData) {
	if d.since.IsZero() {
		d.since = utc(part.Clock(s.Now)())
	}
}

func (s memoryShop) RecordsOf(ctx context.Context, orderIDs ...string) (records map[string]Record, since time.Time, err error) {
	err = s.read(ctx, func(d *shopData) {
		s.beginRecords(d)
		records, since = map[string]Record{}, d.since
		for _, id := range orderIDs {
			if r, ok := d.records.all[id]; ok {
				records[id] = r.Clone()
			}
		}
	})
	return records, since, err
}

func (s memoryShop) PutRecords(ctx context.Context, records ...Record) (versions []int64, err error) {
	err = s.write(ctx, func(d *shopData) error {
		s.beginRecords(d)
		inBatch := make(map[string]bool, len(records))
		for _, r := range records {
			if inBatch[r.OrderID] || d.records.all[r.OrderID].Version != r.Version {
				return fmt.Errorf("store: order %s of shop %s: %w", r.OrderID, s.name, ErrStale)
			}
			inBatch[r.OrderID] = true
		}
		for _, r := range records {
			s.version++
			r = r.normal()
			r.Version = s.version
			d.records.put(r)
			versions = append(versions, r.Version)
		}
		d.records.tidy()
		return nil
	})
	return versions, err
}

func (s memoryShop) DropRecords(ctx context.Context, orderIDs ...string) error {
	return s.write(ctx, func(d *shopData) error {
		s.beginRecords(d)
		for _, id := range orderIDs {
			d.records.drop(id)
		}
		d.records.tidy()
		return nil
	})
}

// some returns copies of those of the records that meet a condition, sorted, up to
// limit.
func (s memoryShop) some(ctx context.Context, of func(memoryRecords) map[string]bool, wanted func(Record) bool, compare func(a, b Record) int, limit int) (list []Record, err error) {
	err = s.read(ctx, func(d *shopData) {
		s.beginRecords(d)
		for id := range of(d.records) {
			if r := d.records.all[id]; wanted(r) {
				list = append(list, r)
			}
		}
		slices.SortFunc(list, compare)
		list = slices.Clone(list[:min(len(list), max(limit, 0))])
		for i := range list {
			list[i] = list[i].Clone()
		}
	})
	return list, err
}

// compareDue is the order of [Records.DueRecords].
func compareDue(a, b Record) int {
	return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.OrderID, b.OrderID))
}

func (s memoryShop) DueRecords(ctx context.Context, at time.Time, after Record, limit int) ([]Record, error) {
	return s.some(ctx, func(m memoryRecords) map[string]bool { return m.due }, func(r Record) bool {
		return !r.Due.After(at) && compareDue(r, after) > 0
	}, compareDue, limit)
}

func (s memoryShop) ReferencesDue(ctx context.Context, refusedBefore time.Time, limit int) ([]Record, error) {
	last := func(r Record) int {
		if r.Reference.Refused {
			return 1
		}
		return 0
	}
	return s.some(ctx, func(m memoryRecords) map[string]bool { return m.untold }, func(r Record) bool { return r.referenceDue(refusedBefore) }, func(a, b Record) int {
		return cmp.Or(cmp.Compare(last(a), last(b)), cmp.Compare(a.OrderID, b.OrderID))
	}, limit)
}

func (s memoryShop) EndedRecords(ctx context.Context, before time.Time, after Record, limit int) (list []Record, err error) {
	err = s.read(ctx, func(d *shopData) {
		s.beginRecords(d)
		m := d.records
		last := ending{after.EndedAt, after.OrderID}
		from, have := slices.BinarySearchFunc(m.ended, last, compareEndings)
		if have {
			from++
		}
		for _, e := range m.ended[from:] {
			if len(list) >= limit || !e.at.Before(before) {
				break
			}
			if m.lasts(e) {
				list = append(list, m.all[e.id].Clone())
			}
		}
	})
	return list, err
}

func (s memoryShop) Forget(ctx context.Context, records ...Record) (n int, err error) {
	err = s.write(ctx, func(d *shopData) error {
		s.beginRecords(d)
		var gone []string
		for _, given := range records {
			r, have := d.records.all[given.OrderID]
			if !have || r.Version != given.Version || !r.ended() {
				continue
			}
			gone = append(gone, r.OrderID)
			d.records.drop(r.OrderID)
			if r.EndedAt.After(d.since) {
				d.since = r.EndedAt
			}
		}
		d.records.tidy()
		d.dropLabels(gone)
		n = len(gone)
		return nil
	})
	return n, err
}
