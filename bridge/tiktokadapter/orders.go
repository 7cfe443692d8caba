package tiktokadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// OrdersUpdated implements [bridge.OrderSource]. The search lists orders, the details
// are read beside it: only they name the components of TikTok's own bundles. TikTok
// counts in seconds: the one that the window ends in is included.
func (t *Shop) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[bridge.Order, error] {
	return func(yield func(bridge.Order, error) bool) {
		t.search(ctx, &tiktokshop.GetOrderListRequest{
			PageSize: pageSize, SortField: new("update_time"), SortOrder: new(tiktokshop.SortOrder("ASC")),
			UpdateTimeGe: new(tiktokshop.At(from)), UpdateTimeLt: new(tiktokshop.At(to.Add(time.Second))),
		}, yield)
	}
}

// search yields the orders of a list, with their details.
func (t *Shop) search(ctx context.Context, request *tiktokshop.GetOrderListRequest, yield func(bridge.Order, error) bool) {
	var ids []string
	flush := func() bool {
		part := ids
		ids = nil
		return t.listed(ctx, part, yield)
	}
	var nameless error
	for o, err := range t.client.Order.GetOrderListAll(ctx, request) {
		// The list is needed for the ids alone.
		more, err := listedIDs(o.ID, err, &nameless)
		if err != nil {
			yield(bridge.Order{}, err)
			return
		}
		if ids = append(ids, more...); len(ids) >= maxOrderIDs && !flush() {
			return
		}
	}
	if flush() && nameless != nil {
		yield(bridge.Order{}, nameless)
	}
}

// listedIDs returns the ids that a step of the list of orders gives: one, or those
// of records that cannot be read. A record without an id is kept as nameless: the
// list is not complete without it.
func listedIDs(id string, err error, nameless *error) ([]string, error) {
	if err == nil {
		return []string{id}, nil
	}
	lost, other := unreadableRecords(err)
	if other != nil {
		return nil, other
	}
	if _, ok := lost[""]; ok {
		*nameless = err
		delete(lost, "")
	}
	return slices.Sorted(maps.Keys(lost)), nil
}

// listed yields orders of a list. One that the shop lists and then does not
// return, or that cannot be read, is not forgotten: it has its id and Unreadable.
func (t *Shop) listed(ctx context.Context, ids []string, yield func(bridge.Order, error) bool) bool {
	for part := range slices.Chunk(ids, maxOrderIDs) {
		orders, err := t.OrdersByID(ctx, part)
		lost, err := exceptions.UnreadableIn(err)
		if err != nil {
			yield(bridge.Order{}, err)
			return false
		}
		byID := map[string]*bridge.Order{}
		for i := range orders {
			byID[orders[i].ID] = &orders[i]
		}
		for _, id := range part {
			o := bridge.Order{ID: id, Unreadable: cmp.Or(lost[id], "the shop lists the order but does not return it")}
			if found := byID[id]; found != nil {
				o = *found
			}
			if !yield(o, nil) {
				return false
			}
		}
	}
	return true
}

// OrdersByID implements [bridge.OrderSource]. The orders come in the order of the
// ids. TikTok refuses a call as a whole for one id that is not this shop's: such
// ids are found, at the cost of about ten calls for the first of 50, and named in
// the [exceptions.UnreadableError] with what TikTok says.
func (t *Shop) OrdersByID(ctx context.Context, ids []string) ([]bridge.Order, error) {
	byID := make(map[string]bridge.Order, len(ids))
	lost := map[string]string{}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" }) // TikTok refuses the call for it
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for chunk := range slices.Chunk(ids, maxOrderIDs) {
		tally := part.Tally{Answered: 1} // a refusal is an answer
		err := part.Isolate(ctx, chunk, &tally, func(ids []string) error {
			begun := t.options.Now().UTC()
			reply, err := t.client.Order.GetOrderDetail(ctx, &tiktokshop.GetOrderDetailRequest{IDs: ids})
			some, err := unreadableRecords(err)
			if err != nil {
				err = readError(err)
				if _, refused := exceptions.AsRefused(err); !refused {
					stop(err) // it is nobody's fault
				}
				return err
			}
			maps.Copy(lost, some)
			for _, o := range reply.Orders {
				order := t.Order(o)
				order.ReadAt = begun
				byID[o.ID] = order
			}
			return nil
		}, func(id string, err error) { lost[id] = "the shop refuses to return it: " + err.Error() })
		if err != nil {
			return nil, context.Cause(ctx)
		}
	}
	orders := make([]bridge.Order, 0, len(byID))
	for _, id := range ids {
		if o, ok := byID[id]; ok {
			orders = append(orders, o)
			delete(byID, id)
		}
	}
	if len(lost) > 0 {
		return orders, &exceptions.UnreadableError{Reasons: lost}
	}
	return orders, nil
}

// readError puts TikTok's classes into the bridge's words. One id that is not of
// this shop makes TikTok refuse all of the call.
func readError(err error) error {
	e, ok := errors.AsType[*tiktokshop.Error](err)
	if !ok {
		return err
	}
	switch e.Class {
	case tiktokshop.ClassNotFound, tiktokshop.ClassRequest, tiktokshop.ClassData:
		return &exceptions.RefusedError{Do: "look whether the order is one of this shop; if it is, report the message to the integrator", Err: err}
	}
	return err
}

// Order reads TikTok's order into the bridge's, without a call. What cannot be
// read makes this order unreadable, see [bridge.Order.Unreadable], not the reply.
func (t *Shop) Order(o tiktokshop.Order) bridge.Order {
	market := cmp.Or(countryCode(o.RecipientAddress.RegionCode), t.client.Shop().Region)
	a := amounts{currency: currencyOf(o, t.options.Money, market)}
	order := bridge.Order{
		ID: o.ID, Status: bridge.OrderStatus(o.Status), ShippingModel: shippingModel(o), Market: countryCode(o.RecipientAddress.RegionCode),
		Kinds: kindsOfOrder(o), RelatedID: cmp.Or(o.ReplacedOrderID, o.ExchangeSourceOrderID),
		CancelRequested: o.IsBuyerRequestCancel, CancelRequestedAt: o.RequestCancelTime.Time(), CancelReason: o.CancelReason, CancelInitiator: string(o.CancellationInitiator),
		WarehouseID: o.WarehouseID, DeliveryOptionID: o.DeliveryOptionID, DeliveryOption: o.DeliveryOptionName,
		Recipient: address(o.RecipientAddress, o.BuyerEmail), AddressChanged: o.HasUpdatedRecipientAddress,
		PaymentMethod: o.PaymentMethodName, CashOnDelivery: o.IsCOD,
		BuyerName: bridge.Private(clean(o.BuyerNickname)), BuyerID: bridge.Private(o.UserID),
		Note: bridge.Private(cleanNote(o.BuyerMessage)), SellerNote: bridge.Private(cleanNote(o.SellerNote)),
		TaxNumber: bridge.Private(clean(o.CPF)), TaxName: bridge.Private(clean(o.CPFName)),
		CreatedAt: a.moment(o.CreateTime), PaidAt: a.moment(o.PaidTime), UpdatedAt: a.moment(o.UpdateTime), ReleaseAt: o.ReleaseDate.Time(),
		ShipBy: a.moment(o.RTSSLATime), HandOverBy: o.TTSSLATime.Time(), PickUpBy: o.PickUpCutOffTime.Time(),
		PromisedBy:  cmp.Or(o.DeliverySLATime, o.DeliveryOptionRequiredDeliveryTime).Time(),
		CancelledBy: a.moment(cmp.Or(o.ShippingDueTime, o.CancelOrderSLATime)),
		CollectBy:   o.CollectionDueTime.Time(), DeliverBy: o.DeliveryDueTime.Time(),
		ShippedAt: o.RTSTime.Time(), CollectedAt: o.CollectionTime.Time(), DeliveredAt: o.DeliveryTime.Time(),
	}
	if o.Status == "CANCEL" { // as webhooks spell it
		order.Status = bridge.Cancelled
	}
	if placed := order.PlacedAt(); !o.IsOnHoldOrder && !placed.IsZero() {
		order.HoldUntil = placed.Add(t.options.HoldWindow)
	}
	if len(o.LineItems) > 0 {
		order.Lines = make([]bridge.OrderLine, 0, len(o.LineItems))
	}
	for i := range o.LineItems {
		order.Lines = append(order.Lines, orderLine(&o.LineItems[i], &a))
	}
	if a.taxUnread { // half of the words is worse than none: see bridge.Totals
		for i := range order.Lines {
			order.Lines[i].Tax.Minor = 0
		}
	}
	list := orderDetails(o)
	order.Totals = totals(o, ruleFor(t.options.Money, a.currency, market, order.CreatedAt), &a, &list)
	order.Details, order.Unread = append(list, a.rounded...), a.unread
	if o.Payment.TotalAmount == "" {
		a.withoutTotal(&order)
	}
	if a.err != nil {
		order.Unreadable = a.err.Error()
	}
	return order
}

func orderLine(l *tiktokshop.OrderLineItem, a *amounts) bridge.OrderLine {
	currency := a.currency
	a.currency = cmp.Or(currencyCode(l.Currency), currency)
	defer func() { a.currency = currency }()
	line := bridge.OrderLine{
		ID: l.ID, Listing: catalogue.SKU{ProductID: l.ProductID, ID: l.SKUID, SellerSKU: l.SellerSKU},
		Title: clean(l.ProductName + " " + l.SKUName), Gift: l.IsGift,
		Cancelled: l.DisplayStatus == tiktokshop.OrderStatusCancelled, CancelReason: l.CancelReason,
		PackageID: l.PackageID, Tracking: part.Tracking(l.TrackingNumber), CarrierID: l.ShippingProviderID, Carrier: l.ShippingProviderName,
		Price: a.read(l.SalePrice), Tax: a.read(""), Details: lineDetails(l),
	}
	line.ListPrice, line.SellerDiscount = a.detail("original_price", l.OriginalPrice), a.detail("line.seller_discount", l.SellerDiscount)
	line.PlatformDiscount = a.detail("line.platform_discount", l.PlatformDiscount)
	line.Price = line.Price.Plus(line.PlatformDiscount)
	unread := len(a.unread)
	for _, t := range l.ItemTax {
		line.Tax = line.Tax.Plus(a.detail("item_tax", t.TaxAmount))
	}
	a.taxUnread = a.taxUnread || len(a.unread) > unread
	for _, c := range l.CombinedListingSKUs {
		line.Components = append(line.Components, catalogue.BundleComponent{
			Listing: catalogue.SKU{ProductID: c.ProductID, ID: c.SKUID, SellerSKU: c.SellerSKU}, Quantity: c.SKUCount,
		})
	}
	if l.Quantity > 1 && a.err == nil {
		// Every line is one unit everywhere else; what the amounts of such a line are
		// for, nobody has said.
		a.err = fmt.Errorf("line %s is for %d units: import the order by hand, and report it to the integrator", l.ID, l.Quantity)
	}
	return line
}

// orderKinds are TikTok's order types. Others pass through.
var orderKinds = map[tiktokshop.OrderType]policy.Kind{
	"PRE_ORDER": policy.PreOrder, "MADE_TO_ORDER": policy.MadeToOrder, "BACK_ORDER": policy.BackOrder, "ZERO_LOTTERY": policy.LotteryWin,
}

func kindsOfOrder(o tiktokshop.Order) []policy.Kind {
	var kinds []policy.Kind
	if o.OrderType != "" && o.OrderType != "NORMAL" {
		kinds = append(kinds, cmp.Or(orderKinds[o.OrderType], policy.Kind(strings.ToLower(string(o.OrderType)))))
	}
	for _, k := range [...]struct {
		kind policy.Kind
		is   bool
	}{{policy.FreeSample, o.IsSampleOrder}, {policy.Replacement, o.IsReplacementOrder}, {policy.Exchange, o.IsExchangeOrder}} {
		if k.is {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// orderDetails are the fields that neither side has a place for.
func orderDetails(o tiktokshop.Order) details {
	var list details
	list.text("auto_combine_group", o.AutoCombineGroupID)
	list.text("channel_entity_registry_id", o.ChannelEntityNationalRegistryID)
	list.text("consultation_id", o.ConsultationID)
	if o.CommercePlatform != "TIKTOK_SHOP" {
		list.text("commerce_platform", string(o.CommercePlatform))
	}
	if o.DeliveryType != "HOME_DELIVERY" {
		list.text("delivery_type", string(o.DeliveryType))
	}
	list.text("fast_delivery_program", o.FastDeliveryProgram)
	list.text("handling_duration", strings.TrimSpace(o.HandlingDuration.Days+" "+string(o.HandlingDuration.Type)))
	list.text("invoice_upload", o.NeedUploadInvoice)
	list.text("payment_card_type", o.PaymentCardType)
	list.text("payment_method_code", o.PaymentMethodCode)
	list.text("split_or_combine", o.SplitOrCombineTag)
	list.number("priority", o.FulfillmentPriorityLevel)
	rights := make([]string, len(o.OrderRights))
	for i, right := range o.OrderRights {
		rights[i] = strconv.Itoa(right)
	}
	list.text("order_rights", part.Joined(rights))
	list.moment("fast_dispatch_by", o.FastDispatchSLATime.Time())
	list.moment("pick_up_cut_off", o.PickUpCutOffTime.Time())
	list.moment("recommended_shipping", o.RecommendedShippingTime.Time())
	return list
}

func lineDetails(l *tiktokshop.OrderLineItem) []exceptions.Property {
	var list details
	list.flag("dangerous_goods", l.IsDangerousGood)
	list.flag("needs_prescription", l.NeedsPrescription)
	list.flag("blind_box", l.IsUnboxingItem)
	list.text("blind_box_sku", l.UnboxingSKUCode)
	list.amount("gift_retail_price", l.GiftRetailPrice)
	list.amount("deposit", l.PfandFee)
	var taxes []string
	for _, t := range l.ItemTax {
		if text := strings.TrimSpace(t.TaxType + " " + t.TaxRate); text != "" {
			taxes = append(taxes, text)
		}
	}
	list.text("tax", part.Joined(taxes))
	if kind := l.SKUType; kind != "NORMAL" { //nolint:staticcheck // as long as it comes; not every order has the newer order_type
		list.text("sku_type", string(kind))
	}
	return list
}

func shippingModel(o tiktokshop.Order) bridge.ShippingModel {
	switch {
	case o.FulfillmentType != "" && o.FulfillmentType != "FULFILLMENT_BY_SELLER":
		return bridge.FulfilledByTikTok
	case o.ShippingType == tiktokshop.ShippingTypeSeller:
		return bridge.SellerShipping
	case o.ShippingType == tiktokshop.ShippingTypeTikTok:
		return bridge.TikTokShipping
	}
	return bridge.ShippingModel(strings.ToLower(string(o.ShippingType))) // unknown: the status table raises it
}

var _ bridge.OpenOrderSource = (*Shop)(nil)

// OrdersByStatus implements [bridge.OpenOrderSource], oldest orders first. In a burst it
// reads thousands of orders, which those that are imported need not wait for.
func (t *Shop) OrdersByStatus(ctx context.Context, status bridge.OrderStatus, from time.Time) iter.Seq2[bridge.Order, error] {
	ctx = tiktokshop.Bulk(ctx)
	return func(yield func(bridge.Order, error) bool) {
		request := &tiktokshop.GetOrderListRequest{
			PageSize: pageSize, SortField: new("create_time"), SortOrder: new(tiktokshop.SortOrder("ASC")),
			OrderStatus: new(tiktokshop.OrderStatus(status)),
		}
		if !from.IsZero() {
			request.CreateTimeGe = new(tiktokshop.At(from))
		}
		// All ids first: an order that leaves the status while its details are
		// read would shift the pages behind it.
		var ids []string
		var nameless error
		for o, err := range t.client.Order.GetOrderListAll(ctx, request) {
			more, err := listedIDs(o.ID, err, &nameless)
			if err != nil {
				yield(bridge.Order{}, err)
				return
			}
			ids = append(ids, more...)
		}
		if t.listed(ctx, ids, yield) && nameless != nil {
			yield(bridge.Order{}, nameless)
		}
	}
}
