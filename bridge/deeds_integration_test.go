package bridge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// What the adapter tells the bridge about orders that others made, parked and
// shipped, over both fakes.
func TestDeedsOfOthers(t *testing.T) {
	t.Parallel()
	type state struct {
		Ours, Others    int
		Parked, Shipped bool
		Tracking        string
		Open            []string
	}
	for name, tc := range map[string]struct {
		spec tiktokshoptest.OrderSpec
		// before is done before the bridge sees the order, after when it has.
		before, after func(*testing.T, *sides, string)
		want          state
	}{
		"parked by a person": {
			spec:  tiktokshoptest.OrderSpec{Lines: mugs(1)},
			after: func(t *testing.T, s *sides, id string) { must(t, s.linn.Park(s.inLinnworks(id)[0].OrderID, true)) },
			want:  state{Ours: 1, Parked: true},
		},
		"parked by the bridge while the shop holds it": {
			spec:  tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold},
			after: func(t *testing.T, s *sides, id string) { must(t, s.tiktok.ReleaseHold(id)) },
			want:  state{Ours: 1},
		},
		"made by hand": {
			spec: tiktokshoptest.OrderSpec{Lines: mugs(1)},
			before: func(t *testing.T, s *sides, id string) {
				_, err := s.linn.AddOrder(linnworkstest.Order{Reference: id, Source: "DIRECT", Lines: []linnworkstest.Line{{SKU: "MUG"}}})
				must(t, err)
			},
			want: state{Others: 1, Open: []string{"duplicate order: order "}},
		},
		"shipped by hand while it was blocked": {
			spec: tiktokshoptest.OrderSpec{Lines: []tiktokshoptest.Line{{SKUID: ghostSKU, Quantity: 2}}},
			after: func(t *testing.T, s *sides, id string) {
				o := s.orders(t)[0]
				carriers, err := s.shop.Carriers(t.Context(), o)
				must(t, err)
				_, err = s.shop.Ship(t.Context(), bridge.Shipment{Order: o, Tracking: "RM123456785GB", CarrierID: carriers[0].ID})
				must(t, err)
				_, err = s.linn.AddItem(linnworkstest.Item{SKU: "GHOST", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: 5}})
				must(t, err)
			},
			want: state{Ours: 1, Shipped: true, Tracking: "RM123456785GB"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSides(t, "GB")
			id := s.place(t, tc.spec)
			if tc.before != nil {
				tc.before(t, s, id)
			}
			im, err := bridge.NewImporter(bridge.ImportPorts{
				OrderBook: s.book, Tracer: s.book, Orders: s.shop, Catalogue: s.book, Processor: s.book,
				Ledger: s.memory, Records: s.memory, Locks: s.memory, Exceptions: s.queue,
			}, bridge.ImportOptions{DefaultLocation: string(linnworks.ZeroGUID), FindFirst: true})
			must(t, err)
			look := func() {
				t.Helper()
				_, err := im.Import(t.Context(), s.orders(t)...)
				must(t, err)
			}
			look()
			if tc.after != nil {
				tc.after(t, s, id)
			}
			look()
			look()
			var got state
			for _, o := range s.linn.Orders() {
				if o.GeneralInfo.Source == "DIRECT" {
					got.Others++
					continue
				}
				got.Ours++
				got.Parked = got.Parked || o.GeneralInfo.IsParked || o.GeneralInfo.Marker == 7
				got.Shipped = got.Shipped || o.Processed && !o.GeneralInfo.HoldOrCancel
				got.Tracking = o.ShippingInfo.TrackingNumber
			}
			got.Open = s.open(t)
			for i := range tc.want.Open {
				tc.want.Open[i] += id
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
