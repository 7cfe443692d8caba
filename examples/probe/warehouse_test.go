package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// warehouseToTry is a made-up account and what checks get to see of it.
func warehouseToTry(t *testing.T, options ...linnworkstest.Option) (*linnworkstest.Fake, accounts) {
	t.Helper()
	f, err := newWarehouse(options)
	if err != nil {
		t.Fatal(err)
	}
	client, err := clientOf(f)
	if err != nil {
		t.Fatal(err)
	}
	return f, accounts{warehouse: client, sku: testSKU, write: true}
}

// withSwitched switches a quirk of the fake account.
func withSwitched(quirk string) linnworkstest.Option {
	for _, q := range linnworkstest.Quirks() {
		if string(q.Quirk) == quirk {
			return linnworkstest.WithQuirk(q.Quirk, !q.Default)
		}
	}
	return func(*linnworkstest.Fake) {} // a check without a quirk
}

// standing is what of an account nobody may find changed: orders that are open, levels,
// kits and mappings.
type standing struct {
	Open   []string
	Levels map[string][]linnworks.StockItemLevel
	Types  []linnworks.StockItemTypeInfo
	Maps   []linnworks.StockItemChannelSKU
}

func standingOf(t *testing.T, f *linnworkstest.Fake) standing {
	t.Helper()
	client, err := f.Client(linnworks.WithLimiter(unlimited{}))
	if err != nil {
		t.Fatal(err)
	}
	s := standing{Levels: map[string][]linnworks.StockItemLevel{}}
	for _, o := range f.Orders() {
		if !o.Processed {
			s.Open = append(s.Open, o.GeneralInfo.ReferenceNum)
		}
	}
	skus := []string{"Mug", "Tea", "Set", "Old", testSKU}
	info, err := client.Stock.GetStockItemTypeInfo(t.Context(), &linnworks.GetStockItemTypeInfoRequest{SKUs: skus})
	if err != nil {
		t.Fatal(err)
	}
	s.Types = info.StockItemInfo
	for _, item := range s.Types {
		rows, err := client.Stock.GetStockLevel(t.Context(), &linnworks.GetStockLevelRequest{StockItemID: item.StockItemID})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows { // a level that was put back has a later date
			rows[i].LastUpdateDate, rows[i].LastUpdateOperation = linnworks.Time{}, ""
		}
		maps, err := client.Inventory.GetInventoryItemChannelSKUs(t.Context(), &linnworks.GetInventoryItemChannelSKUsRequest{InventoryItemID: item.StockItemID})
		if err != nil {
			t.Fatal(err)
		}
		s.Levels[item.SKU], s.Maps = rows, append(s.Maps, maps...)
	}
	return s
}

// TestWarehouseIsLeftAsItWas tries each check alone, with its quirk switched and not: the
// account is afterwards as it was, what does not write only reads, and no check makes
// more calls than it says.
func TestWarehouseIsLeftAsItWas(t *testing.T) {
	withoutRaces(t)
	for _, c := range warehouseChecks() {
		t.Run(c.assumes, func(t *testing.T) {
			t.Parallel()
			for _, quirk := range []string{"", c.quirk} {
				f, a := warehouseToTry(t, withSwitched(quirk))
				before := standingOf(t, f)
				known := len(f.Calls())
				if r := c.result(t.Context(), a); r.Outcome != asAssumed && r.Outcome != otherwise {
					t.Errorf("%q switched: %s: %s", quirk, r.Outcome, r.Seen)
				}
				made := 0
				for _, call := range f.Calls()[known:] {
					_, method, _ := strings.Cut(call.Operation, ".")
					reads := strings.HasPrefix(method, "Get") || strings.HasPrefix(method, "Search")
					if method == "AuthorizeByApplication" {
						continue
					}
					made++
					if !reads && !c.writes {
						t.Errorf("%q switched: it calls %s, and does not say that it writes", quirk, call.Operation)
					}
				}
				if made > c.calls {
					t.Errorf("%q switched: %d calls, want at most %d", quirk, made, c.calls)
				}
				if diff := cmp.Diff(before, standingOf(t, f)); diff != "" {
					t.Errorf("%q switched: the account before (-) and after (+):\n%s", quirk, diff)
				}
			}
		})
	}
}

// TestWarehouseWithoutPermission may not delete orders: they are cancelled.
func TestWarehouseWithoutPermission(t *testing.T) {
	f, a := warehouseToTry(t, linnworkstest.WithoutPermission("Orders.DeleteOrder"))
	before := standingOf(t, f)
	for _, c := range warehouseChecks() {
		if r := c.result(t.Context(), a); r.Outcome != asAssumed {
			t.Errorf("%s: %s: %s", c.assumes, r.Outcome, r.Seen)
		}
	}
	if diff := cmp.Diff(before, standingOf(t, f)); diff != "" {
		t.Errorf("the account before (-) and after (+):\n%s", diff)
	}
}

// TestWarehouseAfterAnError has each call of each check fail once: the account is
// afterwards as it was, and the check says that it failed, unless it only was putting
// back, which it tries again.
func TestWarehouseAfterAnError(t *testing.T) {
	withoutRaces(t)
	for _, c := range warehouseChecks() {
		if !c.writes {
			continue
		}
		t.Run(c.assumes, func(t *testing.T) {
			t.Parallel()
			for _, operation := range operationsOf(t, c) {
				f, a := warehouseToTry(t)
				before := standingOf(t, f)
				f.Fail(operation, 1, linnworkstest.Reply(402, "The test says no"))
				if r := c.result(t.Context(), a); r.Outcome != asAssumed && (r.Outcome != failed || !strings.Contains(r.Seen, "The test says no")) {
					t.Errorf("%s fails: %s: %s", operation, r.Outcome, r.Seen)
				}
				if diff := cmp.Diff(before, standingOf(t, f)); diff != "" {
					t.Errorf("%s fails: the account before (-) and after (+):\n%s", operation, diff)
				}
			}
		})
	}
}

// operationsOf are the operations that a check calls.
func operationsOf(t *testing.T, c check) []string {
	t.Helper()
	f, a := warehouseToTry(t)
	c.result(t.Context(), a)
	var list []string
	for _, call := range f.Calls() {
		if call.Operation != "Auth.AuthorizeByApplication" {
			list = append(list, call.Operation)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestWarehouseWithoutExamples is an account that has nothing: whatever needs an example
// says what is missing.
func TestWarehouseWithoutExamples(t *testing.T) {
	client, err := clientOf(linnworkstest.New(linnworkstest.WithoutQuotas()))
	if err != nil {
		t.Fatal(err)
	}
	a := accounts{warehouse: client, sku: testSKU, write: true}
	missing := 0
	for _, c := range warehouseChecks() {
		switch r := c.result(t.Context(), a); {
		case r.Outcome == skipped && r.Seen != "":
			missing++
		case c.writes, r.Outcome != asAssumed:
			t.Errorf("%s: %s: %s", c.assumes, r.Outcome, r.Seen)
		}
	}
	if missing < 40 {
		t.Errorf("%d checks say what is missing, want 40 or more", missing)
	}
}

// TestWarehouseGivesUp ends the context in the middle of a check: what it made is
// deleted all the same.
func TestWarehouseGivesUp(t *testing.T) {
	f, a := warehouseToTry(t)
	before := standingOf(t, f)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, _, err := onBench(func(ctx context.Context, b *bench) (bool, string, error) {
		if _, err := b.open(ctx); err != nil {
			t.Error(err)
		}
		cancel()
		return false, "", ctx.Err()
	})(ctx, a)
	if err == nil {
		t.Error("no error")
	}
	if diff := cmp.Diff(before, standingOf(t, f)); diff != "" {
		t.Errorf("the account before (-) and after (+):\n%s", diff)
	}
}
