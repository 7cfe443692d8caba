package tiktokshoptest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// HoldTime is how long a paid order stays ON_HOLD, and PaymentTime how long an
// unpaid one waits for its payment.
const (
	HoldTime    = time.Hour
	PaymentTime = 24 * time.Hour
)

// ErrOutOfStock is what [Fake.PlaceOrder] fails with when no warehouse has
// enough for the whole order.
var ErrOutOfStock = errors.New("out of stock")

// OrderSpec describes an order for [Fake.PlaceOrder]. Only Lines is needed.
type OrderSpec struct {
	Lines []Line
	// State is UNPAID, ON_HOLD or AWAITING_SHIPMENT, the default. An order that
	// begins AWAITING_SHIPMENT was paid one [HoldTime] ago, unless NoHold is
	// set.
	State tiktokshop.OrderStatus
	// NoHold is the flow of shops without the status ON_HOLD: the order goes
	// from its payment straight to AWAITING_SHIPMENT with is_on_hold_order
	// false, and whoever ships has to wait out the hour of the buyer.
	NoHold bool
	// ShippingType is SELLER if empty.
	ShippingType tiktokshop.ShippingType
	// FulfillmentType is FULFILLMENT_BY_SELLER if empty. Other orders cannot be
	// shipped by the seller.
	FulfillmentType tiktokshop.FulfillmentType
	// DeliveryOptionID is [OptionStandard] or, with TikTok Shipping,
	// [OptionTikTok] if empty.
	DeliveryOptionID string
	// WarehouseID is the first warehouse with enough stock if empty.
	WarehouseID string
	// BuyerID is a new buyer if empty.
	BuyerID      string
	BuyerMessage string
	// Address is an address of the market if nil.
	Address *tiktokshop.OrderRecipientAddress
	// ShippingFee is before its discounts. Tax is added to the total.
	ShippingFee, ShippingSellerDiscount, ShippingPlatformDiscount, Tax string
	// UnlistedFee is in the total and in no field of the payment, as a fee that
	// TikTok has introduced and a client does not know yet.
	UnlistedFee string
	Deadlines   Deadlines
	// ReleaseDate makes a PRE_ORDER: it stays ON_HOLD until then.
	ReleaseDate time.Time
	// Sample marks a free sample for a creator: its units cost nothing.
	Sample bool
	// Replaces is the id of the order that this one replaces, free of charge.
	Replaces string
	// CombineGroup is the id of a group of orders that TikTok recommends to ship
	// together.
	CombineGroup string
	// COD is cash on delivery.
	COD bool
}

// Line is a quantity of one SKU. Every unit becomes a line item of its own.
type Line struct {
	SKUID    string
	Quantity int
	// SellerDiscount and PlatformDiscount are amounts for each unit.
	SellerDiscount, PlatformDiscount string
	// Gift units cost nothing and are shipped like others.
	Gift bool
	// Campaign or Creator names who sells the units: they come out of the stock
	// locked for it, see [Fake.LockStock].
	Campaign, Creator string
}

// Deadlines are counted from the payment. A zero one has the default.
type Deadlines struct {
	RTSSLA        time.Duration // latest time to ship without a penalty: 2 days
	TTSSLA        time.Duration // latest collection: 3 days
	ShippingDue   time.Duration // TikTok cancels what has not been shipped by then: 7 days
	CollectionDue time.Duration // 10 days
	DeliveryDue   time.Duration // 30 days
}

func (d Deadlines) filled() Deadlines {
	for _, x := range []struct {
		value *time.Duration
		days  int
	}{{&d.RTSSLA, 2}, {&d.TTSSLA, 3}, {&d.ShippingDue, 7}, {&d.CollectionDue, 10}, {&d.DeliveryDue, 30}} {
		if *x.value == 0 {
			*x.value = time.Duration(x.days) * 24 * time.Hour
		}
	}
	return d
}

// order is an order in the fake. info holds what does not depend on who reads
// it: neither lines, packages nor the address.
type order struct {
	info      tiktokshop.Order
	address   tiktokshop.OrderRecipientAddress
	deadlines Deadlines
	lines     []*line
	request   *cancellation // the buyer's request that waits for the seller
	refs      []externalOrder
	corrected bool // its tracking number was corrected
	completed tiktokshop.UnixSeconds
	placed    tiktokshop.UnixSeconds // an order that begins ready says that it is older
	history   []event                // what the carrier reports
	indexed   bool
}

// line is one unit of an order.
type line struct {
	info   tiktokshop.OrderLineItem
	order  *order
	sku    *sku
	parcel *parcel // nil while there is no package id
	price  money   // paid for the unit
	from   lock    // the locked stock that it comes out of

	cancelled bool
	returned  *aftersale // the newest return with it
}

// shipped reports whether the line has been handed to shipping.
func (l *line) shipped() bool { return l.parcel != nil && l.parcel.arranged }

// open returns the lines that are neither cancelled nor shipped.
func (o *order) open() (lines []*line) {
	for _, l := range o.lines {
		if !l.cancelled && !l.shipped() {
			lines = append(lines, l)
		}
	}
	return lines
}

// PlaceOrder lets a buyer order and returns the order's id. The units move from
// available to committed. It fails with [ErrOutOfStock] when stock is short,
// and then nothing has happened.
func (f *Fake) PlaceOrder(spec OrderSpec) (id string, err error) {
	defer f.enter()()
	id, err = f.place(spec)
	if err != nil {
		return "", fmt.Errorf("tiktokshoptest: order: %w", err)
	}
	return id, nil
}

func (f *Fake) place(spec OrderSpec) (string, error) {
	if f.atLimit() {
		return "", ErrOrderLimit
	}
	o := &order{deadlines: spec.Deadlines.filled(), address: f.market.address()}
	if spec.Address != nil {
		o.address = *spec.Address
		o.address.DistrictInfo = slices.Clone(spec.Address.DistrictInfo)
	}
	if f.sandbox {
		if len(spec.Lines) > 3 {
			return "", errors.New("an order of a development shop has at most 3 products")
		}
		spec.State = or(spec.State, tiktokshop.OrderStatusOnHold)
	}
	if !spec.ReleaseDate.IsZero() {
		spec.State = or(spec.State, tiktokshop.OrderStatusOnHold)
	}
	if !f.has(QuirkHoldHour) && spec.State != tiktokshop.OrderStatusOnHold {
		spec.NoHold = true
	}
	if err := f.fillOrder(o, spec); err != nil {
		return "", err
	}
	free := spec.Sample || spec.Replaces != ""
	if err := f.fillLines(o, spec.Lines, free); err != nil {
		return "", err
	}
	if err := f.fillPayment(o, spec); err != nil {
		return "", err
	}
	warehouse, err := f.chooseWarehouse(o, spec.WarehouseID)
	if err != nil {
		return "", err
	}
	o.info.WarehouseID = warehouse
	f.commit(o)
	created := f.now
	o.info.CreateTime, o.info.UpdateTime, o.placed = tiktokshop.At(created), f.unix(), f.unix()
	switch spec.State {
	case "", tiktokshop.OrderStatusAwaitingShipment:
		if !spec.NoHold {
			created = created.Add(-HoldTime)
			o.info.CreateTime = tiktokshop.At(created)
		}
		f.paid(o, created)
		f.to(o, tiktokshop.OrderStatusAwaitingShipment)
	case tiktokshop.OrderStatusOnHold:
		f.paid(o, created)
	default:
		f.to(o, tiktokshop.OrderStatusUnpaid)
		f.at(created.Add(PaymentTime), func() { f.paymentTimeout(o) })
	}
	o.indexed = true
	f.orders.add(o)
	return o.info.ID, nil
}

func (f *Fake) fillOrder(o *order, spec OrderSpec) error {
	if spec.Replaces != "" && f.orderByID[spec.Replaces] == nil {
		return fmt.Errorf("order %s, which it replaces, does not exist", spec.Replaces)
	}
	switch spec.State {
	case "", tiktokshop.OrderStatusUnpaid, tiktokshop.OrderStatusAwaitingShipment:
	case tiktokshop.OrderStatusOnHold:
		if spec.NoHold {
			return errors.New("state ON_HOLD and NoHold exclude each other")
		}
	default:
		return fmt.Errorf("state %q: an order begins UNPAID, ON_HOLD or AWAITING_SHIPMENT", spec.State)
	}
	o.info = tiktokshop.Order{
		ShippingType: spec.ShippingType, FulfillmentType: spec.FulfillmentType, UserID: spec.BuyerID, BuyerMessage: spec.BuyerMessage,
		DeliveryOptionID: spec.DeliveryOptionID, DeliveryType: "HOME_DELIVERY", OrderType: "NORMAL", CommercePlatform: "TIKTOK_SHOP",
		PaymentMethodName: "Credit card", IsOnHoldOrder: !spec.NoHold, IsSampleOrder: spec.Sample, IsCOD: spec.COD,
		IsReplacementOrder: spec.Replaces != "", ReplacedOrderID: spec.Replaces, AutoCombineGroupID: spec.CombineGroup,
		BuyerNickname: "robin",
	}
	if spec.COD {
		o.info.PaymentMethodName = "Cash on delivery"
	}
	if !spec.ReleaseDate.IsZero() {
		o.info.OrderType, o.info.ReleaseDate = "PRE_ORDER", tiktokshop.At(spec.ReleaseDate)
	}
	if f.market.region == "BR" {
		o.info.NeedUploadInvoice = "NEED_INVOICE"
	}
	if o.info.ShippingType == "" {
		o.info.ShippingType = tiktokshop.ShippingTypeSeller
	}
	if o.info.FulfillmentType == "" {
		o.info.FulfillmentType = tiktokshop.FulfillmentTypeBySeller
	}
	if o.info.DeliveryOptionID == "" {
		o.info.DeliveryOptionID = OptionStandard
		if o.info.ShippingType == tiktokshop.ShippingTypeTikTok {
			o.info.DeliveryOptionID = OptionTikTok
		}
	}
	o.info.DeliveryOptionName = optionNames[o.info.DeliveryOptionID]
	if o.info.DeliveryOptionName == "" {
		return fmt.Errorf("delivery option %s does not exist", o.info.DeliveryOptionID)
	}
	if (o.info.DeliveryOptionID == OptionTikTok) != (o.info.ShippingType == tiktokshop.ShippingTypeTikTok) {
		return fmt.Errorf("delivery option %s does not go with shipping type %s", o.info.DeliveryOptionID, o.info.ShippingType)
	}
	return nil
}

func (f *Fake) fillLines(o *order, lines []Line, free bool) error {
	if len(lines) == 0 {
		return errors.New("it has no lines")
	}
	for _, given := range lines {
		s := f.skuByID[given.SKUID]
		switch {
		case s == nil:
			return fmt.Errorf("SKU %s does not exist", given.SKUID)
		case s.product.status != tiktokshop.ProductStatusActivate:
			return fmt.Errorf("SKU %s: its product %s is %s, not for sale", given.SKUID, s.product.id, s.product.status)
		case given.Quantity < 1:
			return fmt.Errorf("SKU %s: quantity %d is not at least 1", given.SKUID, given.Quantity)
		}
		l, err := newLine(s, given, free)
		if err != nil {
			return fmt.Errorf("SKU %s: %w", given.SKUID, err)
		}
		for range given.Quantity {
			unit := l
			unit.order = o
			o.lines = append(o.lines, &unit)
		}
	}
	return nil
}

func newLine(s *sku, given Line, free bool) (line, error) {
	price := s.price
	if free {
		price = 0
	}
	from, err := s.lockFor(given)
	if err != nil {
		return line{}, err
	}
	seller, err1 := parseMoney("seller discount", given.SellerDiscount)
	platform, err2 := parseMoney("platform discount", given.PlatformDiscount)
	if err := errors.Join(err1, err2); err != nil {
		return line{}, err
	}
	l := line{sku: s, from: from, info: tiktokshop.OrderLineItem{
		SKUID: s.id, SellerSKU: s.sellerSKU, ProductID: s.product.id, ProductName: s.product.title, SKUName: "Default", SKUType: "NORMAL",
		Currency: s.currency, IsGift: given.Gift,
	}}
	if given.Gift {
		l.info.GiftRetailPrice = price.decimal()
		price = 0
	}
	l.price = price - seller - platform
	if l.price < 0 {
		return line{}, fmt.Errorf("discounts of %s and %s exceed the price of %s", seller.decimal(), platform.decimal(), price.decimal())
	}
	l.info.OriginalPrice, l.info.SalePrice = price.decimal(), l.price.decimal()
	l.info.SellerDiscount, l.info.PlatformDiscount = seller.decimal(), platform.decimal()
	for _, c := range s.components {
		l.info.CombinedListingSKUs = append(l.info.CombinedListingSKUs, tiktokshop.OrderLineItemCombinedListingSKU{
			ProductID: c.sku.product.id, SKUID: c.sku.id, SellerSKU: c.sku.sellerSKU, SKUCount: c.count,
		})
	}
	return l, nil
}

// fillPayment adds up the money of the order.
func (f *Fake) fillPayment(o *order, spec OrderSpec) error {
	shipping, err1 := parseMoney("shipping fee", spec.ShippingFee)
	bySeller, err2 := parseMoney("seller's discount on shipping", spec.ShippingSellerDiscount)
	byPlatform, err3 := parseMoney("platform's discount on shipping", spec.ShippingPlatformDiscount)
	tax, err4 := parseMoney("tax", spec.Tax)
	unlisted, err5 := parseMoney("unlisted fee", spec.UnlistedFee)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return err
	}
	if bySeller+byPlatform > shipping {
		return fmt.Errorf("discounts on shipping exceed the fee of %s", shipping.decimal())
	}
	var original, seller, platform money
	for _, l := range o.lines {
		for _, x := range []struct {
			total *money
			unit  tiktokshop.Decimal
		}{{&original, l.info.OriginalPrice}, {&seller, l.info.SellerDiscount}, {&platform, l.info.PlatformDiscount}} {
			unit, err := parseMoney("line", string(x.unit))
			if err != nil {
				return err
			}
			*x.total += unit
		}
	}
	sub, fee := original-seller-platform, shipping-bySeller-byPlatform
	o.info.Payment = tiktokshop.OrderPayment{
		Currency:                  o.lines[0].info.Currency,
		OriginalTotalProductPrice: original.decimal(), SellerDiscount: seller.decimal(), PlatformDiscount: platform.decimal(),
		SubTotal: sub.decimal(), OriginalShippingFee: shipping.decimal(), ShippingFeeSellerDiscount: bySeller.decimal(),
		ShippingFeePlatformDiscount: byPlatform.decimal(), ShippingFee: fee.decimal(),
		ProductTax: tax.decimal(), Tax: tax.decimal(), TotalAmount: (sub + fee + tax + unlisted).decimal(),
	}
	return nil
}

// chooseWarehouse finds a warehouse with enough for all lines.
func (f *Fake) chooseWarehouse(o *order, wanted string) (string, error) {
	if wanted != "" && f.warehouse(wanted) == nil {
		return "", fmt.Errorf("warehouse %s does not exist", wanted)
	}
	needed := map[*sku]int{}
	for _, l := range o.lines {
		l.sku.needs(1, needed)
	}
	if err := checkLocks(o, needed); err != nil {
		return "", err
	}
	for _, w := range f.warehouses {
		enough := wanted == "" || w.ID == wanted
		for s, n := range needed {
			enough = enough && s.levels[w.ID] != nil && s.available(w.ID) >= n
		}
		if enough {
			return w.ID, nil
		}
	}
	return "", fmt.Errorf("%w: no warehouse has all of its %d units (wanted: %s)", ErrOutOfStock, len(o.lines), or(wanted, "any"))
}

// commit gives the order its ids and takes its stock.
func (f *Fake) commit(o *order) {
	o.info.ID = f.newID(idOrder)
	if o.info.UserID == "" {
		o.info.UserID = f.newID(idUser)
	}
	o.info.BuyerEmail = "buyer" + o.info.UserID + "@chat.example.com"
	f.orderByID[o.info.ID] = o
	for _, l := range o.lines {
		l.info.ID = f.newID(idLine)
		f.lineByID[l.info.ID] = l
		f.commitLine(l)
	}
}

// to moves the order to a status, and with it the update time.
func (f *Fake) to(o *order, s tiktokshop.OrderStatus) {
	if o.info.Status != s {
		o.info.Status = s
		f.touch(o)
		f.notifyOrder(o)
	}
}

// touch moves the update time.
func (f *Fake) touch(o *order) {
	if o.indexed {
		f.orders.update(o, f.unix())
	} else {
		o.info.UpdateTime = f.unix()
	}
}

// changed is called when something other than the status has changed, which
// does not move the update time.
func (f *Fake) changed(o *order) {
	if !f.has(QuirkUpdateTimeOfStatusOnly) {
		f.touch(o)
	}
}

// paid takes the payment: the deadlines begin, and packages come into being
// where the market has them now.
func (f *Fake) paid(o *order, at time.Time) {
	d := o.deadlines
	o.info.PaidTime = tiktokshop.At(at)
	if t := o.info.ReleaseDate.Time(); t.After(at) { // the deadlines of a pre-order begin with its release
		at = t
	}
	o.info.RTSSLATime, o.info.TTSSLATime = tiktokshop.At(at.Add(d.RTSSLA)), tiktokshop.At(at.Add(d.TTSSLA))
	o.info.ShippingDueTime = tiktokshop.At(at.Add(d.ShippingDue))
	o.info.CollectionDueTime, o.info.DeliveryDueTime = tiktokshop.At(at.Add(d.CollectionDue)), tiktokshop.At(at.Add(d.DeliveryDue))
	o.info.CancelOrderSLATime = o.info.ShippingDueTime
	if f.market.packageAtPayment(o.info.ShippingType) || !f.has(QuirkNoPackageBeforeShipping) {
		f.newParcel(o.lines)
	}
	f.at(at.Add(d.ShippingDue), func() { f.shippingTimeout(o) })
	if !o.info.IsOnHoldOrder {
		f.to(o, tiktokshop.OrderStatusAwaitingShipment)
		return
	}
	f.to(o, tiktokshop.OrderStatusOnHold)
	release := at.Add(HoldTime)
	if t := o.info.ReleaseDate; t != 0 {
		release = t.Time()
	}
	f.at(release, func() {
		if o.info.Status == tiktokshop.OrderStatusOnHold {
			f.to(o, tiktokshop.OrderStatusAwaitingShipment)
		}
	})
}

// paymentTimeout cancels an order that nobody paid.
func (f *Fake) paymentTimeout(o *order) {
	if o.info.Status == tiktokshop.OrderStatusUnpaid {
		f.cancel(o, o.open(), bySystem, "system_cancel_unpaid_time_out")
	}
}

// shippingTimeout cancels an order that was not shipped in time.
func (f *Fake) shippingTimeout(o *order) {
	switch o.info.Status {
	case tiktokshop.OrderStatusOnHold, tiktokshop.OrderStatusAwaitingShipment:
		f.dropRequest(o)
		f.cancel(o, o.open(), bySystem, "system_cancel_order_reason_shipping_timeout")
	}
}

// collectionTimeout cancels an order that the carrier did not collect in time:
// to TikTok it has no tracking.
func (f *Fake) collectionTimeout(o *order) {
	if o.info.Status == tiktokshop.OrderStatusAwaitingCollection {
		f.cancel(o, o.live(), bySystem, "system_cancel_order_untracked")
	}
}

// Lose lets TikTok cancel an IN_TRANSIT order whose parcel was lost.
func (f *Fake) Lose(id string) error {
	return f.change(id, "lose", func(o *order) error {
		f.cancel(o, o.live(), bySystem, "package_lost")
		return nil
	}, tiktokshop.OrderStatusInTransit)
}

// Refuse lets TikTok cancel an IN_TRANSIT order whose buyer did not take the parcel: it is
// on its way back.
func (f *Fake) Refuse(id string) error {
	return f.change(id, "refuse", func(o *order) error {
		f.cancel(o, o.live(), bySystem, "returned_to_shipper_refused")
		return nil
	}, tiktokshop.OrderStatusInTransit)
}

// live returns the lines that are not cancelled.
func (o *order) live() (lines []*line) {
	for _, l := range o.lines {
		if !l.cancelled {
			lines = append(lines, l)
		}
	}
	return lines
}

// settle derives the status from the lines after some were shipped or
// cancelled.
func (f *Fake) settle(o *order) {
	live, shipped := 0, 0
	for _, l := range o.lines {
		if l.cancelled {
			continue
		}
		live++
		if l.shipped() {
			shipped++
		}
	}
	switch {
	case live == 0:
		f.to(o, tiktokshop.OrderStatusCancelled)
	case shipped == live:
		o.info.RTSTime = f.unix()
		f.to(o, tiktokshop.OrderStatusAwaitingCollection)
		f.at(o.info.CollectionDueTime.Time(), func() { f.collectionTimeout(o) })
	case shipped > 0:
		f.to(o, tiktokshop.OrderStatusPartiallyShipping)
		f.changed(o)
	}
}

// change runs a change of one order that is only allowed in some statuses.
func (f *Fake) change(id, what string, run func(*order) error, allowed ...tiktokshop.OrderStatus) error {
	defer f.enter()()
	o := f.orderByID[id]
	if o == nil {
		return fmt.Errorf("tiktokshoptest: order %s does not exist", id)
	}
	if !slices.Contains(allowed, o.info.Status) {
		return fmt.Errorf("tiktokshoptest: %s order %s: it is %s, not %v", what, id, o.info.Status, allowed)
	}
	if err := run(o); err != nil {
		return fmt.Errorf("tiktokshoptest: %s order %s: %w", what, id, err)
	}
	return nil
}

// Pay lets the buyer pay an UNPAID order. It goes ON_HOLD, or to
// AWAITING_SHIPMENT if the order has no hold.
func (f *Fake) Pay(id string) error {
	return f.change(id, "pay", func(o *order) error {
		f.paid(o, f.now)
		return nil
	}, tiktokshop.OrderStatusUnpaid)
}

// ReleaseHold ends the hold of an order before its hour is over.
func (f *Fake) ReleaseHold(id string) error {
	return f.change(id, "release", func(o *order) error {
		f.to(o, tiktokshop.OrderStatusAwaitingShipment)
		return nil
	}, tiktokshop.OrderStatusOnHold)
}

// ChangeAddress replaces the address, as a buyer may while the order is
// AWAITING_SHIPMENT. It does not move update_time.
func (f *Fake) ChangeAddress(id string, a tiktokshop.OrderRecipientAddress) error {
	return f.change(id, "change the address of", func(o *order) error {
		a.DistrictInfo = slices.Clone(a.DistrictInfo)
		o.address, o.info.HasUpdatedRecipientAddress = a, true
		f.changed(o)
		f.notify(hookAddress, addressChanged{o.info.ID, f.unix()})
		return nil
	}, tiktokshop.OrderStatusAwaitingShipment)
}

// Collect lets the carrier take all packages of an AWAITING_COLLECTION order,
// which goes IN_TRANSIT. Another order that shares one of the packages moves
// when all of its own are taken.
func (f *Fake) Collect(id string) error {
	return f.change(id, "collect", func(o *order) error {
		f.carry(o, tiktokshop.PackageStatusFulfilling, tiktokshop.OrderStatusAwaitingCollection, tiktokshop.OrderStatusInTransit)
		return nil
	}, tiktokshop.OrderStatusAwaitingCollection)
}

// Fulfil lets the platform's warehouse send an order of its own: it goes from
// AWAITING_SHIPMENT to IN_TRANSIT.
func (f *Fake) Fulfil(id, tracking string) error {
	return f.change(id, "fulfil", func(o *order) error {
		if o.info.FulfillmentType != tiktokshop.FulfillmentTypeByTikTok {
			return errors.New("the seller sends it")
		}
		f.arrange(f.packed(o.live()), tiktokshop.ShippingProvider{ID: "7208500000000000001", Name: "TikTok Shipping"}, tracking)
		f.carry(o, tiktokshop.PackageStatusFulfilling, tiktokshop.OrderStatusAwaitingCollection, tiktokshop.OrderStatusInTransit)
		return nil
	}, tiktokshop.OrderStatusAwaitingShipment)
}

// Deliver lets the carrier deliver all packages of an IN_TRANSIT order.
func (f *Fake) Deliver(id string) error {
	return f.change(id, "deliver", func(o *order) error {
		f.carry(o, tiktokshop.PackageStatusCompleted, tiktokshop.OrderStatusInTransit, tiktokshop.OrderStatusDelivered)
		return nil
	}, tiktokshop.OrderStatusInTransit)
}

// Complete ends the after-sales period of a DELIVERED order. Its money is
// settled now if it was not before.
func (f *Fake) Complete(id string) error {
	return f.change(id, "complete", func(o *order) error {
		f.complete(o)
		return nil
	}, tiktokshop.OrderStatusDelivered)
}

func (f *Fake) complete(o *order) {
	o.completed = f.unix()
	f.to(o, tiktokshop.OrderStatusCompleted)
	f.settleMoney(o)
}

// Order returns an order as Get Order Detail shows it, with its lines in the
// order in which they were placed.
func (f *Fake) Order(id string) (tiktokshop.Order, bool) {
	defer f.enter()()
	o := f.orderByID[id]
	if o == nil {
		return tiktokshop.Order{}, false
	}
	return f.view(o, true), true
}

// Orders returns all orders of the shop, in the order in which they were placed.
func (f *Fake) Orders() []tiktokshop.Order {
	defer f.enter()()
	all := make([]tiktokshop.Order, len(f.orders.all))
	for i, o := range f.orders.all {
		all[i] = f.view(o, true)
	}
	return all
}
