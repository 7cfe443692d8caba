package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// raw is the database as others see it.
func raw(t testing.TB, place string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(place, "postgres") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestNewerTablesAreRefused(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			c := sqlstore.Config{URL: place(t)}
			open(t, c)
			var known int
			if err := raw(t, c.URL).QueryRowContext(t.Context(), `SELECT version FROM lb_schema`).Scan(&known); err != nil {
				t.Fatal(err)
			}
			if _, err := raw(t, c.URL).ExecContext(t.Context(), `UPDATE lb_schema SET version = version + 1`); err != nil {
				t.Fatal(err)
			}
			_, err := c.Open(t.Context())
			if both := fmt.Sprintf("of version %d, this one knows them up to %d", known+1, known); !errors.Is(err, sqlstore.ErrNewer) || !strings.Contains(err.Error(), both) {
				t.Errorf("tables of a newer version: got %v, want %v that names both", err, sqlstore.ErrNewer)
			}
		})
	}
}

// Many processes start at once on a database that is empty.
func TestOpenedAtOnce(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			c := sqlstore.Config{URL: place(t)}
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					db, err := c.Open(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					defer func() { _ = db.Close() }()
					if _, err := db.Shop("uk").PutRecords(t.Context(), store.Record{OrderID: "1"}); err != nil && !errors.Is(err, store.ErrStale) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			records, _, err := open(t, c).Shop("uk").RecordsOf(t.Context(), "1")
			if err != nil || len(records) != 1 {
				t.Errorf("8 processes put order 1: got %v, %v", records, err)
			}
		})
	}
}

// No error of a wrong address or password shows the password.
func TestWrongAddresses(t *testing.T) {
	dir := t.TempDir()
	for address, want := range map[string]string{
		"":                                 "names no database",
		":memory:":                         "names no database",
		"mysql://u:hush@h/d":               "names no database",
		"file:x.db?mode=memory":            "names no database",
		filepath.Join(dir, "none", "x.db"): "no such file",
		dir:                                "is a directory",
		"postgres://u:hush@127.0.0.1:1/d?sslmode=disable": "refused",
		"postgres://u:hush@127.0.0.1:port/d":              "port",
	} {
		_, err := sqlstore.Config{URL: address, Patience: time.Millisecond}.Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: got %v, want an error that says %q and no password", address, err, want)
		}
	}
	if _, err := (sqlstore.Config{URL: filepath.Join(dir, "x.db"), Lease: time.Millisecond}).Open(t.Context()); err == nil {
		t.Error("a lease of a millisecond is accepted")
	}
}

// A file whose name has signs with a meaning, and which only its owner can read.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"plain.db", "a b?c#d%20e.db", "ü;&=.db"} {
		path := filepath.Join(dir, name)
		db := open(t, sqlstore.Config{URL: "sqlite:" + path})
		if err := db.Shop("uk").PutValue(t.Context(), "a", []byte("b")); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{path, path + "-wal", path + "-shm"} {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s: got mode %v, want it readable for its owner alone", file, info.Mode())
			}
		}
	}
	mode, synchronous := "", 0
	db := raw(t, filepath.Join(dir, "plain.db"))
	if err := errors.Join(db.QueryRowContext(t.Context(), `PRAGMA journal_mode`).Scan(&mode), db.QueryRowContext(t.Context(), `PRAGMA synchronous`).Scan(&synchronous)); err != nil {
		t.Fatal(err)
	}
	if mode != "wal" || synchronous != 2 {
		t.Errorf("journal %s, synchronous %d, want wal and 2, which is full", mode, synchronous)
	}
}

// A record as version 1 of the tables keeps it is read by all that follow.
func TestDocumentsOfVersion1(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			c := sqlstore.Config{URL: place(t)}
			db, other := open(t, c), raw(t, c.URL)
			for _, statement := range []string{
				`INSERT INTO lb_records (shop, order_id, version, untold, doc) VALUES ('uk', '1', 7, 0, '{"status":"AWAITING_SHIPMENT","updated_at":"2026-11-27T12:00:00.123456789Z",
					"warehouse_ids":["w"],"lines":{"l":"r"},"reference":{"WarehouseID":"w","At":"2026-11-27T12:00:01Z","Refused":true},
					"correction":{"From":"a","To":"b","At":"2026-11-27T12:00:02Z","Done":true},"notes":{"n":"m"},"address":18446744073709551615}')`,
				`INSERT INTO lb_ledger (shop, order_id, revision, visible_from, dropped, doc) VALUES ('uk', '1', 5, 4, 0, '{"lines":[{"LineID":"l","SKUID":"s","SKU":"MUG","Items":{"i":2},"Components":{"c":1}}],
					"items":{"i":2},"location":"leeds","seen_at":"2026-11-27T12:00:00Z","unseen":"not in the warehouse yet"}')`,
				`INSERT INTO lb_cursors (shop, name, doc) VALUES ('uk', 'orders', '{"watermark":"2026-11-27T12:00:00Z","seen":{"1":{"UpdatedAt":"2026-11-27T12:00:00Z","Digest":18446744073709551615}},"partial":{"a":"b"}}')`,
				`INSERT INTO lb_revisits (shop, list, order_id, doc) VALUES ('uk', 'intake', '1', '{"due":"2026-11-27T12:00:00Z","attempts":3,"last_error":"e","known":true,"unseen":true,"raised":true,"case_of":"2"}')`,
			} {
				if _, err := other.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
			shop := db.Shop("uk")
			records, _, err1 := shop.RecordsOf(t.Context(), "1")
			reservations, err2 := shop.ReservationsOf(t.Context(), "1")
			cursor, err3 := shop.Cursor(t.Context(), "orders")
			revisits, err4 := shop.Revisits(t.Context(), "intake")
			if err := errors.Join(err1, err2, err3, err4); err != nil {
				t.Fatal(err)
			}
			want := []any{
				store.Record{
					OrderID: "1", Version: 7, Status: "AWAITING_SHIPMENT", UpdatedAt: at.Add(123456789), WarehouseIDs: []string{"w"}, Lines: map[string]string{"l": "r"},
					Reference:  store.WrittenReference{WarehouseID: "w", At: at.Add(time.Second), Refused: true},
					Correction: store.Correction{From: "a", To: "b", At: at.Add(2 * time.Second), Done: true}, Notes: map[string]string{"n": "m"}, Address: 1<<64 - 1,
				},
				store.Reservation{
					Shop: "uk", OrderID: "1", Revision: 5, VisibleFrom: 4, LocationID: "leeds", SeenAt: at, Unseen: store.UnseenAbsent, Items: map[string]int{"i": 2},
					Lines: []store.ReservedLine{{LineID: "l", SKUID: "s", SKU: "MUG", Items: map[string]int{"i": 2}, Components: map[string]int{"c": 1}}},
				},
				store.Cursor{Watermark: at, Seen: map[string]store.Mark{"1": {UpdatedAt: at, Digest: 1<<64 - 1}}, Partial: map[string]string{"a": "b"}},
				[]store.Revisit{{OrderID: "1", Due: at, Attempts: 3, LastError: "e", Known: true, Unseen: true, Raised: true, CaseOf: "2"}},
			}
			if diff := cmp.Diff(want, []any{records["1"], reservations["1"], cursor, revisits}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Nanoseconds are kept, and what no calendar has is brought into the years that there are.
func TestMomentsAreKept(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			shop := open(t, sqlstore.Config{URL: place(t)}).Shop("uk")
			for given, want := range map[time.Time]time.Time{
				time.Date(2026, 11, 27, 12, 0, 0, 123456789, time.UTC): time.Date(2026, 11, 27, 12, 0, 0, 123456789, time.UTC),
				time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC):           time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
			} {
				if err := shop.SetCursor(t.Context(), "a", store.Cursor{Watermark: given}); err != nil {
					t.Fatal(err)
				}
				c, err := shop.Cursor(t.Context(), "a")
				if err != nil || !c.Watermark.Equal(want) {
					t.Errorf("%v: got %v, %v, want %v", given, c.Watermark, err, want)
				}
			}
		})
	}
}

// What no text of a database can be is refused where it is an id, and replaced where it
// is a name of the other side or prose.
func TestTextsOfTheOtherSide(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			db := open(t, sqlstore.Config{URL: place(t)})
			shop := db.Shop("uk")
			for _, bad := range []string{"a\x00b", "a\xffb"} {
				if err := shop.AddHint(t.Context(), "a", bad); err == nil || !strings.Contains(err.Error(), "cannot be stored") {
					t.Errorf("a hint at %q: got %v, want it refused", bad, err)
				}
				if err := shop.PutRevisits(t.Context(), "a", store.Revisit{OrderID: "good"}, store.Revisit{OrderID: bad}); err == nil {
					t.Errorf("a revisit of %q is not refused", bad)
				}
				if err := shop.PutRevisits(t.Context(), "b", store.Revisit{OrderID: "1", LastError: bad}); err != nil {
					t.Errorf("an error that says %q: %v", bad, err)
				}
				object := `carrier "` + bad + `"`
				if err := shop.Raise(t.Context(), exceptions.New(exceptions.UnmappedCarrier, object, time.Time{}, bad, bad)); err != nil {
					t.Errorf("a case about %q: %v", object, err)
				}
				if open, err := shop.Open(t.Context()); err != nil || len(open) != 1 {
					t.Errorf("open: got %v, %v, want the case about %q", open, err, object)
				}
				if err := shop.Clear(t.Context(), object, exceptions.UnmappedCarrier); err != nil {
					t.Errorf("clearing the case about %q: %v", object, err)
				}
				if open, err := shop.Open(t.Context()); err != nil || len(open) != 0 {
					t.Errorf("open after it was cleared: got %v, %v", open, err)
				}
			}
			if left, err := shop.Revisits(t.Context(), "a"); err != nil || len(left) != 0 {
				t.Errorf("of a list that was refused are written: %v, %v", left, err)
			}
		})
	}
}

// What is closed, dropped or printed is forgotten in time.
func TestForgetting(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			db := open(t, sqlstore.Config{URL: place(t), HintLimit: 2, LabelLimit: 2, ClosedCases: 100, DroppedOrders: 1000})
			shop := db.Shop("uk")
			ok := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, id := range []string{"1", "2", "1"} {
				ok(shop.AddHint(ctx, "a", id))
			}
			if err := shop.AddHint(ctx, "a", "3"); !errors.Is(err, store.ErrTooManyHints) {
				t.Errorf("a third hint of two: got %v, want %v", err, store.ErrTooManyHints)
			}
			ok(shop.AddHint(ctx, "b", "3"))
			for _, id := range []string{"1", "2", "1", "3"} {
				ok(shop.PutLabel(ctx, store.LabelDocument{OrderID: id, PackageID: "p"}))
			}
			for id, want := range map[string]bool{"1": true, "2": false, "3": true} {
				if _, have, err := shop.Label(ctx, id, "p"); err != nil || have != want {
					t.Errorf("of two labels that are kept, that of order %s is there: %t, %v, want %t", id, have, err, want)
				}
			}
			_, begun, err := shop.LedgerChanges(ctx, 0)
			ok(err)
			var late store.Revision
			for n := range 8 {
				var list []store.Reservation
				var ids []string
				for i := range 500 {
					id := time.Duration(n*500 + i).String()
					list, ids = append(list, store.Reservation{OrderID: id}), append(ids, id)
				}
				ok(shop.PutReservations(ctx, list...))
				ok(shop.DropReservations(ctx, ids...))
				if n == 5 {
					_, late, err = shop.LedgerChanges(ctx, 0)
					ok(err)
				}
			}
			if changes, _, err := shop.LedgerChanges(ctx, late); err != nil || len(changes) != 1000 {
				t.Errorf("1,000 drops later: got %d changes, %v, want all", len(changes), err)
			}
			if _, _, err := shop.LedgerChanges(ctx, begun+1); !errors.Is(err, store.ErrRevision) {
				t.Errorf("4,000 drops later: got %v, want %v", err, store.ErrRevision)
			}
			if changes, _, err := shop.LedgerChanges(ctx, 0); err != nil || len(changes) != 0 {
				t.Errorf("from the start: got %d changes, %v, want none", len(changes), err)
			}
			for n := range 300 {
				e := exceptions.New(exceptions.NoTracking, exceptions.ForOrder(time.Duration(n).String()), time.Time{}, "seen", "do")
				ok(shop.Raise(ctx, e))
				ok(shop.Clear(ctx, e.Object, e.Kind))
			}
			closed, err := db.Cases(ctx, exceptions.Filter{States: []exceptions.State{exceptions.CaseCleared}})
			ok(err)
			if len(closed) < 100 || len(closed) > 200 {
				t.Errorf("%d closed cases are left, want 100 and at most 100 more", len(closed))
			}
		})
	}
}

// The tokens are in one table, and in no error or log.
func TestTokensDoNotShow(t *testing.T) {
	db := open(t, sqlstore.Config{URL: filepath.Join(t.TempDir(), "x.db")})
	secret := tiktokshop.NewSecret("hush-hush")
	if err := tiktokshop.SaveToken(t.Context(), db.Tokens("a"), tiktokshop.Token{AccessToken: secret, RefreshToken: secret}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Tokens("a").UpdateToken(ctx, func(tiktokshop.Token) (tiktokshop.Token, error) {
		cancel() // the pair is new all the same
		return tiktokshop.Token{AccessToken: tiktokshop.NewSecret("newer")}, nil
	})
	if err != nil {
		t.Errorf("a token that was bought when the context ended: %v", err)
	}
	got, err := db.Tokens("a").LoadToken(t.Context())
	if err != nil || got.AccessToken.Reveal() != "newer" {
		t.Errorf("got %v, %v, want the newer one", got, err)
	}
	if other, err := db.Tokens("b").LoadToken(t.Context()); err != nil || !other.AccessToken.IsZero() {
		t.Errorf("another seller's: got %v, %v, want none", other, err)
	}
}
