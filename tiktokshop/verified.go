package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// The methods whose names end in Verified make a write and see to it that it
// took effect. They read what they need first, write once, and read back where
// the reply of the write is not enough: where it says that it was done already,
// or leaves its outcome unknown. They can be called again after any failure, and
// never make a second parcel, label or decision; each documents its calls. What
// was not refused but is not to be found is a [NotAppliedError].

// NotAppliedError reports a write that TikTok did not refuse, or answered in a
// way that leaves it open, and that is not to be found when read back. It may
// still come into effect if it was lost on the way: wait before calling again.
type NotAppliedError struct {
	// Operation is the service and method of the write, Shop as in [Error].
	Operation string
	Shop      string
	// Object names what was to be changed, such as "order 576".
	Object string
	// Want is what was asked for, Got what was read back, in a few words that
	// hold no buyer's data.
	Want, Got string
	// Err is what the write failed with, nil if it reported a success.
	Err error `json:"-"`
}

// Error names the object, what was wanted and what is there, in one line.
func (e *NotAppliedError) Error() string {
	var b strings.Builder
	writeCall(&b, e.Operation, e.Shop)
	fmt.Fprintf(&b, ": not applied: %s: want %s, found %s", e.Object, e.Want, e.Got)
	if e.Err != nil {
		fmt.Fprintf(&b, "; the write said: %v", e.Err)
	}
	return oneLine(b.String())
}

// Unwrap returns what the write failed with.
func (e *NotAppliedError) Unwrap() error { return e.Err }

// Format prints the text for every verb.
func (e NotAppliedError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// IsNotApplied reports whether a write was read back and is not to be found.
func IsNotApplied(err error) bool {
	_, ok := errors.AsType[*NotAppliedError](err)
	return ok
}

// inDoubt reports whether the outcome of a write has to be read back: it is
// unknown, or there was something before.
func inDoubt(err error) bool { return IsOutcomeUnknown(err) || IsAlreadyDone(err) }

// readBackPauses are the pauses before each look at what a write did. A write
// whose reply was lost may still be on its way, and searches lag.
var readBackPauses = [...]time.Duration{0, time.Second, 3 * time.Second}

// lookBack calls found until it is true, at most len(readBackPauses) times. An
// error, of the context too, ends it and joins written, what the write said:
// both are needed to decide what to do.
func lookBack(ctx context.Context, written error, found func() (bool, error)) (bool, error) {
	for _, pause := range readBackPauses {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, readBackError(written, ctx.Err())
		}
		if ok, err := found(); ok || err != nil {
			return ok, readBackError(written, err)
		}
	}
	return false, nil
}

// readBackError is written, in whose tree the predicates look first, with why it
// could not be read back.
func readBackError(written, err error) error {
	switch {
	case err == nil:
		return nil
	case written == nil:
		return fmt.Errorf("tiktokshop: reading back: %w", err)
	}
	return fmt.Errorf("%w; reading back: %w", written, err)
}

// notApplied begins a NotAppliedError.
func (c *Client) notApplied(op, object, want, got string, err error) *NotAppliedError {
	return &NotAppliedError{Operation: op, Shop: c.shop.ID, Object: object, Want: want, Got: got, Err: err}
}
