package linnworksadapter

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/pulled"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/channelapp"
)

// ChannelPorts connects Linnworks' channel integration with the bridge, for a client
// whose orders Linnworks pulls: ports for [channelapp.New], which still lack Admit and,
// to outlive a restart, Installations. [Options].Source has to be the name of the
// channel, and SubSource the name that people give the integration.
//
// Prices are not taken, and refunds not offered.
func (l *Warehouse) ChannelPorts(channel *pulled.Channel) channelapp.Ports {
	c := pulledChannel{l, channel}
	ports := channelapp.Ports{Orders: c, Despatch: c, Products: c, Inventory: c}
	if channel.CanCancel() {
		ports.Cancels = c
	}
	return ports
}

// pulledChannel is a channel in the words of the protocol.
type pulledChannel struct {
	warehouse *Warehouse
	channel   *pulled.Channel
}

func (c pulledChannel) Orders(ctx context.Context, _ channelapp.Installation, _ time.Time, page int) ([]channelapp.Order, bool, error) {
	orders, more, err := c.channel.Orders(ctx, page)
	if err != nil {
		return nil, false, channelError(err)
	}
	list := make([]channelapp.Order, len(orders))
	for i, o := range orders {
		list[i] = c.warehouse.pulledOrder(o)
	}
	return list, more, nil
}

// pulledOrder is the order that CreateOrders would be sent, in the words of the other
// protocol. That has no parking: an order that has to wait goes as unpaid, which
// Linnworks parks, until it is released.
func (l *Warehouse) pulledOrder(n bridge.NewOrder) channelapp.Order {
	in := l.ChannelOrder(n)
	o := channelapp.Order{
		Reference: in.ReferenceNumber, ExternalReference: in.ExternalReference, SecondaryReference: in.SecondaryReferenceNumber,
		PaymentStatus: channelapp.Paid, PostalServiceTag: in.MatchPostalServiceTag, PaymentMethodTag: in.MatchPaymentMethodTag,
		BuyerName: in.ChannelBuyerName, Currency: in.Currency, ReceivedAt: in.ReceivedDate, DispatchBy: in.DispatchBy, PaidOn: in.PaidOn,
		PostalServiceCost: in.PostalServiceCost, PostalServiceTaxRate: in.PostalServiceTaxRate,
		Discount: in.Discount, DiscountType: channelapp.DiscountType(in.DiscountType),
		DeliveryAddress: pulledAddress(in.DeliveryAddress), BillingAddress: pulledAddress(in.BillingAddress),
	}
	if n.Parked || n.Unpaid {
		o.PaymentStatus, o.PaidOn = channelapp.Unpaid, linnworks.Time{}
	}
	if o.DeliveryAddress == (channelapp.Address{}) { // one is asked for; the real one comes when the order is released
		o.DeliveryAddress.FullName = "TikTok Shop order " + n.Reference
	}
	for _, item := range in.OrderItems {
		o.Items = append(o.Items, channelapp.OrderItem{
			Line: item.ItemNumber, SKU: item.ChannelSKU, Title: item.ItemTitle, Quantity: item.Qty, Price: item.PricePerUnit,
			TaxInclusive: item.TaxCostInclusive, UseChannelTax: item.UseChannelTax, TaxRate: item.TaxRate, Discount: item.LineDiscount, Service: item.IsService,
		})
	}
	for _, p := range in.ExtendedProperties { // a name may be there once
		if !slices.ContainsFunc(o.Properties, func(have channelapp.Property) bool { return have.Name == p.Name }) {
			o.Properties = append(o.Properties, channelapp.Property{Name: p.Name, Value: p.Value, Type: p.Type})
		}
	}
	for _, note := range in.Notes {
		o.Notes = append(o.Notes, channelapp.Note{Text: note.Note, At: note.NoteEntryDate, By: note.NoteUserName, Internal: note.Internal})
	}
	return o
}

func pulledAddress(a linnworks.ChannelAddress) channelapp.Address {
	return channelapp.Address{
		FullName: a.FullName, Company: a.Company, Address1: a.Address1, Address2: a.Address2, Address3: a.Address3, Town: a.Town, Region: a.Region,
		PostCode: a.PostCode, CountryCode: a.MatchCountryCode, PhoneNumber: a.PhoneNumber, EmailAddress: a.EmailAddress,
	}
}

func (c pulledChannel) Despatch(ctx context.Context, _ channelapp.Installation, orders []channelapp.Despatch) []error {
	references := make([]string, len(orders))
	for i, o := range orders {
		references[i] = o.Reference
	}
	return channelErrors(c.channel.Despatched(ctx, references))
}

func (c pulledChannel) Products(ctx context.Context, _ channelapp.Installation, page int) ([]channelapp.Product, bool, error) {
	products, more, err := c.channel.Products(ctx, page)
	if err != nil {
		return nil, false, channelError(err)
	}
	list := make([]channelapp.Product, len(products))
	for i, p := range products {
		list[i] = channelapp.Product{SKU: p.SKU, Reference: p.ID, Title: p.Title, Quantity: p.Quantity}
	}
	return list, more, nil
}

func (c pulledChannel) UpdateInventory(ctx context.Context, _ channelapp.Installation, levels []channelapp.Level) []error {
	names := make([]string, len(levels))
	for i, l := range levels {
		names[i] = l.SKU
	}
	return channelErrors(c.channel.LevelsChanged(ctx, names))
}

// CancelOptions: which reason the shop gets is in the bridge's settings.
func (pulledChannel) CancelOptions(context.Context, channelapp.Installation) (channelapp.CancelOptions, error) {
	return channelapp.CancelOptions{Refunds: true, Reasons: []channelapp.Reason{{Tag: "seller", Name: "Cancelled by us"}}}, nil
}

func (c pulledChannel) Cancel(ctx context.Context, _ channelapp.Installation, cancellation *channelapp.Cancellation) error {
	units := 0
	for _, item := range cancellation.Items {
		units += item.Quantity
	}
	return channelError(c.channel.Cancelled(ctx, cancellation.Reference, units))
}

// channelError puts what people are to read into the words of the protocol.
func channelError(err error) error {
	if e, ok := errors.AsType[*pulled.RefusedError](err); ok {
		return &channelapp.RefusedError{Text: e.Text, Err: e.Err}
	}
	return err
}

func channelErrors(errs []error) []error {
	for i, err := range errs {
		errs[i] = channelError(err)
	}
	return errs
}
