package bridge_test

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// countedStore counts the calls of a shop's memory, by name, and the rows that they return,
// as a database on another machine would have to serve them. It embeds nothing, so that
// no method is forgotten. A lock that is given back is a call too.
type countedStore struct {
	shop store.Shop

	mu          sync.Mutex
	calls, rows map[string]int
}

func (c *countedStore) note(name string, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls == nil {
		c.calls, c.rows = map[string]int{}, map[string]int{}
	}
	c.calls[name]++
	c.rows[name] += rows
}

// since returns what was counted since the last time.
func (c *countedStore) since() (calls, rows map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls, rows = maps.Clone(c.calls), maps.Clone(c.rows)
	clear(c.calls)
	clear(c.rows)
	return calls, rows
}

// sum adds up what was counted.
func sum(counts map[string]int) (n int) {
	for _, v := range counts {
		n += v
	}
	return n
}

func (c *countedStore) Cursor(ctx context.Context, name string) (store.Cursor, error) {
	c.note("Cursor", 1)
	return c.shop.Cursor(ctx, name)
}

func (c *countedStore) SetCursor(ctx context.Context, name string, v store.Cursor) error {
	c.note("SetCursor", 0)
	return c.shop.SetCursor(ctx, name, v)
}

func (c *countedStore) AddHint(ctx context.Context, list, orderID string) error {
	c.note("AddHint", 0)
	return c.shop.AddHint(ctx, list, orderID)
}

func (c *countedStore) Hints(ctx context.Context, list string) ([]store.Hint, error) {
	found, err := c.shop.Hints(ctx, list)
	c.note("Hints", len(found))
	return found, err
}

func (c *countedStore) DropHints(ctx context.Context, list string, hints ...store.Hint) error {
	c.note("DropHints", 0)
	return c.shop.DropHints(ctx, list, hints...)
}

func (c *countedStore) PutRevisits(ctx context.Context, list string, entries ...store.Revisit) error {
	c.note("PutRevisits", 0)
	return c.shop.PutRevisits(ctx, list, entries...)
}

func (c *countedStore) DropRevisits(ctx context.Context, list string, ids ...string) error {
	c.note("DropRevisits", 0)
	return c.shop.DropRevisits(ctx, list, ids...)
}

func (c *countedStore) Revisits(ctx context.Context, list string) ([]store.Revisit, error) {
	found, err := c.shop.Revisits(ctx, list)
	c.note("Revisits", len(found))
	return found, err
}

func (c *countedStore) PutReservations(ctx context.Context, list ...store.Reservation) error {
	c.note("PutReservations", 0)
	return c.shop.PutReservations(ctx, list...)
}

func (c *countedStore) DropReservations(ctx context.Context, ids ...string) error {
	c.note("DropReservations", 0)
	return c.shop.DropReservations(ctx, ids...)
}

func (c *countedStore) ReservationsOf(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
	found, err := c.shop.ReservationsOf(ctx, ids...)
	c.note("ReservationsOf", len(found))
	return found, err
}

func (c *countedStore) Reservations(ctx context.Context) ([]store.Reservation, error) {
	found, err := c.shop.Reservations(ctx)
	c.note("Reservations", len(found))
	return found, err
}

func (c *countedStore) LedgerChanges(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
	found, now, err := c.shop.LedgerChanges(ctx, after)
	c.note("LedgerChanges", len(found))
	return found, now, err
}

func (c *countedStore) SetSeenUpTo(ctx context.Context, moment time.Time) error {
	c.note("SetSeenUpTo", 0)
	return c.shop.SetSeenUpTo(ctx, moment)
}

func (c *countedStore) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	found, err := c.shop.SeenUpTo(ctx)
	c.note("SeenUpTo", len(found))
	return found, err
}

func (c *countedStore) RecordsOf(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
	found, since, err := c.shop.RecordsOf(ctx, ids...)
	c.note("RecordsOf", len(found))
	return found, since, err
}

func (c *countedStore) PutRecords(ctx context.Context, list ...store.Record) ([]int64, error) {
	c.note("PutRecords", 0)
	return c.shop.PutRecords(ctx, list...)
}

func (c *countedStore) DropRecords(ctx context.Context, ids ...string) error {
	c.note("DropRecords", 0)
	return c.shop.DropRecords(ctx, ids...)
}

func (c *countedStore) DueRecords(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
	found, err := c.shop.DueRecords(ctx, at, after, limit)
	c.note("DueRecords", len(found))
	return found, err
}

func (c *countedStore) ReferencesDue(ctx context.Context, refusedBefore time.Time, limit int) ([]store.Record, error) {
	found, err := c.shop.ReferencesDue(ctx, refusedBefore, limit)
	c.note("ReferencesDue", len(found))
	return found, err
}

func (c *countedStore) EndedRecords(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
	found, err := c.shop.EndedRecords(ctx, before, after, limit)
	c.note("EndedRecords", len(found))
	return found, err
}

func (c *countedStore) Forget(ctx context.Context, records ...store.Record) (int, error) {
	c.note("Forget", 0)
	return c.shop.Forget(ctx, records...)
}

func (c *countedStore) PutLabel(ctx context.Context, l store.LabelDocument) error {
	c.note("PutLabel", 0)
	return c.shop.PutLabel(ctx, l)
}

func (c *countedStore) Label(ctx context.Context, orderID, packageID string) (store.LabelDocument, bool, error) {
	c.note("Label", 1)
	return c.shop.Label(ctx, orderID, packageID)
}

func (c *countedStore) DropLabels(ctx context.Context, ids ...string) error {
	c.note("DropLabels", 0)
	return c.shop.DropLabels(ctx, ids...)
}

func (c *countedStore) PutValue(ctx context.Context, name string, value []byte) error {
	c.note("PutValue", 0)
	return c.shop.PutValue(ctx, name, value)
}

func (c *countedStore) Value(ctx context.Context, name string) ([]byte, bool, error) {
	c.note("Value", 1)
	return c.shop.Value(ctx, name)
}

func (c *countedStore) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	c.note("Lock", 0)
	held, unlock, err := c.shop.Lock(ctx, key)
	return held, c.unlocking(unlock), err
}

func (c *countedStore) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	held, taken, unlock, err := c.shop.TryLock(ctx, keys...)
	c.note("TryLock", 0)
	return held, taken, c.unlocking(unlock), err
}

func (c *countedStore) unlocking(unlock func()) func() {
	if unlock == nil {
		return nil
	}
	return func() {
		c.note("unlock", 0)
		unlock()
	}
}
