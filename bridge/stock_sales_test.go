package bridge_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var (
	liveSeeds = flag.Int("lives", 1, "how many LIVE sales of each rate TestSyncInALive plays; 200 to measure")
	liveRates = flag.String("rates", "0.5,2,5,20", "orders a second of TestSyncInALive, apart by commas")
)

// call is what becomes of a call on a roughRoad: how long each way takes, and whether it is
// lost, before or after it took effect.
type call struct {
	there, back  time.Duration
	lost, before bool
}

func drawCall(rng *rand.Rand) call {
	way := func() time.Duration { return time.Duration(40+rng.IntN(361)) * time.Millisecond }
	return call{way(), way(), rng.IntN(100) == 0, rng.IntN(2) == 0}
}

// roughRoad is a network on which each way takes 40 to 400 ms and one call of a hundred is
// lost, before or after it took effect.
type roughRoad struct {
	next http.RoundTripper
	mu   sync.Mutex
	rng  *rand.Rand
}

func (n *roughRoad) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	c := drawCall(n.rng)
	n.mu.Unlock()
	wait := func(d time.Duration) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-r.Context().Done():
			return r.Context().Err()
		}
	}
	if err := wait(c.there); err != nil {
		return nil, err
	}
	if c.lost && c.before {
		return nil, errors.New("connection reset before the request was read")
	}
	reply, err := n.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := wait(c.back); err != nil || c.lost {
		_ = reply.Body.Close()
		return nil, errors.Join(err, errors.New("connection reset before the reply was read"))
	}
	return reply, nil
}

// liveResult is how a LIVE went.
type liveResult struct {
	oversold, left, shown int
	writes                []stockWrite
	perSecond             float64 // writes
}

// stockWrite is a call that sets the stock of a SKU, with what the shop showed before it and
// shows after it, and what was free unknowable before.
type stockWrite struct {
	at                  time.Time
	before, after, free int
}

// unknowable is how long ago was sold what a write may not count yet: a webhook takes up to
// one and a half seconds, reading the order or the level some more, a call that is lost is
// repeated, and before a LIVE nobody knows that the SKU sells.
const unknowable = 10 * time.Second

// writeSpace is how far apart two writes of a SKU are, unless the later one lowers it: that
// does not wait.
const writeSpace = 2 * time.Second

// soon are the writes that follow another within writeSpace, waiting those of them that do
// not lower what that has set. What the shop shows by then is often less, because it has
// sold what we cannot know of.
func soon(writes []stockWrite) (soon int, waiting []stockWrite) {
	for i, w := range writes[min(1, len(writes)):] {
		if w.at.Sub(writes[i].at) >= writeSpace {
			continue
		}
		soon++
		if w.after >= writes[i].after {
			waiting = append(waiting, w)
		}
	}
	return soon, waiting
}

// writeLog notes the writes that reach the shop.
type writeLog struct {
	next  http.RoundTripper
	shown func() int
	free  func() int // but for what was sold a moment ago
	mu    sync.Mutex
	list  []stockWrite
}

func (l *writeLog) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/inventory/update") {
		return l.next.RoundTrip(r)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := stockWrite{at: time.Now(), before: l.shown(), free: l.free()}
	reply, err := l.next.RoundTrip(r)
	w.after = l.shown()
	l.list = append(l.list, w)
	return reply, err
}

func (l *writeLog) writes() []stockWrite {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.list)
}

// salesLog is when what was sold, here or in another channel.
type salesLog struct {
	mu   sync.Mutex
	list []time.Time
}

func (s *salesLog) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, time.Now())
}

// before is how many units were sold up to a moment.
func (s *salesLog) before(at time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, _ := slices.BinarySearchFunc(s.list, at, time.Time.Compare)
	return n
}

func (s *salesLog) all() int { return s.before(time.Now().Add(time.Second)) }

// playLive sells 300 units in a LIVE of so many orders a second, and one in fifteen in
// another channel as long as a sixth is left, through a whole Sync whose engine runs
// without a pause, at the documented limits of both sides. TikTok's clock is ahead of ours.
func playLive(t *testing.T, ordersPerSecond float64, seed uint64, ahead time.Duration) (got liveResult) {
	const units = 300
	rng := rand.New(rand.NewPCG(seed, 3))
	s := &sides{
		tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket("GB"), tiktokshoptest.WithSeed(seed),
			tiktokshoptest.WithClock(func() time.Time { return time.Now().Add(ahead) })),
		linn: linnworkstest.New(),
	}
	_, err := s.linn.AddItem(linnworkstest.Item{SKU: "MUG", Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: units}})
	must(t, err)
	s.linn.AddPostalService("Tracked 48", "Royal Mail")
	must(t, s.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse, Name: "Leeds"}))
	must(t, s.tiktok.AddProduct(tiktokshoptest.Product{ID: mugProduct, Title: "Mug", SKUs: []tiktokshoptest.SKU{
		{ID: mugSKU, SellerSKU: "MUG", Price: "12.50", Stock: map[string]int{shopWarehouse: units}},
	}}))
	sold := new(salesLog)
	log := &writeLog{next: s.tiktok.RoundTripper(), shown: func() int { return s.shown(t) }, free: func() int { return units - sold.before(time.Now().Add(-unknowable)) }}
	tiktok, err := s.tiktok.Client(
		tiktokshop.WithHTTPClient(&http.Client{Transport: &roughRoad{next: log, rng: rand.New(rand.NewPCG(seed, 4))}}),
		tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
	must(t, err)
	linn, err := s.linn.Client(
		linnworks.WithHTTPClient(&http.Client{Transport: &roughRoad{next: s.linn.RoundTripper(), rng: rand.New(rand.NewPCG(seed, 5))}}),
		linnworks.WithLimiter(linnworks.DefaultLimiter()))
	must(t, err)
	shop, err := tiktokadapter.New(tiktok, tiktokadapter.Options{Documents: &http.Client{Transport: s.tiktok.RoundTripper()}})
	must(t, err)
	warehouse, err := linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "test"})
	must(t, err)
	settings := syncSettings()
	settings.Buffer = []stock.BufferRule{}
	b, err := bridge.NewSync(shop, warehouse, new(bridge.Memory).Shop(settings.Shop), settings)
	must(t, err)
	b.Log = slog.New(slog.DiscardHandler) // that calls fail is meant
	var flows []bridge.Flow
	for _, f := range b.Flows {
		if f.Name != "stock" {
			flows = append(flows, f)
		}
	}
	b.Flows = flows
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = b.Run(ctx) })
	running.Go(func() { _ = b.Stock.Run(ctx, nil) })
	time.Sleep(3 * time.Minute)

	before, start := len(log.writes()), time.Now()
	for length := time.Duration(units * 1.3 / ordersPerSecond * float64(time.Second)); time.Since(start) < length; {
		time.Sleep(time.Duration(rng.ExpFloat64() * float64(time.Second) / ordersPerSecond))
		if rng.IntN(15) == 0 && units-sold.all() > units/6 {
			sold.add()
			must(t, errOf(s.linn.AddOrder(linnworkstest.Order{
				Source: "WEBSHOP", Reference: fmt.Sprint("w-", sold.all()), Lines: []linnworkstest.Line{{SKU: "MUG", Quantity: 1}},
			})))
		}
		id, err := s.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{Lines: mugs(1), State: tiktokshop.OrderStatusOnHold})
		if errors.Is(err, tiktokshoptest.ErrOutOfStock) {
			continue
		}
		must(t, err)
		sold.add()
		lag := time.Duration(200+rng.IntN(1300)) * time.Millisecond // of the webhook
		running.Go(func() {
			time.Sleep(lag)
			_ = b.Hint(ctx, id)
		})
	}
	got.writes = log.writes()[before:]
	got.perSecond = float64(len(got.writes)) / time.Since(start).Seconds()
	time.Sleep(5 * time.Minute)
	stop()
	running.Wait()
	got.oversold, got.left, got.shown = max(sold.all()-units, 0), max(units-sold.all(), 0), s.shown(t)
	return got
}

// 300 units sell out in a LIVE while another channel sells them too, and TikTok's clock may be
// 90 seconds ahead of ours or behind it. None is sold twice, no write puts on sale again what
// was sold ten seconds ago, and what is left when demand ends is on sale. Writes are one in two
// seconds at most: on average, and one that does not lower the number comes no sooner after the
// one before.
//
// Measured with -lives, a third of the sales by each clock: none was oversold, and what was
// left was on sale.
//
//	orders a second   sales   left, mean and most   writes, mean
//	            0.5     200        0           2            13.4
//	              2     200       12          50             8.3
//	              5     200       50          82             3.2
//	             20     200       78         145             2.2
//
// What is left was held back for orders on the way while buyers still came, and is on sale
// five minutes later.
//
// The store is three minutes old: orders that are hardly younger than the records are looked
// for in Linnworks one by one, so that a run of the intake takes up to a minute and a half.
func TestSyncInALive(t *testing.T) {
	t.Parallel()
	seeds, rates := *liveSeeds, *liveRates
	if testing.Short() || raceDetector {
		seeds, rates = 1, "5,20" // the short ones
	}
	for i, rate := range strings.Split(rates, ",") {
		t.Run(rate+" orders a second", func(t *testing.T) {
			t.Parallel()
			perSecond, err := strconv.ParseFloat(rate, 64)
			must(t, err)
			oversold, worst, left, calls, worstLeft, cuts := 0, 0, 0, 0, 0, 0
			for seed := range uint64(seeds) {
				var got liveResult
				ahead := []time.Duration{0, 90 * time.Second, -90 * time.Second}[(seed+uint64(i))%3]
				synctest.Test(t, func(t *testing.T) { got = playLive(t, perSecond, seed, ahead) })
				oversold, worst, left, calls = oversold+got.oversold, max(worst, got.oversold), left+got.left, calls+len(got.writes)
				worstLeft = max(worstLeft, got.left)
				if got.oversold > 0 || got.shown != got.left || got.perSecond > 0.5 {
					t.Errorf("seed %d, TikTok's clock %s ahead: %d oversold; five minutes after the sale the shop shows %d, %d are left; %d calls, %.2f a second; want none, the same, and at most 0.5",
						seed, ahead, got.oversold, got.shown, got.left, len(got.writes), got.perSecond)
				}
				for _, w := range got.writes {
					if w.after > w.free {
						t.Errorf("seed %d, TikTok's clock %s ahead: a write after %s has put %d on sale, %s before it %d were free",
							seed, ahead, w.at.Sub(got.writes[0].at), w.after, unknowable, w.free)
					}
				}
				n, waiting := soon(got.writes)
				cuts += n
				for _, w := range waiting {
					t.Errorf("seed %d: after %s, from %d to %d: the write before was less than %s ago", seed, w.at.Sub(got.writes[0].at), w.before, w.after, writeSpace)
				}
			}
			t.Logf("%d sales: %d oversold, %d at worst; %d left when demand ended, %d at most; %d writes, %d of them cuts within %s of the one before",
				seeds, oversold, worst, left, worstLeft, calls, cuts, writeSpace)
		})
	}
}
