package sqlstore_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// eachPlace runs a test in an empty database of each kind, with a connection of its own.
func eachPlace(t *testing.T, c sqlstore.Config, test func(*testing.T, *sqlstore.DB, *sql.DB)) {
	t.Helper()
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c
			c.URL = place(t)
			db := open(t, c)
			if name == "sqlite" {
				c.URL = "file:" + c.URL + "?_pragma=busy_timeout(5000)&_txlock=immediate"
			}
			test(t, db, raw(t, c.URL))
		})
	}
}

func onPostgres(t testing.TB) bool { return strings.Contains(t.Name(), "postgres") }

// held keeps all hints from being written until it is released.
func held(t *testing.T, alone *sql.DB) (release func()) {
	t.Helper()
	tx, err := alone.BeginTx(t.Context(), nil)
	if err == nil && onPostgres(t) {
		_, err = tx.ExecContext(t.Context(), `LOCK TABLE lb_hints IN EXCLUSIVE MODE`)
	}
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = tx.Rollback() })
	t.Cleanup(release)
	return release
}

// added are hints that are being added at once.
type added struct {
	ids    []string
	errs   []error
	adding sync.WaitGroup
	mu     sync.Mutex
}

// add adds hints at once, and returns when all of them wait.
func add(t *testing.T, ctx context.Context, db *sqlstore.DB, ids ...string) *added { //nolint:revive // the test comes first here
	t.Helper()
	a := &added{ids: ids, errs: make([]error, len(ids))}
	before := db.Callers()
	for i, id := range ids {
		a.adding.Go(func() {
			err := db.Shop("uk").AddHint(ctx, "a", id)
			a.mu.Lock()
			defer a.mu.Unlock()
			a.errs[i] = err
		})
	}
	for begin := time.Now(); db.Callers() < before+len(ids); time.Sleep(time.Millisecond) {
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d of %d hints wait to be noted", db.Callers()-before, len(ids))
		}
	}
	return a
}

// wait returns the errors by order.
func (a *added) wait() map[string]error {
	a.adding.Wait()
	errs := map[string]error{}
	for i, id := range a.ids {
		errs[id] = a.errs[i]
	}
	return errs
}

// noted are the hints of a list by order.
func noted(t *testing.T, db *sqlstore.DB) map[string]bool {
	t.Helper()
	hints, err := db.Shop("uk").Hints(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, h := range hints {
		ids[h.OrderID] = true
	}
	return ids
}

func numbersFrom(n, to int) (ids []string) {
	for ; n < to; n++ {
		ids = append(ids, fmt.Sprint(n))
	}
	return ids
}

// Hints that come in while others are written are written together, and nobody is
// answered before that.
func TestHintsAreWrittenTogether(t *testing.T) {
	t.Parallel()
	eachPlace(t, sqlstore.Config{}, func(t *testing.T, db *sqlstore.DB, alone *sql.DB) {
		release := held(t, alone)
		a := add(t, t.Context(), db, numbersFrom(0, 300)...)
		if n := db.Callers(); n != 300 {
			t.Errorf("%d of 300 still wait while nothing can be written", n)
		}
		release()
		for id, err := range a.wait() {
			if err != nil {
				t.Errorf("hint %s: %v", id, err)
			}
		}
		if got := len(noted(t, db)); got != 300 {
			t.Errorf("%d of 300 hints are noted", got)
		}
		transactions := `SELECT count(DISTINCT version) FROM lb_hints` // in SQLite they share a number
		if onPostgres(t) {
			transactions = `SELECT count(DISTINCT xmin::text) FROM lb_hints`
		}
		var n int
		if err := alone.QueryRowContext(t.Context(), transactions).Scan(&n); err != nil || n > 2 {
			t.Errorf("they were written in %d transactions, %v, want the one that waited and the next", n, err)
		}
	})
}

// spoil has the database refuse orders whose ids begin with bad: the statement, or the
// commit.
func spoil(t *testing.T, alone *sql.DB, atCommit bool) {
	t.Helper()
	script := []string{`CREATE TRIGGER spoil BEFORE INSERT ON lb_hints WHEN NEW.order_id LIKE 'bad%' BEGIN SELECT RAISE(ABORT, 'spoilt'); END`}
	if atCommit {
		script = []string{
			`CREATE TABLE parent (id INTEGER PRIMARY KEY)`,
			`CREATE TABLE child (id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)`,
			`CREATE TRIGGER spoil AFTER INSERT ON lb_hints WHEN NEW.order_id LIKE 'bad%' BEGIN INSERT INTO child VALUES (1); END`,
		}
	}
	if onPostgres(t) {
		kind := ""
		if atCommit {
			kind = "DEFERRABLE INITIALLY DEFERRED"
		}
		script = []string{
			`CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoilt' USING ERRCODE = '23514'; END $$`,
			`CREATE CONSTRAINT TRIGGER spoil AFTER INSERT ON lb_hints ` + kind + ` FOR EACH ROW WHEN (NEW.order_id LIKE 'bad%') EXECUTE FUNCTION spoil()`,
		}
	}
	for _, statement := range script {
		if _, err := alone.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// What the database refuses costs its own caller an error, whether the statement or the
// commit fails, and nobody else's hint.
func TestHintsThatAreRefused(t *testing.T) {
	t.Parallel()
	for when, atCommit := range map[string]bool{"statement": false, "commit": true} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			eachPlace(t, sqlstore.Config{}, func(t *testing.T, db *sqlstore.DB, alone *sql.DB) {
				spoil(t, alone, atCommit)
				for _, ids := range [][]string{{"1", "bad 1", "2", "3", "bad 2"}, {"bad 3", "bad 4"}, {"bad 5"}, {"4", "5"}} {
					release := held(t, alone)
					a := add(t, t.Context(), db, ids...)
					release()
					for id, err := range a.wait() {
						if bad := strings.HasPrefix(id, "bad"); bad != (err != nil) || bad != !noted(t, db)[id] {
							t.Errorf("of %q, hint %s: got error %v, noted: %t", ids, id, err, noted(t, db)[id])
						}
					}
				}
			})
		})
	}
}

// A list takes as many orders as it may, from whomever, and those it has again and again.
func TestHintsOfAFullList(t *testing.T) {
	t.Parallel()
	eachPlace(t, sqlstore.Config{HintLimit: 50}, func(t *testing.T, db *sqlstore.DB, alone *sql.DB) {
		release := held(t, alone)
		a := add(t, t.Context(), db, numbersFrom(0, 120)...)
		release()
		taken := 0
		for id, err := range a.wait() {
			if err == nil {
				taken++
			} else if !errors.Is(err, store.ErrTooManyHints) {
				t.Errorf("hint %s: got error %v, want %v", id, err, store.ErrTooManyHints)
			}
		}
		if have := noted(t, db); taken != 50 || len(have) != 50 {
			t.Fatalf("%d hints were taken, %d are noted, want 50", taken, len(have))
		}
		hints, err := db.Shop("uk").Hints(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			id   string
			want error
		}{{hints[0].OrderID, nil}, {"new", store.ErrTooManyHints}} {
			if err := db.Shop("uk").AddHint(t.Context(), "a", c.id); !errors.Is(err, c.want) {
				t.Errorf("hint %s in a full list: got %v, want %v", c.id, err, c.want)
			}
		}
		if err := db.Shop("uk").DropHints(t.Context(), "a", hints[1]); err != nil {
			t.Fatal(err)
		}
		if err := db.Shop("uk").AddHint(t.Context(), "a", "new"); err != nil {
			t.Errorf("one was followed, and there is still no room: %v", err)
		}
	})
}

// Whose context ends while it waits is told so at once, and holds up nobody.
func TestHintsThatAreGivenUp(t *testing.T) {
	t.Parallel()
	eachPlace(t, sqlstore.Config{Patience: time.Minute}, func(t *testing.T, db *sqlstore.DB, alone *sql.DB) {
		release := held(t, alone)
		ctx, cancel := context.WithCancel(t.Context())
		up := add(t, ctx, db, "up 1", "up 2")
		cancel() // nobody is left: what was begun is given up
		for id, err := range up.wait() {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("hint %s whose context has ended: got %v, want %v", id, err, context.Canceled)
			}
		}
		ctx, cancel = context.WithCancel(t.Context())
		kept := add(t, t.Context(), db, "kept 1")
		up = add(t, ctx, db, "up 3")
		also := add(t, t.Context(), db, "kept 2")
		cancel()
		if err := up.wait()["up 3"]; !errors.Is(err, context.Canceled) {
			t.Errorf("hint 3 whose context has ended: got %v, want %v", err, context.Canceled)
		}
		release()
		if err := errors.Join(kept.wait()["kept 1"], also.wait()["kept 2"]); err != nil {
			t.Errorf("others were given up with it: %v", err)
		}
		have := noted(t, db)
		if !have["kept 1"] || !have["kept 2"] || have["up 3"] {
			t.Errorf("noted: %v, want what was not given up", have)
		}
	})
}

// What is queued when the database is closed is written first, or answered with an error.
func TestHintsAtClosing(t *testing.T) {
	t.Parallel()
	eachPlace(t, sqlstore.Config{Patience: 500 * time.Millisecond}, func(t *testing.T, db *sqlstore.DB, alone *sql.DB) {
		for try, stuck := range []bool{false, true} {
			var again *sqlstore.DB
			func() {
				release := held(t, alone)
				defer release()
				a := add(t, t.Context(), db, numbersFrom(100*try, 100*try+100)...)
				closed := make(chan error)
				go func() { closed <- db.Close() }()
				if !stuck {
					for !db.HintsClosed() {
						time.Sleep(time.Millisecond)
					}
					release()
				}
				errs := a.wait()
				if err := <-closed; err != nil {
					t.Errorf("closing: %v", err)
				}
				release()
				again = open(t, db.ConfigOf())
				have := noted(t, again)
				for id, err := range errs {
					if (err == nil) == stuck || have[id] == stuck {
						t.Errorf("the database is stuck: %t; hint %s was answered with %v, noted: %t", stuck, id, err, have[id])
					}
				}
			}()
			if err := db.Shop("uk").AddHint(t.Context(), "a", "late"); err == nil {
				t.Error("a closed database takes hints")
			}
			db = again
		}
	})
}

// hinterOf names the database of a process that adds hints until it is killed.
const hinterOf = "SQLSTORE_HINTER_OF"

// beHinter says which hints were noted.
func beHinter(address string) {
	db, err := sqlstore.Open(context.Background(), address)
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	answered := make(chan string)
	for w := range 16 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, n)
				if err := db.Shop("uk").AddHint(context.Background(), "a", id); err != nil {
					id = "failed: " + err.Error()
				}
				answered <- id
			}
		}()
	}
	for id := range answered {
		fmt.Println(id)
	}
}

// A process is killed while it notes hints: all that were answered are there.
func TestHintsOfAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sqlstore.Config{URL: place(t)}
			db := open(t, c)
			var said []string
			for range 3 {
				hinter := exec.CommandContext(t.Context(), self)
				hinter.Env = append(os.Environ(), hinterOf+"="+c.URL)
				out, err := hinter.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := hinter.Start(); err != nil {
					t.Fatal(err)
				}
				n := 0
				for lines := bufio.NewScanner(out); lines.Scan(); {
					if strings.HasPrefix(lines.Text(), "failed") {
						t.Fatal(lines.Text())
					}
					said = append(said, lines.Text())
					if n++; n == 300 {
						if err := hinter.Process.Kill(); err != nil {
							t.Fatal(err)
						}
					}
				}
				_ = hinter.Wait()
			}
			have := noted(t, db)
			for _, id := range said {
				if !have[id] {
					t.Errorf("hint %s was answered, and is lost", id)
				}
			}
			if len(said) < 900 {
				t.Errorf("%d hints were answered, want at least 900", len(said))
			}
		})
	}
}
