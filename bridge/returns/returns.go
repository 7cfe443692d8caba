// Package returns watches what buyers want back after an order has left: refunds,
// returns and replacements that wait for the seller.
//
// TikTok decides for the buyer when the seller says nothing in time, twice for one
// return: when it is asked for, and when the parcel is back. [Watch.Check] reads what
// waits, makes each a case for the team that can answer it, with the shop's deadline,
// and closes the case once the shop shows that it is decided. [Watch.Decide] carries an
// answer to the shop.
//
//	watch, err := returns.NewWatch(returns.Ports{Shop: shop, Exceptions: memory}, returns.Options{})
//	report, err := watch.Check(ctx)
//
// [Mirror] books in the warehouse what the shop has paid back and what is on its way
// back, each once, under the id of the return: people there see it, and finance finds it.
// [Mirror.Receive] puts what has arrived into stock, or scraps it.
//
// Requests to cancel an order that has not left are the canceller's, in package bridge.
//
// https://partner.tiktokshop.com/docv2/page/return-refund-and-cancel-api-overview
package returns

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// Ask is what the seller has to decide. A shop may ask what is not in the list: that
// has the shop's own word, and is answered in Seller Center alone.
type Ask string

// What is asked.
const (
	AskRefund      Ask = "refund without return"
	AskReturn      Ask = "return"
	AskGoods       Ask = "goods that came back" // accepted, the buyer is refunded
	AskReplacement Ask = "replacement"
)

// known reports whether the bridge can carry an answer to it.
func (a Ask) known() bool {
	return a == AskRefund || a == AskReturn || a == AskGoods || a == AskReplacement
}

// Return is what a buyer wants back of one order: several lines of it, perhaps, and
// one of several returns.
type Return struct {
	// ID and OrderID are the shop's.
	ID, OrderID string
	// Ask is what waits for the seller; empty if nothing does.
	Ask Ask
	// Deadline is when the shop decides by itself, for the buyer; zero if it does not say.
	Deadline time.Time
	// Status and Reason are the shop's words. The reason is one of a list, not the
	// buyer's text.
	Status, Reason string
	// Lines are the units that it is about.
	Lines []Line
	// Refund is what the buyer would get, shipping and tax included. It means nothing
	// if RefundUnread is set: the shop states none, or one that is no amount.
	Refund       money.Amount
	RefundUnread bool
	// Shipping is the part of Refund that is for shipping, as far as the shop says.
	Shipping money.Amount
	// Refunded reports that the shop has paid the buyer back, or is about to and does not
	// change its mind.
	Refunded bool
	// RefundedFirst reports that the buyer has the money before the goods are back.
	RefundedFirst bool
	// GoodsSent reports that the buyer has sent the goods.
	GoodsSent bool
	// Over reports that it has ended and nothing is paid back: it was refused, withdrawn
	// or answered with another parcel.
	Over bool
	// Unknown reports that the Status is a word that nobody knew when this was written: only
	// the shop can say whether anything is paid back.
	Unknown bool
	// ReplacedBy is the return that took its place, with the same amounts; empty if none.
	ReplacedBy string
	// Carrier and Tracking are of the parcel on its way back.
	Carrier, Tracking string
	// Cancellation reports that it is no return: the shop has cancelled the order, or lines
	// of it, and the ID is the cancellation's.
	Cancellation bool
	// Lost reports that the buyer is refunded because the parcel has not arrived.
	Lost bool
	// UpdatedAt is the shop's time of the last change.
	UpdatedAt time.Time
}

// Line is one unit of an order, as TikTok has them.
type Line struct {
	OrderLineID, SellerSKU string
	// Refund is what is paid back for it, with Shipping, its part for shipping. Both are
	// zero if the shop does not say.
	Refund, Shipping money.Amount
}

// String is one line for a log or a terminal.
func (r Return) String() string {
	s := fmt.Sprintf("%s of order %s: %s", r.object(), r.OrderID, r.Status)
	if r.Ask != "" {
		s += fmt.Sprintf(", %s to decide", r.Ask)
	}
	if !r.Deadline.IsZero() {
		s += " by " + r.Deadline.UTC().Format("2006-01-02 15:04 UTC")
	}
	return s
}

// cancellationPrefix stands before the id of a cancellation, whose ids are not those of
// returns.
const cancellationPrefix = "cancellation "

// key names a return or a cancellation among what is open.
func (r Return) key() string {
	if r.Cancellation {
		return cancellationPrefix + r.ID
	}
	return r.ID
}

// settledKey names it in a status: two changes may be of one second.
func (r Return) settledKey() string { return r.key() + " " + r.Status }

// object names it in the queue.
func (r Return) object() string {
	if r.Cancellation {
		return cancellationPrefix + r.ID
	}
	return object(r.ID)
}

// noun is what it is called.
func (r Return) noun() string {
	if r.Cancellation {
		return "cancellation"
	}
	return "return"
}

// MarshalJSON returns the return for programs.
func (r Return) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// skus lists what is wanted back, each with its number of units.
func (r Return) skus() string {
	count := map[string]int{}
	var order []string
	for _, l := range r.Lines {
		if count[l.SellerSKU]++; count[l.SellerSKU] == 1 {
			order = append(order, l.SellerSKU)
		}
	}
	for i, sku := range order {
		order[i] = fmt.Sprintf("%d x %s", count[sku], sku)
	}
	return strings.Join(order, ", ")
}

// refund is the amount in words.
func (r Return) refund() string {
	if r.RefundUnread {
		return "not read"
	}
	return r.Refund.String()
}

// Shop is where returns are.
type Shop interface {
	// WaitingReturns returns every return that waits for the seller. Those that there
	// are may be more than could be read: then the list has what was, beside the error.
	WaitingReturns(ctx context.Context) ([]Return, error)
	// Returns returns those that there are of the ids given, in any order.
	Returns(ctx context.Context, ids []string) ([]Return, error)
	// RefusalReasons returns the reasons that the shop takes for refusing what a return
	// asks at this moment, in its own names.
	RefusalReasons(ctx context.Context, id string) ([]string, error)
	// AnswerReturn carries a decision to the shop. The same key carries the same decision once,
	// however often it is sent. One that the shop does not take is an
	// [exceptions.RefusedError].
	AnswerReturn(ctx context.Context, d Decision, key string) error
}

// Decision is the seller's answer to what a return asks.
type Decision struct {
	ReturnID string
	// Ask is what is answered: an answer to a request is none to the goods that come
	// back later.
	Ask Ask
	// Accept grants it. Refusing needs a Reason, one of those that the shop takes.
	Accept bool
	Reason string
	// KeepGoods lets the buyer keep what a granted [AskReturn] is about.
	KeepGoods bool
}

// check returns what is wrong with the decision by itself.
func (d Decision) check() error {
	var errs []error
	if strings.TrimSpace(d.ReturnID) == "" {
		errs = append(errs, errors.New("ReturnID is missing"))
	}
	if !d.Ask.known() {
		errs = append(errs, fmt.Errorf("Ask: %q is none of %q, %q, %q and %q: answer it in Seller Center", d.Ask, AskRefund, AskReturn, AskGoods, AskReplacement))
	}
	if d.Accept && d.Reason != "" {
		errs = append(errs, errors.New("Reason: only refusing has one"))
	}
	if !d.Accept && d.Reason == "" {
		errs = append(errs, errors.New("Reason is missing: the shop refuses a refusal without one"))
	}
	if d.KeepGoods && (!d.Accept || d.Ask != AskReturn) {
		errs = append(errs, fmt.Errorf("KeepGoods: only with an accepted %q", AskReturn))
	}
	return part.Join(errs...)
}

// String is one line for a log.
func (d Decision) String() string {
	switch {
	case d.KeepGoods:
		return fmt.Sprintf("return %s: %s accepted, the buyer keeps the goods", d.ReturnID, d.Ask)
	case d.Accept:
		return fmt.Sprintf("return %s: %s accepted", d.ReturnID, d.Ask)
	}
	return fmt.Sprintf("return %s: %s refused (%s)", d.ReturnID, d.Ask, d.Reason)
}
