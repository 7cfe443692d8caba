package store

import (
	"context"
	"errors"
)

// Store is the memory of all shops of one Linnworks account.
type Store interface {
	// Shop returns the memory of one shop, by the name that the embedder gives it:
	// any text that is not empty and stays the same. It asks nobody: a name that is
	// wrong or new shows when the memory is used.
	Shop(name string) Shop
}

// Shop is the memory of one shop. Two shops of one store see nothing of one
// another, except in the [Ledger], because they sell from the same stock.
//
// Every method of every port returns the error of a context that has ended,
// [ErrNoShop] for a shop without a name, and, if it writes, [ErrFenced] for a
// context whose lock is somebody else's by now. What a method writes it writes as a
// whole or not at all, and it has been written when the method returns. Moments
// are kept to the millisecond at least and come back in UTC, the zero time as the
// zero time. Maps and lists are copied on the way in and out; an empty one may come
// back as nil.
type Shop interface {
	Cursors
	Hints
	Revisits
	Ledger
	Records
	Labels
	Values
	Locks
}

// ErrNoShop is returned by the memory of a shop that has no name.
var ErrNoShop = errors.New("store: the shop has no name: give every shop one of its own, and keep it")

// Values keeps small things that a part has computed and has to find again, such as
// sale rates. What they mean only the part knows that puts them.
type Values interface {
	// PutValue adds or replaces a value. An empty one is a value too.
	PutValue(ctx context.Context, name string, value []byte) error
	// Value returns a value, or false if it was never put.
	Value(ctx context.Context, name string) ([]byte, bool, error)
}
