package linnworks

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/linnbridge/linnbridge/internal/wire"
)

// The types of this file hold buyers' names, addresses and notes. So that these
// reach no log by accident, fmt and slog get ids and states of them, with whatever
// verb, also inside lists, maps and exported fields of other structs. Their JSON is
// complete.
//
// Some ways around it remain. A slog.JSONHandler encodes a list, a map or another
// struct as JSON: log such values one by one, or with fmt.Sprint. fmt cannot call
// the methods of values in unexported fields. And a single string taken out of one
// of these types is as public as its owner makes it, as are the parts of an order
// that have no method here: what buyers write into options of lines or into
// extended properties prints.

// show prints a value by the fields that may be seen, given as names and values.
func show(w io.Writer, kind string, fields ...any) {
	_, _ = io.WriteString(w, "linnworks."+kind+"{")
	for i := 0; i+1 < len(fields); i += 2 {
		_, _ = fmt.Fprintf(w, "%v:%v ", fields[i], fields[i+1])
	}
	_, _ = io.WriteString(w, "..."+wire.Redacted+"}")
}

// printed logs a struct as fmt prints it, so that what it holds hides itself: a
// slog.JSONHandler would encode it whole.
func printed(v any) slog.Value { return slog.StringValue(fmt.Sprintf("%+v", v)) }

// Format hides the buyer from every verb.
func (a CustomerAddress) Format(f fmt.State, _ rune) {
	show(f, "CustomerAddress", "Country", a.Country)
}

// LogValue is what Format prints.
func (a CustomerAddress) LogValue() slog.Value { return printed(a) }

// Format hides the buyer from every verb.
func (a ChannelAddress) Format(f fmt.State, _ rune) {
	show(f, "ChannelAddress", "MatchCountryCode", a.MatchCountryCode, "Country", a.Country)
}

// LogValue is what Format prints.
func (a ChannelAddress) LogValue() slog.Value { return printed(a) }

// Format hides the buyer from every verb.
func (a ShippingAddress) Format(f fmt.State, _ rune) {
	show(f, "ShippingAddress", "Country", a.Country)
}

// LogValue is what Format prints.
func (a ShippingAddress) LogValue() slog.Value { return printed(a) }

// Format hides the buyer from every verb.
func (OrderCustomerInfo) Format(f fmt.State, _ rune) { show(f, "OrderCustomerInfo") }

// LogValue is what Format prints.
func (i OrderCustomerInfo) LogValue() slog.Value { return printed(i) }

// Format hides the buyer from every verb.
func (OrdersV2OrderCustomerInfo) Format(f fmt.State, _ rune) { show(f, "OrdersV2OrderCustomerInfo") }

// LogValue is what Format prints.
func (i OrdersV2OrderCustomerInfo) LogValue() slog.Value { return printed(i) }

// Format hides the buyer from every verb.
func (OrderTaxInfo) Format(f fmt.State, _ rune) { show(f, "OrderTaxInfo") }

// LogValue is what Format prints.
func (i OrderTaxInfo) LogValue() slog.Value { return printed(i) }

// Format hides the buyer from every verb.
func (o OrderDetails) Format(f fmt.State, _ rune) {
	show(f, "OrderDetails",
		"OrderID", o.OrderID, "NumOrderID", o.NumOrderID, "Source", o.GeneralInfo.Source, "SubSource", o.GeneralInfo.SubSource,
		"ReferenceNum", o.GeneralInfo.ReferenceNum, "Status", o.GeneralInfo.Status, "IsParked", o.GeneralInfo.IsParked,
		"HoldOrCancel", o.GeneralInfo.HoldOrCancel, "Processed", o.Processed, "Items", len(o.Items),
	)
}

// LogValue is what Format prints.
func (o OrderDetails) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (o OpenOrder) Format(f fmt.State, _ rune) {
	show(f, "OpenOrder",
		"OrderID", o.OrderID, "NumOrderID", o.NumOrderID, "Source", o.GeneralInfo.Source, "SubSource", o.GeneralInfo.SubSource,
		"ReferenceNum", o.GeneralInfo.ReferenceNum, "Status", o.GeneralInfo.Status, "IsParked", o.GeneralInfo.IsParked,
		"HoldOrCancel", o.GeneralInfo.HoldOrCancel, "Items", len(o.Items),
	)
}

// LogValue is what Format prints.
func (o OpenOrder) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (o OrdersV2Order) Format(f fmt.State, _ rune) {
	show(f, "OrdersV2Order",
		"OrderID", o.OrderID, "NumOrderID", o.NumOrderID, "Source", o.GeneralInfo.Source, "SubSource", o.GeneralInfo.SubSource,
		"ReferenceNum", o.GeneralInfo.ReferenceNum, "Status", o.GeneralInfo.Status, "IsParked", o.GeneralInfo.IsParked,
		"IsLocked", o.GeneralInfo.IsLocked, "Processed", o.Processed, "Items", len(o.Items),
	)
}

// LogValue is what Format prints.
func (o OrdersV2Order) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (o OrdersV2ProcessedOrder) Format(f fmt.State, _ rune) {
	show(f, "OrdersV2ProcessedOrder",
		"OrderID", o.OrderID, "NumOrderID", o.NumOrderID, "Source", o.GeneralInfo.Source, "SubSource", o.GeneralInfo.SubSource,
		"ReferenceNum", o.GeneralInfo.ReferenceNum, "Status", o.GeneralInfo.Status, "IsCancelled", o.GeneralInfo.IsCancelled,
		"Items", len(o.Items),
	)
}

// LogValue is what Format prints.
func (o OrdersV2ProcessedOrder) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (o ProcessedOrder) Format(f fmt.State, _ rune) {
	show(f, "ProcessedOrder",
		"PkOrderID", o.OrderID, "NOrderID", o.NumOrderID, "Source", o.Source, "SubSource", o.SubSource,
		"ReferenceNum", o.ReferenceNum, "NStatus", o.Status, "HoldOrCancel", o.HoldOrCancel, "IsResend", o.IsResend,
		"IsExchange", o.IsExchange,
	)
}

// LogValue is what Format prints.
func (o ProcessedOrder) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (o OrderSummary) Format(f fmt.State, _ rune) {
	show(f, "OrderSummary", "OrderID", o.OrderID, "NumOrderID", o.NumOrderID, "Source", o.Source, "NumProducts", o.NumProducts)
}

// LogValue is what Format prints.
func (o OrderSummary) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (o ChannelOrder) Format(f fmt.State, _ rune) {
	show(f, "ChannelOrder",
		"Source", o.Source, "SubSource", o.SubSource, "ReferenceNumber", o.ReferenceNumber, "PaymentStatus", o.PaymentStatus,
		"OrderState", o.OrderState, "OrderItems", len(o.OrderItems),
	)
}

// LogValue is what Format prints.
func (o ChannelOrder) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (r ReturnsRefundsWeb) Format(f fmt.State, _ rune) {
	show(f, "ReturnsRefundsWeb",
		"PkOrderID", r.OrderID, "NOrderID", r.NumOrderID, "Source", r.Source, "SubSource", r.SubSource,
		"ReferenceNum", r.ReferenceNum, "PkReturnID", r.ReturnID, "RefundReference", r.RefundReference,
		"RefundStatus", r.RefundStatus,
	)
}

// LogValue is what Format prints.
func (r ReturnsRefundsWeb) LogValue() slog.Value { return printed(r) }

// Format hides the buyer from every verb.
func (o RefundOrder) Format(f fmt.State, _ rune) {
	show(f, "RefundOrder",
		"PkOrderID", o.OrderID, "NOrderID", o.NumOrderID, "Source", o.Source, "SubSource", o.SubSource,
		"ReferenceNum", o.ReferenceNum, "RefundReference", o.RefundReference,
	)
}

// LogValue is what Format prints.
func (o RefundOrder) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (o BookedReturnsExchangeOrder) Format(f fmt.State, _ rune) {
	show(f, "BookedReturnsExchangeOrder", "PkOrderID", o.OrderID, "NOrderID", o.NumOrderID, "ReferenceNum", o.ReferenceNum)
}

// LogValue is what Format prints.
func (o BookedReturnsExchangeOrder) LogValue() slog.Value { return printed(o) }

// Format hides the buyer from every verb.
func (n OrderNote) Format(f fmt.State, _ rune) {
	show(f, "OrderNote", "OrderNoteID", n.OrderNoteID, "OrderID", n.OrderID, "NoteDate", n.NoteDate, "Internal", n.Internal)
}

// LogValue is what Format prints.
func (n OrderNote) LogValue() slog.Value { return printed(n) }

// Format hides the buyer from every verb.
func (n OrderNoteDto) Format(f fmt.State, _ rune) {
	show(f, "OrderNoteDto", "OrderNoteID", n.OrderNoteID, "OrderID", n.OrderID, "NoteDate", n.NoteDate, "Internal", n.Internal)
}

// LogValue is what Format prints.
func (n OrderNoteDto) LogValue() slog.Value { return printed(n) }

// Format hides the buyer from every verb.
func (n OrdersV2OrderNote) Format(f fmt.State, _ rune) {
	show(f, "OrdersV2OrderNote", "OrderNoteID", n.OrderNoteID, "NoteDate", n.NoteDate, "Internal", n.Internal)
}

// LogValue is what Format prints.
func (n OrdersV2OrderNote) LogValue() slog.Value { return printed(n) }

// Format hides the buyer from every verb.
func (n ProcessedOrderNote) Format(f fmt.State, _ rune) {
	show(f, "ProcessedOrderNote", "PkOrderNoteID", n.OrderNoteID, "FkOrderID", n.OrderID, "Internal", n.Internal)
}

// LogValue is what Format prints.
func (n ProcessedOrderNote) LogValue() slog.Value { return printed(n) }

// Format hides the buyer from every verb.
func (n ChannelOrderNote) Format(f fmt.State, _ rune) {
	show(f, "ChannelOrderNote", "NoteEntryDate", n.NoteEntryDate, "Internal", n.Internal)
}

// LogValue is what Format prints.
func (n ChannelOrderNote) LogValue() slog.Value { return printed(n) }

// Format hides what the carrier said of the address.
func (e PrintError) Format(f fmt.State, _ rune) {
	show(f, "PrintError", "ID", e.ID, "TemplateType", e.TemplateType)
}

// LogValue is what Format prints.
func (e PrintError) LogValue() slog.Value { return printed(e) }

// Format hides the carrier's words and the link to the document, which shows the
// addresses to anybody who has it.
func (r CreatePDFResult) Format(f fmt.State, _ rune) {
	show(f, "CreatePDFResult", "IDsProcessed", len(r.IDsProcessed), "KeyedError", r.KeyedError, "PrintErrors", len(r.PrintErrors), "PageCount", r.PageCount)
}

// LogValue is what Format prints.
func (r CreatePDFResult) LogValue() slog.Value { return printed(r) }

// LogValue prints what GetOpenOrdersDetailsResponse holds as it shows itself.
func (r GetOpenOrdersDetailsResponse) LogValue() slog.Value { return printed(r) }

// LogValue prints what GenericPagedResultOpenOrder holds as it shows itself.
func (r OpenOrderPage) LogValue() slog.Value { return printed(r) }

// LogValue prints what PostFilterPagedResponseOpenOrder holds as it shows itself.
func (r FilteredOpenOrderPage) LogValue() slog.Value { return printed(r) }

// LogValue prints what GetOrdersResponse holds as it shows itself.
func (r GetOrdersResponse) LogValue() slog.Value { return printed(r) }

// LogValue prints what GenericPagedResultProcessedOrderWeb holds as it shows itself.
func (r ProcessedOrderPage) LogValue() slog.Value { return printed(r) }

// LogValue prints what CreateOrdersRequest holds as it shows itself.
func (r CreateOrdersRequest) LogValue() slog.Value { return printed(r) }

// LogValue prints what SetOrderCustomerInfoRequest holds as it shows itself.
func (r SetOrderCustomerInfoRequest) LogValue() slog.Value { return printed(r) }

// LogValue prints what UpdateBillingAddressRequest holds as it shows itself.
func (r UpdateBillingAddressRequest) LogValue() slog.Value { return printed(r) }
