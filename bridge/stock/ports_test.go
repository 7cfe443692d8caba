package stock_test

import (
	"testing"

	"github.com/linnbridge/linnbridge/bridge/stock"
)

// Who forgets several ports learns of all of them at once.
func TestMissingPorts(t *testing.T) {
	for name, tc := range map[string]struct {
		make func() error
		want string
	}{
		"NewEngine": {
			func() error { _, err := stock.NewEngine(stock.Ports{}, stock.Options{}); return err },
			"stock: NewEngine: missing ports: Catalogue, Exceptions, Ledger, Levels, Listings, Locks, Publisher",
		},
		"NewCheck": {
			func() error { _, err := stock.NewCheck(stock.CheckPorts{}, stock.CheckOptions{}); return err },
			"stock: NewCheck: missing ports: Book, Exceptions, Ledger, Levels, Shop",
		},
	} {
		if err := tc.make(); err == nil || err.Error() != tc.want {
			t.Errorf("%s without ports: %v, want %s", name, err, tc.want)
		}
	}
}
