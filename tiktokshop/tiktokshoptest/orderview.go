package tiktokshoptest

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// view is the order as a reader sees it now. The detail shows the components of
// bundles.
func (f *Fake) view(o *order, detail bool) tiktokshop.Order {
	out := o.info
	out.BuyerAvatar = "https://images.example.com/avatar.webp"
	out.RecipientAddress = f.recipient(o)
	out.LineItems = make([]tiktokshop.OrderLineItem, len(o.lines))
	seen := map[*parcel]bool{}
	for i, l := range o.lines {
		item := l.info
		item.SKUImage = "https://images.example.com/" + l.sku.id + ".webp"
		item.DisplayStatus = l.status()
		item.CombinedListingSKUs = nil
		if detail || !f.has(QuirkComponentsOnlyInDetail) {
			item.CombinedListingSKUs = slices.Clone(l.info.CombinedListingSKUs)
		}
		if p := l.parcel; p != nil {
			item.PackageID, item.PackageStatus = p.id, p.status
			if !seen[p] {
				seen[p] = true
				out.Packages = append(out.Packages, tiktokshop.IDOnly{ID: p.id})
			}
			if p.arranged {
				item.TrackingNumber, item.RTSTime = p.tracking, p.shippedAt
				item.ShippingProviderID, item.ShippingProviderName = p.provider.ID, p.provider.Name
				out.TrackingNumber = or(out.TrackingNumber, p.tracking)
				out.ShippingProviderID = or(out.ShippingProviderID, p.provider.ID)
				out.ShippingProvider = or(out.ShippingProvider, p.provider.Name)
			}
		}
		out.LineItems[i] = item
	}
	if len(out.Packages) > 1 {
		out.SplitOrCombineTag = "SPLIT"
	} else if len(seen) == 1 && o.lines[0].parcel != nil && o.lines[0].parcel.combined() {
		out.SplitOrCombineTag = "COMBINED"
	}
	return out
}

// serve is the order as a reply carries it.
func (f *Fake) serve(o *order, detail bool) tiktokshop.Order {
	out := f.view(o, detail)
	if f.has(QuirkRotatingURLs) {
		turn := strconv.Itoa(f.rng.IntN(1 << 30))
		out.BuyerAvatar += "?x-signature=" + turn
		for i := range out.LineItems {
			out.LineItems[i].SKUImage += "?x-signature=" + turn
		}
	}
	if f.has(QuirkLineOrder) {
		f.rng.Shuffle(len(out.LineItems), func(i, j int) {
			out.LineItems[i], out.LineItems[j] = out.LineItems[j], out.LineItems[i]
		})
	}
	return out
}

// status is the display status of the line.
func (l *line) status() tiktokshop.OrderStatus {
	switch {
	case l.cancelled:
		return tiktokshop.OrderStatusCancelled
	case l.shipped():
		switch l.parcel.status {
		case tiktokshop.PackageStatusFulfilling:
			return tiktokshop.OrderStatusInTransit
		case tiktokshop.PackageStatusCompleted:
			if l.order.info.Status == tiktokshop.OrderStatusCompleted {
				return tiktokshop.OrderStatusCompleted
			}
			return tiktokshop.OrderStatusDelivered
		}
		return tiktokshop.OrderStatusAwaitingCollection
	case l.order.info.Status == tiktokshop.OrderStatusPartiallyShipping, l.order.info.Status == tiktokshop.OrderStatusOnHold: // lines have neither
		return tiktokshop.OrderStatusAwaitingShipment
	}
	return l.order.info.Status
}

// maskAfter is how long after its completion the address of an order in the US
// can be read.
const maskAfter = 30 * 24 * time.Hour

// recipient is the address as far as TikTok shows it.
func (f *Fake) recipient(o *order) tiktokshop.OrderRecipientAddress {
	a := o.address
	a.DistrictInfo = slices.Clone(a.DistrictInfo)
	held := o.info.Status == tiktokshop.OrderStatusUnpaid || o.info.Status == tiktokshop.OrderStatusOnHold
	if held && f.has(QuirkNoAddressOnHold) {
		return tiktokshop.OrderRecipientAddress{}
	}
	if !f.has(QuirkMaskedAddress) {
		return a
	}
	us := f.market.family == familyUS
	gone := o.info.Status == tiktokshop.OrderStatusCancelled || o.completed != 0 && f.now.Sub(o.completed.Time()) >= maskAfter
	byTikTok := o.info.ShippingType == tiktokshop.ShippingTypeTikTok
	switch {
	case o.info.FulfillmentType != tiktokshop.FulfillmentTypeBySeller, us && (gone || held):
		mask(&a.Name, &a.FirstName, &a.LastName, &a.PhoneNumber)
		maskStreet(&a)
	case us && byTikTok:
		mask(&a.PhoneNumber)
		maskStreet(&a)
	case byTikTok:
		mask(&a.PhoneNumber, &a.Name, &a.FirstName, &a.LastName)
	}
	return a
}

// maskStreet leaves the country, the state and the county.
func maskStreet(a *tiktokshop.OrderRecipientAddress) {
	mask(&a.AddressDetail, &a.AddressLine1, &a.AddressLine2, &a.FullAddress, &a.PostalCode, &a.DeliveryPreferences.DropOffLocation)
	for i := range a.DistrictInfo {
		if d := &a.DistrictInfo[i]; d.AddressLevel == "L3" || d.AddressLevel == "L4" {
			mask(&d.AddressName)
		}
	}
}

// mask leaves the first character.
func mask(fields ...*string) {
	for _, s := range fields {
		if r := []rune(*s); len(r) > 0 {
			*s = string(r[:1]) + strings.Repeat("*", len(r)-1)
		}
	}
}
