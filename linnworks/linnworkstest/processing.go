package linnworkstest

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/linnbridge/linnbridge/linnworks"
)

// processOrder answers 200 whether or not it processed the order. It cannot be
// undone.
//
// https://apps.linnworks.net/Api/Method/Orders-ProcessOrder
func (f *Fake) processOrder(req *linnworks.ProcessOrderRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := f.tryProcess(o)
	if !out.Processed && !f.quirks[ProcessRefusalIs200] {
		return nil, refuse("%s", out.Error)
	}
	return out, nil
}

func (f *Fake) tryProcess(o *order) linnworks.ProcessOrderResult {
	out := linnworks.ProcessOrderResult{OrderID: o.OrderID}
	if !o.processable() {
		out.Error = fmt.Sprintf("Order %d cannot be processed: it is %s", o.NumOrderID, o.state())
		return out
	}
	f.process(o)
	out.Processed = true
	return out
}

// processOrdersInBatch leaves out orders that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Orders-ProcessOrdersInBatch
func (f *Fake) processOrdersInBatch(req *linnworks.ProcessOrdersInBatchRequest) (any, error) {
	out := []linnworks.ProcessOrderResult{}
	for _, g := range req.OrdersIDs {
		if o := f.byOrderID[g]; o != nil {
			out = append(out, f.tryProcess(o))
		}
	}
	return out, nil
}

// processFulfilmentCentreOrder processes an order at a fulfilment centre, which
// is parked and locked there.
//
// https://apps.linnworks.net/Api/Method/Orders-ProcessFulfilmentCentreOrder
func (f *Fake) processFulfilmentCentreOrder(req *linnworks.ProcessFulfilmentCentreOrderRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := linnworks.ProcessOrderResult{OrderID: o.OrderID}
	if !o.open() || !f.location(o.GeneralInfo.Location).FulfilmentCentre {
		out.Error = fmt.Sprintf("Order %d is not an open order at a fulfilment centre", o.NumOrderID)
		return out, nil
	}
	f.process(o)
	out.Processed = true
	return out, nil
}

// processedByReference is the reply of processByReference.
type processedByReference struct {
	ProcessedState   linnworks.ProcessOrderByOrderIDOrReferenceResponseProcessedState
	Message          string
	OrderID          linnworks.GUID `json:"OrderId"`
	OrderSummary     linnworks.OrderSummary
	Items            []linnworks.OrderItem
	BatchInformation []linnworks.StockItemBatch
	Response         any // always null here
}

// processByReference processes an open order found by number or reference.
//
// https://apps.linnworks.net/Api/Method/Orders-ProcessOrderByOrderOrReferenceId
func (f *Fake) processByReference(req *linnworks.ProcessOrderByOrderIDOrReferenceRequest) (any, error) {
	var out processedByReference
	o := f.openByText(req.OrderOrReferenceID)
	if o == nil {
		out.ProcessedState, out.Message = "NOT_FOUND", "Order not found"
		return out, nil
	}
	out.OrderID = o.OrderID
	out.OrderSummary = linnworks.OrderSummary{
		OrderID: o.OrderID, NumOrderID: o.NumOrderID, CustomerName: o.CustomerInfo.Address.FullName, NumProducts: len(o.Items),
		Source: o.GeneralInfo.Source, ReceivedDate: o.GeneralInfo.ReceivedDate, FulfillmentLocationID: o.GeneralInfo.Location,
	}
	out.Items = f.viewLines(o.Items, o.GeneralInfo.Location)
	if o.processingNote && !value(req.OrderProcessingNotesAcknowledged) {
		out.ProcessedState = "NOTE_ACKNOWLEDGEMENT_REQUIRED"
		return out, nil
	}
	result := f.tryProcess(o)
	out.ProcessedState, out.Message = "PROCESSED", result.Error
	if !result.Processed {
		out.ProcessedState = "NOT_PROCESSED"
	}
	out.OrderSummary.ProcessDate = o.ProcessedDateTime
	return out, nil
}

// openByText finds an open order by number or reference.
func (f *Fake) openByText(text string) *order {
	if n, err := strconv.Atoi(text); err == nil {
		if o := f.byNumber[n]; o != nil && o.open() {
			return o
		}
	}
	for _, o := range f.byRef[folded(text)] {
		if o.open() && !o.gone {
			return o
		}
	}
	return nil
}

// completeOrder makes a draft an order.
//
// https://apps.linnworks.net/Api/Method/Orders-CompleteOrder
func (f *Fake) completeOrder(req *linnworks.CompleteOrderRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	o.draft = false
	f.note(o, "ORDER", "Draft completed")
	return "Order completed", nil
}

func (o *order) processable() bool { return o.open() && !o.gone && !o.stopped() && o.paid() }

// process takes the units of the order from its location.
func (f *Fake) process(o *order) {
	now := f.timestamp()
	for _, h := range f.needed(o) {
		s := h.item.stock(h.at)
		h.item.set(h.at, s.onHand-h.units, now, fmt.Sprintf("ORDER %d", o.NumOrderID))
	}
	f.close(o, now)
	f.note(o, "ORDER_PROCESSED", "Order processed")
}

// close moves an order from the open to the processed ones.
func (f *Fake) close(o *order, now linnworks.Time) {
	f.move(o, func() {
		o.park(false)
		o.GeneralInfo.HoldOrCancel = false
		o.Processed, o.ProcessedDateTime = true, now
	})
	f.processed = append(f.processed, o)
}

// cancelOrder makes an open order a processed one that is cancelled, and frees
// its stock. refund must be given, and fulfilmentCenter must be the order's
// location.
//
// https://apps.linnworks.net/Api/Method/Orders-CancelOrder
func (f *Fake) cancelOrder(req *sentCancellation) (any, error) {
	o, err := f.find(req.OrderID)
	switch {
	case err != nil:
		return nil, err
	case req.Refund == nil && f.quirks[RefundMandatory]:
		return nil, errInvalid
	case !o.open(), o.stopped() && f.quirks[CancelRefusesStopped]:
		return nil, refuse("Order %d cannot be cancelled: it is %s", o.NumOrderID, o.state())
	case req.FulfilmentCenter != "" && !req.FulfilmentCenter.Equal(o.GeneralInfo.Location):
		return nil, refuse("Order %d cannot be cancelled: it is at another location", o.NumOrderID)
	}
	if req.Note != "" {
		f.addNote(o, req.Note, user, true, linnworks.Time{})
	}
	f.cancel(o)
	return "Order cancelled", nil
}

// sentCancellation is a CancelOrder that tells whether the refund was left out.
type sentCancellation struct {
	OrderID          linnworks.GUID     `json:"orderId"`
	FulfilmentCenter linnworks.GUID     `json:"fulfilmentCenter"`
	Refund           *linnworks.Decimal `json:"refund"`
	Note             string             `json:"note"`
}

func (f *Fake) cancel(o *order) {
	now := f.timestamp()
	f.close(o, now)
	o.cancelledOn, o.GeneralInfo.HoldOrCancel = now, true
	f.note(o, "ORDER_CANCELLED", "Order cancelled")
}

// cancellationOf describes the cancellation of an order as a refund header.
func (f *Fake) cancellationOf(o *order) linnworks.OrderRefundHeader {
	out := linnworks.OrderRefundHeader{
		OrderID: o.OrderID, NumOrderID: o.NumOrderID, OrderSource: o.GeneralInfo.Source, OrderSubSource: o.GeneralInfo.SubSource,
		Currency: o.TotalsInfo.Currency, Amount: o.TotalsInfo.TotalCharge, ExternalReference: o.GeneralInfo.ExternalReferenceNum,
	}
	if o.cancelled() {
		out.Status.StatusHeader, out.Actioned, out.LastActionDate, out.CreatedDate = "PROCESSED", true, o.cancelledOn, o.cancelledOn
	}
	return out
}

// getCancellationOptions tells how an order can be cancelled: within Linnworks
// while it is open, on the channel never.
//
// https://apps.linnworks.net/Api/Method/PostSale-GetCancellationOptions
func (f *Fake) getCancellationOptions(req *orderQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := linnworks.CancellationOptions{
		CanCancelInternally: o.open() && !o.stopped(), CanCancelFreeText: true, CancelFreeTextOrNoteMaxLength: 250,
		Order: f.view(o), CancellationHeader: f.cancellationOf(o),
	}
	if !out.CanCancelInternally {
		out.Errors = []string{fmt.Sprintf("Order %d cannot be cancelled: it is %s", o.NumOrderID, o.state())}
	}
	return out, nil
}

// createCancellation cancels within Linnworks. Cancelling on the channel needs
// one that Linnworks knows, which the fake has not.
//
// https://apps.linnworks.net/Api/Method/PostSale-CreateCancellation
func (f *Fake) createCancellation(req *linnworks.CreateCancellationRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := linnworks.ValidatedCancellation{Status: "ERROR", RefundReference: value(req.RefundReference)}
	switch {
	case !o.open(), o.stopped() && f.quirks[CancelRefusesStopped]:
		out.Errors = []string{fmt.Sprintf("Order %d cannot be cancelled: it is %s", o.NumOrderID, o.state())}
	case !value(req.InternalOnly) && !value(req.IsChannelInitiated):
		out.Errors = []string{"The channel cannot cancel orders"}
	default:
		if note := value(req.FreeTextOrNote); note != "" {
			f.addNote(o, note, user, true, linnworks.Time{})
		}
		f.cancel(o)
		out.Status = "PROCESSED"
	}
	out.Order, out.CancellationHeader = f.view(o), f.cancellationOf(o)
	return out, nil
}

// since returns the processed orders, from the first that was processed at or
// after a date.
func (f *Fake) since(at linnworks.Time) []*order {
	from, _ := slices.BinarySearchFunc(f.processed, at, func(o *order, at linnworks.Time) int {
		return o.ProcessedDateTime.Compare(at.Time)
	})
	return f.processed[from:]
}
