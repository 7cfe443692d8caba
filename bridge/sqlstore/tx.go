package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// queryer is a connection or a transaction.
type queryer interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, statement string, args ...any) (*sql.Rows, error)
}

// tx is where statements are run.
type tx struct {
	queryer
	db *DB
}

// prepared is a statement and its arguments as the database takes them.
func (t *tx) prepared(text string, args []any) (string, []any, error) {
	statement, known := t.db.statements.Load(text)
	if !known {
		statement = t.db.dialect.statement(text)
		t.db.statements.Store(text, statement)
	}
	args, err := t.db.dialect.arguments(args)
	return statement.(string), args, err
}

// exec returns how many rows it changed.
func (t *tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	statement, args, err := t.prepared(text, args)
	if err != nil {
		return 0, err
	}
	result, err := t.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// query calls scan with each row.
func (t *tx) query(ctx context.Context, text string, scan func(*sql.Rows) error, args ...any) (err error) {
	statement, args, err := t.prepared(text, args)
	if err != nil {
		return err
	}
	rows, err := t.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// row reads the only row, or returns [sql.ErrNoRows].
func (t *tx) row(ctx context.Context, text string, dest []any, args ...any) error {
	found := false
	err := t.query(ctx, text, func(rows *sql.Rows) error {
		found = true
		return rows.Scan(dest...)
	}, args...)
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// insert runs an insert of {rows ...}, with one statement where the database takes
// lists. scan, if not nil, is called with what it returns. No key may come twice.
func (t *tx) insert(ctx context.Context, text string, rows [][]any, scan func(*sql.Rows) error, more ...any) error {
	if len(rows) == 0 {
		return nil
	}
	run := func(args ...any) error {
		if args = append(args, more...); scan != nil {
			return t.query(ctx, text, scan, args...)
		}
		_, err := t.exec(ctx, text, args...)
		return err
	}
	if !t.db.dialect.numbered {
		for _, row := range rows {
			if err := run(slices.Clone(row)...); err != nil {
				return err
			}
		}
		return nil
	}
	columns := make([]any, len(rows[0]))
	for c := range columns {
		column, err := array(rows, c)
		if err != nil {
			return err
		}
		columns[c] = column
	}
	return run(columns...)
}

// array is a column of rows: of texts, some of which may be NULL, or of numbers.
func array(rows [][]any, c int) (any, error) {
	if _, number := rows[0][c].(int64); number {
		list := make([]int64, len(rows))
		for i, row := range rows {
			list[i] = row[c].(int64)
		}
		return list, nil
	}
	list := make([]*string, len(rows))
	for i, row := range rows {
		if s, ok := row[c].(string); ok {
			if err := checkText(s); err != nil {
				return nil, err
			}
			list[i] = &s
		}
	}
	return list, nil
}

// count adds to a counter and returns what it is then. Who counts next waits until this
// transaction has ended: what is numbered so becomes visible in the order of its numbers.
func (t *tx) count(ctx context.Context, shop, name string, n int) (value int64, err error) {
	err = t.row(ctx, `INSERT INTO lb_counters (shop, name, value) VALUES (?, ?, ?)
		ON CONFLICT (shop, name) DO UPDATE SET value = lb_counters.value + excluded.value RETURNING value`, []any{&value}, shop, name, n)
	return value, err
}

// read calls f, again if the database could not be reached.
func (d *DB) read(ctx context.Context, what string, f func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := d.retry(ctx, func() error { return f(&tx{d.reader, d}) }); err != nil {
		return fmt.Errorf("sqlstore: %s: %w", what, ended(ctx, err))
	}
	return nil
}

// write calls f in a transaction, unless a lock of ctx is another's. f may be called
// several times, but is committed at most once.
func (d *DB) write(ctx context.Context, what string, f func(context.Context, *tx) error) error {
	fences, err := d.fences(ctx) // before the context, which has ended with the lock
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	return d.unfenced(ctx, what, d.dialect.begin, fences, f)
}

// unfenced is write with its first statement and the leases that must be whole.
func (d *DB) unfenced(ctx context.Context, what, begin string, fences []string, f func(context.Context, *tx) error) error {
	err := d.retry(ctx, func() error { return d.try(ctx, begin, fences, f) })
	switch {
	case err == nil:
		return nil
	case d.dialect.full(err):
		return fmt.Errorf("%w: %s: %w", ErrFull, what, err)
	}
	return fmt.Errorf("sqlstore: %s: %w", what, err)
}

// ErrFull is wrapped by the error of a write for which the database has no room. It goes on
// by itself when there is some.
var ErrFull = errors.New("sqlstore: the disk of the database is full: nothing was written: whoever runs its machine has to make room, and the write can be tried again then")

// try is one try of a write.
func (d *DB) try(ctx context.Context, begin string, fences []string, f func(context.Context, *tx) error) error {
	var number string
	err := d.transaction(ctx, func(ctx context.Context, t *tx) error {
		if d.dialect.numbered || len(fences) > 0 {
			var whole int
			if err := t.query(ctx, begin, func(rows *sql.Rows) error {
				columns, err := rows.Columns()
				if err != nil {
					return err
				}
				dest := []any{&number, &whole}
				for range columns[len(dest):] { // of settings
					dest = append(dest, new(string))
				}
				return rows.Scan(dest...)
			}, fences); err != nil {
				return err
			}
			if whole < len(fences) {
				return store.ErrFenced
			}
		}
		return f(ctx, t)
	})
	lost, ok := errors.AsType[*lostCommitError](err)
	if !ok {
		return err
	}
	return d.settle(ctx, number, lost)
}

// lostCommitError is the error of a commit whose answer was lost.
type lostCommitError struct{ err error }

func (e *lostCommitError) Error() string {
	return "it is not known whether it was written: the answer was lost: " + e.err.Error()
}

func (e *lostCommitError) Unwrap() error { return e.err }

// settle asks what became of a transaction whose commit was not answered. It returns nil
// if it was committed, and the loss of the connection, so that it is tried again, if it
// was not.
func (d *DB) settle(ctx context.Context, number string, lost *lostCommitError) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.config.Patience) // who ended it wants to know, too
	defer cancel()
	for {
		var status sql.NullString
		err := d.retry(ctx, func() error {
			return (&tx{d.reader, d}).row(ctx, `SELECT pg_xact_status(?::text::xid8)`, []any{&status}, number)
		})
		switch {
		case err != nil:
			return fmt.Errorf("%w (and asking for it: %v)", finalError{lost}, err) //nolint:errorlint // the first is the cause
		case status.String == "committed":
			return nil
		case status.String == "aborted":
			return lost.err
		case status.String != "in progress":
			return finalError{lost}
		}
		if err := sleep(ctx, 20*time.Millisecond); err != nil {
			return finalError{lost}
		}
	}
}

// finalError is an error after which nothing may be tried again.
type finalError struct{ error }

func (e finalError) Unwrap() error { return e.error }

// transaction runs f in a transaction. ctx ends it until it is committed: how a commit
// ends is worth waiting for.
func (d *DB) transaction(ctx context.Context, f func(context.Context, *tx) error) error {
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	t, err := conn.BeginTx(own, &sql.TxOptions{Isolation: d.isolation()})
	if err != nil {
		return ended(ctx, err)
	}
	defer func() { _ = t.Rollback() }() // without effect after Commit
	if err := f(own, &tx{t, d}); err != nil {
		return ended(ctx, err)
	}
	if !stop() {
		return ctx.Err()
	}
	defer time.AfterFunc(d.config.Patience, cancel).Stop()
	err = t.Commit()
	if err != nil && !d.dialect.answered(err) {
		return &lostCommitError{err}
	}
	return err
}

// isolation is that of writes: what they depend on they lock.
func (d *DB) isolation() sql.IsolationLevel {
	if d.dialect.numbered {
		return sql.LevelReadCommitted
	}
	return sql.LevelDefault
}

// ended returns the end of ctx if that is why something failed.
func ended(ctx context.Context, err error) error {
	if e := ctx.Err(); e != nil && !errors.Is(err, e) && !errors.Is(err, store.ErrFenced) {
		return fmt.Errorf("%w (%v)", e, err) //nolint:errorlint // the context is the cause
	}
	return err
}

// retry calls f until it does not fail for a reason that passes, or for too long.
func (d *DB) retry(ctx context.Context, f func() error) error {
	begin, pause := time.Now(), 5*time.Millisecond
	for {
		err := f()
		if _, final := errors.AsType[finalError](err); err == nil || final || !d.dialect.again(err) {
			return err
		}
		if time.Since(begin) >= d.config.Patience {
			return err
		}
		if e := sleep(ctx, pause/2+rand.N(pause)); e != nil {
			return ended(ctx, err)
		}
		pause = min(2*pause, time.Second)
	}
}

// sleep waits, but not longer than ctx lasts.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
