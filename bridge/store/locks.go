package store

import (
	"context"
	"errors"
)

var (
	// ErrLockLost is the cause with which a context ends whose lock was lost.
	ErrLockLost = errors.New("store: the lock was lost: its holder did not renew it in time")
	// ErrFenced is wrapped by the error of a write that was made with the context of
	// a lock that somebody else has been given since. Nothing was written. The work
	// is the other's now: start again with a lock of your own.
	ErrFenced = errors.New("store: the write was refused: its lock is another's by now")
)

// Locks serialises work on one order or product between all that share the shop's
// memory. Locks are leases: a store may take one back whose holder has not been
// heard of, because its process hangs or the network is cut.
type Locks interface {
	// Lock waits until key is free, takes it, and returns a context to work with and
	// how to give the lock back, which may be called more than once.
	//
	// The lock lasts until it is given back or lost, even if ctx ends; a ctx that has
	// ended gets none. held is made from ctx and ends with it, when the lock is given
	// back, and when it is lost, with [ErrLockLost] as its cause. It carries a fence:
	// writes of the same store with held, or a context made from it, are refused
	// with [ErrFenced] once the lock was lost and given to somebody else. A lock that
	// is taken with the held context of another carries both fences. With an error,
	// held is ctx.
	Lock(ctx context.Context, key string) (held context.Context, unlock func(), err error)
	// TryLock takes the locks of those keys that are free, with one call for all, and
	// waits for none: so two callers that want some of the same keys never wait for one
	// another. taken are the keys that it got, each once and in any order; the others are
	// somebody's, also if that is who calls. That none is free is no error.
	//
	// held and unlock are as those of Lock, for all that was taken: unlock gives all of
	// it back, and nothing else. held ends when one of the locks is lost, while the others
	// last until they are given back, and writes with it are refused once one of them was
	// given to somebody else. It can be called with up to 200 keys.
	TryLock(ctx context.Context, keys ...string) (held context.Context, taken []string, unlock func(), err error)
}
