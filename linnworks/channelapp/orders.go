package channelapp

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/internal/wire"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// Order is an order of the channel. Amounts are in Currency.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-orders
type Order struct {
	// Reference identifies the order in the channel. Linnworks takes each once.
	Reference          string `json:"ReferenceNumber"`
	SecondaryReference string `json:"SecondaryReferenceNumber"`
	// ExternalReference is usually that of the payment.
	ExternalReference string
	// PaymentStatus may change from unpaid to paid or cancelled. An order that is
	// cancelled is marked so if Linnworks has it, and ignored if not.
	PaymentStatus PaymentStatus
	// Site tells sites of one channel apart, in the mappings of the tags; usually empty.
	Site string
	// PostalServiceTag and PaymentMethodTag are a [Tag.Tag] each.
	PostalServiceTag string `json:"MatchPostalServiceTag"`
	PaymentMethodTag string `json:"MatchPaymentMethodTag"`
	// BuyerName is what the channel calls the buyer.
	BuyerName string `json:"ChannelBuyerName"`
	// Currency is an ISO 4217 code.
	Currency   string
	ReceivedAt linnworks.Time `json:"ReceivedDate"`
	DispatchBy linnworks.Time
	PaidOn     linnworks.Time // zero if it is unpaid
	// PostalServiceCost contains its tax, whose rate is a percentage.
	PostalServiceCost    linnworks.Decimal
	PostalServiceTaxRate linnworks.Decimal
	// Discount is taken off as DiscountType says.
	Discount     linnworks.Decimal
	DiscountType DiscountType
	// MarketplaceTaxID and MarketplaceIOSS are the channel's numbers, where it collects
	// the tax.
	MarketplaceTaxID string `json:"MarketplaceTaxId"`
	MarketplaceIOSS  string `json:"MarketplaceIoss"`
	BillingAddress   Address
	DeliveryAddress  Address
	Items            []OrderItem `json:"OrderItems"`
	// Properties have a name each that is unique in the order.
	Properties []Property `json:"ExtendedProperties"`
	Notes      []Note
}

// Format hides the buyer's data from every verb.
func (o Order) Format(f fmt.State, _ rune) {
	wire.PrintPrivate(f, o, "Reference", "PaymentStatus", "Items")
}

// LogValue is what fmt prints, so that the buyer's data stays out of logs.
func (o Order) LogValue() slog.Value { return wire.LogPrivate(o) }

// PaymentStatus says whether an order is paid.
type PaymentStatus string

// The payment statuses.
const (
	Paid      PaymentStatus = "PAID"
	Unpaid    PaymentStatus = "UNPAID" // Linnworks parks it
	Cancelled PaymentStatus = "CANCELLED"
)

// DiscountType says what a discount is taken off.
type DiscountType string

// What a discount is taken off. The default is [AllEvenly].
const (
	AllEvenly        DiscountType = "AllEvenly"
	ItemsThenPostage DiscountType = "ItemsThenPostage"
	PostageThenItems DiscountType = "PostageThenItems"
)

// Address is a buyer's.
type Address struct {
	FullName, Company            string
	Address1, Address2, Address3 string
	Town, Region                 string
	PostCode                     string
	Country                      string
	CountryCode                  string // ISO 3166, two letters
	PhoneNumber, EmailAddress    string
}

// Format hides the address from every verb.
func (a Address) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, a, "CountryCode") }

// LogValue is what fmt prints, so that the address stays out of logs.
func (a Address) LogValue() slog.Value { return wire.LogPrivate(a) }

// OrderItem is a line of an order.
type OrderItem struct {
	// Line is unique in the order. Despatches name it.
	Line string `json:"OrderLineNumber"`
	// SKU is that of the channel. Linnworks links it by its mappings.
	SKU   string
	Title string `json:"ItemTitle"`
	// Quantity is of units that cost Price each.
	Quantity int               `json:"Qty"`
	Price    linnworks.Decimal `json:"PricePerUnit"`
	// TaxInclusive reports whether Price contains the tax, whose TaxRate is a
	// percentage; UseChannelTax whether TaxRate is the channel's word. Otherwise
	// Linnworks works the tax out.
	TaxInclusive  bool `json:"TaxCostInclusive"`
	UseChannelTax bool
	TaxRate       linnworks.Decimal
	// Discount of the line is a percentage.
	Discount linnworks.Decimal `json:"LinePercentDiscount"`
	// Service is a line that is no goods.
	Service bool `json:"IsService"`
	Options []ItemOption
}

// ItemOption is a choice of the buyer's, such as a colour.
type ItemOption struct{ Name, Value string }

// Format hides the value, which may be the buyer's own words.
func (o ItemOption) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, o, "Name") }

// Property is an extended property of an order. Its value may be the buyer's data.
type Property struct{ Name, Value, Type string }

// Format hides the value from every verb.
func (p Property) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, p, "Name", "Type") }

// LogValue is what fmt prints, so that the value stays out of logs.
func (p Property) LogValue() slog.Value { return wire.LogPrivate(p) }

// Note is a note on an order.
type Note struct {
	Text     string         `json:"Note"`
	At       linnworks.Time `json:"NoteEntryDate"`
	By       string         `json:"NoteUserName"`
	Internal bool           `json:"IsInternal"`
}

// Format hides the note, which may be the buyer's.
func (n Note) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, n, "Internal") }

// LogValue is what fmt prints, so that the note stays out of logs.
func (n Note) LogValue() slog.Value { return wire.LogPrivate(n) }

// check reports what Linnworks could not take of an order.
func (o *Order) check() error {
	switch {
	case o.Reference == "":
		return errors.New("it has no reference")
	case o.PaymentStatus == Cancelled:
		return nil // nothing else is looked at
	case o.PaymentStatus != Paid && o.PaymentStatus != Unpaid:
		return fmt.Errorf("the payment status %q is none", o.PaymentStatus)
	case len(o.Currency) != 3:
		return fmt.Errorf("the currency %q is no ISO 4217 code", o.Currency)
	case o.ReceivedAt.Err() != nil || o.DispatchBy.Err() != nil || o.PaidOn.Err() != nil || o.ReceivedAt.Unset():
		return errors.New("a date is missing or cannot be read")
	case len(o.Items) == 0:
		return errors.New("it has no lines")
	case o.BillingAddress == (Address{}) && o.DeliveryAddress == (Address{}):
		return errors.New("it has no address")
	}
	amounts := []linnworks.Decimal{o.PostalServiceCost, o.PostalServiceTaxRate, o.Discount}
	var lines []string
	for _, item := range o.Items {
		if item.Line == "" || slices.Contains(lines, item.Line) {
			return fmt.Errorf("the line %q is there twice, or has no number", item.Line)
		}
		if item.Quantity <= 0 {
			return fmt.Errorf("line %s has the quantity %d", item.Line, item.Quantity)
		}
		lines = append(lines, item.Line)
		amounts = append(amounts, item.Price, item.TaxRate, item.Discount)
	}
	for _, a := range amounts {
		if a.Err() != nil {
			return errors.New("an amount is not a number")
		}
	}
	var names []string
	for _, p := range o.Properties {
		if slices.Contains(names, p.Name) {
			return fmt.Errorf("the property %q is there twice", p.Name)
		}
		names = append(names, p.Name)
	}
	return nil
}

// wireOrder is the order with no list that is null.
func wireOrder(o Order) Order {
	if o.DiscountType == "" {
		o.DiscountType = AllEvenly
	}
	o.Items, o.Properties, o.Notes = slices.Clone(called.OrEmpty(o.Items)), called.OrEmpty(o.Properties), called.OrEmpty(o.Notes)
	for i := range o.Items {
		o.Items[i].Options = called.OrEmpty(o.Items[i].Options)
	}
	return o
}

// Despatch says what has left of an order. An order that was split comes in parts, with
// the lines of the part.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-despatch
type Despatch struct {
	// Reference is the [Order.Reference].
	Reference string `json:"ReferenceNumber"`
	// Vendor and Method are what the Linnworks account calls them, "NONE" and "Default"
	// if they were not set: they are no names of carriers.
	Vendor   string `json:"ShippingVendor"`
	Method   string `json:"ShippingMethod"`
	Tracking string `json:"TrackingNumber"`
	// MoreTracking are the numbers of further parcels.
	MoreTracking []string `json:"SecondaryTrackingNumbers"`
	// ProcessedAt is in UTC, zero if it could not be read.
	ProcessedAt time.Time `json:"-"`
	// Items are all lines that have left; one in two packages is there twice.
	Items []DespatchItem
	// Packages is empty where Linnworks does not tell.
	Packages []DespatchPackage
}

// DespatchPackage is one of several parcels.
type DespatchPackage struct {
	Vendor      string `json:"ShippingVendor"`
	Method      string `json:"ShippingMethod"`
	Tracking    string `json:"TrackingNumber"`
	TrackingURL string `json:"TrackingUrl"`
	Items       []DespatchItem
}

// DespatchItem is a line, or a part of it, that has left.
type DespatchItem struct {
	SKU string
	// Line is the [OrderItem.Line].
	Line     string `json:"OrderLineNumber"`
	Quantity int    `json:"DespatchedQuantity"`
}
