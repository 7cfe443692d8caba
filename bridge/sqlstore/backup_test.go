package sqlstore_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// A backup that is made while the bridge writes is of one moment, and is gone on from.
func TestBackupWhileWriting(t *testing.T) {
	dir := t.TempDir()
	c := sqlstore.Config{URL: filepath.Join(dir, "bridge.db")}
	shop := open(t, c).Shop("uk")
	count := func(ctx context.Context, s sqlstore.Shop) (int, error) {
		records, err := store.UpdateRecords(ctx, s, func(r *store.Record) { r.Attempts++ }, store.Record{OrderID: "1"}, store.Record{OrderID: "2"})
		if err != nil {
			return 0, err
		}
		return records[0].Attempts, s.PutReservations(ctx, store.Reservation{OrderID: "1", Items: map[string]int{"i": records[0].Attempts}})
	}
	stop := make(chan struct{})
	started := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for n := 0; ; n++ {
			if n == 20 {
				close(started)
			}
			select {
			case <-stop:
				return
			default:
			}
			if _, err := count(t.Context(), shop); err != nil {
				t.Error(err)
				return
			}
		}
	})
	<-started
	backup := filepath.Join(dir, "backup.db")
	_, err := raw(t, c.URL+"?_pragma=busy_timeout(5000)").ExecContext(t.Context(), `VACUUM INTO ?`, backup)
	close(stop)
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	restored := open(t, sqlstore.Config{URL: backup}).Shop("uk")
	records, _, err := restored.RecordsOf(t.Context(), "1", "2")
	if err != nil {
		t.Fatal(err)
	}
	one, two := records["1"].Attempts, records["2"].Attempts
	if one < 20 || one != two {
		t.Errorf("the backup has %d and %d updates, want the same, at least 20", one, two)
	}
	_, before, err := restored.LedgerChanges(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := count(t.Context(), restored); err != nil || n != one+1 {
		t.Errorf("the first update after the restore: got %d, %v, want %d", n, err, one+1)
	}
	if changes, _, err := restored.LedgerChanges(t.Context(), before); err != nil || len(changes) != 1 {
		t.Errorf("a change after the restore: got %v, %v, want one", changes, err)
	}
}
