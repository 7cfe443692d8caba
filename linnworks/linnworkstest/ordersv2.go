package linnworkstest

import (
	"net/http"
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Page sizes of v2 GET /orders. Linnworks publishes neither.
const (
	defaultOrdersPage = 100
	maxOrdersPage     = 200
)

// maxSearches is how many v2 searches can be continued; older ones are
// forgotten.
const maxSearches = 256

// orderSearch is where a v2 read of orders goes on.
type orderSearch struct {
	orders    []*order // of all pages
	from      int
	size      int
	processed bool
	exact     bool // by id: lists may lag behind
}

// v2OrdersQuery are the parameters of getOrdersV2.
type v2OrdersQuery struct {
	ID               []linnworks.GUID `json:"id"`
	FromDate         linnworks.Time   `json:"fromDate"`
	EntriesPerPage   int              `json:"entriesPerPage"`
	IncludeProcessed bool             `json:"includeProcessed"`
	OnlyPaid         bool             `json:"onlyPaid"`
	LocationID       linnworks.GUID   `json:"locationId"`
	SearchToken      linnworks.GUID   `json:"searchToken"`
}

// v2Orders is the reply. The orders' type depends on the permission to see
// buyers.
type v2Orders struct {
	TotalOrders     int
	NextSearchToken *linnworks.GUID
	OpenOrders      []any
	ProcessedOrders []any
}

// v2Order is an order without its buyer.
type v2Order struct {
	ExtendedProperties   []linnworks.OrdersV2OrderExtendedProperty
	Folders              []string
	FulfilmentLocationID linnworks.GUID `json:"FulfilmentLocationId"`
	GeneralInfo          any
	Items                []linnworks.OrderItemWithChildren
	LastUpdated          linnworks.Time
	NumOrderID           int            `json:"NumOrderId"`
	OrderID              linnworks.GUID `json:"OrderId"`
	PaidOn               *linnworks.Time
	Processed            bool
	ProcessedOn          *linnworks.Time
	ShippingInfo         linnworks.OrdersV2OrderShippingInfo
	TaxID                string `json:"TaxId"`
	TotalsInfo           linnworks.OrdersV2OrderTotalsInfo
}

// v2OrderWithBuyer is an order as served to who may see buyers.
type v2OrderWithBuyer struct {
	v2Order
	CustomerInfo linnworks.OrdersV2OrderCustomerInfo
	Notes        []linnworks.OrdersV2OrderNote
}

// getOrdersV2 reads orders by id, or those that changed since a date in the
// order of their last changes. A token reads the next page; it may be used
// again. A page shows each order as it is when the page is read.
//
// https://apidocs.linnworks.net/reference
func (f *Fake) getOrdersV2(req *v2OrdersQuery) (any, error) {
	if req.SearchToken != "" {
		s := f.searches[req.SearchToken]
		if s == nil {
			return nil, refuse("The search token is not valid")
		}
		return f.v2Page(*s), nil
	}
	size := req.EntriesPerPage
	if size == 0 {
		size = defaultOrdersPage
	}
	if size < 1 || size > maxOrdersPage {
		return nil, refuse("entriesPerPage must be between 1 and %d", maxOrdersPage)
	}
	byID := len(req.ID) > 0
	s := orderSearch{size: size, processed: req.IncludeProcessed, exact: byID}
	var candidates []*order
	if byID {
		for _, g := range req.ID {
			if o := f.byOrderID[g]; o != nil {
				candidates = append(candidates, o)
			}
		}
	} else {
		candidates = f.changedSince(req.FromDate)
	}
	ignore := byID && f.quirks[IDSelectorWins]
	s.processed = s.processed || ignore
	for _, o := range candidates {
		wanted := !req.OnlyPaid || o.paid()
		wanted = wanted && (req.LocationID == "" || o.GeneralInfo.Location == req.LocationID)
		open, done := f.sets(o, byID)
		wanted = wanted && (open && !o.draft || s.processed && done)
		if wanted || ignore {
			s.orders = append(s.orders, o)
		}
	}
	return f.v2Page(s), nil
}

// changedSince returns the orders that changed at or after a date, by their last
// change.
func (f *Fake) changedSince(at linnworks.Time) []*order {
	from, _ := slices.BinarySearchFunc(f.changes, at, func(c orderChange, at linnworks.Time) int { return c.at.Compare(at.Time) })
	var out []*order
	for _, c := range f.changes[from:] {
		if !c.stale() {
			out = append(out, c.o)
		}
	}
	return out
}

// v2Page serves a page of a search and remembers where it goes on.
func (f *Fake) v2Page(s orderSearch) v2Orders {
	out := v2Orders{TotalOrders: len(s.orders)}
	to := min(s.from+s.size, len(s.orders))
	for _, o := range s.orders[s.from:to] {
		if o.gone {
			continue
		}
		open, done := f.sets(o, s.exact)
		if open {
			out.OpenOrders = append(out.OpenOrders, f.v2Row(o, false))
		}
		if done && s.processed {
			out.ProcessedOrders = append(out.ProcessedOrders, f.v2Row(o, true))
		}
	}
	if to < len(s.orders) {
		s.from = to
		token := f.newID("token of a search")
		f.searches[token] = &s
		f.searchIDs = append(f.searchIDs, token)
		if len(f.searchIDs) > maxSearches {
			delete(f.searches, f.searchIDs[0])
			f.searchIDs = f.searchIDs[1:]
		}
		out.NextSearchToken = &token
	}
	return out
}

// sets reports whether an order is among the open and the processed ones: exactly,
// or as lists show it.
func (f *Fake) sets(o *order, exact bool) (open, done bool) {
	if exact {
		return o.open(), o.Processed
	}
	return f.inOpen(o), f.inProcessed(o)
}

// v2Row is an order as it is served among the processed ones or not.
func (f *Fake) v2Row(o *order, processed bool) any {
	row := v2Order{
		OrderID: o.OrderID, NumOrderID: o.NumOrderID, FulfilmentLocationID: o.GeneralInfo.Location, Folders: o.FolderName, TaxID: o.TaxID,
		LastUpdated: o.updated, PaidOn: moment(o.PaidDateTime), Processed: processed,
		Items: f.v2Lines(o.Items, nil),
	}
	if processed {
		row.ProcessedOn = moment(o.ProcessedDateTime)
	}
	for _, p := range o.ExtendedProperties {
		row.ExtendedProperties = append(row.ExtendedProperties, linnworks.OrdersV2OrderExtendedProperty{
			RowID: p.RowID, Name: p.Name, Value: p.Value, Type: p.Type, LastUpdate: o.updated,
		})
	}
	general := o.v2General()
	row.GeneralInfo = general
	if processed {
		row.GeneralInfo = processedGeneral(general, o.cancelled())
	}
	s, t := o.ShippingInfo, o.TotalsInfo
	row.ShippingInfo = linnworks.OrdersV2OrderShippingInfo{
		Vendor: s.Vendor, PostalServiceID: s.PostalServiceID, PostalServiceName: s.PostalServiceName, TrackingNumber: s.TrackingNumber,
		TotalWeight: s.TotalWeight, ItemWeight: s.ItemWeight, ManualAdjust: s.ManualAdjust,
		PackageCategory: s.PackageCategory, PackageCategoryID: s.PackageCategoryID, PackageType: s.PackageType, PackageTypeID: s.PackageTypeID,
	}
	row.TotalsInfo = linnworks.OrdersV2OrderTotalsInfo{
		Subtotal: t.Subtotal, PostageCost: t.PostageCost, PostageCostExTax: t.PostageCostExTax, Tax: t.Tax, TotalCharge: t.TotalCharge,
		PaymentMethod: t.PaymentMethod, PaymentMethodID: t.PaymentMethodID, TotalDiscount: t.TotalDiscount, Currency: t.Currency,
		CountryTaxRate: t.CountryTaxRate, ConversionRate: t.ConversionRate,
	}
	if f.anonymous {
		for i := range row.Items {
			row.Items[i].AdditionalInfo = nil
		}
		return row
	}
	full := v2OrderWithBuyer{v2Order: row}
	if c := o.CustomerInfo; !f.redacted(o) {
		full.CustomerInfo = linnworks.OrdersV2OrderCustomerInfo{
			ChannelBuyerName: c.ChannelBuyerName, TaxID: o.TaxID, Address: v2Address(c.Address), BillingAddress: v2Address(c.BillingAddress),
		}
	}
	for _, n := range o.Notes {
		full.Notes = append(full.Notes, linnworks.OrdersV2OrderNote{
			OrderNoteID: n.OrderNoteID, NoteDate: n.NoteDate, Internal: n.Internal, Note: n.Note, CreatedBy: n.CreatedBy, NoteTypeID: n.NoteTypeID,
		})
	}
	return full
}

// moment is a date that may be none.
func moment(t linnworks.Time) *linnworks.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

var statusNames = [...]string{"UNPAID", "PAID", "RETURN", "PENDING", "RESEND"}

func (o *order) v2General() linnworks.OrdersV2OrderGeneralInfo {
	g := o.GeneralInfo
	out := linnworks.OrdersV2OrderGeneralInfo{
		Status: g.Status, StatusDescription: statusNames[g.Status], LabelPrinted: g.LabelPrinted, LabelError: g.LabelError,
		InvoicePrinted: g.InvoicePrinted, InvoicePrintError: g.InvoicePrintError, PickListPrinted: g.PickListPrinted,
		PickListPrintError: g.PickListPrintError, NotesCount: g.Notes, Marker: g.Marker, ReferenceNum: g.ReferenceNum,
		SecondaryReference: g.SecondaryReference, ExternalReferenceNum: g.ExternalReferenceNum, ReceivedDate: g.ReceivedDate,
		Source: g.Source, SubSource: g.SubSource, DespatchByDate: g.DespatchByDate, ScheduledDelivery: g.ScheduledDelivery,
		HasScheduledDelivery: g.HasScheduledDelivery, NumItems: g.NumItems, StockAllocationType: linnworks.StockAllocationType(g.StockAllocationType),
		IsParked: g.IsParked, IsLocked: o.locked(), IsMerged: o.merged, IsRuleRun: g.IsRuleRun,
	}
	for _, i := range g.Identifiers {
		out.Identifiers = append(out.Identifiers, linnworks.BasicIdentifier{Tag: i.Tag, Name: i.Name})
	}
	return out
}

func processedGeneral(g linnworks.OrdersV2OrderGeneralInfo, cancelled bool) linnworks.ProcessedOrderGeneralInfo {
	return linnworks.ProcessedOrderGeneralInfo{
		Status: g.Status, StatusDescription: g.StatusDescription, LabelPrinted: g.LabelPrinted, LabelError: g.LabelError,
		InvoicePrinted: g.InvoicePrinted, InvoicePrintError: g.InvoicePrintError, PickListPrinted: g.PickListPrinted,
		PickListPrintError: g.PickListPrintError, NotesCount: g.NotesCount, Marker: g.Marker, Identifiers: g.Identifiers,
		ReferenceNum: g.ReferenceNum, SecondaryReference: g.SecondaryReference, ExternalReferenceNum: g.ExternalReferenceNum,
		ReceivedDate: g.ReceivedDate, Source: g.Source, SubSource: g.SubSource, DespatchByDate: g.DespatchByDate,
		ScheduledDelivery: g.ScheduledDelivery, HasScheduledDelivery: g.HasScheduledDelivery, NumItems: g.NumItems,
		StockAllocationType: g.StockAllocationType, IsCancelled: cancelled,
	}
}

func v2Address(a linnworks.CustomerAddress) linnworks.ShippingAddress {
	return linnworks.ShippingAddress(a)
}

// v2Lines are the lines of an order. Components name the line that they belong
// to.
func (f *Fake) v2Lines(lines []linnworks.OrderItem, parent *linnworks.OrderItem) []linnworks.OrderItemWithChildren {
	out := []linnworks.OrderItemWithChildren{}
	for i := range lines {
		line := &lines[i]
		row := linnworks.OrderItemWithChildren{
			RowID: line.RowID, StockItemID: line.StockItemID, StockItemIntID: line.StockItemIntID, IsService: line.IsService, IsUnlinked: line.IsUnlinked,
			Quantity: line.Quantity, ItemNumber: line.ItemNumber, SKU: line.SKU, ItemSource: line.ItemSource, Title: line.Title,
			PricePerUnit: line.PricePerUnit, UnitCost: line.UnitCost, DespatchStockUnitCost: line.DespatchStockUnitCost, Discount: line.Discount,
			TaxRate: line.TaxRate, Cost: line.Cost, CostIncTax: line.CostIncTax, SalesTax: line.SalesTax, TaxCostInclusive: line.TaxCostInclusive,
			DiscountValue: line.DiscountValue, Weight: line.Weight, BarcodeNumber: line.BarcodeNumber, ChannelSKU: line.ChannelSKU,
			ChannelTitle: line.ChannelTitle, AddedDate: line.AddedDate, CompositeSubItems: f.v2Lines(line.CompositeSubItems, line),
		}
		if parent != nil {
			row.ParentItemID = parent.RowID
		}
		for _, o := range line.AdditionalInfo {
			row.AdditionalInfo = append(row.AdditionalInfo, linnworks.OrdersV2OrderItemOption{OptionID: o.OptionID, Property: o.Property, Value: o.Value})
		}
		out = append(out, row)
	}
	return out
}

// fulfilmentQuery are the parameters of reads of fulfilment states.
type fulfilmentQuery struct {
	OrderID           linnworks.GUID              `json:"orderId"`
	ID                []linnworks.GUID            `json:"id"`
	LocationID        linnworks.GUID              `json:"locationId"`
	FulfillmentStatus linnworks.FulfillmentStatus `json:"FulfillmentStatus"`
}

func (o *order) fulfilmentStatus() linnworks.OrderFulfillmentStatus {
	return linnworks.OrderFulfillmentStatus{OrderID: o.OrderID, FulfillmentStatus: linnworks.FulfillmentStatus(o.fulfilment)}
}

func (f *Fake) findV2(g linnworks.GUID) (*order, error) {
	if o := f.byOrderID[g]; o != nil {
		return o, nil
	}
	return nil, &apiError{status: http.StatusNotFound, message: "Order " + string(g) + " does not exist"}
}

func (f *Fake) getFulfilmentStatus(req *fulfilmentQuery) (any, error) {
	o, err := f.findV2(req.OrderID)
	if err != nil {
		return nil, err
	}
	return o.fulfilmentStatus(), nil
}

func (f *Fake) getFulfilmentStatuses(req *fulfilmentQuery) (any, error) {
	out := []linnworks.OrderFulfillmentStatus{}
	for _, o := range f.openOrders() {
		if (len(req.ID) == 0 || slices.Contains(req.ID, o.OrderID)) && (req.LocationID == "" || o.GeneralInfo.Location == req.LocationID) &&
			(req.FulfillmentStatus == "" || string(req.FulfillmentStatus) == o.fulfilment) {
			out = append(out, o.fulfilmentStatus())
		}
	}
	return out, nil
}

func (f *Fake) setFulfilment(g linnworks.GUID, status linnworks.FulfillmentStatus) (*order, error) {
	o, err := f.findV2(g)
	switch {
	case err != nil:
		return nil, err
	case status == "":
		return nil, errInvalid
	case !o.open():
		return nil, &apiError{status: http.StatusUnprocessableEntity, message: "Order " + string(g) + " is " + o.state()}
	}
	o.fulfilment = string(status)
	f.note(o, "FULFILMENT", "Fulfilment status changed to %s", status)
	return o, nil
}

func (f *Fake) updateFulfilmentStatus(req *fulfilmentQuery) (any, error) {
	o, err := f.setFulfilment(req.OrderID, req.FulfillmentStatus)
	if err != nil {
		return nil, err
	}
	return o.fulfilmentStatus(), nil
}

// fulfilmentUpdates is the body of updateFulfilmentStatuses, a bare list.
type fulfilmentUpdates struct {
	List []linnworks.OrderFulfillmentStatus `json:"list"`
}

func (f *Fake) updateFulfilmentStatuses(req *fulfilmentUpdates) (any, error) {
	var out linnworks.UpdateFulfillmentStatusesResponse
	failed := 0
	for _, in := range req.List {
		row := linnworks.APIResultResponseOrderFulfillmentStatus{Result: in, ResultStatus: linnworks.APIResultStatusSuccessful}
		if _, err := f.setFulfilment(in.OrderID, in.FulfillmentStatus); err != nil {
			row.ResultStatus, row.Message = linnworks.APIResultStatusFailed, err.Error()
			failed++
		}
		out.Results = append(out.Results, row)
	}
	out.TotalResults = len(out.Results)
	out.ResultStatus = linnworks.APIResultStatus(outcome(failed, len(out.Results)))
	return out, nil
}
