// Package store says what the bridge has to remember, and keeps it in memory.
//
// A [Store] is the memory of all shops of one Linnworks account; [Store.Shop] is
// what a part of the bridge works on, bound to one shop so that no part can forget
// which. A database implements both, and is held to the suite bridgetest.TestStore;
// bridge/sqlstore, a module of its own, does it with SQLite and PostgreSQL.
//
//	memory := new(store.Memory)
//	uk := memory.Shop("uk")
//
// Everything belongs to one shop, apart from the reservations of the [Ledger]: all
// shops of the account sell from the same stock, so each reads those of all.
//
// # What must be durable
//
// [Memory] forgets everything when the process ends. Whether that may be is a
// question of what a restart then costs:
//
//	port        what it keeps                      a restart without it
//	Ledger      units sold that the warehouse      sells them again: publish no stock before
//	            does not count yet                 the open orders have been read once more
//	Records     which warehouse order is whose,    looks each order up, one call an order; does not
//	            what the bridge itself did         find merged ones; may repeat what it did
//	Cursors     how far the lists have been read   reads the first window once more; what happened
//	                                               before that and while it was down is left to the sweep
//	Hints       webhooks not followed yet          finds those orders with the next poll
//	Revisits    orders that failed or are held     finds them with the next sweep; counts attempts anew
//	Labels      documents to print                 fetches them again while the shop has them
//	Values      computed rates                     measures them again, with too large a buffer till then
//	Locks       who works on what                  nothing: those who held them are gone too
//
// So Ledger and Records have to be durable before two processes share the work, or
// before anybody minds a restart in a sale. Locks must be shared by all processes.
//
// # Promises that are easily broken
//
// Ids, names and keys are the same if their bytes are: a database that ignores case,
// accents or blanks at the end, cuts texts off, or takes ids for numbers, mixes up
// orders. Lists by id are in the order of the bytes.
//
// The ledger has revisions: a reader that goes on from the one it was given misses
// nothing, so a change must never appear below a revision that somebody has seen. A
// sequence of a database does not promise that, because transactions do not commit
// in the order in which they took their numbers.
//
// A record has a version: who puts an old one is refused ([ErrStale]), so that two
// parts that note different things about an order lose neither. [UpdateRecords] does
// that for them.
//
// A lock is a lease and can be lost: the holder's context ends, and what it writes
// after somebody else has the lock is refused ([ErrFenced]). So work on with the
// context that [Locks.Lock] returned, not with the one that it was given.
//
// The locks of a batch are taken with one call ([Locks.TryLock]), which waits for none:
// who gets only some either works on those first, or gives them back and takes all with
// Lock, one by one and in one order.
package store
