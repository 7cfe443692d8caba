package bridge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// maxWarning is how much of a warning is kept, in characters.
const maxWarning = 300

// warned raises what the shop says about a shipment that it has taken: that it knows
// no such number, or that it belongs to another provider. Such numbers count as
// invalid later. The same said of one carrier is one case, however many parcels it
// was said of.
func (b *dispatchBatch) warned(ctx context.Context, j *dispatchJob, warning string) error {
	if warning = strings.Join(strings.Fields(warning), " "); warning == "" {
		return nil
	}
	if r := []rune(warning); len(r) > maxWarning {
		warning = string(r[:maxWarning]) + "..."
	}
	e := exceptions.New(exceptions.TrackingDoubted, fmt.Sprintf("provider %s: %s", j.carrier.Name, wording(warning)), time.Time{},
		fmt.Sprintf("the shop took tracking number %s of Linnworks order %s, and warns: %s", j.warehouse.Tracking, j.warehouse.Number, warning),
		"look the number up on the carrier's website; if it is another carrier's, correct its mapping in the bridge's settings (carriers)", orderEvidence(b.order(j.orderID), j.warehouse)...)
	e.Orders = []string{j.orderID}
	return b.ports.Exceptions.Raise(ctx, e)
}

// wording is a warning without the words that differ from parcel to parcel, such as
// the tracking number.
func wording(warning string) string {
	var words []string
	for word := range strings.FieldsSeq(warning) {
		if !strings.ContainsAny(word, "0123456789") {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}
