package linnworks

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// This file and its neighbours hold the operations that Linnworks may answer
// with success without doing them, as helpers that look. Each has the name of
// its operation and the suffix Verified, takes the same request, and returns nil
// only for what was seen to be so. Where Linnworks did not do it, the error is a
// [*NotAppliedError]. A write whose outcome is unknown is settled by the same
// reading; where that fails too, [IsOutcomeUnknown] is true of the error. All
// may be called again with the same request.
//
// Options are for the write. They do not reach the reads around it.

// NotAppliedError is a write that Linnworks answered with success, or not at
// all, and that reading back did not find.
type NotAppliedError struct {
	// Operation is the service and method of the write.
	Operation string
	// Items are what the write did not reach, and the state in which it was
	// found.
	Items []ItemError
	// Err is what the write itself met, nil for plain success.
	Err error
}

// Error names the operation, the first few things, and what the write met.
func (e *NotAppliedError) Error() string {
	text := "linnworks: " + e.Operation + ": not applied: " + listItems(e.Items)
	if e.Err != nil {
		text += "; the call met: " + e.Err.Error()
	}
	return text
}

// Unwrap returns what the write met, unless the reading has settled it: an
// outcome that was unknown no longer is.
func (e *NotAppliedError) Unwrap() error {
	if IsOutcomeUnknown(e.Err) {
		return nil
	}
	return e.Err
}

// IsNotApplied reports whether Linnworks was seen not to have done what a helper
// with the suffix Verified was asked.
func IsNotApplied(err error) bool {
	_, ok := errors.AsType[*NotAppliedError](err)
	return ok
}

// verify judges a write by reading back. wrote is what the write met. A write
// that was refused needs no reading. look returns what the write did not reach.
func verify(op string, wrote error, look func() ([]ItemError, error)) error {
	if wrote != nil && !IsPartial(wrote) && !IsOutcomeUnknown(wrote) {
		return wrote
	}
	items, err := look()
	if err != nil {
		return unverified(op, also(err, wrote))
	}
	if len(items) > 0 {
		return &NotAppliedError{Operation: op, Items: items, Err: wrote}
	}
	return nil
}

// also joins two errors on one line; either may be nil.
func also(err, more error) error {
	switch {
	case err == nil:
		return more
	case more == nil:
		return err
	}
	return fmt.Errorf("%w; also: %w", err, more)
}

// unverified is a write that was sent, and could not be read back because of err.
func unverified(op string, err error) error {
	e := &Error{Operation: op, Class: ClassUnknown, OutcomeUnknown: true, Err: fmt.Errorf("it was sent, and reading back failed: %w", err)}
	if cause, ok := errors.AsType[*Error](err); ok {
		e.Class, e.RetryAfter = cause.Class, cause.RetryAfter
	}
	return e
}

// What the helpers read back, as paths of the reply. Without it they know nothing.
const (
	fieldProcessed = "Processed"
	fieldStatus    = "GeneralInfo.Status"
	fieldLocked    = "GeneralInfo.HoldOrCancel"
	fieldParked    = "GeneralInfo.IsParked"
	fieldTag       = "GeneralInfo.Marker"
	fieldLabel     = "GeneralInfo.LabelPrinted"
)

// verifyOrders judges a write to orders by reading them with the fields that it
// changes. done reports whether an order is as it should be. Of orders that were there
// before, and of a write that was lost, an order that is not read proves nothing.
func (s *OrdersService) verifyOrders(ctx context.Context, op string, ids []GUID, wrote error, wereThere bool, fields []string, done func(OrderDetails) bool) error {
	return verify(op, wrote, func() ([]ItemError, error) {
		orders, err := s.readOrders(ctx, ids, fields...)
		if err == nil && (wereThere || IsOutcomeUnknown(wrote)) {
			err = allThere(ids, orders)
		}
		return notDone(ids, orders, done), err
	})
}

// allThere returns an error if an order is missing.
func allThere(ids []GUID, orders map[GUID]OrderDetails) error {
	for _, id := range ids {
		if _, ok := orders[id.lower()]; !ok {
			return fmt.Errorf("the reply lacks the order %s", id)
		}
	}
	return nil
}

// notDone lists the orders that are not as they should be.
func notDone(ids []GUID, orders map[GUID]OrderDetails, done func(OrderDetails) bool) (items []ItemError) {
	for i, id := range ids {
		o, ok := orders[id.lower()]
		if ok && done(o) {
			continue
		}
		item := ItemError{Key: string(id), Index: i, Message: "there is no such order"}
		if ok {
			item.Message = stateOf(o)
		}
		items = append(items, item)
	}
	return items
}

// stateOf says in what state an order is, as far as it explains why Linnworks
// leaves it alone.
func stateOf(o OrderDetails) string {
	g := o.GeneralInfo
	words := []string{"the order is"}
	switch {
	case o.Processed && g.HoldOrCancel:
		return "the order is cancelled"
	case o.Processed:
		return "the order is processed"
	case g.Status == statusUnpaid:
		words = append(words, "unpaid,")
	case g.Status == statusPaid:
		words = append(words, "paid,")
	default:
		words = append(words, fmt.Sprintf("of status %d,", g.Status))
	}
	if isParked(o) {
		words = append(words, "parked,")
	}
	if g.HoldOrCancel {
		words = append(words, "locked,")
	}
	if !isParked(o) && g.Marker != 0 {
		words = append(words, fmt.Sprintf("tagged %d,", g.Marker))
	}
	return strings.TrimSuffix(strings.Join(words, " "), ",")
}

// States and tags of orders.
const (
	statusUnpaid = 0
	statusPaid   = 1
	tagParked    = 7
)

func isParked(o OrderDetails) bool {
	return o.GeneralInfo.IsParked || o.GeneralInfo.Marker == tagParked
}

func isCancelled(o OrderDetails) bool { return o.Processed && o.GeneralInfo.HoldOrCancel }

// checkIDs refuses a request that names nothing.
func checkIDs(op string, ids ...GUID) error {
	if len(ids) == 0 || slices.Contains(ids, "") || slices.Contains(ids, ZeroGUID) {
		return fmt.Errorf("linnworks: %s: an order id is missing", op)
	}
	return nil
}

// captured adds [WithResponse] to options, unless they have it, and returns what
// it fills.
func captured(opts []CallOption) (*Response, []CallOption) {
	var s callSettings
	for _, opt := range opts {
		if opt != nil {
			opt(&s)
		}
	}
	if s.response != nil {
		return s.response, opts
	}
	r := new(Response)
	return r, append(slices.Clip(opts), WithResponse(r))
}
