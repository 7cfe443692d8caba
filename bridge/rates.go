package bridge

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/rates"
)

// Rate is a measure of some orders of a market, now and as it will be.
type Rate struct {
	Measure policy.Measure
	// Market is a two-letter code, empty for orders of which it is not known.
	Market string
	// Orders count, Bad of them are late, cancelled at the seller's fault, or have
	// no valid tracking. Those that came back at the seller's fault are the fewest
	// that it can be, see [rates.Faults].
	Orders, Bad int
	// Coming are orders that will be bad too if nothing is done about them.
	Coming int
	// Percent is the rate now, Forecast the rate with Coming.
	Percent, Forecast float64
	// Limit is what is allowed.
	Limit policy.Limit
	// Unknown says why nobody can tell whether the limit is kept; empty if it is known.
	Unknown string
}

// MarshalJSON returns the rate for programs.
func (r Rate) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Broken reports whether the limit is passed now.
func (r Rate) Broken() bool { return r.Orders > 0 && r.past(r.Percent) }

// Breaking reports whether the limit is passed, or will be.
func (r Rate) Breaking() bool { return r.Orders+r.Coming > 0 && (r.Broken() || r.past(r.Forecast)) }

func (r Rate) past(percent float64) bool {
	switch l := r.Limit; {
	case r.Unknown != "":
		return false
	case percent == l.Percent:
		return l.Strict
	default:
		return l.Least == (percent < l.Percent)
	}
}

// Name is the measure and the market.
func (r Rate) Name() string {
	if r.Market == "" {
		return string(r.Measure)
	}
	return string(r.Measure) + " in " + r.Market
}

// limitWords are how a limit reads, by Least and Strict.
var limitWords = map[[2]bool]string{{false, false}: "at most", {false, true}: "less than", {true, false}: "at least", {true, true}: "more than"}

// String is one line for a log or a terminal.
func (r Rate) String() string {
	s := fmt.Sprintf("%s %.1f %% (%d of %d orders), forecast %.1f %% with %d more", r.Name(), r.Percent, r.Bad, r.Orders, r.Forecast, r.Coming)
	if r.Measure == policy.SellerFaultReturns && r.Unknown != "" {
		s = r.Name() // nobody has counted
	}
	if r.Limit.Known {
		s += fmt.Sprintf(", %s %g %% allowed", limitWords[[2]bool{r.Limit.Least, r.Limit.Strict}], r.Limit.Percent)
	}
	switch {
	case r.Unknown != "":
		s += ": not judged: " + r.Unknown
	case r.Broken():
		s += ": past it"
	case r.Breaking():
		s += ": about to be past it"
	}
	return s
}

// verdict is how an order counts in a measure: not at all, as one of its orders, as
// a bad one, or as one that will be.
type verdict int

const (
	notCounted verdict = iota
	isGood
	isBad
	willBeBad
)

// judges are by measure. Returns at the seller's fault are not in the order: whoever
// reads them blames it, see [rates.Faults].
var judges = map[policy.Measure]func(o Order, now time.Time, horizon time.Duration) verdict{
	policy.LateAtReady: func(o Order, now time.Time, horizon time.Duration) verdict {
		return o.inTime(o.ShippedAt, !o.ShippedAt.IsZero(), o.ShipBy, o.waits(), now, horizon)
	},
	policy.LateAtScan: func(o Order, now time.Time, horizon time.Duration) verdict {
		if o.HandOverBy.IsZero() || o.collected() && o.CollectedAt.IsZero() {
			return notCounted // collected, and nobody knows when
		}
		return o.inTime(o.CollectedAt, o.collected(), o.HandOverBy, o.waits() || o.Status == AwaitingCollection, now, horizon)
	},
	policy.OnTimeDelivery: func(o Order, now time.Time, horizon time.Duration) verdict {
		delivered := !o.DeliveredAt.IsZero()
		if o.PromisedBy.IsZero() || !delivered && (o.Status == Delivered || o.Status == Completed) {
			return notCounted
		}
		v := o.inTime(o.DeliveredAt, delivered, o.PromisedBy, o.Status != Cancelled, now, horizon)
		if v == willBeBad && !o.waits() && o.Status != AwaitingCollection {
			return notCounted // it is on its way, and nobody here can speed it up
		}
		return v
	},
	policy.SellerCancellation: func(o Order, now time.Time, horizon time.Duration) verdict {
		switch {
		case o.Status == Cancelled && (o.CancelInitiator == "SELLER" || o.CancelInitiator == "SYSTEM" && o.ShippedAt.IsZero()):
			return isBad
		case o.waits() && soon(o.CancelledBy, now, horizon):
			return willBeBad
		}
		return isGood
	},
	policy.ValidTracking: func(o Order, now time.Time, horizon time.Duration) verdict {
		switch {
		case o.ShippedAt.IsZero():
			return notCounted
		case o.collected():
			return isGood
		case o.Status == Cancelled && o.CancelInitiator == "SYSTEM", len(trackings(o.Lines)) == 0, passed(o.CollectBy, now):
			return isBad
		case soon(o.CollectBy, now, horizon):
			return willBeBad
		}
		return notCounted
	},
	policy.SellerFaultReturns: func(o Order, _ time.Time, _ time.Duration) verdict {
		if sent(o) {
			return isGood
		}
		return notCounted
	},
}

// The reasons why nobody can tell how many returns are the seller's fault.
const (
	returnsNotRead = "the bridge reads no returns: see Account Health in Seller Center"
	returnsUnread  = "returns could not be read"
)

// inTime judges whether something was done by a moment; until then it counts only
// if the order still waits for it.
func (o Order) inTime(at time.Time, done bool, by time.Time, waits bool, now time.Time, horizon time.Duration) verdict {
	switch {
	case done && !by.IsZero() && at.After(by), !done && waits && passed(by, now):
		return isBad
	case done:
		return isGood
	case waits && soon(by, now, horizon):
		return willBeBad
	}
	return notCounted
}

// counted says how an order counts that is over. ok is false if it is not.
func (o Order) counted(kinds *policy.Kinds, now time.Time) (c rates.Order, ok bool) {
	switch o.Status {
	case InTransit, Delivered, Completed, Cancelled:
	default:
		return c, false
	}
	c = rates.Order{ID: o.ID, Placed: o.PlacedAt(), Market: o.Market, Model: string(o.ShippingModel)}
	rule := kinds.Of(o.PolicyKinds()...)
	for _, m := range policy.AllMeasures {
		judge := judges[m]
		if judge == nil || !rule.Counts(m) {
			continue
		}
		switch judge(o, now, 0) {
		case isGood:
			c.Good = append(c.Good, m)
		case isBad:
			c.Bad = append(c.Bad, m)
		}
	}
	return c, true
}

func passed(at, now time.Time) bool { return !at.IsZero() && now.After(at) }

func soon(at, now time.Time, horizon time.Duration) bool {
	return !at.IsZero() && at.Sub(now) <= horizon
}

// waits reports whether the order is paid, as far as it has to be, and not shipped.
func (o Order) waits() bool {
	return o.Status == AwaitingShipment || o.Status == PartiallyShipping || o.Status == OnHold
}

// collected reports whether the carrier has it, or had it.
func (o Order) collected() bool {
	return !o.CollectedAt.IsZero() || o.Status == InTransit || o.Status == Delivered || o.Status == Completed
}

// Forecast computes the rates of orders at now, beside what is allowed that day in
// their market. An order that is not shipped, scanned or delivered counts as coming to
// be late, or to be cancelled, when less than horizon is left before that happens; one
// that is shipped and not collected, as coming without valid tracking. Unpaid orders do
// not count, unless they are paid on delivery, nor do kinds of orders that are not in
// the measure, such as those that the platform's warehouse sends. What the buyer
// cancelled is nobody's fault.
//
// The shop measures over a window, days to weeks: give it the orders of as many.
// Older ones do not count, nor do those older than [policy.DefaultWindow] where no source
// says how long it is. The rates of market are there even if no order is; leave it empty
// for none.
func Forecast(m *policy.Measures, kinds *policy.Kinds, orders []Order, market string, now time.Time, horizon time.Duration) []Rate {
	return forecast(m, kinds, orders, rates.Counts{}, returnsNotRead, market, now, horizon)
}

// forecast is Forecast of the orders, and of those that were counted when they were over.
// unread says why the returns are not in the counts; empty if they are.
func forecast(m *policy.Measures, kinds *policy.Kinds, orders []Order, over rates.Counts, unread, market string, now time.Time, horizon time.Duration) []Rate {
	markets := map[string]bool{}
	for _, name := range over.Markets() {
		markets[name] = true
	}
	if market != "" {
		markets[market] = true
	}
	for _, o := range orders {
		markets[o.Market] = true
	}
	list := []Rate{}
	for _, name := range slices.Sorted(maps.Keys(markets)) {
		for _, measure := range policy.AllMeasures {
			if measure == policy.SellerFaultReturns && unread != "" {
				limit, _ := m.At(measure, name, now)
				list = append(list, Rate{Measure: measure, Market: name, Limit: limit, Unknown: unread})
				continue
			}
			list = append(list, rate(m, kinds, measure, name, orders, over, now, horizon))
		}
	}
	return list
}

func rate(m *policy.Measures, kinds *policy.Kinds, measure policy.Measure, market string, orders []Order, over rates.Counts, now time.Time, horizon time.Duration) Rate {
	r := Rate{Measure: measure, Market: market}
	limit, ok := m.At(measure, market, now)
	r.Limit = limit
	judge := judges[measure]
	switch {
	case market == "":
		r.Unknown = "the orders name no market"
	case !ok:
		r.Unknown = "no figure is known for this market"
	case !limit.Known:
		r.Unknown = "it is measured in this market, and no source says what is allowed"
	}
	since := now.Add(-cmp.Or(limit.Window, policy.DefaultWindow))
	counted := over.Of(measure, market, limit.Model, since)
	r.Orders, r.Bad = counted.Orders, counted.Bad
	for _, o := range orders {
		placed := o.PlacedAt()
		switch {
		case o.Market != market, !kinds.Of(o.PolicyKinds()...).Counts(measure), limit.Model != "" && string(o.ShippingModel) != limit.Model:
			continue
		case placed.IsZero(), placed.Before(since):
			continue
		}
		switch judge(o, now, horizon) {
		case willBeBad:
			r.Coming++
		case isBad:
			r.Orders++
			r.Bad++
		case isGood:
			r.Orders++
		}
	}
	r.Percent, r.Forecast = share(r.Bad, r.Orders), share(r.Bad+r.Coming, r.Orders+r.Coming)
	if measure == policy.ValidTracking || measure == policy.OnTimeDelivery {
		r.Percent, r.Forecast = 100-r.Percent, 100-r.Forecast
	}
	return r
}

// share is a part in percent.
func share(bad, of int) float64 {
	if of == 0 {
		return 0
	}
	return 100 * float64(bad) / float64(of)
}
