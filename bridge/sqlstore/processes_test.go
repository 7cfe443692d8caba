package sqlstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// The memory of a shop is what a Sync wants.
var _ bridge.Store = sqlstore.Shop{}

// A write with a lock that has run out holds off who would take it over until it has
// ended; from then on its holder writes nothing.
func TestFenceDuringAWrite(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			c := sqlstore.Config{URL: place(t)}
			db, other := open(t, c), open(t, c)
			shop := db.Shop("uk")
			held, unlock, err := shop.Lock(t.Context(), "order/1")
			if err != nil {
				t.Fatal(err)
			}
			defer unlock()
			if err := db.Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
			written, taken := make(chan time.Time, 1), make(chan time.Time, 1)
			err = shop.SlowWrite(held, "a", func() {
				go func() {
					_, unlock, err := other.Shop("uk").Lock(t.Context(), "order/1")
					if err != nil {
						t.Error(err)
						taken <- time.Time{}
						return
					}
					taken <- time.Now()
					unlock()
				}()
				time.Sleep(300 * time.Millisecond) // enough for one who does not wait
				written <- time.Now()
			})
			if err != nil {
				t.Fatal(err)
			}
			if end, begin := <-written, <-taken; begin.Before(end) {
				t.Errorf("the lock was another's %v before the write with it had ended", end.Sub(begin))
			}
			if err := shop.PutValue(context.WithoutCancel(held), "a", nil); !errors.Is(err, store.ErrFenced) {
				t.Errorf("a write after that: got %v, want %v", err, store.ErrFenced)
			}
			if v, _, err := shop.Value(t.Context(), "a"); err != nil || string(v) != "slow" {
				t.Errorf("got %q, %v, want what was written under the lock", v, err)
			}
		})
	}
}

// A context that ends before the commit ends the write, and one that ends in the middle
// of a read ends that: the error says so.
func TestContextThatEndsMeanwhile(t *testing.T) {
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			shop := open(t, sqlstore.Config{URL: place(t)}).Shop("uk")
			ctx, cancel := context.WithCancel(t.Context())
			if err := shop.SlowWrite(ctx, "a", cancel); !errors.Is(err, context.Canceled) {
				t.Errorf("a write whose context ends before the commit: got %v, want %v", err, context.Canceled)
			}
			if _, have, err := shop.Value(t.Context(), "a"); err != nil || have {
				t.Errorf("it was written all the same: %t, %v", have, err)
			}
			var list []store.Revisit
			for n := range 20_000 {
				list = append(list, store.Revisit{OrderID: strconv.Itoa(n)})
			}
			if err := shop.PutRevisits(t.Context(), "a", list...); err != nil {
				t.Fatal(err)
			}
			ctx, cancel = context.WithTimeout(t.Context(), 3*time.Millisecond) // all of it takes longer
			defer cancel()
			if got, err := shop.Revisits(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a read whose context ends: got %d entries, %v, want %v", len(got), err, context.DeadlineExceeded)
			}
		})
	}
}

// A lock that cannot be renewed ends the work before it can be another's.
func TestLockThatIsNotRenewed(t *testing.T) {
	address, c := cutting(t, 0)
	db := open(t, sqlstore.Config{URL: address, Lease: 2 * time.Second, Patience: time.Second})
	held, unlock, err := db.Shop("uk").Lock(t.Context(), "order/1")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	time.Sleep(3 * time.Second)
	if held.Err() != nil {
		t.Fatalf("renewed for longer than it lasts: %v", context.Cause(held))
	}
	c.mu.Lock()
	c.every = 1
	c.mu.Unlock()
	begin := time.Now()
	select {
	case <-held.Done():
	case <-time.After(10 * time.Second):
	}
	if took := time.Since(begin); took > 2*time.Second || !errors.Is(context.Cause(held), store.ErrLockLost) {
		t.Errorf("the database is gone: after %v the context has ended with %v, want %v within two seconds", took, context.Cause(held), store.ErrLockLost)
	}
	c.mu.Lock()
	c.every = 0
	c.mu.Unlock()
}

// victimOf names the database of a process that is to be killed.
const victimOf = "SQLSTORE_VICTIM_OF"

// beVictim writes until it is killed, and says what was written.
func beVictim(address string) {
	ctx := context.Background()
	fail := func(err error) {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	db, err := sqlstore.Config{URL: address, Lease: time.Second}.Open(ctx)
	if err != nil {
		fail(err)
	}
	shop := db.Shop("uk")
	held, _, err := shop.Lock(ctx, "order/1")
	if err != nil {
		fail(err)
	}
	for {
		records, err := store.UpdateRecords(held, shop, func(r *store.Record) { r.Attempts++ }, store.Record{OrderID: "1"}, store.Record{OrderID: "2"})
		if err != nil {
			fail(err)
		}
		fmt.Println(records[0].Attempts)
	}
}

// A process is killed while it writes: what it was told is written is there, what it
// was not is there as a whole or not at all, and its lock is free when it has run out.
func TestKilled(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sqlstore.Config{URL: place(t)}
			shop := open(t, c).Shop("uk")
			for n := range 3 {
				victim := exec.CommandContext(t.Context(), self)
				victim.Env = append(os.Environ(), victimOf+"="+c.URL)
				out, err := victim.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := victim.Start(); err != nil {
					t.Fatal(err)
				}
				said := 0
				for lines := bufio.NewScanner(out); lines.Scan(); {
					if said, err = strconv.Atoi(lines.Text()); err != nil {
						t.Fatal(lines.Text())
					}
					if _, taken, unlock, err := shop.TryLock(t.Context(), "order/1"); err != nil || len(taken) > 0 {
						t.Fatalf("the lock of a living process: got %q, %v", taken, err)
					} else {
						unlock()
					}
					if said%20 == 0 {
						if err := victim.Process.Kill(); err != nil {
							t.Fatal(err)
						}
					}
				}
				killed := time.Now()
				_ = victim.Wait()
				_, unlock, err := shop.Lock(t.Context(), "order/1")
				if err != nil {
					t.Fatal(err)
				}
				unlock()
				if took := time.Since(killed); took > 20*time.Second {
					t.Errorf("the lock of a process that died was free after %v, want after some seconds", took)
				}
				records, _, err := shop.RecordsOf(t.Context(), "1", "2")
				if err != nil {
					t.Fatal(err)
				}
				if one, two := records["1"].Attempts, records["2"].Attempts; one != two || one < said || one > said+1 {
					t.Errorf("kill %d: %d and %d updates are written, want the same, %d or one more", n, one, two, said)
				}
			}
		})
	}
}

// No call reads a whole table, but for those that ask for all there is.
func TestNoTableIsReadWhole(t *testing.T) {
	ctx := t.Context()
	db := open(t, sqlstore.Config{URL: filepath.Join(t.TempDir(), "bridge.db")})
	shop := db.Shop("uk")
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	var errs []error
	record := store.Record{OrderID: "1", EndedAt: at}
	versions, err := shop.PutRecords(ctx, record)
	if err != nil {
		t.Fatal(err)
	}
	record.Version = versions[0]
	note := func(err error) { errs = append(errs, err) }
	_, _, err = shop.RecordsOf(ctx, "1")
	note(err)
	_, err = shop.DueRecords(ctx, at, store.Record{}, 9)
	note(err)
	_, err = shop.ReferencesDue(ctx, at, 9)
	note(err)
	_, err = shop.EndedRecords(ctx, at.Add(time.Hour), store.Record{}, 9)
	note(err)
	note(shop.PutLabel(ctx, store.LabelDocument{OrderID: "1", PackageID: "p"}))
	_, _, err = shop.Label(ctx, "1", "p")
	note(err)
	n, err := shop.Forget(ctx, record)
	note(err)
	note(shop.DropRecords(ctx, "1"))
	note(shop.DropLabels(ctx, "1"))
	note(shop.PutReservations(ctx, store.Reservation{OrderID: "1"}, store.Reservation{OrderID: "2"}))
	_, err = shop.ReservationsOf(ctx, "1")
	note(err)
	_, _, err = shop.LedgerChanges(ctx, 1)
	note(err)
	note(shop.DropReservations(ctx, "1"))
	_, err = shop.Reservations(ctx)
	note(err)
	note(shop.SetSeenUpTo(ctx, at))
	_, err = shop.SeenUpTo(ctx)
	note(err)
	note(shop.AddHint(ctx, "a", "1"))
	hints, err := shop.Hints(ctx, "a")
	note(err)
	note(shop.DropHints(ctx, "a", hints...))
	note(shop.PutRevisits(ctx, "a", store.Revisit{OrderID: "1"}))
	_, err = shop.Revisits(ctx, "a")
	note(err)
	note(shop.DropRevisits(ctx, "a", "1"))
	note(shop.SetCursor(ctx, "a", store.Cursor{Watermark: at}))
	_, err = shop.Cursor(ctx, "a")
	note(err)
	note(shop.PutValue(ctx, "a", nil))
	_, _, err = shop.Value(ctx, "a")
	note(err)
	note(shop.Raise(ctx, exceptions.New(exceptions.UnmappedCarrier, "carrier", time.Time{}, "seen", "do")))
	note(shop.Clear(ctx, exceptions.ForOrder("1"), exceptions.UnmappedCarrier))
	_, err = shop.Open(ctx, exceptions.UnmappedCarrier)
	note(err)
	held, unlock, err := shop.Lock(ctx, "order/1")
	note(err)
	note(shop.PutValue(held, "a", nil))
	note(db.Expire(ctx))
	_, _, unlockOther, err := shop.TryLock(ctx, "order/1", "order/2")
	note(err)
	if err := errors.Join(errs...); err != nil || n != 1 {
		t.Fatalf("%d forgotten, %v", n, err)
	}
	unlock()
	unlockOther()
	plans, err := db.Plans(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(plans) < 38 {
		t.Errorf("%d statements were looked at: some call is missing", len(plans))
	}
	for statement, plan := range plans {
		whole := slices.ContainsFunc(plan, func(step string) bool {
			return strings.HasPrefix(step, "SCAN lb_") || step == "SCAN l" || step == "SCAN k" || strings.Contains(step, "TEMP B-TREE")
		})
		all := strings.Contains(statement, "FROM lb_ledger WHERE dropped = 0 ORDER BY") || // all reservations
			strings.Contains(statement, "FROM lb_shops WHERE seen") || // of all shops, a few
			strings.Contains(statement, "FROM lb_hints WHERE shop = ? AND list = ? ORDER BY first, order_id") || // a list, sorted
			strings.Contains(statement, "lb_schema") || strings.Contains(statement, "expires < ") || statement == `UPDATE lb_leases SET expires = 0` // opening, and this test
		if whole && !all {
			t.Errorf("a whole table is read or sorted:\n%s\n%s", statement, strings.Join(plan, "\n"))
		}
	}
}
