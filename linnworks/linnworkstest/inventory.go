package linnworkstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Item describes a stock item to [Fake.AddItem].
type Item struct {
	// SKU is unique in the account.
	SKU string
	// Title is the SKU if empty.
	Title   string
	Barcode string
	// Untracked items have no level that orders move; their minimum level is -1.
	Untracked bool
	// Levels are the units on hand per location, 0 where absent.
	Levels map[linnworks.GUID]int
	// Components make the item a kit: an untracked composite parent whose
	// availability is computed from them, location by location. They must exist
	// already. A kit has no levels of its own.
	Components []Component
	// Archived items vanish from sweeps.
	Archived bool
}

// Component is a part of a kit.
type Component struct {
	SKU string
	// Quantity is the number of units in one kit, at least 1.
	Quantity int
}

// item is a stock item as kept.
type item struct {
	id         linnworks.GUID
	intID      int
	sku        string
	title      string
	barcode    string
	untracked  bool
	archived   bool
	created    linnworks.Time
	components []part
	levels     map[linnworks.GUID]*stock
}

// part is a component of a kit.
type part struct {
	item     *item
	quantity int
}

func (i *item) composite() bool { return len(i.components) > 0 }

// tracked tells whether orders move the item's level.
func (i *item) tracked() bool { return !i.untracked && !i.composite() }

// location is a stock location.
type location struct {
	id    linnworks.GUID
	name  string
	intID int
}

// channelSKU is what a channel calls an item.
type channelSKU struct{ source, subSource, sku string }

func channelKey(source, subSource, sku string) channelSKU {
	return channelSKU{strings.ToLower(source), strings.ToLower(subSource), sku}
}

// AddLocation adds a stock location and returns its id. The name of an existing
// location returns that one's.
func (f *Fake) AddLocation(name string) linnworks.GUID {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l := f.locationByName(name); l != nil {
		return l.id
	}
	l := &location{id: f.newID("location"), name: name, intID: len(f.locations)}
	f.locations = append(f.locations, l)
	return l.id
}

func (f *Fake) locationByName(name string) *location {
	for _, l := range f.locations {
		if strings.EqualFold(l.name, name) {
			return l
		}
	}
	return nil
}

func (f *Fake) location(g linnworks.GUID) *location {
	for _, l := range f.locations {
		if l.id.Equal(g) || g == "" && l.id == linnworks.ZeroGUID {
			return l
		}
	}
	return nil
}

// AddItem adds a stock item, or a kit, and returns its id.
func (f *Fake) AddItem(in Item) (linnworks.GUID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	it := &item{
		sku: in.SKU, title: in.Title, barcode: in.Barcode, untracked: in.Untracked && len(in.Components) == 0, archived: in.Archived,
		created: f.timestamp(), levels: map[linnworks.GUID]*stock{},
	}
	if it.title == "" {
		it.title = in.SKU
	}
	switch {
	case in.SKU == "":
		return "", fmt.Errorf("linnworkstest: AddItem: the item %q has no SKU", in.Title)
	case f.bySKU[in.SKU] != nil:
		return "", fmt.Errorf("linnworkstest: AddItem: there is already an item %q", in.SKU)
	case len(in.Components) > 0 && len(in.Levels) > 0:
		return "", fmt.Errorf("linnworkstest: AddItem: the kit %q has no levels of its own", in.SKU)
	}
	for _, c := range in.Components {
		component := f.bySKU[c.SKU]
		if component == nil || c.Quantity < 1 {
			return "", fmt.Errorf("linnworkstest: AddItem: the kit %q cannot hold %d of %q, which must exist", in.SKU, c.Quantity, c.SKU)
		}
		it.components = append(it.components, part{component, c.Quantity})
	}
	for at, n := range in.Levels {
		if f.location(at) == nil {
			return "", fmt.Errorf("linnworkstest: AddItem: the item %q has a level at the unknown location %s", in.SKU, at)
		}
		it.stock(id(at)).set(n, it.created, "ADDED")
	}
	it.id, it.intID = f.newID("item"), f.counters["item"]
	f.items = append(f.items, it)
	f.bySKU[it.sku], f.byItemID[it.id] = it, it
	return it.id, nil
}

// Archive archives an item, or brings it back.
func (f *Fake) Archive(sku string, archived bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	it := f.bySKU[sku]
	if it == nil {
		return unknownSKU("Archive", sku)
	}
	it.archived = archived
	return nil
}

// MapChannelSKU links what a channel calls an item to the item. Later order
// lines of that channel are linked by it.
func (f *Fake) MapChannelSKU(source, subSource, channelSKU, sku string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	it := f.bySKU[sku]
	if it == nil {
		return unknownSKU("MapChannelSKU", sku)
	}
	f.mapped[channelKey(source, subSource, channelSKU)] = it
	return nil
}

func unknownSKU(method, sku string) error {
	return fmt.Errorf("linnworkstest: %s: there is no item %q", method, sku)
}

// getStockLocations: https://apps.linnworks.net/Api/Method/Inventory-GetStockLocations
func (f *Fake) getStockLocations(*struct{}) (any, error) {
	out := []linnworks.StockLocation{}
	for _, l := range f.locations {
		out = append(out, linnworks.StockLocation{StockLocationID: l.id, LocationName: l.name, StockLocationIntID: l.intID})
	}
	return out, nil
}

// getStockItemIDsBySKU leaves out SKUs that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetStockItemIdsBySKU
func (f *Fake) getStockItemIDsBySKU(req *linnworks.GetStockItemIDsBySKURequest) (any, error) {
	var out linnworks.GetStockItemIDsBySKU
	for _, sku := range req.SKUs {
		if it := f.bySKU[sku]; it != nil {
			out.Items = append(out.Items, linnworks.GetStockItemIDsBySKUItem{StockItemID: it.id, SKU: it.sku})
		}
	}
	return out, nil
}

// Batch maxima, where Linnworks names them or clients found them.
const (
	maxLevelBatch       = 200
	maxCompositionBatch = 100
	maxPage             = 200
	maxOrdersRead       = 200
	maxOrdersCreated    = 20
)

func tooMany(limit int) error { return refuse("The maximum items count for this call is %d", limit) }

// getCompositions leaves out items that are no kits.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetInventoryItemsCompositionByIds
func (f *Fake) getCompositions(req *linnworks.GetInventoryItemsCompositionByIDsRequest) (any, error) {
	if len(req.InventoryItemIDs) > maxCompositionBatch {
		return nil, tooMany(maxCompositionBatch)
	}
	kits := map[string][]linnworks.ItemComposition{}
	for _, g := range req.InventoryItemIDs {
		kit := f.byItemID[g]
		if kit == nil || !kit.composite() {
			continue
		}
		rows := []linnworks.ItemComposition{}
		for _, p := range kit.components {
			rows = append(rows, linnworks.ItemComposition{
				StockItemID: kit.id, StockItemIntID: kit.intID, LinkedStockItemID: p.item.id,
				SKU: p.item.sku, ItemTitle: p.item.title, Quantity: p.quantity,
			})
		}
		kits[string(kit.id)] = rows
	}
	return linnworks.GetInventoryItemsCompositionByIDsResponse{InventoryItemsCompositionByIDs: kits}, nil
}

// found selects items by keyword, which may occur in the SKU, the title or the
// barcode, in the order in which they were added, archived ones never.
func (f *Fake) found(keyword string, in []string, composites bool) []*item {
	if len(in) == 0 {
		in = []string{"SKU", "Title", "Barcode"}
	}
	keyword = strings.ToLower(keyword)
	var out []*item
	for _, it := range f.items {
		text := map[string]string{"SKU": it.sku, "Title": it.title, "Barcode": it.barcode}
		hit := keyword == "" || slices.ContainsFunc(in, func(field string) bool {
			return strings.Contains(strings.ToLower(text[field]), keyword)
		})
		if hit && !it.archived && (composites || !it.composite()) {
			out = append(out, it)
		}
	}
	return out
}

// page cuts page n, from 1, out of rows.
func page[T any](rows []T, n, size int) []T {
	from := min(max(n-1, 0)*size, len(rows))
	return rows[from:min(from+size, len(rows))]
}

// pages is how many pages n rows fill.
func pages(n, size int) int { return (n + size - 1) / size }
