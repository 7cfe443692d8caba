package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// LinnworksOptions configure a [Linnworks].
type LinnworksOptions struct {
	// Source and SubSource are what the orders of one shop carry in Linnworks.
	// Together with the shop's order id they are the key that Linnworks dedupes
	// by, so they must never change. Source must not be the name of a channel that
	// Linnworks itself or an app serves, such as TIKTOK or AMAZON. Default source
	// is "TIKTOKBRIDGE"; SubSource is required.
	Source, SubSource string
	// SKUs maps the shop's SKU ids to Linnworks SKUs, for listings whose seller SKU
	// is not the Linnworks SKU.
	SKUs map[string]string
	// Service names the Linnworks postal service for orders of a delivery option
	// of the shop. An option that is not in it goes as it is, for the channel's
	// shipping mapping or the rules engine to decide.
	Service map[string]string
	// Now replaces time.Now.
	Now func() time.Time
}

// Linnworks connects the primitives to a Linnworks account through the client of
// package linnworks. It implements [Catalogue], [StockReader], [OrderBook],
// [OrderCanceller] and [TrackingWriter].
type Linnworks struct {
	client  *linnworks.Client
	options LinnworksOptions
	// locations are the names of the stock locations by id: orders are created
	// by name, everything else goes by id.
	locations map[linnworks.GUID]string
}

var _ interface {
	Catalogue
	StockReader
	OrderBook
	OrderCanceller
	TrackingWriter
} = (*Linnworks)(nil)

// NewLinnworks adapts a client. It reads the stock locations.
func NewLinnworks(ctx context.Context, client *linnworks.Client, o LinnworksOptions) (*Linnworks, error) {
	o.Source = cmp.Or(o.Source, "TIKTOKBRIDGE")
	switch {
	case client == nil:
		return nil, errors.New("bridge: NewLinnworks: nil client")
	case o.SubSource == "":
		return nil, errors.New("bridge: NewLinnworks: SubSource is empty: name the shop, for good")
	case slices.Contains([]string{"TIKTOK", "TIKTOKSHOP", "AMAZON", "EBAY", "SHOPIFY"}, strings.ToUpper(o.Source)):
		return nil, fmt.Errorf("bridge: NewLinnworks: Source %q is the name of another channel: choose one of your own", o.Source)
	}
	o.Now = clock(o.Now)
	locations, err := client.Inventory.GetStockLocations(ctx)
	if err != nil {
		return nil, fmt.Errorf("bridge: NewLinnworks: %w", err)
	}
	l := &Linnworks{client: client, options: o, locations: map[linnworks.GUID]string{}}
	for _, location := range locations {
		l.locations[lower(location.StockLocationID)] = location.LocationName
	}
	return l, nil
}

func lower(id linnworks.GUID) linnworks.GUID { return linnworks.GUID(strings.ToLower(string(id))) }

// StockItems implements [Catalogue]: by the explicit table, then by seller SKU.
// Linnworks ignores case in SKUs; a listing that matches two items is left out.
func (l *Linnworks) StockItems(ctx context.Context, listings []ListingSKU) (map[string]StockItem, map[string]error, error) {
	wanted := map[string][]string{} // SKU in lower case: the shop's SKU ids
	var skus []string
	for _, listing := range listings {
		sku := strings.TrimSpace(cmp.Or(l.options.SKUs[listing.ID], listing.SellerSKU))
		if sku == "" || listing.ID == "" {
			continue
		}
		key := strings.ToLower(sku)
		if wanted[key] == nil {
			skus = append(skus, sku)
		}
		wanted[key] = append(wanted[key], listing.ID)
	}
	found, err := l.itemsBySKU(ctx, skus)
	if err != nil {
		return nil, nil, err
	}
	kits, err := l.expandKits(ctx, found)
	if err != nil {
		return nil, nil, err
	}
	items, broken := map[string]StockItem{}, map[string]error{}
	for key, ids := range wanted {
		matches := found[key]
		for _, id := range ids {
			switch {
			case len(matches) > 1:
				broken[id] = fmt.Errorf("SKU %s stands for %d items in Linnworks", matches[0].SKU, len(matches))
			case len(matches) == 1:
				item, err := kits.build(matches[0], nil)
				if err != nil {
					broken[id] = err
					continue
				}
				items[id] = item
			}
		}
	}
	return items, broken, nil
}

// skuBatch is how many SKUs one call asks for. Linnworks publishes no maximum.
const skuBatch = 200

func (l *Linnworks) itemsBySKU(ctx context.Context, skus []string) (map[string][]StockItem, error) {
	found := map[string][]StockItem{}
	for part := range slices.Chunk(skus, skuBatch) {
		reply, err := l.client.Inventory.GetStockItemIDsBySKU(ctx, &linnworks.GetStockItemIDsBySKURequest{SKUs: part})
		if err != nil {
			return nil, err
		}
		for _, item := range reply.Items {
			key := strings.ToLower(strings.TrimSpace(item.SKU))
			found[key] = append(found[key], StockItem{ID: string(lower(item.StockItemID)), SKU: item.SKU})
		}
	}
	return found, nil
}

// kitTable holds the compositions of everything that was asked for, by the id
// of the kit.
type kitTable map[string][]linnworks.ItemComposition

// expandKits reads the compositions of the items, and of their components, until
// nothing new appears.
func (l *Linnworks) expandKits(ctx context.Context, found map[string][]StockItem) (kitTable, error) {
	table, asked := kitTable{}, map[string]bool{}
	var ids []linnworks.GUID
	want := func(id string) {
		if id != "" && !asked[id] {
			asked[id] = true
			ids = append(ids, linnworks.GUID(id))
		}
	}
	for _, items := range found {
		for _, item := range items {
			want(item.ID)
		}
	}
	slices.Sort(ids)
	for len(ids) > 0 {
		batch := ids
		ids = nil
		request := &linnworks.GetInventoryItemsCompositionByIDsRequest{InventoryItemIDs: batch}
		for reply, err := range l.client.Inventory.GetInventoryItemsCompositionByIDsBatched(ctx, request) {
			if err != nil {
				return nil, err
			}
			for kit, components := range reply.InventoryItemsCompositionByIDs {
				kit = strings.ToLower(kit)
				table[kit] = components
				for _, c := range components {
					if c.LinkedStockItemID != linnworks.ZeroGUID {
						want(string(lower(c.LinkedStockItemID)))
					}
				}
			}
		}
	}
	return table, nil
}

// build assembles an item with its kit. A cycle is refused here: it would never
// end.
func (t kitTable) build(item StockItem, path []string) (StockItem, error) {
	if slices.Contains(path, item.ID) {
		return StockItem{}, &KitError{SKU: item.SKU, Problem: "contains itself"}
	}
	path = append(slices.Clip(path), item.ID)
	for _, c := range t[item.ID] {
		part := StockItem{ID: string(lower(c.LinkedStockItemID)), SKU: c.SKU}
		if c.LinkedStockItemID == "" || c.LinkedStockItemID == linnworks.ZeroGUID {
			return StockItem{}, &KitError{SKU: item.SKU, Component: c.SKU, Problem: "does not exist in Linnworks"}
		}
		part, err := t.build(part, path)
		if err != nil {
			return StockItem{}, err
		}
		item.Kit = append(item.Kit, KitComponent{Item: part, Quantity: c.Quantity})
	}
	return item, nil
}

// untracked is the minimum level of an item that Linnworks keeps no stock of.
const untracked = -1

// StockLevels implements [StockReader].
func (l *Linnworks) StockLevels(ctx context.Context, itemIDs []string) (StockReading, error) {
	reading := StockReading{At: l.options.Now().UTC(), Available: map[string]map[string]int{}, Untracked: map[string]bool{}}
	ids := make([]linnworks.GUID, len(itemIDs))
	for i, id := range itemIDs {
		ids[i] = linnworks.GUID(id)
	}
	for reply, err := range l.client.Stock.GetStockLevelBatchBatched(ctx, &linnworks.GetStockLevelBatchRequest{StockItemIDs: ids}) {
		if err != nil {
			return StockReading{}, err
		}
		for _, item := range reply {
			id, levels, tracked := string(lower(item.PkStockItemID)), map[string]int{}, false
			for _, level := range item.StockItemLevels {
				tracked = tracked || level.MinimumLevel != untracked
				levels[string(lower(level.Location.StockLocationID))] = level.Available
			}
			reading.Available[id] = levels
			if !tracked && len(levels) > 0 {
				reading.Untracked[id] = true
			}
		}
	}
	return reading, nil
}

// FindOrders implements [OrderBook]. Linnworks looks up one reference a call,
// across all channels; orders of other channels are dropped.
func (l *Linnworks) FindOrders(ctx context.Context, references []string) ([]WarehouseOrder, error) {
	var list []WarehouseOrder
	for _, reference := range references {
		found, err := l.client.Orders.GetOrderDetailsByReferenceID(ctx, &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: reference})
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if l.ours(o.GeneralInfo) && o.GeneralInfo.ReferenceNum == reference && o.GeneralInfo.Status != statusResend {
				list = append(list, warehouseOrder(o))
			}
		}
	}
	return list, nil
}

// mergedReference stands in the place of the reference of a merged order: it
// names no order of the shop, and asking the shop for it fails the whole batch.
const mergedReference = "MERGED"

// Payment states of Linnworks that matter here.
const (
	statusPaid   = 1
	statusResend = 4
)

// markerParked is the tag that parks an order.
const markerParked = 7

func (l *Linnworks) ours(g linnworks.OrderGeneralInfo) bool {
	return strings.EqualFold(g.Source, l.options.Source) && strings.EqualFold(g.SubSource, l.options.SubSource)
}

// warehouseOrder reads Linnworks' order into the bridge's.
func warehouseOrder(o linnworks.OrderDetails) WarehouseOrder {
	g := o.GeneralInfo
	w := WarehouseOrder{
		ID: string(o.OrderID), Number: strconv.Itoa(o.NumOrderID), Reference: g.ReferenceNum,
		State: stateOfOrder(o), Stage: stageOfOrder(o), LocationID: string(o.FulfilmentLocationID),
		Carrier: o.ShippingInfo.Vendor, Service: o.ShippingInfo.PostalServiceName,
		Tracking: o.ShippingInfo.TrackingNumber, LabelError: g.LabelError,
		HasAddress: o.CustomerInfo.Address.Address1 != "" || o.CustomerInfo.Address.PostCode != "",
	}
	if strings.EqualFold(w.Reference, mergedReference) {
		w.Reference = ""
	}
	if o.Processed && !o.ProcessedDateTime.Unset() {
		w.ProcessedAt = o.ProcessedDateTime.Time
	}
	shopLines := map[string][]string{}
	for _, p := range o.ExtendedProperties {
		if id, ok := strings.CutPrefix(p.Name, lineIDsProperty); ok {
			shopLines[id] = strings.Split(p.Value, ",")
		}
	}
	for _, item := range o.Items {
		line := WarehouseLine{LineID: item.ItemNumber, SKU: cmp.Or(item.SKU, item.ChannelSKU), Quantity: item.Quantity, Unlinked: item.IsUnlinked}
		switch ids := shopLines[item.ItemNumber]; {
		case len(ids) == item.Quantity:
			line.ShopLineIDs = ids
		case len(ids) == 0 && item.Quantity == 1:
			line.ShopLineIDs = []string{item.ItemNumber}
		}
		w.Lines = append(w.Lines, line)
	}
	return w
}

func stateOfOrder(o linnworks.OrderDetails) WarehouseState {
	g := o.GeneralInfo
	switch {
	case o.Processed && g.HoldOrCancel:
		return Dropped
	case o.Processed:
		return Processed
	case g.HoldOrCancel:
		return Locked
	case g.IsParked || g.Marker == markerParked || g.Status != statusPaid:
		return Parked
	}
	return Open
}

func stageOfOrder(o linnworks.OrderDetails) Stage {
	g := o.GeneralInfo
	switch {
	case o.Processed:
		return StageProcessed
	case g.PartShipped:
		return StagePartShipped
	case g.LabelPrinted:
		return StageLabelPrinted
	case g.InvoicePrinted:
		return StageInvoicePrinted
	case len(g.PickwaveIDs) > 0:
		return StagePicking
	case g.PickListPrinted:
		return StagePickListPrinted
	}
	return StageNew
}

// lineIDsProperty is the name, before the line id, of the extended property that
// keeps the shop's lines of a line of several units.
const lineIDsProperty = "tiktok.line_ids."

// CreateOrder implements [OrderBook]. Linnworks skips a paid order whose key it
// knows, so repeating it is safe. Its reply then leaves the order out: it says
// nothing, and is not read.
func (l *Linnworks) CreateOrder(ctx context.Context, n NewOrder) error {
	location, ok := l.locations[lower(linnworks.GUID(n.LocationID))]
	if !ok {
		return &RefusedError{
			Do:  "correct ImportOptions.Locations and DefaultLocation; the order imports by itself afterwards",
			Err: fmt.Errorf("stock location %q does not exist in Linnworks", n.LocationID),
		}
	}
	order := linnworks.ChannelOrder{
		Source: l.options.Source, SubSource: l.options.SubSource, ReferenceNumber: n.Reference, ExternalReference: n.Reference,
		PaymentStatus: linnworks.PaymentStatusPaid, AutomaticallyLinkBySKU: true,
		ReceivedDate: linnworks.Time{Time: n.ReceivedAt}, PaidOn: linnworks.Time{Time: n.PaidAt}, DispatchBy: linnworks.Time{Time: n.DispatchBy},
		Currency: n.Currency, PostalServiceCost: linnworks.Decimal(n.Shipping.Decimal()),
		MatchPostalServiceTag: cmp.Or(l.options.Service[n.Service], n.Service),
		ChannelBuyerName:      string(n.BuyerName), DeliveryAddress: channelAddress(n.Recipient), BillingAddress: channelAddress(n.Recipient),
	}
	if n.Parked {
		order.OrderState = linnworks.OrderStatePark
	}
	for _, line := range n.Lines {
		order.OrderItems = append(order.OrderItems, linnworks.ChannelOrderItem{
			ItemNumber: line.LineID, ChannelSKU: line.SKU, ItemTitle: line.Title, Qty: line.Quantity,
			PricePerUnit: linnworks.Decimal(line.Price.Decimal()), LineDiscount: "0", TaxRate: "0", TaxCostInclusive: true,
		})
	}
	for _, p := range n.Properties {
		order.ExtendedProperties = append(order.ExtendedProperties, linnworks.ChannelOrderExtendedProperty{Name: p.Name, Value: p.Value, Type: "Order"})
	}
	if n.Note != "" {
		order.Notes = []linnworks.ChannelOrderNote{{Note: string(n.Note), NoteEntryDate: linnworks.Time{Time: n.ReceivedAt}, NoteUserName: "TikTok Shop buyer"}}
	}
	_, err := l.client.Orders.CreateOrders(ctx, &linnworks.CreateOrdersRequest{Orders: []linnworks.ChannelOrder{order}, Location: location})
	return err
}

// maxPostcode is the longest postcode that does not park an order by itself.
const maxPostcode = 11

func channelAddress(a Address) linnworks.ChannelAddress {
	return linnworks.ChannelAddress{
		FullName: a.Name, Company: a.Company, Address1: a.Line1, Address2: a.Line2, Address3: a.Line3, Town: a.Town, Region: a.Region,
		PostCode: clipRunes(a.Postcode, maxPostcode), MatchCountryCode: a.Country, PhoneNumber: a.Phone, EmailAddress: a.Email,
	}
}

func clipRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// ReleaseOrder implements [OrderBook] and [OrderCanceller]: unpark, because a
// parked order takes no address, then the address, then the rules engine, which
// has not run for a parked order and may need the address.
func (l *Linnworks) ReleaseOrder(ctx context.Context, w WarehouseOrder, a Address) error {
	id := linnworks.GUID(w.ID)
	if err := l.tag(ctx, id, nil); err != nil {
		return err
	}
	if a != (Address{}) {
		if err := l.setAddress(ctx, id, a); err != nil {
			return fmt.Errorf("writing the address: %w", err)
		}
	}
	_, err := l.client.Orders.RunRulesEngine(ctx, &linnworks.RunRulesEngineRequest{OrderIDs: []linnworks.GUID{id}})
	return err
}

func (l *Linnworks) setAddress(ctx context.Context, id linnworks.GUID, a Address) error {
	current, err := l.read(ctx, id)
	if err != nil {
		return err
	}
	info := current.CustomerInfo
	country := info.Address.Country
	info.Address = linnworks.CustomerAddress{
		FullName: a.Name, Company: a.Company, Address1: a.Line1, Address2: a.Line2, Address3: a.Line3, Town: a.Town, Region: a.Region,
		PostCode: clipRunes(a.Postcode, maxPostcode), Country: cmp.Or(country, a.Country), CountryID: info.Address.CountryID,
		PhoneNumber: a.Phone, EmailAddress: a.Email,
	}
	_, err = l.client.Orders.SetOrderCustomerInfo(ctx, &linnworks.SetOrderCustomerInfoRequest{
		OrderID: new(id), Info: &info, SaveToCRM: new(false),
	})
	return err
}

func (l *Linnworks) read(ctx context.Context, id linnworks.GUID) (linnworks.OrderDetails, error) {
	found, err := l.client.Orders.GetOrdersByID(ctx, &linnworks.GetOrdersByIDRequest{PkOrderIDs: []linnworks.GUID{id}})
	if err != nil {
		return linnworks.OrderDetails{}, err
	}
	if len(found) != 1 {
		return linnworks.OrderDetails{}, fmt.Errorf("Linnworks does not return order %s", id)
	}
	return found[0], nil
}

// tag sets or clears the marker of an order. An order that Linnworks leaves out
// of its reply may have had the marker already: the caller reads back.
func (l *Linnworks) tag(ctx context.Context, id linnworks.GUID, tag *int) error {
	_, err := l.client.Orders.ChangeOrderTag(ctx, &linnworks.ChangeOrderTagRequest{OrderIDs: []linnworks.GUID{id}, Tag: tag})
	if _, unchanged := errors.AsType[*linnworks.PartialError](err); unchanged {
		return nil
	}
	return err
}

// HoldOrder implements [OrderCanceller]: parking keeps the reservation and bars
// picking and printing; locking would put the units back on sale.
func (l *Linnworks) HoldOrder(ctx context.Context, w WarehouseOrder) error {
	return l.tag(ctx, linnworks.GUID(w.ID), new(markerParked))
}

// CancelOrder implements [OrderCanceller]. Linnworks cancels neither parked nor
// locked orders, so the order is unparked just before.
func (l *Linnworks) CancelOrder(ctx context.Context, w WarehouseOrder, note string) error {
	id := linnworks.GUID(w.ID)
	if w.State == Locked {
		if err := l.client.Orders.LockOrder(ctx, &linnworks.LockOrderRequest{OrderIDs: []linnworks.GUID{id}, LockOrder: false}); err != nil {
			return fmt.Errorf("unlocking it: %w", err)
		}
	}
	if err := l.tag(ctx, id, nil); err != nil {
		return fmt.Errorf("unparking it: %w", err)
	}
	location := linnworks.GUID(cmp.Or(w.LocationID, string(linnworks.ZeroGUID)))
	_, err := l.client.Orders.CancelOrder(ctx, &linnworks.CancelOrderRequest{
		OrderID: id, FulfilmentCenter: location, Refund: "0", Note: new(note),
	})
	return err
}

// SetTracking implements [TrackingWriter]. All of the order's shipping is sent
// back, because nobody has documented what happens to fields that are left out.
func (l *Linnworks) SetTracking(ctx context.Context, w WarehouseOrder, label Label) error {
	id := linnworks.GUID(w.ID)
	current, err := l.read(ctx, id)
	if err != nil {
		return err
	}
	s := current.ShippingInfo
	_, err = l.client.Orders.SetOrderShippingInfo(ctx, &linnworks.SetOrderShippingInfoRequest{
		OrderID: id,
		Info: linnworks.UpdateOrderShippingInfoRequest{
			PostalServiceID: s.PostalServiceID, TotalWeight: s.TotalWeight, ItemWeight: s.ItemWeight,
			PostageCost: s.PostageCost, ManualAdjust: s.ManualAdjust, TrackingNumber: label.Tracking,
		},
	})
	return err
}

// OrdersToDispatch returns our orders that were processed since, and those that
// are open and free to pick: what a [Dispatcher] looks at.
func (l *Linnworks) OrdersToDispatch(ctx context.Context, since time.Time) ([]WarehouseOrder, error) {
	ids, err := l.openOrderIDs(ctx)
	if err != nil {
		return nil, err
	}
	request := &linnworks.SearchProcessedOrdersRequest{
		DateField: new(linnworks.SearchProcessedOrdersRequestDateFieldProcessed), ResultsPerPage: new(200),
		FromDate: &linnworks.Time{Time: since}, ToDate: &linnworks.Time{Time: l.options.Now().UTC()},
		SearchFilters: []linnworks.SearchFilters{{SearchField: "Source", SearchTerm: l.options.Source}},
	}
	for p, err := range l.client.ProcessedOrders.SearchProcessedOrdersAll(ctx, request) {
		if err != nil {
			return nil, err
		}
		if !p.HoldOrCancel && !p.IsResend && !p.IsExchange {
			ids = append(ids, p.PkOrderID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var list []WarehouseOrder
	for found, err := range l.client.Orders.GetOrdersByIDBatched(ctx, &linnworks.GetOrdersByIDRequest{PkOrderIDs: ids}) {
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if w := warehouseOrder(o); l.ours(o.GeneralInfo) && (w.State == Open || w.State == Processed) {
				list = append(list, w)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b WarehouseOrder) int { return cmp.Compare(a.Number, b.Number) })
	return slices.CompactFunc(list, func(a, b WarehouseOrder) bool { return a.ID == b.ID }), nil
}

// openOrderIDs lists the open orders of every location.
func (l *Linnworks) openOrderIDs(ctx context.Context) ([]linnworks.GUID, error) {
	filter := &linnworks.FieldsFilter{TextFields: []linnworks.TextFieldFilter{{
		FieldCode: linnworks.FieldCodeGeneralInfoSource, Type: linnworks.TextFieldFilterTypeEqual, Text: l.options.Source,
	}}}
	var ids []linnworks.GUID
	for _, location := range slices.Sorted(maps.Keys(l.locations)) {
		found, err := l.client.Orders.GetAllOpenOrders(ctx, &linnworks.GetAllOpenOrdersRequest{
			Filters: filter, FulfilmentCenter: new(location), AdditionalFilter: new(""),
		})
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			if !slices.ContainsFunc(ids, id.Equal) {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}
