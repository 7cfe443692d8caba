package tiktokshoptest

import (
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// orderBook holds the orders of a shop, sorted for the two ways of listing them,
// so that a page costs no sorting.
type orderBook struct {
	all       []*order // as they were placed
	byCreate  []*order
	byUpdated []*order
}

func atCreation(o *order) position { return position{int64(o.info.CreateTime), o.info.ID} }
func atUpdate(o *order) position   { return position{int64(o.info.UpdateTime), o.info.ID} }

func (b *orderBook) add(o *order) {
	b.all = append(b.all, o)
	b.byCreate = insert(b.byCreate, o, atCreation)
	b.byUpdated = insert(b.byUpdated, o, atUpdate)
}

// update changes the update time of an order.
func (b *orderBook) update(o *order, t tiktokshop.UnixSeconds) {
	if o.info.UpdateTime == t {
		return
	}
	i, _ := find(b.byUpdated, atUpdate(o), atUpdate)
	b.byUpdated = slices.Delete(b.byUpdated, i, i+1)
	o.info.UpdateTime = t
	b.byUpdated = insert(b.byUpdated, o, atUpdate)
}

func find[T any](sorted []T, p position, at func(T) position) (int, bool) {
	return slices.BinarySearchFunc(sorted, p, func(x T, p position) int { return at(x).compare(p) })
}

func insert[T any](sorted []T, x T, at func(T) position) []T {
	i, _ := find(sorted, at(x), at)
	return slices.Insert(sorted, i, x)
}

// between narrows a sorted list to the times in [from, before).
func between[T any](sorted []T, at func(T) position, from, before *tiktokshop.UnixSeconds) []T {
	if before != nil {
		end, _ := find(sorted, position{key: int64(*before)}, at)
		sorted = sorted[:end]
	}
	if from != nil {
		begin, _ := find(sorted, position{key: int64(*from)}, at)
		sorted = sorted[begin:]
	}
	return sorted
}
