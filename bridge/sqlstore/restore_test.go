package sqlstore_test

import (
	"bytes"
	"context"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/internal/postgrestest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// backups copy a database while it is used, and return the URL of the copy. What is to be
// made before they do is made first.
var backups = map[string]func(t *testing.T, from string) (backup func(*testing.T) string){
	"sqlite": func(t *testing.T, from string) func(*testing.T) string {
		to := filepath.Join(quickDir(t), "copy.db")
		return func(t *testing.T) string {
			db := raw(t, from+"?_pragma=busy_timeout(5000)")
			if _, err := db.ExecContext(t.Context(), `VACUUM INTO ?`, to); err != nil {
				t.Error(err)
			}
			return to
		}
	},
	"postgres": func(t *testing.T, from string) func(*testing.T) string {
		u, err := url.Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		schema := q.Get("search_path")
		name := "copy_of_" + schema
		run := func(statement string) {
			if _, err := raw(t, postgrestest.Shared()).ExecContext(context.Background(), statement); err != nil {
				t.Error(err)
			}
		}
		run("CREATE DATABASE " + name)
		t.Cleanup(func() { run("DROP DATABASE " + name) })
		elsewhere := *u
		elsewhere.Path = name
		q.Del("search_path")
		elsewhere.RawQuery, u.RawQuery = q.Encode(), q.Encode()
		return func(t *testing.T) string {
			dump := exec.CommandContext(t.Context(), program(t, "pg_dump"), "--no-owner", "--schema="+schema, u.String())
			var script, said bytes.Buffer
			dump.Stdout, dump.Stderr = &script, &said
			if err := dump.Run(); err != nil {
				t.Errorf("pg_dump: %v: %s", err, &said)
			}
			restore := exec.CommandContext(t.Context(), program(t, "psql"), "--quiet", "--set=ON_ERROR_STOP=1", elsewhere.String())
			restore.Stdin = &script
			if out, err := restore.CombinedOutput(); err != nil {
				t.Errorf("psql: %v: %s", err, out)
			}
			return strings.Replace(elsewhere.String(), "?", "?search_path="+schema+"&", 1)
		}
	},
}

// program is one of PostgreSQL's.
func program(t *testing.T, name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath(filepath.Join(postgrestest.Programs(), name))
	}
	if err != nil {
		t.Errorf("%s is part of PostgreSQL: %v", name, err)
	}
	return path
}

// A bridge that is started on a backup comes right by itself, though the world has gone on
// since: by the bridge that ran on the original, by people, and by nobody.
func TestRestoredBackup(t *testing.T) {
	t.Parallel()
	for name, place := range places {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := sqlstore.Config{URL: place(t), Connections: 4}
			backup := backups[name](t, c.URL)
			synctest.Test(t, func(t *testing.T) {
				s := newTrade(t, c)
				defer func() { s.end() }()
				shipped, cancelled, left := s.place(tiktokshoptest.OrderSpec{}), s.place(tiktokshoptest.OrderSpec{}), s.place(tiktokshoptest.OrderSpec{})
				s.step()
				var copied string
				var working sync.WaitGroup
				working.Go(s.step)
				copied = backup(t)
				working.Wait()

				// The bridge goes on for some hours, which the backup does not know of.
				imported := s.place(tiktokshoptest.OrderSpec{})
				s.step()
				s.ship(shipped, "Tracked 48", "AAAA1234567")
				_, err := s.tiktok.RequestCancellation(cancelled, "")
				s.must(err)
				time.Sleep(3 * time.Hour)
				s.step()
				if got := s.status(shipped); got != tiktokshop.OrderStatusAwaitingCollection {
					t.Fatalf("before the loss the shipped order is %s", got)
				}
				// It is lost, and the world goes on.
				s.end()
				missed := s.place(tiktokshoptest.OrderSpec{})
				s.must(s.tiktok.CancelBySeller(left, s.tiktok.SellerCancelReasons()[0]))
				time.Sleep(2 * time.Hour)

				s.config.URL = copied
				s.begin()
				// Locks that were held when it was copied run out by the database's clock, which is
				// not that of the simulation.
				s.must(s.db.Expire(t.Context()))
				if records, _, err := s.db.Shop("uk").RecordsOf(t.Context(), shipped, imported); err != nil || len(records) != 1 {
					t.Fatalf("the backup has %v, %v, want the order from before it alone", records, err)
				}
				s.tiktok.ResetCalls()
				s.linn.ForgetCalls()
				s.step()
				s.step()
				type state struct {
					inShop      tiktokshop.OrderStatus
					inLinnworks int
				}
				for order, want := range map[string]state{
					shipped: {tiktokshop.OrderStatusAwaitingCollection, 1}, imported: {tiktokshop.OrderStatusAwaitingShipment, 1}, missed: {tiktokshop.OrderStatusAwaitingShipment, 1},
					cancelled: {tiktokshop.OrderStatusCancelled, 0}, left: {tiktokshop.OrderStatusCancelled, 0},
				} {
					if got := (state{s.status(order), len(s.open(order))}); got != want {
						t.Errorf("order %s: got %+v, want %+v", order, got, want)
					}
				}
				if n := len(s.tiktok.CallsOf(tiktokshoptest.On("Fulfillment.MarkPackageAsShipped"))); n != 0 {
					t.Errorf("%d orders were sent again", n)
				}
				if n := len(s.linn.CallsOf("Orders.CreateOrders")); n != 1 {
					t.Errorf("orders were created in %d calls, want one, of the order that was missed", n)
				}
				// Ten mugs, of which two orders of two are open, two are gone, and one is kept back.
				if got := s.shown(); got != 3 {
					t.Errorf("the shop shows %d mugs, want 3", got)
				}
				if open := s.cases(); len(open) > 0 {
					t.Errorf("open cases: %v, want none", open)
				}
			})
		})
	}
}
