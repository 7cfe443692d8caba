package bridge

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Reservation is what one shop order takes from stock, from the moment the
// bridge first sees the order until a stock reading must have seen it too.
type Reservation struct {
	OrderID string
	// Items are units by stock item id; kits are broken down.
	Items map[string]int
	// LocationID is the stock location that the order draws on.
	LocationID string
	// SeenAt is when the order was first seen.
	SeenAt time.Time
	// VisibleAt is when the warehouse was known to hold the order; zero until
	// then. A reading taken after it has the units in it.
	VisibleAt time.Time
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
	// Lock waits until key is free, takes it, and returns how to give it back.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// Memory is a [Ledger] and [Locks] in memory, for one process. The zero value is
// empty. Reservations die with the process: on restart, read the open orders
// again before pushing stock.
type Memory struct {
	mu           sync.Mutex
	reservations map[string]Reservation
	locks        map[string]*keyLock
}

// keyLock is one key's lock; waiters keeps it alive.
type keyLock struct {
	turn    chan struct{}
	waiters int
}

// PutReservation implements [Ledger].
func (m *Memory) PutReservation(_ context.Context, r Reservation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.reservations == nil {
		m.reservations = map[string]Reservation{}
	}
	r.Items = cloneCounts(r.Items)
	m.reservations[r.OrderID] = r
	return nil
}

// DropReservation implements [Ledger].
func (m *Memory) DropReservation(_ context.Context, orderID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.reservations, orderID)
	return nil
}

// Reservations implements [Ledger].
func (m *Memory) Reservations(context.Context) ([]Reservation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]Reservation, 0, len(m.reservations))
	for _, r := range m.reservations {
		r.Items = cloneCounts(r.Items)
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Reservation) int { return cmp.Compare(a.OrderID, b.OrderID) })
	return list, nil
}

// Lock implements [Locks].
func (m *Memory) Lock(ctx context.Context, key string) (func(), error) {
	l := m.join(key)
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; m.leave(key, l) }, nil
	case <-ctx.Done():
		m.leave(key, l)
		return nil, ctx.Err()
	}
}

func (m *Memory) join(key string) *keyLock {
	m.mu.Lock()
	defer m.mu.Unlock()
	l, ok := m.locks[key]
	if !ok {
		if m.locks == nil {
			m.locks = map[string]*keyLock{}
		}
		l = &keyLock{turn: make(chan struct{}, 1)}
		m.locks[key] = l
	}
	l.waiters++
	return l
}

func (m *Memory) leave(key string, l *keyLock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.waiters--; l.waiters == 0 {
		delete(m.locks, key)
	}
}

func cloneCounts(m map[string]int) map[string]int {
	c := make(map[string]int, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}
