package bridge

import (
	"fmt"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Outcome is what became of one object in a run.
type Outcome string

// The outcomes.
const (
	OutcomeCreated   Outcome = "created"
	OutcomeParked    Outcome = "created parked"
	OutcomeReleased  Outcome = "released"
	OutcomeBooked    Outcome = "booked as shipped"
	OutcomeAddressed Outcome = "address changed"
	OutcomeReserved  Outcome = "reserved"
	OutcomeUnchanged Outcome = "unchanged"
	OutcomeSkipped   Outcome = "skipped"
	OutcomeShipped   Outcome = "shipped"
	OutcomeLabelled  Outcome = "labelled"
	OutcomeConfirmed Outcome = "confirmed"
	OutcomeHeld      Outcome = "held"
	OutcomeCancelled Outcome = "cancelled"
	OutcomeRaised    Outcome = "raised" // a person has to look: see the exceptions
	OutcomeFailed    Outcome = "failed" // to be repeated: see the error
)

// OrderResult is what a run did with one order.
type OrderResult struct {
	OrderID string
	Outcome Outcome
	// WarehouseOrder is the number of the order in the warehouse, if it is there.
	WarehouseOrder string
	// Detail says more, in a few words.
	Detail string
	// Deadline is by when the shop wants the order shipped, if it is known and the
	// order is not.
	Deadline time.Time
	// Again is when the order has to be looked at again although neither side may
	// tell of a change by then; zero if that is not so.
	Again time.Time
	// Unseen reports whether the order was not looked at and nothing reserves its
	// units: stock must not be raised.
	Unseen bool
	// Err is set for [OutcomeFailed]; it is part of the error that the run returned, see
	// [OrdersError].
	Err error
}

// MarshalJSON returns the result with its error as text.
func (r OrderResult) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// OrderResults is what a run did, in the order in which it worked.
type OrderResults []OrderResult

// String is a line per order.
func (r OrderResults) String() string {
	var b strings.Builder
	for _, o := range r {
		line := fmt.Sprintf("order %s  %-14s", o.OrderID, o.Outcome)
		if o.WarehouseOrder != "" {
			line += "  warehouse order " + o.WarehouseOrder
		}
		if o.Detail != "" {
			line += "  " + o.Detail
		}
		if o.Err != nil {
			line += "  " + o.Err.Error()
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// MarshalJSON returns a list, never null.
func (r OrderResults) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Err returns an [OrdersError], or nil if no order failed.
func (r OrderResults) Err() error {
	var failed OrderResults
	for _, o := range r {
		if o.Err != nil {
			failed = append(failed, o)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &OrdersError{failed}
}

// OrdersError is part of the error of a run of which single orders failed. The others
// went through, and those are tried again. It wraps their errors.
type OrdersError struct {
	// Failed are the results of the orders that failed.
	Failed OrderResults
}

// Error has a line for each of the first orders, cut off where it is long, and how many
// more there are.
func (e *OrdersError) Error() string { return part.Join(e.Unwrap()...).Error() }

// Unwrap returns an error for each order.
func (e *OrdersError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, o := range e.Failed {
		errs[i] = fmt.Errorf("order %s: %w", o.OrderID, o.Err)
	}
	return errs
}
