package linnworkstest

import (
	"fmt"
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
	updated          linnworks.Time
	operation        string
}

func (s *stock) set(n int, at linnworks.Time, operation string) {
	s.onHand, s.updated, s.operation = n, at, operation
}

// stock returns the item's level at a location, to be changed.
func (i *item) stock(at linnworks.GUID) *stock {
	s := i.levels[at]
	if s == nil {
		s = &stock{}
		i.levels[at] = s
	}
	return s
}

// level computes what Linnworks shows for an item at a location.
func (i *item) level(at linnworks.GUID) Level {
	if i.composite() {
		n := i.kits(at)
		return Level{OnHand: n, Available: n}
	}
	s := i.levels[at]
	if s == nil {
		return Level{}
	}
	return Level{OnHand: s.onHand, InOrders: s.inOrders, Available: s.onHand - s.inOrders}
}

// kits is how many kits the components at a location make. Components that are
// not tracked do not limit it; without a tracked one there are none.
func (i *item) kits(at linnworks.GUID) int {
	fewest := -1
	for _, p := range i.components {
		if p.item.untracked {
			continue
		}
		n := max(p.item.level(at).Available, 0) / p.quantity
		if fewest < 0 || n < fewest {
			fewest = n
		}
	}
	return max(fewest, 0)
}

// Level returns the stock of an item at a location.
func (f *Fake) Level(sku string, at linnworks.GUID) (Level, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	it, l, err := f.itemAt("Level", sku, at)
	if err != nil {
		return Level{}, err
	}
	return it.level(l.id), nil
}

// SetOnHand sets the physical stock of an item at a location, as a stock take
// does.
func (f *Fake) SetOnHand(sku string, at linnworks.GUID, n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	it, l, err := f.itemAt("SetOnHand", sku, at)
	if err != nil {
		return err
	}
	if it.composite() {
		return fmt.Errorf("linnworkstest: SetOnHand: the kit %q has no level of its own", sku)
	}
	it.stock(l.id).set(n, f.timestamp(), "MANUAL ADJUSTMENT")
	return nil
}

func (f *Fake) itemAt(method, sku string, at linnworks.GUID) (*item, *location, error) {
	it, l := f.bySKU[sku], f.location(at)
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
	n := it.level(l.id)
	out := linnworks.StockItemLevel{
		Location:   linnworks.InventoryStockLocation{StockLocationID: l.id, StockLocationIntID: l.intID, LocationName: l.name},
		StockLevel: n.OnHand, InOrderBook: n.InOrders, InOrders: n.InOrders, Available: n.Available,
		SKU: it.sku, StockItemID: it.id, StockItemIntID: it.intID, AutoAdjust: true, MinimumLevel: it.minimumLevel(),
	}
	if s := it.levels[l.id]; s != nil {
		out.LastUpdateDate, out.LastUpdateOperation = s.updated, s.operation
	}
	return out
}

func (i *item) minimumLevel() int {
	if !i.tracked() {
		return -1
	}
	return 0
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
	items := f.found(value(req.Keyword), fields, value(req.LoadCompositeParents))
	items = page(items, value(req.PageNumber), size)
	if len(items) == 0 {
		return nil, refuse("No items found with given filter.")
	}
	levels := false
	for _, d := range req.DataRequirements {
		levels = levels || d == "StockLevels"
	}
	out := []linnworks.StockItemFull{}
	for _, it := range items {
		full := linnworks.StockItemFull{
			ItemNumber: it.sku, ItemTitle: it.title, BarcodeNumber: it.barcode,
			CreationDate: it.created, StockItemID: it.id, StockItemIntID: it.intID,
		}
		if levels {
			full.StockLevels = f.rows(it)
		}
		out = append(out, full)
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
	l := f.location(req.LocationID)
	if l == nil {
		return nil, refuse("Location not found.")
	}
	items := f.found(req.KeyWord, nil, !req.ExcludeComposites)
	out := linnworks.GenericPagedResultStockItem{
		PageNumber: max(req.PageNumber, 1), EntriesPerPage: req.EntriesPerPage,
		TotalEntries: int64(len(items)), TotalPages: pages(len(items), req.EntriesPerPage),
	}
	for _, it := range page(items, out.PageNumber, out.EntriesPerPage) {
		n := it.level(l.id)
		out.Data = append(out.Data, linnworks.StockItem{
			Quantity: n.OnHand, InOrder: n.InOrders, Available: n.Available, MinimumLevel: it.minimumLevel(),
			IsCompositeParent: it.composite(), ItemNumber: it.sku, ItemTitle: it.title, BarcodeNumber: it.barcode,
			CreationDate: it.created, StockItemID: it.id, StockItemIntID: it.intID,
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
			out = append(out, linnworks.GetStockLevelBatchResponse{PkStockItemID: it.id, StockItemLevels: f.rows(it)})
		}
	}
	return out, nil
}

// getStockItemTypeInfo is the one read that shows archived items as such.
//
// https://apps.linnworks.net/Api/Method/Stock-GetStockItemTypeInfo
func (f *Fake) getStockItemTypeInfo(req *linnworks.GetStockItemTypeInfoRequest) (any, error) {
	var out linnworks.GetStockItemTypeInfoResponse
	for _, it := range f.items {
		if slices.Contains(req.SKUs, it.sku) || slices.Contains(req.StockItemIntIDs, it.intID) {
			out.StockItemInfo = append(out.StockItemInfo, linnworks.StockItemTypeInfo{
				SKU: it.sku, StockItemID: it.id, StockItemIntID: it.intID, IsCompositeParent: it.composite(), IsArchived: it.archived,
			})
		}
	}
	return out, nil
}

// setStockLevel sets levels absolutely. One unknown SKU fails the whole call.
//
// https://apps.linnworks.net/Api/Method/Stock-SetStockLevel
func (f *Fake) setStockLevel(req *linnworks.SetStockLevelRequest) (any, error) {
	var unknown []string
	for _, u := range req.StockLevels {
		if f.bySKU[u.SKU] == nil {
			unknown = append(unknown, u.SKU)
		}
	}
	if len(unknown) > 0 {
		err := &apiError{status: 400, code: "-", message: "No item found for the following SKUs: " + strings.Join(unknown, ", ")}
		return nil, err
	}
	for _, u := range req.StockLevels {
		switch {
		case f.location(u.LocationID) == nil:
			return nil, refuse("Location not found.")
		case f.bySKU[u.SKU].composite():
			return nil, refuse("The stock level of composite item %s cannot be set", u.SKU)
		}
	}
	operation := value(req.ChangeSource)
	if operation == "" {
		operation = "API"
	}
	out := []linnworks.StockItemLevel{}
	for _, u := range req.StockLevels {
		it, l := f.bySKU[u.SKU], f.location(u.LocationID)
		it.stock(l.id).set(u.Level, f.timestamp(), operation)
		out = append(out, f.row(it, l))
	}
	return out, nil
}

// value is what p points to, or zero.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
