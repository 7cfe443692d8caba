package tiktokshoptest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Codes of fulfilment.
const (
	codeInvalid          = 11001002
	codeWrongState       = 21011003
	codeWrongModel       = 21011004
	codeAlreadyShipped   = 21011006
	codeCancelPending    = 21011007
	codeNotTikTok        = 21008017
	codePlatformFulfils  = 21008043
	codeBadProvider      = 21011022
	codeDuplicateNumber  = 21011025
	codeOverusedNumber   = 21011026
	codeDelivered        = 21011027
	codeForeignPackage   = 21011028
	codeCannotCombine    = 21011031
	codeOrderCancelled   = 21011041
	codeOnHold           = 21011044
	codeNumberCharacters = 21004012
	codeNoProvider       = 21004016
	codeTikTokOption     = 21008117
)

// maxOrdersPerNumber is how many orders may share a tracking number.
const maxOrdersPerNumber = 20

// parcel is a package in the fake.
type parcel struct {
	id               string
	lines            []*line
	status           tiktokshop.PackageStatus
	arranged         bool // shipping was arranged
	shippedAt        tiktokshop.UnixSeconds
	provider         tiktokshop.ShippingProvider
	tracking         string
	handover         tiktokshop.HandoverMethod
	created, updated tiktokshop.UnixSeconds
	documentAsked    bool
	slot             tiktokshop.TimeRange
	invoice          string // its status, in Brazil
	retired          bool   // it was split or combined
}

// newParcel puts lines into a new package that has yet to be shipped.
func (f *Fake) newParcel(lines []*line) *parcel {
	p := &parcel{id: f.newID(idPackage), lines: slices.Clone(lines), status: tiktokshop.PackageStatusToFulfill, created: f.unix(), updated: f.unix()}
	f.packageByID[p.id] = p
	f.parcels = append(f.parcels, p)
	for _, l := range lines {
		l.parcel = p
	}
	return p
}

// packed puts lines that are about to be shipped into one package: the one that
// holds just them already, or else a new one.
func (f *Fake) packed(lines []*line) *parcel {
	p := lines[0].parcel
	if p != nil && len(p.live()) == len(lines) && !slices.ContainsFunc(lines, func(l *line) bool { return l.parcel != p }) {
		return p
	}
	for _, l := range lines {
		p := l.parcel
		switch {
		case p == nil:
		case len(p.live()) > 1:
			p.lines, p.updated = slices.DeleteFunc(p.lines, func(other *line) bool { return other == l }), f.unix()
		default:
			f.retire(l)
		}
	}
	return f.newParcel(lines)
}

// live returns the lines in the package that are not cancelled.
func (p *parcel) live() (lines []*line) {
	for _, l := range p.lines {
		if !l.cancelled {
			lines = append(lines, l)
		}
	}
	return lines
}

// repeat finds the package that an earlier call like this one has shipped, nil
// if there is none or it does not matter: the package of the lines with the ids,
// or, without ids, a package of orders that have nothing left to ship.
func (f *Fake) repeat(orders []*order, ids []string, same func(*parcel) bool) *parcel {
	if f.has(QuirkRepeatedShipRefused) || len(ids) == 0 && slices.ContainsFunc(orders, func(o *order) bool { return len(o.open()) > 0 }) {
		return nil
	}
	for _, l := range orders[0].live() {
		if !l.shipped() || !same(l.parcel) {
			continue
		}
		if len(ids) == 0 || sameSet(ids, lineIDs(l.parcel.live())) {
			return l.parcel
		}
	}
	return nil
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// sentAs reports whether the seller has shipped the package with the number.
func (p *parcel) sentAs(providerID, number string) bool {
	return p.arranged && p.tracking == number && p.provider.ID == providerID
}

// orders returns the orders in the package.
func (p *parcel) orders() (orders []*order) {
	for _, l := range p.lines {
		if !slices.Contains(orders, l.order) {
			orders = append(orders, l.order)
		}
	}
	return orders
}

func (p *parcel) combined() bool { return len(p.orders()) > 1 }

// arrange marks a package as shipped: its units leave the committed stock.
func (f *Fake) arrange(p *parcel, provider tiktokshop.ShippingProvider, tracking string) {
	p.arranged, p.status, p.provider, p.tracking = true, tiktokshop.PackageStatusProcessing, provider, tracking
	p.shippedAt, p.updated = f.unix(), f.unix()
	f.tracking[tracking] = append(f.tracking[tracking], p)
	for _, l := range p.lines {
		if !l.cancelled {
			f.changeStock(l.sku, "order_shipped", func() { l.sku.move(l.order.info.WarehouseID, 0, -1) })
		}
	}
	for _, o := range p.orders() {
		f.dropRequest(o) // where one does not block
		f.report(o, "The seller has arranged the shipment")
		f.settle(o)
	}
}

// carry moves the packages of an order on, and every order on them whose
// packages have all come as far.
func (f *Fake) carry(o *order, to tiktokshop.PackageStatus, from, next tiktokshop.OrderStatus) {
	involved := []*order{o}
	for _, l := range o.lines {
		if l.shipped() && !l.cancelled && l.parcel.status != to {
			l.parcel.status, l.parcel.updated = to, f.unix()
			involved = append(involved, l.parcel.orders()...)
		}
	}
	for _, other := range involved {
		behind := func(l *line) bool { return !l.cancelled && (!l.shipped() || l.parcel.status != to) }
		if other.info.Status == from && !slices.ContainsFunc(other.lines, behind) {
			f.to(other, next)
			if next == tiktokshop.OrderStatusInTransit {
				other.info.CollectionTime = f.unix()
				f.report(other, "The carrier has collected the parcel")
			} else {
				other.info.DeliveryTime = f.unix()
				f.report(other, "The parcel was delivered")
				f.at(f.now.Add(SettlementTime), func() { f.settleMoney(other) })
			}
		}
	}
}

// shippable refuses orders that cannot be shipped now.
func (f *Fake) shippable(o *order) error {
	switch {
	case o.info.FulfillmentType != tiktokshop.FulfillmentTypeBySeller:
		return fail(codePlatformFulfils, "The order is fulfilled by the platform")
	case o.info.Status == tiktokshop.OrderStatusCancelled:
		return fail(codeOrderCancelled, "The order is cancelled")
	case o.info.Status == tiktokshop.OrderStatusOnHold && f.has(QuirkHoldBlocksShipping):
		return fail(codeOnHold, "The order is on hold")
	case o.info.Status == tiktokshop.OrderStatusUnpaid:
		return fail(codeWrongState, "The order is not paid")
	case o.info.Status == tiktokshop.OrderStatusDelivered, o.info.Status == tiktokshop.OrderStatusCompleted:
		return fail(codeDelivered, "The order is delivered")
	case len(o.open()) == 0:
		return fail(codeAlreadyShipped, "The order is shipped already")
	case o.request != nil && f.has(QuirkCancelRequestBlocks) && (f.market.family != familyUS || !f.has(QuirkUSShippingBeatsRequest)):
		return fail(codeCancelPending, "A cancellation request of the buyer is pending")
	}
	return nil
}

// pick returns the lines to ship: those with the ids, or all open ones.
func (f *Fake) pick(o *order, ids []string) ([]*line, error) {
	if len(ids) == 0 {
		return o.open(), nil
	}
	var lines []*line
	for _, id := range ids {
		l := f.lineByID[id]
		switch {
		case l == nil || l.order != o:
			return nil, fail(codeInvalid, "Line item %s is not of order %s", id, o.info.ID)
		case slices.Contains(lines, l):
			return nil, fail(codeInvalid, "Line item %s is given twice", id)
		case l.cancelled:
			return nil, fail(codeOrderCancelled, "Line item %s is cancelled", id)
		case l.shipped():
			return nil, fail(codeAlreadyShipped, "Line item %s is shipped already", id)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

var trackingNumber = regexp.MustCompile(`^[0-9A-Za-z-]+$`)

// checkTracking finds the provider, and refuses a number that is malformed or
// in use: several orders may travel under one number only to the same buyer and
// address.
func (f *Fake) checkTracking(o *order, providerID, number string) (tiktokshop.ShippingProvider, error) {
	none := tiktokshop.ShippingProvider{}
	if err := required("tracking_number", number); err != nil {
		return none, err
	}
	if err := required("shipping_provider_id", providerID); err != nil {
		return none, err
	}
	if !trackingNumber.MatchString(number) {
		return none, fail(codeNumberCharacters, "The tracking number has special characters")
	}
	offered := f.market.providers(o.info.DeliveryOptionID)
	i := slices.IndexFunc(offered, func(p tiktokshop.ShippingProvider) bool { return p.ID == providerID })
	switch {
	case !f.market.knownProvider(providerID):
		return none, fail(codeNoProvider, "No shipping provider has the id %s", providerID)
	case i < 0 && !f.has(QuirkProviderOfDeliveryOption):
		offered = f.market.providers(OptionStandard)
		i = slices.IndexFunc(offered, func(p tiktokshop.ShippingProvider) bool { return p.ID == providerID })
	case i < 0:
		return none, fail(codeBadProvider, "The shipping provider is not offered by the order's delivery option")
	}
	if !f.has(QuirkTrackingNumberOnce) {
		return offered[i], nil
	}
	others := map[*order]bool{}
	for _, p := range f.tracking[number] {
		for _, other := range p.orders() {
			if other == o || other.info.UserID != o.info.UserID || other.address.FullAddress != o.address.FullAddress {
				return none, fail(codeDuplicateNumber, "The tracking number is used already")
			}
			others[other] = true
		}
	}
	if len(others) >= maxOrdersPerNumber {
		return none, fail(codeOverusedNumber, "The tracking number is used by %d orders", len(others))
	}
	return offered[i], nil
}

// markShipped serves Fulfillment.MarkPackageAsShipped: seller shipping in the
// US, Europe and Japan.
//
// https://partner.tiktokshop.com/docv2/page/mark-package-as-shipped-202309
func (f *Fake) markShipped(in *request) (any, error) {
	req, err := decode[tiktokshop.MarkPackageAsShippedRequest](in)
	if err != nil {
		return nil, err
	}
	o, err := f.orderOf(in.params[0])
	if err != nil {
		return nil, err
	}
	if f.has(QuirkShipCallByMarket) && (f.market.family == familyOther || o.info.ShippingType != tiktokshop.ShippingTypeSeller) {
		return nil, f.wrongCall(o)
	}
	same := func(p *parcel) bool { return p.sentAs(req.ShippingProviderID, req.TrackingNumber) }
	if p := f.repeat([]*order{o}, req.OrderLineItemIDs, same); p != nil {
		return tiktokshop.MarkPackageAsShippedResponse{OrderID: o.info.ID, OrderLineItemIDs: lineIDs(p.live()), PackageID: p.id}, nil
	}
	if err := f.shippable(o); err != nil {
		return nil, err
	}
	lines, err := f.pick(o, req.OrderLineItemIDs)
	if err != nil {
		return nil, err
	}
	provider, err := f.checkTracking(o, req.ShippingProviderID, req.TrackingNumber)
	if err != nil {
		return nil, err
	}
	if err := f.invoiced(lines); err != nil {
		return nil, err
	}
	p := f.packed(lines)
	f.arrange(p, provider, req.TrackingNumber)
	return tiktokshop.MarkPackageAsShippedResponse{OrderID: o.info.ID, OrderLineItemIDs: lineIDs(lines), PackageID: p.id}, nil
}

// wrongCall refuses a call that does not ship orders like o.
func (f *Fake) wrongCall(o *order) error {
	return fail(codeWrongModel, "This call does not ship %s orders with shipping type %s", f.market.region, o.info.ShippingType)
}

// invoiced refuses lines in Brazil whose packages have no invoice.
func (f *Fake) invoiced(lines []*line) error {
	without := func(l *line) bool { return l.parcel == nil || l.parcel.invoice != invoiceAccepted }
	if f.market.region == "BR" && slices.ContainsFunc(lines, without) {
		return fail(codeInvoiceFirst, "Upload the invoice first")
	}
	return nil
}

func lineIDs(lines []*line) (ids []string) {
	for _, l := range lines {
		ids = append(ids, l.info.ID)
	}
	return ids
}

// shipPackage serves Fulfillment.ShipPackage: orders whose package exists since
// their payment.
//
// https://partner.tiktokshop.com/docv2/page/ship-package-202309
func (f *Fake) shipPackage(in *request) (any, error) {
	req, err := decode[shipment](in)
	if err != nil {
		return nil, err
	}
	return nil, f.ship(in.params[0], req)
}

// shipment is how a package is shipped: the body of Ship Package, and a part of
// that of Batch Ship.
type shipment struct {
	ID             string                    `json:"id"`
	HandoverMethod tiktokshop.HandoverMethod `json:"handover_method"`
	PickupSlot     *slotRequest              `json:"pickup_slot"`
	SelfShipment   *struct {
		TrackingNumber     string `json:"tracking_number"`
		ShippingProviderID string `json:"shipping_provider_id"`
	} `json:"self_shipment"`
}

// repeats reports whether the package was shipped like this before.
func (s shipment) repeats(p *parcel) bool {
	if s.SelfShipment == nil {
		return p.lines[0].order.info.ShippingType == tiktokshop.ShippingTypeTikTok
	}
	return p.sentAs(s.SelfShipment.ShippingProviderID, s.SelfShipment.TrackingNumber)
}

// batchShip serves Fulfillment.BatchShipPackages. Every package is shipped or
// refused alone.
//
// https://partner.tiktokshop.com/docv2/page/batch-ship-packages-202309
func (f *Fake) batchShip(in *request) (any, error) {
	req, err := decode[struct {
		Packages []shipment `json:"packages"`
	}](in)
	switch {
	case err != nil:
		return nil, err
	case len(req.Packages) == 0 || len(req.Packages) > maxBatch:
		return nil, invalid("packages", fmt.Sprintf("there must be from 1 to %d", maxBatch))
	}
	var out tiktokshop.BatchShipPackagesResponse
	for _, item := range req.Packages {
		if why, ok := errors.AsType[*failure](f.ship(item.ID, item)); ok {
			out.Errors = append(out.Errors, tiktokshop.BatchShipPackagesResponseError{
				Code: int64(why.code), Message: why.message, Detail: tiktokshop.CombinePackageResponseErrorDetail{PackageID: item.ID},
			})
		}
	}
	return out, nil
}

// maxBatch is how many packages a batch may have. The real number is not known.
const maxBatch = 50

// ship ships a package that exists since the payment.
func (f *Fake) ship(id string, req shipment) error {
	p, err := f.packageOf(id)
	switch {
	case err != nil:
		return err
	case p.status == tiktokshop.PackageStatusCancelled:
		return fail(codeOrderCancelled, "The package is cancelled")
	case p.arranged && !f.has(QuirkRepeatedShipRefused) && req.repeats(p):
		return nil
	case p.arranged:
		return fail(codeAlreadyShipped, "The package is shipped already")
	}
	o := p.lines[0].order
	if f.has(QuirkShipCallByMarket) && !f.market.packageAtPayment(o.info.ShippingType) {
		return f.wrongCall(o)
	}
	for _, o := range p.orders() {
		if err := f.shippable(o); err != nil {
			return err
		}
	}
	if err := f.invoiced(p.live()); err != nil {
		return err
	}
	if o.info.ShippingType == tiktokshop.ShippingTypeTikTok {
		method, err := oneOf("handover_method", req.HandoverMethod, "PICKUP", "DROP_OFF")
		if err != nil {
			return err
		}
		if err := f.book(p, method, req.PickupSlot); err != nil {
			return err
		}
		f.arrange(p, f.market.carrier(0), f.tiktokNumber())
		return nil
	}
	if req.SelfShipment == nil {
		return invalid("self_shipment", "it is required for seller shipping")
	}
	provider, err := f.checkTracking(o, req.SelfShipment.ShippingProviderID, req.SelfShipment.TrackingNumber)
	if err != nil {
		return err
	}
	f.arrange(p, provider, req.SelfShipment.TrackingNumber)
	return nil
}

// tiktokNumber makes a tracking number of TikTok Shipping.
func (f *Fake) tiktokNumber() string { return "TT" + f.newID(idTracking) }

// createPackages serves Fulfillment.CreatePackages: TikTok Shipping in the US.
// It buys a label, so the package is shipped with it.
//
// https://partner.tiktokshop.com/docv2/page/create-packages-202512
func (f *Fake) createPackages(in *request) (any, error) {
	req, err := decode[tiktokshop.CreatePackagesRequest](in)
	if err != nil {
		return nil, err
	}
	p, err := f.label(&req)
	if err != nil {
		return nil, err
	}
	carrier := p.provider
	out := tiktokshop.CreatePackagesResponse{
		PackageID: p.id, CreateTime: p.created,
		ShippingServiceInfo: tiktokshop.CreatePackagesResponseShippingServiceInfo{
			ID: defaultService, Name: "Standard label", Price: labelPrice.decimal(), Currency: f.market.currency,
			EarliestDeliveryDays: 2, LatestDeliveryDays: 5, ShippingProviderID: carrier.ID, ShippingProviderName: carrier.Name,
		},
	}
	if req.Dimension != nil {
		out.Dimension = *req.Dimension
	}
	if req.Weight != nil {
		out.Weight = *req.Weight
	}
	return out, nil
}

// createPackagesOld serves Fulfillment.CreatePackagesV202309: all or some lines
// of one order.
//
// https://partner.tiktokshop.com/docv2/page/create-packages-202309
func (f *Fake) createPackagesOld(in *request) (any, error) {
	old, err := decode[tiktokshop.CreatePackagesV202309Request](in)
	if err != nil {
		return nil, err
	}
	req := tiktokshop.CreatePackagesRequest{OrderID: old.OrderID, ShipType: new("1")}
	for _, id := range old.OrderLineItemIDs {
		req.ShipType = new("2")
		req.OrderLineItem = append(req.OrderLineItem, tiktokshop.CreatePackagesRequestOrderLineItem{OrderLineID: &id})
	}
	p, err := f.label(&req)
	if err != nil {
		return nil, err
	}
	carrier := p.provider
	return tiktokshop.CreatePackagesV202309Response{
		PackageID: p.id, CreateTime: p.created, OrderID: deref(old.OrderID), OrderLineItemIDs: lineIDs(p.live()),
		ShippingServiceInfo: tiktokshop.CreatePackagesResponseShippingServiceInfo{
			ID: defaultService, Name: "Standard label", Price: labelPrice.decimal(), Currency: f.market.currency,
			EarliestDeliveryDays: 2, LatestDeliveryDays: 5, ShippingProviderID: carrier.ID, ShippingProviderName: carrier.Name,
		},
	}, nil
}

// defaultService is the only shipping service: with label allocation the id
// that is sent is ignored.
const defaultService = "7208502187360519982"

func deref[T ~string](s *T) T {
	if s == nil {
		return ""
	}
	return *s
}

// label buys a label: for one whole order, some lines of one, or several whole
// orders to one address. The package is shipped with it.
func (f *Fake) label(req *tiktokshop.CreatePackagesRequest) (*parcel, error) {
	orderIDs, ids, err := labelled(req)
	if err != nil {
		return nil, err
	}
	var orders []*order
	units := 0
	for _, id := range orderIDs {
		o, err := f.orderOf(id)
		switch {
		case err != nil:
			return nil, err
		case f.has(QuirkShipCallByMarket) && f.market.family != familyUS:
			return nil, fail(codeWrongModel, "This call does not ship %s orders", f.market.region)
		case f.has(QuirkShipCallByMarket) && o.info.ShippingType != tiktokshop.ShippingTypeTikTok:
			return nil, fail(codeNotTikTok, "The order is not shipped by TikTok Shipping")
		}
		orders = append(orders, o)
		units += len(o.live())
	}
	same := func(p *parcel) bool {
		return len(ids) > 0 || len(p.live()) == units && sameSet(orderIDs, p.orderIDs())
	}
	if p := f.repeat(orders, ids, same); p != nil {
		return p, nil
	}
	lines, err := f.labelLines(orders, ids)
	if err != nil {
		return nil, err
	}
	p := f.packed(lines)
	f.arrange(p, f.market.carrier(0), f.tiktokNumber())
	return p, nil
}

// labelled returns the ids of the orders that a label is for and, unless they
// travel whole, of their line items.
func labelled(req *tiktokshop.CreatePackagesRequest) (orderIDs, ids []string, err error) {
	switch shipType := deref(req.ShipType); shipType {
	case "1", "2":
		if err := required("order_id", deref(req.OrderID)); err != nil {
			return nil, nil, err
		}
		orderIDs = []string{*req.OrderID}
		if shipType == "2" {
			for _, l := range req.OrderLineItem {
				ids = append(ids, deref(l.OrderLineID))
			}
			if len(ids) == 0 {
				return nil, nil, invalid("order_line_item", "it is required for ship_type 2")
			}
		}
	case "3":
		orderIDs = req.OrderListIDs
		if len(orderIDs) < 2 {
			return nil, nil, invalid("order_list_ids", "ship_type 3 takes at least 2 orders")
		}
	default:
		return nil, nil, invalid("ship_type", "it must be 1, 2 or 3")
	}
	return orderIDs, ids, nil
}

// labelLines returns the lines of orders that share a label.
func (f *Fake) labelLines(orders []*order, ids []string) ([]*line, error) {
	var lines []*line
	for _, o := range orders {
		if err := f.shippable(o); err != nil {
			return nil, err
		}
		picked, err := f.pick(o, ids)
		if err != nil {
			return nil, err
		}
		if len(lines) > 0 {
			first := lines[0].order
			if first == o || first.info.UserID != o.info.UserID || first.address.FullAddress != o.address.FullAddress {
				return nil, fail(codeCannotCombine, "The orders cannot share a package")
			}
		}
		lines = append(lines, picked...)
	}
	return lines, f.invoiced(lines)
}

func (f *Fake) packageOf(id string) (*parcel, error) {
	p := f.packageByID[id]
	if p == nil || p.retired {
		return nil, fail(codeForeignPackage, "Package %s does not belong to this shop", id)
	}
	return p, nil
}

// packageDetail serves Fulfillment.GetPackageDetail.
//
// https://partner.tiktokshop.com/docv2/page/get-package-detail-202309
func (f *Fake) packageDetail(in *request) (any, error) {
	p, err := f.packageOf(in.params[0])
	if err != nil {
		return nil, err
	}
	first := p.lines[0].order
	a := f.recipient(first)
	out := tiktokshop.Package{
		PackageID: p.id, PackageStatus: p.status, CreateTime: p.created, UpdateTime: p.updated,
		OrderLineItemIDs: lineIDs(p.lines), ShippingType: first.info.ShippingType, HandoverMethod: p.handover,
		DeliveryOptionID: first.info.DeliveryOptionID, DeliveryOptionName: first.info.DeliveryOptionName,
		ShippingProviderID: p.provider.ID, ShippingProviderName: p.provider.Name, TrackingNumber: p.tracking,
		SplitAndCombineTag: "DEFAULT",
		RecipientAddress: tiktokshop.PackageRecipientAddress{
			AddressDetail: a.AddressDetail, AddressLine1: a.AddressLine1, AddressLine2: a.AddressLine2, AddressLine3: a.AddressLine3,
			AddressLine4: a.AddressLine4, FullAddress: a.FullAddress, Name: a.Name, PhoneNumber: a.PhoneNumber,
			PostalCode: a.PostalCode, RegionCode: a.RegionCode,
		},
	}
	kinds := map[*sku]bool{}
	for _, o := range p.orders() {
		out.Orders = append(out.Orders, tiktokshop.PackageOrder{ID: o.info.ID, SKUs: contents(p, o)})
	}
	for _, l := range p.lines {
		kinds[l.sku] = true
	}
	out.HasMultiSKUs = len(kinds) > 1
	out.NoteTag = "BUYER_UNNOTED"
	if first.info.BuyerMessage != "" {
		out.NoteTag = "BUYER_NOTED"
	}
	out.PickupSlot = p.slot
	if p.combined() {
		out.SplitAndCombineTag = "COMBINE"
	} else if len(p.lines) < len(first.live()) {
		out.SplitAndCombineTag = "SPLIT"
	}
	return out, nil
}

// contents counts what of an order is in a package.
func contents(p *parcel, o *order) (skus []tiktokshop.PackageOrderSKU) {
	for _, l := range p.lines {
		if l.order != o {
			continue
		}
		i := slices.IndexFunc(skus, func(s tiktokshop.PackageOrderSKU) bool { return s.ID == l.sku.id })
		if i < 0 {
			i = len(skus)
			skus = append(skus, tiktokshop.PackageOrderSKU{ID: l.sku.id, Name: l.info.SKUName})
		}
		skus[i].Quantity++
	}
	return skus
}

// fiveEU are the markets whose providers depend on where a parcel comes from and
// goes to.
var fiveEU = []string{"DE", "FR", "IT", "ES", "IE"}

// shippingProviders serves Logistics.GetShippingProviders.
//
// https://partner.tiktokshop.com/docv2/page/get-shipping-providers-202309
func (f *Fake) shippingProviders(in *request) (any, error) {
	option := in.params[0]
	switch {
	case optionNames[option] == "":
		return nil, fail(codeInvalid, "Delivery option %s does not exist", option)
	case option == OptionTikTok:
		return nil, fail(codeTikTokOption, "The delivery option is fulfilled by TikTok")
	}
	if f.has(QuirkProviderRegions) && slices.Contains(fiveEU, f.market.region) {
		for _, name := range []string{"warehouse_region", "buyer_region"} {
			if region := in.query.Get(name); !isRegion(region) {
				return nil, invalid(name, "the two letters of a country are required")
			}
		}
	}
	return tiktokshop.GetShippingProvidersResponse{ShippingProviders: f.market.providers(option)}, nil
}

// isRegion reports whether s has the form of an ISO 3166 alpha-2 code.
func isRegion(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// deliveryOptions serves Logistics.GetWarehouseDeliveryOptions.
//
// https://partner.tiktokshop.com/docv2/page/get-warehouse-delivery-options-202309
func (f *Fake) deliveryOptions(in *request) (any, error) {
	if f.warehouse(in.params[0]) == nil {
		return nil, fail(codeInvalid, "Warehouse %s does not exist", in.params[0])
	}
	if _, err := oneOf("scope", in.query.Get("scope"), "WAREHOUSE", "PRODUCT"); err != nil {
		return nil, err
	}
	var out tiktokshop.GetWarehouseDeliveryOptionsResponse
	for _, id := range []string{OptionStandard, OptionExpress, OptionTikTok} {
		kind := map[string]tiktokshop.DeliveryOptionType{OptionStandard: "SEND_BY_SELLER", OptionExpress: "EXPRESS", OptionTikTok: "STANDARD"}[id]
		out.DeliveryOptions = append(out.DeliveryOptions, tiktokshop.DeliveryOption{
			ID: id, Name: optionNames[id], Type: kind, Description: optionNames[id], Platform: []tiktokshop.LogisticsPlatform{"TIKTOK_SHOP"},
			DimensionLimit: tiktokshop.DeliveryOptionDimensionLimit{MaxHeight: 100, MaxLength: 100, MaxWidth: 100, Unit: "CM"},
			WeightLimit:    tiktokshop.DeliveryOptionWeightLimit{MinWeight: 1, MaxWeight: 30000, Unit: "GRAM"},
		})
	}
	return out, nil
}

// ShipByPlatform lets TikTok ship an order that it fulfils itself.
func (f *Fake) ShipByPlatform(id string) error {
	return f.change(id, "ship", func(o *order) error {
		if o.info.FulfillmentType == tiktokshop.FulfillmentTypeBySeller {
			return errors.New("its fulfilment is the seller's")
		}
		p := f.packed(o.open())
		f.arrange(p, f.market.carrier(0), f.tiktokNumber())
		return nil
	}, tiktokshop.OrderStatusAwaitingShipment)
}
