package sqlstore_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/bridgetest"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/internal/postgrestest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// places are empty databases of each kind.
var places = map[string]func(testing.TB) string{
	"sqlite":   func(t testing.TB) string { return filepath.Join(quickDir(t), "bridge.db") },
	"postgres": postgrestest.URL,
}

// quickDir is a folder in memory, if there is one: what a loss of power costs is not
// tested, and waiting for the disk would be most of the time. Other tests use a disk.
func quickDir(t testing.TB) string {
	dir, err := os.MkdirTemp("/dev/shm", "sqlstore-") //nolint:usetesting // that is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// open opens a database until the end of the test.
func open(t testing.TB, c sqlstore.Config) *sqlstore.DB {
	t.Helper()
	db, err := c.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// opened is a store with the database that it is, and what it was opened with.
type opened struct {
	store.Store
	db     *sqlstore.DB
	config sqlstore.Config
}

func openStore(t *testing.T, c sqlstore.Config) store.Store {
	t.Helper()
	db := open(t, c)
	return opened{db.Store(), db, c}
}

func testStore(t *testing.T, place func(testing.TB) string) {
	t.Helper()
	bridgetest.TestStore(t, func(t *testing.T, now func() time.Time) store.Store {
		t.Helper()
		return openStore(t, sqlstore.Config{URL: place(t), Now: now, Lease: 3 * time.Second, Connections: 4})
	}, func(t *testing.T, s store.Store) store.Store {
		t.Helper()
		return openStore(t, s.(opened).config)
	}, func(t *testing.T, s store.Store, shop, key string) {
		t.Helper()
		lost, err := s.(opened).db.LoseLock(t.Context(), shop, key)
		if err != nil || !lost {
			t.Fatalf("losing lock %q of %s: there was one: %t, %v", key, shop, lost, err)
		}
	})
}

type openedExceptions struct {
	exceptions.Store
	config sqlstore.Config
}

func testExceptions(t *testing.T, place func(testing.TB) string) {
	t.Helper()
	reopen := func(t *testing.T, c sqlstore.Config) exceptions.Store {
		t.Helper()
		return openedExceptions{open(t, c).Exceptions(), c}
	}
	bridgetest.TestExceptions(t, func(t *testing.T, now func() time.Time) exceptions.Store {
		t.Helper()
		return reopen(t, sqlstore.Config{URL: place(t), Now: now, Connections: 4})
	}, func(t *testing.T, s exceptions.Store) exceptions.Store {
		t.Helper()
		return reopen(t, s.(openedExceptions).config)
	})
}

type openedTokens struct {
	tiktokshop.TokenStore
	config sqlstore.Config
}

func testTokens(t *testing.T, place func(testing.TB) string) {
	t.Helper()
	reopen := func(t *testing.T, c sqlstore.Config) tiktokshop.TokenStore {
		t.Helper()
		return openedTokens{open(t, c).Tokens("maple"), c}
	}
	tiktokshoptest.TestTokenStore(t, func(t *testing.T) tiktokshop.TokenStore {
		t.Helper()
		return reopen(t, sqlstore.Config{URL: place(t)})
	}, func(t *testing.T, s tiktokshop.TokenStore) tiktokshop.TokenStore {
		t.Helper()
		return reopen(t, s.(openedTokens).config)
	})
}

// Every suite, on each database.
func TestSuites(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("store", func(t *testing.T) { testStore(t, place) })
			t.Run("exceptions", func(t *testing.T) { testExceptions(t, place) })
			t.Run("tokens", func(t *testing.T) { testTokens(t, place) })
		})
	}
}
