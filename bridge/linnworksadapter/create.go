package linnworksadapter

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/linnworks"
)

// maxOrdersCreated is how many orders one call of CreateOrders takes.
const maxOrdersCreated = 20

// CreateOrders implements [bridge.OrderBook], 20 orders a call and location. Linnworks
// skips a paid order whose key it knows and updates an unpaid one, so repeating
// it is safe.
//
// The reply has the ids of the orders saved, without saying which is whose: they
// are read back, 200 a call. Orders that it leaves out exist already, or the reply
// was lost: those are looked up by reference, one call each. An order that
// Linnworks refuses makes it refuse the whole call: it is found by halving.
//
// https://apps.linnworks.net/Api/Method/Orders-CreateOrders
func (l *Warehouse) CreateOrders(ctx context.Context, orders []bridge.NewOrder) []bridge.CreatedOrder {
	c := creation{Warehouse: l, results: make([]bridge.CreatedOrder, len(orders)), sent: map[int]error{}}
	byLocation := map[string][]int{}
	var names []string
	for i, n := range orders {
		c.results[i].Reference = n.Reference
		if len(n.Lines) == 0 {
			c.results[i].Err = &exceptions.RefusedError{Do: "compare the order with the shop", Err: errors.New("the order has no lines")}
			continue
		}
		name, ok := l.locations[lower(linnworks.GUID(n.LocationID))]
		if !ok {
			c.results[i].Err = &exceptions.RefusedError{
				Do:  "correct the locations in the bridge's settings (locations, default_location); the order imports by itself afterwards",
				Err: fmt.Errorf("stock location %q does not exist in Linnworks", n.LocationID),
			}
			continue
		}
		if byLocation[name] == nil {
			names = append(names, name)
		}
		byLocation[name] = append(byLocation[name], i)
	}
	for _, name := range names {
		for part := range slices.Chunk(byLocation[name], maxOrdersCreated) {
			c.create(ctx, name, orders, part)
		}
	}
	c.readBack(ctx, orders)
	return c.results
}

// creation is one call of CreateOrders.
type creation struct {
	*Warehouse
	results []bridge.CreatedOrder
	// sent are the orders that Linnworks may have, by index, with what the call met.
	sent  map[int]error
	saved []linnworks.GUID
	tally part.Tally
}

// create sends a part of the orders, by their indexes. Those that Linnworks broke down
// over are sent again in halves: what it has of them by then, it skips.
func (c *creation) create(ctx context.Context, location string, orders []bridge.NewOrder, chunk []int) {
	if c.tally.Answered > 0 {
		c.tally = part.Tally{} // while nothing is answered, what follows is not taken apart again
	}
	perOrder(ctx, chunk, &c.tally, func(some []int) error {
		request := &linnworks.CreateOrdersRequest{Location: location}
		for _, i := range some {
			request.Orders = append(request.Orders, c.ChannelOrder(orders[i]))
		}
		saved, err := c.client.Orders.CreateOrders(ctx, request)
		c.saved = append(c.saved, saved...)
		if err == nil {
			for _, i := range some {
				c.sent[i] = nil
			}
		}
		return err
	}, func(i int, err error, alone bool) {
		switch {
		case linnworks.IsOutcomeUnknown(err):
			c.sent[i] = err
		case alone && blamesAnOrder(err):
			c.results[i].Err = &exceptions.RefusedError{Do: "compare the order with the shop; Linnworks says what it does not like", Err: err}
		case linnworks.IsRequest(err) && !blamesAnOrder(err):
			c.results[i].Err = &exceptions.RefusedError{
				Do:  fmt.Sprintf("look whether the stock location %q was renamed or deleted in Linnworks; restart the bridge afterwards", location),
				Err: err,
			}
		default: // nothing works: then no order is the cause
			c.results[i].Err = err
		}
	})
}

// readBack finds what was sent.
func (c *creation) readBack(ctx context.Context, orders []bridge.NewOrder) {
	saved, err := c.traceAll(ctx, c.saved)
	if err != nil {
		for i, lost := range c.sent {
			c.results[i].Err = fmt.Errorf("the warehouse took the order, reading it back: %w", errors.Join(err, lost))
		}
		return
	}
	byReference, merged := map[string][]bridge.WarehouseOrder{}, map[string]bridge.WarehouseOrder{}
	for _, w := range saved {
		byReference[strings.ToLower(w.Reference)] = append(byReference[strings.ToLower(w.Reference)], w)
		for _, line := range w.Lines {
			if w.Merged {
				merged[line.LineID] = w
			}
		}
	}
	for i := range orders {
		lost, sent := c.sent[i]
		if !sent {
			continue
		}
		found := byReference[strings.ToLower(orders[i].Reference)]
		if w, ok := merged[orders[i].Lines[0].LineID]; ok && len(found) == 0 {
			found = []bridge.WarehouseOrder{w} // within seconds
		}
		if len(found) == 0 {
			found, err = c.FindOrders(ctx, []string{orders[i].Reference})
			found = slices.DeleteFunc(found, func(w bridge.WarehouseOrder) bool { return w.Foreign != "" })
		}
		switch {
		case err != nil:
			c.results[i].Err = fmt.Errorf("the warehouse may have the order, reading it back: %w", errors.Join(err, lost))
		case len(found) == 0 && lost != nil:
			c.results[i].Err = lost
		case len(found) == 0:
			c.results[i].Err = errors.New("the warehouse took the order but does not show it yet; the next run looks again")
		default:
			c.results[i].Found = found
		}
		err = nil
	}
}

// traceAll is TraceOrders without the ids that were asked for.
func (l *Warehouse) traceAll(ctx context.Context, ids []linnworks.GUID) ([]bridge.WarehouseOrder, error) {
	wanted := make([]string, len(ids))
	for i, id := range ids {
		wanted[i] = string(id)
	}
	traced, err := l.TraceOrders(ctx, wanted)
	if err != nil {
		return nil, err
	}
	var list []bridge.WarehouseOrder
	seen := map[string]bool{}
	for _, id := range wanted {
		for _, w := range traced[id] {
			if !seen[w.ID] {
				seen[w.ID] = true
				list = append(list, w)
			}
		}
	}
	return list, nil
}

// TraceOrders implements [bridge.OrderTracer]: one call for every 200 ids, and two more
// for a generation of orders that were split or merged meanwhile. Such an order
// has another id afterwards; its relations name the successors.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrdersRelations
func (l *Warehouse) TraceOrders(ctx context.Context, ids []string) (map[string][]bridge.WarehouseOrder, error) {
	known := map[linnworks.GUID]bridge.WarehouseOrder{}
	successors := map[linnworks.GUID][]linnworks.GUID{}
	ask := make([]linnworks.GUID, 0, len(ids))
	for _, id := range ids {
		ask = append(ask, lower(linnworks.GUID(id)))
	}
	for range maxGenerations {
		slices.Sort(ask)
		ask = slices.Compact(ask)
		if len(ask) == 0 {
			break
		}
		found, err := l.client.Orders.FindOrders(ctx, ask)
		if err != nil {
			return nil, err
		}
		var vanished []linnworks.GUID
		for _, id := range ask {
			if o, ok := found[id]; ok {
				known[id] = warehouseOrder(o)
			} else {
				vanished = append(vanished, id)
			}
		}
		ask = nil
		for part := range slices.Chunk(vanished, maxOrderDetails) {
			relations, err := l.client.Orders.GetOrdersRelations(ctx, &linnworks.GetOrdersRelationsRequest{OrderIDs: part})
			if err != nil {
				return nil, fmt.Errorf("what became of orders that vanished: %w", err)
			}
			for _, list := range relations {
				for _, r := range list {
					parent, child := lower(r.ParentOrderID), lower(r.ChildOrderID)
					if !slices.Contains(part, parent) || slices.Contains(successors[parent], child) {
						continue
					}
					successors[parent] = append(successors[parent], child)
					if _, done := known[child]; !done {
						ask = append(ask, child)
					}
				}
			}
		}
	}
	list := slices.Collect(maps.Values(known))
	if err := l.markSubmitted(ctx, list); err != nil {
		return nil, err
	}
	for _, w := range list {
		known[lower(linnworks.GUID(w.ID))] = w
	}
	traced := map[string][]bridge.WarehouseOrder{}
	for _, id := range ids {
		if list := follow(lower(linnworks.GUID(id)), known, successors, map[linnworks.GUID]bool{}); len(list) > 0 {
			traced[id] = list
		}
	}
	return traced, nil
}

func follow(id linnworks.GUID, known map[linnworks.GUID]bridge.WarehouseOrder, successors map[linnworks.GUID][]linnworks.GUID, seen map[linnworks.GUID]bool) []bridge.WarehouseOrder {
	if seen[id] {
		return nil
	}
	seen[id] = true
	if w, ok := known[id]; ok {
		return []bridge.WarehouseOrder{w}
	}
	var list []bridge.WarehouseOrder
	for _, next := range successors[id] {
		list = append(list, follow(next, known, successors, seen)...)
	}
	return list
}
