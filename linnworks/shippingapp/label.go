package shippingapp

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/internal/wire"
	"github.com/linnbridge/linnbridge/linnworks"
)

// Address is where a parcel goes. All of it is the buyer's data.
type Address struct {
	Name         string
	CompanyName  string
	AddressLine1 string
	AddressLine2 string
	AddressLine3 string
	Town         string
	Region       string
	// CountryCode is of two letters, ISO 3166-1.
	CountryCode string
	PostalCode  string `json:"Postalcode"`
	Email       string
	Phone       string
}

// Format hides the buyer's data from every verb.
func (a Address) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, a, "CountryCode") }

// LogValue is what fmt prints, so that the buyer's data stays out of logs.
func (a Address) LogValue() slog.Value { return wire.LogPrivate(a) }

// Parcels is what a label and a quote are asked for.
type Parcels struct {
	Address
	// OrderReference is the order's reference number, which is the channel's order id
	// unless the order was merged.
	OrderReference string
	// OrderCurrency is an ISO 4217 code, of all amounts.
	OrderCurrency string
	// OrderValue is what the buyer pays.
	OrderValue linnworks.Decimal
	Packages   []Package
	// Properties are those extended properties of the order that are mapped, see
	// [Options.Properties]. Look them up with [Parcels.Property].
	Properties []Property `json:"OrderExtendedProperties"`
}

// Format hides the buyer's data from every verb.
func (p Parcels) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, p, "OrderReference", "Packages") }

// LogValue is what fmt prints, so that the buyer's data stays out of logs.
func (p Parcels) LogValue() slog.Value { return wire.LogPrivate(p) }

// Property returns an extended property of the order, however its name is spelt, see
// [Package].
func (p *Parcels) Property(name string) (string, bool) { return property(p.Properties, name) }

// QuoteRequest asks what it would cost to send an order. It has no number of the order
// and no service.
type QuoteRequest struct{ Parcels }

// LabelRequest asks for the labels of an order.
//
// https://apidocs.linnworks.net/docs/shipping-integration-endpoint-generate-label
type LabelRequest struct {
	Parcels
	// OrderID is the number that people know the order by.
	OrderID int `json:"OrderId"`
	// DeliveryNote is the buyer's.
	DeliveryNote string
	// PostageCharges is what the buyer pays for sending, in OrderCurrency.
	PostageCharges linnworks.Decimal
	// ServiceID is the [Service.ID] that the order's postal service is mapped to.
	ServiceID linnworks.GUID `json:"ServiceId"`
	// Choices are the values of the service's own items, see [LabelRequest.Choice].
	Choices []Choice `json:"ServiceConfigItems"`
}

// Format hides the buyer's data from every verb.
func (r LabelRequest) Format(f fmt.State, _ rune) {
	wire.PrintPrivate(f, r, "OrderID", "OrderReference", "ServiceID", "Packages")
}

// LogValue is what fmt prints, so that the buyer's data stays out of logs.
func (r LabelRequest) LogValue() slog.Value { return wire.LogPrivate(r) }

// Choice returns the value of an item of the service, empty if there is none.
func (r *LabelRequest) Choice(itemID string) string {
	for _, c := range r.Choices {
		if strings.EqualFold(c.ItemID, itemID) {
			return c.Value
		}
	}
	return ""
}

// sequence are the numbers of the packages.
func (r *LabelRequest) sequence() []int {
	numbers := make([]int, len(r.Packages))
	for i, p := range r.Packages {
		numbers[i] = p.SequenceNumber
	}
	return numbers
}

// Package is a parcel. Weights here are in grams, where the rest of Linnworks' API has
// kilograms.
type Package struct {
	// SequenceNumber identifies the package within the order. The first is 0.
	SequenceNumber int
	Weight         linnworks.Decimal `json:"PackageWeight"` // g
	Width          linnworks.Decimal `json:"PackageWidth"`  // cm
	Height         linnworks.Decimal `json:"PackageHeight"` // cm
	Depth          linnworks.Decimal `json:"PackageDepth"`  // cm
	// Format is BOX, PARCEL, PACKET or LETTER.
	Format PackageFormat `json:"PackageFormat"`
	Items  []Item
}

// PackageFormat is the sort of a package.
type PackageFormat string

// The sorts that are documented.
const (
	FormatBox    PackageFormat = "BOX"
	FormatParcel PackageFormat = "PARCEL"
	FormatPacket PackageFormat = "PACKET"
	FormatLetter PackageFormat = "LETTER"
)

// Item is what is in a package.
type Item struct {
	Name     string `json:"ItemName"`
	SKU      string `json:"ProductCode"`
	Quantity int
	// UnitValue is in the currency of the order.
	UnitValue  linnworks.Decimal
	UnitWeight linnworks.Decimal // g
	Height     linnworks.Decimal // cm
	Width      linnworks.Decimal // cm
	Length     linnworks.Decimal // cm
	// Properties are those extended properties of the item that are mapped.
	Properties []Property `json:"ExtendedProperties"`
}

// Property returns an extended property of the item, however its name is spelt.
func (i *Item) Property(name string) (string, bool) { return property(i.Properties, name) }

// Property is an extended property of an order or item. Its value may be the buyer's
// data.
type Property struct{ Name, Value string }

// Format hides the value from every verb.
func (p Property) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, p, "Name") }

// LogValue is what fmt prints, so that the value stays out of logs.
func (p Property) LogValue() slog.Value { return wire.LogPrivate(p) }

// property finds a property by its name: as it is, without regard to case, or with
// another number behind it. The official samples map SafePlace1 and send SafePlace.
func property(list []Property, name string) (string, bool) {
	plain := func(s string) string { return strings.ToLower(strings.TrimRight(strings.TrimSpace(s), "0123456789")) }
	for _, same := range []func(string) bool{
		func(s string) bool { return s == name },
		func(s string) bool { return strings.EqualFold(s, name) },
		func(s string) bool { return plain(s) == plain(name) && plain(name) != "" },
	} {
		if i := slices.IndexFunc(list, func(p Property) bool { return same(p.Name) }); i >= 0 {
			return list[i].Value, true
		}
	}
	return "", false
}

// Label is what is printed for an order. It shows the buyer's address.
type Label struct {
	// Tracking is the number for the whole consignment; empty if it is not tracked.
	Tracking string
	// Cost is what all labels cost, in Currency, an ISO 4217 code. Both may be empty.
	Cost     linnworks.Decimal
	Currency string
	// Packages has one label for each package of the request, in any order.
	Packages []PackageLabel
}

// Format hides the buyer's data from every verb.
func (l Label) Format(f fmt.State, _ rune) { wire.PrintPrivate(f, l, "Tracking", "Packages") }

// LogValue is what fmt prints, so that the buyer's data stays out of logs.
func (l Label) LogValue() slog.Value { return wire.LogPrivate(l) }

// PackageLabel is the label of one package.
type PackageLabel struct {
	// SequenceNumber is that of the package in the request.
	SequenceNumber int
	// Tracking, if empty, is that of the consignment.
	Tracking string
	// PNG is the picture to print, of Width by Height inches.
	PNG           []byte
	Width, Height linnworks.Decimal
	// MorePNGs are printed with it.
	MorePNGs [][]byte
	// PDFs are documents to go with the parcel, such as customs forms. With these the
	// PNG may be left out; whether Linnworks prints such a label no document tells.
	PDFs [][]byte
}

// Format hides the buyer's data from every verb.
func (l PackageLabel) Format(f fmt.State, _ rune) {
	wire.PrintPrivate(f, l, "SequenceNumber", "Tracking", "MorePNGs", "PDFs")
}

// LogValue is what fmt prints, so that the buyer's data stays out of logs.
func (l PackageLabel) LogValue() slog.Value { return wire.LogPrivate(l) }

var (
	pngSignature = []byte("\x89PNG\r\n\x1a\n")
	pdfSignature = []byte("%PDF-")
)

// check reports what Linnworks could not print.
func (l *Label) check(wanted []int) error {
	if l == nil {
		return errors.New("the courier returned neither a label nor an error")
	}
	var numbers []int
	for _, p := range l.Packages {
		numbers = append(numbers, p.SequenceNumber)
		if err := p.check(); err != nil {
			return fmt.Errorf("the label of package %d: %w", p.SequenceNumber, err)
		}
	}
	switch {
	case !slices.Equal(slices.Sorted(slices.Values(numbers)), slices.Sorted(slices.Values(wanted))):
		return fmt.Errorf("the label is for the packages %d, and was asked for %d", numbers, wanted)
	case l.Cost.Err() != nil:
		return errors.New("the cost of the label is not a number")
	case l.Cost != "" && !isCurrency(l.Currency):
		return fmt.Errorf("the cost of the label is in %q, which is no ISO 4217 code", l.Currency)
	}
	return nil
}

func (l *PackageLabel) check() error {
	for _, png := range append([][]byte{l.PNG}, l.MorePNGs...) {
		if len(png) > 0 && !bytes.HasPrefix(png, pngSignature) {
			return errors.New("the picture is no PNG")
		}
	}
	for _, pdf := range l.PDFs {
		if !bytes.HasPrefix(pdf, pdfSignature) {
			return errors.New("the document is no PDF")
		}
	}
	width, ok := l.Width.Rat()
	height, ok2 := l.Height.Rat()
	switch {
	case len(l.PNG) == 0 && len(l.PDFs) == 0:
		return errors.New("it has neither a picture nor a document")
	case len(l.PNG) > 0 && (!ok || !ok2 || width.Sign() <= 0 || height.Sign() <= 0):
		return errors.New("the picture has no size in inches")
	case l.Width.Err() != nil || l.Height.Err() != nil:
		return errors.New("its size is not a number")
	}
	return nil
}

func isCurrency(s string) bool {
	return len(s) == 3 && !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
}

// Quote is what a service would cost.
type Quote struct {
	Service Service
	// CollectionDate and EstimatedDelivery may be zero.
	CollectionDate    linnworks.Time
	EstimatedDelivery linnworks.Time
	// Cost is without Tax, Total with it, in Currency, an ISO 4217 code.
	Cost, Tax, Total linnworks.Decimal
	Currency         string
	// Details and Options are shown to people.
	Details, Options []Property
}

func (q *Quote) check() error {
	switch {
	case q.Service.Name == "":
		return errors.New("a quote names no service")
	case q.Cost.Err() != nil || q.Tax.Err() != nil || q.Total.Err() != nil:
		return fmt.Errorf("the quote of %q: an amount is not a number", q.Service.Name)
	case !isCurrency(q.Currency):
		return fmt.Errorf("the quote of %q is in %q, which is no ISO 4217 code", q.Service.Name, q.Currency)
	case q.CollectionDate.Err() != nil || q.EstimatedDelivery.Err() != nil:
		return fmt.Errorf("the quote of %q: a date cannot be read", q.Service.Name)
	}
	return nil
}
