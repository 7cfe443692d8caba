package bridge

import (
	"context"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// noteTakenOff writes down which lines go from an order that stays, before they do:
// what they were worth is no longer part of its total.
func (r *cancelRun) noteTakenOff(ctx context.Context) error {
	off := r.record.Notes[money.OffNote]
	if r.lines == nil || r.record.Notes[money.SaleNote] == "" || money.TakenOff(off, r.lineIDs()...) == off {
		return nil
	}
	return r.note(ctx, func(rec *store.Record, _ time.Time) {
		if rec.Notes[money.SaleNote] != "" {
			rec.SetNote(money.OffNote, money.TakenOff(rec.Notes[money.OffNote], r.lineIDs()...))
		}
	})
}

// saleProperties are the properties that prove the total of a warehouse order once the
// lines are off it. Those of one that was split or merged are not of this order alone.
func (r *cancelRun) saleProperties(w WarehouseOrder) ([]exceptions.Property, error) {
	sale, known, err := money.SaleOf(r.record.Notes)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading what it was sold for: %w", err)
	case !known || w.Split || w.Merged:
		return nil, nil
	}
	return []exceptions.Property{{Name: cancelledProperty, Value: sale.Cancelled.Decimal()}}, nil
}
