package stock

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// ErrLocksUnknown reports that a push, or [Engine.ReadTouched], could not find out which orders
// of the warehouse are locked. Nothing is raised by levels that have changed; what is lowered
// by them may leave units on sale of orders that were locked since the question was last
// answered. The next push asks again by itself.
var ErrLocksUnknown = errors.New("it is not known which orders are locked in the warehouse, so no level that has changed raises stock")

// settleTries is how often levels that are not vouched for are read again at once.
const settleTries = 2

// settleRaises finds out whether a level that would raise something was read while an order
// was locked. ask is to ask for the orders.
func (e *Engine) settleRaises(ctx context.Context, ask func(context.Context) error) error {
	for range settleTries {
		again, waits := e.book.doubts()
		if !waits {
			return nil
		}
		if err := e.readAgain(ctx, again); err != nil {
			return err
		}
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

// doubts reports whether a raise waits for levels that are not vouched for, and which of
// them have to be read again before orders are asked for.
func (b *Book) doubts() (again []string, waits bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	for _, n := range b.ordersSeen.held {
		e := b.listings.At(int(n))
		if !e.doubted {
			continue
		}
		waits = true
		for _, p := range e.allParts() {
			if it := b.part(p); it.mark < it.doubtedAt {
				again = append(again, it.id)
			}
		}
	}
	slices.Sort(again)
	return slices.Compact(again), waits
}

// readAgain reads levels between the regular readings.
func (e *Engine) readAgain(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if some, err := e.reader.levels(ctx, ids); some != nil || err != nil {
		return e.failed(errors.Join(some, err))
	}
	e.book.called(CallLevels, (len(ids)+itemBatch-1)/itemBatch)
	return nil
}

// readTouched asks for the orders that changed since the last time, and takes back into
// the ledger what locked ones of this shop take: the warehouse gives their units free. It
// returns the items on all of them.
func (e *Engine) readTouched(ctx context.Context) (items []string, err error) {
	release, err := e.lockTouched(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if e.since.IsZero() {
		if e.since, err = e.reader.touchedUpTo(ctx); err != nil {
			return nil, e.failed(err)
		}
	}
	mark := e.book.Mark()
	touched, err := e.ports.Touches.ItemsTouched(ctx, e.since.Add(-touchOverlap))
	if err != nil {
		return nil, e.failed(fmt.Errorf("reading what orders touched: %w", err))
	}
	e.book.called(CallTouched, 1)
	found := make(map[string]TouchedOrder, len(touched.Orders))
	var changed []TouchedOrder // since they were last looked at
	freed := map[string]bool{}
	for _, o := range touched.Orders {
		found[o.ID] = o
		if last, have := e.found[o.ID]; !have || !o.same(last) {
			changed = append(changed, o)
			for id := range o.Items {
				freed[id] = freed[id] || o.Locked
			}
		}
	}
	maps.DeleteFunc(freed, func(_ string, locked bool) bool { return !locked })
	// Else levels that do not have the units would lack them twice.
	if err := e.readAgain(ctx, e.book.needed(slices.Sorted(maps.Keys(freed)))); err != nil {
		return nil, err
	}
	if err := e.takeBack(ctx, changed); err != nil {
		return nil, e.failed(err)
	}
	oldest := e.book.setTouched(mark, touched.UpTo, changed)
	if err := e.reader.keepTouched(ctx, oldest); err != nil {
		return nil, e.failed(err)
	}
	e.since, e.found = touched.UpTo, found
	return touched.ItemIDs, nil
}

// same reports whether an order is as it was last found. Its moment alone does not say it:
// one that is locked in the moment in which it was made has still the same.
func (o TouchedOrder) same(last TouchedOrder) bool {
	return !o.UpdatedAt.IsZero() && o.UpdatedAt.Equal(last.UpdatedAt) && o.Locked == last.Locked && maps.Equal(o.Items, last.Items)
}

// lockTouched waits until nobody else asks for orders, or drops what the ledger holds: of
// what is taken back meanwhile nothing may be dropped.
func (e *Engine) lockTouched(ctx context.Context) (release func(), err error) {
	select {
	case e.touching <- struct{}{}:
		return func() { <-e.touching }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// takeBack reserves what locked orders take, and has the intake look at them, and at
// those that are no longer locked: it knows the orders in full.
func (e *Engine) takeBack(ctx context.Context, orders []TouchedOrder) error {
	var ids []string
	for _, o := range orders {
		if !o.Elsewhere {
			ids = append(ids, o.OrderIDs...)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	reserved, err := e.ports.Ledger.ReservationsOf(ctx, ids...)
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	puts, looks := map[string]store.Reservation{}, map[string]bool{}
	for _, o := range orders {
		for _, id := range o.OrderIDs {
			r, have := reserved[id]
			if o.Elsewhere {
				continue
			}
			if !o.Locked {
				looks[id] = looks[id] || have && r.Unseen == store.UnseenLocked
			} else if r, taken := withLocked(r, id, o); taken {
				reserved[id], puts[id], looks[id] = r, r, true
			}
		}
	}
	if len(puts) > 0 {
		list := make([]store.Reservation, 0, len(puts))
		for _, id := range slices.Sorted(maps.Keys(puts)) {
			list = append(list, puts[id])
		}
		if err := e.ports.Ledger.PutReservations(ctx, list...); err != nil {
			return fmt.Errorf("reserving what %d locked orders take: %w", len(list), err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(looks)) {
		if e.ports.Hint == nil || !looks[id] {
			continue
		}
		if err := e.ports.Hint(ctx, id); err != nil {
			return fmt.Errorf("having order %s looked at, whose lock has changed: %w", id, err)
		}
	}
	if len(puts) > 0 {
		return e.reader.ledger(ctx)
	}
	return nil
}

// withLocked adds a locked order of the warehouse to the reservation of the shop's order;
// taken is false if it is in it.
func withLocked(r store.Reservation, id string, o TouchedOrder) (_ store.Reservation, taken bool) {
	line := store.ReservedLine{LineID: touchedKey(o.ID).id, Items: o.Items}
	switch {
	case r.OrderID == "":
		r = store.Reservation{OrderID: id, LocationID: o.LocationID}
	case !r.VisibleAt.IsZero(): // the whole order
		r.VisibleAt, r.Unseen = time.Time{}, store.UnseenLocked
		return r, true
	case hasPart(r, line.LineID):
		return r, false
	}
	r.Unseen, r.Lines, r.Items = store.UnseenLocked, append(slices.Clone(r.Lines), line), maps.Clone(r.Items)
	if r.Items == nil {
		r.Items = map[string]int{}
	}
	for item, n := range o.Items {
		r.Items[item] += n
	}
	return r, true
}

// touchedValue is the name under which it is kept from when on the next process has to ask
// for orders: what was locked while none ran, and what only the memory of this one has.
const touchedValue = "stock: orders asked for up to"

// touchedUpTo reads up to when an earlier process has asked for orders.
func (r stockReader) touchedUpTo(ctx context.Context) (time.Time, error) {
	now := r.now().UTC()
	if r.ports.Values == nil {
		return now, nil
	}
	value, have, err := r.ports.Values.Value(ctx, touchedValue)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading up to when orders were asked for: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, string(value))
	if !have || err != nil || at.After(now) { // what cannot be read is measured anew
		return now, nil //nolint:nilerr // see above
	}
	return at, nil
}

func (r stockReader) keepTouched(ctx context.Context, upTo time.Time) error {
	if r.ports.Values == nil {
		return nil
	}
	if err := r.ports.Values.PutValue(ctx, touchedValue, []byte(upTo.UTC().Format(time.RFC3339Nano))); err != nil {
		return fmt.Errorf("keeping up to when orders were asked for: %w", err)
	}
	return nil
}
