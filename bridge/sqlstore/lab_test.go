package sqlstore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/linnbridge/linnbridge/bridge/bridgetest"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

var (
	labSeed = flag.Uint64("seed", 1, "the first day of the lab")
	labDays = flag.Int("seeds", 3, "how many days of the lab are run on each database")
)

// Days of the lab, in which processes die: each opens the database anew.
func TestLab(t *testing.T) {
	t.Parallel()
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			days := *labDays
			if testing.Short() {
				days = min(days, 2)
			}
			for seed := *labSeed; seed < *labSeed+uint64(days); seed++ {
				t.Run(fmt.Sprint(seed), func(t *testing.T) {
					t.Parallel()
					c := sqlstore.Config{URL: place(t), Connections: 4}
					synctest.Test(t, func(t *testing.T) { labDay(t, seed, c) })
				})
			}
		})
	}
}

func labDay(t *testing.T, seed uint64, c sqlstore.Config) {
	t.Helper()
	var db *sqlstore.DB
	end := func() error {
		if db == nil {
			return nil
		}
		return db.Close()
	}
	processes := 0
	report, err := bridgetest.Run(t.Context(), bridgetest.Config{Seed: seed, Open: func(ctx context.Context) (store.Store, exceptions.Store, error) {
		err := end()
		if err == nil {
			db, err = c.Open(ctx)
		}
		if err != nil {
			return nil, nil, err
		}
		processes++
		return db.Store(), db.Exceptions(), nil
	}})
	if err := errors.Join(err, end()); err != nil {
		t.Errorf("%v\n%s", err, report)
	}
	t.Logf("%d processes: %s", processes, report)
}
