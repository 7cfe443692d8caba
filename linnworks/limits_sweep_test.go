package linnworks_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// A sweep over 40,000 items under the quotas of the fake: at the rate that they
// permit, and every level right.
func TestSweepAtThePermittedRate(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("left out with -short and -race: 40,000 items take long there; the plain run has it")
	}
	synctest.Test(t, func(t *testing.T) {
		const items, perPage, quota = 40_000, 200, 150
		fake := linnworkstest.New()
		for i := range items {
			if _, err := fake.AddItem(linnworkstest.Item{
				SKU: fmt.Sprintf("SKU-%05d", i), Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: i % 97},
			}); err != nil {
				t.Fatal(err)
			}
		}
		client, err := fake.Client(linnworks.WithLimiter(linnworks.DefaultLimiter()))
		if err != nil {
			t.Fatal(err)
		}
		start, seen := time.Now(), map[string]bool{}
		for item, err := range client.Stock.GetStockItemsFullAll(linnworks.Bulk(t.Context()), &linnworks.GetStockItemsFullRequest{
			EntriesPerPage: new(perPage), DataRequirements: []linnworks.StockDataRequirement{linnworks.StockDataRequirementStockLevels},
		}) {
			if err != nil {
				t.Fatal(err)
			}
			var n int
			if _, err := fmt.Sscanf(item.ItemNumber, "SKU-%05d", &n); err != nil || seen[item.ItemNumber] ||
				len(item.StockLevels) != 1 || item.StockLevels[0].StockLevel != n%97 {
				t.Fatalf("%s: %v, seen before: %t, levels %v", item.ItemNumber, err, seen[item.ItemNumber], item.StockLevels)
			}
			seen[item.ItemNumber] = true
		}
		if len(seen) != items {
			t.Errorf("%d items of %d", len(seen), items)
		}
		report(t, fake, "Stock.GetStockItemsFull", start, quota)
	})
}

// Levels read item by item under a quota below the published one: throttles
// come, few of them, and none is taken for a missing item.
func TestSweepUnderAnUnknownQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := linnworkstest.New(linnworkstest.WithQuota("Stock.GetStockLevel_Batch", 100))
		var ids []linnworks.GUID
		for i := range 500 {
			id, err := fake.AddItem(linnworkstest.Item{SKU: fmt.Sprint(i), Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: i}})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		client, err := fake.Client() // which begins with 250 a minute
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for i, id := range ids {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			levels, err := client.Stock.GetStockLevelBatch(ctx, &linnworks.GetStockLevelBatchRequest{StockItemIDs: []linnworks.GUID{id}})
			cancel()
			if err != nil || len(levels) != 1 || len(levels[0].StockItemLevels) != 1 || levels[0].StockItemLevels[0].StockLevel != i {
				t.Fatalf("item %d: %v, %v", i, levels, err)
			}
		}
		throttled := len(fake.Calls(linnworkstest.Operation("Stock.GetStockLevelBatch"), linnworkstest.Answered(429)))
		t.Logf("%d calls in %s, %d throttled", len(ids), time.Since(start), throttled)
		if minutes := time.Since(start).Minutes(); throttled > 1+int(minutes)/2 || float64(len(ids))/minutes < 75 {
			t.Errorf("%d throttled in %.1f minutes", throttled, minutes)
		}
	})
}

// report checks that the calls of an operation came as fast as permitted and
// that none was refused.
func report(t *testing.T, fake *linnworkstest.Fake, operation string, start time.Time, perMinute float64) {
	t.Helper()
	calls := fake.CallsOf(operation)
	for _, call := range calls {
		if call.Status == 429 {
			t.Errorf("refused at %s", call.At.Sub(start))
		}
	}
	got := float64(len(calls)) / time.Since(start).Minutes()
	t.Logf("%d calls in %s: %.1f %% of the permitted rate", len(calls), time.Since(start), 100*got/perMinute)
	if got < 0.95*perMinute {
		t.Errorf("%.1f calls a minute of %g permitted", got, perMinute)
	}
}
