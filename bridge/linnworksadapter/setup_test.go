package linnworksadapter_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// An integration with TikTok Shop is told from the bridge's own channels, and one that is
// off is none. The clock is that of the reply.
func TestSetup(t *testing.T) {
	t.Parallel()
	ahead := 40 * time.Second
	fake := linnworkstest.New(linnworkstest.WithClock(func() time.Time { return time.Now().Add(ahead) }))
	fake.AddChannel("TIKTOK", "old", true)
	fake.AddChannel("TIKTOK", "older", false)
	fake.AddChannel("TIKTOKBRIDGE", "uk", true)
	fake.AddChannel("TIKTOKBRIDGE", "us", true)
	fake.AddChannel("EBAY", "shop", true)
	client, err := fake.Client()
	if err != nil {
		t.Fatal(err)
	}
	w, err := linnworksadapter.New(t.Context(), client, linnworksadapter.Options{SubSource: "uk"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.Channels(t.Context())
	want := []audit.Channel{
		{Source: "TIKTOK", SubSource: "old", TikTok: true}, {Source: "TIKTOKBRIDGE", SubSource: "uk", Own: true},
		{Source: "TIKTOKBRIDGE", SubSource: "us"}, {Source: "EBAY", SubSource: "shop"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if currencies, err := w.Currencies(t.Context()); err != nil || !slices.Contains(currencies, "GBP") {
		t.Errorf("currencies %q, %v", currencies, err)
	}
	got1, within, err := w.ClockAhead(t.Context())
	if err != nil || (got1-ahead).Abs() > within {
		t.Errorf("the clock is %v ahead, within %v, %v; want %v", got1, within, err, ahead)
	}
}
