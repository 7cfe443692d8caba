package tiktokshop

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// The types below carry a buyer's data. They print what an operator needs to
// find the object, for every verb of fmt and in slog, and [redacted] for the
// rest. Their JSON is complete, since stores and fakes need it: that is also
// what slog's JSON handler and encoders of other loggers make of a struct or
// list that holds them, so log them by themselves. Behind an unexported field
// fmt calls no method and prints everything: hold them there by pointer, which %v
// and %+v do not follow.

// private is what is printed of a value: its type and the fields that say which
// one it is.
func private(typ string, fields ...any) string {
	var b strings.Builder
	b.WriteString("tiktokshop." + typ + "(")
	for _, f := range fields {
		if s := fmt.Sprint(f); s != "" {
			b.WriteString(s + ", ")
		}
	}
	b.WriteString(wire.Redacted + ")")
	return b.String()
}

func (o Order) text() string { return private("Order", o.ID, o.Status) }

// Format prints id and status for every verb.
func (o Order) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.text()) }

// LogValue is the same for slog.
func (o Order) LogValue() slog.Value { return slog.StringValue(o.text()) }

func (a OrderRecipientAddress) text() string { return private("OrderRecipientAddress", a.RegionCode) }

// Format prints the country for every verb.
func (a OrderRecipientAddress) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, a.text()) }

// LogValue is the same for slog.
func (a OrderRecipientAddress) LogValue() slog.Value { return slog.StringValue(a.text()) }

// Format prints nothing of the district but its level.
func (d OrderRecipientAddressDistrictInfo) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, private("OrderRecipientAddressDistrictInfo", d.AddressLevel))
}

// LogValue is the same for slog.
func (d OrderRecipientAddressDistrictInfo) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprint(d))
}

// Format prints nothing of the place.
func (p OrderRecipientAddressDeliveryPreferences) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, private("OrderRecipientAddressDeliveryPreferences"))
}

// LogValue is the same for slog.
func (p OrderRecipientAddressDeliveryPreferences) LogValue() slog.Value {
	return slog.StringValue(fmt.Sprint(p))
}

func (p Package) text() string {
	return private("Package", p.Identifier(), p.State())
}

// Format prints id and status for every verb.
func (p Package) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.text()) }

// LogValue is the same for slog.
func (p Package) LogValue() slog.Value { return slog.StringValue(p.text()) }

// Format prints the country for every verb.
func (a PackageRecipientAddress) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, private("PackageRecipientAddress", a.RegionCode))
}

// LogValue is the same for slog.
func (a PackageRecipientAddress) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// Format prints the country for every verb.
func (a PackageSenderAddress) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, private("PackageSenderAddress", a.RegionCode))
}

// LogValue is the same for slog.
func (a PackageSenderAddress) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// Format prints ids and status for every verb.
func (c Cancellation) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, private("Cancellation", c.CancelID, "order "+c.OrderID, c.CancelStatus))
}

// LogValue is the same for slog.
func (c Cancellation) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format prints ids and status for every verb.
func (r Return) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, private("Return", r.ReturnID, "order "+r.OrderID, r.ReturnStatus))
}

// LogValue is the same for slog.
func (r Return) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// Format prints the event and who caused it for every verb: notes and pictures
// are the buyer's.
func (r GetReturnRecordsResponseRecord) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, private("GetReturnRecordsResponseRecord", r.Event, r.Role))
}

// LogValue is the same for slog.
func (r GetReturnRecordsResponseRecord) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(r)) }

// Pages log their length: slog's JSON handler would encode what they hold.

func logCount(what string, n int) slog.Value { return slog.StringValue(fmt.Sprintf("%d %s", n, what)) }

// LogValue counts the orders for slog.
func (r GetOrderDetailResponse) LogValue() slog.Value { return logCount("orders", len(r.Orders)) }

// LogValue counts the orders for slog.
func (r GetOrderListResponse) LogValue() slog.Value { return logCount("orders", len(r.Orders)) }

// LogValue counts the orders for slog.
func (r GetPrivilegedOrderDetailResponse) LogValue() slog.Value {
	return logCount("orders", len(r.Orders))
}

// LogValue counts the packages for slog.
func (r SearchPackageResponse) LogValue() slog.Value { return logCount("packages", len(r.Packages)) }

// LogValue counts the records for slog.
func (r GetReturnRecordsResponse) LogValue() slog.Value { return logCount("records", len(r.Records)) }
