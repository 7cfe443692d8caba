package catalogue

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// Problem returns what a person has to be told about a listing that cannot be
// used because of err: an [AmbiguousError], a [KitError], or that there is no item.
// The title may be empty.
// Whoever finds it, the importer or the stock, says the same, so that it is one
// case.
func Problem(l SKU, title string, err error) exceptions.Exception {
	kind, do := exceptions.UnmappedSKU, "create or restore the item in Linnworks, or map the listing to one"
	if _, several := errors.AsType[*AmbiguousError](err); several {
		kind, do = exceptions.AmbiguousSKU, "decide which of them it is, and remove the other links or change their SKUs"
	} else if _, kit := errors.AsType[*KitError](err); kit {
		kind, do = exceptions.BrokenKit, "correct the composition in Linnworks"
	}
	what := "it"
	if title != "" {
		what = strconv.Quote(title)
	}
	return exceptions.New(kind, l.String(), time.Time{}, fmt.Sprintf("the shop sells %s (product %s, SKU id %s), but %v", what, l.ProductID, l.ID, err), do)
}

// ProblemKinds are the kinds that [Problem] returns.
func ProblemKinds() []exceptions.Kind {
	return []exceptions.Kind{exceptions.UnmappedSKU, exceptions.AmbiguousSKU, exceptions.BrokenKit}
}
