package main

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
)

// TestDemoPrintsWhatItShips checks that the audit of the demo knows that the print button
// prints labels of TikTok Shipping: it must not be told to people as urgent.
func TestDemoPrintsWhatItShips(t *testing.T) {
	_, c, closeSides, err := madeUp(t.Context(), filepath.Join(t.TempDir(), "demo.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer closeSides()
	if routes := c.shops[0].settings.AuditOptions().LabelRoutes; !slices.Contains(routes, string(bridge.TikTokShipping)) {
		t.Errorf("the demo has labels for %q, want those of TikTok Shipping too", routes)
	}
	if name := c.shops[0].settings.Services[string(bridge.TikTokShipping)]; name != demoLabels {
		t.Errorf("orders with TikTok Shipping have the service %q, want %q", name, demoLabels)
	}
}
