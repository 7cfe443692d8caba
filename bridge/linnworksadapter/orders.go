package linnworksadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/stage"
	"github.com/linnbridge/linnbridge/linnworks"
)

// FindOrders implements [bridge.OrderBook]. Linnworks looks up one reference a call,
// across all channels: orders of other sources, made by hand too, are marked as such.
func (l *Warehouse) FindOrders(ctx context.Context, references []string) ([]bridge.WarehouseOrder, error) {
	var list []bridge.WarehouseOrder
	for _, reference := range references {
		found, err := l.client.Orders.GetOrderDetailsByReferenceID(ctx, &linnworks.GetOrderDetailsByReferenceIDRequest{ReferenceID: reference})
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if o.GeneralInfo.Status == statusResend || strings.TrimSpace(o.GeneralInfo.ReferenceNum) != reference {
				continue
			}
			w := warehouseOrder(o)
			w.Reference, w.Foreign, w.Sibling = reference, l.foreign(o.GeneralInfo), l.sibling(o.GeneralInfo)
			list = append(list, w)
		}
	}
	return list, l.markSubmitted(ctx, list)
}

// mergedReference stands in the place of the reference of a merged order: it
// names no order of the shop, and asking the shop for it fails the whole batch.
const mergedReference = "MERGED"

// Payment states of Linnworks that matter here.
const (
	statusUnpaid = 0
	statusPaid   = 1
	statusResend = 4
)

// markerParked is the tag that parks an order.
const markerParked = 7

func (l *Warehouse) ours(g linnworks.OrderGeneralInfo) bool {
	return strings.EqualFold(g.Source, l.options.Source) && strings.EqualFold(g.SubSource, l.options.SubSource)
}

// foreign is where an order comes from that the bridge did not make, empty for its own.
func (l *Warehouse) foreign(g linnworks.OrderGeneralInfo) string {
	if l.ours(g) {
		return ""
	}
	return cmp.Or(strings.Trim(g.Source+"/"+g.SubSource, "/ "), "none")
}

// sibling reports whether a bridge for another shop of the account made an order.
func (l *Warehouse) sibling(g linnworks.OrderGeneralInfo) bool {
	return !l.ours(g) && strings.EqualFold(g.Source, l.options.Source)
}

// warehouseOrder reads Linnworks' order into the bridge's.
func warehouseOrder(o linnworks.OrderDetails) bridge.WarehouseOrder {
	g := o.GeneralInfo
	w := bridge.WarehouseOrder{
		ID: string(o.OrderID), Number: strconv.Itoa(o.NumOrderID), Reference: g.ReferenceNum,
		State: stateOfOrder(o), Stage: stageOfOrder(o), LocationID: string(o.FulfilmentLocationID),
		Carrier: o.ShippingInfo.Vendor, Service: o.ShippingInfo.PostalServiceName,
		Tracking: part.Tracking(o.ShippingInfo.TrackingNumber), LabelError: bridge.Private(g.LabelError),
		Unpaid: !o.Processed && g.Status == statusUnpaid, HasAddress: o.CustomerInfo.Address.Address1 != "" || o.CustomerInfo.Address.PostCode != "",
	}
	if strings.EqualFold(w.Reference, mergedReference) {
		w.Reference, w.Merged = "", true
	}
	if o.Processed {
		w.ProcessedAt = moment(o.ProcessedDateTime)
	}
	w.DispatchBy = moment(g.DespatchByDate)
	shopLines := map[string][]string{}
	for _, p := range o.ExtendedProperties {
		if p.Name == "tiktok.shipping_model" {
			w.ShippingModel = bridge.ShippingModel(p.Value)
		}
		w.MadeParked = w.MadeParked || p.Name == parkedProperty
		if p.Name == orderIDProperty && w.Reference == "" && !slices.Contains(w.References, p.Value) {
			w.References = append(w.References, p.Value)
		}
		if id, ok := strings.CutPrefix(p.Name, bridge.LineIDsProperty); ok {
			shopLines[id] = strings.Split(p.Value, ",")
		}
	}
	for _, item := range o.Items {
		if item.IsService {
			continue // a fee
		}
		line := bridge.WarehouseLine{LineID: item.ItemNumber, SKU: cmp.Or(item.SKU, item.ChannelSKU), Quantity: item.Quantity, Unlinked: item.IsUnlinked}
		if line.FromLineIDs = shopLines[item.ItemNumber]; line.FromLineIDs == nil && item.ItemNumber != "" {
			line.FromLineIDs = []string{item.ItemNumber}
		}
		if len(line.FromLineIDs) == item.Quantity {
			line.ShopLineIDs = line.FromLineIDs
		}
		w.Lines = append(w.Lines, line)
	}
	return w
}

func stateOfOrder(o linnworks.OrderDetails) bridge.WarehouseState {
	g := o.GeneralInfo
	switch {
	case o.Processed && g.HoldOrCancel:
		return bridge.Dropped
	case o.Processed:
		return bridge.Processed
	case g.HoldOrCancel:
		return bridge.Locked
	case g.IsParked || g.Marker == markerParked || g.Status != statusPaid:
		return bridge.Parked
	}
	return bridge.Open
}

// parkedProperty is the name of the extended property of an order that was created
// parked.
const parkedProperty = "tiktok.parked"

// orderIDProperty is the name of the extended property that keeps the shop's
// order id: a merged order no longer has a reference, but the properties of all
// orders in it.
const orderIDProperty = "tiktok.order_id"

// ChannelOrder returns the order as [linnworks.OrdersService.CreateOrders] takes
// it, without a call: a preview, and what CreateOrders sends. The location is not in it: it
// belongs to the call. Linnworks adds up the total itself, from prices that
// have the tax in them: a rate that is rounded cannot change it then.
func (l *Warehouse) ChannelOrder(n bridge.NewOrder) linnworks.ChannelOrder {
	billing := channelAddress(n.Recipient)
	if n.TaxName != "" {
		billing.FullName = string(n.TaxName)
	}
	order := linnworks.ChannelOrder{
		Source: l.options.Source, SubSource: l.options.SubSource, ReferenceNumber: n.Reference, ExternalReference: n.Reference,
		SecondaryReferenceNumber: n.RelatedReference,
		PaymentStatus:            linnworks.PaymentStatusPaid, AutomaticallyLinkBySKU: true, UseChannelTax: n.TaxStated,
		ReceivedDate: linnworks.Time{Time: n.ReceivedAt}, PaidOn: linnworks.Time{Time: n.PaidAt}, DispatchBy: linnworks.Time{Time: n.DispatchBy},
		Currency: n.Currency, PostalServiceCost: linnworks.Decimal(n.Shipping.Decimal()), PostalServiceTaxRate: taxRate(n.Shipping, n.ShippingTax),
		MatchPostalServiceTag: l.serviceTag(n), MatchPaymentMethodTag: n.PaymentMethod,
		ChannelBuyerName: string(n.BuyerName), BuyerTaxNumber: string(n.TaxNumber),
		DeliveryAddress: channelAddress(n.Recipient), BillingAddress: billing,
	}
	if n.Unpaid {
		order.PaymentStatus = linnworks.PaymentStatusUnpaid
	}
	if n.Parked {
		order.OrderState = linnworks.OrderStatePark
	}
	if n.Discount.Minor != 0 {
		order.Discount, order.DiscountType, order.DiscountTaxType = linnworks.Decimal(n.Discount.Decimal()), "AllEvenly", "DeductAfterTax"
	}
	order.OrderItems = make([]linnworks.ChannelOrderItem, 0, len(n.Lines)+len(n.Fees))
	for _, line := range n.Lines {
		order.OrderItems = append(order.OrderItems, linnworks.ChannelOrderItem{
			ItemNumber: line.LineID, ChannelSKU: line.SKU, ItemTitle: line.Title, Qty: line.Quantity,
			PricePerUnit: linnworks.Decimal(line.Price.Decimal()), LineDiscount: "0",
			TaxRate: taxRate(line.Price, line.Tax), TaxCostInclusive: true, UseChannelTax: n.TaxStated,
		})
	}
	for i, fee := range n.Fees {
		order.OrderItems = append(order.OrderItems, linnworks.ChannelOrderItem{
			ItemNumber: fmt.Sprintf("fee-%d", i+1), ChannelSKU: fee.Name, ItemTitle: feeTitle(fee.Name), Qty: 1, IsService: true,
			PricePerUnit: linnworks.Decimal(fee.Amount.Decimal()), LineDiscount: "0", TaxRate: "0", TaxCostInclusive: true, UseChannelTax: n.TaxStated,
		})
	}
	properties := make([]linnworks.ChannelOrderExtendedProperty, 0, 2+len(n.Properties))
	properties = append(properties, linnworks.ChannelOrderExtendedProperty{Name: orderIDProperty, Value: n.Reference, Type: propertyType})
	if n.Parked {
		properties = append(properties, linnworks.ChannelOrderExtendedProperty{Name: parkedProperty, Value: "until the shop releases it", Type: propertyType})
	}
	for _, p := range n.Properties {
		properties = append(properties, linnworks.ChannelOrderExtendedProperty{Name: p.Name, Value: p.Value, Type: propertyType})
	}
	order.ExtendedProperties = properties
	for _, note := range []linnworks.ChannelOrderNote{
		{Note: string(n.Note), NoteUserName: "TikTok Shop buyer"},
		{Note: string(n.SellerNote), NoteUserName: "TikTok Shop seller", Internal: true},
		{Note: leaveAt(n.Recipient), NoteUserName: "TikTok Shop buyer"},
	} {
		if note.Note != "" {
			note.NoteEntryDate = linnworks.Time{Time: n.ReceivedAt}
			order.Notes = append(order.Notes, note)
		}
	}
	return order
}

// propertyType is that of the extended properties of an order.
const propertyType = "Order"

// serviceTag is the name by which Linnworks finds the postal service. The option
// that says most wins: the shop's id, shipping model and name, name, model. An
// unmapped option of the platform's shipping keeps the model in its tag: it may
// have the name of an option of the seller's, and must not be sent as that.
func (l *Warehouse) serviceTag(n bridge.NewOrder) string {
	modelName := string(n.ShippingModel) + "/" + n.Service
	for _, key := range []string{n.ServiceID, modelName, n.Service, string(n.ShippingModel)} {
		if tag := l.options.Service[key]; tag != "" {
			return tag
		}
	}
	if n.ShippingModel == bridge.TikTokShipping {
		return modelName
	}
	return n.Service
}

// taxRate is the percentage at which gross contains tax, exact enough for net and
// tax to come out to the minor unit. More than a hundred times the net is absurd.
func taxRate(gross, tax money.Amount) linnworks.Decimal {
	net := gross.Minor - tax.Minor
	if tax.Minor <= 0 || net <= 0 || tax.Minor/net > 100 {
		return "0"
	}
	const millionths = 1_000_000
	high, low := bits.Mul64(uint64(tax.Minor), 100*millionths)
	rate, rest := bits.Div64(high, low, uint64(net)) // at most 10^10: it fits
	if rest >= uint64(net)-rest {
		rate++
	}
	return linnworks.Decimal(fmt.Sprintf("%d.%06d", rate/millionths, rate%millionths))
}

// feeTitle is the shop's name of a fee for people.
func feeTitle(name string) string {
	if name == "residual" {
		return "Difference to the shop's total"
	}
	title := strings.ReplaceAll(name, "_", " ")
	if title != "" {
		title = strings.ToUpper(title[:1]) + title[1:]
	}
	return title
}

func leaveAt(a bridge.Address) string {
	if a.Instructions == "" {
		return ""
	}
	return "Leave the parcel at: " + a.Instructions
}

// maxPostcode is the longest postcode that alone does not park an order.
const maxPostcode = 11

func channelAddress(a bridge.Address) linnworks.ChannelAddress {
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

// ReleaseOrder implements [bridge.OrderCanceller].
func (l *Warehouse) ReleaseOrder(ctx context.Context, w bridge.WarehouseOrder, a bridge.Address) error {
	return l.ReleaseOrders(ctx, []bridge.OrderRelease{{Order: w, Address: a}})[0]
}

// ReleaseOrders implements [bridge.OrderBook]: unpark, because a parked order takes
// neither a status nor an address; then paid; then the address; then the rules
// engine, which has not run for a parked order and may need the address. All but
// the addresses, which are two calls each, are one call for up to 200 orders. An order
// that Linnworks refuses makes it refuse the whole call: it is found by halving.
func (l *Warehouse) ReleaseOrders(ctx context.Context, orders []bridge.OrderRelease) []error {
	errs := make([]error, len(orders))
	// each calls do for those of the orders that have not failed.
	each := func(what string, wanted func(bridge.OrderRelease) bool, do func([]linnworks.GUID, ...linnworks.CallOption) error) {
		var at []int
		for i, o := range orders {
			if errs[i] == nil && wanted(o) {
				at = append(at, i)
			}
		}
		for chunk := range slices.Chunk(at, maxOrderDetails) {
			var opts []linnworks.CallOption
			perOrder(ctx, chunk, new(part.Tally), func(some []int) error {
				ids := make([]linnworks.GUID, len(some))
				for k, i := range some {
					ids[k] = linnworks.GUID(orders[i].Order.ID)
				}
				err := do(ids, opts...)
				if opts == nil {
					opts = []linnworks.CallOption{linnworks.NoRepeat()} // the halves of what was tried often enough
				}
				return err
			}, func(i int, err error, _ bool) { errs[i] = fmt.Errorf("%s: %w", what, err) })
		}
	}
	every := func(bridge.OrderRelease) bool { return true }
	each("unparking it", every, func(ids []linnworks.GUID, opts ...linnworks.CallOption) error { return l.tag(ctx, nil, ids, opts...) })
	each("marking it as paid", func(o bridge.OrderRelease) bool { return o.Order.Unpaid }, func(ids []linnworks.GUID, opts ...linnworks.CallOption) error {
		_, err := l.client.Orders.ChangeStatus(ctx, &linnworks.ChangeStatusRequest{OrderIDs: ids, Status: statusPaid}, opts...)
		return unlessPartial(err)
	})
	for i, o := range orders {
		if errs[i] == nil && o.Address != (bridge.Address{}) {
			if err := l.setAddress(ctx, linnworks.GUID(o.Order.ID), o.Address); err != nil {
				errs[i] = fmt.Errorf("writing the address: %w", err)
			}
		}
	}
	each("running the rules engine", every, func(ids []linnworks.GUID, opts ...linnworks.CallOption) error { return l.runRules(ctx, ids, opts...) })
	return errs
}

// perOrder calls do with all of these indexes of orders, and with the halves if one of
// them may be the cause that it failed. fail is told of each that was not done, and
// whether that was tried with it alone.
func perOrder(ctx context.Context, at []int, tally *part.Tally, do func([]int) error, fail func(i int, err error, alone bool)) {
	settled := map[int]bool{}
	err := part.Isolate(ctx, at, tally, func(some []int) error {
		err := do(some)
		if blamesAnOrder(err) {
			return err
		}
		for _, i := range some {
			if settled[i] = true; err != nil {
				fail(i, err, false)
			}
		}
		return nil
	}, func(i int, err error) {
		settled[i] = true
		fail(i, err, true)
	})
	for _, i := range at {
		if !settled[i] {
			fail(i, err, false)
		}
	}
}

// badLocation is the refusal that is no order's fault.
const badLocation = "location not found"

// blamesAnOrder reports whether a call for several orders may have failed for the
// sake of one of them: it was refused, before it was sent or by Linnworks, or
// Linnworks broke down over it. That a gateway got no answer is no order's fault.
func blamesAnOrder(err error) bool {
	switch e, answered := errors.AsType[*linnworks.Error](err); {
	case !answered:
		return err != nil && !linnworks.IsOutcomeUnknown(err)
	case strings.Contains(strings.ToLower(e.Message), badLocation):
		return false
	default:
		return linnworks.IsRequest(err) || linnworks.IsNotFound(err) || e.HTTPStatus == http.StatusInternalServerError
	}
}

// runRules runs the rules engine. Which orders meet it is read back, if at all:
// it skips those that are parked or locked.
func (l *Warehouse) runRules(ctx context.Context, ids []linnworks.GUID, opts ...linnworks.CallOption) error {
	_, err := l.client.Orders.RunRulesEngine(ctx, &linnworks.RunRulesEngineRequest{OrderIDs: ids}, opts...)
	return unlessPartial(err)
}

// SetAddress implements [bridge.AddressWriter]. The rules engine runs again: an address
// may decide the postal service.
func (l *Warehouse) SetAddress(ctx context.Context, w bridge.WarehouseOrder, a bridge.Address) error {
	id := linnworks.GUID(w.ID)
	if err := l.setAddress(ctx, id, a); err != nil {
		return err
	}
	if err := l.runRules(ctx, []linnworks.GUID{id}); err != nil {
		return fmt.Errorf("running the rules engine: %w", err)
	}
	return nil
}

func (l *Warehouse) setAddress(ctx context.Context, id linnworks.GUID, a bridge.Address) error {
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
		OrderID: id, Info: &info, SaveToCRM: new(false),
	})
	note := leaveAt(a)
	has := slices.ContainsFunc(current.Notes, func(n linnworks.OrderNote) bool { return n.Note == note })
	if err != nil || note == "" || has {
		return err
	}
	if _, err = l.client.Orders.AddOrdersNote(ctx, &linnworks.AddOrdersNoteRequest{OrderIDs: []linnworks.GUID{id}, NoteText: new(note), IsInternal: new(false)}); err != nil {
		return fmt.Errorf("noting where to leave the parcel: %w", err)
	}
	return nil
}

func (l *Warehouse) read(ctx context.Context, id linnworks.GUID) (linnworks.OrderDetails, error) {
	found, err := l.client.Orders.GetOrdersByID(ctx, &linnworks.GetOrdersByIDRequest{OrderIDs: []linnworks.GUID{id}})
	if err != nil {
		return linnworks.OrderDetails{}, err
	}
	if len(found) != 1 {
		return linnworks.OrderDetails{}, fmt.Errorf("Linnworks does not return order %s", id)
	}
	return found[0], nil
}

// tag sets or clears the marker of orders.
func (l *Warehouse) tag(ctx context.Context, tag *int, ids []linnworks.GUID, opts ...linnworks.CallOption) error {
	_, err := l.client.Orders.ChangeOrderTag(ctx, &linnworks.ChangeOrderTagRequest{OrderIDs: ids, Tag: tag}, opts...)
	return unlessPartial(err)
}

// unlessPartial drops the error of a call whose reply leaves orders out: those may
// have been as wanted before. The caller reads back.
func unlessPartial(err error) error {
	if linnworks.IsPartial(err) {
		return nil
	}
	return err
}

// stageOfOrder reads the signs that Linnworks leaves on an order, the strongest
// first. Being at a fulfilment centre is not among them: see markSubmitted.
func stageOfOrder(o linnworks.OrderDetails) stage.Stage {
	g := o.GeneralInfo
	switch {
	case o.Processed:
		return stage.Processed
	case g.PartShipped, slices.ContainsFunc(o.Items, func(i linnworks.OrderItem) bool { return i.PartShippedQty > 0 }):
		return stage.PartShipped
	case g.LabelPrinted, part.Tracking(o.ShippingInfo.TrackingNumber) != "" && orderProperty(o, shippingModelProperty) != string(bridge.TikTokShipping):
		// The number of the shop's own carrier is there before anybody has printed
		// its label.
		return stage.LabelPrinted
	case g.InvoicePrinted:
		return stage.InvoicePrinted
	case len(g.PickwaveIDs) > 0:
		return stage.Picking
	case g.PickListPrinted:
		return stage.PickListPrinted
	}
	return stage.New
}

// moment is a time of Linnworks', zero if it is not set.
func moment(t linnworks.Time) time.Time {
	if t.Unset() {
		return time.Time{}
	}
	return t.Time
}

// shippingModelProperty is the name of the extended property that keeps the
// order's shipping model, cancelledByProperty of the one that keeps its deadline.
const (
	shippingModelProperty = "tiktok.shipping_model"
	cancelledByProperty   = "tiktok.cancelled_by"
)

func orderProperty(o linnworks.OrderDetails, name string) string {
	for _, p := range o.ExtendedProperties {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// markSubmitted gives open orders at a fulfilment centre that has them, or has
// been sent them, their stage. Orders elsewhere cost nothing, others one call. A
// status that is not known counts as submitted.
//
// https://apidocs.linnworks.net/reference
func (l *Warehouse) markSubmitted(ctx context.Context, orders []bridge.WarehouseOrder) error {
	var ids []linnworks.GUID
	for _, w := range orders {
		if w.State != bridge.Processed && w.State != bridge.Dropped && l.centres[lower(linnworks.GUID(w.LocationID))] {
			ids = append(ids, linnworks.GUID(w.ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	states, err := l.client.OrdersV2.GetFulfillmentStatuses(ctx, &linnworks.GetFulfillmentStatusesRequest{ID: ids})
	if err != nil {
		return fmt.Errorf("reading what the fulfilment centre has: %w", err)
	}
	for i, w := range orders {
		for _, s := range states {
			switch {
			case !s.OrderID.Equal(linnworks.GUID(w.ID)):
			case s.FulfillmentStatus == linnworks.FulfillmentStatusUnassigned, s.FulfillmentStatus == linnworks.FulfillmentStatusAssigned:
			default:
				orders[i].Stage = max(w.Stage, stage.FulfilmentCentre)
			}
		}
	}
	return nil
}
