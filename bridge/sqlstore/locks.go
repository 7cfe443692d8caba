package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// lease is the time for which somebody has some locks: a row of lb_leases, to which those
// of lb_locks belong. It is renewed as a whole.
type lease struct {
	db     *DB
	id     string
	end    context.CancelCauseFunc // of the held context
	within *lease                  // the one with whose context it was taken

	// By the database's mutex:

	// until is when it ends unless it is renewed, at the latest: what was asked for
	// earlier ends earlier in the database.
	until time.Time
	// over reports whether it was given back, or one of its locks is another's.
	over bool
}

type leaseKey struct{}

// leaseOf is the last of the leases that a context is of, or nil.
func leaseOf(ctx context.Context) *lease {
	l, _ := ctx.Value(leaseKey{}).(*lease)
	return l
}

// fences are the leases on this database that a write with ctx depends on.
func (d *DB) fences(ctx context.Context) (ids []string, err error) {
	for l := leaseOf(ctx); l != nil; l = l.within {
		if l.db.identity != d.identity {
			continue
		}
		l.db.mu.Lock()
		over := l.over
		l.db.mu.Unlock()
		if over {
			return nil, fmt.Errorf("sqlstore: %w", store.ErrFenced)
		}
		ids = append(ids, l.id)
	}
	return ids, nil
}

// Lock implements [store.Locks]. Who waits for another process asks again and again, up
// to five times a second.
func (s Shop) Lock(ctx context.Context, key string) (context.Context, func(), error) {
	if err := s.allowed(ctx); err != nil {
		return ctx, nil, err
	}
	return s.db.lock(ctx, s.name, key)
}

func (d *DB) lock(ctx context.Context, shop, key string) (context.Context, func(), error) {
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		d.mu.Lock()
		freed := d.freed
		d.mu.Unlock()
		held, taken, unlock, err := d.tryLock(ctx, shop, key)
		if err != nil {
			return ctx, nil, err
		}
		if len(taken) > 0 {
			return held, unlock, nil
		}
		unlock()
		timer := time.NewTimer(pause/2 + mathrand.N(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx, nil, fmt.Errorf("sqlstore: waiting for a lock: %w", ctx.Err())
		case <-freed: // by this process, which may be the one
			timer.Stop()
		case <-timer.C:
		}
	}
}

// TryLock implements [store.Locks].
func (s Shop) TryLock(ctx context.Context, keys ...string) (context.Context, []string, func(), error) {
	if err := s.allowed(ctx); err != nil {
		return ctx, nil, nil, err
	}
	return s.db.tryLock(ctx, s.name, keys...)
}

func (d *DB) tryLock(ctx context.Context, shop string, keys ...string) (context.Context, []string, func(), error) {
	keys = unique(keys)
	l := &lease{db: d, id: rand.Text(), within: leaseOf(ctx)}
	taken, err := d.take(ctx, l, shop, keys)
	if err != nil {
		return ctx, nil, nil, fmt.Errorf("sqlstore: locking: %w", ended(ctx, err))
	}
	held, end := context.WithCancelCause(ctx)
	l.end = end
	if len(taken) == 0 {
		return held, nil, func() { end(context.Canceled) }, nil
	}
	if err := d.keep(l); err != nil {
		end(context.Canceled)
		return ctx, nil, nil, err
	}
	return context.WithValue(held, leaseKey{}, l), taken, sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.config.Lease/3) // what is not given back by then runs out
		defer cancel()
		d.give(ctx, l)
	}), nil
}

// errNoneFree ends a transaction that would write nothing.
var errNoneFree = errors.New("none of the locks is free")

// take gives those keys to a new lease that nobody has, or somebody whose lease has run
// out.
func (d *DB) take(ctx context.Context, l *lease, shop string, keys []string) (taken []string, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	// A look first: that all are taken is the usual answer to who waits, and a read.
	free := func(ctx context.Context, t *tx) (free, expired []string, err error) {
		free = slices.Clone(keys)
		err = t.query(ctx, `SELECT k.name, k.lease, CASE WHEN l.expires > {now} THEN 1 ELSE 0 END FROM lb_locks k JOIN lb_leases l ON l.id = k.lease
			WHERE k.shop = ? AND k.name {in}`, func(rows *sql.Rows) error {
			var key, id string
			var alive int
			err := rows.Scan(&key, &id, &alive)
			if alive == 1 {
				free = slices.DeleteFunc(free, func(k string) bool { return k == key })
			} else {
				expired = append(expired, id)
			}
			return err
		}, shop, keys)
		return free, unique(expired), err
	}
	err = d.retry(ctx, func() error {
		some, _, err := free(ctx, &tx{d.reader, d})
		if err == nil && len(some) == 0 {
			return errNoneFree
		}
		return err
	})
	if err == nil {
		err = d.retry(ctx, func() error {
			taken = nil
			l.until = time.Now().Add(d.config.Lease) // before the database's clock is read
			return d.try(ctx, d.dialect.lazy, nil, func(ctx context.Context, t *tx) error {
				some, expired, err := free(ctx, t)
				if err != nil {
					return err
				}
				// From here on those leases cannot be renewed, and nobody writes with them:
				// who does so now is waited for.
				var dead []string
				if len(expired) > 0 {
					if err := t.query(ctx, `UPDATE lb_leases SET broken = 1 WHERE id {in} AND expires <= {now} RETURNING id`, func(rows *sql.Rows) error {
						var id string
						err := rows.Scan(&id)
						dead = append(dead, id)
						return err
					}, expired); err != nil {
						return err
					}
				}
				if _, err := t.exec(ctx, `INSERT INTO lb_leases (id, expires, broken) VALUES (?, {now} + ?, 0)`, l.id, d.config.Lease.Microseconds()); err != nil {
					return err
				}
				rows := make([][]any, len(some))
				for i, key := range some {
					rows[i] = []any{shop, key, l.id}
				}
				if err := t.insert(ctx, `INSERT INTO lb_locks (shop, name, lease) {rows text text text}
					ON CONFLICT (shop, name) DO UPDATE SET lease = excluded.lease WHERE lb_locks.lease {in} RETURNING name`, rows, func(rows *sql.Rows) error {
					var key string
					err := rows.Scan(&key)
					taken = append(taken, key)
					return err
				}, dead); err != nil {
					return err
				}
				if len(taken) == 0 {
					return errNoneFree
				}
				return nil
			})
		})
	}
	if errors.Is(err, errNoneFree) {
		return nil, nil
	}
	return taken, err
}

// keep has a lease renewed until it is over.
func (d *DB) keep(l *lease) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.closed:
		return errClosed
	default:
	}
	d.leases[l.id] = l
	if d.renewed == nil {
		d.renewed = make(chan struct{})
		go d.renew(d.renewed)
	}
	return nil
}

// renew renews all leases three times in the time that they last, as long as there are
// any, and ends the contexts of those that are lost.
func (d *DB) renew(done chan struct{}) {
	defer close(done)
	pause := d.config.Lease / 3
	for {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-d.closed:
			timer.Stop()
			return
		}
		d.mu.Lock()
		if len(d.leases) == 0 {
			d.renewed = nil
			d.mu.Unlock()
			return
		}
		ids := make([]string, 0, len(d.leases))
		for id := range d.leases {
			ids = append(ids, id)
		}
		d.mu.Unlock()
		pause = d.config.Lease / 3
		if !d.renewOnce(ids) {
			pause = d.config.Lease / 12
		}
	}
}

// renewOnce reports whether the database has answered.
func (d *DB) renewOnce(ids []string) bool {
	asked := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), d.config.Lease/6)
	defer cancel()
	slices.Sort(ids)
	whole := map[string]bool{}
	// One that has run out and that nobody wanted lives again. One of which a lock was
	// lost keeps the others.
	err := d.transaction(ctx, func(ctx context.Context, t *tx) error {
		clear(whole)
		return t.query(ctx, `UPDATE lb_leases SET expires = {now} + ? WHERE id {in} AND (broken = 0 OR expires > {now}) RETURNING id, broken`, func(rows *sql.Rows) error {
			var id string
			var broken int
			err := rows.Scan(&id, &broken)
			whole[id] = broken == 0
			return err
		}, d.config.Lease.Microseconds(), ids)
	})
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		l := d.leases[id]
		switch {
		case l == nil || l.over:
		case err == nil && whole[id]:
			l.until = asked.Add(d.config.Lease)
		case err == nil:
			l.over = true
			l.end(store.ErrLockLost)
		case !time.Now().Add(d.config.Lease / 6).Before(l.until):
			l.end(store.ErrLockLost) // before it can be another's; whether it is the fence says
		}
	}
	return err == nil
}

// give gives leases back. What the database cannot be told runs out.
func (d *DB) give(ctx context.Context, leases ...*lease) {
	if len(leases) == 0 {
		return
	}
	ids := make([]string, len(leases))
	d.mu.Lock()
	for i, l := range leases {
		ids[i], l.over = l.id, true
		delete(d.leases, l.id)
	}
	d.mu.Unlock()
	for _, l := range leases {
		l.end(context.Canceled)
	}
	_ = d.unfenced(ctx, "unlocking", d.dialect.lazy, nil, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `DELETE FROM lb_leases WHERE id {in}`, ids)
		return err
	})
	d.mu.Lock()
	close(d.freed)
	d.freed = make(chan struct{})
	d.mu.Unlock()
}
