package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// Reservation is what one shop order takes from stock, from the moment the
// bridge first sees the order until a stock reading must have seen it too. It
// holds nothing about the buyer.
type Reservation struct {
	OrderID string
	// Lines are the shop's lines that take stock, and what each takes.
	Lines []ReservedLine
	// Items are units by stock item id; kits are broken down. They are the sum
	// of the lines.
	Items map[string]int
	// LocationID is the stock location that the order draws on.
	LocationID string
	// CreatedAt is when the order was placed in the shop, SeenAt when the bridge
	// first saw it.
	CreatedAt, SeenAt time.Time
	// VisibleAt is when the warehouse was known to hold the order and to count
	// its units; zero until then. A reading that began after it has them in it.
	VisibleAt time.Time
	// Unseen says why the warehouse does not count the units, while VisibleAt is
	// zero.
	Unseen Unseen
}

// Unseen is why the warehouse does not count the units of an order.
type Unseen string

// The reasons.
const (
	UnseenAbsent   Unseen = "not in the warehouse yet"
	UnseenDropped  Unseen = "cancelled in the warehouse, alive in the shop"
	UnseenLocked   Unseen = "locked in the warehouse, which frees its stock"
	UnseenUnlinked Unseen = "a line in the warehouse is not linked to a stock item"
	UnseenUnknown  Unseen = "the warehouse could not be asked for it"
)

// ReservedLine is what one line of a shop order, a unit, takes from stock.
type ReservedLine struct {
	// LineID is the shop's line id, SKUID the shop's id of what was sold.
	LineID, SKUID string
	// SKU is the warehouse's SKU of it, or the seller's where that is not known.
	SKU string
	// Items are units by stock item id; empty if the listing is not mapped.
	Items map[string]int
	// Components are the units that the shop takes off other SKUs of its own, by
	// their ids, because what was sold is a bundle of the shop.
	Components map[string]int
}

// Why says why the units are still reserved.
func (r Reservation) Why() string {
	if r.VisibleAt.IsZero() {
		return string(cmp.Or(r.Unseen, UnseenAbsent))
	}
	return "in the warehouse since " + r.VisibleAt.UTC().Format("2006-01-02 15:04:05 UTC") + "; waits for a stock reading that began later"
}

// clone copies what a caller could change.
func (r Reservation) clone() Reservation {
	r.Items, r.Lines = maps.Clone(r.Items), slices.Clone(r.Lines)
	for i := range r.Lines {
		r.Lines[i].Items, r.Lines[i].Components = maps.Clone(r.Lines[i].Items), maps.Clone(r.Lines[i].Components)
	}
	return r
}

// Ledger keeps the reservations that stock readings cannot know yet.
type Ledger interface {
	// PutReservation adds or replaces the reservation of an order.
	PutReservation(ctx context.Context, r Reservation) error
	// DropReservation forgets an order. An unknown one is not an error.
	DropReservation(ctx context.Context, orderID string) error
	// Reservations lists all, by order id.
	Reservations(ctx context.Context) ([]Reservation, error)
}

// Locks serialises work on one order or product between all that share it.
type Locks interface {
	// Lock waits until key is free, takes it, and returns how to give it back,
	// which may be called more than once. The lock lasts until then, even if ctx
	// ends; a ctx that has ended gets none.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// Memory is a [Ledger] and [Locks] in memory, for one process. The zero value is
// empty. Reservations die with the process: on restart, read the open orders
// again before pushing stock.
type Memory struct {
	mu           sync.Mutex
	reservations map[string]Reservation
	Locks        map[string]*keyLock
}

// keyLock is one key's lock; waiters keeps it alive.
type keyLock struct {
	turn    chan struct{}
	waiters int
}

// PutReservation implements [Ledger].
func (m *Memory) PutReservation(ctx context.Context, r Reservation) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reservations == nil {
		m.reservations = map[string]Reservation{}
	}
	m.reservations[r.OrderID] = r.clone()
	return nil
}

// DropReservation implements [Ledger].
func (m *Memory) DropReservation(ctx context.Context, orderID string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.reservations, orderID)
	return nil
}

// Reservations implements [Ledger].
func (m *Memory) Reservations(ctx context.Context) ([]Reservation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Reservation, 0, len(m.reservations))
	for _, r := range m.reservations {
		list = append(list, r.clone())
	}
	slices.SortFunc(list, func(a, b Reservation) int { return cmp.Compare(a.OrderID, b.OrderID) })
	return list, nil
}

// Lock implements [Locks].
func (m *Memory) Lock(ctx context.Context, key string) (func(), error) {
	if err := ctx.Err(); err != nil {
		return nil, err // select would take a free lock half of the time
	}
	l := m.join(key)
	select {
	case l.turn <- struct{}{}:
		// Once: a second call would give back the lock of whoever has it by then.
		return sync.OnceFunc(func() { <-l.turn; m.leave(key, l) }), nil
	case <-ctx.Done():
		m.leave(key, l)
		return nil, ctx.Err()
	}
}

func (m *Memory) join(key string) *keyLock {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.Locks[key]
	if !ok {
		if m.Locks == nil {
			m.Locks = map[string]*keyLock{}
		}
		l = &keyLock{turn: make(chan struct{}, 1)}
		m.Locks[key] = l
	}
	l.waiters++
	return l
}

func (m *Memory) leave(key string, l *keyLock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.waiters--; l.waiters == 0 {
		delete(m.Locks, key)
	}
}
