package exceptions

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// UnreadableError comes beside orders or between listings that were read: the
// shop returned others too, of which something cannot be read.
type UnreadableError struct {
	// Reasons say what, by the id of the order or product, which is empty where it
	// cannot be read either. They hold nothing about the buyer.
	Reasons map[string]string
}

// Error names the records.
func (e *UnreadableError) Error() string {
	texts := make([]string, 0, len(e.Reasons))
	for _, id := range slices.Sorted(maps.Keys(e.Reasons)) {
		texts = append(texts, fmt.Sprintf("%q: %s", id, e.Reasons[id]))
	}
	return "the shop's reply cannot be read in part: " + strings.Join(texts, "; ")
}

// UnreadableIn returns what of a reply could not be read, and err if that is not
// all that is wrong.
func UnreadableIn(err error) (map[string]string, error) {
	if e, ok := errors.AsType[*UnreadableError](err); ok {
		return e.Reasons, nil
	}
	return nil, err
}
