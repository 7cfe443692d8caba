package bridge

import (
	"context"
	"fmt"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// OutcomeCorrected is a tracking number that was corrected in the shop.
const OutcomeCorrected Outcome = "corrected"

// TrackingCorrector changes a tracking number that the shop has.
type TrackingCorrector interface {
	// CorrectTracking gives lines that are shipped (all if none is named) another
	// tracking number and carrier. The shop allows it once for an order, and for a
	// limited time. Lines that have the number already are a success.
	CorrectTracking(ctx context.Context, s Shipment) error
}

// correct makes the shop show the warehouse's tracking number, once and in time;
// otherwise a person has to look.
func (b *dispatchBatch) correct(ctx context.Context, j *dispatchJob, o Order, lines []OrderLine) error {
	w, shown := j.warehouse, strings.Join(trackings(lines), ", ")
	do := "find out which is right; the shop allows one correction, within 72 hours of shipping"
	if o.ShippingModel == TikTokShipping {
		do = "look which label the parcel bears: the shop waits for its own; if it has left with another one, fetch it back, or ask the shop's support"
	}
	differs := func(why string) error {
		return b.raise(ctx, j, exceptions.TrackingDiffers, fmt.Sprintf("the shop shows tracking %s, Linnworks order %s has %q; %s", shown, w.Number, w.Tracking, why), do)
	}
	shippedAt := firstSet(o.ShippedAt, w.ProcessedAt)
	switch {
	case b.ports.Corrector == nil:
		return differs("corrections are switched off")
	case w.State != Processed || o.ShippingModel != SellerShipping:
		return differs("only what the seller's carrier has taken is corrected")
	case len(trackings(lines)) > 1 || len(part.Trackings(w.Tracking)) > 1:
		return differs("there are several numbers")
	case shippedAt.IsZero() || b.options.Now().Sub(shippedAt) > b.options.CorrectWithin:
		return differs(fmt.Sprintf("it is too late to correct it, or not known: the shop allows that for %s after shipping", b.options.CorrectWithin))
	}
	records, _, err := b.ports.Records.RecordsOf(ctx, j.orderID)
	if err != nil {
		return fmt.Errorf("reading earlier corrections: %w", err)
	}
	record := records[j.orderID]
	record.OrderID = j.orderID
	before := record.Correction
	if !before.At.IsZero() && (before.Done || !strings.EqualFold(before.To, w.Tracking)) {
		return differs(fmt.Sprintf("it was already corrected from %s to %s, and the shop allows that once", before.From, before.To))
	}
	if ok, err := b.findCarrier(ctx, j, o); !ok {
		return err
	}
	// Written down first: a correction that may have been made is not to be
	// followed by another one.
	c := store.Correction{From: shown, To: w.Tracking, At: b.options.Now().UTC()}
	note := func(r *store.Record) { r.Correction = c }
	kept, err := store.UpdateRecords(ctx, b.ports.Records, note, record)
	if err != nil {
		return fmt.Errorf("writing the correction down: %w", err)
	}
	shipment := Shipment{Order: o, Tracking: w.Tracking, CarrierID: j.carrier.ID}
	if len(lines) < len(o.LiveLines()) {
		shipment.LineIDs = LineIDs(lines)
	}
	if err := b.ports.Corrector.CorrectTracking(ctx, shipment); err != nil {
		if _, refused := exceptions.AsRefused(err); refused {
			return differs(exceptions.Cause(err))
		}
		return fmt.Errorf("correcting tracking %s to %s: %w", shown, w.Tracking, err)
	}
	c.Done = true
	if _, err := store.UpdateRecords(ctx, b.ports.Records, note, kept...); err != nil {
		return fmt.Errorf("writing the correction down: %w", err)
	}
	j.result.Outcome, j.result.Detail = OutcomeCorrected, c.From+" to "+c.To
	b.arrived[j.orderID] = len(lines) == len(o.LiveLines())
	return nil
}
