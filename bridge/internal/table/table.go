// Package table has the list that a part keeps where it remembers something of each of a
// hundred thousand things: a map of them would take twice the room.
package table

import (
	"hash/maphash"
	"math/bits"
)

// Table is a list whose entries are found by id. It takes six to twelve bytes for each
// beside the list; a map would keep every id a second time, and a place in the list. The
// zero value is empty, and nothing can be added to it: see [New].
type Table[T any] struct {
	// List may be read, and its entries changed but for their ids.
	List []T
	id   func(*T) string
	// slots hold places in the list, counted from 1: an entry is in the slot that its id
	// hashes to, or in the first free one after it. At least a third of them are free.
	slots []int32
}

// New returns a table with room for so many entries, whose ids id tells.
func New[T any](id func(*T) string, room int) Table[T] {
	return Table[T]{List: make([]T, 0, room), id: id, slots: make([]int32, slotsFor(room))}
}

func slotsFor(entries int) int { return entries + entries/2 + 2 }

var seed = maphash.MakeSeed()

// At returns an entry by its place in the list, until another is added.
func (t *Table[T]) At(n int) *T { return &t.List[n] }

// Find returns the place of an entry in the list.
func (t *Table[T]) Find(id string) (n int, have bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	n = int(t.slots[t.slot(id)]) - 1
	return n, n >= 0
}

// slot returns the slot of an id, or the free one where it belongs.
func (t *Table[T]) slot(id string) int {
	hash, _ := bits.Mul64(maphash.String(seed, id), uint64(len(t.slots)))
	s := int(hash)
	for n := t.slots[s]; n != 0 && t.id(&t.List[n-1]) != id; n = t.slots[s] {
		s = (s + 1) % len(t.slots)
	}
	return s
}

// Add appends an entry, whose id must be new, and returns its place in the list.
func (t *Table[T]) Add(entry T) (n int) {
	t.List = append(t.List, entry)
	if len(t.slots) < slotsFor(len(t.List)) {
		t.rehash(2 * len(t.List))
		return len(t.List) - 1
	}
	t.slots[t.slot(t.id(&entry))] = int32(len(t.List))
	return len(t.List) - 1
}

// Clip gives back the room that adding has left.
func (t *Table[T]) Clip() {
	t.List = append(make([]T, 0, len(t.List)), t.List...)
	t.rehash(len(t.List))
}

func (t *Table[T]) rehash(room int) {
	t.slots = make([]int32, slotsFor(room))
	for n := range t.List {
		t.slots[t.slot(t.id(&t.List[n]))] = int32(n + 1)
	}
}
