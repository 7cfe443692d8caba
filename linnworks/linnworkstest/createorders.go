package linnworkstest

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/linnworks"
)

// firstOrderNumber is the number of the first order.
const firstOrderNumber = 100001

// maxPostcode is the length beyond which a postcode parks the order.
const maxPostcode = 11

// createOrders saves channel orders. A known order that is paid is skipped and
// its id is missing from the reply; an unpaid one is updated. One invalid order
// fails the call.
//
// https://apps.linnworks.net/Api/Method/Orders-CreateOrders
func (f *Fake) createOrders(req *linnworks.CreateOrdersRequest) (any, error) {
	if len(req.Orders) > maxOrdersCreated {
		return nil, tooMany(maxOrdersCreated)
	}
	at := f.locationByName(req.Location)
	if at == nil && !f.quirks[LocationByName] {
		at = f.location(linnworks.GUID(req.Location))
	}
	if at == nil {
		return nil, refuse("Location not found.")
	}
	for i := range req.Orders {
		if err := f.validate(&req.Orders[i]); err != nil {
			return nil, err
		}
	}
	saved := []linnworks.GUID{}
	for i := range req.Orders {
		in := &req.Orders[i]
		if o := f.save(in, at); o != nil {
			saved = append(saved, o.OrderID)
		} else if !f.quirks[PaidOrdersMissing] {
			saved = append(saved, f.known(in).OrderID)
		}
	}
	return saved, nil
}

// save adds a channel order, or updates it while it is unpaid. It returns nil
// for one that is known and paid.
func (f *Fake) save(in *linnworks.ChannelOrder, at *location) *order {
	o := f.known(in)
	switch {
	case o == nil:
		o = f.newOrder(in.ReferenceNumber)
		f.note(o, "ORDER_CREATED", "Order %s of %s %s saved", in.ReferenceNumber, in.Source, in.SubSource)
	case o.paid() || !o.open() || o.gone:
		return nil
	default:
		f.note(o, "ORDER_UPDATED", "Order updated by the channel")
	}
	f.move(o, func() {
		f.fill(o, in, at)
		f.arrive(o, at)
	})
	f.runRules(o)
	return o
}

// validate checks what Linnworks checks. Only the texts about DispatchBy and
// ItemNumber are Linnworks' own; the others follow their pattern.
func (f *Fake) validate(in *linnworks.ChannelOrder) error {
	invalid := func(format string, args ...any) error {
		return refuse("Orders have invalid values: Order: "+in.ReferenceNumber+format, args...)
	}
	for _, field := range []struct {
		name  string
		empty bool
	}{
		{"Source", in.Source == ""},
		{"SubSource", in.SubSource == ""},
		{"ReferenceNumber", in.ReferenceNumber == ""},
		{"ReceivedDate", in.ReceivedDate.IsZero()},
		{"DispatchBy", in.DispatchBy.IsZero() && f.quirks[DispatchByMandatory]},
		{"OrderItems", len(in.OrderItems) == 0},
	} {
		if field.empty {
			return invalid(" has an empty %s", field.name)
		}
	}
	if strings.EqualFold(in.Source, "AMAZON") && f.quirks[AmazonReserved] {
		return invalid(" has a reserved Source: %s", in.Source)
	}
	seen := map[string]bool{}
	for _, line := range in.OrderItems {
		switch {
		case line.ItemNumber == "":
			return invalid(" has an empty ItemNumber")
		case seen[line.ItemNumber] && f.quirks[ItemNumbersUnique]:
			return invalid(", LineId: %s is duplicated", line.ItemNumber)
		case line.Qty < 1:
			return invalid(", LineId: %s has an invalid Qty", line.ItemNumber)
		}
		seen[line.ItemNumber] = true
	}
	return nil
}

// known finds the order that in is another copy of.
func (f *Fake) known(in *linnworks.ChannelOrder) *order {
	for _, o := range f.byRef[strings.ToLower(in.ReferenceNumber)] {
		if o.is(in.Source, in.SubSource) {
			return o
		}
	}
	return nil
}

func (f *Fake) newOrder(reference string) *order {
	o := &order{fulfilment: "Unassigned"}
	o.OrderID = f.newID("order")
	o.NumOrderID = firstOrderNumber + f.next("order number") - 1
	f.orders = append(f.orders, o)
	f.unfinished = append(f.unfinished, o)
	f.byOrderID[o.OrderID], f.byNumber[o.NumOrderID] = o, o
	f.refer(o, reference)
	return o
}

// refer makes an order known by a reference.
func (f *Fake) refer(o *order, reference string) {
	key := strings.ToLower(reference)
	f.byRef[key] = append(f.byRef[key], o)
}

// unrefer undoes refer.
func (f *Fake) unrefer(o *order, reference string) {
	key := strings.ToLower(reference)
	f.byRef[key] = slices.DeleteFunc(f.byRef[key], func(other *order) bool { return other == o })
}

// fill writes what the channel sent over the order.
func (f *Fake) fill(o *order, in *linnworks.ChannelOrder, at *location) {
	paid := in.PaymentStatus == "Paid"
	o.FulfilmentLocationID = at.id
	o.GeneralInfo = linnworks.OrderGeneralInfo{
		Source: in.Source, SubSource: in.SubSource, SiteCode: in.Site,
		ReferenceNum: in.ReferenceNumber, ExternalReferenceNum: in.ExternalReference, SecondaryReference: in.SecondaryReferenceNumber,
		ReceivedDate: in.ReceivedDate, DespatchByDate: in.DispatchBy,
		Location: at.id, NumItems: len(in.OrderItems), HoldOrCancel: in.OrderState == "Hold",
		PIIRedactionDays: in.PIIRedactionDays, StockAllocationType: "NotAllocated",
		ScheduledDelivery:    linnworks.ScheduledDelivery{From: in.DeliveryStartDate, To: in.DeliveryEndDate},
		HasScheduledDelivery: !in.DeliveryStartDate.IsZero(),
	}
	o.PaidDateTime = linnworks.Time{}
	if paid {
		o.GeneralInfo.Status = statusPaid
		if o.PaidDateTime = in.PaidOn; o.PaidDateTime.IsZero() {
			o.PaidDateTime = f.timestamp()
		}
	}
	long := utf8.RuneCountInString(in.DeliveryAddress.PostCode) > maxPostcode
	o.park(!paid && f.quirks[UnpaidOrdersPark] || in.OrderState == "Park" || long && f.quirks[LongPostcodesPark])
	for _, tag := range in.OrderIdentifierTags {
		o.GeneralInfo.Identifiers = append(o.GeneralInfo.Identifiers, linnworks.Identifier{Tag: tag, Name: tag, IsCustom: true})
	}
	o.CustomerInfo = linnworks.OrderCustomerInfo{
		ChannelBuyerName: in.ChannelBuyerName, Address: address(in.DeliveryAddress), BillingAddress: address(in.BillingAddress),
	}
	o.TaxID = in.BuyerTaxNumber
	for _, p := range in.ExtendedProperties {
		f.setProperty(o, p.Name, p.Value, p.Type)
	}
	for _, n := range in.Notes {
		if !slices.ContainsFunc(o.Notes, func(known linnworks.OrderNote) bool { return known.Note == n.Note }) {
			f.addNote(o, n.Note, n.NoteUserName, n.Internal, n.NoteEntryDate)
		}
	}
	o.GeneralInfo.Notes = len(o.Notes)
	o.Items = nil
	for i := range in.OrderItems {
		o.Items = append(o.Items, f.line(o, in, &in.OrderItems[i]))
	}
	o.ShippingInfo = linnworks.OrderShippingInfo{}
	f.totals(o, in)
	f.chooseService(o, in)
}

func address(a linnworks.ChannelAddress) linnworks.CustomerAddress {
	return linnworks.CustomerAddress{
		FullName: a.FullName, Company: a.Company, Address1: a.Address1, Address2: a.Address2, Address3: a.Address3,
		Town: a.Town, Region: a.Region, PostCode: a.PostCode, Country: cmp.Or(a.Country, a.MatchCountryName), PhoneNumber: a.PhoneNumber, EmailAddress: a.EmailAddress,
	}
}

// line makes an order line. It is linked by the channel's SKU mapping, else by
// SKU or barcode where the order allows it, else saved unlinked.
func (f *Fake) line(o *order, in *linnworks.ChannelOrder, from *linnworks.ChannelOrderItem) linnworks.OrderItem {
	line := linnworks.OrderItem{
		ItemNumber: from.ItemNumber, ItemSource: in.Source, ChannelSKU: from.ChannelSKU, ChannelTitle: from.ItemTitle,
		Title: from.ItemTitle, ItemName: from.ItemTitle, Quantity: from.Qty, IsService: from.IsService,
		PricePerUnit: decimal(amount(from.PricePerUnit)), UnitCost: decimal(amount(from.PricePerUnit)),
		Discount: decimal(amount(from.LineDiscount)), TaxCostInclusive: from.TaxCostInclusive,
		StockItemID: linnworks.ZeroGUID, ItemID: linnworks.ZeroGUID,
		RowID: f.newID("row"), OrderID: o.OrderID, AddedDate: f.timestamp(),
	}
	for _, opt := range from.Options {
		line.AdditionalInfo = append(line.AdditionalInfo, linnworks.OrderItemOption{
			OptionID: f.newID("option"), Property: opt.Property, Value: opt.Value,
		})
	}
	if in.UseChannelTax || from.UseChannelTax {
		line.TaxRate = from.TaxRate
	}
	price(&line)
	if from.IsService {
		return line
	}
	it := f.linked(in, from.ChannelSKU)
	if it == nil {
		line.IsUnlinked = true
		return line
	}
	f.link(o, &line, it)
	return line
}

func (f *Fake) linked(in *linnworks.ChannelOrder, sku string) *item {
	source := cmp.Or(in.MappingSource, in.Source)
	if m := f.mapped[channelKey(source, in.SubSource, sku)]; m != nil {
		return m.item
	}
	if it := f.bySKU[f.skuKey(sku)]; it != nil && in.AutomaticallyLinkBySKU {
		return it
	}
	if in.AutomaticallyLinkByBarcode && sku != "" {
		return f.byBarcode[sku]
	}
	return nil
}

// link makes a line one of an item.
func (f *Fake) link(o *order, line *linnworks.OrderItem, it *item) {
	line.SKU, line.Title, line.BarcodeNumber = it.sku, it.title, it.barcode
	line.StockItemID, line.ItemID, line.StockItemIntID = it.id, it.id, it.intID
	line.IsUnlinked = false
	line.CompositeSubItems = f.subItems(o, it, line.Quantity)
}

// subItems expands n kits into their components. Quantities are totals of the
// line, not per kit.
func (f *Fake) subItems(o *order, kit *item, n int) []linnworks.OrderItem {
	var out []linnworks.OrderItem
	for _, p := range kit.components {
		out = append(out, linnworks.OrderItem{
			SKU: p.item.sku, Title: p.item.title, ItemName: p.item.title, BarcodeNumber: p.item.barcode, Quantity: n * p.quantity,
			StockItemID: p.item.id, ItemID: p.item.id, StockItemIntID: p.item.intID,
			RowID: f.newID("row"), OrderID: o.OrderID, AddedDate: f.timestamp(),
			CompositeSubItems: f.subItems(o, p.item, n*p.quantity),
		})
	}
	return out
}

// totals writes the order's money. Linnworks takes no totals: it adds them up.
func (f *Fake) totals(o *order, in *linnworks.ChannelOrder) {
	rate := new(big.Rat)
	if in.UseChannelTax {
		rate = amount(in.PostalServiceTaxRate)
	}
	postage, gross := withTax(amount(in.PostalServiceCost), rate, true)
	conversion := in.ConversionRate
	if amount(conversion).Sign() == 0 {
		conversion = "1"
	}
	o.discount = in.Discount
	o.TotalsInfo = linnworks.OrderTotalsInfo{
		PostageCost: decimal(gross), PostageCostExTax: decimal(cents(postage)),
		PaymentMethod: in.PaymentMethodName, Currency: cmp.Or(in.Currency, "UNK"), ConversionRate: conversion,
	}
	o.sum()
}

// setProperty changes the property of a name, or adds it.
func (f *Fake) setProperty(o *order, name, value, kind string) {
	for i := range o.ExtendedProperties {
		if p := &o.ExtendedProperties[i]; p.Name == name {
			p.Value, p.Type = value, kind
			return
		}
	}
	f.addProperty(o, name, value, kind)
}

func (f *Fake) addProperty(o *order, name, value, kind string) {
	o.ExtendedProperties = append(o.ExtendedProperties, linnworks.ExtendedProperty{
		RowID: f.newID("property"), Name: name, Value: value, Type: kind,
	})
}

func (f *Fake) addNote(o *order, text, by string, internal bool, at linnworks.Time) linnworks.OrderNote {
	if at.IsZero() {
		at = f.timestamp()
	}
	note := linnworks.OrderNote{
		OrderNoteID: f.newID("note"), OrderID: o.OrderID, NoteDate: at, Internal: internal, Note: text, CreatedBy: by,
	}
	o.Notes = append(o.Notes, note)
	o.GeneralInfo.Notes = len(o.Notes)
	f.touch(o)
	return note
}
