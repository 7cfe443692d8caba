package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/internal/distant"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// liveShop is a large shop with the quotas of both sides.
type liveShop struct {
	linn      *linnworkstest.Fake
	tiktok    *tiktokshoptest.Fake
	items     map[string]string // Linnworks' ids by SKU
	live      *stock.Engine
	book      *stock.Book
	publisher *acceptances
	ledger    store.Ledger
	exception exceptions.Queue
}

// acceptances notes when the shop took which level.
type acceptances struct {
	stock.Publisher
	mu   sync.Mutex
	took map[string][]acceptance // by seller SKU
}

type acceptance struct {
	at       time.Time
	quantity int
}

func (a *acceptances) PublishStock(ctx context.Context, p stock.ProductStock) ([]stock.Refusal, error) {
	refusals, err := a.Publisher.PublishStock(ctx, p)
	if err == nil && len(refusals) == 0 {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, s := range p.SKUs {
			a.took[s.SellerSKU] = append(a.took[s.SellerSKU], acceptance{time.Now(), s.Stock[0].Quantity})
		}
	}
	return refusals, err
}

// smooth is a road on which each call takes the same time.
func smooth(d time.Duration) func(http.RoundTripper, uint64) http.RoundTripper {
	return func(next http.RoundTripper, _ uint64) http.RoundTripper { return distant.By(d, next) }
}

const (
	skusPerProduct = 4
	startLevel     = 1000
)

func liveSKU(n int) string { return fmt.Sprintf("SKU-%05d", n) }

// liveSKUIDs are the shop's ids of them.
const liveSKUIDs = "27295929%08d"

func liveSKUID(n int) string { return fmt.Sprintf(liveSKUIDs, n) }

// newLiveShop stocks both sides with skus SKUs, all right from the start. The
// first hot of them, one of a product each, are declared hot. Calls of each side go by road.
func newLiveShop(t *testing.T, skus, hot int, writes float64, road func(next http.RoundTripper, seed uint64) http.RoundTripper, pace stock.Pace) *liveShop {
	t.Helper()
	enforced := int(writes)
	if _, rough := road(nil, 0).(*roughRoad); rough { // calls that were sent apart arrive together there
		enforced = 0
	}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	tiktok := tiktokshoptest.New(tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: 20}, tiktokshoptest.Quota{Calls: enforced}))
	s := &liveShop{linn: linnworkstest.New(), tiktok: tiktok, items: map[string]string{}, exception: new(exceptions.Memory).Shop("shop")}
	must(tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse}))
	for first := 0; first < skus; first += skusPerProduct {
		product := tiktokshoptest.Product{ID: fmt.Sprintf("17295929%08d", first), Title: "Product"}
		for n := first; n < first+skusPerProduct; n++ {
			id, err := s.linn.AddItem(linnworkstest.Item{SKU: liveSKU(n), Levels: map[linnworks.GUID]int{linnworks.ZeroGUID: startLevel}})
			must(err)
			s.items[liveSKU(n)] = strings.ToLower(string(id))
			product.SKUs = append(product.SKUs, tiktokshoptest.SKU{
				ID: liveSKUID(n), SellerSKU: liveSKU(n), Price: "9.99", Stock: map[string]int{shopWarehouse: startLevel},
			})
		}
		must(tiktok.AddProduct(product))
	}
	tt, err := tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: road(tiktok.RoundTripper(), 1)}),
		tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{Reads: 20, Writes: writes, Burst: 1})))
	must(err)
	lw, err := s.linn.Client(linnworks.WithHTTPClient(&http.Client{Transport: road(s.linn.RoundTripper(), 2)}))
	must(err)
	shop, err := tiktokadapter.New(tt, tiktokadapter.Options{})
	must(err)
	warehouse, err := linnworksadapter.New(ctx, lw, linnworksadapter.Options{SubSource: "uk"})
	must(err)
	s.publisher = &acceptances{Publisher: shop, took: map[string][]acceptance{}}
	isHot := map[string]bool{}
	for n := range hot {
		isHot[liveSKU(n*skusPerProduct)] = true
	}
	pace.Hot = func(l catalogue.Listing, _ time.Time) bool { return isHot[l.SellerSKU] }
	memory := new(store.Memory).Shop("shop")
	s.ledger = memory
	s.live, err = stock.NewEngine(stock.Ports{
		Listings: shop, Catalogue: warehouse, Levels: warehouse, Sweep: warehouse, Touches: warehouse, States: warehouse, Ledger: world.Current{Ledger: memory},
		Publisher: s.publisher, Permits: shop, Shown: shop, Locks: memory, Exceptions: s.exception,
	}, stock.Options{Locations: map[string][]string{shopWarehouse: {string(linnworks.ZeroGUID)}}, Pace: pace})
	must(err)
	s.book = s.live.Book()
	return s
}

// change is a unit sold elsewhere.
type change struct {
	at    time.Time
	sku   string
	level int // after it
}

// trade takes units of SKUs at random moments, perMinute of each class, and
// returns what changed when.
func (s *liveShop) trade(t *testing.T, rng *rand.Rand, hot, skus int, hotPerMinute, coldPerMinute float64, end time.Time) (hots, colds []change) {
	level := map[string]int{}
	take := func(n int) change {
		sku := liveSKU(n)
		if _, have := level[sku]; !have {
			level[sku] = startLevel
		}
		level[sku]--
		if err := s.linn.SetOnHand(sku, linnworks.ZeroGUID, level[sku]); err != nil {
			t.Error(err)
		}
		return change{time.Now(), sku, level[sku]}
	}
	nextHot, nextCold := time.Now(), time.Now()
	gap := func(perMinute float64) time.Duration {
		return time.Duration(rng.ExpFloat64() * float64(time.Minute) / perMinute)
	}
	for {
		next := nextHot
		if nextCold.Before(next) {
			next = nextCold
		}
		if next.After(end) {
			return hots, colds
		}
		time.Sleep(time.Until(next))
		if next.Equal(nextHot) {
			hots = append(hots, take(rng.IntN(hot)*skusPerProduct))
			nextHot = nextHot.Add(gap(hotPerMinute))
			continue
		}
		colds = append(colds, take(hot*skusPerProduct+rng.IntN(skus-hot*skusPerProduct)))
		nextCold = nextCold.Add(gap(coldPerMinute))
	}
}

// delays are how long each change took until the shop had accepted a level that
// counts it.
func (a *acceptances) delays(t *testing.T, changes []change) []time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []time.Duration
	for _, c := range changes {
		i := slices.IndexFunc(a.took[c.sku], func(x acceptance) bool { return !x.at.Before(c.at) && x.quantity <= c.level })
		if i < 0 {
			t.Errorf("%s: the level %d of %s was never published", c.sku, c.level, c.at.Format(time.TimeOnly))
			continue
		}
		list = append(list, a.took[c.sku][i].at.Sub(c.at))
	}
	slices.Sort(list)
	return list
}

func p99(sorted []time.Duration) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*99+99)/100-1]
}

// bestDelays are what the quotas allow somebody who asks for levels with
// readsPerMinute calls and publishes with writes calls a second, first come first
// served, and does nothing else: each reading tells all hot levels, each call is
// for one product.
func bestDelays(changes []change, start time.Time, readsPerMinute, writes float64, rtt time.Duration) []time.Duration {
	every := time.Duration(float64(time.Minute) / readsPerMinute)
	gap := time.Duration(float64(time.Second) / writes)
	var list []time.Duration
	var free time.Time // when the next call may be sent
	i := 0
	type wait struct {
		sku     string
		knownAt time.Time
		since   []time.Time
	}
	var queue []wait
	for read := start; i < len(changes) || len(queue) > 0; read = read.Add(every) {
		arrives := read.Add(rtt) // the far side looks when the call gets there
		for ; i < len(changes) && !changes[i].at.After(arrives); i++ {
			c := changes[i]
			n := slices.IndexFunc(queue, func(w wait) bool { return w.sku == c.sku })
			if n < 0 {
				queue = append(queue, wait{c.sku, arrives, nil})
				n = len(queue) - 1
			}
			queue[n].since = append(queue[n].since, c.at)
		}
		next := read.Add(every).Add(rtt)
		for len(queue) > 0 {
			w := queue[0]
			at := w.knownAt
			if free.After(at) {
				at = free
			}
			if at.After(next) {
				break // the next reading comes first
			}
			queue = queue[1:]
			free = at.Add(gap)
			for _, since := range w.since {
				list = append(list, at.Add(rtt).Sub(since))
			}
		}
	}
	slices.Sort(list)
	return list
}

// The speed of live mode at the quotas of both sides: what is hot is published
// within 1.25 times what the quotas allow, and within 2 s at 10 writes a second;
// what is not hot within a sweep and its turn.
func TestEngineSpeed(t *testing.T) {
	t.Parallel()
	skus, trading := 40_000, 150*time.Second
	if testing.Short() || raceDetector {
		skus, trading = 2_000, time.Minute
	}
	const hot = 20
	const rtt = 40 * time.Millisecond
	for _, tc := range []struct {
		writes                      float64
		hotPerMinute, coldPerMinute float64
		most                        time.Duration // p99 of what is hot; at 3 writes a second the quotas themselves do not allow 2 s
	}{{10, 120, 120, 2 * time.Second}, {3, 60, 30, time.Hour}} {
		t.Run(fmt.Sprintf("%.0f writes a second", tc.writes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newLiveShop(t, skus, hot, tc.writes, smooth(rtt), stock.Pace{HotEvery: time.Minute * 100 / 98 / 250, SweepEvery: time.Second, StaleAfter: 5 * time.Minute})
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() {
					done <- s.live.Run(ctx, func(err error) { t.Error(err) })
				}()
				// Until the first sweep has come to its end.
				for range 600 {
					time.Sleep(time.Second)
					if st := s.book.Stats(); st.Listings == skus && st.Unread == 0 {
						break
					}
				}
				if st := s.book.Stats(); st.Unread > 0 || st.Waiting > 0 {
					t.Fatalf("after the first sweep: %s", st)
				}
				start := time.Now()
				hots, colds := s.trade(t, rand.New(rand.NewPCG(7, 7)), hot, skus, tc.hotPerMinute, tc.coldPerMinute, start.Add(trading))
				sweep := time.Duration(float64(skus)/200/150*float64(time.Minute)) + 2*time.Second
				time.Sleep(sweep + 30*time.Second)
				stop()
				if err := <-done; !errors.Is(err, context.Canceled) {
					t.Errorf("Run ended with %v", err)
				}
				got, cold := s.publisher.delays(t, hots), s.publisher.delays(t, colds)
				best := bestDelays(hots, start, 250, tc.writes, rtt)
				bound := sweep + 10*time.Second
				t.Logf("%d SKUs, %d hot; hot: %d changes, p50 %v, p99 %v, max %v; bound by the quotas: p50 %v, p99 %v, max %v (ratio of p99 %.2f)",
					skus, hot, len(got), got[len(got)/2], p99(got), got[len(got)-1], best[len(best)/2], p99(best), best[len(best)-1], float64(p99(got))/float64(p99(best)))
				t.Logf("not hot: %d changes, p50 %v, p99 %v, max %v; the bound that is kept: %v", len(cold), cold[len(cold)/2], p99(cold), cold[len(cold)-1], bound)
				t.Logf("%s", s.book.Stats())
				if p99(got) > tc.most || float64(p99(got)) > 1.25*float64(p99(best)) {
					t.Errorf("hot SKUs: p99 %v, the quotas allow %v", p99(got), p99(best))
				}
				if cold[len(cold)-1] > bound {
					t.Errorf("others: up to %v, %v is the bound", cold[len(cold)-1], bound)
				}
				if open, _ := s.exception.Open(t.Context()); len(open) > 0 {
					t.Errorf("in the queue: %v", open)
				}
			})
		})
	}
}

// Four calls wait for the write budget, one a second, and meanwhile the bridge reads that
// the warehouse has none. What is sent when their turn comes is zero.
func TestEngineSendsTheNewestNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newLiveShop(t, 400, 20, 1, smooth(40*time.Millisecond), stock.Pace{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.live.Run(ctx, func(err error) { t.Error(err) }) }()
		time.Sleep(time.Minute)
		set := func(level int) {
			t.Helper()
			for n := range 4 {
				must(t, s.linn.SetOnHand(liveSKU(n*skusPerProduct), linnworks.ZeroGUID, level))
			}
		}
		set(500)
		start := time.Now()
		time.Sleep(800 * time.Millisecond) // read by now, and on its way
		set(0)
		gone := time.Now()
		time.Sleep(20 * time.Second)
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		for n := range 4 {
			sku, last := liveSKU(n*skusPerProduct), -1
			for _, a := range s.publisher.took[sku] {
				if last = a.quantity; last > 0 && a.at.After(start) && a.at.Sub(gone) > time.Second {
					t.Errorf("%s was set to %d, %s after it was gone", sku, last, a.at.Sub(gone))
				}
			}
			if last != 0 {
				t.Errorf("%s shows %d, want 0", sku, last)
			}
		}
	})
}

// The calls for a change set are as few as there can be: one for 200 items at
// Linnworks, one for each product at TikTok Shop.
func TestEngineCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const skus = 2000
		s := newLiveShop(t, skus, 0, 50, smooth(0), stock.Pace{HotCount: -1})
		ctx := t.Context()
		drain := func() {
			t.Helper()
			for did := true; did; {
				var err error
				if did, err = s.live.Publish(ctx); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := errors.Join(s.live.ReadShop(ctx), s.live.Sweep(ctx)); err != nil {
			t.Fatal(err)
		}
		drain()
		for seed := range uint64(5) {
			rng := rand.New(rand.NewPCG(seed, 3))
			changed, products := rng.Perm(skus)[:1+rng.IntN(900)], map[int]bool{}
			for _, n := range changed {
				products[n/skusPerProduct] = true
				if err := s.linn.SetOnHand(liveSKU(n), linnworks.ZeroGUID, int(seed)+1); err != nil {
					t.Fatal(err)
				}
				s.live.Touch(s.items[liveSKU(n)])
			}
			s.linn.ForgetCalls()
			before := len(s.tiktok.CallsOf(tiktokshoptest.On("Product.UpdateInventory")))
			if _, err := s.live.ReadHot(ctx); err != nil {
				t.Fatal(err)
			}
			drain()
			reads := len(s.linn.Calls())
			writes := len(s.tiktok.CallsOf(tiktokshoptest.On("Product.UpdateInventory"))) - before
			least := (len(changed) + 199) / 200
			if seed > 0 {
				least++ // to find out whether what has risen has risen by locked orders
			}
			if reads != least || writes != len(products) {
				t.Errorf("seed %d: %d items of %d products changed: %d calls to Linnworks (at least %d), %d to TikTok Shop (at least %d)",
					seed, len(changed), len(products), reads, least, writes, len(products))
			}
			for _, n := range changed {
				took := s.publisher.took[liveSKU(n)]
				if last := took[len(took)-1].quantity; last != int(seed)+1 {
					t.Fatalf("seed %d: %s shows %d", seed, liveSKU(n), last)
				}
			}
			time.Sleep(time.Minute)
		}
	})
}

// A shop with more products than one search finds is read all the same, each
// product once.
func TestListingsOfALargeShop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const products = 10_050
		time.Sleep(time.Until(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
		fake := tiktokshoptest.New()
		if err := fake.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse}); err != nil {
			t.Fatal(err)
		}
		for n := range products {
			if n%100 == 0 {
				time.Sleep(time.Hour)
			}
			err := fake.AddProduct(tiktokshoptest.Product{SKUs: []tiktokshoptest.SKU{{SellerSKU: liveSKU(n), Stock: map[string]int{shopWarehouse: n}}}})
			if err != nil {
				t.Fatal(err)
			}
		}
		client, err := fake.Client(tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{})))
		if err != nil {
			t.Fatal(err)
		}
		shop, err := tiktokadapter.New(client, tiktokadapter.Options{})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		var ids []string
		for l, err := range shop.Listings(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			seen[l.SellerSKU]++
			ids = append(ids, l.ProductID)
		}
		for n := range products {
			if seen[liveSKU(n)] != 1 {
				t.Fatalf("%s was read %d times", liveSKU(n), seen[liveSKU(n)])
			}
		}
		if terms, err := shop.ShopTerms(t.Context()); err != nil || terms.Currency == "" {
			t.Errorf("terms %+v, error %v", terms, err)
		}
		for _, id := range ids {
			if err := fake.SetProductStatus(id, tiktokshop.ProductStatusFreeze); err != nil {
				t.Fatal(err)
			}
		}
		if off, err := shop.ProductsOff(t.Context(), time.Now().Add(-time.Hour)); err != nil || len(off) != products {
			t.Errorf("%d of %d products are off, error %v", len(off), products, err)
		}
	})
}
