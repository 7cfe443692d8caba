package stock

import (
	"hash/maphash"
	"math"
	"math/bits"
	"time"
)

// table is a list whose entries are found by id. It takes six to twelve bytes for each
// beside the list; a map would keep every id a second time, and a place in the list.
type table[T any] struct {
	list []T
	id   func(*T) string
	// slots hold places in the list, counted from 1: an entry is in the slot that its id
	// hashes to, or in the first free one after it. At least a third of them are free.
	slots []int32
}

func newTable[T any](id func(*T) string, room int) table[T] {
	return table[T]{list: make([]T, 0, room), id: id, slots: make([]int32, slotsFor(room))}
}

func slotsFor(entries int) int { return entries + entries/2 + 2 }

var tableSeed = maphash.MakeSeed()

// at returns an entry by its place in the list, until another is added.
func (t *table[T]) at(n int) *T { return &t.list[n] }

// find returns the place of an entry in the list.
func (t *table[T]) find(id string) (n int, have bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	n = int(t.slots[t.slot(id)]) - 1
	return n, n >= 0
}

// slot returns the slot of an id, or the free one where it belongs.
func (t *table[T]) slot(id string) int {
	hash, _ := bits.Mul64(maphash.String(tableSeed, id), uint64(len(t.slots)))
	s := int(hash)
	for n := t.slots[s]; n != 0 && t.id(&t.list[n-1]) != id; n = t.slots[s] {
		s = (s + 1) % len(t.slots)
	}
	return s
}

// add appends an entry, whose id must be new, and returns its place in the list.
func (t *table[T]) add(entry T) (n int) {
	t.list = append(t.list, entry)
	if len(t.slots) < slotsFor(len(t.list)) {
		t.rehash(2 * len(t.list))
		return len(t.list) - 1
	}
	t.slots[t.slot(t.id(&entry))] = int32(len(t.list))
	return len(t.list) - 1
}

// clip gives back the room that adding has left.
func (t *table[T]) clip() {
	t.list = append(make([]T, 0, len(t.list)), t.list...)
	t.rehash(len(t.list))
}

func (t *table[T]) rehash(room int) {
	t.slots = make([]int32, slotsFor(room))
	for n := range t.list {
		t.slots[t.slot(t.id(&t.list[n]))] = int32(n + 1)
	}
}

// moment is a [time.Time] in a third of the room: nanoseconds since 1970, 0 for the zero
// time. What is before 1678 becomes the zero time, what is after 2261 the end of that.
type moment int64

var firstMoment, lastMoment = time.Unix(0, math.MinInt64), time.Unix(0, math.MaxInt64)

func momentOf(t time.Time) moment {
	switch {
	case t.Before(firstMoment):
		return 0
	case t.After(lastMoment):
		return math.MaxInt64
	}
	return moment(t.UnixNano())
}

func (m moment) time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(m)).UTC()
}
