package sqlstore_test

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// A cursor with many marks costs what has changed, and processes that write it in turn
// read one another's.
func TestCursorWithManyMarks(t *testing.T) {
	t.Parallel()
	eachPlace(t, sqlstore.Config{}, func(t *testing.T, db *sqlstore.DB, alone *sql.DB) {
		const many = 2000
		sides := []sqlstore.Shop{db.Shop("uk"), open(t, db.ConfigOf()).Shop("uk")}
		script := []string{`CREATE TABLE written (n INTEGER)`}
		if onPostgres(t) {
			script = append(script, `CREATE FUNCTION written() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO written VALUES (1); RETURN NULL; END $$`,
				`CREATE TRIGGER written AFTER INSERT OR UPDATE OR DELETE ON lb_marks FOR EACH ROW EXECUTE FUNCTION written()`)
		} else {
			for _, what := range []string{"INSERT", "UPDATE", "DELETE"} {
				script = append(script, `CREATE TRIGGER written_`+what+` AFTER `+what+` ON lb_marks BEGIN INSERT INTO written VALUES (1); END`)
			}
		}
		for _, statement := range script {
			if _, err := alone.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		written := func() (n int) {
			t.Helper()
			if err := alone.QueryRowContext(t.Context(), `SELECT count(*) FROM written`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		c := store.Cursor{Watermark: noon, Seen: map[string]store.Mark{}, Partial: map[string]string{"a": "b"}}
		for n := range many {
			c.Seen[fmt.Sprint(n)] = store.Mark{UpdatedAt: noon.Add(time.Duration(n) * time.Second), Digest: 1<<63 + uint64(n)} //nolint:gosec // it is small
		}
		set := func(side int) int {
			t.Helper()
			before := written()
			if err := sides[side].SetCursor(t.Context(), "orders", c); err != nil {
				t.Fatal(err)
			}
			for reader, shop := range sides {
				got, err := shop.Cursor(t.Context(), "orders")
				if diff := cmp.Diff(c, got); err != nil || diff != "" {
					t.Errorf("what side %d has written, as side %d reads it: %v %.500s", side, reader, err, diff)
				}
				clear(got.Seen) // which is the reader's own
			}
			return written() - before
		}
		if n := set(0); n != many {
			t.Errorf("%d marks were written, want all %d that are new", n, many)
		}
		for i, side := range []int{0, 1, 1, 0} {
			c.Watermark = c.Watermark.Add(time.Minute)
			c.Seen[fmt.Sprint(i)] = store.Mark{}                                   // changed
			c.Seen[fmt.Sprint("new ", i)] = store.Mark{UpdatedAt: noon, Digest: 7} // new
			delete(c.Seen, fmt.Sprint(many-1-i))                                   // gone
			if n := set(side); n != 3 {
				t.Errorf("side %d has written %d marks, want the 3 that have changed", side, n)
			}
			if n := set(side); n != 0 {
				t.Errorf("side %d has written %d marks again that had not changed", side, n)
			}
		}
	})
}
