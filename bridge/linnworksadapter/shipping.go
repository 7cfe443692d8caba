package linnworksadapter

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/linnworks"
)

// SetTracking implements [bridge.TrackingWriter]. It returns nil only for what was seen
// to be so.
func (l *Warehouse) SetTracking(ctx context.Context, w bridge.WarehouseOrder, label bridge.Label) error {
	_, err := l.client.Orders.SetOrderShippingInfoVerified(ctx, linnworks.GUID(w.ID), func(info *linnworks.UpdateOrderShippingInfoRequest) {
		info.TrackingNumber = label.Tracking
	})
	return err
}

// BookShipped implements [bridge.OrderProcessor]: the number is written, then the order
// is processed, with up to four calls. The vendor is left as it is: Linnworks takes only
// postal services of the account.
//
// https://apps.linnworks.net/Api/Method/Orders-ProcessOrder
func (l *Warehouse) BookShipped(ctx context.Context, w bridge.WarehouseOrder, parcel bridge.Label) error {
	if parcel.Tracking != "" && w.Tracking != parcel.Tracking {
		if err := l.SetTracking(ctx, w, parcel); err != nil {
			return fmt.Errorf("writing tracking %s: %w", parcel.Tracking, err)
		}
	}
	r, err := l.client.Orders.ProcessOrder(ctx, &linnworks.ProcessOrderRequest{
		OrderID: linnworks.GUID(w.ID), ScanPerformed: new(true), LocationID: new(linnworks.GUID(w.LocationID)),
	})
	switch {
	case err != nil:
		return fmt.Errorf("processing it: %w", err)
	case !r.Processed:
		return fmt.Errorf("Linnworks does not process it: %s", cmp.Or(r.Error, "it gives no reason"))
	}
	return nil
}

// PostalServices implements [delivery.Warehouse]: the tags are those of this
// shop's shipping mapping, and the service's own.
//
// https://apps.linnworks.net/Api/Method/PostalServices-GetPostalServices
func (l *Warehouse) PostalServices(ctx context.Context) ([]delivery.Service, error) {
	services, err := l.client.PostalServices.GetPostalServices(ctx, nil)
	if err != nil {
		return nil, err
	}
	list := make([]delivery.Service, 0, len(services))
	for _, s := range services {
		service := delivery.Service{Name: s.PostalServiceName, Carrier: s.Vendor}
		if s.PostalServiceTag != "" {
			service.Tags = append(service.Tags, s.PostalServiceTag)
		}
		for _, c := range s.Channels {
			if strings.EqualFold(c.Source, l.options.Source) && strings.EqualFold(c.SubSource, l.options.SubSource) && c.PostalServiceName != "" {
				service.Tags = append(service.Tags, c.PostalServiceName)
			}
		}
		list = append(list, service)
	}
	return list, nil
}

// ReadOrders implements [bridge.WarehouseReader], with one call for 200 orders.
func (l *Warehouse) ReadOrders(ctx context.Context, ids []string) ([]bridge.WarehouseOrder, error) {
	guids := make([]linnworks.GUID, len(ids))
	for i, id := range ids {
		guids[i] = linnworks.GUID(id)
	}
	found, err := l.client.Orders.FindOrders(ctx, guids)
	if err != nil {
		return nil, err
	}
	list := make([]bridge.WarehouseOrder, 0, len(found))
	for _, id := range guids {
		if o, ok := found[lower(id)]; ok && l.ours(o.GeneralInfo) && o.GeneralInfo.Status != statusResend {
			w := warehouseOrder(o)
			w.ID = string(id) // as it was asked for
			list = append(list, w)
		}
	}
	return list, l.resolveMerged(ctx, list)
}

// OrdersChanged implements [bridge.DispatchSource] by v2 GET /orders, which lists what
// changed, open or processed, at up to 200 orders a call, those of other sources as such.
// The orders lack what only a single read tells, such as the pick waves.
func (l *Warehouse) OrdersChanged(ctx context.Context, from time.Time) iter.Seq2[bridge.WarehouseOrder, error] {
	return func(yield func(bridge.WarehouseOrder, error) bool) {
		request := &linnworks.OrdersV2GetOrdersRequest{
			FromDate: &linnworks.Time{Time: from.UTC()}, IncludeProcessed: new(true), EntriesPerPage: new(changedPage),
		}
		var incomplete error // the others go on; the caller hears of it at the end
		for page, err := range l.client.OrdersV2.GetOrdersPages(ctx, request) {
			if err != nil && exceptRecords(err) == nil {
				incomplete = err
				continue
			}
			if err != nil {
				yield(bridge.WarehouseOrder{}, err)
				return
			}
			var list []bridge.WarehouseOrder
			add := func(o linnworks.OrderDetails, updated linnworks.Time) {
				if o.GeneralInfo.Status == statusResend {
					return
				}
				w := warehouseOrder(o)
				w.UpdatedAt, w.Foreign, w.Sibling = moment(updated), l.foreign(o.GeneralInfo), l.sibling(o.GeneralInfo)
				list = append(list, w)
			}
			for _, o := range page.OpenOrders {
				add(openDetails(o), o.LastUpdated)
			}
			for _, o := range page.ProcessedOrders {
				add(processedDetails(o), o.LastUpdated)
			}
			if err := l.resolveMerged(ctx, list); err != nil {
				yield(bridge.WarehouseOrder{}, err)
				return
			}
			for _, w := range list {
				if !yield(w, nil) {
					return
				}
			}
		}
		if incomplete != nil {
			yield(bridge.WarehouseOrder{}, incomplete)
		}
	}
}

// FindMerged implements [bridge.OrderTracer]: it goes through [Warehouse.OrdersChanged],
// and reads what it finds once more, as a single order tells more of itself. That a merge
// counts as a change no page of Linnworks says.
func (l *Warehouse) FindMerged(ctx context.Context, since time.Time, references []string) (map[string][]bridge.WarehouseOrder, error) {
	var ids []string
	var incomplete error
	in := map[string][]string{} // the ids of merged orders, by reference
	for w, err := range l.OrdersChanged(ctx, since) {
		if err != nil {
			incomplete = err
		}
		if err != nil || !w.Merged || w.Foreign != "" {
			continue
		}
		for _, reference := range w.References {
			if slices.Contains(references, reference) {
				ids, in[reference] = append(ids, w.ID), append(in[reference], w.ID)
			}
		}
	}
	traced, err := l.TraceOrders(ctx, ids)
	if err != nil {
		return nil, err
	}
	merged := map[string][]bridge.WarehouseOrder{}
	for reference, ids := range in {
		for _, id := range ids {
			merged[reference] = append(merged[reference], traced[id]...)
		}
	}
	return merged, incomplete
}

// changedPage is the size of a page of v2 orders. Linnworks publishes no maximum.
const changedPage = 200

// openDetails and processedDetails bring the orders of v2 into the form of v1, as
// far as the bridge reads it.
func openDetails(o linnworks.OrdersV2Order) linnworks.OrderDetails {
	g := o.GeneralInfo
	d := v2Details(o.OrderID, o.NumOrderID, o.ShippingInfo, o.Items, o.ExtendedProperties)
	d.FulfilmentLocationID = o.FulfilmentLocationID
	d.GeneralInfo = linnworks.OrderGeneralInfo{
		Status: g.Status, LabelPrinted: g.LabelPrinted, LabelError: g.LabelError, InvoicePrinted: g.InvoicePrinted,
		PickListPrinted: g.PickListPrinted, Marker: g.Marker, IsParked: g.IsParked, HoldOrCancel: g.IsLocked, ReferenceNum: g.ReferenceNum,
		Source: g.Source, SubSource: g.SubSource, DespatchByDate: g.DespatchByDate,
	}
	return d
}

func processedDetails(o linnworks.OrdersV2ProcessedOrder) linnworks.OrderDetails {
	g := o.GeneralInfo
	d := v2Details(o.OrderID, o.NumOrderID, o.ShippingInfo, o.Items, o.ExtendedProperties)
	d.FulfilmentLocationID, d.Processed, d.ProcessedDateTime = o.FulfilmentLocationID, true, o.ProcessedOn
	d.GeneralInfo = linnworks.OrderGeneralInfo{
		Status: g.Status, LabelPrinted: g.LabelPrinted, LabelError: g.LabelError, HoldOrCancel: g.IsCancelled, ReferenceNum: g.ReferenceNum,
		Source: g.Source, SubSource: g.SubSource, DespatchByDate: g.DespatchByDate,
	}
	return d
}

func v2Details(id linnworks.GUID, number int, s linnworks.OrdersV2OrderShippingInfo, items []linnworks.OrderItemWithChildren,
	properties []linnworks.OrdersV2OrderExtendedProperty,
) linnworks.OrderDetails {
	d := linnworks.OrderDetails{OrderID: id, NumOrderID: number}
	d.ShippingInfo = linnworks.OrderShippingInfo{
		Vendor: s.Vendor, PostalServiceID: s.PostalServiceID, PostalServiceName: s.PostalServiceName, TrackingNumber: s.TrackingNumber,
	}
	for _, i := range items {
		d.Items = append(d.Items, linnworks.OrderItem{
			RowID: i.RowID, ItemNumber: i.ItemNumber, SKU: i.SKU, ChannelSKU: i.ChannelSKU, Quantity: i.Quantity, IsUnlinked: i.IsUnlinked,
		})
	}
	for _, p := range properties {
		d.ExtendedProperties = append(d.ExtendedProperties, linnworks.ExtendedProperty{Name: p.Name, Value: p.Value})
	}
	return d
}

// OrdersToDispatch implements [bridge.DispatchSource] by the search of processed orders
// and the list of open ones: orders that were processed since, and those that are
// open and free to pick. It is the way that does without v2, and finds what a
// poll may have missed. The processed ones come without their lines.
func (l *Warehouse) OrdersToDispatch(ctx context.Context, since time.Time) ([]bridge.WarehouseOrder, error) {
	ids, err := l.openOrderIDs(ctx)
	if err != nil {
		return nil, err
	}
	open := make([]string, 0, len(ids))
	for _, id := range ids {
		open = append(open, string(id))
	}
	var list []bridge.WarehouseOrder
	request := &linnworks.SearchProcessedOrdersRequest{
		DateField: new(linnworks.SearchProcessedOrdersRequestDateFieldProcessed), ResultsPerPage: new(200),
		FromDate: &linnworks.Time{Time: since}, ToDate: &linnworks.Time{Time: l.options.Now().UTC()},
		SearchFilters: []linnworks.SearchFilters{{SearchField: "Source", SearchTerm: l.options.Source}, {SearchField: "SubSource", SearchTerm: l.options.SubSource}},
		// The oldest first: what is processed while the pages are read comes last.
		SearchSorting: &linnworks.SearchSorting{SortField: "dProcessedOn", SortDirection: "ASC"},
	}
	for p, err := range l.client.ProcessedOrders.SearchProcessedOrdersAll(ctx, request) {
		switch {
		case err != nil:
			return nil, err
		case p.HoldOrCancel || p.IsResend || p.IsExchange || p.Status == statusResend:
		case strings.EqualFold(p.ReferenceNum, mergedReference):
			open = append(open, string(p.OrderID)) // only a full read names its orders
		case l.ours(linnworks.OrderGeneralInfo{Source: p.Source, SubSource: p.SubSource}):
			list = append(list, bridge.WarehouseOrder{
				ID: string(p.OrderID), Number: fmt.Sprint(p.NumOrderID), Reference: p.ReferenceNum, State: bridge.Processed, Stage: stage.Processed,
				Carrier: p.Vendor, Service: p.PostalServiceName, Tracking: part.Tracking(p.PostalTrackingNumber), ProcessedAt: moment(p.ProcessedOn),
			})
		}
	}
	full, err := l.ReadOrders(ctx, open)
	if err != nil {
		return nil, err
	}
	for _, w := range full {
		if w.State == bridge.Open || w.State == bridge.Processed {
			list = append(list, w)
		}
	}
	// An order that was processed meanwhile is in both lists.
	slices.SortStableFunc(list, func(a, b bridge.WarehouseOrder) int {
		return cmp.Or(cmp.Compare(len(a.Number), len(b.Number)), cmp.Compare(a.Number, b.Number))
	})
	return slices.CompactFunc(list, func(a, b bridge.WarehouseOrder) bool { return strings.EqualFold(a.ID, b.ID) }), nil
}

// openOrderIDs lists the open orders of every location.
func (l *Warehouse) openOrderIDs(ctx context.Context) ([]linnworks.GUID, error) {
	filter := &linnworks.FieldsFilter{TextFields: []linnworks.TextFieldFilter{{
		FieldCode: linnworks.FieldCodeGeneralInfoSource, Type: linnworks.TextFieldFilterTypeEqual, Text: l.options.Source,
	}}}
	var ids []linnworks.GUID
	seen := map[linnworks.GUID]bool{}
	for _, location := range slices.Sorted(maps.Keys(l.locations)) {
		found, err := l.client.Orders.GetAllOpenOrders(ctx, &linnworks.GetAllOpenOrdersRequest{
			Filters: filter, FulfilmentCenter: new(location), AdditionalFilter: new(""),
		})
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			if !seen[lower(id)] {
				seen[lower(id)] = true
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}

// resolveMerged names the shop's orders in merged orders of the list. One of
// which not all can be named names none: a person has to find them.
func (l *Warehouse) resolveMerged(ctx context.Context, list []bridge.WarehouseOrder) error {
	var ids []linnworks.GUID
	for _, w := range list {
		if w.Merged && w.Foreign == "" {
			ids = append(ids, linnworks.GUID(w.ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	relations, err := l.relatedOrders(ctx, ids)
	if err != nil {
		return fmt.Errorf("finding the orders that were merged: %w", err)
	}
	for i, w := range list {
		r, ok := relations[lower(linnworks.GUID(w.ID))]
		if !w.Merged || !ok {
			continue
		}
		list[i].Split = r.split
		for _, reference := range r.references {
			if !slices.Contains(list[i].References, reference) {
				list[i].References = append(list[i].References, reference)
			}
		}
		slices.Sort(list[i].References)
		if len(list[i].References) < r.origins {
			list[i].References = nil
		}
	}
	return nil
}

// origin is where an order came from.
type origin struct {
	// origins is how many orders there were before anything was merged or split,
	// references are the shop's order ids of those that can still be read.
	origins    int
	references []string
	// split reports whether the order is one of several that an order was split into.
	split bool
}

// relatedOrders follows orders back to those that they were merged from or split
// off. It costs a call for all of one generation, and one to read the first.
func (l *Warehouse) relatedOrders(ctx context.Context, ids []linnworks.GUID) (map[linnworks.GUID]origin, error) {
	parents := map[linnworks.GUID][]linnworks.GUID{} // by child
	asked := map[linnworks.GUID]bool{}
	next := ids
	for range maxGenerations {
		var generation []linnworks.GUID
		for _, id := range next {
			if id = lower(id); !asked[id] {
				asked[id] = true
				generation = append(generation, id)
			}
		}
		if len(generation) == 0 {
			break
		}
		reply, err := l.client.Orders.GetOrdersRelations(ctx, &linnworks.GetOrdersRelationsRequest{OrderIDs: generation})
		if err != nil {
			return nil, err
		}
		next = nil
		for _, id := range slices.Sorted(maps.Keys(reply)) {
			for _, r := range reply[id] {
				parent, child := lower(r.ParentOrderID), lower(r.ChildOrderID)
				if !slices.Contains(parents[child], parent) {
					parents[child] = append(parents[child], parent)
				}
				if strings.EqualFold(string(child), id) {
					next = append(next, parent)
				}
			}
		}
	}
	var first []linnworks.GUID // they have no parents themselves
	for id := range asked {
		if len(parents[id]) == 0 {
			first = append(first, id)
		}
	}
	slices.Sort(first)
	read, err := l.client.Orders.FindOrders(ctx, first)
	if err != nil {
		return nil, err
	}
	found := map[linnworks.GUID]origin{}
	for _, id := range ids {
		var o origin
		seen := map[linnworks.GUID]bool{}
		l.trace(lower(id), parents, read, seen, &o)
		found[lower(id)] = o
	}
	return found, nil
}

// trace adds up what an order came from.
func (l *Warehouse) trace(id linnworks.GUID, parents map[linnworks.GUID][]linnworks.GUID, read map[linnworks.GUID]linnworks.OrderDetails,
	seen map[linnworks.GUID]bool, o *origin,
) {
	if seen[id] {
		return
	}
	seen[id] = true
	if len(parents[id]) == 1 {
		o.split = true // a merge has several
	}
	for _, parent := range parents[id] {
		l.trace(parent, parents, read, seen, o)
	}
	if len(parents[id]) > 0 {
		return
	}
	d, ok := read[id]
	if len(seen) == 1 && (!ok || strings.EqualFold(d.GeneralInfo.ReferenceNum, mergedReference)) {
		return // nothing is known about it
	}
	o.origins++
	if ok && l.ours(d.GeneralInfo) && !strings.EqualFold(d.GeneralInfo.ReferenceNum, mergedReference) {
		o.references = append(o.references, d.GeneralInfo.ReferenceNum)
	}
}

// PackedParcels implements [bridge.PackagingReader], with two calls for an order that
// was divided. https://apps.linnworks.net/Api/Method/Orders-GetOrderPackagingSplit
func (l *Warehouse) PackedParcels(ctx context.Context, w bridge.WarehouseOrder) ([]bridge.WarehouseOrder, error) {
	id := linnworks.GUID(w.ID)
	bins, err := l.client.Orders.GetOrderPackagingSplit(ctx, &linnworks.GetOrderPackagingSplitRequest{OrderID: id, OpenOrdersOnly: new(false)})
	if err != nil {
		return nil, err
	}
	type packed struct {
		row      linnworks.GUID
		sku      string
		quantity int
	}
	contents := map[string][]packed{}
	for _, bin := range bins {
		for _, item := range bin.Items {
			number := part.Tracking(cmp.Or(item.TrackingNumber, bin.TrackingNumbers))
			if number == "" {
				return nil, nil // not labelled parcel by parcel
			}
			contents[number] = append(contents[number], packed{lower(item.RowID), item.SKU, item.Quantity})
		}
	}
	if len(contents) < 2 {
		return nil, nil
	}
	d, err := l.read(ctx, id)
	if err != nil {
		return nil, err
	}
	lines := map[linnworks.GUID]bridge.WarehouseLine{}
	for i, line := range warehouseOrder(d).Lines {
		lines[lower(d.Items[i].RowID)] = line
	}
	var parcels []bridge.WarehouseOrder
	for _, number := range slices.Sorted(maps.Keys(contents)) {
		parcel := w
		parcel.Tracking, parcel.Lines = number, nil
		for _, item := range contents[number] {
			line, ok := lines[item.row]
			if !ok {
				line = bridge.WarehouseLine{SKU: item.sku}
			}
			if line.Quantity != item.quantity {
				line.ShopLineIDs = nil // only some of them
			}
			line.Quantity = item.quantity
			parcel.Lines = append(parcel.Lines, line)
		}
		parcels = append(parcels, parcel)
	}
	return parcels, nil
}

// trackedFor is how far back OrdersByTracking looks.
const trackedFor = 180 * 24 * time.Hour

// OrdersByTracking returns the shop's ids of the orders that left the warehouse under a
// tracking number in the last 180 days, for people who look for a parcel. It costs one call.
//
// https://apps.linnworks.net/Api/Method/ProcessedOrders-SearchProcessedOrders
func (l *Warehouse) OrdersByTracking(ctx context.Context, number string) (ids []string, err error) {
	now := time.Now().UTC()
	for p, err := range l.client.ProcessedOrders.SearchProcessedOrdersAll(ctx, &linnworks.SearchProcessedOrdersRequest{
		SearchTerm: &number, DateField: new(linnworks.SearchProcessedOrdersRequestDateFieldProcessed), ResultsPerPage: new(200),
		FromDate: &linnworks.Time{Time: now.Add(-trackedFor)}, ToDate: &linnworks.Time{Time: now.Add(time.Hour)},
	}) {
		if err != nil {
			return ids, fmt.Errorf("linnworksadapter: searching for a tracking number: %w", err)
		}
		if part.Tracking(p.PostalTrackingNumber) == part.Tracking(number) && !p.IsResend && !p.IsExchange &&
			l.ours(linnworks.OrderGeneralInfo{Source: p.Source, SubSource: p.SubSource}) && !slices.Contains(ids, p.ReferenceNum) {
			ids = append(ids, p.ReferenceNum)
		}
	}
	return ids, nil
}

// OrdersByNumber returns the shop's id of the order that has a number in Linnworks, for
// people who know it from there: none if that is another shop's, or nobody's. It costs one
// call.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrderDetailsByNumOrderId
func (l *Warehouse) OrdersByNumber(ctx context.Context, number string) ([]string, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return nil, fmt.Errorf("linnworksadapter: %q is no number of an order in Linnworks", part.Clip(number))
	}
	o, err := l.client.Orders.GetOrderDetailsByNumOrderID(ctx, &linnworks.GetOrderDetailsByNumOrderIDRequest{OrderID: n})
	switch {
	case linnworks.IsNotFound(err), linnworks.IsRequest(err): // a number that no order has is refused, nothing says in which words
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("linnworksadapter: looking for the order with number %d: %w", n, err)
	case o == nil || !l.ours(o.GeneralInfo) || o.GeneralInfo.ReferenceNum == "":
		return nil, nil
	}
	return []string{o.GeneralInfo.ReferenceNum}, nil
}
