package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/examples/internal/madeup"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// pulls has Linnworks pull the orders of the made-up shop.
func (w *world) pulls(t *testing.T) {
	t.Helper()
	w.edit(t, map[string]any{"linnworks_pulls": true})
	w.env["CHANNEL_ACCOUNTS"] = string(demoAccount)
}

// Linnworks pulls orders through a process that was killed and started again after they
// had begun to wait: each comes once, as it is by then, the shop is told of those that
// leave, and nothing about a buyer was stored meanwhile.
func TestLinnworksPulls(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		w.pulls(t)
		p := w.serve(t)
		answers(t, p.private+"/readyz", http.StatusOK)
		// The address outlives the process, as that of a proxy does.
		handler := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			at, err := url.Parse(p.public)
			if err != nil {
				t.Error(err)
				return
			}
			httputil.NewSingleHostReverseProxy(at).ServeHTTP(rw, r)
		})
		setup := linnworkstest.ChannelAppSetup{
			Channel: madeup.Source, Handler: handler, URL: "https://bridge.example.com" + channelPath, AccountID: demoAccount, AccountName: "Another",
		}
		if _, err := w.Warehouse.InstallChannelApp(t.Context(), setup); err == nil || !strings.Contains(err.Error(), "sub_source: "+madeup.SubSource) {
			t.Errorf("installed under another name: got %v, want the name that is wanted", err)
		}
		setup.AccountName = madeup.SubSource
		stranger := setup
		stranger.AccountID = "ac000000-0000-4000-8000-00000000beef"
		if _, err := w.Warehouse.InstallChannelApp(t.Context(), stranger); err == nil || !strings.Contains(err.Error(), "not meant for your Linnworks account") {
			t.Errorf("installed by a stranger: got %v", err)
		}
		channel, err := w.Warehouse.InstallChannelApp(t.Context(), setup)
		if err != nil {
			t.Fatal(err)
		}

		var ids []string
		for range 3 {
			ids = append(ids, w.place(t))
		}
		w.Shop.SendWebhooks(t.Context())
		db, err := sqlstore.Open(t.Context(), w.env["DATABASE_URL"])
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		within(t, soon, "the orders wait", func() error {
			waiting, err := db.Shop("made-up").Revisits(t.Context(), "waits to be pulled")
			if err != nil {
				return err
			}
			for _, id := range ids {
				if !slices.ContainsFunc(waiting, func(r store.Revisit) bool { return r.OrderID == id }) {
					return fmt.Errorf("order %s does not", id)
				}
			}
			return nil
		})
		if err := w.inLinnworks(ids[0]); err == nil {
			t.Error("the bridge has pushed an order that Linnworks is to pull")
		}
		p.kill()
		w.noBuyers(t)
		if err := w.Shop.CancelBySeller(ids[2], w.Shop.SellerCancelReasons()[1]); err != nil {
			t.Fatal(err)
		}
		p = w.serve(t)
		within(t, soon, "Linnworks pulls them", func() error {
			if _, err := channel.PullOrders(t.Context()); err != nil {
				return err
			}
			return w.inLinnworks(ids[:2]...)
		})
		if got, err := channel.PullOrders(t.Context()); err != nil || got.New > 0 {
			t.Errorf("pulled again: %+v, %v; want nothing new", got, err)
		}
		if err := w.inLinnworks(ids[2]); err == nil {
			t.Error("an order that was cancelled while it waited is in Linnworks")
		}

		o := w.Warehouse.OrdersByReference(madeup.Source, madeup.SubSource, ids[0])[0]
		service := w.Warehouse.AddPostalService("Tracked 24", "Royal Mail")
		if err := errors.Join(w.Warehouse.SetTracking(o.OrderID, service, "RM000000001GB"), w.Warehouse.Process(o.OrderID)); err != nil {
			t.Fatal(err)
		}
		within(t, soon, "the shop is told that it has left", func() error {
			if _, err := channel.SendDespatches(t.Context()); err != nil {
				return err
			}
			if shop, _ := w.Shop.Order(ids[0]); shop.Status == tiktokshop.OrderStatusAwaitingShipment || shop.LineItems[0].TrackingNumber != "RM000000001GB" {
				return fmt.Errorf("the order is %s with the tracking number %q", shop.Status, shop.LineItems[0].TrackingNumber)
			}
			return nil
		})
	})
}

// noBuyers fails if the files of the database have a buyer's street in them.
func (w *world) noBuyers(t *testing.T) {
	t.Helper()
	path := sqlitePath(w.env["DATABASE_URL"])
	if path == "" {
		return // the same is written there
	}
	files, err := filepath.Glob(strings.TrimSuffix(path, ".db") + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of the database: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range w.Shop.Orders() {
			if street := o.RecipientAddress.AddressLine1; street != "" && bytes.Contains(text, []byte(street)) {
				t.Errorf("%s has the street of order %s in it", filepath.Base(file), o.ID)
			}
		}
	}
}

// What the settings and the environment say of the channel integration has to agree.
func TestPullSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, filepath.Join(t.TempDir(), "bridge.db"))
	w.env["CHANNEL_ACCOUNTS"] = string(demoAccount)
	if out, err := w.check(t, w.file); err == nil || !mistake(out, "no settings have linnworks_pulls") {
		t.Errorf("accounts alone: got %v:\n%s", err, out)
	}
	w.pulls(t)
	if out, err := w.check(t, w.file); err != nil || !strings.Contains(out, "Linnworks pulls the orders of this shop") {
		t.Errorf("both: got %v:\n%s", err, out)
	}
	delete(w.env, "CHANNEL_ACCOUNTS")
	if out, err := w.check(t, w.file); err == nil || !mistake(out, "the environment has no CHANNEL_ACCOUNTS") {
		t.Errorf("settings alone: got %v:\n%s", err, out)
	}
}
