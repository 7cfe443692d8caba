package pulled_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/pulled"
)

// gate gives the permits that a test has written.
type gate map[string]bridge.Permit

func (g gate) Check(_ context.Context, ids ...string) (permits []bridge.Permit, err error) {
	for _, id := range ids {
		p := g[id]
		p.OrderID = id
		permits = append(permits, p)
	}
	return permits, nil
}

// orders are those that the shop shows.
type orders []bridge.Order

func (orders) OrdersUpdated(context.Context, time.Time, time.Time) iter.Seq2[bridge.Order, error] {
	return func(func(bridge.Order, error) bool) {}
}

func (o orders) OrdersByID(context.Context, []string) ([]bridge.Order, error) { return o, nil }

// importer puts out what a test has mapped.
type importer struct {
	warehouse *pulled.Warehouse
	mapped    bridge.NewOrder
}

func (im importer) Import(ctx context.Context, orders ...bridge.Order) (results bridge.OrderResults, _ error) {
	for _, o := range orders {
		im.warehouse.CreateOrders(ctx, []bridge.NewOrder{im.mapped})
		results = append(results, bridge.OrderResult{OrderID: o.ID})
	}
	return results, nil
}

// TestStale checks which orders are handed out, by what the shop says of them at that
// moment, and which the intake has to look at again.
func TestStale(t *testing.T) {
	order := func(status bridge.OrderStatus, lines ...string) bridge.Order {
		o := bridge.Order{ID: "1", Status: status}
		for _, id := range lines {
			o.Lines = append(o.Lines, bridge.OrderLine{ID: id})
		}
		return o
	}
	for name, test := range map[string]struct {
		permit           bridge.Permit
		parked, unpaid   bool
		out, hint, drops bool
		doubt            bool // Linnworks is told that something is missing
	}{
		"free":                {permit: bridge.Permit{Granted: true, Order: order(bridge.AwaitingShipment, "a", "b")}, out: true},
		"sent already":        {permit: bridge.Permit{Order: order(bridge.InTransit, "a", "b")}, out: true},
		"held, as it was":     {permit: bridge.Permit{Order: order(bridge.OnHold, "a", "b")}, parked: true, out: true},
		"unpaid, as it was":   {permit: bridge.Permit{Order: order(bridge.Unpaid, "a", "b")}, unpaid: true, out: true},
		"held, and was free":  {permit: bridge.Permit{Order: order(bridge.OnHold, "a", "b")}, hint: true},
		"refused by the gate": {permit: bridge.Permit{Order: order(bridge.AwaitingShipment, "a", "b")}, hint: true},
		"a line is gone":      {permit: bridge.Permit{Granted: true, Order: order(bridge.AwaitingShipment, "a")}, hint: true},
		"another line":        {permit: bridge.Permit{Granted: true, Order: order(bridge.AwaitingShipment, "a", "c")}, hint: true},
		"cancelled":           {permit: bridge.Permit{Order: order(bridge.Cancelled)}, hint: true, drops: true},
		"cancelled and held":  {permit: bridge.Permit{Order: order(bridge.Cancelled)}, parked: true, hint: true, drops: true},
		"not asked":           {permit: bridge.Permit{Unasked: true, Granted: true, Order: order(bridge.AwaitingShipment, "a", "b")}, doubt: true},
		"not known":           {permit: bridge.Permit{}, doubt: true},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, nil, func(t *testing.T, p *pair) {
				var hinted []string
				mapped := bridge.NewOrder{
					Reference: "1", Parked: test.parked, Unpaid: test.unpaid, Lines: []bridge.NewOrderLine{{LineID: "a", LineIDs: []string{"b", "a"}, Quantity: 2}},
				}
				channel, err := pulled.NewChannel(pulled.Ports{
					Warehouse: p.waiting, Orders: orders{order(bridge.AwaitingShipment, "a", "b")}, Importer: importer{p.waiting, mapped},
					Gate: gate{"1": test.permit}, Values: p.locks, Dispatcher: p.sync.Dispatcher,
					Hint: func(_ context.Context, id string) error { hinted = append(hinted, id); return nil },
				}, pulled.Options{})
				p.must(err)
				created := p.waiting.CreateOrders(t.Context(), []bridge.NewOrder{mapped, {Reference: "2"}})
				if _, later := errors.AsType[*exceptions.LaterError](created[0].Err); !later || len(created) != 2 {
					t.Errorf("CreateOrders returned %v, want that it waits", created)
				}
				if _, refused := exceptions.AsRefused(created[1].Err); !refused {
					t.Errorf("an order without lines: %v, want it refused", created[1].Err)
				}
				orders, more, err := channel.Orders(t.Context(), 1)
				p.must(err)
				if got := len(orders) == 1; got != test.out || more != test.doubt {
					t.Errorf("handed out: %t, and more: %t; want %t and %t", got, more, test.out, test.doubt)
				}
				if _, _, err := channel.Orders(t.Context(), 2); (err != nil) != test.doubt {
					t.Errorf("behind the last page: %v, want an error: %t", err, test.doubt)
				}
				if got := slices.Contains(hinted, "1"); got != test.hint {
					t.Errorf("to be looked at again: %t, want %t", got, test.hint)
				}
				if got := p.waits() == 0; got != test.drops {
					t.Errorf("dropped: %t, want %t", got, test.drops)
				}
			})
		})
	}
}
