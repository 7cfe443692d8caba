package linnworksadapter_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// What items weigh and measure is read in the units of the options, together, and used
// for a quarter of an hour; what fails is no reading.
func TestItemMeasures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake := linnworkstest.New(linnworkstest.WithoutQuotas())
		var ids []string
		for _, item := range []linnworkstest.Item{
			{SKU: "MUG", Size: linnworkstest.Size{Weight: "0.35", Height: "9", Width: "12", Depth: "10"}},
			{SKU: "SPOON", Size: linnworkstest.Size{Weight: "0.04"}},
			{SKU: "PLATE"},
		} {
			id, err := fake.AddItem(item)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, string(id))
		}
		client, err := fake.Client(linnworks.WithMaxAttempts(1))
		if err != nil {
			t.Fatal(err)
		}
		house, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{
			SubSource: "us", Units: catalogue.Units{Weight: catalogue.Kilograms, Length: catalogue.Inches},
		})
		if err != nil {
			t.Fatal(err)
		}
		const op = "Stock.GetStockItemsFullByIDs"
		fake.Fail(op, 1, linnworkstest.Reply(503, "busy"))
		if got, err := house.ItemMeasures(t.Context(), ids); err == nil || len(got) > 0 {
			t.Errorf("Linnworks is down: got %v, %v, want an error alone", got, err)
		}
		ids = append(ids, ids[0], "6c000000-0000-4000-8000-00000000dead")
		want := map[string]catalogue.Measures{
			ids[0]: {Grams: 350, LengthCM: 25.4, WidthCM: 30.48, HeightCM: 22.86}, ids[1]: {Grams: 40}, ids[2]: {}, ids[4]: {},
		}
		for _, step := range []struct {
			after time.Duration
			calls int
		}{{0, 1}, {14 * time.Minute, 1}, {time.Minute, 2}} {
			time.Sleep(step.after)
			got, err := house.ItemMeasures(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := len(fake.Calls(linnworkstest.Operation(op))); n != 1+step.calls { // one has failed
				t.Errorf("%s later: %d calls, want %d", step.after, n, 1+step.calls)
			}
		}
		if _, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "us", Units: catalogue.Units{Weight: "stone"}}); err == nil {
			t.Error("an adapter of an account that is kept in stones was made")
		}
	})
}
