package tiktokshoptest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of products and inventory.
const (
	codeTooManySellerSKUs = 12019027
	codeTooManySKUIDs     = 12019087
	codeTooManyProducts   = 12019120
	codeTooManySKUs       = 12019015
	codeQuantity          = 12019024
	codeAllWarehouses     = 12019028
	codeNoProduct         = 12052048
	codeProductState      = 12052034
	codeSKUMissing        = 12052036
	codeSKUDuplicate      = 12052553
	codeSKUList           = 12052902
	codeBundleStock       = 12052850
	codeStockLocked       = 12052393
	codePriceLocked       = 12019045
)

// Product describes a listing for [Fake.AddProduct].
type Product struct {
	// ID is made if empty.
	ID    string
	Title string
	// Status is ACTIVATE if empty.
	Status tiktokshop.ProductStatus
	// SKUs has at least one SKU.
	SKUs []SKU
}

// SKU is one variation of a product. It has either stock of its own or, as a
// virtual bundle, components.
type SKU struct {
	// ID is made if empty.
	ID        string
	SellerSKU string
	// Price is in major units, such as "10.00"; the default is "10.00".
	Price string
	// Currency is the market's if empty.
	Currency string
	// Stock is the available quantity by warehouse id. A SKU is assigned to the
	// warehouses named here, with a quantity of 0 too, and to no others.
	Stock map[string]int
	// Components make the SKU a virtual bundle: its stock is derived.
	Components []Component
}

// Component is a part of a virtual bundle. A bundle with a single component has
// at least 2 of it.
type Component struct {
	SKUID string
	Count int
}

// product is a listing in the fake.
type product struct {
	id               string
	title            string
	status           tiktokshop.ProductStatus
	created, updated tiktokshop.UnixSeconds
	skus             []*sku
	audit            tiktokshop.AuditStatus
	turn             int  // of its newest audit
	inBundle         bool // one of its SKUs is part of a virtual bundle
}

// sku is a variation in the fake.
type sku struct {
	id, sellerSKU string
	price         money
	currency      string
	product       *product
	levels        map[string]*level
	components    []part
	locks         []lockedStock
}

// part is a component of a bundle.
type part struct {
	sku   *sku
	count int
}

// level is the stock of a SKU in one warehouse. A bundle's available quantity
// is not kept here.
type level struct{ available, committed, backorder, handlingTime int }

// AddWarehouse adds a warehouse. Its id must be new; an effect status of
// ENABLED, the type SALES_WAREHOUSE and being the default if it is the first
// are filled in.
func (f *Fake) AddWarehouse(w tiktokshop.Warehouse) error {
	defer f.enter()()
	if w.ID == "" {
		return errors.New("tiktokshoptest: warehouse without an id")
	}
	if f.warehouse(w.ID) != nil {
		return fmt.Errorf("tiktokshoptest: warehouse %s exists already", w.ID)
	}
	w.EffectStatus = or(w.EffectStatus, "ENABLED")
	w.Type = or(w.Type, "SALES_WAREHOUSE")
	w.SubType = or(w.SubType, "DOMESTIC_WAREHOUSE")
	w.Address.RegionCode = or(w.Address.RegionCode, f.market.region)
	w.IsDefault = w.IsDefault || len(f.warehouses) == 0
	f.warehouses = append(f.warehouses, &w)
	return nil
}

func (f *Fake) warehouse(id string) *tiktokshop.Warehouse {
	for _, w := range f.warehouses {
		if w.ID == id {
			return w
		}
	}
	return nil
}

// or returns the first value that is not empty.
func or[T ~string](value, fallback T) T {
	if value == "" {
		return fallback
	}
	return value
}

// AddProduct lists a product. Its warehouses and the components of its bundles
// have to exist; nothing is added when it returns an error.
func (f *Fake) AddProduct(p Product) error {
	defer f.enter()()
	added := &product{id: p.ID, title: p.Title, status: p.Status, audit: "APPROVED", created: f.unix(), updated: f.unix()}
	if added.id == "" {
		added.id = f.newID(idProduct)
	}
	if added.status == "" {
		added.status = tiktokshop.ProductStatusActivate
	}
	if err := f.fillProduct(added, p.SKUs); err != nil {
		return fmt.Errorf("tiktokshoptest: product %s: %w", added.id, err)
	}
	f.products = append(f.products, added)
	f.productByID[added.id] = added
	types := []string{}
	for _, s := range added.skus {
		f.skuByID[s.id] = s
		for _, c := range s.components {
			c.sku.product.inBundle = true
			types = []string{"COMBINED_PRODUCT"}
		}
	}
	f.notify(hookProductNew, productCreated{f.numberID(added.id), types, f.unix()})
	return nil
}

func (f *Fake) fillProduct(p *product, skus []SKU) error {
	if f.productByID[p.id] != nil {
		return errors.New("it exists already")
	}
	if len(skus) == 0 {
		return errors.New("it has no SKU")
	}
	for _, given := range skus {
		if given.ID == "" {
			given.ID = f.newID(idSKU)
		}
		s, err := f.makeSKU(p, given)
		if err != nil {
			return fmt.Errorf("SKU %s: %w", given.ID, err)
		}
		p.skus = append(p.skus, s)
	}
	return nil
}

func (f *Fake) makeSKU(p *product, given SKU) (*sku, error) {
	if f.skuByID[given.ID] != nil || slices.ContainsFunc(p.skus, func(s *sku) bool { return s.id == given.ID }) {
		return nil, errors.New("it exists already")
	}
	price, err := parseMoney("price", or(given.Price, "10.00"))
	if err != nil {
		return nil, err
	}
	s := &sku{
		id: given.ID, sellerSKU: given.SellerSKU, price: price, currency: or(given.Currency, f.market.currency),
		product: p, levels: map[string]*level{},
	}
	if len(given.Components) > 0 {
		return s, f.makeBundle(s, given)
	}
	for id, quantity := range given.Stock {
		if f.warehouse(id) == nil {
			return nil, fmt.Errorf("warehouse %s does not exist: add it first", id)
		}
		if quantity < 0 || quantity > maxQuantity {
			return nil, fmt.Errorf("stock of %d in warehouse %s: it must be from 0 to %d", quantity, id, maxQuantity)
		}
		s.levels[id] = &level{available: quantity}
	}
	return s, nil
}

func (f *Fake) makeBundle(s *sku, given SKU) error {
	if given.Stock != nil {
		return errors.New("it has stock and components: the stock of a virtual bundle is derived")
	}
	for _, c := range given.Components {
		component := f.skuByID[c.SKUID]
		switch {
		case component == nil:
			return fmt.Errorf("component %s does not exist: add its product first", c.SKUID)
		case component.components != nil:
			return fmt.Errorf("component %s is a virtual bundle itself", c.SKUID)
		case c.Count < 1, c.Count == 1 && len(given.Components) == 1:
			return fmt.Errorf("component %s: a count of %d makes no bundle", c.SKUID, c.Count)
		}
		s.components = append(s.components, part{component, c.Count})
	}
	return nil
}

// warehouses returns the ids of the warehouses that the SKU is assigned to,
// sorted; those of a bundle are the ones that all its components share.
func (s *sku) warehouses() []string {
	if s.components == nil {
		return slices.Sorted(maps.Keys(s.levels))
	}
	ids := s.components[0].sku.warehouses()
	for _, c := range s.components[1:] {
		ids = slices.DeleteFunc(ids, func(id string) bool { return c.sku.levels[id] == nil })
	}
	return ids
}

// available is what can be sold from a warehouse.
func (s *sku) available(warehouse string) int {
	if s.components == nil {
		if l := s.levels[warehouse]; l != nil {
			return l.available
		}
		return 0
	}
	least := math.MaxInt
	for _, c := range s.components {
		least = min(least, c.sku.available(warehouse)/c.count)
	}
	return least
}

func (s *sku) committed(warehouse string) int {
	if l := s.levels[warehouse]; l != nil {
		return l.committed
	}
	return 0
}

// move adds to the available and the committed quantity in a warehouse; for a
// bundle, to those of the components as often as they are in it.
func (s *sku) move(warehouse string, available, committed int) {
	l := s.levels[warehouse]
	if l == nil {
		l = new(level)
		s.levels[warehouse] = l
	}
	l.committed += committed
	if s.components == nil {
		l.available += available
	}
	for _, c := range s.components {
		c.sku.move(warehouse, available*c.count, committed*c.count)
	}
}

// clear sets the available stock to 0 in every warehouse.
func (s *sku) clear() {
	for _, l := range s.levels {
		l.available = 0
	}
	for _, c := range s.components {
		c.sku.clear()
	}
}

// needs adds to total what n of s take from SKUs with stock of their own.
func (s *sku) needs(n int, total map[*sku]int) {
	if s.components == nil {
		total[s] += n
	}
	for _, c := range s.components {
		c.sku.needs(n*c.count, total)
	}
}

// Stock returns the available and the committed quantity of a SKU in a
// warehouse, 0 for an unknown one. Committed units are in orders that have not
// been shipped, and are not part of available.
func (f *Fake) Stock(skuID, warehouseID string) (available, committed int) {
	defer f.enter()()
	s := f.skuByID[skuID]
	if s == nil {
		return 0, 0
	}
	return s.available(warehouseID), s.committed(warehouseID)
}

// SetStock sets the available quantity, as the seller does in Seller Center.
func (f *Fake) SetStock(skuID, warehouseID string, available int) error {
	defer f.enter()()
	s := f.skuByID[skuID]
	switch {
	case s == nil:
		return fmt.Errorf("tiktokshoptest: SKU %s does not exist", skuID)
	case s.components != nil:
		return fmt.Errorf("tiktokshoptest: SKU %s is a virtual bundle: its stock is derived", skuID)
	case s.levels[warehouseID] == nil:
		return fmt.Errorf("tiktokshoptest: SKU %s is not in warehouse %s", skuID, warehouseID)
	case available < 0 || available > maxQuantity:
		return fmt.Errorf("tiktokshoptest: SKU %s: stock of %d: it must be from 0 to %d", skuID, available, maxQuantity)
	}
	f.changeStock(s, "manual_adjustment", func() { s.levels[warehouseID].available = available })
	return nil
}

// SetProductStatus changes the status of a product, as the seller or TikTok do.
func (f *Fake) SetProductStatus(productID string, status tiktokshop.ProductStatus) error {
	defer f.enter()()
	p := f.productByID[productID]
	if p == nil {
		return fmt.Errorf("tiktokshoptest: product %s does not exist", productID)
	}
	f.setStatus(p, status)
	return nil
}

// wire is the product as Get Product returns it; Search Products leaves some of
// it out.
func (f *Fake) wire(p *product, detail bool) tiktokshop.Product {
	out := tiktokshop.Product{
		ID: p.id, Title: p.title, Status: p.status, CreateTime: p.created, UpdateTime: p.updated,
		Audit: tiktokshop.ProductAudit{Status: p.audit},
	}
	for _, s := range p.skus {
		item := tiktokshop.SKU{
			ID: s.id, SellerSKU: s.sellerSKU,
			Price:      tiktokshop.SKUPrice{Currency: s.currency, SalePrice: s.price.decimal(), TaxExclusivePrice: s.price.decimal()},
			StatusInfo: tiktokshop.SKUStatusInfo{Status: "NORMAL"},
		}
		for _, id := range s.warehouses() {
			stock := tiktokshop.SKUInventory{WarehouseID: id, Quantity: s.available(id)}
			if l := s.levels[id]; l != nil {
				stock.BackorderQuantity, stock.HandlingTime = l.backorder, l.handlingTime
			}
			item.Inventory = append(item.Inventory, stock)
		}
		if detail {
			for _, c := range s.components {
				item.CombinedSKUs = append(item.CombinedSKUs, combined(c))
			}
		}
		out.SKUs = append(out.SKUs, item)
	}
	if !detail {
		out.SalesRegions = []string{f.market.region}
	} else {
		out.ProductStatus = p.status
		out.ProductTypes, out.PrimaryCombinedProductID = f.productTypes(p)
	}
	return out
}

func combined(c part) tiktokshop.SKUCombinedSKU {
	out := tiktokshop.SKUCombinedSKU{
		ProductID: c.sku.product.id, SKUID: c.sku.id, SellerSKU: c.sku.sellerSKU, SKUCount: c.count, Title: c.sku.product.title,
		Price: tiktokshop.SKUCombinedSKUPrice{Currency: c.sku.currency, SalePrice: c.sku.price.decimal()},
	}
	for _, id := range c.sku.warehouses() {
		out.Inventory = append(out.Inventory, tiktokshop.SKUCombinedSKUInventory{WarehouseID: id, Quantity: c.sku.available(id)})
	}
	return out
}

// productTypes tells a virtual bundle, with its first component's product, and
// a product that is part of one.
func (f *Fake) productTypes(p *product) (types []tiktokshop.ProductProductType, primary string) {
	for _, s := range p.skus {
		if s.components != nil {
			return []tiktokshop.ProductProductType{"COMBINED_PRODUCT"}, s.components[0].sku.product.id
		}
	}
	if p.inBundle {
		return []tiktokshop.ProductProductType{"IN_COMBINED_PRODUCT"}, ""
	}
	return nil, ""
}

// searchProducts serves Product.SearchProducts.
//
// https://partner.tiktokshop.com/docv2/page/search-products-202502
func (f *Fake) searchProducts(in *request) (any, error) {
	req, err := decode[tiktokshop.SearchProductsRequest](in)
	if err != nil {
		return nil, err
	}
	size, err := pageSize(in.query, 0, 100)
	if err != nil {
		return nil, err
	}
	switch {
	case len(req.SellerSKUs) > 10 && f.has(QuirkTenSKUsASearch):
		return nil, fail(codeTooManySellerSKUs, "At most 10 seller_skus can be searched for")
	case len(req.SKUIDs) > 10 && f.has(QuirkTenSKUsASearch):
		return nil, fail(codeTooManySKUIDs, "At most 10 sku_ids can be searched for")
	}
	var found []*product
	for _, p := range f.products {
		if f.productMatches(p, &req) {
			found = append(found, p)
		}
	}
	if len(found) > maxFound {
		return nil, fail(codeTooManyFound, "More than %d products were found: narrow the search", maxFound)
	}
	out := tiktokshop.SearchProductsResponse{TotalCount: len(found)}
	at := func(p *product) position { return position{int64(p.created), p.id} }
	found, out.NextPageToken, err = page(found, at, true, size, in.query.Get("page_token"))
	for _, p := range found {
		out.Products = append(out.Products, f.wire(p, false))
	}
	return out, err
}

func (f *Fake) productMatches(p *product, req *tiktokshop.SearchProductsRequest) bool {
	if req.Status == nil || *req.Status == "ALL" {
		if req.Status == nil && p.status == tiktokshop.ProductStatusDeleted {
			return false
		}
	} else if p.status != *req.Status {
		return false
	}
	hasSKU := func(wanted []string, of func(*sku) string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(p.skus, func(s *sku) bool { return slices.Contains(wanted, of(s)) })
	}
	inside := func(t tiktokshop.UnixSeconds, from, to *tiktokshop.UnixSeconds) bool {
		return (from == nil || t >= *from) && (to == nil || t < *to || t == *to && f.has(QuirkInclusiveProductTimes))
	}
	return hasSKU(req.SellerSKUs, func(s *sku) string { return s.sellerSKU }) &&
		hasSKU(req.SKUIDs, func(s *sku) string { return s.id }) &&
		inside(p.created, req.CreateTimeGe, req.CreateTimeLe) &&
		inside(p.updated, req.UpdateTimeGe, req.UpdateTimeLe) &&
		(len(req.AuditStatus) == 0 || slices.ContainsFunc(req.AuditStatus, func(s tiktokshop.AuditStatus) bool { return s == p.audit }))
}

// maxFound is how many products a search may find.
const (
	maxFound         = 10000
	codeTooManyFound = 12052180
)

// getProduct serves Product.GetProduct.
//
// https://partner.tiktokshop.com/docv2/page/get-product-202309
func (f *Fake) getProduct(in *request) (any, error) {
	p, err := f.productOf(in.params[0])
	if err != nil {
		return nil, err
	}
	return f.wire(p, true), nil
}

// productOf finds a product that is neither frozen nor deleted.
func (f *Fake) productOf(id string) (*product, error) {
	p := f.productByID[id]
	switch {
	case p == nil:
		return nil, fail(codeNoProduct, "The product is not listed in this shop")
	case p.status == tiktokshop.ProductStatusFreeze, p.status == tiktokshop.ProductStatusDeleted:
		return nil, fail(codeProductState, "The product is %s", p.status)
	}
	return p, nil
}
