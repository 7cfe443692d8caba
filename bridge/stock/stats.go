package stock

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// heat is how much of a listing is sold lately, in units that fade.
type heat struct {
	units float64
	at    time.Time
	// soldOut is since when nothing of the listing is on sale; zero if something is.
	soldOut time.Time
}

// heatMemory is the time in which a sale fades to 37 %.
const heatMemory = 10 * time.Minute

// coldUnits is a heat below which a listing does not count as selling: one sale,
// half an hour ago.
const coldUnits = 0.05

func (h *heat) now(t time.Time) float64 {
	if h == nil {
		return 0
	}
	if h.units == 0 || !t.After(h.at) {
		return h.units
	}
	return h.units * math.Exp(-float64(t.Sub(h.at))/float64(heatMemory))
}

func (h *heat) add(t time.Time, units float64) {
	h.units = h.now(t) + units
	if t.After(h.at) {
		h.at = t
	}
}

// stockClass is which SKUs a delay was measured on.
type stockClass int

const (
	hotSKUs stockClass = iota
	otherSKUs
)

// stockMeter measures how long changes take to be published, and what that costs.
type stockMeter struct {
	delays [2]delays
	calls  map[Call]int
	since  time.Time // of the first call
}

// delays are the last of a kind.
type delays struct {
	ring [512]time.Duration
	n    int
	max  time.Duration
}

func (d *delays) add(v time.Duration) {
	v = max(v, 0)
	d.ring[d.n%len(d.ring)] = v
	d.n++
	d.max = max(d.max, v)
}

func (d *delays) stats() Delay {
	window := slices.Clone(d.ring[:min(d.n, len(d.ring))])
	slices.Sort(window)
	return Delay{SKUs: d.n, P50: health.Percentile(window, 50), P99: health.Percentile(window, 99), Max: d.max}
}

func (m *stockMeter) published(e *bookListing, at time.Time) {
	class := otherSKUs
	if e.hot {
		class = hotSKUs
	}
	m.delays[class].add(at.Sub(e.lag.unseenSince))
}

func (m *stockMeter) called(call Call, n int, now time.Time) {
	if m.calls == nil {
		m.calls, m.since = map[Call]int{}, now
	}
	m.calls[call] += n
}

// Call is a kind of call that stock costs.
type Call string

// The kinds of calls.
const (
	CallLevels  Call = "level reads"   // of items by id, 200 each
	CallSweep   Call = "sweep pages"   // of 200 items
	CallTouched Call = "order reads"   // for what orders touched
	CallPublish Call = "publish calls" // one for each product
	CallLookUp  Call = "look-ups"      // of calls whose outcome was unknown
	CallCheck   Call = "check calls"   // of 600 SKUs
	CallShop    Call = "shop reads"    // of all listings and items, many calls each
)

// linnworksBudgets are the calls a minute that Linnworks allows, or for orders,
// where it publishes nothing, that are taken to be safe.
var linnworksBudgets = map[Call]float64{CallLevels: 250, CallSweep: 150, CallTouched: 150}

// Delay is how long changes took from the warehouse to the shop: from the
// last reading that did not have a change, which is before the change, to the
// moment at which the shop had accepted it. The percentiles are of the last 512
// SKUs published.
type Delay struct {
	SKUs          int
	P50, P99, Max time.Duration
}

// Stats are the numbers of a [Book].
type Stats struct {
	// Hot are SKUs that sell now or were declared to, Other all others.
	Hot, Other Delay
	// Listings is how many SKUs the shop has, Waiting how many of them differ from
	// what they should show, the oldest since Oldest.
	Listings, Waiting int
	Oldest            time.Time
	// Unread is how many items were never read. Stalest is when the reading of the
	// item that was not read for longest began, StalestSKU which that is.
	Unread     int
	Stalest    time.Time
	StalestSKU string
	// Reserved is how many orders the ledger holds.
	Reserved int
	// Calls are the calls of each kind that were spent since Since, Now the moment
	// of these numbers.
	Calls      map[Call]int
	Since, Now time.Time
	// Budgets are the calls a minute that there are, by kind: Linnworks' limits and
	// those of Options.Budgets.
	Budgets map[Call]float64
}

// PerMinute is how many calls of a kind were made a minute.
func (s Stats) PerMinute(call Call) float64 {
	minutes := s.Now.Sub(s.Since).Minutes()
	if s.Since.IsZero() || minutes <= 0 {
		return 0
	}
	return float64(s.Calls[call]) / minutes
}

// Stats reports how the book stands.
func (b *Book) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := Stats{
		Hot: b.stats.delays[hotSKUs].stats(), Other: b.stats.delays[otherSKUs].stats(), Listings: len(b.listings.List),
		Calls: maps.Clone(b.stats.calls), Since: b.stats.since, Now: b.options.Now().UTC(), Budgets: maps.Clone(linnworksBudgets),
	}
	maps.Copy(s.Budgets, b.options.Budgets)
	for n := range b.listings.List {
		if lag := b.listings.At(n).lag; lag != nil {
			s.Waiting++
			if s.Oldest.IsZero() || lag.since.Before(s.Oldest) {
				s.Oldest = lag.since
			}
		}
	}
	for i := range b.items.List {
		switch it := b.items.At(i); {
		case it.untracked:
		case it.at == 0:
			s.Unread++
		case s.Stalest.IsZero() || it.at.time().Before(s.Stalest):
			s.Stalest, s.StalestSKU = it.at.time(), it.sku
		}
	}
	for _, o := range b.orders {
		if o.goneAt == 0 && !o.unseen() {
			s.Reserved++
		}
	}
	return s
}

// blank reports whether no level has been read, although there may be some: nobody can say
// how old the others are.
func (b *Book) blank() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	some := b.statesAt.IsZero() // the shop was never read
	for i := range b.items.List {
		switch it := b.items.At(i); {
		case it.untracked:
		case it.at != 0:
			return false
		default:
			some = true
		}
	}
	return some
}

// MarshalJSON returns the numbers for programs.
func (s Stats) MarshalJSON() ([]byte, error) { return part.JSON(s) }

// String is a line for each class, one for what waits, and one for the calls.
func (s Stats) String() string {
	var b strings.Builder
	for _, c := range []struct {
		name string
		d    Delay
	}{{"hot", s.Hot}, {"other", s.Other}} {
		fmt.Fprintf(&b, "%-6s %6d published, p50 %s, p99 %s, max %s\n", c.name, c.d.SKUs, c.d.P50, c.d.P99, c.d.Max)
	}
	fmt.Fprintf(&b, "%d SKUs, %d waiting%s; %d items never read%s; %d orders reserved\n", s.Listings, s.Waiting, since(s.Oldest, " since "),
		s.Unread, since(s.Stalest, ", the stalest "+s.StalestSKU+" of "), s.Reserved)
	var spent []string
	for _, call := range slices.Sorted(maps.Keys(s.Calls)) {
		text := fmt.Sprintf("%s %d, %.1f a minute", call, s.Calls[call], s.PerMinute(call))
		if budget := s.Budgets[call]; budget > 0 {
			text += fmt.Sprintf(" of %.0f", budget)
		}
		spent = append(spent, text)
	}
	fmt.Fprintf(&b, "calls: %s\n", strings.Join(spent, "; "))
	return b.String()
}

func since(t time.Time, before string) string {
	if t.IsZero() {
		return ""
	}
	return before + t.UTC().Format("2006-01-02 15:04:05")
}
