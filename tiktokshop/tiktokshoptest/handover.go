package tiktokshoptest

import (
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of handing over and of labels.
const (
	codeSlotTaken = 21011054
	codeNotUS     = 21004010
)

// slotRequest is a pickup slot in a request.
type slotRequest struct {
	StartTime tiktokshop.UnixSeconds `json:"start_time"`
	EndTime   tiktokshop.UnixSeconds `json:"end_time"`
}

// slot is a time at which the carrier can come.
type slot struct {
	start, end tiktokshop.UnixSeconds
	free       bool
}

// slots are the mornings and afternoons of the next two days; the first morning
// is taken.
func (f *Fake) slots() (all []slot) {
	day := f.now.UTC().Truncate(24 * time.Hour)
	for i := range 4 {
		start := day.Add(time.Duration(24*(1+i/2)+9+5*(i%2)) * time.Hour)
		all = append(all, slot{tiktokshop.At(start), tiktokshop.At(start.Add(4 * time.Hour)), i > 0})
	}
	return all
}

// book books the handover of a package. No slot means any.
func (f *Fake) book(p *parcel, method tiktokshop.HandoverMethod, wanted *slotRequest) error {
	if wanted != nil && wanted.StartTime != 0 {
		if !slices.Contains(f.slots(), slot{wanted.StartTime, wanted.EndTime, true}) {
			return fail(codeSlotTaken, "The pickup slot is not available")
		}
		p.slot = tiktokshop.TimeRange{StartTime: wanted.StartTime, EndTime: wanted.EndTime}
	}
	p.handover = method
	return nil
}

// orderSlots serves Fulfillment.GetHandoverTimeslots.
//
// https://partner.tiktokshop.com/docv2/page/get-handover-timeslots-202309
func (f *Fake) orderSlots(in *request) (any, error) {
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	if err := f.handsOver(o); err != nil {
		return nil, err
	}
	out := tiktokshop.GetHandoverTimeslotsResponse{
		CanPickup: true, CanDropOff: true, CanVanCollection: f.market.region == "GB", DropOffPointURL: "https://carrier.example.com/points",
	}
	for _, s := range f.slots() {
		out.PickupSlots = append(out.PickupSlots, tiktokshop.FulfillmentPickupSlot{StartTime: s.start, EndTime: s.end, Avaliable: s.free})
	}
	return out, nil
}

// packageSlots serves Fulfillment.GetPackageHandoverTimeSlots.
//
// https://partner.tiktokshop.com/docv2/page/get-package-handover-time-slots-202309
func (f *Fake) packageSlots(in *request) (any, error) {
	p, err := f.packageOf(in.params[0])
	if err != nil {
		return nil, err
	}
	if err := f.handsOver(p.lines[0].order); err != nil {
		return nil, err
	}
	out := tiktokshop.GetPackageHandoverTimeSlotsResponse{
		CanPickup: true, CanDropOff: true, CanVanCollection: f.market.region == "GB", DropOffPointURL: "https://carrier.example.com/points",
	}
	for _, s := range f.slots() {
		out.PickupSlots = append(out.PickupSlots, tiktokshop.FulfillmentPickupSlot{StartTime: s.start, EndTime: s.end, Avaliable: s.free})
	}
	return out, nil
}

// handsOver refuses orders whose parcels TikTok's carriers do not fetch.
func (f *Fake) handsOver(o *order) error {
	switch {
	case o.info.ShippingType != tiktokshop.ShippingTypeTikTok:
		return fail(codeNotTikTok, "The order is not shipped by TikTok Shipping")
	case o.info.Status == tiktokshop.OrderStatusCancelled:
		return fail(codeOrderCancelled, "The order is cancelled")
	case o.info.Status == tiktokshop.OrderStatusOnHold && f.has(QuirkHoldBlocksShipping):
		return fail(codeOnHold, "The order is on hold")
	}
	return nil
}

// scheduleHandover serves Fulfillment.SchedulePackageHandover: of a package with
// a label of TikTok Shipping that waits for its carrier.
//
// https://partner.tiktokshop.com/docv2/page/schedule-package-handover-202309
func (f *Fake) scheduleHandover(in *request) (any, error) {
	req, err := decode[struct {
		OrderID    string                    `json:"order_id"`
		LineIDs    []string                  `json:"order_line_item_ids"`
		Method     tiktokshop.HandoverMethod `json:"handover_method"`
		PickupSlot *slotRequest              `json:"pickup_slot"`
	}](in)
	if err != nil {
		return nil, err
	}
	o, err := f.orderOf(req.OrderID)
	if err != nil {
		return nil, err
	}
	if err := f.handsOver(o); err != nil {
		return nil, err
	}
	var p *parcel
	for _, l := range o.live() {
		switch {
		case !l.shipped() || len(req.LineIDs) > 0 && !slices.Contains(req.LineIDs, l.info.ID):
		case p != nil && p != l.parcel:
			return nil, fail(codeSeveral, "The order has several packages: give the line items of one")
		default:
			p = l.parcel
		}
	}
	switch {
	case p == nil:
		return nil, fail(codeNotShipped, "Buy a label first")
	case p.status != tiktokshop.PackageStatusProcessing:
		return nil, fail(codeWrongState, "The package has been collected")
	}
	method, err := oneOf("handover_method", req.Method, "PICKUP", "DROP_OFF")
	if err != nil {
		return nil, err
	}
	if err := f.book(p, method, req.PickupSlot); err != nil {
		return nil, err
	}
	p.updated = f.unix()
	return tiktokshop.SchedulePackageHandoverResponse{
		CreateTime: p.created, UpdateTime: p.updated, HandoverMethod: string(method), OrderID: o.info.ID, OrderLineItemIDs: lineIDs(p.lines),
		PackageID: p.id, ShippingProviderID: p.provider.ID, ShippingProviderName: p.provider.Name, TrackingNumber: p.tracking,
	}, nil
}

// shippingServices serves Fulfillment.GetEligibleShippingService: labels of
// TikTok Shipping in the US.
//
// https://partner.tiktokshop.com/docv2/page/get-eligible-shipping-service-202309
func (f *Fake) shippingServices(in *request) (any, error) {
	req, err := decode[tiktokshop.GetEligibleShippingServiceRequest](in)
	if err != nil {
		return nil, err
	}
	o, err := f.orderOf(in.params[0])
	switch {
	case err != nil:
		return nil, err
	case f.market.family != familyUS:
		return nil, fail(codeNotUS, "This call is for orders in the US")
	case o.info.ShippingType != tiktokshop.ShippingTypeTikTok:
		return nil, fail(codeNotTikTok, "The order is not shipped by TikTok Shipping")
	}
	if err := f.shippable(o); err != nil {
		return nil, err
	}
	lines, err := f.pick(o, req.OrderLineItemIDs)
	if err != nil {
		return nil, err
	}
	carrier := f.market.carrier(0)
	out := tiktokshop.GetEligibleShippingServiceResponse{
		OrderID: o.info.ID, OrderLineID: lineIDs(lines),
		ShippingServices: []tiktokshop.GetEligibleShippingServiceResponseShippingService{{
			ID: defaultService, Name: "Standard label", Price: labelPrice.decimal(), Currency: f.market.currency, IsDefault: true,
			EarliestDeliveryDays: 2, LatestDeliveryDays: 5, ShippingProviderID: carrier.ID, ShippingProviderName: carrier.Name,
		}},
	}
	if req.Dimension != nil {
		out.Dimension = *req.Dimension
	}
	if req.Weight != nil {
		out.Weight = *req.Weight
	}
	return out, nil
}

// labelPrice is what a label of TikTok Shipping costs the seller.
const labelPrice money = 520
