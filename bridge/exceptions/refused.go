package exceptions

import (
	"errors"
)

// AsRefused returns the refusal that err wraps.
func AsRefused(err error) (*RefusedError, bool) { return errors.AsType[*RefusedError](err) }

// RefusedError is wrapped by port errors that repeating cannot mend.
type RefusedError struct {
	// Do says what a person has to do.
	Do  string
	Err error
}

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RefusedError) Unwrap() error { return e.Err }
