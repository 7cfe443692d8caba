package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/shopstatus"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// singles are the items whose stock a listing depends on, by id.
func singles(item catalogue.Item) (map[string]string, error) {
	parts, err := item.PartList("", 1)
	if err != nil {
		return nil, err
	}
	skus := map[string]string{}
	for _, p := range parts {
		skus[p.Item.ID] = p.Item.SKU
	}
	if item.ID != "" && len(item.StockedIn) > 0 {
		skus[item.ID] = item.SKU // kept ready-made somewhere
	}
	return skus, nil
}

// listed are the items whose stock the listings depend on, by id.
func (r *run) listed() map[string]string {
	skus := map[string]string{}
	for _, item := range r.items {
		of, err := singles(item)
		if err != nil {
			continue // the catalogue has said so
		}
		maps.Copy(skus, of)
	}
	return skus
}

// stock looks at the levels of all items that are listed, and at what became of those that
// have none.
func (r *run) stock(ctx context.Context) error {
	skus := r.listed()
	ids := slices.Sorted(maps.Keys(skus))
	if len(ids) == 0 {
		return nil
	}
	if r.levels == nil {
		r.levels = r.readLevels(ctx)
	}
	reading, err := r.levels.reading, r.levels.err
	if err != nil {
		return err
	}
	untracked := maps.Clone(reading.Untracked)
	if untracked == nil {
		untracked = map[string]bool{}
	}
	for id, in := range reading.UntrackedIn {
		if r.feedsNothing(in) {
			untracked[id] = true
		}
	}
	var missing []string
	for _, id := range ids {
		if _, ok := reading.Available[id]; !ok && !untracked[id] {
			missing = append(missing, id)
		}
	}
	if r.States != nil && len(missing) > 0 {
		states, failed := r.States.ItemStates(ctx, missing)
		if failed != nil {
			err = fmt.Errorf("what became of %s without a level: %w", part.Count(len(missing), "item"), failed)
		}
		missing = slices.DeleteFunc(missing, func(id string) bool {
			state, known := states[id]
			if !known || state.Active() {
				return false
			}
			what := "archived"
			if state.Deleted {
				what = "deleted"
			}
			r.findItem(ItemGone, id, skus[id], "Linnworks has it as "+what, "restore it in Linnworks, or take what sells it off sale")
			return true
		})
	}
	if err == nil { // otherwise some of them may be gone
		for _, id := range missing {
			r.findItem(LevelMissing, id, skus[id], "Linnworks returns no stock level of it", "open the item in Linnworks and enter its stock, zero if there is none")
		}
	}
	for _, id := range ids {
		if untracked[id] && r.limits(id) {
			r.findItem(ItemUntracked, id, skus[id], "Linnworks keeps no stock of it, and a listing has nothing else that limits it",
				"switch its stock tracking on, or leave it alone in the settings (leave_alone)")
		}
	}
	r.count(reading, untracked)
	if len(r.options.Locations) > 0 && err == nil {
		units, items := r.unfed(reading)
		err = r.spare(ctx, units, items)
	}
	return err
}

// unfed counts free units, and items that have some, at locations that feed nothing.
func (r *run) unfed(reading stock.Reading) (units, items map[string]int) {
	aside := r.feeding()
	for _, id := range append(slices.Clone(r.options.LocationsApart), r.options.PlatformLocation) {
		aside[strings.ToLower(id)] = true
	}
	units, items = map[string]int{}, map[string]int{}
	for _, places := range reading.Available {
		for place, n := range places {
			if n > 0 && !aside[strings.ToLower(place)] {
				units[place] += n
				items[place]++
			}
		}
	}
	return units, items
}

// feedsNothing reports whether every location that feeds the shop is one of those where
// an item is not tracked.
func (r *run) feedsNothing(untracked map[string]bool) bool {
	feeding := r.feeding()
	for id := range untracked {
		delete(feeding, strings.ToLower(id))
	}
	return len(r.options.Locations) > 0 && len(feeding) == 0
}

// feeding are the locations that feed the shop, in small letters; none are known
// without the setting.
func (r *run) feeding() map[string]bool {
	feeding := map[string]bool{}
	for _, list := range r.options.Locations {
		for _, id := range list {
			feeding[strings.ToLower(id)] = true
		}
	}
	return feeding
}

// some names a few.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// limits reports whether a listing has no other item to count than an untracked one.
func (r *run) limits(id string) bool {
	return slices.ContainsFunc(r.list, func(l catalogue.Listing) bool {
		of, err := singles(r.items[l.ID])
		_, has := of[id]
		return err == nil && has && len(of) == 1 && !slices.Contains(r.options.LeaveAlone, l.ID) && !slices.Contains(r.options.LeaveAlone, l.SellerSKU)
	})
}

// findItem is a finding about an item, and about every listing that depends on it.
func (r *run) findItem(rule Rule, id, sku, seen, do string) {
	var names []string
	info, _ := rule.Info()
	for i, match := range r.matches {
		of, err := singles(match.Item)
		if _, has := of[id]; !match.Usable() || err != nil || !has {
			continue
		}
		names = append(names, r.list[i].String())
		if info.Severity == exceptions.Urgent {
			r.blocked[r.list[i].ID] = rule
		}
	}
	r.find(rule, "item "+sku, "", seen+"; listed as "+some(names), do)
}

// count computes the free units of listings.
func (r *run) count(reading stock.Reading, untracked map[string]bool) {
	byPlace := map[string]map[string]int{} // units by location and item
	for item, places := range reading.Available {
		for place, n := range places {
			if byPlace[place] == nil {
				byPlace[place] = map[string]int{}
			}
			byPlace[place][item] = n
		}
	}
	feeding := r.feeding()
	r.free = map[string]int{}
	for sku, item := range r.items {
		of, err := singles(item)
		if err != nil || !read(of, reading, untracked) {
			continue
		}
		mark(&item, untracked)
		sum := 0
		for place, free := range byPlace {
			if len(feeding) > 0 && !feeding[strings.ToLower(place)] {
				continue
			}
			n, failed := item.Available(place, free)
			if err = failed; err != nil {
				break // nothing limits it
			}
			sum += n
		}
		if err == nil {
			r.free[sku] = sum
		}
	}
}

// read reports whether the stock of all items that a listing depends on is known, and
// there is any.
func read(items map[string]string, reading stock.Reading, untracked map[string]bool) bool {
	counted := false
	for id := range items {
		_, has := reading.Available[id]
		if !has && !untracked[id] {
			return false
		}
		counted = counted || !untracked[id]
	}
	return counted
}

// mark notes in a copy of an item which of its parts are untracked.
func mark(item *catalogue.Item, untracked map[string]bool) {
	item.Untracked = item.Untracked || untracked[item.ID]
	item.Kit = slices.Clone(item.Kit)
	for i := range item.Kit {
		mark(&item.Kit[i].Item, untracked)
	}
}

// names compares warehouses, locations and ways to deliver with the settings.
func (r *run) names(ctx context.Context) error {
	o := r.options
	var failed []error
	unknown := func(object string, err error, known error) {
		errs := []error{err}
		if several, ok := err.(interface{ Unwrap() []error }); ok {
			errs = several.Unwrap()
		}
		for _, err := range errs {
			switch {
			case err == nil:
			case errors.Is(err, known):
				r.find(UnknownName, object, "", err.Error(), "correct the setting")
			default:
				failed = append(failed, fmt.Errorf("%s: %w", object, err))
			}
		}
	}
	if r.Warehouses != nil && len(o.Locations) > 0 {
		unknown("setting locations, warehouses", catalogue.CheckPlaces(ctx, r.Warehouses, "warehouse of the shop", slices.Sorted(maps.Keys(o.Locations))...), catalogue.ErrUnknownPlace)
	}
	if r.Locations != nil {
		var places []string
		for _, key := range slices.Sorted(maps.Keys(o.Locations)) {
			places = append(places, o.Locations[key]...)
		}
		for _, at := range []string{o.DefaultLocation, o.PlatformLocation} {
			if at != "" {
				places = append(places, at)
			}
		}
		if len(places) > 0 {
			unknown("setting locations, stock locations", catalogue.CheckPlaces(ctx, r.Locations, "stock location", places...), catalogue.ErrUnknownPlace)
		}
	}
	if r.Shop != nil || r.Warehouse != nil {
		unchecked, err := delivery.Check(ctx, r.Shop, r.Warehouse, o.Delivery)
		unknown("settings services and carriers", err, delivery.ErrUnknown)
		if len(o.Delivery.Services)+len(o.Delivery.Carriers) > 0 {
			r.report.Unread = append(r.report.Unread, unchecked...)
		}
	}
	r.warehouses()
	return part.Join(failed...)
}

// warehouses tells of the shop's warehouses that no location feeds.
func (r *run) warehouses() {
	if len(r.options.Locations) == 0 {
		return
	}
	count := map[string]int{}
	for _, l := range r.list {
		for _, s := range l.Stock {
			if len(r.options.Locations[s.WarehouseID]) == 0 {
				count[s.WarehouseID]++
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(count)) {
		r.find(UnmappedWarehouse, "warehouse "+id, "", fmt.Sprintf("%s with stock there, and the settings name no location for it", part.Count(count[id], "listing")),
			"name the stock location that feeds it", fmt.Sprintf(`"locations": {%q: ["<stock location id>"]}`, id))
	}
}

// status asks whether the shop sells.
func (r *run) status(ctx context.Context) error {
	queue := new(exceptions.Memory).Shop("audit")
	w, err := shopstatus.NewWatch(shopstatus.Ports{Shop: r.Status, Exceptions: queue}, shopstatus.Options{Selling: r.options.SellingStatuses, Now: r.options.Now})
	if err != nil {
		return err
	}
	if _, err := w.Check(ctx); err != nil {
		return err
	}
	open, err := queue.Open(ctx)
	for _, e := range open {
		r.find(ShopStopped, "shop", "", e.Seen, e.Do)
	}
	return err
}

// promotion judges what will be promoted.
func (r *run) promotion(context.Context) error {
	var wanted []string // each once
	for _, want := range r.options.Promotion {
		if !slices.ContainsFunc(wanted, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(want)) }) {
			wanted = append(wanted, want)
		}
	}
	for _, want := range wanted {
		v, counted := Verdict{SKU: want}, map[string]bool{} // items
		for _, l := range r.list {
			if l.ID != want && !strings.EqualFold(strings.TrimSpace(l.SellerSKU), strings.TrimSpace(want)) {
				continue
			}
			v.Listings++
			if rule, blocked := r.blocked[l.ID]; blocked {
				v.Problems = append(v.Problems, rule)
			} else if n, known := r.free[l.ID]; known {
				if item := r.items[l.ID].ID; !counted[item] { // two listings sell the same units
					counted[item] = true
					v.Free += n
				}
				if v.Counted = true; n == 0 {
					v.Problems = append(v.Problems, NothingFree)
					r.find(NothingFree, l.String(), l.ID, "no unit of it is free in the warehouse", "take it out of the promotion, or book stock in first")
				}
			}
		}
		if v.Listings == 0 && !r.listsCut { // otherwise it may be among the rest
			seen := "the shop lists no SKU of this name"
			if r.report.unsure[NotListed] {
				seen += ", unless it is of a product that could not be read"
			}
			v.Problems = append(v.Problems, NotListed)
			r.find(NotListed, want, "", seen, "list it, or correct the list of the promotion")
		}
		r.report.Promotion = append(r.report.Promotion, v)
	}
	return nil
}
