package exceptions

import (
	"errors"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// AsRefused returns the refusal that err wraps.
func AsRefused(err error) (*RefusedError, bool) { return errors.AsType[*RefusedError](err) }

// Cause is the text of err without the remedy of the refusal that it wraps: what
// was seen, for an [Exception] that says beside it what to do. It is cut off after some
// 500 bytes.
func Cause(err error) string {
	refused, ok := AsRefused(err)
	if !ok {
		return part.Short(err.Error())
	}
	return part.Short(strings.Replace(err.Error(), refused.Error(), refused.Err.Error(), 1))
}

// RefusedError is wrapped by port errors that repeating cannot mend.
type RefusedError struct {
	// Do says what a person has to do.
	Do  string
	Err error
}

// Error says what was refused, and what a person has to do.
func (e *RefusedError) Error() string {
	if e.Do == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + " (to mend it: " + e.Do + ")"
}

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }
