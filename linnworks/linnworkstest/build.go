package linnworkstest

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Order describes a channel order. Only Reference and Lines need to be there.
type Order struct {
	// Source and SubSource are SHOP and UK if empty.
	Source, SubSource string
	Reference         string
	Lines             []Line
	// Unpaid orders are parked.
	Unpaid bool
	// State parks or holds a paid order.
	State linnworks.OrderState
	// Received, if zero, is the time of the fake that the order is added to, and
	// for Build, which knows no fake, the first of March 2026, 09:00. DispatchBy
	// is two days later.
	Received, DispatchBy time.Time
	// Postage includes tax.
	Postage linnworks.Decimal
	// Buyer is the recipient's name, "A. Buyer" if empty.
	Buyer string
	// PIIRedactionDays is how many days after processing the buyer is removed, never if
	// zero.
	PIIRedactionDays int
}

// Line is a line of an [Order].
type Line struct {
	// SKU is the channel's SKU.
	SKU string
	// Quantity is 1 if zero.
	Quantity int
	// Price is of one unit, tax included; 10 if empty.
	Price linnworks.Decimal
	// Number is the line's id in the channel, its position from 1 if empty.
	Number string
}

// Build returns the order as CreateOrders takes it.
func (o Order) Build() linnworks.ChannelOrder {
	received := o.Received
	if received.IsZero() {
		received = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	}
	by := o.DispatchBy
	if by.IsZero() {
		by = received.AddDate(0, 0, 2)
	}
	out := linnworks.ChannelOrder{
		Source: cmp.Or(o.Source, "SHOP"), SubSource: cmp.Or(o.SubSource, "UK"), ReferenceNumber: o.Reference,
		ReceivedDate: linnworks.Time{Time: received}, DispatchBy: linnworks.Time{Time: by},
		OrderState: o.State, PaymentStatus: "Paid", Currency: "GBP", PostalServiceCost: o.Postage, PIIRedactionDays: o.PIIRedactionDays,
		DeliveryAddress: linnworks.ChannelAddress{
			FullName: cmp.Or(o.Buyer, "A. Buyer"), Address1: "1 High Street", Town: "Leeds", PostCode: "LS1 1AA", Country: "United Kingdom",
		},
	}
	if o.Unpaid {
		out.PaymentStatus = "Unpaid"
	}
	for i, line := range o.Lines {
		out.OrderItems = append(out.OrderItems, linnworks.ChannelOrderItem{
			ItemNumber: cmp.Or(line.Number, strconv.Itoa(i+1)), ChannelSKU: line.SKU, ItemTitle: line.SKU,
			Qty: max(line.Quantity, 1), PricePerUnit: cmp.Or(line.Price, "10"), TaxCostInclusive: true,
		})
	}
	return out
}

// AddOrder saves an order at Default as CreateOrders does, without a call, its
// lines linked by SKU where no mapping says otherwise. An order that is known
// and paid is refused.
func (f *Fake) AddOrder(in Order) (linnworks.GUID, error) {
	defer f.begin()()
	if in.Received.IsZero() {
		in.Received = f.now()
	}
	order := in.Build()
	order.AutomaticallyLinkBySKU = true
	if err := f.validate(&order); err != nil {
		return "", fmt.Errorf("linnworkstest: AddOrder: %w", err)
	}
	o := f.save(&order, f.locations[0])
	if o == nil {
		return "", fmt.Errorf("linnworkstest: AddOrder: the order %s is known and paid", in.Reference)
	}
	return o.OrderID, nil
}

// AddDraft adds a draft, as someone starting an order by hand leaves one: open,
// unpaid, without a buyer or lines. It returns its id.
func (f *Fake) AddDraft() linnworks.GUID {
	defer f.begin()()
	o := f.newOrder("")
	o.draft = true
	o.GeneralInfo = linnworks.OrderGeneralInfo{
		Source: "DIRECT", ReceivedDate: f.timestamp(), DespatchByDate: linnworks.Time{Time: time.Unix(0, 0)},
		StockAllocationType: "NotAllocated", Location: linnworks.ZeroGUID,
	}
	o.FulfilmentLocationID = linnworks.ZeroGUID
	o.TotalsInfo.ConversionRate = "1"
	f.note(o, "ORDER", "Draft created")
	return o.OrderID
}
