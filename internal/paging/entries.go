package paging

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"reflect"
)

// entries knows those of the pages so far by a sum of all that they hold, or of
// what identifies them. The zero value knows none.
type entries struct {
	seed  maphash.Seed
	known map[uint64]bool
}

// add adds the entries of a page, a slice, and returns how many of them are new. key,
// if not nil, returns what identifies an entry: it is new if none before it has the same.
// One without that, its key being zero, is new if none of an earlier page is equal; equal
// ones of one page are several.
func (e *entries) add(page reflect.Value, key func(i int) any) (fresh int) {
	if e.known == nil {
		e.seed, e.known = maphash.MakeSeed(), map[uint64]bool{}
	}
	sums := make([]uint64, page.Len())
	for i := range sums {
		entry, identified := page.Index(i), false
		if key != nil {
			if id := reflect.ValueOf(key(i)); id.IsValid() && !id.IsZero() {
				entry, identified = id, true
			}
		}
		sums[i] = e.sum(entry)
		if !e.known[sums[i]] {
			fresh++
		}
		if identified {
			e.known[sums[i]] = true
		}
	}
	for _, sum := range sums {
		e.known[sum] = true
	}
	return fresh
}

func (e *entries) sum(v reflect.Value) uint64 {
	var h maphash.Hash
	h.SetSeed(e.seed)
	e.write(&h, v)
	return h.Sum64()
}

// write adds v to h, so that different values of one type differ.
func (e *entries) write(h *maphash.Hash, v reflect.Value) {
	number := func(n uint64) { _, _ = h.Write(binary.LittleEndian.AppendUint64(nil, n)) }
	switch k := v.Kind(); {
	case k == reflect.String:
		number(uint64(v.Len()))
		_, _ = h.WriteString(v.String())
	case k == reflect.Bool && v.Bool():
		number(1)
	case v.CanInt():
		number(uint64(v.Int())) //nolint:gosec // the bits are what counts
	case v.CanUint():
		number(v.Uint())
	case v.CanFloat():
		number(math.Float64bits(v.Float()))
	case k == reflect.Pointer || k == reflect.Interface:
		if !v.IsNil() {
			number(1)
			e.write(h, v.Elem())
		}
	case k == reflect.Struct:
		for i := range v.NumField() {
			number(uint64(i)) //nolint:gosec // not negative
			e.write(h, v.Field(i))
		}
	case k == reflect.Slice || k == reflect.Array:
		number(uint64(v.Len())) //nolint:gosec // not negative
		for i := range v.Len() {
			e.write(h, v.Index(i))
		}
	case k == reflect.Map:
		all := uint64(v.Len()) //nolint:gosec // not negative
		for it := v.MapRange(); it.Next(); {
			all += e.sum(it.Key())*31 ^ e.sum(it.Value())
		}
		number(all)
	}
}
