package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// dropsKept is how many dropped orders a memory knows at least.
const dropsKept = 10_000

// memoryLedger is the ledger of an account.
type memoryLedger struct {
	revision Revision
	kept     map[ledgerKey]Reservation
	dropped  map[ledgerKey]Revision
	// log has the changes by revision, and now and then changes that others of the
	// same order have followed.
	log []logged
	// forgotten is the revision of the last change that is no longer in the log
	// although none has followed it.
	forgotten Revision
	seenUpTo  map[string]time.Time
}

type ledgerKey struct{ shop, orderID string }

type logged struct {
	revision Revision
	key      ledgerKey
}

func compareKeys(a, b ledgerKey) int {
	return cmp.Or(cmp.Compare(a.shop, b.shop), cmp.Compare(a.orderID, b.orderID))
}

func (l *memoryLedger) put(key ledgerKey, r Reservation) {
	l.change(key)
	r = r.clone()
	before := l.kept[key]
	r.Shop, r.Revision, r.VisibleFrom = key.shop, l.revision, 0
	if !r.VisibleAt.IsZero() {
		r.VisibleFrom = cmp.Or(before.VisibleFrom, l.revision)
	}
	if l.kept == nil {
		l.kept = map[ledgerKey]Reservation{}
	}
	l.kept[key] = r
	delete(l.dropped, key)
}

func (l *memoryLedger) drop(key ledgerKey) {
	if _, have := l.kept[key]; !have {
		return
	}
	l.change(key)
	delete(l.kept, key)
	if l.dropped == nil {
		l.dropped = map[ledgerKey]Revision{}
	}
	l.dropped[key] = l.revision
}

// change takes the next revision.
func (l *memoryLedger) change(key ledgerKey) {
	if len(l.log) > 2*(len(l.kept)+dropsKept) {
		l.tidy()
	}
	l.revision++
	l.log = append(l.log, logged{l.revision, key})
}

// tidy shortens the log. It forgets what was dropped longest ago.
func (l *memoryLedger) tidy() {
	surplus := len(l.dropped) - dropsKept
	l.log = slices.DeleteFunc(l.log, func(e logged) bool {
		switch revision, dropped := l.dropped[e.key]; {
		case !dropped:
			return l.kept[e.key].Revision != e.revision
		case revision != e.revision:
			return true
		case surplus > 0:
			surplus--
			delete(l.dropped, e.key)
			l.forgotten = e.revision
			return true
		}
		return false
	})
}

// after returns the changes after a revision.
func (l *memoryLedger) after(after Revision) ([]Change, error) {
	if after < 0 || after > l.revision || after != 0 && after < l.forgotten {
		return nil, fmt.Errorf("after revision %d of %d: %w", after, l.revision, ErrRevision)
	}
	from, _ := slices.BinarySearchFunc(l.log, after+1, func(e logged, r Revision) int { return cmp.Compare(e.revision, r) })
	var changes []Change
	for _, e := range l.log[from:] {
		if r, have := l.kept[e.key]; have && r.Revision == e.revision {
			changes = append(changes, Change{Revision: e.revision, Reservation: r.clone()})
		} else if l.dropped[e.key] == e.revision && after > 0 {
			changes = append(changes, Change{Revision: e.revision, Reservation: Reservation{Shop: e.key.shop, OrderID: e.key.orderID}, Dropped: true})
		}
	}
	return changes, nil
}

func (s memoryShop) PutReservations(ctx context.Context, reservations ...Reservation) error {
	return s.write(ctx, func(*shopData) error {
		for _, r := range reservations {
			s.ledger.put(ledgerKey{s.name, r.OrderID}, r)
		}
		return nil
	})
}

func (s memoryShop) DropReservations(ctx context.Context, orderIDs ...string) error {
	return s.write(ctx, func(*shopData) error {
		for _, id := range orderIDs {
			s.ledger.drop(ledgerKey{s.name, id})
		}
		return nil
	})
}

func (s memoryShop) ReservationsOf(ctx context.Context, orderIDs ...string) (found map[string]Reservation, err error) {
	err = s.read(ctx, func(*shopData) {
		found = map[string]Reservation{}
		for _, id := range orderIDs {
			if r, ok := s.ledger.kept[ledgerKey{s.name, id}]; ok {
				found[id] = r.clone()
			}
		}
	})
	return found, err
}

func (s memoryShop) Reservations(ctx context.Context) (list []Reservation, err error) {
	err = s.read(ctx, func(*shopData) {
		list = make([]Reservation, 0, len(s.ledger.kept))
		for _, key := range slices.SortedFunc(maps.Keys(s.ledger.kept), compareKeys) {
			list = append(list, s.ledger.kept[key].clone())
		}
	})
	return list, err
}

func (s memoryShop) LedgerChanges(ctx context.Context, after Revision) (changes []Change, now Revision, err error) {
	var refused error
	err = s.read(ctx, func(*shopData) {
		changes, refused = s.ledger.after(after)
		now = s.ledger.revision
	})
	return changes, now, cmp.Or(err, refused)
}

func (s memoryShop) SetSeenUpTo(ctx context.Context, moment time.Time) error {
	return s.write(ctx, func(*shopData) error {
		l := &s.ledger
		if l.seenUpTo == nil {
			l.seenUpTo = map[string]time.Time{}
		}
		if moment.After(l.seenUpTo[s.name]) {
			l.seenUpTo[s.name] = utc(moment)
		}
		return nil
	})
}

func (s memoryShop) SeenUpTo(ctx context.Context) (moments map[string]time.Time, err error) {
	err = s.read(ctx, func(*shopData) {
		moments = map[string]time.Time{}
		maps.Copy(moments, s.ledger.seenUpTo)
	})
	return moments, err
}
