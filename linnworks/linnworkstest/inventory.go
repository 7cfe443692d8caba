package linnworkstest

import (
	"cmp"
	"fmt"
	"net/http"
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
	Size
}

// Size is what one unit of an item weighs and measures, in whatever units the account
// is kept in: Linnworks names none. Empty is not known.
type Size struct{ Weight, Height, Width, Depth linnworks.Decimal }

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
	untracked  bool // unless its level at a location says otherwise
	archived   bool
	deleted    bool
	created    linnworks.Time
	components []part
	kits       []*item // that it is a component of
	stale      bool    // a kit that changed since a component's level was written
	levels     map[linnworks.GUID]*stock
	mappings   []*mapping
	size       Size
}

// part is a component of a kit.
type part struct {
	item     *item
	quantity int
}

func (i *item) composite() bool { return len(i.components) > 0 }

// tracked reports whether orders at a location move the item's level there.
func (i *item) tracked(at linnworks.GUID) bool { return i.minimumLevel(at) >= 0 }

// computed reports whether the item is a kit whose level at a location is that of
// its components.
func (i *item) computed(at linnworks.GUID) bool { return i.composite() && !i.tracked(at) }

// holds reports whether other is a component of the kit, however deep.
func (i *item) holds(other *item) bool {
	return slices.ContainsFunc(i.components, func(p part) bool { return p.item == other || p.item.holds(other) })
}

// setComponents makes the item a kit of components.
func (i *item) setComponents(components []part) {
	for _, p := range i.components {
		p.item.kits = slices.DeleteFunc(p.item.kits, func(kit *item) bool { return kit == i })
	}
	i.components = components
	for _, p := range components {
		p.item.kits = append(p.item.kits, i)
	}
}

// Location describes a stock location to [Fake.AddLocationOf].
type Location struct {
	Name string
	// Managed locations belong to the warehouse management, which alone writes
	// their levels.
	Managed bool
	// FulfilmentCentre is where a third party keeps the stock.
	FulfilmentCentre bool
}

// location is a stock location as kept.
type location struct {
	Location
	id    linnworks.GUID
	intID int
}

// AddLocation adds a stock location and returns its id. The name of an existing
// location returns that one's.
func (f *Fake) AddLocation(name string) linnworks.GUID { return f.AddLocationOf(Location{Name: name}) }

// AddLocationOf is AddLocation for special locations.
func (f *Fake) AddLocationOf(in Location) linnworks.GUID {
	defer f.begin()()
	if l := f.locationByName(in.Name); l != nil {
		return l.id
	}
	return f.addLocation(in).id
}

func (f *Fake) addLocation(in Location) *location {
	l := &location{Location: in, id: f.newID("location"), intID: len(f.locations)}
	f.locations = append(f.locations, l)
	return l
}

func (f *Fake) locationByName(name string) *location {
	for _, l := range f.locations {
		if strings.EqualFold(l.Name, name) {
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

// place finds a location for an operation.
func (f *Fake) place(g linnworks.GUID) (*location, error) {
	if l := f.location(g); l != nil {
		return l, nil
	}
	return nil, refuse("Location not found.")
}

// AddItem adds a stock item, or a kit, and returns its id.
func (f *Fake) AddItem(in Item) (linnworks.GUID, error) {
	defer f.begin()()
	fail := func(format string, args ...any) (linnworks.GUID, error) {
		return "", fmt.Errorf("linnworkstest: AddItem: "+format, args...)
	}
	switch {
	case in.SKU == "":
		return fail("the item %q has no SKU", in.Title)
	case f.bySKU[f.skuKey(in.SKU)] != nil:
		return fail("there is already an item %q", in.SKU)
	case len(in.Components) > 0 && len(in.Levels) > 0:
		return fail("the kit %q has no levels of its own", in.SKU)
	}
	var parts []part
	for _, c := range in.Components {
		component := f.bySKU[f.skuKey(c.SKU)]
		if component == nil || c.Quantity < 1 {
			return fail("the kit %q cannot hold %d of %q, which must exist", in.SKU, c.Quantity, c.SKU)
		}
		parts = append(parts, part{component, c.Quantity})
	}
	for at := range in.Levels {
		if f.location(at) == nil {
			return fail("the item %q has a level at the unknown location %s", in.SKU, at)
		}
	}
	it := f.addItem("", in.SKU, cmp.Or(in.Title, in.SKU), in.Barcode)
	it.archived, it.untracked, it.size = in.Archived, in.Untracked, in.Size
	if len(parts) > 0 {
		it.setComponents(parts)
		it.untracked = f.quirks[KitParentsUntracked]
	}
	for at, n := range in.Levels {
		it.set(id(at), n, it.created, "ADDED")
	}
	return it.id, nil
}

// addItem adds an item; without an id it gets one.
func (f *Fake) addItem(g linnworks.GUID, sku, title, barcode string) *item {
	it := &item{
		id: g, sku: sku, title: title, barcode: barcode, intID: f.next("item number"), created: f.timestamp(),
		levels: map[linnworks.GUID]*stock{},
	}
	if g == "" {
		it.id = f.newID("item")
	}
	f.items = append(f.items, it)
	f.bySKU[f.skuKey(it.sku)], f.byItemID[it.id] = it, it
	if barcode != "" && f.byBarcode[barcode] == nil {
		f.byBarcode[barcode] = it
	}
	return it
}

// Archive archives an item, or brings it back.
func (f *Fake) Archive(sku string, archived bool) error {
	defer f.begin()()
	it := f.bySKU[f.skuKey(sku)]
	if it == nil {
		return unknownSKU("Archive", sku)
	}
	it.archived = archived
	return nil
}

// Delete removes an item for good, with its channel SKUs. Orders keep their
// lines of it.
func (f *Fake) Delete(sku string) error {
	defer f.begin()()
	it := f.bySKU[f.skuKey(sku)]
	switch {
	case it == nil:
		return unknownSKU("Delete", sku)
	case len(it.kits) > 0:
		return fmt.Errorf("linnworkstest: Delete: the kit %q holds %q", it.kits[0].sku, sku)
	}
	it.setComponents(nil)
	for _, m := range slices.Clone(it.mappings) {
		f.unmap(m)
	}
	it.deleted = true
	delete(f.bySKU, f.skuKey(it.sku))
	delete(f.byItemID, it.id)
	if f.byBarcode[it.barcode] == it {
		delete(f.byBarcode, it.barcode)
	}
	return nil
}

func unknownSKU(method, sku string) error {
	return fmt.Errorf("linnworkstest: %s: there is no item %q", method, sku)
}

// skuKey is what SKUs are compared by.
func (f *Fake) skuKey(sku string) string {
	if f.quirks[SKUsIgnoreCase] {
		return strings.ToLower(sku)
	}
	return sku
}

// listed reports whether lists show an item.
func (f *Fake) listed(it *item) bool {
	return !it.deleted && (!it.archived || !f.quirks[ArchivedVanish])
}

// stockItem finds an item by id for an operation.
func (f *Fake) stockItem(g linnworks.GUID) (*item, error) {
	if it := f.byItemID[g]; it != nil {
		return it, nil
	}
	return nil, refuse("Stock item %s not found", g)
}

// getStockLocations: https://apps.linnworks.net/Api/Method/Inventory-GetStockLocations
func (f *Fake) getStockLocations(*struct{}) (any, error) {
	out := []linnworks.StockLocation{}
	for _, l := range f.locations {
		out = append(out, l.row())
	}
	return out, nil
}

func (l *location) row() linnworks.StockLocation {
	return linnworks.StockLocation{
		StockLocationID: l.id, LocationName: l.Name, StockLocationIntID: l.intID,
		IsWarehouseManaged: l.Managed, IsFulfillmentCenter: l.FulfilmentCentre,
	}
}

// locationQuery is the parameter of getLocation.
type locationQuery struct {
	ID linnworks.GUID `json:"pkStockLocationId"`
}

// getLocation: https://apps.linnworks.net/Api/Method/Locations-GetLocation
func (f *Fake) getLocation(req *locationQuery) (any, error) {
	l, err := f.place(req.ID)
	if err != nil {
		return nil, err
	}
	return l.row(), nil
}

// postLocation: https://apps.linnworks.net/Api/Method/Locations-AddLocation
func (f *Fake) postLocation(req *linnworks.AddLocationRequest) (any, error) {
	in := value(req.Location)
	if in.LocationName == "" || f.locationByName(in.LocationName) != nil {
		return nil, refuse("The location needs a name of its own")
	}
	f.addLocation(Location{Name: in.LocationName, Managed: in.IsWarehouseManaged, FulfilmentCentre: in.IsFulfillmentCenter})
	return nil, nil
}

// getStockItemIDsBySKU leaves out SKUs that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetStockItemIdsBySKU
func (f *Fake) getStockItemIDsBySKU(req *linnworks.GetStockItemIDsBySKURequest) (any, error) {
	var out linnworks.GetStockItemIDsBySKU
	for _, sku := range req.SKUs {
		if it := f.bySKU[f.skuKey(sku)]; it != nil {
			out.Items = append(out.Items, linnworks.GetStockItemIDsBySKUItem{StockItemID: it.id, SKU: it.sku})
		}
	}
	return out, nil
}

// countQuery are the parameters of getInventoryItemsCount.
type countQuery struct {
	IncludeArchived bool `json:"includeArchived"`
}

// getInventoryItemsCount: https://apps.linnworks.net/Api/Method/Inventory-GetInventoryItemsCount
func (f *Fake) getInventoryItemsCount(req *countQuery) (any, error) {
	n := 0
	for _, it := range f.items {
		if !it.deleted && (req.IncludeArchived || !it.archived) {
			n++
		}
	}
	return n, nil
}

// itemQuery are the parameters of reads of one item.
type itemQuery struct {
	StockItemID linnworks.GUID `json:"stockItemId"`
	ID          linnworks.GUID `json:"id"`
	SKU         string         `json:"sKU"`
}

// getInventoryItem serves GetInventoryItem and GetInventoryItemById.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetInventoryItemById
func (f *Fake) getInventoryItem(req *itemQuery) (any, error) {
	it := f.byItemID[cmp.Or(req.StockItemID, req.ID)]
	if it == nil {
		it = f.bySKU[f.skuKey(req.SKU)]
	}
	switch {
	case it == nil && f.quirks[UnknownSKUIs400]:
		return nil, refuse("Could not determine inventory item id from SKU")
	case it == nil:
		return nil, &apiError{status: http.StatusNotFound, message: "Item not found"}
	}
	n := f.level(it, linnworks.ZeroGUID)
	return linnworks.StockItemInv{
		ItemNumber: it.sku, ItemTitle: it.title, BarcodeNumber: it.barcode, StockItemID: it.id, StockItemIntID: it.intID,
		CreationDate: it.created, IsCompositeParent: it.composite(), Quantity: n.OnHand, InOrder: n.InOrders, Available: n.Available,
		MinimumLevel: it.minimumLevel(linnworks.ZeroGUID),
		Weight:       it.size.Weight, Height: it.size.Height, Width: it.size.Width, Depth: it.size.Depth,
	}, nil
}

// addInventoryItem wants the id from the caller.
//
// https://apps.linnworks.net/Api/Method/Inventory-AddInventoryItem
func (f *Fake) addInventoryItem(req *linnworks.AddInventoryItemRequest) (any, error) {
	in := value(req.InventoryItem)
	switch {
	case in.StockItemID == "" || in.StockItemID == linnworks.ZeroGUID || f.byItemID[in.StockItemID] != nil:
		return nil, refuse("The item needs a StockItemId of its own")
	case in.ItemNumber == "" || f.bySKU[f.skuKey(in.ItemNumber)] != nil:
		return nil, refuse("The item needs an ItemNumber of its own")
	}
	it := f.addItem(in.StockItemID, in.ItemNumber, cmp.Or(in.ItemTitle, in.ItemNumber), in.BarcodeNumber)
	it.untracked, it.size = in.MinimumLevel < 0, Size{Weight: in.Weight, Height: in.Height, Width: in.Width, Depth: in.Depth}
	return nil, nil
}

// updateInventoryItem overwrites, with what the call leaves out too.
//
// https://apps.linnworks.net/Api/Method/Inventory-UpdateInventoryItem
func (f *Fake) updateInventoryItem(req *linnworks.UpdateInventoryItemRequest) (any, error) {
	in := value(req.InventoryItem)
	it, err := f.stockItem(value(in.StockItemID))
	if err != nil {
		return nil, err
	}
	sku := value(in.ItemNumber)
	if other := f.bySKU[f.skuKey(sku)]; sku == "" || other != nil && other != it {
		return nil, refuse("The item needs an ItemNumber of its own")
	}
	delete(f.bySKU, f.skuKey(it.sku))
	delete(f.byBarcode, it.barcode)
	it.sku, it.title, it.barcode = sku, value(in.ItemTitle), value(in.BarcodeNumber)
	it.size = Size{Weight: value(in.Weight), Height: value(in.Height), Width: value(in.Width), Depth: value(in.Depth)}
	f.bySKU[f.skuKey(sku)] = it
	if it.barcode != "" {
		f.byBarcode[it.barcode] = it
	}
	return nil, nil
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

// found selects items by keyword, which may occur in the SKU, the title or the
// barcode, in the order in which they were added.
func (f *Fake) found(keyword string, in []string, composites bool) []*item {
	if len(in) == 0 {
		in = []string{"SKU", "Title", "Barcode"}
	}
	keyword = strings.ToLower(keyword)
	var out []*item
	for _, it := range f.items {
		hit := keyword == "" || slices.ContainsFunc(in, func(field string) bool {
			text := map[string]string{"SKU": it.sku, "Title": it.title, "Barcode": it.barcode}[field]
			return strings.Contains(strings.ToLower(text), keyword)
		})
		if hit && f.listed(it) && (composites || !it.composite()) {
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
