package sqlstore

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// SlowWrite writes a value, and calls during before it is committed.
func (s Shop) SlowWrite(ctx context.Context, name string, during func()) error {
	return s.write(ctx, "writing slowly", func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO lb_values (shop, name, value) VALUES (?, ?, ?) ON CONFLICT (shop, name) DO UPDATE SET value = excluded.value`, s.name, name, []byte("slow"))
		during()
		return err
	})
}

// Expire ends all leases that there are, as if nobody had renewed them.
func (d *DB) Expire(ctx context.Context) error {
	return d.unfenced(ctx, "expiring", d.dialect.begin, nil, func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `UPDATE lb_leases SET expires = 0`)
		return err
	})
}

// Plans returns how SQLite goes about each statement that this DB has run.
func (d *DB) Plans(ctx context.Context) (plans map[string][]string, err error) {
	plans = map[string][]string{}
	explain := func(text, statement string) error {
		rows, err := d.reader.QueryContext(ctx, "EXPLAIN QUERY PLAN "+statement, make([]any, strings.Count(statement, "?"))...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				return err
			}
			plans[text] = append(plans[text], detail)
		}
		return rows.Err()
	}
	d.statements.Range(func(text, statement any) bool {
		if s := statement.(string); !strings.Contains(s, "CREATE ") && !strings.Contains(s, "ALTER TABLE") {
			err = explain(text.(string), s)
		}
		return err == nil
	})
	return plans, err
}

// LoseLock takes a lock away from its holder, as if it had not been renewed and another
// had taken it since, and reports whether there was one.
func (d *DB) LoseLock(ctx context.Context, shop, key string) (lost bool, err error) {
	err = d.unfenced(ctx, "losing a lock", d.dialect.begin, nil, func(ctx context.Context, t *tx) error {
		if _, err := t.exec(ctx, `UPDATE lb_leases SET broken = 1 WHERE id IN (SELECT lease FROM lb_locks WHERE shop = ? AND name = ?)`, shop, key); err != nil {
			return err
		}
		n, err := t.exec(ctx, `DELETE FROM lb_locks WHERE shop = ? AND name = ?`, shop, key)
		lost = n == 1
		return err
	})
	return lost, err
}

// SetClock replaces the database's clock for budgets: microseconds of Unix time.
func (d *DB) SetClock(now func() int64) { d.clock = now }

// WaitFor waits for a call under a budget of so many calls in a window.
func (d *DB) WaitFor(ctx context.Context, name string, calls float64, window time.Duration) error {
	return d.share(name, quota{calls, window.Microseconds()}).wait(ctx, 1)
}

// Callers are how many hints wait for an answer.
func (d *DB) Callers() int {
	d.hints.mu.Lock()
	defer d.hints.mu.Unlock()
	return d.hints.callers
}

// HintsClosed reports whether no more hints are taken.
func (d *DB) HintsClosed() bool {
	d.hints.mu.Lock()
	defer d.hints.mu.Unlock()
	return d.hints.closed
}

// ConfigOf is what a database was opened with.
func (d *DB) ConfigOf() Config { return d.config }

// Fill has a SQLite file grow no more, until it may grow again.
func (d *DB) Fill(ctx context.Context, full bool) error {
	most := 1 << 30
	if full {
		most = 1 // which is taken for the size that it has
	}
	_, err := d.writer.ExecContext(ctx, "PRAGMA max_page_count = "+strconv.Itoa(most)) // of its only connection
	return err
}
