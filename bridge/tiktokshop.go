package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// TikTokShopOptions configure a [TikTokShop].
type TikTokShopOptions struct {
	// HoldWindow is how long a paid order of a shop without the on-hold status is
	// held back, because its buyer may still cancel without asking. Default one
	// hour, TikTok's remorse window.
	HoldWindow time.Duration
	// Parcel is the size and weight declared when a label is bought for TikTok
	// Shipping in the US; other markets take them from the listing.
	Parcel Parcel
}

// Parcel is a parcel's size and weight.
type Parcel struct {
	// LengthCM, WidthCM and HeightCM are whole centimetres, WeightGrams whole grams.
	LengthCM, WidthCM, HeightCM, WeightGrams int
}

// TikTokShop connects the primitives to one shop through the client of package
// tiktokshop. It implements [OrderSource], [ListingSource], [BundleSource],
// [StockPublisher], [Shipper], [CancellationSource] and [CancellationDesk]. It is
// safe for concurrent use.
type TikTokShop struct {
	client  *tiktokshop.Client
	options TikTokShopOptions

	mu      sync.Mutex
	bundles map[string]bool // by product id, as far as they were looked at
}

var _ interface {
	OrderSource
	ListingSource
	BundleSource
	StockPublisher
	Shipper
	CancellationSource
	CancellationDesk
} = (*TikTokShop)(nil)

// NewTikTokShop adapts a client that is bound to a shop.
func NewTikTokShop(client *tiktokshop.Client, o TikTokShopOptions) (*TikTokShop, error) {
	if client == nil || client.Shop().ID == "" {
		return nil, errors.New("bridge: NewTikTokShop needs a client bound to a shop: see tiktokshop.Client.ForShop")
	}
	o.HoldWindow = cmp.Or(o.HoldWindow, time.Hour)
	return &TikTokShop{client: client, options: o}, nil
}

// pageSize is the largest page of the order and product searches.
const pageSize = 100

// OrdersUpdated implements [OrderSource]. The search lists orders, the details
// are read beside it: only they name the components of TikTok's own bundles.
func (t *TikTokShop) OrdersUpdated(ctx context.Context, from, to time.Time) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		request := &tiktokshop.GetOrderListRequest{
			PageSize: pageSize, SortField: new("update_time"), SortOrder: new(tiktokshop.SortOrder("ASC")),
			UpdateTimeGe: new(tiktokshop.At(from)), UpdateTimeLt: new(tiktokshop.At(to)),
		}
		var ids []string
		flush := func() bool {
			orders, err := t.OrdersByID(ctx, ids)
			ids = ids[:0]
			if err != nil {
				yield(Order{}, err)
				return false
			}
			for _, o := range orders {
				if !yield(o, nil) {
					return false
				}
			}
			return true
		}
		for o, err := range t.client.Order.GetOrderListAll(ctx, request) {
			if err != nil {
				yield(Order{}, err)
				return
			}
			if ids = append(ids, o.ID); len(ids) == maxOrderIDs && !flush() {
				return
			}
		}
		if len(ids) > 0 {
			flush()
		}
	}
}

// maxOrderIDs is how many orders one Get Order Detail call takes.
const maxOrderIDs = 50

// OrdersByID implements [OrderSource]. The orders come in the order of the ids.
func (t *TikTokShop) OrdersByID(ctx context.Context, ids []string) ([]Order, error) {
	byID := make(map[string]Order, len(ids))
	for reply, err := range t.client.Order.GetOrderDetailBatched(ctx, &tiktokshop.GetOrderDetailRequest{IDs: ids}) {
		if err != nil {
			return nil, err
		}
		for _, o := range reply.Orders {
			byID[o.ID] = t.order(o)
		}
	}
	orders := make([]Order, 0, len(byID))
	for _, id := range ids {
		if o, ok := byID[id]; ok {
			orders = append(orders, o)
			delete(byID, id)
		}
	}
	return orders, nil
}

// order reads TikTok's order into the bridge's. What cannot be read makes this
// order unreadable, not the reply.
func (t *TikTokShop) order(o tiktokshop.Order) Order {
	a := amounts{currency: o.Payment.Currency}
	order := Order{
		ID: o.ID, Status: OrderStatus(o.Status), ShippingModel: shippingModel(o), Market: o.RecipientAddress.RegionCode,
		CancelRequested: o.IsBuyerRequestCancel, CancelReason: o.CancelReason,
		WarehouseID: o.WarehouseID, DeliveryOptionID: o.DeliveryOptionID, DeliveryOption: o.DeliveryOptionName,
		Recipient: address(o.RecipientAddress, o.BuyerEmail), BuyerName: Private(o.BuyerNickname), Note: Private(o.BuyerMessage),
		CreatedAt: o.CreateTime.Time(), PaidAt: o.PaidTime.Time(), UpdatedAt: o.UpdateTime.Time(),
		ShipBy: o.RTSSLATime.Time(), CancelledBy: o.ShippingDueTime.Time(),
		Totals: Totals{
			Currency: o.Payment.Currency, Items: a.read(o.Payment.SubTotal),
			SellerDiscount: a.read(o.Payment.SellerDiscount), PlatformDiscount: a.read(o.Payment.PlatformDiscount),
			Shipping: a.read(o.Payment.ShippingFee), ShippingFunded: a.read(o.Payment.ShippingFeePlatformDiscount),
			Tax: a.read(o.Payment.Tax), Paid: a.read(o.Payment.TotalAmount),
		},
	}
	if o.Status == "CANCEL" { // as webhooks spell it
		order.Status = Cancelled
	}
	if !o.IsOnHoldOrder && !order.PaidAt.IsZero() {
		order.HoldUntil = order.PaidAt.Add(t.options.HoldWindow)
	}
	for _, l := range o.LineItems {
		line := OrderLine{
			ID: l.ID, Listing: ListingSKU{ProductID: l.ProductID, ID: l.SKUID, SellerSKU: l.SellerSKU},
			Title: strings.TrimSpace(l.ProductName + " " + l.SKUName), Cancelled: l.DisplayStatus == tiktokshop.OrderStatusCancelled,
			PackageID: l.PackageID, Tracking: l.TrackingNumber, CarrierID: l.ShippingProviderID,
		}
		sale, funded := a.read(l.SalePrice), a.read(l.PlatformDiscount)
		line.Price = Money{Minor: sale.Minor + funded.Minor, Currency: a.currency}
		for _, c := range l.CombinedListingSKUs {
			line.Components = append(line.Components, BundleComponent{
				Listing: ListingSKU{ProductID: c.ProductID, ID: c.SKUID, SellerSKU: c.SellerSKU}, Quantity: c.SKUCount,
			})
		}
		order.Lines = append(order.Lines, line)
	}
	if a.err != nil {
		order.Unreadable = a.err.Error()
	}
	return order
}

// amounts reads decimals of one currency and keeps the first error.
type amounts struct {
	currency string
	err      error
}

func (a *amounts) read(d tiktokshop.Decimal) Money {
	m, err := ParseMoney(string(d), a.currency)
	if err != nil && a.err == nil {
		a.err = err
	}
	return m
}

func shippingModel(o tiktokshop.Order) ShippingModel {
	switch {
	case o.FulfillmentType != "" && o.FulfillmentType != "FULFILLMENT_BY_SELLER":
		return FulfilledByTikTok
	case o.ShippingType == tiktokshop.ShippingTypeSeller:
		return SellerShipping
	case o.ShippingType == tiktokshop.ShippingTypeTikTok:
		return TikTokShipping
	}
	return ShippingModel(strings.ToLower(string(o.ShippingType))) // unknown: the status table raises it
}

func address(a tiktokshop.OrderRecipientAddress, email string) Address {
	if a.Name == "" && a.AddressLine1 == "" && a.FullAddress == "" && a.AddressDetail == "" && a.PostalCode == "" {
		return Address{} // not released yet
	}
	out := Address{
		Name: a.Name, Line1: cmp.Or(a.AddressLine1, a.AddressDetail, a.FullAddress), Line2: a.AddressLine2,
		Line3: strings.TrimSpace(a.AddressLine3 + " " + a.AddressLine4), Town: a.PostTown,
		Postcode: a.PostalCode, Country: a.RegionCode, Phone: a.PhoneNumber, Email: email,
	}
	if out.Name == "" {
		out.Name = strings.TrimSpace(a.FirstName + " " + a.LastName)
	}
	// Districts run from L0, the country, downwards; the deepest is the town.
	districts := slices.Clone(a.DistrictInfo)
	slices.SortStableFunc(districts, func(x, y tiktokshop.OrderRecipientAddressDistrictInfo) int {
		return cmp.Compare(x.AddressLevel, y.AddressLevel)
	})
	for _, d := range districts {
		switch d.AddressLevel {
		case "L0":
			continue
		case "L1":
			out.Region = d.AddressName
		default:
			if a.PostTown == "" {
				out.Town = d.AddressName
			}
		}
	}
	return out
}

// Listings implements [ListingSource]: live and paused products. Products that
// are in review, frozen or deleted refuse stock.
func (t *TikTokShop) Listings(ctx context.Context) iter.Seq2[Listing, error] {
	return func(yield func(Listing, error) bool) {
		for _, status := range []tiktokshop.ProductStatus{tiktokshop.ProductStatusActivate, tiktokshop.ProductStatusSellerDeactivated} {
			request := &tiktokshop.SearchProductsRequest{PageSize: pageSize, Status: new(status)}
			for p, err := range t.client.Product.SearchProductsAll(ctx, request) {
				if err != nil {
					yield(Listing{}, err)
					return
				}
				for _, l := range t.listings(p) {
					if !yield(l, nil) {
						return
					}
				}
			}
		}
	}
}

func (t *TikTokShop) listings(p tiktokshop.Product) []Listing {
	derived := isBundle(p) || t.knownBundle(p.ID)
	list := make([]Listing, 0, len(p.SKUs))
	for _, s := range p.SKUs {
		l := Listing{
			ListingSKU: ListingSKU{ProductID: p.ID, ID: s.ID, SellerSKU: s.SellerSKU}, Title: p.Title,
			Derived: derived,
		}
		for _, i := range s.Inventory {
			l.Stock = append(l.Stock, WarehouseStock{WarehouseID: i.WarehouseID, Quantity: i.Quantity})
		}
		list = append(list, l)
	}
	return list
}

// isBundle tells whether a product is a bundle of TikTok's own. The search leaves
// out what tells it; Get Product does not.
func isBundle(p tiktokshop.Product) bool {
	return slices.Contains(p.ProductTypes, "COMBINED_PRODUCT") ||
		slices.ContainsFunc(p.SKUs, func(s tiktokshop.SKU) bool { return len(s.CombinedSKUs) > 0 })
}

// IsBundle implements [BundleSource] with one Get Product call per product, whose
// answer is kept: a product does not become a bundle later.
func (t *TikTokShop) IsBundle(ctx context.Context, productID string) (bool, error) {
	t.mu.Lock()
	bundle, known := t.bundles[productID]
	t.mu.Unlock()
	if known {
		return bundle, nil
	}
	p, err := t.client.Product.GetProduct(ctx, productID, nil)
	if err != nil {
		return false, err
	}
	t.remember(productID, isBundle(*p))
	return isBundle(*p), nil
}

func (t *TikTokShop) remember(productID string, bundle bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bundles == nil {
		t.bundles = map[string]bool{}
	}
	t.bundles[productID] = bundle
}

func (t *TikTokShop) knownBundle(productID string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bundles[productID]
}

// PublishStock implements [StockPublisher] with one Update Inventory call.
func (t *TikTokShop) PublishStock(ctx context.Context, product ProductStock) ([]StockRefusal, error) {
	request := &tiktokshop.UpdateInventoryRequest{}
	for _, s := range product.SKUs {
		sku := tiktokshop.UpdateInventoryRequestSKU{ID: s.ID}
		for _, w := range s.Stock {
			sku.Inventory = append(sku.Inventory, tiktokshop.UpdateInventoryRequestSKUInventory{
				WarehouseID: new(w.WarehouseID), Quantity: w.Quantity,
			})
		}
		request.SKUs = append(request.SKUs, sku)
	}
	reply, err := t.client.Product.UpdateInventory(ctx, product.ProductID, request)
	partial, some := errors.AsType[*tiktokshop.PartialError](err)
	switch {
	case err == nil:
		return nil, nil
	case some:
		list := refusals(reply, partial)
		for _, r := range list {
			if r.Derived {
				t.remember(product.ProductID, true)
			}
		}
		return list, nil
	}
	if e, ok := errors.AsType[*tiktokshop.Error](err); ok && !e.Class.Temporary() && productRefused[e.Class] {
		// The product as a whole refuses stock: its SKUs have the problem, not the call.
		derived := bundleCodes[e.Code]
		if derived {
			t.remember(product.ProductID, true)
		}
		list := make([]StockRefusal, len(product.SKUs))
		for i, s := range product.SKUs {
			list[i] = StockRefusal{SKUID: s.ID, Reason: e.Error(), Derived: derived}
		}
		return list, nil
	}
	return nil, err
}

// bundleCodes say that the stock of a bundle follows its components.
var bundleCodes = map[int]bool{12052849: true, 12052850: true}

// productRefused are the classes of errors that concern the listing.
var productRefused = map[tiktokshop.Class]bool{
	tiktokshop.ClassState: true, tiktokshop.ClassDerivedStock: true, tiktokshop.ClassNotFound: true,
	tiktokshop.ClassRequest: true, tiktokshop.ClassData: true, tiktokshop.ClassShippingModel: true,
}

func refusals(reply *tiktokshop.UpdateInventoryResponse, partial *tiktokshop.PartialError) []StockRefusal {
	list := make([]StockRefusal, 0, len(partial.Items))
	for i, item := range partial.Items {
		reason := fmt.Sprintf("code %s: %s", item.Code, item.Message)
		id := ""
		if i < len(reply.Errors) {
			detail := reply.Errors[i].Detail
			id = detail.SKUID
			for _, extra := range detail.ExtraErrors {
				reason += fmt.Sprintf("; warehouse %s: %s", extra.WarehouseID, extra.Message)
			}
		}
		code, _ := strconv.Atoi(string(item.Code))
		list = append(list, StockRefusal{SKUID: id, Reason: reason, Retry: item.Class.Temporary(), Derived: bundleCodes[code]})
	}
	return list
}

// Carriers implements [Shipper].
func (t *TikTokShop) Carriers(ctx context.Context, o Order) ([]Carrier, error) {
	if o.DeliveryOptionID == "" {
		return nil, &RefusedError{Do: "ship the order in Seller Center", Err: errors.New("the order names no delivery option")}
	}
	reply, err := t.client.Logistics.GetShippingProviders(ctx, o.DeliveryOptionID)
	if err != nil {
		return nil, shipError(err)
	}
	list := make([]Carrier, len(reply.ShippingProviders))
	for i, p := range reply.ShippingProviders {
		list[i] = Carrier{ID: p.ID, Name: p.Name}
	}
	return list, nil
}

// Ship implements [Shipper]. Orders that have packages since payment (Southeast
// Asia, Brazil, Mexico) ship package by package, all others by Mark Package As
// Shipped.
func (t *TikTokShop) Ship(ctx context.Context, s Shipment) error {
	packages := packageIDs(s.Order, s.LineIDs)
	if len(packages) == 0 {
		_, err := t.client.Fulfillment.MarkPackageAsShipped(ctx, s.Order.ID, &tiktokshop.MarkPackageAsShippedRequest{
			TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID, OrderLineItemIDs: s.LineIDs,
		})
		return shipError(err)
	}
	for _, id := range packages {
		err := t.client.Fulfillment.ShipPackage(ctx, id, &tiktokshop.ShipPackageRequest{
			SelfShipment: &tiktokshop.ShipPackageRequestSelfShipment{TrackingNumber: s.Tracking, ShippingProviderID: s.CarrierID},
		})
		if err != nil {
			return shipError(err)
		}
	}
	return nil
}

// ArrangeShipping implements [Shipper]. In the US it buys a label; elsewhere it
// ships the package that exists since payment. An order that is arranged already
// is only read.
func (t *TikTokShop) ArrangeShipping(ctx context.Context, o Order) (Label, error) {
	packages := packageIDs(o, nil)
	if len(packages) > 1 {
		return Label{}, &RefusedError{Do: "ship the packages in Seller Center", Err: fmt.Errorf("the order has %d packages", len(packages))}
	}
	if o.Status == PartiallyShipping {
		return Label{}, &RefusedError{Do: "ship the rest in Seller Center", Err: errors.New("part of the order is arranged already")}
	}
	// In the US packages exist only once shipping is arranged, elsewhere from
	// payment on. Arranging twice would buy a second label.
	arranged := o.Status == AwaitingCollection || len(trackings(o.Lines)) > 0 || o.Market == "US" && len(packages) > 0
	if !arranged {
		var err error
		if packages, err = t.arrange(ctx, o, packages); err != nil {
			return Label{}, err
		}
	}
	if len(packages) == 0 {
		return Label{}, errors.New("the shop names no package of the order")
	}
	return t.readLabel(ctx, packages[0])
}

func (t *TikTokShop) arrange(ctx context.Context, o Order, packages []string) ([]string, error) {
	if len(packages) == 0 {
		reply, err := t.client.Fulfillment.CreatePackages(ctx, t.createPackages(o.ID))
		if err != nil {
			return nil, shipError(err)
		}
		return []string{reply.PackageID}, nil
	}
	err := t.client.Fulfillment.ShipPackage(ctx, packages[0], &tiktokshop.ShipPackageRequest{})
	if err = shipError(err); err != nil && !errors.Is(err, ErrAlreadyShipped) {
		return nil, err
	}
	return packages, nil
}

func (t *TikTokShop) createPackages(orderID string) *tiktokshop.CreatePackagesRequest {
	r := &tiktokshop.CreatePackagesRequest{ShipType: new("1"), OrderID: new(orderID)}
	if p := t.options.Parcel; p != (Parcel{}) {
		text := func(n int) *string { return new(fmt.Sprint(n)) }
		r.Dimension = &tiktokshop.CreatePackagesRequestDimension{
			Length: text(p.LengthCM), Width: text(p.WidthCM), Height: text(p.HeightCM), Unit: new(tiktokshop.CreatePackagesRequestDimensionUnit("CM")),
		}
		r.Weight = &tiktokshop.CreatePackagesRequestWeight{Value: text(p.WeightGrams), Unit: new(tiktokshop.CreatePackagesRequestWeightUnit("GRAM"))}
	}
	return r
}

// readLabel reads package and document. A document that is still being made is
// an error to repeat.
func (t *TikTokShop) readLabel(ctx context.Context, packageID string) (Label, error) {
	p, err := t.client.Fulfillment.GetPackageDetail(ctx, packageID)
	if err != nil {
		return Label{}, shipError(err)
	}
	document, err := t.client.Fulfillment.GetPackageShippingDocument(ctx, packageID,
		&tiktokshop.GetPackageShippingDocumentRequest{DocumentType: "SHIPPING_LABEL"})
	if err != nil {
		return Label{}, shipError(err)
	}
	return Label{
		PackageID: packageID, Tracking: cmp.Or(document.TrackingNumber, p.TrackingNumber),
		Carrier: p.ShippingProviderName, URL: document.DocURL,
	}, nil
}

// packageIDs are the packages of the lines named, or of all.
func packageIDs(o Order, lineIDs []string) []string {
	var list []string
	for _, l := range o.Lines {
		if l.PackageID == "" || l.Cancelled || slices.Contains(list, l.PackageID) {
			continue
		}
		if len(lineIDs) == 0 || slices.Contains(lineIDs, l.ID) {
			list = append(list, l.PackageID)
		}
	}
	return list
}

// shipError puts TikTok's classes into the bridge's words.
func shipError(err error) error {
	e, ok := errors.AsType[*tiktokshop.Error](err)
	if !ok {
		return err
	}
	switch e.Class {
	case tiktokshop.ClassAlreadyDone:
		return fmt.Errorf("%w: %w", ErrAlreadyShipped, err)
	case tiktokshop.ClassData:
		return &RefusedError{Do: "correct the data that the message names, in Linnworks or in Seller Center", Err: err}
	case tiktokshop.ClassRequest, tiktokshop.ClassShippingModel, tiktokshop.ClassState, tiktokshop.ClassConfiguration, tiktokshop.ClassNotFound:
		return &RefusedError{Do: "look at the order in Seller Center; if it can be shipped there, report the message to the integrator", Err: err}
	}
	return err
}

// PendingCancellations implements [CancellationSource].
func (t *TikTokShop) PendingCancellations(ctx context.Context, orderIDs []string) ([]Cancellation, error) {
	var list []Cancellation
	for _, part := range parts(orderIDs, maxOrderIDs) {
		request := &tiktokshop.SearchCancellationsRequest{
			PageSize: new("50"), OrderIDs: part, CancelStatus: []tiktokshop.CancelStatus{tiktokshop.CancelStatusPending},
		}
		for c, err := range t.client.ReturnRefund.SearchCancellationsAll(ctx, request) {
			if err != nil {
				return nil, err
			}
			list = append(list, cancellation(c))
		}
	}
	return list, nil
}

// parts splits ids; no ids at all are one part, which asks for everything.
func parts(ids []string, size int) [][]string {
	if len(ids) == 0 {
		return [][]string{nil}
	}
	return slices.Collect(slices.Chunk(ids, size))
}

func cancellation(c tiktokshop.Cancellation) Cancellation {
	out := Cancellation{
		ID: c.CancelID, OrderID: c.OrderID, Pending: c.CancelStatus == tiktokshop.CancelStatusPending,
		Reason: cmp.Or(c.CancelReasonText, c.CancelReason),
	}
	for _, l := range c.CancelLineItems {
		if l.OrderLineItemID != "" {
			out.LineIDs = append(out.LineIDs, l.OrderLineItemID)
		}
	}
	for _, action := range c.SellerNextActionResponse {
		if at := action.Deadline.Time(); !at.IsZero() && (out.Deadline.IsZero() || at.Before(out.Deadline)) {
			out.Deadline = at
		}
	}
	return out
}

// ApproveCancellation implements [CancellationDesk]. The key makes the call safe
// to repeat; an approval that exists already is a success.
func (t *TikTokShop) ApproveCancellation(ctx context.Context, cancellationID, key string) error {
	err := t.client.ReturnRefund.ApproveCancellation(ctx, cancellationID,
		&tiktokshop.ApproveCancellationRequest{IdempotencyKey: new(key)}, tiktokshop.RepeatSafe())
	if tiktokshop.IsAlreadyDone(err) {
		return nil
	}
	return err
}
