package bridge_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// A running Sync forgets by itself, after the time in the settings.
func TestSyncForgets(t *testing.T) {
	t.Parallel()
	if got := readErrors(t, `, "forget_after": "90m"`); len(got) != 1 || !strings.Contains(got[0], "forget_after: 1h30m0s is too early") {
		t.Errorf("forget_after of 90 minutes: got %q", got)
	}
	synctest.Test(t, func(t *testing.T) {
		settings := syncSettings()
		settings.ForgetAfter = bridge.Duration(36 * time.Hour)
		b, memory := newSync(t, newSides(t, "GB"), new(outage), settings)
		b.Flows = slices.DeleteFunc(b.Flows, func(f bridge.Flow) bool { return f.Name != bridge.FlowRetention })
		shop := memory.Shop(settings.Shop)
		_, err := shop.PutRecords(t.Context(), store.Record{OrderID: "old", EndedAt: time.Now().Add(-35 * time.Hour)}, store.Record{OrderID: "new", EndedAt: time.Now()})
		must(t, err)
		left := func() []string {
			found, _, err := shop.RecordsOf(t.Context(), "old", "new")
			must(t, err)
			return slices.Sorted(maps.Keys(found))
		}
		stop := start(t, b)
		time.Sleep(time.Minute)
		if got := left(); len(got) != 2 {
			t.Errorf("after a minute there is %q, want both", got)
		}
		time.Sleep(2*time.Hour + time.Minute)
		if got := left(); !slices.Equal(got, []string{"new"}) {
			t.Errorf("after two hours there is %q, want the new one", got)
		}
		stop()
	})
}
