package part_test

import (
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

func TestNearest(t *testing.T) {
	known := []string{"locations", "default_location", "skus", "first_look", "Royal Mail", "UPS", "Évri"}
	for name, want := range map[string]string{
		"location": "locations", "Locations ": "locations", "dfeault_location": "default_location", "sku": "skus", "fist_look": "first_look",
		"royalmail": "Royal Mail", "ROYAL MIAL": "Royal Mail", "usp": "UPS", "évry": "Évri",
		"colour": "", "": "", "DHL": "", "x": "", strings.Repeat("locations", 1000): "",
	} {
		if got := part.Nearest(name, known); got != want {
			t.Errorf("Nearest(%q): got %q, want %q", part.Clip(name), got, want)
		}
	}
	if got := part.Nearest("x", nil); got != "" {
		t.Errorf("of nothing: got %q", got)
	}
}
