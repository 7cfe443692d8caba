package linnworkstest

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/linnbridge/linnbridge/linnworks"
)

// refund is a refund header with its lines.
type refund struct {
	linnworks.OrderRefundHeader
	order   *order
	deleted bool
}

// refundsOf returns the refunds of an order, the oldest first.
func (f *Fake) refundsOf(o *order) []*refund {
	return slices.DeleteFunc(slices.Clone(o.refunds), func(r *refund) bool { return r.deleted })
}

// refunded is the sum of the refunds of an order; only of those that were
// actioned, unless told otherwise.
func (f *Fake) refunded(o *order, booked bool) *big.Rat {
	sum := new(big.Rat)
	for _, r := range f.refundsOf(o) {
		if booked || r.Actioned {
			sum = plus(sum, amount(r.Amount))
		}
	}
	return sum
}

// cannotRefund tells why an order cannot be refunded, None if it can.
func (f *Fake) cannotRefund(o *order) string {
	switch {
	case o == nil:
		return "MissingOrderInLinnworks"
	case !o.Processed && f.quirks[RefundsWantProcessed]:
		return "OpenOrderInLinnworks"
	case f.refunded(o, true).Cmp(amount(o.TotalsInfo.TotalCharge)) >= 0:
		return "OrderIsFullyRefundedInLinnworks"
	}
	return "None"
}

// refundOptions tells how an order can be refunded: within Linnworks only.
func (f *Fake) refundOptions(o *order, header *refund) linnworks.RefundOptions {
	reason := f.cannotRefund(o)
	can := reason == "None"
	out := linnworks.RefundOptions{
		CannotRefundReason: linnworks.RefundOptionsCannotRefundReason(reason), CanRefundInternally: can, CanRefundItems: can,
		CanRefundServices: can, CanRefundShipping: can, CanRefundShippingIndependently: can, CanRefundFreeText: can, RefundFreeTextOrNoteMaxLength: 250,
	}
	if o != nil {
		out.Order = f.view(o)
		for _, r := range f.refundsOf(o) {
			out.AllExistingRefunds = append(out.AllExistingRefunds, r.RefundLines...)
		}
	}
	if header != nil {
		out.RefundHeader = header.OrderRefundHeader
	}
	return out
}

// getRefundOptions: https://apps.linnworks.net/Api/Method/ReturnsRefunds-GetRefundOptions
func (f *Fake) getRefundOptions(req *linnworks.GetRefundOptionsRequest) (any, error) {
	return linnworks.GetRefundOptionsResponse{
		RefundOptions: f.refundOptions(f.byOrderID[req.OrderID], f.refunds[value(req.RefundHeaderID)]),
	}, nil
}

// createRefund books a refund. It has no idempotency: look for the external
// reference first.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-CreateRefund
func (f *Fake) createRefund(req *linnworks.CreateRefundRequest) (any, error) {
	o := f.byOrderID[req.OrderID]
	out := linnworks.CreateRefundResponse{CannotRefundReason: linnworks.CreateRefundResponseCannotRefundReason(f.cannotRefund(o))}
	if out.CannotRefundReason == "None" && len(req.RefundLines) == 0 {
		out.CannotRefundReason = "NoNewRefundsSpecified"
	}
	if out.CannotRefundReason != "None" {
		out.Errors = []string{"The order cannot be refunded: " + string(out.CannotRefundReason)}
		return out, nil
	}
	sum := f.refunded(o, true)
	r := &refund{order: o}
	for _, in := range req.RefundLines {
		line := linnworks.VerifiedRefund{
			RefundedUnit: linnworks.VerifiedRefundRefundedUnit(value(in.RefundedUnit)), Amount: value(in.Amount), Quantity: value(in.Quantity),
			ExternalReference: value(in.ExternalReference), FreeTextOrNote: value(in.FreeTextOrNote), ReasonTag: value(in.ReasonTag),
			SubReasonTag: value(in.SubReasonTag), ReasonCategory: value(in.ReasonCategory), ChannelInitiated: value(req.ChannelInitiated), Internal: true,
		}
		line.IsShippingRefund, line.IsAdditionalRefund = line.RefundedUnit == "Shipping", line.RefundedUnit == "Additional"
		if line.RefundedUnit == "Item" || line.RefundedUnit == "" {
			at := slices.IndexFunc(o.Items, func(i linnworks.OrderItem) bool { return i.RowID == value(in.OrderItemRowID) })
			if at < 0 {
				out.Errors = append(out.Errors, "The order has no such item")
				continue
			}
			item := o.Items[at]
			line.RefundedItem = linnworks.VerifiedRefundItem{
				OrderItemRowID: item.RowID, ItemSKU: item.SKU, ChannelSKU: item.ChannelSKU, ItemTitle: item.Title, Cost: item.CostIncTax,
				CancelledQuantity: value(in.CancelledQuantity),
			}
		}
		if sign := amount(line.Amount).Sign(); sign < 0 || sign == 0 && f.quirks[ZeroRefundsRefused] {
			out.Errors = append(out.Errors, "The amount must be greater than zero")
		}
		sum = plus(sum, amount(line.Amount))
		r.RefundLines = append(r.RefundLines, line)
		r.ExternalReference = cmp.Or(r.ExternalReference, line.ExternalReference)
	}
	if sum.Cmp(amount(o.TotalsInfo.TotalCharge)) > 0 {
		out.Errors = append(out.Errors, "The refund exceeds what is left of the order")
	}
	if len(out.Errors) > 0 {
		out.CannotRefundReason = "Other"
		out.Status.StatusHeader = "ERROR"
		return out, nil
	}
	r.RefundHeaderID = f.next("refund")
	r.OrderID, r.NumOrderID, r.OrderSource, r.OrderSubSource = o.OrderID, o.NumOrderID, o.GeneralInfo.Source, o.GeneralInfo.SubSource
	r.Currency, r.ChannelInitiated, r.CreatedDate = o.TotalsInfo.Currency, value(req.ChannelInitiated), f.timestamp()
	r.Status.StatusHeader = "OPEN"
	total := new(big.Rat)
	for i := range r.RefundLines {
		line := &r.RefundLines[i]
		line.RefundHeaderID, line.RefundRowID, line.Status = r.RefundHeaderID, f.newID("refund row"), r.Status
		total = plus(total, amount(line.Amount))
	}
	r.Amount = decimal(total)
	f.refunds[r.RefundHeaderID] = r
	o.refunds = append(o.refunds, r)
	f.note(o, "REFUND", "Refund %d of %s booked", r.RefundHeaderID, r.Amount)
	out.RefundHeaderID, out.RefundReference, out.Status, out.RefundLines = r.RefundHeaderID, r.reference(), r.Status, slices.Clone(r.RefundLines)
	return out, nil
}

func (r *refund) reference() string { return fmt.Sprintf("RF%06d", r.RefundHeaderID) }

// actionRefund: https://apps.linnworks.net/Api/Method/ReturnsRefunds-ActionRefund
func (f *Fake) actionRefund(req *linnworks.ActionRefundRequest) (any, error) {
	r := f.refunds[req.RefundHeaderID]
	if r == nil || r.deleted {
		return linnworks.ActionRefundResponse{CannotRefundReason: "RefundNotInSystem", Errors: []string{"The refund does not exist"}}, nil
	}
	if !r.Actioned {
		f.actioned(r)
	}
	return linnworks.ActionRefundResponse{
		SuccessfullyActioned: true, RefundHeaderID: r.RefundHeaderID, RefundReference: r.reference(), Status: r.Status, CannotRefundReason: "None",
		RefundLines: slices.Clone(r.RefundLines),
	}, nil
}

func (f *Fake) actioned(r *refund) {
	now := f.timestamp()
	r.Actioned, r.LastActionDate, r.Status.StatusHeader = true, now, "PROCESSED"
	for i := range r.RefundLines {
		r.RefundLines[i].Actioned, r.RefundLines[i].ActionedDate, r.RefundLines[i].Status = true, now, r.Status
	}
	f.note(r.order, "REFUND", "Refund %d actioned", r.RefundHeaderID)
}

// deleteRefund deletes a refund that was not actioned.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-DeleteRefund
func (f *Fake) deleteRefund(req *linnworks.DeleteRefundRequest) (any, error) {
	r := f.refunds[req.RefundHeaderID]
	if r == nil || r.deleted || r.Actioned {
		return nil, refuse("The refund does not exist or was actioned")
	}
	r.deleted = true
	f.note(r.order, "REFUND", "Refund %d deleted", r.RefundHeaderID)
	return struct{}{}, nil
}

// getRefundHeaders: https://apps.linnworks.net/Api/Method/ReturnsRefunds-GetRefundHeadersByOrderId
func (f *Fake) getRefundHeaders(req *linnworks.GetRefundHeadersByOrderIDRequest) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	var out linnworks.GetRefundHeadersByOrderIDResponse
	for _, r := range f.refundsOf(o) {
		header := r.OrderRefundHeader
		header.RefundLines = slices.Clone(r.RefundLines)
		out.RefundHeaders = append(out.RefundHeaders, header)
	}
	return out, nil
}

// getRefundLines: https://apps.linnworks.net/Api/Method/ReturnsRefunds-GetRefundLinesByHeaderId
func (f *Fake) getRefundLines(req *linnworks.GetRefundLinesByHeaderIDRequest) (any, error) {
	r := f.refunds[value(req.RefundHeaderID)]
	if r == nil || r.deleted {
		return nil, refuse("The refund does not exist")
	}
	return linnworks.GetRefundLinesByHeaderIDResponse{
		RefundHeaderID: r.RefundHeaderID, RefundLines: slices.Clone(r.RefundLines), RefundOptions: f.refundOptions(r.order, r),
	}, nil
}

// totalQuery are the parameters of getTotalRefunds.
type totalQuery struct {
	OrderID         linnworks.GUID `json:"pkOrderId"`
	IncludeBookings bool           `json:"includeBookings"`
}

// getTotalRefunds: https://apps.linnworks.net/Api/Method/ProcessedOrders-GetTotalRefunds
func (f *Fake) getTotalRefunds(req *totalQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	sum, charge := f.refunded(o, req.IncludeBookings), amount(o.TotalsInfo.TotalCharge)
	return linnworks.ExistingRefundTotal{Amount: decimal(sum), TotalCharge: o.TotalsInfo.TotalCharge, Refundable: decimal(minus(charge, sum))}, nil
}

// getRefunds: https://apps.linnworks.net/Api/Method/ProcessedOrders-GetRefunds
func (f *Fake) getRefunds(req *processedQuery) (any, error) {
	o, err := f.find(req.OrderID)
	if err != nil {
		return nil, err
	}
	out := []linnworks.RefundInfo{}
	for _, r := range f.refundsOf(o) {
		for _, line := range r.RefundLines {
			out = append(out, linnworks.RefundInfo{
				RefundRowID: line.RefundRowID, SKU: line.RefundedItem.ItemSKU, ItemTitle: line.RefundedItem.ItemTitle,
				IsItem: line.RefundedUnit == "Item", IsService: line.RefundedUnit == "Service", Amount: line.Amount, Reason: line.FreeTextOrNote,
				Actioned: line.Actioned, ActionDate: line.ActionedDate, ReturnReference: r.reference(), Cost: line.RefundedItem.Cost,
				RefundStatus: linnworks.RefundInfoRefundStatus(line.Status.StatusHeader), OrderItemRowID: line.RefundedItem.OrderItemRowID,
			})
		}
	}
	return out, nil
}

// refundOrder refunds what is left of a processed order.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-RefundOrder
func (f *Fake) refundOrder(req *linnworks.RefundOrderRequest) (any, error) {
	o := f.byOrderID[req.OrderID]
	if why := f.cannotRefund(o); why != "None" {
		return nil, refuse("The order cannot be refunded: %s", why)
	}
	left := decimal(minus(amount(o.TotalsInfo.TotalCharge), f.refunded(o, true)))
	unit := linnworks.NewRefundLineRefundedUnit("Additional")
	created, err := f.createRefund(&linnworks.CreateRefundRequest{OrderID: req.OrderID, RefundLines: []linnworks.NewRefundLine{{
		RefundedUnit: &unit, Amount: &left, ExternalReference: req.RefundReference,
	}}})
	if err != nil {
		return nil, err
	}
	f.actioned(f.refunds[created.(linnworks.CreateRefundResponse).RefundHeaderID])
	return nil, nil
}

// refundsQuery are the parameters of searchRefunds.
type refundsQuery struct {
	From        linnworks.Time `json:"from"`
	To          linnworks.Time `json:"to"`
	DateType    string         `json:"dateType"`
	HistoryType string         `json:"historyType"`
	PageNum     int            `json:"pageNum"`
	Entries     int            `json:"numEntriesPerPage"`
}

// searchRefunds lists the lines of refunds, the oldest first. The fake finds refunds alone, and
// by the date of their booking or their action.
//
// https://apps.linnworks.net/Api/Method/ReturnsRefunds-SearchReturnsRefundsPaged
func (f *Fake) searchRefunds(req *refundsQuery) (any, error) {
	size, number := cmp.Or(req.Entries, maxPage), max(req.PageNum, 1)
	switch {
	case size < 1 || size > maxPage:
		return nil, refuse("The number of entries must be between 1 and %d", maxPage)
	case req.HistoryType != "REFUNDS" || !slices.Contains([]string{"ALLDATES", "BOOKED", "ACTIONED"}, req.DateType):
		return nil, refuse("This fake searches the bookings and actions of REFUNDS alone")
	case req.DateType != "ALLDATES" && req.To.After(req.From.AddDate(0, 3, 0)):
		return nil, refuse("The range of dates must not be longer than three months")
	}
	rows := []linnworks.ReturnsRefundsWeb{}
	for _, id := range slices.Sorted(maps.Keys(f.refunds)) {
		r := f.refunds[id]
		at := r.CreatedDate
		if req.DateType == "ACTIONED" {
			at = r.LastActionDate
		}
		if r.deleted || req.DateType != "ALLDATES" && (at.Before(req.From.Time) || !at.Before(req.To.Time)) {
			continue
		}
		g := r.order.GeneralInfo
		for _, line := range r.RefundLines {
			rows = append(rows, linnworks.ReturnsRefundsWeb{
				OrderID: r.OrderID, NumOrderID: r.NumOrderID, ReferenceNum: g.ReferenceNum, SecondaryReference: g.SecondaryReference, Source: g.Source, SubSource: g.SubSource,
				Currency: r.Currency, Amount: line.Amount, CreateDate: r.CreatedDate, ActionDate: r.LastActionDate, RefundReference: r.reference(), RefundRowID: line.RefundRowID,
				ExternalReference: line.ExternalReference, Reason: line.FreeTextOrNote, RefundStatus: linnworks.ReturnsRefundsWebRefundStatus(line.Status.StatusHeader), Row: len(rows) + 1,
			})
		}
	}
	return linnworks.ReturnsRefundsWebPage{
		PageNumber: number, EntriesPerPage: size, TotalEntries: int64(len(rows)), TotalPages: pages(len(rows), size), Data: page(rows, number, size),
	}, nil
}
