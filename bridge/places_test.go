package bridge_test

import (
	"context"
	"errors"
	"testing"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

type places []string

func (p places) Places(context.Context) (list []catalogue.Place, _ error) {
	for _, id := range p {
		list = append(list, catalogue.Place{ID: id, Name: "place " + id})
	}
	return list, nil
}

// A mistyped stock location would read as one that holds nothing, and set a whole
// shop to zero.
func TestUnknownLocationsPublishAndImportNothing(t *testing.T) {
	for name, known := range map[string]places{"known": {"l1", "L2"}, "unknown": {"L1"}} {
		t.Run(name, func(t *testing.T) {
			w := world.NewWorld(t)
			push, err := stock.NewEngine(stock.Ports{
				Listings: w, Catalogue: w, Levels: w, SeeOrders: world.AllSeen, Ledger: w, Publisher: w, Locks: w, Exceptions: w, Places: known,
			}, stock.Options{Locations: map[string][]string{"W1": {"L1"}, "W2": {"L2"}}, Now: w.Now})
			if err != nil {
				t.Fatal(err)
			}
			im, err := bridge.NewImporter(bridge.ImportPorts{
				OrderBook: w, Catalogue: w, Ledger: w, Records: w, Locks: w, Exceptions: w, Places: known,
			}, bridge.ImportOptions{Locations: map[string][]string{"W2": {"L2"}}, DefaultLocation: "L1", Now: w.Now})
			if err != nil {
				t.Fatal(err)
			}
			_, pushErr := push.Push(t.Context())
			_, importErr := im.Import(t.Context(), w.Put(world.AnOrder("1", "MUG"))...)
			refused := name == "unknown"
			if errors.Is(pushErr, catalogue.ErrUnknownPlace) != refused || errors.Is(importErr, catalogue.ErrUnknownPlace) != refused {
				t.Errorf("push: %v, import: %v; want both to refuse the location: %t", pushErr, importErr, refused)
			}
			if refused && (len(w.Pushes) > 0 || w.Count("CreateOrders") > 0) {
				t.Errorf("%d pushes and %d calls to create orders at a location that does not exist", len(w.Pushes), w.Count("CreateOrders"))
			}
		})
	}
}
