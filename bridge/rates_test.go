package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/policy"
)

// measureTable is a table of the rows.
func measureTable(t *testing.T, rows ...string) *policy.Measures {
	t.Helper()
	m, err := policy.ReadMeasures(strings.NewReader("measure market from limit window model source\n" + strings.Join(rows, "\n")))
	must(t, err)
	return m
}

func TestForecast(t *testing.T) {
	at := func(d time.Duration) time.Time { return world.Noon.Add(d) }
	order := func(changes ...func(*bridge.Order)) bridge.Order {
		return world.With(bridge.Order{Market: "GB", Status: bridge.AwaitingShipment, ShippingModel: bridge.SellerShipping, PaidAt: at(-72 * time.Hour), CreatedAt: at(-73 * time.Hour),
			ShipBy: at(-24 * time.Hour), CancelledBy: at(90 * time.Hour), CollectBy: at(90 * time.Hour)}, changes...)
	}
	shipped := func(status bridge.OrderStatus, after time.Duration, changes ...func(*bridge.Order)) bridge.Order {
		return world.With(order(func(o *bridge.Order) {
			o.Status, o.ShippedAt, o.Lines = status, at(-24*time.Hour).Add(after), []bridge.OrderLine{{Tracking: "RM1"}}
		}), changes...)
	}
	scanBy := func(d time.Duration) func(*bridge.Order) {
		return func(o *bridge.Order) { o.HandOverBy = at(d) }
	}
	promised := func(d time.Duration) func(*bridge.Order) {
		return func(o *bridge.Order) { o.PromisedBy = at(d) }
	}
	cod := func(o *bridge.Order) { o.CashOnDelivery, o.PaidAt = true, time.Time{} }
	cancelled := func(by string) func(*bridge.Order) {
		return func(o *bridge.Order) { o.Status, o.CancelInitiator = bridge.Cancelled, by }
	}
	kinds, err := policy.DefaultKinds().Override(strings.NewReader("free_sample import order none no late_at_ready_to_ship"))
	must(t, err)
	for _, tc := range []struct {
		name   string
		orders []bridge.Order
		// bad, coming of how many: ready, scan, tracking, cancellation, delivery
		want string
	}{
		{"none", nil, "0+0/0 0+0/0 0+0/0 0+0/0 0+0/0"},
		{"in time", []bridge.Order{shipped(bridge.InTransit, -time.Hour)}, "0+0/1 0+0/0 0+0/1 0+0/1 0+0/0"},
		{"to the second", []bridge.Order{shipped(bridge.InTransit, 0)}, "0+0/1 0+0/0 0+0/1 0+0/1 0+0/0"},
		{"late", []bridge.Order{shipped(bridge.InTransit, time.Hour)}, "1+0/1 0+0/0 0+0/1 0+0/1 0+0/0"},
		{"overdue", []bridge.Order{order()}, "1+0/1 0+0/0 0+0/0 0+0/1 0+0/0"},
		{"due within the horizon", []bridge.Order{order(func(o *bridge.Order) { o.ShipBy = at(time.Hour) })}, "0+1/0 0+0/0 0+0/0 0+0/1 0+0/0"},
		{"due later", []bridge.Order{order(func(o *bridge.Order) { o.ShipBy = at(30 * time.Hour) })}, "0+0/0 0+0/0 0+0/0 0+0/1 0+0/0"},
		{"about to be cancelled by the shop", []bridge.Order{order(func(o *bridge.Order) { o.CancelledBy = at(time.Hour) })}, "1+0/1 0+0/0 0+0/0 0+1/0 0+0/0"},
		{"cancelled by the seller", []bridge.Order{order(cancelled("SELLER"))}, "0+0/0 0+0/0 0+0/0 1+0/1 0+0/0"},
		{"cancelled by the shop for being late", []bridge.Order{order(cancelled("SYSTEM"))}, "0+0/0 0+0/0 0+0/0 1+0/1 0+0/0"},
		{"cancelled by the buyer", []bridge.Order{order(cancelled("BUYER"))}, "0+0/0 0+0/0 0+0/0 0+0/1 0+0/0"},
		{"unpaid", []bridge.Order{order(func(o *bridge.Order) { o.PaidAt = time.Time{} })}, "0+0/0 0+0/0 0+0/0 0+0/0 0+0/0"},
		{"cash on delivery, overdue", []bridge.Order{order(cod)}, "1+0/1 0+0/0 0+0/0 0+0/1 0+0/0"},
		{"cash on delivery, about to be cancelled", []bridge.Order{order(cod, func(o *bridge.Order) { o.CancelledBy = at(time.Hour) })}, "1+0/1 0+0/0 0+0/0 0+1/0 0+0/0"},
		{"cash on delivery, without a number", []bridge.Order{shipped(bridge.AwaitingCollection, 0, cod, func(o *bridge.Order) { o.Lines = nil })}, "0+0/1 0+0/0 1+0/1 0+0/1 0+0/0"},
		{"the platform's warehouse", []bridge.Order{order(func(o *bridge.Order) { o.ShippingModel = bridge.FulfilledByTikTok })}, "0+0/0 0+0/0 0+0/0 0+0/0 0+0/0"},
		{"not collected yet", []bridge.Order{shipped(bridge.AwaitingCollection, -time.Hour)}, "0+0/1 0+0/0 0+0/0 0+0/1 0+0/0"},
		{"collection is due", []bridge.Order{shipped(bridge.AwaitingCollection, -time.Hour, func(o *bridge.Order) { o.CollectBy = at(time.Hour) })}, "0+0/1 0+0/0 0+1/0 0+0/1 0+0/0"},
		{"never collected", []bridge.Order{shipped(bridge.AwaitingCollection, -time.Hour, func(o *bridge.Order) { o.CollectBy = at(-time.Hour) })}, "0+0/1 0+0/0 1+0/1 0+0/1 0+0/0"},
		{"cancelled as untraceable", []bridge.Order{shipped(bridge.Cancelled, -time.Hour, func(o *bridge.Order) { o.CancelInitiator = "SYSTEM" })}, "0+0/1 0+0/0 1+0/1 0+0/1 0+0/0"},
		{"the platform's carrier", []bridge.Order{shipped(bridge.AwaitingCollection, -time.Hour, func(o *bridge.Order) { o.ShippingModel, o.Lines = bridge.TikTokShipping, nil })}, "0+0/1 0+0/0 0+0/0 0+0/1 0+0/0"},
		{"label in time, scan overdue", []bridge.Order{shipped(bridge.AwaitingCollection, -time.Hour, scanBy(-time.Hour))}, "0+0/1 1+0/1 0+0/0 0+0/1 0+0/0"},
		{"label in time, scan due", []bridge.Order{shipped(bridge.AwaitingCollection, -time.Hour, scanBy(time.Hour))}, "0+0/1 0+1/0 0+0/0 0+0/1 0+0/0"},
		{"scanned late", []bridge.Order{shipped(bridge.InTransit, -time.Hour, scanBy(-2*time.Hour), func(o *bridge.Order) { o.CollectedAt = at(-time.Hour) })}, "0+0/1 1+0/1 0+0/1 0+0/1 0+0/0"},
		{"scanned in time", []bridge.Order{shipped(bridge.InTransit, -time.Hour, scanBy(-time.Hour), func(o *bridge.Order) { o.CollectedAt = at(-time.Hour) })}, "0+0/1 0+0/1 0+0/1 0+0/1 0+0/0"},
		{"scanned, nobody knows when", []bridge.Order{shipped(bridge.InTransit, -time.Hour, scanBy(-2*time.Hour))}, "0+0/1 0+0/0 0+0/1 0+0/1 0+0/0"},
		{"delivered late", []bridge.Order{shipped(bridge.Delivered, 0, promised(-2*time.Hour), func(o *bridge.Order) { o.DeliveredAt = at(-time.Hour) })}, "0+0/1 0+0/0 0+0/1 0+0/1 1+0/1"},
		{"delivered in time", []bridge.Order{shipped(bridge.Delivered, 0, promised(-time.Hour), func(o *bridge.Order) { o.DeliveredAt = at(-time.Hour) })}, "0+0/1 0+0/0 0+0/1 0+0/1 0+0/1"},
		{"delivered, nobody knows when", []bridge.Order{shipped(bridge.Delivered, 0, promised(-time.Hour))}, "0+0/1 0+0/0 0+0/1 0+0/1 0+0/0"},
		{"not delivered in time", []bridge.Order{shipped(bridge.InTransit, 0, promised(-time.Hour))}, "0+0/1 0+0/0 0+0/1 0+0/1 1+0/1"},
		{"on its way, promised soon", []bridge.Order{shipped(bridge.InTransit, 0, promised(time.Hour))}, "0+0/1 0+0/0 0+0/1 0+0/1 0+0/0"},
		{"still here, promised soon", []bridge.Order{order(promised(time.Hour))}, "1+0/1 0+0/0 0+0/0 0+0/1 0+1/0"},
		{"a sample, as the table of kinds says", []bridge.Order{order(func(o *bridge.Order) { o.Kinds = []policy.Kind{policy.FreeSample} })}, "1+0/1 0+0/0 0+0/0 0+0/0 0+0/0"},
		{"too old for the window", []bridge.Order{shipped(bridge.InTransit, time.Hour, func(o *bridge.Order) { o.PaidAt = at(-8 * 24 * time.Hour) })}, "0+0/0 0+0/0 0+0/1 0+0/1 0+0/0"},
		{"another market", []bridge.Order{order(func(o *bridge.Order) { o.Market = "FR" })}, "0+0/0 0+0/0 0+0/0 0+0/0 0+0/0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, r := range bridge.Forecast(policy.DefaultMeasures(), kinds, tc.orders, "GB", world.Noon, 24*time.Hour) {
				if r.Market == "GB" && r.Measure != policy.SellerFaultReturns {
					got = append(got, fmt.Sprintf("%d+%d/%d", r.Bad, r.Coming, r.Orders))
				}
			}
			if diff := cmp.Diff(tc.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("ready, scan, tracking, cancellation, delivery (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRates(t *testing.T) {
	table := measureTable(t,
		"late_at_ready_to_ship GB ? <=4 ? * a", "late_at_ready_to_ship TH ? <4 ? * a", "valid_tracking GB ? >=95 ? * a", "valid_tracking TH ? >95 ? * a",
		"on-time_delivery DE ? ? ? * a",
	)
	order := func(market string, change func(*bridge.Order)) bridge.Order {
		return world.With(bridge.Order{Market: market, Status: bridge.InTransit, ShippingModel: bridge.SellerShipping, PaidAt: world.Noon, ShipBy: world.Noon, ShippedAt: world.Noon,
			PromisedBy: world.Noon, CollectBy: world.Noon}, change)
	}
	good := func(*bridge.Order) {}
	for _, tc := range []struct {
		measure              policy.Measure
		market               string
		orders, bads, coming int
		bad, soon            func(*bridge.Order)
		broken, breaking     bool
		text                 string
	}{
		{
			measure: policy.LateAtReady, market: "GB", orders: 100, bads: 4,
			text: "late at ready to ship in GB 4.0 % (4 of 100 orders), forecast 4.0 % with 0 more, at most 4 % allowed",
		},
		{
			measure: policy.LateAtReady, market: "TH", orders: 100, bads: 4, broken: true, breaking: true,
			text: "late at ready to ship in TH 4.0 % (4 of 100 orders), forecast 4.0 % with 0 more, less than 4 % allowed: past it",
		},
		{
			measure: policy.LateAtReady, market: "GB", orders: 100, bads: 5, broken: true, breaking: true,
			text: "late at ready to ship in GB 5.0 % (5 of 100 orders), forecast 5.0 % with 0 more, at most 4 % allowed: past it",
		},
		{
			measure: policy.LateAtReady, market: "GB", orders: 99, bads: 3, coming: 1,
			text: "late at ready to ship in GB 3.0 % (3 of 99 orders), forecast 4.0 % with 1 more, at most 4 % allowed",
		},
		{
			measure: policy.LateAtReady, market: "GB", orders: 98, bads: 3, coming: 2, breaking: true,
			text: "late at ready to ship in GB 3.1 % (3 of 98 orders), forecast 5.0 % with 2 more, at most 4 % allowed: about to be past it",
		},
		{
			measure: policy.LateAtReady, market: "FR", orders: 10, bads: 10,
			text: "late at ready to ship in FR 100.0 % (10 of 10 orders), forecast 100.0 % with 0 more: not judged: no figure is known for this market",
		},
		{
			measure: policy.LateAtReady, orders: 10, bads: 10,
			text: "late at ready to ship 100.0 % (10 of 10 orders), forecast 100.0 % with 0 more: not judged: the orders name no market",
		},
		{
			measure: policy.ValidTracking, market: "GB", orders: 100, bads: 5, bad: func(o *bridge.Order) { o.Status = bridge.AwaitingCollection },
			text: "valid tracking in GB 95.0 % (5 of 100 orders), forecast 95.0 % with 0 more, at least 95 % allowed",
		},
		{
			measure: policy.ValidTracking, market: "GB", orders: 100, bads: 6, bad: func(o *bridge.Order) { o.Status = bridge.AwaitingCollection }, broken: true, breaking: true,
			text: "valid tracking in GB 94.0 % (6 of 100 orders), forecast 94.0 % with 0 more, at least 95 % allowed: past it",
		},
		{
			measure: policy.ValidTracking, market: "TH", orders: 100, bads: 5, bad: func(o *bridge.Order) { o.Status = bridge.AwaitingCollection }, broken: true, breaking: true,
			text: "valid tracking in TH 95.0 % (5 of 100 orders), forecast 95.0 % with 0 more, more than 95 % allowed: past it",
		},
		{
			measure: policy.ValidTracking, market: "GB",
			text: "valid tracking in GB 100.0 % (0 of 0 orders), forecast 100.0 % with 0 more, at least 95 % allowed",
		},
		{
			measure: policy.OnTimeDelivery, market: "DE", orders: 10, bads: 10, bad: good,
			text: "on-time delivery in DE 0.0 % (10 of 10 orders), forecast 0.0 % with 0 more: not judged: it is measured in this market, and no source says what is allowed",
		},
		{
			measure: policy.SellerFaultReturns, market: "GB", orders: 3,
			text: "seller-fault returns in GB: not judged: the bridge reads no returns: see Account Health in Seller Center",
		},
	} {
		var orders []bridge.Order
		for i := range tc.orders {
			o := order(tc.market, good)
			if i < tc.bads {
				o = order(tc.market, func(o *bridge.Order) { o.ShippedAt = world.Noon.Add(time.Minute) })
				if tc.bad != nil {
					o = order(tc.market, tc.bad)
				}
			}
			orders = append(orders, o)
		}
		for range tc.coming {
			orders = append(orders, order(tc.market, func(o *bridge.Order) {
				o.Status, o.ShippedAt, o.ShipBy = bridge.AwaitingShipment, time.Time{}, world.Noon.Add(time.Hour)
			}))
		}
		rates := bridge.Forecast(table, policy.DefaultKinds(), orders, tc.market, world.Noon.Add(time.Minute), 24*time.Hour)
		i := slices.IndexFunc(rates, func(r bridge.Rate) bool { return r.Measure == tc.measure && r.Market == tc.market })
		if i < 0 {
			t.Errorf("%s in %s: not among %v", tc.measure, tc.market, rates)
			continue
		}
		if r := rates[i]; r.Broken() != tc.broken || r.Breaking() != tc.breaking || r.String() != tc.text {
			t.Errorf("got  %s: broken %t, breaking %t\nwant %s: broken %t, breaking %t", r, r.Broken(), r.Breaking(), tc.text, tc.broken, tc.breaking)
		}
	}
	if got := bridge.Forecast(table, policy.DefaultKinds(), nil, "", world.Noon, time.Hour); len(got) != 0 {
		t.Errorf("no orders and no market: got %v, want no rate", got)
	}
}
