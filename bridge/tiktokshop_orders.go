package bridge

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

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
		CancelRequested: o.IsBuyerRequestCancel, CancelRequestedAt: o.RequestCancelTime.Time(), CancelReason: o.CancelReason,
		AddressChanged: o.HasUpdatedRecipientAddress,
		WarehouseID:    o.WarehouseID, DeliveryOptionID: o.DeliveryOptionID, DeliveryOption: o.DeliveryOptionName,
		Recipient: address(o.RecipientAddress, o.BuyerEmail), BuyerName: Private(o.BuyerNickname), Note: Private(o.BuyerMessage),
		CreatedAt: o.CreateTime.Time(), PaidAt: o.PaidTime.Time(), UpdatedAt: o.UpdateTime.Time(),
		ShipBy: o.RTSSLATime.Time(), CancelledBy: o.ShippingDueTime.Time(), CollectBy: o.CollectionDueTime.Time(),
		ShippedAt: o.RTSTime.Time(), CollectedAt: o.CollectionTime.Time(), CancelInitiator: string(o.CancellationInitiator),
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
			PackageID: l.PackageID, Tracking: l.TrackingNumber, CarrierID: l.ShippingProviderID, Carrier: l.ShippingProviderName,
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

var _ OpenOrderSource = (*TikTokShop)(nil)

// OrdersByStatus implements [OpenOrderSource], oldest orders first.
func (t *TikTokShop) OrdersByStatus(ctx context.Context, status OrderStatus) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		request := &tiktokshop.GetOrderListRequest{
			PageSize: pageSize, SortField: new("create_time"), SortOrder: new(tiktokshop.SortOrder("ASC")),
			OrderStatus: new(tiktokshop.OrderStatus(status)),
		}
		// All ids first: an order that leaves the status while its details are
		// read would shift the pages behind it.
		var ids []string
		for o, err := range t.client.Order.GetOrderListAll(ctx, request) {
			if err != nil {
				yield(Order{}, err)
				return
			}
			ids = append(ids, o.ID)
		}
		for len(ids) > 0 {
			n := min(len(ids), maxOrderIDs)
			orders, err := t.OrdersByID(ctx, ids[:n])
			if err != nil {
				yield(Order{}, err)
				return
			}
			for _, o := range orders {
				if !yield(o, nil) {
					return
				}
			}
			ids = ids[n:]
		}
	}
}
