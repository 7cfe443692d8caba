package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Config is a database and how it is used. Every field but URL has a default.
type Config struct {
	// URL is the path of a SQLite file, "sqlite:" and a path, or the URL of a
	// PostgreSQL database: postgres://user:password@host/database?sslmode=verify-full.
	URL string
	// Lease is how long a lock outlives a process that has died, at least one second.
	// Locks are renewed three times in that time. Default 30 seconds.
	Lease time.Duration
	// Patience is how long a call is tried again while the database cannot be reached
	// or is busy. Default 10 seconds.
	Patience time.Duration
	// Connections are at most open at once. Default 16.
	Connections int
	// HintLimit is how many orders one list of hints takes. Default 10,000.
	HintLimit int
	// LabelLimit is how many documents are kept of a shop: the oldest make room.
	// Default 10,000.
	LabelLimit int
	// ClosedCases is how many closed cases of a shop are kept, those closed last.
	// Default 10,000.
	ClosedCases int
	// DroppedOrders is how many orders that were dropped from the ledger are known to
	// those who follow its changes, at least 1,000. Default 10,000.
	DroppedOrders int
	// Now replaces time.Now for what is noted. Leases go by the database's clock.
	Now func() time.Time
}

// DB is a database that keeps everything of one Linnworks account, for any number of
// shops and processes. It is the [exceptions.Desk] of all shops. Its methods may be
// called by several goroutines at once.
type DB struct {
	config   Config
	dialect  *dialect
	identity string  // of the database, the same in all processes
	writer   *sql.DB // of SQLite it has one connection
	reader   *sql.DB

	statements sync.Map     // as they were written to how the database takes them
	begun      sync.Map     // shops whose records are begun
	hints      hintQueue    // that wait to be noted
	marks      sync.Map     // of cursors, by shop and name
	shares     shares       // of the budgets of calls
	clock      func() int64 // replaces the database's in tests of budgets

	mu      sync.Mutex
	leases  map[string]*lease // that are held
	renewed chan struct{}     // closed when the goroutine that renews them has ended; nil without one
	freed   chan struct{}     // closed when a lock is given back
	closed  chan struct{}
}

var (
	_ exceptions.Desk  = (*DB)(nil)
	_ store.Shop       = Shop{}
	_ exceptions.Queue = Shop{}
)

// Open opens a database and brings its tables up to date; see [Config.URL]. A file that
// does not exist is made, readable for its owner alone. The context is for opening only.
func Open(ctx context.Context, url string) (*DB, error) { return Config{URL: url}.Open(ctx) }

// ErrNewer is wrapped by the error of [Open] for a database whose tables are those of a
// newer version of this package.
var ErrNewer = errors.New("sqlstore: the database was made by a newer version of this program")

// Open is [Open] with other settings.
func (c Config) Open(ctx context.Context) (*DB, error) {
	c.Lease = cmp.Or(max(c.Lease, 0), 30*time.Second)
	c.Patience = cmp.Or(max(c.Patience, 0), 10*time.Second)
	c.Connections = cmp.Or(max(c.Connections, 0), 16)
	c.HintLimit = cmp.Or(max(c.HintLimit, 0), 10_000)
	c.LabelLimit = cmp.Or(max(c.LabelLimit, 0), 10_000)
	c.ClosedCases = cmp.Or(max(c.ClosedCases, 0), 10_000)
	c.DroppedOrders = max(cmp.Or(max(c.DroppedOrders, 0), 10_000), 1000)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Lease < time.Second {
		return nil, fmt.Errorf("sqlstore: a lease of %v is too short: it has at least one second", c.Lease)
	}
	d := &DB{config: c, leases: map[string]*lease{}, freed: make(chan struct{}), closed: make(chan struct{})}
	if err := d.connect(); err != nil {
		return nil, err
	}
	if err := d.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlstore: opening the database: %w", err), d.Close()) //nolint:contextcheck // that of opening may be why it failed
	}
	return d, nil
}

// connect prepares connections: it asks nobody yet.
func (d *DB) connect() (err error) {
	address := d.config.URL
	scheme, _, _ := strings.Cut(address, ":")
	if scheme == "postgres" || scheme == "postgresql" {
		d.dialect = postgresDialect
		if d.writer, err = sql.Open("pgx", address); err != nil {
			return fmt.Errorf("sqlstore: %w", err) // pgx leaves the password out
		}
		d.writer.SetMaxOpenConns(d.config.Connections)
		d.writer.SetMaxIdleConns(d.config.Connections)
		d.writer.SetConnMaxIdleTime(5 * time.Minute)
		d.reader = d.writer
		return nil
	}
	path, named := strings.CutPrefix(address, "sqlite:")
	if named {
		path = strings.TrimPrefix(path, "//")
	}
	if path == "" || strings.Contains(path, "://") || strings.Contains(path, ":memory:") || strings.HasPrefix(path, "file:") {
		return errors.New("sqlstore: the address names no database: give the path of a file, sqlite: and a path, or a postgres:// URL (and store.Memory needs none)")
	}
	if path, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	// SQLite gives its other files the rights of this one. A label names a buyer.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	d.dialect = sqliteDialect
	// FULL, because a write that has returned must outlive a loss of power. The time to
	// be busy is short, since nothing ends that wait: it is tried again here.
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + url.Values{"_pragma": {
		"busy_timeout(200)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)", // a label that was dropped is gone
	}}.Encode()
	if d.writer, err = sql.Open("sqlite", name+"&_txlock=immediate"); err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	d.writer.SetMaxOpenConns(1) // who writes waits in line, and not until SQLite is asked again
	if d.reader, err = sql.Open("sqlite", name+"&_pragma=query_only(1)"); err != nil {
		return errors.Join(fmt.Errorf("sqlstore: %w", err), d.writer.Close())
	}
	d.reader.SetMaxOpenConns(d.config.Connections)
	d.reader.SetMaxIdleConns(d.config.Connections)
	return nil
}

// Close gives back the locks that are still held and closes the database.
func (d *DB) Close() error {
	d.mu.Lock()
	select {
	case <-d.closed:
		d.mu.Unlock()
		return nil
	default:
	}
	close(d.closed)
	held := make([]*lease, 0, len(d.leases))
	for _, l := range d.leases {
		held = append(held, l)
	}
	renewed := d.renewed
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), d.config.Patience)
	defer cancel()
	d.hints.close(ctx)
	d.give(ctx, held...)
	d.shares.mu.Lock()
	d.shares.closed = true
	d.shares.mu.Unlock()
	d.shares.running.Wait()
	if renewed != nil {
		<-renewed
	}
	err := d.writer.Close()
	if d.reader != d.writer {
		err = errors.Join(err, d.reader.Close())
	}
	if err != nil {
		return fmt.Errorf("sqlstore: closing the database: %w", err)
	}
	return nil
}

// Shop returns what is remembered of one shop, by the name that the embedder gives it.
// It asks nobody: a name that cannot be one shows when the memory is used.
func (d *DB) Shop(name string) Shop { return Shop{d, name, exceptions.CheckShop(name)} }

// Shop is what is remembered of one shop: its [store.Shop] and its [exceptions.Queue].
type Shop struct {
	db   *DB
	name string
	bad  error // the name is none for a queue
}

// Store returns the database as a [store.Store].
func (d *DB) Store() store.Store { return asStore{d} }

type asStore struct{ db *DB }

func (s asStore) Shop(name string) store.Shop { return s.db.Shop(name) }

// Exceptions returns the database as an [exceptions.Store].
func (d *DB) Exceptions() exceptions.Store { return asExceptions{d} }

type asExceptions struct{ *DB }

func (s asExceptions) Shop(name string) exceptions.Queue { return s.DB.Shop(name) }
