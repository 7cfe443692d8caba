package linnworkstest

import (
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// getOrderAuditTrail: https://apps.linnworks.net/Api/Method/Orders-GetOrderAuditTrail
func (f *Fake) getOrderAuditTrail(req *orderQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	return slices.Clone(o.history), nil
}

// getOrderAuditTrails leaves out orders that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Orders-GetOrderAuditTrailsByIds
func (f *Fake) getOrderAuditTrails(req *linnworks.GetOrderAuditTrailsByIDsRequest) (any, error) {
	var out linnworks.GetOrderAuditTrailsByIDsResponse
	for _, g := range req.OrderIDs {
		if o := f.byOrderID[g]; o != nil {
			out.AuditTrails = append(out.AuditTrails, linnworks.OrderAuditTrailExtended{OrderID: g, AuditTrail: slices.Clone(o.history)})
		}
	}
	return out, nil
}

// processedQuery are the parameters of reads of one processed order.
type processedQuery struct {
	OrderID linnworks.GUID `json:"pkOrderId"`
}

// processedOrder finds an order that is processed or cancelled.
func (f *Fake) processedOrder(g linnworks.GUID) (*order, error) {
	o, err := f.find(g)
	if err == nil && !o.Processed {
		err = refuse("Order %d is not processed", o.NumOrderID)
	}
	return o, err
}

// getProcessedAuditTrail: https://apps.linnworks.net/Api/Method/ProcessedOrders-GetProcessedAuditTrail
func (f *Fake) getProcessedAuditTrail(req *processedQuery) (any, error) {
	o, err := f.processedOrder(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := []linnworks.AuditEntry{}
	for i, h := range o.history {
		out = append(out, linnworks.AuditEntry{
			SidHistory: i + 1, OrderID: o.OrderID, HistoryNote: h.Note, OrderHistoryTypeID: h.OrderHistoryTypeID,
			DateStamp: h.Date, UpdatedBy: h.User, TypeDescription: h.TypeDescription,
		})
	}
	return out, nil
}

// getOrderInfo: https://apps.linnworks.net/Api/Method/ProcessedOrders-GetOrderInfo
func (f *Fake) getOrderInfo(req *processedQuery) (any, error) {
	o, err := f.processedOrder(req.OrderID)
	if err != nil {
		return nil, err
	}
	return f.processedRow(o), nil
}

// getProcessedProperties: https://apps.linnworks.net/Api/Method/ProcessedOrders-GetProcessedOrderExtendedProperties
func (f *Fake) getProcessedProperties(req *processedQuery) (any, error) {
	o, err := f.processedOrder(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := []linnworks.OrderExtendedProperty{}
	for _, p := range o.ExtendedProperties {
		out = append(out, linnworks.OrderExtendedProperty{RowID: p.RowID, PropertyName: p.Name, PropertyValue: p.Value, PropertyType: p.Type})
	}
	return out, nil
}

// addOrderNote: https://apps.linnworks.net/Api/Method/ProcessedOrders-AddOrderNote
func (f *Fake) addOrderNote(req *linnworks.AddOrderNoteRequest) (any, error) {
	o, err := f.processedOrder(req.OrderID)
	if err != nil {
		return nil, err
	}
	return f.addNote(o, value(req.NoteText), user, value(req.IsInternal), linnworks.Time{}).OrderNoteID, nil
}

// getOrderTrackingURLs makes addresses up.
//
// https://apps.linnworks.net/Api/Method/ProcessedOrders-GetOrderTrackingURLs
func (f *Fake) getOrderTrackingURLs(req *linnworks.GetOrderTrackingURLsRequest) (any, error) {
	var out linnworks.GetOrderTrackingURLsResponse
	for _, in := range req.Items {
		out.Items = append(out.Items, linnworks.TrackingURLResponseItem{
			OrderID: value(in.OrderID), Vendor: value(in.Vendor), PostalTrackingNumber: value(in.PostalTrackingNumber), Postcode: value(in.Postcode),
			TrackingURL: "https://tracking.linnworkstest.example/" + value(in.PostalTrackingNumber),
		})
	}
	return out, nil
}
