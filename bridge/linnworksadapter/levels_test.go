package linnworksadapter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// A Linnworks that is throttled or down has said nothing of any level: that is an error,
// and no reading of which all items have vanished.
func TestLevelsOfABusyLinnworks(t *testing.T) {
	for name, fault := range map[string]linnworkstest.Fault{"throttled": linnworkstest.Throttle(time.Second), "down": linnworkstest.Reply(503, "busy")} {
		synctest.Test(t, func(t *testing.T) {
			fake := linnworkstest.New(linnworkstest.WithoutQuotas())
			id, err := fake.AddItem(linnworkstest.Item{SKU: "MUG"})
			if err != nil {
				t.Fatal(err)
			}
			client, err := fake.Client(linnworks.WithMaxAttempts(1))
			if err != nil {
				t.Fatal(err)
			}
			house, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "uk"})
			if err != nil {
				t.Fatal(err)
			}
			fake.Fail("Stock.GetStockLevelBatch", 1, fault)
			if r, err := house.StockLevels(t.Context(), []string{string(id)}); err == nil || len(r.Available) > 0 {
				t.Errorf("%s: levels %v, error %v, want an error alone", name, r.Available, err)
			}
			if r, err := house.StockLevels(t.Context(), []string{string(id)}); err != nil || len(r.Available) != 1 {
				t.Errorf("%s: afterwards: levels %v, error %v, want one item", name, r.Available, err)
			}
		})
	}
}
