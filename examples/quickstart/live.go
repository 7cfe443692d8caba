package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/examples/internal/environ"
	"github.com/linnbridge/linnbridge/linnworks"
)

const liveHelp = `
environment with -live:
` + environ.Help + `  BRIDGE_SUBSOURCE                    name of the shop in Linnworks, for good
  BRIDGE_LOCATIONS                    shop warehouse=stock location id, comma
                                      separated; all go to Default if empty
  BRIDGE_CARRIERS                     Linnworks carrier=TikTok Shop provider,
                                      comma separated
  BRIDGE_BUFFER                       units to keep back of every SKU, default 0
`

// connectLive builds the session from the environment. It only reads.
func connectLive(ctx context.Context, getenv func(string) string, since time.Duration) (*session, error) {
	set, err := liveSettings(getenv)
	if err != nil {
		return nil, err
	}
	shop, warehouse, err := environ.Connect(ctx, getenv, linnworksadapter.Options{SubSource: set.SubSource})
	if err != nil {
		return nil, err
	}
	if len(set.Locations) == 0 {
		if set.Locations, err = everythingToDefault(ctx, shop); err != nil {
			return nil, err
		}
	}
	set.FirstLook = bridge.Duration(since)
	return connect(shop, warehouse, set)
}

// survey only looks: what stock a push would change, and what the status table
// says about each order.
func (s *session) survey(ctx context.Context) error {
	fmt.Fprintln(s.out, "Read only: nothing is changed on either side. Add -write to act.")
	s.heading("Stock that a push would change")
	plan, err := s.Stock.Plan(ctx)
	if err != nil {
		return err
	}
	s.text(plan.String())
	unclear, err := s.memory.Shop(s.Settings.Shop).Open(ctx) // listings that match no item clearly
	if err != nil {
		return err
	}
	for _, e := range append(plan.Problems, unclear...) {
		s.text("! " + e.String())
	}
	s.heading(fmt.Sprintf("Orders of the last %s", s.Settings.FirstLook))
	now, table := time.Now(), bridge.DefaultStatusTable()
	for order, err := range s.shop.OrdersUpdated(ctx, now.Add(-time.Duration(s.Settings.FirstLook)), now) {
		if err != nil {
			return err
		}
		found, err := s.warehouse.FindOrders(ctx, []string{order.ID})
		if err != nil {
			return err
		}
		state := bridge.StateOf(found)
		action, _ := table.Action(order.ShippingModel, order.Status, state)
		s.text(fmt.Sprintf("order %s  %s shipping  shop: %-19s Linnworks: %-10s next: %s", order.ID, order.ShippingModel, order.Status, state, action))
	}
	pending, err := s.shop.PendingCancellations(ctx, nil)
	if err != nil {
		return err
	}
	s.heading(fmt.Sprintf("%d cancellation(s) wait for a decision", len(pending)))
	return nil
}

func everythingToDefault(ctx context.Context, shop *tiktokadapter.Shop) (map[string][]string, error) {
	warehouses, err := shop.Places(ctx)
	if err != nil {
		return nil, err
	}
	locations := map[string][]string{}
	for _, w := range warehouses {
		locations[w.ID] = []string{string(linnworks.ZeroGUID)}
	}
	return locations, nil
}

// liveSettings reads what does not need a call. Everything that is wrong is
// reported at once.
func liveSettings(getenv func(string) string) (bridge.Settings, error) {
	errs := environ.Missing(getenv, "BRIDGE_SUBSOURCE")
	set := bridge.Settings{
		Shop: getenv("BRIDGE_SUBSOURCE"), SubSource: getenv("BRIDGE_SUBSOURCE"),
		DefaultLocation: string(linnworks.ZeroGUID), Locations: map[string][]string{},
	}
	locations, err := pairs("BRIDGE_LOCATIONS", getenv("BRIDGE_LOCATIONS"))
	errs = append(errs, err)
	for shop, stock := range locations {
		set.Locations[shop] = []string{stock}
	}
	set.Carriers, err = pairs("BRIDGE_CARRIERS", getenv("BRIDGE_CARRIERS"))
	errs = append(errs, err)
	if text := getenv("BRIDGE_BUFFER"); text != "" {
		units, err := strconv.Atoi(text)
		if err != nil || units < 0 {
			errs = append(errs, fmt.Errorf("BRIDGE_BUFFER: %q is not a whole number of units", text))
		}
		set.Buffer = []stock.BufferRule{{Do: stock.KeepUnits, Units: units}}
	}
	return set, errors.Join(errs...)
}

// pairs reads "a=b, c=d".
func pairs(name, text string) (map[string]string, error) {
	m := map[string]string{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		from, to, ok := strings.Cut(pair, "=")
		from, to = strings.TrimSpace(from), strings.TrimSpace(to)
		if !ok || from == "" || to == "" {
			return nil, fmt.Errorf("%s: %q is not of the form from=to", name, strings.TrimSpace(pair))
		}
		m[from] = to
	}
	return m, nil
}
