package wire

import (
	"fmt"
	"io"
)

// Redacted stands in for a secret wherever a value is printed.
const Redacted = "[redacted]"

// FormatSecret is the body of a secret type's Format method: it prints the
// placeholder for every verb and flag, so that %v, %+v, %#v, %q and %x agree.
func FormatSecret(w fmt.State, empty bool) {
	if empty {
		return
	}
	_, _ = io.WriteString(w, Redacted)
}
