package sqlstore_test

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// filling writes one kind of thing until there is no room.
type filling struct {
	// write writes the nth piece, some kilobytes, as a whole or not at all.
	write func(n int) error
	// have returns how many of the first n pieces are whole. It fails if one is not.
	have func(n int) (int, error)
}

// When the disk is full, each write says so and who can mend it, and writes nothing; what
// was written before is there; and it goes on when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	const rows = 40
	long := strings.Repeat("long ", 100)
	id := func(n, i int) string { return fmt.Sprintf("%d-%d", n, i) }
	list := func(n int) (ids []string) {
		for i := range rows {
			ids = append(ids, id(n, i))
		}
		return ids
	}
	// whole counts pieces of so many rows.
	whole := func(n int, rowsOf func(piece int) (int, error)) (pieces int, err error) {
		for piece := range n {
			switch got, err := rowsOf(piece); {
			case err != nil:
				return 0, err
			case got == rows:
				pieces++
			case got != 0:
				return 0, fmt.Errorf("%d of %d rows of piece %d are there", got, rows, piece)
			}
		}
		return pieces, nil
	}
	// listed counts the rows of a list by the piece that they are of.
	listed := func(n int, ids []string) (int, error) {
		counts := map[string]int{}
		for _, id := range ids {
			piece, _, _ := strings.Cut(id, "-")
			counts[piece]++
		}
		return whole(n, func(piece int) (int, error) { return counts[fmt.Sprint(piece)], nil })
	}
	kinds := map[string]func(t *testing.T, db *sqlstore.DB, shop sqlstore.Shop) filling{
		"records": func(t *testing.T, _ *sqlstore.DB, shop sqlstore.Shop) filling {
			return filling{func(n int) error {
				var records []store.Record
				for _, id := range list(n) {
					records = append(records, store.Record{OrderID: id, Notes: map[string]string{"note": long}})
				}
				_, err := shop.PutRecords(t.Context(), records...)
				return err
			}, func(n int) (int, error) {
				return whole(n, func(piece int) (int, error) {
					records, _, err := shop.RecordsOf(t.Context(), list(piece)...)
					return len(records), err
				})
			}}
		},
		"reservations": func(t *testing.T, _ *sqlstore.DB, shop sqlstore.Shop) filling {
			return filling{func(n int) error {
				var reservations []store.Reservation
				for _, id := range list(n) {
					reservations = append(reservations, store.Reservation{OrderID: id, LocationID: long})
				}
				return shop.PutReservations(t.Context(), reservations...)
			}, func(n int) (int, error) {
				changes, _, err := shop.LedgerChanges(t.Context(), 0)
				var ids []string
				for _, c := range changes {
					ids = append(ids, c.Reservation.OrderID)
				}
				pieces, failed := listed(n, ids)
				return pieces, errors.Join(err, failed)
			}}
		},
		"revisits": func(t *testing.T, _ *sqlstore.DB, shop sqlstore.Shop) filling {
			return filling{func(n int) error {
				var revisits []store.Revisit
				for _, id := range list(n) {
					revisits = append(revisits, store.Revisit{OrderID: id, LastError: long})
				}
				return shop.PutRevisits(t.Context(), "a", revisits...)
			}, func(n int) (int, error) {
				revisits, err := shop.Revisits(t.Context(), "a")
				var ids []string
				for _, v := range revisits {
					ids = append(ids, v.OrderID)
				}
				pieces, failed := listed(n, ids)
				return pieces, errors.Join(err, failed)
			}}
		},
		"labels": func(t *testing.T, _ *sqlstore.DB, shop sqlstore.Shop) filling {
			content := []byte(strings.Repeat(long, rows))
			return filling{func(n int) error {
				return shop.PutLabel(t.Context(), store.LabelDocument{OrderID: fmt.Sprint(n), PackageID: "p", Content: content})
			}, func(n int) (have int, err error) {
				for piece := range n {
					label, ok, err := shop.Label(t.Context(), fmt.Sprint(piece), "p")
					if err != nil || ok && string(label.Content) != string(content) {
						return 0, fmt.Errorf("label %d has %d bytes, %w", piece, len(label.Content), err)
					}
					if ok {
						have++
					}
				}
				return have, nil
			}}
		},
		"a cursor": func(t *testing.T, _ *sqlstore.DB, shop sqlstore.Shop) filling {
			return filling{func(n int) error {
				seen := map[string]store.Mark{}
				for piece := range n + 1 {
					for _, id := range list(piece) {
						seen[id] = store.Mark{Digest: uint64(n)} //nolint:gosec // it is small
					}
				}
				return shop.SetCursor(t.Context(), "a", store.Cursor{Seen: seen, Partial: map[string]string{"n": fmt.Sprint(n)}})
			}, func(int) (have int, err error) {
				c, err := shop.Cursor(t.Context(), "a")
				if err != nil || c.Partial == nil {
					return 0, err
				}
				n := len(c.Seen)/rows - 1
				for id, m := range c.Seen {
					if c.Partial["n"] != fmt.Sprint(n) || m.Digest != uint64(n) { //nolint:gosec // it is small
						return 0, fmt.Errorf("mark %s is of write %d, the cursor of write %s with %d marks", id, m.Digest, c.Partial["n"], len(c.Seen))
					}
				}
				return n + 1, nil
			}}
		},
		"cases": func(t *testing.T, db *sqlstore.DB, shop sqlstore.Shop) filling {
			return filling{func(n int) error {
				return shop.Raise(t.Context(), exceptions.New(exceptions.OrderStuck, exceptions.ForOrder(fmt.Sprint(n)), time.Time{}, strings.Repeat(long, 10), "do"))
			}, func(int) (int, error) {
				cases, err := db.Cases(t.Context(), exceptions.Filter{})
				return len(cases), err
			}}
		},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, sqlstore.Config{URL: filepath.Join(quickDir(t), "bridge.db"), Patience: time.Second})
			f := kind(t, db, db.Shop("uk"))
			written := 0
			check := func(when string) {
				t.Helper()
				if have, err := f.have(written + 1); err != nil || have != written {
					t.Errorf("%s: %d are there, %v, want the %d whose writes went well", when, have, err, written)
				}
			}
			for range 2 { // it goes on, and fills up again
				fill(t, db, true)
				var err error
				for err == nil {
					if err = f.write(written); err == nil {
						written++
					}
				}
				if !errors.Is(err, sqlstore.ErrFull) || !strings.Contains(err.Error(), "has to make room") {
					t.Errorf("got error %v, want %v", err, sqlstore.ErrFull)
				}
				check("when it is full")
				fill(t, db, false)
				for range 3 {
					if err := f.write(written); err != nil {
						t.Fatalf("there is room again: %v", err)
					}
					written++
				}
				check("when there is room again")
			}
		})
	}
}

func fill(t *testing.T, db *sqlstore.DB, full bool) {
	t.Helper()
	if err := db.Fill(t.Context(), full); err != nil {
		t.Fatal(err)
	}
}

// Webhooks that come in when the disk is full are refused, each of those that were answered
// with success is there, and they are taken again when there is room.
func TestHintsOnAFullDisk(t *testing.T) {
	t.Parallel()
	db := open(t, sqlstore.Config{URL: filepath.Join(quickDir(t), "bridge.db"), Patience: time.Second})
	answered := map[string]bool{}
	send := func(from int) (refused error) {
		var sending sync.WaitGroup
		var mu sync.Mutex
		for n := from; n < from+200; n++ {
			sending.Go(func() {
				id := fmt.Sprintf("%d-%s", n, strings.Repeat("x", 50))
				err := db.Shop("uk").AddHint(t.Context(), "a", id)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					refused = err
				} else {
					answered[id] = true
				}
			})
		}
		sending.Wait()
		return refused
	}
	fill(t, db, true)
	var refused error
	from := 0
	for ; refused == nil; from += 200 {
		refused = send(from)
	}
	if !errors.Is(refused, sqlstore.ErrFull) {
		t.Errorf("got error %v, want %v", refused, sqlstore.ErrFull)
	}
	fill(t, db, false)
	if err := send(from); err != nil {
		t.Errorf("there is room again: %v", err)
	}
	have := noted(t, db)
	if !maps.Equal(have, answered) {
		t.Errorf("%d hints are noted, want the %d that were answered with success: %.200q", len(have), len(answered), slices.Sorted(maps.Keys(have)))
	}
}
