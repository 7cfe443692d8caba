package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/internal/distant"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var seed = flag.Uint64("seed", 1, "what the lab's sales are drawn by")

const shopWarehouse = "7068517275539719942"

// lab is a shop and a warehouse of the size of a plan, with the real limits.
type lab struct {
	tiktok    *tiktokshoptest.Fake
	linn      *linnworkstest.Fake
	shop      *tiktokadapter.Shop
	warehouse *linnworksadapter.Warehouse
	settings  bridge.Settings
}

func sku(n int) string { return fmt.Sprintf("SKU-%05d", n) }

func newLab(t *testing.T, s shop, level int) *lab {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	l := &lab{settings: labSettings(), linn: linnworkstest.New(), tiktok: tiktokshoptest.New(tiktokshoptest.WithMarket("GB"),
		tiktokshoptest.WithQuotas(tiktokshoptest.Quota{Calls: int(s.reads)}, tiktokshoptest.Quota{Calls: int(s.writes)}))}
	must(l.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: shopWarehouse}))
	for n := 1; n < s.locations; n++ {
		id := fmt.Sprintf("%s%d", shopWarehouse, n)
		must(l.tiktok.AddWarehouse(tiktokshop.Warehouse{ID: id}))
		l.settings.Locations[id] = []string{string(l.linn.AddLocation(id))}
	}
	shelves, units := map[linnworks.GUID]int{}, map[string]int{}
	for id, list := range l.settings.Locations {
		shelves[linnworks.GUID(list[0])], units[id] = level, level
	}
	for n := range s.skus {
		_, err := l.linn.AddItem(linnworkstest.Item{SKU: sku(n), Levels: shelves})
		must(err)
		must(l.tiktok.AddProduct(tiktokshoptest.Product{ID: fmt.Sprintf("17295929%08d", n), SKUs: []tiktokshoptest.SKU{
			{ID: skuID(n), SellerSKU: sku(n), Price: "9.99", Stock: units},
		}}))
	}
	tiktok, err := l.tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: distant.By(s.way, l.tiktok.RoundTripper())}),
		tiktokshop.WithLimiter(tiktokshop.NewLimiter(tiktokshop.Limits{Reads: s.reads, Writes: s.writes, Burst: 1})))
	must(err)
	linn, err := l.linn.Client(linnworks.WithHTTPClient(&http.Client{Transport: distant.By(s.way, l.linn.RoundTripper())}))
	must(err)
	l.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{})
	must(err)
	l.warehouse, err = linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: "lab"})
	must(err)
	return l
}

func skuID(n int) string { return fmt.Sprintf("27295929%08d", n) }

func labSettings() bridge.Settings {
	return bridge.Settings{
		Shop: "lab", SubSource: "lab", Locations: map[string][]string{shopWarehouse: {string(linnworks.ZeroGUID)}}, DefaultLocation: string(linnworks.ZeroGUID),
	}
}

// published is when the shop took which number of a listing.
type published struct {
	stock.Publisher
	mu   sync.Mutex
	took map[string][]acceptance
}

type acceptance struct {
	at       time.Time
	quantity int
}

func (p *published) PublishStock(ctx context.Context, s stock.ProductStock) ([]stock.Refusal, error) {
	refusals, err := p.Publisher.PublishStock(ctx, s)
	if err == nil && len(refusals) == 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, sku := range s.SKUs {
			for _, w := range sku.Stock {
				p.took[sku.ID] = append(p.took[sku.ID], acceptance{time.Now(), w.Quantity})
			}
		}
	}
	return refusals, err
}

// TestAgesAreThoseOfTheEngine sells elsewhere at random, under the limits of both sides, and
// compares how long the shop showed an old number with the plan: the mean of what sells in a
// LIVE and of the rest within a quarter of what is called typical, and one of a hundred older
// than what is called the worst, or as many more as chance makes of it.
func TestAgesAreThoseOfTheEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: it plays an hour of trade; the plain run has it")
	}
	t.Parallel()
	s := shop{skus: 400, liveSKUs: 20, elsewhere: 90, reads: 8, writes: 2, share: 1, way: 100 * time.Millisecond, ordersPerDay: 2520, wakingHours: 14, liveMinutes: 30}
	p := compute(s)
	synctest.Test(t, func(t *testing.T) {
		const level = 5000
		l := newLab(t, s, level)
		took := &published{Publisher: l.shop, took: map[string][]acceptance{}}
		memory := new(bridge.Memory).Shop("lab")
		engine, err := stock.NewEngine(stock.Ports{
			Listings: l.shop, Catalogue: l.warehouse, Levels: l.warehouse, Sweep: l.warehouse, Ledger: memory,
			Publisher: took, Permits: l.shop, Shown: l.shop, Locks: memory, Exceptions: memory,
		}, stock.Options{Locations: map[string][]string{shopWarehouse: {string(linnworks.ZeroGUID)}},
			Pace: stock.Pace{HotCount: -1, Hot: func(c catalogue.Listing, _ time.Time) bool { return c.SellerSKU < sku(s.liveSKUs) }}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = engine.Run(ctx, nil) })
		time.Sleep(10 * time.Minute) // it starts, and has read everything once

		type sale struct {
			at    time.Time
			sku   int
			level int
		}
		random, levels := rand.New(rand.NewPCG(*seed, 0)), map[int]int{}
		var sales []sale
		hotRate, coldRate := float64(s.liveSKUs)*s.elsewhere/3600, s.ordersPerDay/(s.wakingHours*3600) // a second
		for end := time.Now().Add(25 * time.Minute); time.Now().Before(end); {
			time.Sleep(time.Duration(random.ExpFloat64() / (hotRate + coldRate) * 1e9))
			n := random.IntN(s.liveSKUs)
			if random.Float64() < coldRate/(hotRate+coldRate) {
				n = s.liveSKUs + random.IntN(s.skus-s.liveSKUs)
			}
			levels[n] = cmp.Or(levels[n], level) - 1
			if err := l.linn.SetOnHand(sku(n), linnworks.ZeroGUID, levels[n]); err != nil {
				t.Fatal(err)
			}
			sales = append(sales, sale{time.Now(), n, levels[n]})
		}
		time.Sleep(15 * time.Minute) // all is shown
		stop()
		running.Wait()

		var hot, cold []time.Duration
		for _, sale := range sales {
			list := took.took[skuID(sale.sku)]
			i := slices.IndexFunc(list, func(a acceptance) bool { return !a.at.Before(sale.at) && a.quantity <= sale.level })
			if i < 0 {
				t.Fatalf("the shop was never told of the level %d of %s", sale.level, sku(sale.sku))
			}
			if age := list[i].at.Sub(sale.at); sale.sku < s.liveSKUs {
				hot = append(hot, age)
			} else {
				cold = append(cold, age)
			}
		}
		for _, c := range []struct {
			name           string
			ages           []time.Duration
			typical, worst time.Duration
		}{{"in a LIVE", hot, p.hotTypical, p.hotWorst}, {"the rest", cold, p.coldTypical, p.coldWorst}} {
			asPlanned(t, c.name, c.ages, c.typical, c.worst)
		}
	})
}

// asPlanned compares ages with the plan: the mean within a quarter of what is called
// typical, and one of a hundred older than what is called the worst, or as many more as
// chance makes of it.
func asPlanned(t *testing.T, name string, ages []time.Duration, typical, worst time.Duration) {
	t.Helper()
	slices.Sort(ages)
	var sum time.Duration
	for _, age := range ages {
		sum += age
	}
	mean, p99 := sum/time.Duration(len(ages)), ages[len(ages)*99/100]
	t.Logf("%s: %d sales, mean %s (typical %s), p99 %s (worst %s)", name, len(ages), mean, typical, p99, worst)
	if ratio := float64(mean) / float64(typical); ratio < 0.75 || ratio > 1.25 {
		t.Errorf("%s: the mean age is %s, the plan says %s", name, mean, typical)
	}
	older := len(ages) - sort.Search(len(ages), func(i int) bool { return ages[i] > worst })
	if n := float64(len(ages)); float64(older) > n*0.01+3*math.Sqrt(n*0.01) {
		t.Errorf("%s: %d of %d are older than %s, which the plan calls the worst of a hundred", name, older, len(ages), worst)
	}
}

// TestCatchingUpIsThatOfTheIntake places orders while the bridge is down and compares how
// long it takes until Linnworks has them with the plan, to a tenth and the few seconds that
// a run takes however few orders there are.
func TestCatchingUpIsThatOfTheIntake(t *testing.T) {
	t.Parallel()
	s := shop{skus: 50, liveSKUs: 1, ordersPerDay: 24_000, wakingHours: 24, outageHours: 1, reads: 8, writes: 2, share: 1, way: 50 * time.Millisecond}
	p := compute(s)
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, s, 9_999)
		memory := new(bridge.Memory).Shop("lab")
		b, err := bridge.NewSync(l.shop, l.warehouse, memory, labSettings())
		if err != nil {
			t.Fatal(err)
		}
		buy := func(n int) {
			if _, err := l.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{NoHold: true, Lines: []tiktokshoptest.Line{tiktokshoptest.Units(skuID(n%s.skus), 1)}}); err != nil {
				t.Fatal(err)
			}
		}
		buy(0)
		if _, err := b.Intake.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute) // a bridge that has just begun looks each order up
		for n := range 1000 {        // an hour's
			time.Sleep(3600 * time.Millisecond)
			buy(n)
		}
		start := time.Now()
		report, err := b.Intake.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		t.Logf("1000 orders in %s, the plan says %s; %s", took, p.importCatchUp, report)
		if least, most := p.importCatchUp*9/10, p.importCatchUp*11/10+5*time.Second; took < least || took > most {
			t.Errorf("it took %s, the plan says %s: want from %s to %s", took, p.importCatchUp, least, most)
		}
	})
}

// TestCatchingUpIsThatOfTheDispatch has parcels packed while the bridge is down and compares
// how long it takes until TikTok has been told of all with the plan.
func TestCatchingUpIsThatOfTheDispatch(t *testing.T) {
	t.Parallel()
	const parcels = 100
	s := shop{skus: 50, liveSKUs: 1, ordersPerDay: 24 * parcels, wakingHours: 24, outageHours: 1, reads: 8, writes: 2, share: 1, way: 50 * time.Millisecond}
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, s, 9_999)
		b, err := bridge.NewSync(l.shop, l.warehouse, new(bridge.Memory).Shop("lab"), labSettings())
		if err != nil {
			t.Fatal(err)
		}
		run := func(flow string) {
			if _, err := b.RunFlow(t.Context(), flow); err != nil {
				t.Fatal(err)
			}
		}
		run(bridge.FlowOrders)
		run(bridge.FlowDispatch)
		for n := range parcels {
			if _, err := l.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{NoHold: true, Lines: []tiktokshoptest.Line{tiktokshoptest.Units(skuID(n%s.skus), 1)}}); err != nil {
				t.Fatal(err)
			}
		}
		run(bridge.FlowOrders)
		run(bridge.FlowReferences)
		time.Sleep(61 * time.Minute) // nobody prints an order earlier
		run(bridge.FlowOrders)
		service := l.linn.AddPostalService("Tracked 48", "Royal Mail")
		for _, o := range l.linn.Orders() {
			if err := l.linn.SetTracking(o.OrderID, service, "RM"+string(o.OrderID)); err != nil {
				t.Fatal(err)
			}
			if err := l.linn.Process(o.OrderID); err != nil {
				t.Fatal(err)
			}
		}
		start := time.Now()
		run(bridge.FlowDispatch)
		took := time.Since(start)
		told := 0
		for _, o := range l.tiktok.Orders() {
			if o.Status == tiktokshop.OrderStatusAwaitingCollection {
				told++
			}
		}
		// The backlog alone: no order comes in meanwhile.
		want := seconds(parcels / compute(s).shipPerSec)
		t.Logf("%d of %d parcels in %s, the plan says %s", told, parcels, took, want)
		if least, most := want*9/10, want*11/10+5*time.Second; told != parcels || took < least || took > most {
			t.Errorf("%d of %d parcels were told in %s, the plan says %s: want from %s to %s", told, parcels, took, want, least, most)
		}
	})
}

// TestChances compares the chances with a lottery of the same mean.
func TestChances(t *testing.T) {
	random := rand.New(rand.NewPCG(*seed, 1))
	for _, mean := range []float64{0.05, 0.4, 2, 7} {
		const tries = 200_000
		counts := map[int]int{}
		for range tries {
			n, at := 0, random.ExpFloat64()
			for ; at < mean; at += random.ExpFloat64() {
				n++
			}
			counts[n]++
		}
		for b := range 12 {
			over := 0
			for n, c := range counts {
				if n > b {
					over += c
				}
			}
			want := float64(over) / tries
			sigma := math.Sqrt(max(want, 1.0/tries) / tries)
			if got := above(b, mean); math.Abs(got-want) > 5*sigma {
				t.Errorf("mean %g, %d kept back: %g, drawn %g", mean, b, got, want)
			}
		}
	}
}

// TestPlanFollowsItsInput checks in which direction each number moves.
func TestPlanFollowsItsInput(t *testing.T) {
	base := shop{skus: 5000, ordersPerDay: 800, wakingHours: 14, livePerSec: 2, liveMinutes: 60, livesAMonth: 8, liveSKUs: 20, elsewhere: 6, orderLimit: 5000,
		outageHours: 2, reads: 8, writes: 2, share: 1, way: 200 * time.Millisecond, hints: true}
	with := func(change func(*shop)) plan { s := base; change(&s); return compute(s) }
	p := compute(base)
	for what, ok := range map[string]bool{
		"a larger shop is swept more slowly":      with(func(s *shop) { s.skus = 100_000 }).coldWorst > p.coldWorst,
		"half of the quota sweeps more slowly":    with(func(s *shop) { s.skus, s.share = 100_000, 0.5 }).coldWorst > with(func(s *shop) { s.skus = 100_000 }).coldWorst,
		"far away is later":                       with(func(s *shop) { s.way = time.Second }).hotTypical > p.hotTypical,
		"more writes wait less":                   with(func(s *shop) { s.elsewhere, s.writes = 200, 10 }).hotWorst < with(func(s *shop) { s.elsewhere = 200 }).hotWorst,
		"more than is granted never arrives":      with(func(s *shop) { s.elsewhere = 4000 }).hotWorst == math.MaxInt64,
		"... and needs a buffer that nobody has":  with(func(s *shop) { s.elsewhere = 4000 }).buffer == math.MaxInt32,
		"without webhooks orders are older":       with(func(s *shop) { s.hints = false }).orderWorst > p.orderWorst,
		"... and the buffer larger":               with(func(s *shop) { s.hints = false }).buffer > p.buffer,
		"a buffer that is named keeps the bound":  above(p.buffer, mean(base, p)) <= bound && (p.buffer == 0 || above(p.buffer-1, mean(base, p)) > bound),
		"a buffer of each location is smaller":    with(func(s *shop) { s.locations, s.hints = 4, false }).buffer < with(func(s *shop) { s.hints = false }).buffer,
		"a longer outage takes longer":            with(func(s *shop) { s.outageHours = 20 }).shipCatchUp > p.shipCatchUp,
		"more orders than gets through":           with(func(s *shop) { s.ordersPerDay = 500_000 }).shipCatchUp < 0,
		"the limit is reached on LIVE days":       p.limitLIVE > 0.999 && p.limitOrdinary < 1e-6 && math.Abs(p.daysAMonth-8) < 0.01,
		"without a limit no day reaches it":       with(func(s *shop) { s.orderLimit = 0 }).daysAMonth == 0,
		"a limit as high as the mean is a chance": math.Abs(atLeast(1000, 1000)-0.5) < 0.02,
	} {
		if !ok {
			t.Errorf("not so: %s", what)
		}
	}
}

func TestRun(t *testing.T) {
	for _, args := range [][]string{{"more"}, {"-skus", "0"}, {"-writes", "NaN"}, {"-linnworks", "2"}, {"-call", "-1s"}, {"-what"}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is not refused", args)
		}
	}
	page := filepath.Join(t.TempDir(), "plan.html")
	var out bytes.Buffer
	for _, args := range [][]string{{"-orders", "1000000"}, {"-elsewhere", "100000"}, {"-live", "1000"}, {"-reads", "0.1"}} { // a shop that nothing is enough for
		out.Reset()
		if err := run(append(args, "-html", page), &out, io.Discard); err != nil || !strings.Contains(out.String(), "No buffer helps") || !strings.Contains(out.String(), "without end") {
			t.Errorf("%q: %v\n%s", args, err, out.String())
		}
	}
	out.Reset()
	if err := run([]string{"-order-limit", "3000", "-html", page}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, heading := range []string{"How old is what each side knows", "Calls a minute", "What gets through", "Chance of overselling", "daily order limit"} {
		if !strings.Contains(out.String(), heading) || !strings.Contains(string(text), heading) {
			t.Errorf("the text or the page lacks %q", heading)
		}
	}
	if n := strings.Count(string(text), "<svg"); n != 3 {
		t.Errorf("the page has %d plots, want 3", n)
	}
	for _, line := range []string{">100 %<", ">1 %<", ">0.01 %<", ">0.0001 %<"} { // a logarithmic scale: the chances differ by a factor of ten
		if !strings.Contains(string(text), line) {
			t.Errorf("the plot of the chances lacks the line %q", line)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "://", "<script"} {
		if strings.Contains(strings.ReplaceAll(string(text), "http://www.w3.org/2000/svg", ""), bad) {
			t.Errorf("the page has %q in it", bad)
		}
	}
}
