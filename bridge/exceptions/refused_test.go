package exceptions_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// Who logs a refusal learns what a person has to do; an exception says it in a
// field of its own.
func TestRefusedError(t *testing.T) {
	refused := &exceptions.RefusedError{Do: "correct the number", Err: errors.New("not a number of this carrier")}
	for _, tc := range []struct {
		err         error
		text, cause string
	}{
		{refused, "not a number of this carrier (to mend it: correct the number)", "not a number of this carrier"},
		{fmt.Errorf("shipping 1: %w; and more", refused), "shipping 1: not a number of this carrier (to mend it: correct the number); and more", "shipping 1: not a number of this carrier; and more"},
		{&exceptions.RefusedError{Err: errors.New("no")}, "no", "no"},
		{errors.New("reset"), "reset", "reset"},
	} {
		if got := tc.err.Error(); got != tc.text {
			t.Errorf("Error() = %q, want %q", got, tc.text)
		}
		if got := exceptions.Cause(tc.err); got != tc.cause {
			t.Errorf("Cause(%q) = %q, want %q", tc.err, got, tc.cause)
		}
	}
}
