package stock

import (
	"encoding/json"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// flight measures what is sold while a number is on its way to the shop. A number that
// is published overwrites what the shop has taken off for orders that nobody has told of
// yet: so many units would be on sale again.
// Several books may share one. The zero value is one that has measured nothing.
type flight struct {
	mu    sync.Mutex
	sales map[string]itemSales
	// lags are how long orders took to be seen, by one clock if the shop's is known, ways
	// how long from the reading of the ledger until the shop had accepted a number.
	lags, ways ring
	loaded     bool
	counted    recent
	clock      Clock // nil: what orders tell
}

// Clock is that of the shop.
type Clock interface {
	// ShopAhead returns by how much the shop's clock is ahead of this machine's, negative
	// if it is behind, to within a second. known is false as long as nobody can tell.
	ShopAhead() (ahead time.Duration, known bool)
}

const (
	// saleMemory is the time constant of the rate: a burst is known by 63 % after it.
	saleMemory = 20 * time.Second
	// sellsFrom is how many orders within saleMemory make an item one that sells: one
	// order now and then takes nothing off.
	sellsFrom = 3
	// flightBound is the chance that more is sold on the way than is taken off.
	flightBound = 1e-4
	// assumedLag is reckoned with until as many as measuredLags were measured, longestLag
	// is the most: after an outage orders are seen late that are no longer being placed.
	assumedLag, longestLag = 2 * time.Second, time.Minute
	// mostAhead is by how much the shop's clock may be ahead of ours: TikTok refuses calls
	// that are stamped more than five minutes behind its own.
	mostAhead    = 5*time.Minute + 2*time.Second
	measuredLags = 20
	// soldKept is how many orders are known at least to have been sold: one that comes
	// back into the ledger, because the warehouse has given its units free, is not
	// another sale.
	soldKept = 20_000
)

// itemSales is how an item sells: orders and units that fade, since the first order after
// a time without any.
type itemSales struct {
	orders, units saleRate
	since         time.Time
}

func (s *itemSales) add(at time.Time, units int) {
	switch {
	case s.orders.at(at, saleMemory) < 1:
		s.since = at
	case at.Before(s.since) && s.since.Sub(at) < saleMemory: // they come in any order
		s.since = at
	}
	s.orders.add(at, 1, saleMemory)
	s.units.add(at, float64(units), saleMemory)
}

// onSaleAgain leaves out a time in which nothing was on sale: the sales before it fade no
// further in it, so that what is published next is reckoned as it was then.
func (s *itemSales) onSaleAgain(after time.Duration, now time.Time) {
	by := min(after, now.Sub(s.orders.last))
	if by <= 0 {
		return
	}
	s.orders.last, s.units.last, s.since = s.orders.last.Add(by), s.units.last.Add(by), s.since.Add(by)
}

// perSecond is how many orders a second are placed, and how many units each has; 0 if
// the item does not sell. What was placed within delay is not known yet: that nothing
// was proves nothing.
func (s *itemSales) perSecond(now time.Time, delay time.Duration) (orders, units float64) {
	seen := now.Add(-delay)
	orders = s.orders.at(seen, saleMemory)
	if orders < sellsFrom {
		return 0, 0
	}
	units = s.units.at(seen, saleMemory) / orders
	if seen.Before(s.orders.last) {
		seen = s.orders.last
	}
	lasts := max(seen.Sub(s.since), time.Second)
	return orders / (saleMemory.Seconds() * -math.Expm1(-lasts.Seconds()/saleMemory.Seconds())), units
}

// ring holds the last of what was measured.
type ring struct {
	List []time.Duration `json:"list"`
	Next int             `json:"next"`
}

func (r *ring) add(d time.Duration) {
	d = min(max(d, -mostAhead), longestLag)
	if len(r.List) < 200 {
		r.List = append(r.List, d)
		return
	}
	r.Next %= len(r.List)
	r.List[r.Next] = d
	r.Next++
}

func (r *ring) p99() time.Duration {
	sorted := slices.Sorted(slices.Values(r.List))
	return health.Percentile(sorted, 99)
}

// orderKey is an order of a shop: the ledger is that of all shops which sell from
// the same stock.
type orderKey struct{ shop, id string }

func keyOf(r store.Reservation) orderKey { return orderKey{r.Shop, r.OrderID} }

// recent knows the last orders, soldKept of them at least.
type recent struct{ before, lately map[orderKey]bool }

// add reports whether an order is new.
func (r *recent) add(key orderKey) bool {
	if r.before[key] || r.lately[key] {
		return false
	}
	if r.lately == nil || len(r.lately) >= soldKept {
		r.before, r.lately = r.lately, map[orderKey]bool{}
	}
	r.lately[key] = true
	return true
}

// measured is by how much the shop's clock is ahead of ours, if that is known.
func (f *flight) measured() (ahead time.Duration, known bool) {
	if f.clock == nil {
		return 0, false
	}
	if ahead, known = f.clock.ShopAhead(); !known {
		return 0, false
	}
	return ahead, true
}

// ahead is by how much the shop's clock is ahead of ours. Where nobody knows, it is as far as
// orders tell that were seen before they were placed, with assumedLag for the one that was
// seen soonest.
func (f *flight) ahead() time.Duration {
	if ahead, known := f.measured(); known {
		return ahead
	}
	if len(f.lags.List) == 0 {
		return 0
	}
	if soonest := slices.Min(f.lags.List); soonest < 0 {
		return assumedLag - soonest
	}
	return 0
}

// ours is a moment of the shop's clock by ours.
func (f *flight) ours(moment time.Time) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return moment.Add(-f.ahead())
}

// sold measures a sale, each once.
func (f *flight) sold(r store.Reservation) {
	f.mu.Lock()
	defer f.mu.Unlock()
	ahead, known := f.measured()
	lag := r.SeenAt.Sub(r.CreatedAt) + ahead
	if r.CreatedAt.IsZero() || r.SeenAt.IsZero() || lag < -mostAhead || !f.counted.add(keyOf(r)) {
		return
	}
	if known {
		lag = max(lag, 0) // nothing is seen before it is placed
	}
	f.lags.add(lag)
	placed := r.CreatedAt.Add(-f.ahead())
	if f.sales == nil {
		f.sales = map[string]itemSales{}
	}
	for id, units := range r.Items {
		if units > 0 {
			s := f.sales[id]
			s.add(placed, units)
			f.sales[id] = s
		}
	}
}

// onSaleAgain notes that an item, of which nothing was on sale for a while, is.
func (f *flight) onSaleAgain(itemID string, after time.Duration, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, sells := f.sales[itemID]; sells {
		s.onSaleAgain(after, now)
		f.sales[itemID] = s
	}
}

// went notes how long a call took from the reading of the ledger on.
func (f *flight) went(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ways.add(max(d, 0))
}

// delay is how long to reckon with from a sale until the shop has accepted a number
// that counts it.
func (f *flight) delay() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	lag := f.lags.p99()
	if _, known := f.measured(); !known {
		lag += f.ahead()
	}
	d := min(max(lag, 0), longestLag) + f.ways.p99()
	if len(f.lags.List) < measuredLags {
		d = max(d, assumedLag)
	}
	return d
}

// onTheWay is how many units of an item will be sold while a number is on its way, but
// for a chance of flightBound.
func (f *flight) onTheWay(itemID string, delay time.Duration, now time.Time) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, sells := f.sales[itemID]
	if !sells {
		return 0
	}
	orders, units := s.perSecond(now, delay)
	return int(math.Ceil(float64(OversellBuffer(orders*delay.Seconds(), flightBound)) * units))
}

// selling reports whether any item sells.
func (f *flight) selling() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sales) > 0
}

// forget drops items that have not sold for long.
func (f *flight) forget(now time.Time) {
	for id, s := range f.sales {
		if s.orders.at(now, saleMemory) < sellsFrom/100. {
			delete(f.sales, id)
		}
	}
}

// flightValue is the name under which it is kept.
const flightValue = "stock: what is sold on the way"

// keptFlight is what outlives a process.
type keptFlight struct {
	Lags  ring                `json:"lags"`
	Ways  ring                `json:"ways"`
	Items map[string]keptSale `json:"items"`
}

type keptSale struct {
	Orders float64   `json:"orders"`
	Units  float64   `json:"units"`
	At     time.Time `json:"at"`
	Since  time.Time `json:"since"`
}

func (f *flight) keep(now time.Time) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(now)
	k := keptFlight{Lags: f.lags, Ways: f.ways, Items: make(map[string]keptSale, len(f.sales))}
	for id, s := range f.sales {
		k.Items[id] = keptSale{s.orders.count, s.units.count, s.orders.last.UTC(), s.since.UTC()}
	}
	return json.Marshal(k)
}

// load takes in what was kept. What cannot be read is forgotten: it is measured anew.
func (f *flight) load(value []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.loaded {
		return
	}
	f.loaded = true
	var k keptFlight
	if json.Unmarshal(value, &k) != nil {
		return
	}
	for _, r := range []*ring{&k.Lags, &k.Ways} {
		*r = ring{List: slices.Clone(r.List[:min(len(r.List), 200)]), Next: max(r.Next, 0)}
		for i, d := range r.List {
			if r.List[i] = min(max(d, -mostAhead), longestLag); d < 0 && f.clock != nil {
				r.List[i] = assumedLag // of a process that did not know the shop's clock
			}
		}
	}
	f.lags, f.ways = k.Lags, k.Ways
	f.sales = map[string]itemSales{}
	for id, s := range k.Items {
		if s.Orders > 0 && s.Units > 0 && max(s.Orders, s.Units) < absurdStock {
			f.sales[id] = itemSales{saleRate{s.Orders, s.At}, saleRate{s.Units, s.At}, s.Since}
		}
	}
}

func (f *flight) isLoaded() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.loaded
}
