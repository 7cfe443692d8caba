package claims

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Parcels knows how parcels to buyers move.
type Parcels interface {
	// StalledParcels returns the parcels on their way to a buyer whose last scan is from
	// before a moment. Those that there are may be more than could be read: then the list has
	// what was, beside the error.
	StalledParcels(ctx context.Context, since time.Time) ([]Loss, error)
}

// untraced is how long TikTok leaves a parcel without a change of its tracking alone before
// it may cancel the order, by its overview of the order API:
// https://partner.tiktokshop.com/docv2/page/order-api-overview
const untraced = 7 * 24 * time.Hour

// StallOptions configure [Stalls]. Zero values take the defaults.
type StallOptions struct {
	// Market and Rules are those of [Options].
	Market string
	Rules  *Rules
	// After is how long a parcel may go without a scan. Default 5 days: TikTok may cancel the
	// order after 7.
	After time.Duration
	// Every is how long a list of parcels is good for: the shop tells of parcels one order at
	// a time. Default 6 hours.
	Every time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Stalls makes a parcel that has stopped moving a case, before it is known to be lost. It is
// safe for concurrent use.
type Stalls struct {
	parcels Parcels
	queue   exceptions.Queue
	options StallOptions

	mu   sync.Mutex
	read time.Time // when the last list was read to the end
}

// NewStalls returns Stalls, or an error that names what is missing or wrong.
func NewStalls(parcels Parcels, queue exceptions.Queue, o StallOptions) (*Stalls, error) {
	if err := part.Required("claims: NewStalls", map[string]any{"parcels": parcels, "queue": queue}); err != nil {
		return nil, err
	}
	if o.Market != "" && !isMarket(o.Market) {
		return nil, fmt.Errorf("claims: NewStalls: Market: %q is no code of two letters such as GB", part.Clip(o.Market))
	}
	if o.After < 0 || o.Every < 0 {
		return nil, errors.New("claims: NewStalls: After and Every must not be negative")
	}
	if o.After == 0 {
		o.After = 5 * 24 * time.Hour
	}
	if o.Every == 0 {
		o.Every = 6 * time.Hour
	}
	if o.Rules == nil {
		o.Rules = defaultRules
	}
	o.Now = part.Clock(o.Now)
	return &Stalls{parcels: parcels, queue: queue, options: o}, nil
}

// Check raises a case for each parcel that has stopped moving, and closes those of the
// others. After a list that could not be read to the end it closes none, and the next call
// reads again; otherwise it reads one only when the last is too old.
func (s *Stalls) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.options.Now()
	if now.Sub(s.read) < s.options.Every && !now.Before(s.read) { // the first time, it was read long ago
		return nil
	}
	parcels, failed := s.parcels.StalledParcels(ctx, now.Add(-s.options.After))
	if failed != nil {
		failed = fmt.Errorf("claims: reading how parcels move: %w", failed)
	}
	list, still := make([]exceptions.Exception, len(parcels)), map[string]bool{}
	for i, p := range parcels {
		list[i] = s.exception(p)
		still[list[i].Object] = true
	}
	if err := exceptions.RaiseAll(ctx, s.queue, list); err != nil {
		return errors.Join(failed, fmt.Errorf("claims: raising cases: %w", err))
	}
	if failed != nil {
		return failed
	}
	open, err := s.queue.Open(ctx, exceptions.ParcelStalled)
	if err != nil {
		return fmt.Errorf("claims: reading the cases: %w", err)
	}
	var errs []error
	for _, e := range open {
		if !still[e.Object] {
			if err := s.queue.Clear(ctx, e.Object, exceptions.ParcelStalled); err != nil {
				errs = append(errs, fmt.Errorf("claims: closing the case of %s: %w", e.Object, err))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	s.read = now
	return nil
}

func (s *Stalls) exception(l Loss) exceptions.Exception {
	l.Kind = Parcel
	do := "ask the carrier where it is and tell the buyer: the shop may cancel the order once its parcel has gone 7 days without a scan"
	if clock, known := s.options.Rules.Clock(s.options.Market, l); known && !clock.By.IsZero() {
		do += "; if it is lost, it may be claimed until " + clock.By.Format(time.DateOnly)
	}
	seen := "order " + l.OrderID + " has left, and its parcel was never scanned"
	deadline := time.Time{}
	if !l.StatusAt.IsZero() {
		seen = fmt.Sprintf("the parcel of order %s was last scanned on %s", l.OrderID, l.StatusAt.UTC().Format(time.DateOnly))
		deadline = l.StatusAt.UTC().Add(untraced)
	}
	return exceptions.New(exceptions.ParcelStalled, l.parcel(), deadline, seen, do,
		exceptions.Evidence("order", l.OrderID, "tracking number", part.Tracking(l.Tracking))...)
}
