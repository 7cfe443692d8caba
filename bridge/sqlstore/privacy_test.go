package sqlstore_test

import (
	"bytes"
	"context"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/bridgetest"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// planted begins every text about a buyer.
const planted = "pl4nted"

// nosy gives each order texts about its buyer, in every field that can have one.
type nosy struct {
	bridge.OrderSource
	orders *int
}

func (n nosy) plant(o bridge.Order) bridge.Order {
	*n.orders++
	for v, fields := range map[any][]string{&o.Recipient: {"Name", "Line1", "Line2", "Town", "Phone", "Email", "Instructions"}, &o: {"BuyerName", "BuyerID", "Note", "SellerNote", "TaxNumber", "TaxName"}} {
		for _, name := range fields {
			reflect.ValueOf(v).Elem().FieldByName(name).SetString(planted + name)
		}
	}
	return o
}

func (n nosy) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		for o, err := range n.OrderSource.OrdersUpdated(ctx, from, to) {
			if !yield(n.plant(o), err) {
				return
			}
		}
	}
}

func (n nosy) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	list, err := n.OrderSource.OrdersByID(ctx, ids)
	for i := range list {
		list[i] = n.plant(list[i])
	}
	return list, err
}

// A day's trade leaves nothing about a buyer in the file, but for labels.
func TestNoBuyersInTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := sqlstore.Config{URL: filepath.Join(dir, "bridge.db")}
	orders := 0
	synctest.Test(t, func(t *testing.T) {
		db, err := c.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		report, _ := bridgetest.Run(t.Context(), bridgetest.Config{ // the lab itself knows no such addresses
			Seed: 4,
			Open: func(context.Context) (store.Store, exceptions.Store, error) { return db.Store(), db.Exceptions(), nil },
			Wrap: func(p *bridgetest.Ports) { p.Orders = nosy{p.Orders, &orders} },
		})
		if orders < 50 || report.Shipped < 10 {
			t.Fatalf("%d orders were read: too few to tell anything: %s", orders, report)
		}
		if err := db.Shop("north").PutLabel(t.Context(), store.LabelDocument{OrderID: "1", PackageID: "p", Content: []byte(planted)}); err != nil {
			t.Fatal(err)
		}
	})
	if n := count(t, dir, planted); n == 0 {
		t.Error("the label is not found either: the search finds nothing")
	}
	if err := open(t, c).Shop("north").DropLabels(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := raw(t, c.URL).ExecContext(t.Context(), `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if n := count(t, dir, planted); n > 0 {
		t.Errorf("texts about buyers are in the file %d times, although the label was dropped", n)
	}
	if n := count(t, dir, `"warehouse_ids"`); n < 10 {
		t.Errorf("the file has %d records: they are gone too", n)
	}
}

// count counts a text in all files of a folder.
func count(t *testing.T, dir, text string) (n int) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(bytes.ToLower(data), []byte(strings.ToLower(text)))
	}
	return n
}
