package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// placesOf are the stock locations that an order may draw on, the preferred one first.
func (im *Importer) placesOf(o Order) []string {
	if o.ShippingModel == FulfilledByTikTok && im.options.PlatformLocation != "" {
		return []string{im.options.PlatformLocation}
	}
	if list := im.options.Locations[o.WarehouseID]; len(list) > 0 && o.ShippingModel != FulfilledByTikTok {
		return list
	}
	return []string{im.options.DefaultLocation}
}

// drawsOn is the one of the places at which the warehouse holds an order, empty if
// it is none of them or there are several.
func drawsOn(places []string, found []WarehouseOrder) string {
	at := ""
	for _, w := range liveParts(found) {
		if at != "" && !strings.EqualFold(at, w.LocationID) {
			return ""
		}
		at = w.LocationID
	}
	return amongPlaces(places, at)
}

func amongPlaces(places []string, id string) string {
	if i := slices.IndexFunc(places, func(p string) bool { return strings.EqualFold(p, id) }); i >= 0 {
		return places[i] // as the options spell it
	}
	return ""
}

// allocate decides which stock location each order draws on: the one at which the
// warehouse has it or may have it; of those that feed its warehouse of the shop, the
// first that has all of the order; else the first, and a person is told.
//
// The stock that counts is what the warehouse shows as free, less what orders of any
// shop take that it does not count yet, less what orders of this batch were allocated.
func (b *importBatch) allocate(ctx context.Context) {
	var tasks []*importing
	for _, t := range b.still(func(*importing) bool { return true }) {
		places := b.placesOf(t.order)
		t.place = drawsOn(places, t.found)
		if t.place == "" {
			t.place = amongPlaces(places, b.reserved[t.order.ID].LocationID)
		}
		if t.place == "" {
			t.place = places[0]
		}
		if len(places) > 1 && b.ports.Levels != nil && len(t.found) == 0 && commits[t.action] && !t.record.OutcomeUnknown {
			tasks = append(tasks, t)
		}
	}
	if len(tasks) == 0 {
		return
	}
	// The ledger before the levels: what is visible by it is in them.
	reserved, err := b.ports.Ledger.Reservations(ctx)
	if err != nil {
		b.unallocated(ctx, tasks, nil, fmt.Errorf("reading what is reserved, to choose a stock location: %w", err))
		return
	}
	shelves := newShelves(reserved, tasks)
	failed := map[*importing]error{}
	err = part.Isolate(ctx, tasks, new(part.Tally), func(tasks []*importing) error {
		return shelves.read(ctx, b.ports.Levels, b.itemsOf(tasks))
	}, func(t *importing, err error) { failed[t] = err })
	if err != nil {
		err = fmt.Errorf("reading stock levels, to choose a stock location: %w", err)
	}
	b.unallocated(ctx, tasks, failed, err)
	names := b.placeNames(ctx)
	for _, t := range tasks {
		if !t.done {
			b.choosePlace(t, shelves, names)
		}
	}
}

// unallocated ends the work on orders whose location cannot be chosen now: on those that
// failed, and on all if err is not nil. Their units are counted at the first one.
func (b *importBatch) unallocated(ctx context.Context, tasks []*importing, failed map[*importing]error, err error) {
	for _, t := range tasks {
		why := err
		if failed[t] != nil {
			why = fmt.Errorf("reading stock levels, to choose a stock location: %w", failed[t])
		}
		if why != nil {
			b.fail(ctx, t, errors.Join(why, b.unasked(ctx, t)))
		}
	}
}

// itemsOf are the stock items that orders may take, sorted.
func (b *importBatch) itemsOf(tasks []*importing) []string {
	items := map[string]bool{}
	for _, t := range tasks {
		for _, place := range b.placesOf(t.order) {
			for _, line := range reservedLines(t.order, b.known, place) {
				for id := range line.Items {
					items[id] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(items))
}

// choosePlace allocates one order, and takes its units off the shelves.
func (b *importBatch) choosePlace(t *importing, s *shelves, names placeNames) {
	places := b.placesOf(t.order)
	var why []string
	t.place = ""
	for _, place := range places {
		lacking := s.lacking(place, reservedLines(t.order, b.known, place))
		if len(lacking) == 0 {
			t.place = place
			break
		}
		why = append(why, fmt.Sprintf("%s has not enough of %s", names.of(place), strings.Join(lacking, ", ")))
	}
	if t.place == "" {
		t.place = places[0]
		t.scattered = fmt.Sprintf("it was put at %s, the first location, because none has all of it: %s", names.of(t.place), strings.Join(why, "; "))
		t.scatteredDo = "split the order in Linnworks so that each part draws on a location that has it, or move the stock to " + names.of(t.place)
	}
	s.take(t.place, reservedLines(t.order, b.known, t.place))
}

// scatteredCase tells people of an order that no location has all of.
func scatteredCase(t *importing) exceptions.Exception {
	return exceptions.New(exceptions.NotInOnePlace, exceptions.ForOrder(t.order.ID), t.order.ShipBy, t.scattered, t.scatteredDo, orderEvidence(t.order)...)
}

// placeNames are what people call the stock locations, by id in small letters.
type placeNames map[string]string

func (n placeNames) of(id string) string { return cmp.Or(n[strings.ToLower(id)], id) }

// placeNames returns no names where the warehouse does not tell them.
func (im *Importer) placeNames(ctx context.Context) placeNames {
	names := placeNames{}
	if im.ports.Places != nil {
		places, _ := im.ports.Places.Places(ctx) // without them the ids have to do
		for _, p := range places {
			names[strings.ToLower(p.ID)] = p.Name
		}
	}
	return names
}

// shelves are what is free at the stock locations.
type shelves struct {
	levels stock.Reading
	taken  map[string]map[string]int // units by place and item that no level has yet
}

// newShelves counts what the ledger has beside the orders that are being allocated.
func newShelves(reserved []store.Reservation, allocating []*importing) *shelves {
	s := &shelves{levels: stock.Reading{Available: map[string]map[string]int{}, Untracked: map[string]bool{}, UntrackedIn: map[string]map[string]bool{}},
		taken: map[string]map[string]int{}}
	own := map[string]bool{}
	for _, t := range allocating {
		own[t.order.ID] = true
	}
	for _, r := range reserved {
		if r.VisibleFrom == 0 && !own[r.OrderID] { // ids of orders are the platform's, the same in no two shops
			s.add(r.LocationID, r.Items)
		}
	}
	return s
}

func (s *shelves) add(place string, items map[string]int) {
	place = strings.ToLower(place)
	if s.taken[place] == nil {
		s.taken[place] = map[string]int{}
	}
	for id, n := range items {
		s.taken[place][id] += n
	}
}

func (s *shelves) take(place string, lines []store.ReservedLine) {
	for _, line := range lines {
		s.add(place, line.Items)
	}
}

func (s *shelves) read(ctx context.Context, levels stock.Reader, items []string) error {
	if len(items) == 0 {
		return nil
	}
	r, err := levels.StockLevels(ctx, items)
	if err != nil {
		return err
	}
	maps.Copy(s.levels.Available, r.Available)
	maps.Copy(s.levels.Untracked, r.Untracked)
	maps.Copy(s.levels.UntrackedIn, r.UntrackedIn)
	return nil
}

// lacking are the SKUs of lines that a location does not have enough of, or of which
// nobody knows how many it has. What is not tracked there is not lacking.
func (s *shelves) lacking(place string, lines []store.ReservedLine) (skus []string) {
	need := map[string]int{}
	for _, line := range lines {
		for id, n := range line.Items {
			need[id] += n
		}
	}
	for _, line := range lines {
		short := func(id string) bool {
			return s.levels.Tracked(id, place) && s.levels.Available[id][place]-s.taken[strings.ToLower(place)][id] < need[id]
		}
		if slices.ContainsFunc(slices.Collect(maps.Keys(line.Items)), short) && !slices.Contains(skus, line.SKU) {
			skus = append(skus, line.SKU)
		}
	}
	return skus
}
