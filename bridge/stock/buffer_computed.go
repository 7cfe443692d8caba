package stock

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// SaleSide is where a unit was sold.
type SaleSide string

// The sides.
const (
	SoldElsewhere SaleSide = "elsewhere" // on any channel but this shop
	SoldInShop    SaleSide = "shop"
)

// ComputedOptions configure a [Computed].
type ComputedOptions struct {
	// Bound is the chance of overselling that is accepted, from 1e-9 to 0.5, for
	// one SKU in one warehouse each time it sells out. Required.
	Bound float64
	// AssumedDelay is the delay to reckon with on both sides while few have been
	// measured. Required.
	AssumedDelay time.Duration
	// AssumedRate is how many sales an hour each side is assumed to have had before
	// the measuring began. It still makes up 37 % of the estimate one Memory later
	// and 5 % after three: too low a number makes the first buffers too small.
	AssumedRate float64
	// Memory is the time constant of the measured rates: what a sale counts falls
	// to 37 % after it. A shorter one follows a burst faster, and keeps more of what
	// sells rarely: with no sale at all, the rate cannot be known to be below
	// 1.5 per Memory. Default 1 hour.
	Memory time.Duration
	// Confidence is how sure to be, from 0.5 to 0.999, that the rate of a side is not
	// above the one that is reckoned with. Default 0.95.
	Confidence float64
	// UnitsPerSale is the most units that one sale usually takes. Default 1.
	UnitsPerSale int
	// Now replaces time.Now. It is asked once, for when the measuring begins.
	Now func() time.Time
}

// Computed is a [BufferSource] that keeps back the fewest units with which
// the chance of overselling stays under a bound. It is told about sales and
// delays as they are measured, and is safe for concurrent use.
//
// # Model
//
// A published level is behind the truth by the units that were sold too short a
// time ago to be counted in it. Let D be the delay between a sale and the moment
// at which the shop accepts a level that counts it, and N the units that are sold
// while somebody does not know:
//
//	N ~ Poisson(rate elsewhere × (delay elsewhere + delay in the shop) + rate in the shop × delay in the shop)
//
// In the worst case the shop sells all that it shows. If b units are kept back,
// more is sold than there is only if N > b. So b is the smallest number with
// P(N > b) ≤ Bound ([OversellBuffer]). Sales elsewhere count because the shop
// still offers those units; and once more after the shop has sold out, for as long
// as the warehouse has not got the last of its orders and other channels sell
// those units too. Sales in the shop count because a level that was computed
// without them puts them on sale again; with a ledger that has them at first
// sight their delay is short.
//
// # Assumptions
//
//   - Sales are independent of one another and their rate does not change during
//     a delay. A burst is recognised slowly, 63 % of it after one Memory: declare
//     it as a [LiveSession], or choose a Memory as short as the burst.
//   - A sale takes UnitsPerSale units at most. A larger one counts as several
//     independent ones, and b is that multiple of the bound on sales.
//   - The delay of a sale is at most the largest of the last 1,000 measured on its
//     side; until there are as many, AssumedDelay counts among them. If delays
//     keep coming from one distribution, the next one is longer in one case of
//     1,001.
//   - The rate of a side is at most the upper confidence limit of its estimate: an
//     exponentially weighted count S of the sales, with time constant Memory, is
//     as good as 2·S sales in a time of 2·Memory, and the limit is that of a Poisson
//     count (after Wilson and Hilferty, within 2 % of the exact one). Few sales
//     therefore count for more than their mean.
//   - The warehouse has a sale of the shop no later than the shop has a level that
//     counts it: import orders before stock is pushed, held ones too. While other
//     channels wait for the end of a hold, no buffer of a sensible size helps.
//   - Other channels stop when the warehouse has nothing left. What they oversell
//     by delays of their own is theirs.
//   - A SKU is sold out once per delay at most. The bound is for one such time, not
//     for a day.
//
// The bound holds where the assumptions do: the chances that a delay or a rate is
// above its limit come on top of it.
//
// What was measured is lost when the process ends: it then begins with
// AssumedRate and AssumedDelay again.
type Computed struct {
	options ComputedOptions
	began   time.Time

	mu     sync.Mutex
	rates  map[saleKey]saleRate
	delays map[SaleSide]*delayMeter
}

type saleKey struct {
	side               SaleSide
	skuID, warehouseID string
}

// NewComputed checks the options.
func NewComputed(o ComputedOptions) (*Computed, error) {
	o.Memory = cmp.Or(o.Memory, time.Hour)
	o.Confidence = cmp.Or(o.Confidence, 0.95)
	o.UnitsPerSale = cmp.Or(o.UnitsPerSale, 1)
	var err error
	switch {
	case !(o.Bound >= minOversellBound && o.Bound <= maxOversellBound):
		err = fmt.Errorf("Bound %v is not between %v and %v", o.Bound, minOversellBound, maxOversellBound)
	case o.AssumedDelay == 0:
		err = errors.New("AssumedDelay is not set")
	case o.AssumedDelay < 0:
		err = fmt.Errorf("AssumedDelay %s is negative", o.AssumedDelay)
	case !(o.AssumedRate >= 0) || math.IsInf(o.AssumedRate, 1):
		err = fmt.Errorf("AssumedRate %v is not zero or a positive number", o.AssumedRate)
	case o.Memory < 0:
		err = fmt.Errorf("Memory %s is negative", o.Memory)
	case !(o.Confidence >= 0.5 && o.Confidence <= 0.999):
		err = fmt.Errorf("Confidence %v is not between 0.5 and 0.999", o.Confidence)
	case o.UnitsPerSale < 0:
		err = fmt.Errorf("UnitsPerSale %d is negative", o.UnitsPerSale)
	}
	if err != nil {
		return nil, fmt.Errorf("stock: NewComputed: %w", err)
	}
	return &Computed{
		options: o, began: part.Clock(o.Now)(), rates: map[saleKey]saleRate{},
		delays: map[SaleSide]*delayMeter{SoldElsewhere: {}, SoldInShop: {}},
	}, nil
}

// Sale notes that units were sold at a moment, in any order of moments but each
// sale once. SKU id and warehouse id are the shop's, also for a sale elsewhere:
// note it for every listing and warehouse that offers the units, kits included.
// Without units or with an unknown side nothing is counted.
func (c *Computed) Sale(side SaleSide, skuID, warehouseID string, units int, at time.Time) {
	if units <= 0 || c.delays[side] == nil {
		return
	}
	key, n := saleKey{side, skuID, warehouseID}, (units-1)/c.options.UnitsPerSale+1
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.rate(key)
	r.add(at, float64(n), c.options.Memory)
	c.rates[key] = r
}

// Delay notes how long it took from a sale on a side until the shop had accepted
// a level that counts it. Negative delays, from clocks that differ, count as zero.
func (c *Computed) Delay(side SaleSide, d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.delays[side]; m != nil {
		m.add(max(d, 0))
	}
}

// Units implements [BufferSource].
func (c *Computed) Units(listing catalogue.Listing, warehouseID string, now time.Time) int {
	return c.Estimate(listing.ID, warehouseID, now).Units
}

func (c *Computed) explain(listing catalogue.Listing, warehouseID string, now time.Time) string {
	return c.Estimate(listing.ID, warehouseID, now).String()
}

// Estimate reports what is kept back at a moment, and from which numbers that
// follows.
func (c *Computed) Estimate(skuID, warehouseID string, now time.Time) BufferEstimate {
	c.mu.Lock()
	elsewhere := c.side(saleKey{SoldElsewhere, skuID, warehouseID}, now)
	shop := c.side(saleKey{SoldInShop, skuID, warehouseID}, now)
	c.mu.Unlock()
	e := BufferEstimate{Elsewhere: elsewhere, Shop: shop, Bound: c.options.Bound}
	e.Mean = elsewhere.Limit*(elsewhere.Delay+shop.Delay).Hours() + shop.Limit*shop.Delay.Hours()
	e.Units = min(OversellBuffer(e.Mean, c.options.Bound), absurdStock) * min(c.options.UnitsPerSale, absurdStock)
	return e
}

func (c *Computed) rate(key saleKey) saleRate {
	r, ok := c.rates[key]
	if !ok {
		r = saleRate{count: c.options.AssumedRate * c.options.Memory.Hours(), last: c.began}
	}
	return r
}

func (c *Computed) side(key saleKey, now time.Time) SideEstimate {
	r, hours := c.rate(key), c.options.Memory.Hours()
	count := r.at(now, c.options.Memory)
	return SideEstimate{
		Rate:  count / hours,
		Limit: poissonLimit(2*count, c.options.Confidence) / (2 * hours),
		Delay: c.delays[key.side].limit(c.options.AssumedDelay),
	}
}

// BufferEstimate is how a [Computed] came to its number.
type BufferEstimate struct {
	Elsewhere, Shop SideEstimate
	// Mean is how many sales are reckoned with while somebody does not know.
	Mean float64
	// Bound is the accepted chance that there are more than are kept back.
	Bound float64
	// Units is what is kept back.
	Units int
}

// SideEstimate is what was measured on one side.
type SideEstimate struct {
	// Rate is the estimated number of sales an hour, Limit its upper confidence
	// limit, which is reckoned with.
	Rate, Limit float64
	// Delay is the longest time to reckon with until a sale is counted.
	Delay time.Duration
}

// String is one line.
func (e BufferEstimate) String() string {
	return fmt.Sprintf("elsewhere %s; shop %s; %.2f unseen, more than %d with a chance under %v", e.Elsewhere, e.Shop, e.Mean, e.Units, e.Bound)
}

// String is a part of a line.
func (s SideEstimate) String() string {
	return fmt.Sprintf("%.1f/h, at most %.1f/h for %s", s.Rate, s.Limit, s.Delay)
}

// saleRate is an exponentially weighted count of sales: each counts exp(−age/memory).
type saleRate struct {
	count float64 // as of last
	last  time.Time
}

func (r *saleRate) at(t time.Time, memory time.Duration) float64 {
	if !t.After(r.last) {
		return r.count
	}
	return r.count * math.Exp(-float64(t.Sub(r.last))/float64(memory))
}

func (r *saleRate) add(t time.Time, sales float64, memory time.Duration) {
	if t.After(r.last) {
		r.count, r.last = r.at(t, memory)+sales, t
		return
	}
	r.count += sales * math.Exp(-float64(r.last.Sub(t))/float64(memory))
}

// delayMeter knows the largest of the last delays.
type delayMeter struct {
	ring    [1000]time.Duration
	n       int // delays ever added
	largest time.Duration
}

func (m *delayMeter) add(d time.Duration) {
	i := m.n % len(m.ring)
	gone := m.ring[i]
	m.ring[i] = d
	m.n++
	switch {
	case d >= m.largest:
		m.largest = d
	case gone == m.largest:
		m.largest = 0
		for _, d := range m.ring {
			m.largest = max(m.largest, d)
		}
	}
}

func (m *delayMeter) limit(assumed time.Duration) time.Duration {
	if m.n < len(m.ring) {
		return max(m.largest, assumed)
	}
	return m.largest
}

// poissonLimit is the upper confidence limit of the mean of a Poisson variable of
// which n was observed; n need not be whole. The exact one is a quantile of the
// gamma distribution with shape n+1, which Wilson and Hilferty approximate.
func poissonLimit(n, confidence float64) float64 {
	a, z := n+1, math.Sqrt2*math.Erfinv(2*confidence-1)
	root := 1 - 1/(9*a) + z/(3*math.Sqrt(a))
	return a * root * root * root
}

const minOversellBound, maxOversellBound = 1e-9, 0.5

// OversellBuffer returns the smallest b with P(N > b) ≤ bound, where N is Poisson
// distributed with the mean given. A bound outside 1e-9 to 0.5 counts as the
// nearer of the two. Up to a mean of ten million the result is exact but for the
// rounding of floats; above, it errs on the side of keeping more. If the mean is
// no number, everything has to be kept: the result is then beyond any stock.
func OversellBuffer(mean, bound float64) int {
	const exact, beyond = 1e7, 1e9
	bound = min(bound, maxOversellBound)
	if !(bound >= minOversellBound) {
		bound = minOversellBound
	}
	if mean <= bound { // P(N > 0) = 1 − exp(−mean) ≤ mean
		return 0
	}
	if math.IsNaN(mean) || mean >= beyond {
		return math.MaxInt32
	}
	// Chernoff: P(N ≥ mean + x) ≤ exp(−x²/(2·(mean + x/3))).
	farther := func(chance float64) float64 {
		l := -math.Log(chance)
		return math.Ceil(mean + l/3 + math.Sqrt(l*l/9+2*l*mean))
	}
	if mean > exact {
		return int(farther(bound))
	}
	// From where the tail is too thin to matter, add it up towards the mean: the
	// terms are positive and grow, so that no digits are lost.
	k := farther(bound * 1e-12)
	factorial, _ := math.Lgamma(k + 1)
	term := math.Exp(k*math.Log(mean) - mean - factorial) // P(N = k)
	for tail := 0.0; k > 0; k-- {
		if tail += term; tail > bound {
			return int(k)
		}
		term *= k / mean
	}
	return 0
}
