package bridgetest

import (
	"context"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// faulty is a good shop's memory some of whose methods are replaced.
type faulty struct {
	store.Shop
	name string
	of   *faultyStore

	cursor       func(context.Context, string) (store.Cursor, error)
	setCursor    func(context.Context, string, store.Cursor) error
	addHint      func(context.Context, string, string) error
	hints        func(context.Context, string) ([]store.Hint, error)
	dropHints    func(context.Context, string, ...store.Hint) error
	putRevisits  func(context.Context, string, ...store.Revisit) error
	dropRevisits func(context.Context, string, ...string) error
	revisits     func(context.Context, string) ([]store.Revisit, error)
	putLabel     func(context.Context, store.LabelDocument) error
	label        func(context.Context, string, string) (store.LabelDocument, bool, error)
	dropLabels   func(context.Context, ...string) error
	putValue     func(context.Context, string, []byte) error
	value        func(context.Context, string) ([]byte, bool, error)
	put          func(context.Context, ...store.Reservation) error
	drop         func(context.Context, ...string) error
	ofOrders     func(context.Context, ...string) (map[string]store.Reservation, error)
	list         func(context.Context) ([]store.Reservation, error)
	changes      func(context.Context, store.Revision) ([]store.Change, store.Revision, error)
	setSeen      func(context.Context, time.Time) error
	seen         func(context.Context) (map[string]time.Time, error)
	records      func(context.Context, ...string) (map[string]store.Record, time.Time, error)
	putRecords   func(context.Context, ...store.Record) ([]int64, error)
	dropRecords  func(context.Context, ...string) error
	due          func(context.Context, time.Time, store.Record, int) ([]store.Record, error)
	references   func(context.Context, time.Time, int) ([]store.Record, error)
	ended        func(context.Context, time.Time, store.Record, int) ([]store.Record, error)
	forget       func(context.Context, ...store.Record) (int, error)
	lock         func(context.Context, string) (context.Context, func(), error)
	tryLock      func(context.Context, ...string) (context.Context, []string, func(), error)
}

func (f *faulty) Cursor(ctx context.Context, name string) (store.Cursor, error) {
	if f.cursor != nil {
		return f.cursor(ctx, name)
	}
	return f.Shop.Cursor(ctx, name)
}

func (f *faulty) SetCursor(ctx context.Context, name string, c store.Cursor) error {
	if f.setCursor != nil {
		return f.setCursor(ctx, name, c)
	}
	return f.Shop.SetCursor(ctx, name, c)
}

func (f *faulty) AddHint(ctx context.Context, list, id string) error {
	if f.addHint != nil {
		return f.addHint(ctx, list, id)
	}
	return f.Shop.AddHint(ctx, list, id)
}

func (f *faulty) Hints(ctx context.Context, list string) ([]store.Hint, error) {
	if f.hints != nil {
		return f.hints(ctx, list)
	}
	return f.Shop.Hints(ctx, list)
}

func (f *faulty) DropHints(ctx context.Context, list string, hints ...store.Hint) error {
	if f.dropHints != nil {
		return f.dropHints(ctx, list, hints...)
	}
	return f.Shop.DropHints(ctx, list, hints...)
}

func (f *faulty) PutRevisits(ctx context.Context, list string, entries ...store.Revisit) error {
	if f.putRevisits != nil {
		return f.putRevisits(ctx, list, entries...)
	}
	return f.Shop.PutRevisits(ctx, list, entries...)
}

func (f *faulty) DropRevisits(ctx context.Context, list string, ids ...string) error {
	if f.dropRevisits != nil {
		return f.dropRevisits(ctx, list, ids...)
	}
	return f.Shop.DropRevisits(ctx, list, ids...)
}

func (f *faulty) Revisits(ctx context.Context, list string) ([]store.Revisit, error) {
	if f.revisits != nil {
		return f.revisits(ctx, list)
	}
	return f.Shop.Revisits(ctx, list)
}

func (f *faulty) PutLabel(ctx context.Context, d store.LabelDocument) error {
	if f.putLabel != nil {
		return f.putLabel(ctx, d)
	}
	return f.Shop.PutLabel(ctx, d)
}

func (f *faulty) Label(ctx context.Context, order, pack string) (store.LabelDocument, bool, error) {
	if f.label != nil {
		return f.label(ctx, order, pack)
	}
	return f.Shop.Label(ctx, order, pack)
}

func (f *faulty) DropLabels(ctx context.Context, ids ...string) error {
	if f.dropLabels != nil {
		return f.dropLabels(ctx, ids...)
	}
	return f.Shop.DropLabels(ctx, ids...)
}

func (f *faulty) PutValue(ctx context.Context, name string, value []byte) error {
	if f.putValue != nil {
		return f.putValue(ctx, name, value)
	}
	return f.Shop.PutValue(ctx, name, value)
}

func (f *faulty) Value(ctx context.Context, name string) ([]byte, bool, error) {
	if f.value != nil {
		return f.value(ctx, name)
	}
	return f.Shop.Value(ctx, name)
}

func (f *faulty) PutReservations(ctx context.Context, list ...store.Reservation) error {
	if f.put != nil {
		return f.put(ctx, list...)
	}
	return f.Shop.PutReservations(ctx, list...)
}

func (f *faulty) DropReservations(ctx context.Context, ids ...string) error {
	if f.drop != nil {
		return f.drop(ctx, ids...)
	}
	return f.Shop.DropReservations(ctx, ids...)
}

func (f *faulty) ReservationsOf(ctx context.Context, ids ...string) (map[string]store.Reservation, error) {
	if f.ofOrders != nil {
		return f.ofOrders(ctx, ids...)
	}
	return f.Shop.ReservationsOf(ctx, ids...)
}

func (f *faulty) Reservations(ctx context.Context) ([]store.Reservation, error) {
	if f.list != nil {
		return f.list(ctx)
	}
	return f.Shop.Reservations(ctx)
}

func (f *faulty) LedgerChanges(ctx context.Context, after store.Revision) ([]store.Change, store.Revision, error) {
	if f.changes != nil {
		return f.changes(ctx, after)
	}
	return f.Shop.LedgerChanges(ctx, after)
}

func (f *faulty) SetSeenUpTo(ctx context.Context, moment time.Time) error {
	if f.setSeen != nil {
		return f.setSeen(ctx, moment)
	}
	return f.Shop.SetSeenUpTo(ctx, moment)
}

func (f *faulty) SeenUpTo(ctx context.Context) (map[string]time.Time, error) {
	if f.seen != nil {
		return f.seen(ctx)
	}
	return f.Shop.SeenUpTo(ctx)
}

func (f *faulty) RecordsOf(ctx context.Context, ids ...string) (map[string]store.Record, time.Time, error) {
	if f.records != nil {
		return f.records(ctx, ids...)
	}
	return f.Shop.RecordsOf(ctx, ids...)
}

func (f *faulty) PutRecords(ctx context.Context, list ...store.Record) ([]int64, error) {
	if f.putRecords != nil {
		return f.putRecords(ctx, list...)
	}
	return f.Shop.PutRecords(ctx, list...)
}

func (f *faulty) DropRecords(ctx context.Context, ids ...string) error {
	if f.dropRecords != nil {
		return f.dropRecords(ctx, ids...)
	}
	return f.Shop.DropRecords(ctx, ids...)
}

func (f *faulty) DueRecords(ctx context.Context, at time.Time, after store.Record, limit int) ([]store.Record, error) {
	if f.due != nil {
		return f.due(ctx, at, after, limit)
	}
	return f.Shop.DueRecords(ctx, at, after, limit)
}

func (f *faulty) ReferencesDue(ctx context.Context, before time.Time, limit int) ([]store.Record, error) {
	if f.references != nil {
		return f.references(ctx, before, limit)
	}
	return f.Shop.ReferencesDue(ctx, before, limit)
}

func (f *faulty) EndedRecords(ctx context.Context, before time.Time, after store.Record, limit int) ([]store.Record, error) {
	if f.ended != nil {
		return f.ended(ctx, before, after, limit)
	}
	return f.Shop.EndedRecords(ctx, before, after, limit)
}

func (f *faulty) Forget(ctx context.Context, records ...store.Record) (int, error) {
	if f.forget != nil {
		return f.forget(ctx, records...)
	}
	return f.Shop.Forget(ctx, records...)
}

func (f *faulty) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	if f.lock != nil {
		return f.lock(ctx, key)
	}
	return f.Shop.Lock(ctx, key)
}

func (f *faulty) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	if f.tryLock != nil {
		return f.tryLock(ctx, keys...)
	}
	return f.Shop.TryLock(ctx, keys...)
}
