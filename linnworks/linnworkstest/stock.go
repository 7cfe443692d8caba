package linnworkstest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Level is the stock of an item at one location, in units.
type Level struct {
	// OnHand is the physical stock. For a kit it is what Available is.
	OnHand int
	// InOrders is reserved by open orders that are not locked. A kit reserves
	// its components only.
	InOrders int
	// Available is OnHand - InOrders, and may be negative. For a kit it is the
	// number of kits that the components available at the location make, never
	// negative.
	Available int
}

// stock is the level of an item at one location.
type stock struct {
	onHand, inOrders int
	minimum          int // -1: not tracked
	updated          linnworks.Time
	operation        string
	history          []linnworks.StockItemChangeHistory
}

// set writes the item's level at a location. A kit that holds the item is
// computed anew.
func (i *item) set(at linnworks.GUID, n int, now linnworks.Time, operation string) {
	s := i.stock(at)
	s.history = append(s.history, linnworks.StockItemChangeHistory{
		StockItemID: i.id, Date: now, Level: n, ChangeQty: n - s.onHand, Note: operation,
	})
	s.onHand, s.updated, s.operation = n, now, operation
	for _, kit := range i.kits {
		kit.stale = false
	}
}

// stock returns the item's level at a location, to be changed.
func (i *item) stock(at linnworks.GUID) *stock {
	s := i.levels[at]
	if s == nil {
		s = &stock{minimum: i.minimumLevel(at)}
		i.levels[at] = s
	}
	return s
}

func (i *item) minimumLevel(at linnworks.GUID) int {
	switch s := i.levels[at]; {
	case s != nil:
		return s.minimum
	case i.untracked:
		return -1
	}
	return 0
}

// level computes what Linnworks shows for an item at a location.
func (f *Fake) level(it *item, at linnworks.GUID) Level {
	if it.computed(at) {
		n := f.makeable(it, at)
		return Level{OnHand: n, Available: n}
	}
	s := it.levels[at]
	if s == nil {
		return Level{}
	}
	out := Level{OnHand: s.onHand, InOrders: s.inOrders, Available: s.onHand - s.inOrders}
	if !f.quirks[NegativeAvailable] {
		out.Available = max(out.Available, 0)
	}
	return out
}

// makeable is how many kits the components at a location make. Components that
// are not tracked do not limit it; without a tracked one there are none.
func (f *Fake) makeable(kit *item, at linnworks.GUID) int {
	if kit.stale {
		return 0
	}
	fewest := -1
	for _, p := range kit.components {
		if !p.item.tracked(at) && !p.item.computed(at) {
			continue
		}
		n := max(f.level(p.item, at).Available, 0) / p.quantity
		if fewest < 0 || n < fewest {
			fewest = n
		}
	}
	return max(fewest, 0)
}

// Level returns the stock of an item at a location.
func (f *Fake) Level(sku string, at linnworks.GUID) (Level, error) {
	defer f.begin()()
	it, l, err := f.itemAt("Level", sku, at)
	if err != nil {
		return Level{}, err
	}
	return f.level(it, l.id), nil
}

// SetOnHand sets the physical stock of an item at a location, as a stock take
// does.
func (f *Fake) SetOnHand(sku string, at linnworks.GUID, n int) error {
	defer f.begin()()
	it, l, err := f.itemAt("SetOnHand", sku, at)
	if err != nil {
		return err
	}
	if it.computed(l.id) {
		return fmt.Errorf("linnworkstest: SetOnHand: the kit %q has no level of its own", sku)
	}
	it.set(l.id, n, f.timestamp(), "MANUAL ADJUSTMENT")
	return nil
}

func (f *Fake) itemAt(method, sku string, at linnworks.GUID) (*item, *location, error) {
	it, l := f.bySKU[f.skuKey(sku)], f.location(at)
	if it == nil {
		return nil, nil, unknownSKU(method, sku)
	}
	if l == nil {
		return nil, nil, fmt.Errorf("linnworkstest: %s: there is no location %s", method, at)
	}
	return it, l, nil
}

// row is the level of an item at a location as served.
func (f *Fake) row(it *item, l *location) linnworks.StockItemLevel {
	n := f.level(it, l.id)
	out := linnworks.StockItemLevel{
		Location: linnworks.InventoryStockLocation{
			StockLocationID: l.id, StockLocationIntID: l.intID, LocationName: l.Name,
			IsWarehouseManaged: l.Managed, IsFulfillmentCenter: l.FulfilmentCentre,
		},
		StockLevel: n.OnHand, InOrderBook: n.InOrders, InOrders: n.InOrders, Available: n.Available,
		SKU: it.sku, StockItemID: it.id, StockItemIntID: it.intID, AutoAdjust: true, MinimumLevel: it.minimumLevel(l.id),
	}
	if s := it.levels[l.id]; s != nil {
		out.LastUpdateDate, out.LastUpdateOperation = s.updated, s.operation
	}
	return out
}

func (f *Fake) rows(it *item) []linnworks.StockItemLevel {
	out := []linnworks.StockItemLevel{}
	for _, l := range f.locations {
		out = append(out, f.row(it, l))
	}
	return out
}

// getStockItemsFull refuses the page after the last one.
//
// https://apps.linnworks.net/Api/Method/Stock-GetStockItemsFull
func (f *Fake) getStockItemsFull(req *linnworks.GetStockItemsFullRequest) (any, error) {
	size := value(req.EntriesPerPage)
	if size < 1 || size > maxPage {
		return nil, refuse("Number must be between 1 and %d", maxPage)
	}
	fields := make([]string, len(req.SearchTypes))
	for i, t := range req.SearchTypes {
		fields[i] = string(t)
	}
	items := f.found(value(req.Keyword), fields, value(req.LoadCompositeParents) || !f.quirks[KitsHiddenUnlessAsked])
	items = page(items, value(req.PageNumber), size)
	if len(items) == 0 && f.quirks[EndOfPagesRefused] {
		return nil, refuse("No items found with given filter.")
	}
	out := []linnworks.StockItemFull{}
	for _, it := range items {
		full := linnworks.StockItemFull{
			ItemNumber: it.sku, ItemTitle: it.title, BarcodeNumber: it.barcode,
			CreationDate: it.created, StockItemID: it.id, StockItemIntID: it.intID,
			Weight: it.size.Weight, Height: it.size.Height, Width: it.size.Width, Depth: it.size.Depth,
		}
		if slices.Contains(req.DataRequirements, "StockLevels") {
			full.StockLevels = f.rows(it)
		}
		out = append(out, full)
	}
	return out, nil
}

// getStockItemsFullByIDs leaves out items that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Stock-GetStockItemsFullByIds
func (f *Fake) getStockItemsFullByIDs(req *linnworks.GetStockItemsFullByIDsRequest) (any, error) {
	if len(req.StockItemIDs) > maxLevelBatch {
		return nil, tooMany(maxLevelBatch)
	}
	var out linnworks.GetStockItemsFullByIDsResponse
	for _, g := range req.StockItemIDs {
		it := f.byItemID[g]
		if it == nil || !f.listed(it) {
			continue
		}
		full := linnworks.StockItemFullExtended{
			ItemNumber: it.sku, ItemTitle: it.title, BarcodeNumber: it.barcode, CreationDate: it.created,
			StockItemID: it.id, StockItemIntID: it.intID, IsCompositeParent: it.composite(),
			Weight: it.size.Weight, Height: it.size.Height, Width: it.size.Width, Depth: it.size.Depth,
		}
		if slices.Contains(req.DataRequirements, "StockLevels") {
			full.StockLevels = f.rows(it)
		}
		out.StockItemsFullExtended = append(out.StockItemsFullExtended, full)
	}
	return out, nil
}

// getStockItemsByIDs leaves out items that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Stock-GetStockItemsByIds
func (f *Fake) getStockItemsByIDs(req *linnworks.GetStockItemsByIDsRequest) (any, error) {
	var out linnworks.GetStockItemsByIDsResponse
	for _, g := range req.StockItemIDs {
		if it := f.byItemID[g]; it != nil && f.listed(it) {
			out.Items = append(out.Items, linnworks.StockItemHeader{
				ItemNumber: it.sku, ItemTitle: it.title, BarcodeNumber: it.barcode, CreationDate: it.created,
				StockItemID: it.id, StockItemIntID: it.intID,
				Weight: it.size.Weight, Height: it.size.Height, Width: it.size.Width, Depth: it.size.Depth,
			})
		}
	}
	return out, nil
}

// stockItemsQuery are the parameters of getStockItems.
type stockItemsQuery struct {
	KeyWord           string         `json:"keyWord"`
	LocationID        linnworks.GUID `json:"locationId"`
	EntriesPerPage    int            `json:"entriesPerPage"`
	PageNumber        int            `json:"pageNumber"`
	ExcludeComposites bool           `json:"excludeComposites"`
}

// getStockItems shows the levels of one location.
//
// https://apps.linnworks.net/Api/Method/Stock-GetStockItems
func (f *Fake) getStockItems(req *stockItemsQuery) (any, error) {
	if req.EntriesPerPage < 1 || req.EntriesPerPage > maxPage {
		return nil, refuse("Number must be between 1 and %d", maxPage)
	}
	l, err := f.place(req.LocationID)
	if err != nil {
		return nil, err
	}
	items := f.found(req.KeyWord, nil, !req.ExcludeComposites)
	out := linnworks.StockItemPage{
		PageNumber: max(req.PageNumber, 1), EntriesPerPage: req.EntriesPerPage,
		TotalEntries: int64(len(items)), TotalPages: pages(len(items), req.EntriesPerPage),
	}
	for _, it := range page(items, out.PageNumber, out.EntriesPerPage) {
		n := f.level(it, l.id)
		out.Data = append(out.Data, linnworks.StockItem{
			Quantity: n.OnHand, InOrder: n.InOrders, Available: n.Available, MinimumLevel: it.minimumLevel(l.id),
			IsCompositeParent: it.composite(), ItemNumber: it.sku, ItemTitle: it.title, BarcodeNumber: it.barcode,
			CreationDate: it.created, StockItemID: it.id, StockItemIntID: it.intID,
			Weight: it.size.Weight, Height: it.size.Height, Width: it.size.Width, Depth: it.size.Depth,
		})
	}
	return out, nil
}

// getStockLevelBatch leaves out items that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Stock-GetStockLevel_Batch
func (f *Fake) getStockLevelBatch(req *linnworks.GetStockLevelBatchRequest) (any, error) {
	if len(req.StockItemIDs) > maxLevelBatch {
		return nil, tooMany(maxLevelBatch)
	}
	out := []linnworks.GetStockLevelBatchResponse{}
	for _, g := range req.StockItemIDs {
		if it := f.byItemID[g]; it != nil {
			out = append(out, linnworks.GetStockLevelBatchResponse{StockItemID: it.id, StockItemLevels: f.rows(it)})
		}
	}
	return out, nil
}

// getStockLevel: https://apps.linnworks.net/Api/Method/Stock-GetStockLevel
func (f *Fake) getStockLevel(req *itemQuery) (any, error) {
	it, err := f.stockItem(req.StockItemID)
	if err != nil {
		return nil, err
	}
	return f.rows(it), nil
}

// getStockLevelByLocation: https://apps.linnworks.net/Api/Method/Stock-GetStockLevelByLocation
func (f *Fake) getStockLevelByLocation(req *linnworks.GetStockLevelByLocationRequest) (any, error) {
	it, err := f.stockItem(req.StockItemID)
	if err != nil {
		return nil, err
	}
	l, err := f.place(req.LocationID)
	if err != nil {
		return nil, err
	}
	return linnworks.GetStockLevelByLocationResponse{StockLevel: f.row(it, l)}, nil
}

// skuQuery is the parameter of skuExists.
type skuQuery struct {
	SKU string `json:"SKU"`
}

// skuExists: https://apps.linnworks.net/Api/Method/Stock-SKUExists
func (f *Fake) skuExists(req *skuQuery) (any, error) { return f.bySKU[f.skuKey(req.SKU)] != nil, nil }

// getStockItemTypeInfo is the one read that shows archived items as such.
//
// https://apps.linnworks.net/Api/Method/Stock-GetStockItemTypeInfo
func (f *Fake) getStockItemTypeInfo(req *linnworks.GetStockItemTypeInfoRequest) (any, error) {
	var out linnworks.GetStockItemTypeInfoResponse
	var found []*item
	for _, sku := range req.SKUs {
		if it := f.bySKU[f.skuKey(sku)]; it != nil {
			found = append(found, it)
		}
	}
	for _, n := range req.StockItemIntIDs {
		if n > 0 && n <= len(f.items) && !f.items[n-1].deleted {
			found = append(found, f.items[n-1])
		}
	}
	known := map[*item]bool{}
	for _, it := range found {
		if !known[it] {
			known[it] = true
			out.StockItemInfo = append(out.StockItemInfo, linnworks.StockItemTypeInfo{
				SKU: it.sku, StockItemID: it.id, StockItemIntID: it.intID, IsCompositeParent: it.composite(), IsArchived: it.archived,
			})
		}
	}
	return out, nil
}

// historyQuery are the parameters of getItemChangesHistory.
type historyQuery struct {
	StockItemID    linnworks.GUID  `json:"stockItemId"`
	LocationID     *linnworks.GUID `json:"locationId"`
	EntriesPerPage int             `json:"entriesPerPage"`
	PageNumber     int             `json:"pageNumber"`
}

// getItemChangesHistory lists the newest change first.
//
// https://apps.linnworks.net/Api/Method/Stock-GetItemChangesHistory
func (f *Fake) getItemChangesHistory(req *historyQuery) (any, error) {
	it, err := f.stockItem(req.StockItemID)
	if err != nil {
		return nil, err
	}
	if req.LocationID == nil && f.quirks[HistoryWantsLocation] {
		return nil, errNullReference
	}
	l, err := f.place(value(req.LocationID))
	if err != nil {
		return nil, err
	}
	rows := slices.Clone(it.stock(l.id).history)
	slices.Reverse(rows)
	size := req.EntriesPerPage
	if size < 1 || size > maxPage {
		return nil, refuse("Number must be between 1 and %d", maxPage)
	}
	return linnworks.StockItemChangeHistoryPage{
		PageNumber: max(req.PageNumber, 1), EntriesPerPage: size, TotalEntries: int64(len(rows)), TotalPages: pages(len(rows), size),
		Data: page(rows, req.PageNumber, size),
	}, nil
}

// levelUpdates checks a batch of levels by SKU before any is written.
func (f *Fake) levelUpdates(updates []linnworks.StockLevelUpdate) error {
	var unknown []string
	for _, u := range updates {
		if f.bySKU[f.skuKey(u.SKU)] == nil {
			unknown = append(unknown, u.SKU)
		}
	}
	if len(unknown) > 0 && f.quirks[UnknownSKUFailsBatch] {
		return &apiError{
			status: http.StatusBadRequest, code: "-", message: "No item found for the following SKUs: " + strings.Join(unknown, ", "),
		}
	}
	for _, u := range updates {
		l, it := f.location(u.LocationID), f.bySKU[f.skuKey(u.SKU)]
		switch {
		case l == nil:
			return refuse("Location not found.")
		case f.managed(l):
			return refuse("The stock levels of location %s are managed by the warehouse", l.Name)
		case it != nil && it.computed(l.id):
			return refuse("The stock level of composite item %s cannot be set", u.SKU)
		}
	}
	return nil
}

func (f *Fake) managed(l *location) bool { return l.Managed && f.quirks[ManagedLocationsRefuse] }

// writeLevels writes a batch of levels by SKU.
func (f *Fake) writeLevels(updates []linnworks.StockLevelUpdate, source string, delta bool) (any, error) {
	if err := f.levelUpdates(updates); err != nil {
		return nil, err
	}
	if source == "" {
		source = "API"
	}
	out := []linnworks.StockItemLevel{}
	for _, u := range updates {
		it, l := f.bySKU[f.skuKey(u.SKU)], f.location(u.LocationID)
		if it == nil {
			continue
		}
		n := u.Level
		if delta {
			n += it.stock(l.id).onHand
		}
		it.set(l.id, n, f.timestamp(), source)
		out = append(out, f.row(it, l))
	}
	return out, nil
}

// setStockLevel sets levels absolutely. One unknown SKU fails the whole call.
//
// https://apps.linnworks.net/Api/Method/Stock-SetStockLevel
func (f *Fake) setStockLevel(req *linnworks.SetStockLevelRequest) (any, error) {
	return f.writeLevels(req.StockLevels, value(req.ChangeSource), false)
}

// updateStockLevelsBySKU has the shape of setStockLevel and adds.
//
// https://apps.linnworks.net/Api/Method/Stock-UpdateStockLevelsBySKU
func (f *Fake) updateStockLevelsBySKU(req *linnworks.UpdateStockLevelsBySKURequest) (any, error) {
	return f.writeLevels(req.StockLevels, value(req.ChangeSource), f.quirks[LevelsBySKUAreDeltas])
}

// updateStockLevelsBulk sets levels absolutely and fails row by row.
//
// https://apps.linnworks.net/Api/Method/Stock-UpdateStockLevelsBulk
func (f *Fake) updateStockLevelsBulk(req *linnworks.UpdateStockLevelsBulkRequest) (any, error) {
	var out linnworks.UpdateStockLevelsBulkResponse
	for _, in := range req.Items {
		row := linnworks.UpdateStockLevelsBulkResponseItem{
			SKU: value(in.SKU), StockItemID: value(in.StockItemID), StockLocationName: value(in.StockLocationName),
			StockLocationID: value(in.StockLocationID), StockLevel: value(in.StockLevel), RowIndex: value(in.RowIndex),
			MinimumLevel: value(in.MinimumLevel),
		}
		it := f.byItemID[row.StockItemID]
		if it == nil {
			it = f.bySKU[f.skuKey(row.SKU)]
		}
		l := f.locationByName(row.StockLocationName)
		if l == nil && row.StockLocationName == "" {
			l = f.location(row.StockLocationID)
		}
		switch {
		case it == nil:
			row.Errors = append(row.Errors, "Could not determine inventory item id from SKU")
		case l == nil:
			row.Errors = append(row.Errors, "Location not found.")
		case f.managed(l):
			row.Errors = append(row.Errors, "The location is managed by the warehouse")
		case it.composite() && f.quirks[BulkRefusesComposites]:
			row.Errors = append(row.Errors, "The item is a composite")
		default:
			if in.MinimumLevel != nil {
				it.stock(l.id).minimum = *in.MinimumLevel
			}
			if in.StockLevel != nil {
				it.set(l.id, *in.StockLevel, f.timestamp(), "API")
			}
		}
		out.Items = append(out.Items, row)
	}
	if f.quirks[BulkLevelsReplyEmpty] {
		return nil, nil
	}
	return out, nil
}

// updateStockMinimumLevel switches the tracking of an item at a location off
// with -1.
//
// https://apps.linnworks.net/Api/Method/Stock-UpdateStockMinimumLevel
func (f *Fake) updateStockMinimumLevel(req *linnworks.UpdateStockMinimumLevelRequest) (any, error) {
	it, err := f.stockItem(req.StockItemID)
	if err != nil {
		return nil, err
	}
	l, err := f.place(req.LocationID)
	if err != nil {
		return nil, err
	}
	it.stock(l.id).minimum = value(req.MinimumLevel)
	return nil, nil
}
