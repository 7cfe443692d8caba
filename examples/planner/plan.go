package main

import (
	"math"
	"time"

	"github.com/linnbridge/linnbridge/bridge/stock"
)

// shop is what a client says of the shop.
type shop struct {
	skus         int     // listings with stock of their own
	ordersPerDay float64 // on an ordinary day, spread over waking hours
	wakingHours  float64 // in which they come
	livePerSec   float64 // orders a second in a LIVE
	liveMinutes  float64 // how long one goes on
	livesAMonth  float64
	liveSKUs     int     // what is sold in it
	locations    int     // among which its stock is divided; 0: 1
	elsewhere    float64 // units an hour of one such SKU that other channels sell meanwhile
	orderLimit   float64 // orders that TikTok lets the shop take in a day; 0: no limit
	outageHours  float64 // of the bridge, or of one side

	reads, writes float64       // calls a second that TikTok grants
	share         float64       // of Linnworks' published limits that the bridge may use
	way           time.Duration // one call, there and back
	hints         bool          // webhooks come in: an order is seen at once
}

// What the bridge and the two sides do; the names say where it comes from.
const (
	hotEvery      = 500 * time.Millisecond // stock.Pace.HotEvery
	sweepEvery    = 5 * time.Minute        // stock.Pace.SweepEvery
	pollEvery     = 30 * time.Second       // bridge.Pace.Orders
	besideEvery   = 15 * time.Second       // bridge.IntakePorts, Reserve
	checkEvery    = 2 * time.Minute        // stock.Pace.CheckEvery
	hookTakes     = time.Second            // assumed: TikTok does not say how soon it sends one
	callsAnOrder  = 2                      // in a row, for an order of its own
	levelsPerCall = 200                    // Linnworks, a page of stock
	levelCalls    = 250.0                  // a minute: Linnworks, Stock/GetStockLevel_Batch
	sweepCalls    = 150.0                  // a minute: Linnworks, Stock/GetStockItemsFull
	createCalls   = 150.0                  // a minute: Linnworks, Orders/CreateOrders
	createsACall  = 20
	checkPerCall  = 600 // SKUs in one call of the check
	lookPerCall   = 50  // orders in one call of TikTok's detail
	looksAnOrder  = 10  // of an order from the sale to its completion
	looksAtSale   = 2   // of these, when it was placed: for its units, and to import it
	lookAtOnce    = 200 // orders in one call of Linnworks' detail
	lists         = 7   // calls a minute of what the shop has, whatever is sold
	touches       = 13  // the same of what Linnworks has
)

// plan is what follows. Durations are those of calls that succeed at once.
type plan struct {
	hotTypical, hotWorst   time.Duration // from Linnworks to the shop, of what sells in a LIVE
	coldTypical, coldWorst time.Duration // of everything else
	orderTypical           time.Duration // from the sale to the reservation
	orderWorst             time.Duration

	calls []calls

	importPerSec, shipPerSec float64       // orders a second that the quotas let through
	importCatchUp            time.Duration // after the outage; negative: never
	shipCatchUp              time.Duration

	chances []chance // of overselling one SKU of a LIVE, by buffer
	buffer  int      // the smallest that keeps it below bound

	ordersOnALIVE float64 // on a day with a LIVE
	limitOrdinary float64 // chance that an ordinary day reaches the order limit
	limitLIVE     float64
	daysAMonth    float64 // on which it is reached
}

// calls are what one kind of call costs a minute.
type calls struct {
	what                  string
	ordinary, live, quota float64
}

// chance is that of selling more than there is.
type chance struct {
	buffer       int
	usual, worst float64
}

// mostBuffer is the largest buffer that is worth saying: above it something else is wrong.
const mostBuffer = 10_000

// bound is the chance that is aimed at, as in package stock.
const bound = 1e-4

// compute works the plan out.
func compute(s shop) plan {
	var p plan
	ordinary := s.ordersPerDay / (s.wakingHours * 3600)
	way := s.way.Seconds()

	// A number is read on average half a period after it changed, and written when it is
	// its turn: a queue with a fixed time of service.
	hotReads := math.Ceil(float64(s.liveSKUs) / levelsPerCall)
	period := max(hotEvery.Seconds(), hotReads/(levelCalls*s.share/60), way)
	// One write in two seconds a SKU, of the rest as many as the shop sells, and one for the
	// references of a hundred orders.
	asked := min(float64(s.liveSKUs)*s.elsewhere/3600, float64(s.liveSKUs)/2) + ordinary + s.livePerSec/100
	wait, late := queue(asked, s.writes)
	p.hotTypical = seconds(period/2 + way + wait + way)
	p.hotWorst = seconds(period + way + late + way)

	pages := math.Ceil(float64(s.skus) / levelsPerCall)
	sweep := max(sweepEvery.Seconds(), pages/(sweepCalls*s.share/60), pages*way)
	p.coldTypical = seconds(sweep/2 + way + wait + way)
	p.coldWorst = seconds(sweep + pages/(sweepCalls*s.share/60) + way + late + way + 10)

	// A webhook has an order looked at as soon as it is here, which takes a moment, and the
	// look before it is over. Without one the next poll finds it, which waits until all that
	// the last one found is done with, or is made beside that.
	typical, worst := hookTakes.Seconds()/2+way/2, hookTakes.Seconds()+4*way
	if !s.hints {
		work := besideEvery.Seconds()
		if share := s.livePerSec * callsAnOrder * way; share < 1 {
			work = min(work, pollEvery.Seconds()*share/(1-share))
		}
		typical, worst = (pollEvery.Seconds()+work)/2, pollEvery.Seconds()+work
	}
	p.orderTypical, p.orderWorst = seconds(typical+2*way), seconds(worst+2*way)

	// What the quotas let through.
	p.importPerSec = createCalls * s.share / 60 * createsACall
	p.shipPerSec = s.writes / (1 + 1.0/100) // one call ships, and one in a hundred writes references
	perMinute := func(rate float64) float64 { return rate * 60 }
	// Orders that come while the bridge is at work share the next call.
	busy := 2 * way
	if !s.hints {
		busy = pollEvery.Seconds()
	}
	// The shop is told what is left after its own sales too, of each listing once in two
	// seconds at the most and no sooner than they are seen. A number that waits is replaced.
	told := shared(s.livePerSec/float64(s.liveSKUs), max(2, busy), math.Inf(1)) / 60 * float64(s.liveSKUs)
	for _, c := range []struct {
		what                     string
		standing, ordinary, live float64 // a minute: whatever is sold, and more with the orders
		quota                    float64
	}{
		{"TikTok: reads", lists + math.Ceil(float64(s.skus)/checkPerCall)/checkEvery.Minutes(),
			looksAnOrder*shared(ordinary, busy, lookPerCall) + perMinute(ordinary)/100,
			looksAtSale*shared(s.livePerSec, busy/2, lookPerCall) + shared(s.livePerSec, 2*busy, math.Inf(1)) + perMinute(s.livePerSec)/100, s.reads * 60},
		{"TikTok: writes", 0, perMinute(ordinary) * (2 + 1.0/100), perMinute(asked + told), s.writes * 60}, // parcels leave at the pace of the packing bench
		{"Linnworks: levels of what sells", hotReads * 60 / period, 0, 0, levelCalls * s.share},
		{"Linnworks: pages of all levels", pages / (sweep / 60), 0, 0, sweepCalls * s.share},
		{"Linnworks: creating orders", 0, shared(ordinary, busy, createsACall), shared(s.livePerSec, busy, createsACall), createCalls * s.share},
		{"Linnworks: reading orders", touches, looksAnOrder * shared(ordinary, busy, lookAtOnce), shared(s.livePerSec, busy/2, lookAtOnce), levelCalls * s.share},
	} {
		p.calls = append(p.calls, calls{c.what, c.standing + c.ordinary, c.standing + c.live, c.quota})
	}

	if p.calls[0].live > p.calls[0].quota || s.livePerSec > p.importPerSec { // reads, or creating
		p.orderTypical, p.orderWorst = math.MaxInt64, math.MaxInt64
	}
	backlog := ordinary * s.outageHours * 3600
	p.importCatchUp = catchUp(backlog, p.importPerSec, ordinary)
	p.shipCatchUp = catchUp(backlog, p.shipPerSec, ordinary)

	for _, b := range []int{0, 1, 2, 3, 5, 8, 13} {
		p.chances = append(p.chances, chance{b, above(b, usual(s, p)), above(b, mean(s, p))})
	}
	p.buffer = stock.OversellBuffer(mean(s, p), bound)

	p.ordersOnALIVE = s.ordersPerDay + s.livePerSec*s.liveMinutes*60
	if s.orderLimit > 0 {
		p.limitOrdinary, p.limitLIVE = atLeast(s.orderLimit, s.ordersPerDay), atLeast(s.orderLimit, p.ordersOnALIVE)
		p.daysAMonth = min(s.livesAMonth, 30)*p.limitLIVE + max(30-s.livesAMonth, 0)*p.limitOrdinary
	}
	return p
}

// mean is how many units of one listing are sold at one location, at the worst, while somebody does not
// know, as stock.Computed reckons: what others sell until the shop knows and until the
// warehouse knows of the shop's last orders, and what the shop sells unseen.
func mean(s shop, p plan) float64 {
	if p.hotWorst == math.MaxInt64 || p.orderWorst == math.MaxInt64 {
		return math.Inf(1)
	}
	return (s.elsewhere/3600*(p.hotWorst.Seconds()+p.orderWorst.Seconds()) + s.livePerSec/float64(s.liveSKUs)*p.orderWorst.Seconds()) / s.places()
}

// usual is how many of them are sold on average while somebody does not know: what others sell
// until the shop knows, and until the warehouse knows of the shop's last orders. What the
// shop sells itself it takes off at once, and the bridge reckons with it.
func usual(s shop, p plan) float64 {
	if p.hotTypical == math.MaxInt64 || p.orderTypical == math.MaxInt64 {
		return math.Inf(1)
	}
	return s.elsewhere / 3600 * (p.hotTypical + p.orderTypical).Seconds() / s.places()
}

// places is how many stocks of a listing sell out, each by itself. They cost no calls: a call
// for levels has those of every location, and one update of a product all its warehouses.
func (s shop) places() float64 { return float64(max(s.locations, 1)) }

// queue is the wait for one's turn where so many a second ask, at random, for a service
// that takes a fixed time (M/D/1): on average, and what 99 of 100 stay below.
func queue(asked, served float64) (mean, late float64) {
	load := asked / served
	switch {
	case asked <= 0:
		return 0, 0
	case load >= 1:
		return math.Inf(1), math.Inf(1)
	}
	mean = load / (2 * served * (1 - load))
	// waits is P(wait <= x), by Erlang. Its terms alternate and grow with the load and x:
	// beyond what they can be added up for, the tail falls as an exponential.
	waits := func(x float64) float64 {
		sum := 0.0
		for k := 0.0; k <= math.Floor(x*served); k++ {
			y := asked * (k/served - x)
			factorial, _ := math.Lgamma(k + 1)
			term := math.Exp(-y - factorial)
			if k > 0 {
				term *= math.Pow(y, k)
			}
			sum += term
		}
		return (1 - load) * sum
	}
	for late = 0; waits(late) < 0.99; late += 0.01 / served {
		if late*served > 15 {
			return mean, max(late, mean*math.Log(100))
		}
	}
	return mean, late
}

// shared is how many calls a minute orders take that come at so many a second. One that
// comes alone has a call of its own. Those that come in the seconds in which the bridge is
// busy share the next, up to so many.
func shared(rate, busy, most float64) float64 {
	if rate <= 0 {
		return 0
	}
	return 60 * max(1/(1/rate+busy), rate/most)
}

// catchUp is how long a backlog lasts at a capacity while new orders come in.
func catchUp(backlog, capacity, incoming float64) time.Duration {
	if incoming >= capacity {
		return -1
	}
	return seconds(backlog / (capacity - incoming))
}

// seconds is a duration; what never ends is the longest that there is.
func seconds(s float64) time.Duration {
	if s > math.MaxInt64/1e9 {
		return math.MaxInt64
	}
	return time.Duration(s * 1e9)
}

// above is P(N > b) for a Poisson N.
func above(b int, mean float64) float64 {
	if math.IsInf(mean, 1) {
		return 1
	}
	term, below := math.Exp(-mean), 0.0
	for k := 0; k <= b; k++ {
		below += term
		term *= mean / float64(k+1)
	}
	return max(0, 1-below)
}

// atLeast is the chance that a day has n orders or more, by the normal approximation of a
// Poisson number with twice its variance: days differ more than chance alone makes them.
func atLeast(n, mean float64) float64 {
	return 0.5 * math.Erfc((n-0.5-mean)/math.Sqrt(2*2*max(mean, 1)))
}
