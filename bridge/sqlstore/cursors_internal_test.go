package sqlstore

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/store"
)

// A reading of marks that breaks off is made again, and what it had is not kept for all of
// them.
func TestMarksReadInPart(t *testing.T) {
	c := Config{URL: filepath.Join(t.TempDir(), "bridge.db")}
	open := func() *DB {
		t.Helper()
		db, err := c.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	writer, reader := open(), open()
	cursor := store.Cursor{Watermark: time.Now().UTC(), Seen: map[string]store.Mark{}}
	for i := range 10 {
		cursor.Seen[fmt.Sprint(i)] = store.Mark{UpdatedAt: time.Unix(int64(i), 0).UTC(), Digest: uint64(i)}
	}
	if err := writer.Shop("uk").SetCursor(t.Context(), "orders", cursor); err != nil {
		t.Fatal(err)
	}
	// One row cannot be scanned the first time.
	set := func(value string) error {
		_, err := writer.writer.ExecContext(t.Context(), `UPDATE lb_marks SET updated_at = `+value+` WHERE order_id = '5'`)
		return err
	}
	if err := set(`'cut'`); err != nil {
		t.Fatal(err)
	}
	passing, tried := *reader.dialect, 0
	passing.again = func(error) bool {
		tried++
		return set(`(SELECT updated_at FROM lb_marks WHERE order_id = '6')`) == nil
	}
	reader.dialect = &passing
	for range 2 {
		got, err := reader.Shop("uk").Cursor(t.Context(), "orders")
		if err != nil || len(got.Seen) != 10 || tried != 1 {
			t.Errorf("%d marks after %d tries more, %v; want 10 after one", len(got.Seen), tried, err)
		}
	}
}
