package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/examples/internal/environ"
	"github.com/linnbridge/linnbridge/linnworks"
)

const liveHelp = `
environment with -live:
` + environ.Help + `  BRIDGE_SUBSOURCE                    name of the shop in Linnworks, for good
  BRIDGE_LOCATIONS                    shop warehouse=stock location id, comma
                                      separated; if empty, those of one name,
                                      and the default one for what is left
  BRIDGE_CARRIERS                     Linnworks carrier=TikTok Shop provider,
                                      comma separated
  BRIDGE_BUFFER                       units to keep back of every SKU, default 0
`

// connectLive builds the session from the environment. It only reads.
func connectLive(ctx context.Context, getenv func(string) string, since time.Duration, out io.Writer) (*session, error) {
	set, err := liveSettings(getenv)
	if err != nil {
		return nil, err
	}
	shop, warehouse, err := environ.Connect(ctx, getenv, linnworksadapter.Options{SubSource: set.SubSource})
	if err != nil {
		return nil, err
	}
	var said []string
	if len(set.Locations) == 0 {
		if set.Locations, said, err = mapByName(ctx, shop, warehouse); err != nil {
			return nil, err
		}
	}
	set.FirstLook = bridge.Duration(since)
	s, err := connect(shop, warehouse, set)
	if err != nil {
		return nil, err
	}
	for _, line := range said {
		fmt.Fprintln(out, line)
	}
	s.out = out
	return s, nil
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
	s.heading(fmt.Sprintf("Cancellations that wait for a decision: %d", len(pending)))
	return nil
}

// mapByName maps the shop's warehouses to stock locations of the same name, and one that
// is left over to the default location; said is what it did, a line each. No location goes
// to two warehouses: its units would be offered twice.
func mapByName(ctx context.Context, shop, warehouse catalogue.PlaceSource) (locations map[string][]string, said []string, err error) {
	theirs, err := shop.Places(ctx)
	if err != nil {
		return nil, nil, err
	}
	ours, err := warehouse.Places(ctx)
	if err != nil {
		return nil, nil, err
	}
	locations = map[string][]string{}
	var left []catalogue.Place
	taken := map[string]bool{}
	for _, w := range theirs {
		at := slices.IndexFunc(ours, func(l catalogue.Place) bool { return strings.EqualFold(l.Name, w.Name) && !taken[l.ID] })
		if at < 0 {
			left = append(left, w)
			continue
		}
		taken[ours[at].ID] = true
		locations[w.ID] = []string{ours[at].ID}
		said = append(said, fmt.Sprintf("warehouse %s %q sells the location %q", w.ID, w.Name, ours[at].Name))
	}
	if def := string(linnworks.ZeroGUID); len(left) == 1 && !taken[def] {
		locations[left[0].ID] = []string{def}
		said = append(said, fmt.Sprintf("warehouse %s %q sells the default location", left[0].ID, left[0].Name))
		left = nil
	}
	for _, w := range left {
		said = append(said, fmt.Sprintf("warehouse %s %q sells nothing: name its location in BRIDGE_LOCATIONS", w.ID, w.Name))
	}
	if len(locations) == 0 {
		for _, l := range ours {
			said = append(said, fmt.Sprintf("there is the location %s %q", l.ID, l.Name))
		}
		return nil, nil, fmt.Errorf("BRIDGE_LOCATIONS is not set, and no name tells which location is whose:\n%s", strings.Join(said, "\n"))
	}
	return locations, said, nil
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
