package finance

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Basis is the date that decides to which month a line belongs.
type Basis string

// The bases.
const (
	ByOrder      Basis = "ordered" // accrual
	BySettlement Basis = "settled" // as the shop's reports have it; the default
	ByPayment    Basis = "paid"    // cash
)

// Options configure [Reconcile].
type Options struct {
	// Shop names the shop in numbers of documents. Required, and never to be changed.
	Shop string
	// AsOf is the moment that the books are as of: what should have happened by now is
	// measured by it. Required: two runs at different times then give the same report.
	AsOf time.Time
	// Basis chooses the date of a line. An adjustment has no order date: it goes by its
	// settlement. Default BySettlement.
	Basis Basis
	// Zone is where months begin. Default UTC. A statement closes at 00:00 UTC for the day
	// before, so that east of Greenwich the last one of a month falls into the next.
	Zone *time.Location
	// SettleWithin is how long after the delivery, or the dispatch if that is not known, an
	// order is settled at the latest, if the shop does not say when. TikTok takes 1 to 31
	// days by the level of the seller. Default 31 days.
	SettleWithin time.Duration
	// PayWithin is how long after a statement it is paid at the latest. TikTok publishes
	// no figure. Default 14 days.
	PayWithin time.Duration
	// Rates are the tax rates in percent of categories that have one of their own, such as
	// Affiliate: "0". The goods' rates come with the orders.
	Rates map[Category]string
	// Market is the code of the shop's market, such as GB: its fees are then held against
	// FeeRules, by default [DefaultFeeRules]. Without it, or for a market without a rule,
	// fees are compared with nothing. UnsureFees asks for the rules too that are not
	// marked as sure.
	Market     string
	FeeRules   *FeeRules
	UnsureFees bool
	// Names is the table of the shop's names of amounts. Default [DefaultNames].
	Names *Names
}

func (o Options) checked() (Options, error) {
	var errs []error
	if err := exceptions.CheckShop(o.Shop); err != nil {
		errs = append(errs, fmt.Errorf("Shop: %w", err))
	}
	if o.AsOf.IsZero() {
		errs = append(errs, errors.New("AsOf: say of which moment the books are"))
	}
	if o.Basis == "" {
		o.Basis = BySettlement
	}
	if !slices.Contains([]Basis{ByOrder, BySettlement, ByPayment}, o.Basis) {
		errs = append(errs, fmt.Errorf("Basis: %q is none of ordered, settled, paid", o.Basis))
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.SettleWithin < 0 || o.PayWithin < 0 {
		errs = append(errs, fmt.Errorf("SettleWithin %v and PayWithin %v must not be negative", o.SettleWithin, o.PayWithin))
	}
	if o.SettleWithin == 0 {
		o.SettleWithin = 31 * 24 * time.Hour
	}
	if o.PayWithin == 0 {
		o.PayWithin = 14 * 24 * time.Hour
	}
	for c := range o.Rates {
		if _, known := categoryAt[c]; !known {
			errs = append(errs, fmt.Errorf("Rates: %q is no category", c))
		}
	}
	if o.Market != "" && (len(o.Market) != 2 || strings.ToUpper(o.Market) != o.Market) {
		errs = append(errs, fmt.Errorf("Market: %q is no code of two letters such as GB", part.Clip(o.Market)))
	}
	if o.FeeRules == nil {
		o.FeeRules = defaultFeeRules
	}
	if o.Names == nil {
		o.Names = defaultNames
	}
	if err := errors.Join(errs...); err != nil {
		return o, fmt.Errorf("finance: Reconcile: %w", err)
	}
	o.AsOf = o.AsOf.UTC()
	return o, nil
}
