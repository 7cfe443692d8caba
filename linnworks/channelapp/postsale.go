package channelapp

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/linnbridge/linnbridge/internal/wire"
	"github.com/linnbridge/linnbridge/linnworks"
)

// CancelOptions say what people may cancel.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-post-sale-options
type CancelOptions struct {
	// Lines reports whether single lines can be cancelled, PartsOfLines whether some
	// units of a line can.
	Lines, PartsOfLines bool
	// Refunds reports whether the channel gives the money back by itself. Linnworks then
	// books a refund when an order is cancelled.
	Refunds bool
	// Reasons are those to choose from. Without any, people write one.
	Reasons []Reason
}

// RefundOptions say what people may refund.
type RefundOptions struct {
	// Items and Services report whether a refund can be of a line, or of a service line.
	Items, Services bool
	// Shipping reports how postage can be refunded.
	Shipping ShippingRefunds
	// Free reports whether a refund can be of no line at all.
	Free bool
	// ItemReasons, ShippingReasons, ServiceReasons and FreeReasons are those to choose
	// from. Without any, people write one.
	ItemReasons, ShippingReasons, ServiceReasons, FreeReasons []Reason
}

// ShippingRefunds are ways to refund postage, as flags.
type ShippingRefunds int

// The ways to refund postage.
const (
	ShippingWithItem ShippingRefunds = 1 // with a line
	ShippingAlone    ShippingRefunds = 2
)

// Reason is why something is cancelled or refunded.
type Reason struct {
	// Tag is what the call then has, Name is shown.
	Tag, Name string
	// More are reasons below it.
	More []Reason
}

// Cancellation is what somebody has cancelled in Linnworks.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-cancel
type Cancellation struct {
	// Reference is the [Order.Reference].
	Reference         string `json:"ReferenceNumber"`
	ExternalReference string
	Items             []CancelledItem
}

// CancelledItem is a line that is cancelled, or a part of it.
type CancelledItem struct {
	// SKU is that of Linnworks, Line the [OrderItem.Line].
	SKU      string
	Line     string `json:"OrderLineNumber"`
	Quantity int    `json:"CancellationQuantity"`
	// Reason is a [Reason.Tag], or what somebody wrote; MoreReason is one below it.
	Reason     string
	MoreReason string `json:"SecondaryReason"`
}

// Refund is what somebody refunds in Linnworks, in the currency of the order.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-refund
type Refund struct {
	// Reference is the [Order.Reference].
	Reference         string `json:"ReferenceNumber"`
	ExternalReference string
	// Shipping is what is refunded of the postage.
	Shipping linnworks.Decimal `json:"RefundShippingAmount"`
	Items    []RefundItem
}

// RefundItem is what is refunded of a line.
type RefundItem struct {
	// SKU is that of Linnworks, Line the [OrderItem.Line].
	SKU    string
	Line   string            `json:"OrderLineNumber"`
	Amount linnworks.Decimal `json:"RefundAmount"`
	// Reason is a [Reason.Tag], or what somebody wrote; MoreReason is one below it.
	Reason     string
	MoreReason string `json:"SecondaryReason"`
}

// Format hides what somebody wrote.
func (i CancelledItem) Format(f fmt.State, _ rune) {
	wire.PrintPrivate(f, i, "SKU", "Line", "Quantity")
}

// LogValue is what fmt prints.
func (i CancelledItem) LogValue() slog.Value { return wire.LogPrivate(i) }

// Format hides what somebody wrote.
func (i RefundItem) Format(f fmt.State, _ rune) {
	wire.PrintPrivate(f, i, "SKU", "Line", "Amount")
}

// LogValue is what fmt prints.
func (i RefundItem) LogValue() slog.Value { return wire.LogPrivate(i) }

// check reports what must not be guessed at.
func (r *Refund) check() error {
	if r.Shipping.Err() != nil {
		return errors.New("the amount of the postage is not a number")
	}
	for _, i := range r.Items {
		if i.Amount == "" || i.Amount.Err() != nil {
			return fmt.Errorf("line %q has no amount, or one that is not a number", i.Line)
		}
	}
	return nil
}

// postSaleAnswer is what the endpoint PostSaleOptions answers.
type postSaleAnswer struct {
	status
	CanCancel                    bool
	CanCancelOrderLines          bool
	CanCancelOrderLinesPartially bool
	AutomaticRefundOnCancel      bool
	CanRefund                    bool
	CanAttachRefundToItem        bool
	CanAttachRefundToService     bool
	RefundShippingTypes          ShippingRefunds
	CanRefundAdditionally        bool
	CanReturn                    bool
	PostSaleReasons              []wireReason
}

type wireReason struct {
	Tag         string
	DisplayName string
	Types       []string
	SubReasons  []wireSubReason
}

type wireSubReason struct{ Tag, DisplayName string }

// add lists reasons for a kind of action. A tag that is there already gets the kind too.
func (a *postSaleAnswer) add(kind string, reasons []Reason) {
	for _, r := range reasons {
		at := slices.IndexFunc(a.PostSaleReasons, func(w wireReason) bool { return w.Tag == r.Tag })
		if at >= 0 {
			a.PostSaleReasons[at].Types = append(a.PostSaleReasons[at].Types, kind)
			continue
		}
		w := wireReason{Tag: r.Tag, DisplayName: r.Name, Types: []string{kind}, SubReasons: []wireSubReason{}}
		for _, more := range r.More {
			w.SubReasons = append(w.SubReasons, wireSubReason{more.Tag, more.Name})
		}
		a.PostSaleReasons = append(a.PostSaleReasons, w)
	}
}
