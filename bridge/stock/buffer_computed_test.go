package stock_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// exactBuffer finds the smallest b with P(N > b) ≤ bound by adding up all terms
// m^k/k! with 300 bits.
func exactBuffer(mean, bound float64) int {
	float := func(x float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(x) }
	terms, term, total := []*big.Float{}, float(1), float(0)
	for k := 0; float64(k) < mean+40*math.Sqrt(mean)+60; k++ {
		if k > 0 {
			term = new(big.Float).Quo(new(big.Float).Mul(term, float(mean)), float(float64(k)))
		}
		terms = append(terms, term)
		total.Add(total, term)
	}
	limit, tail := new(big.Float).Mul(total, float(bound)), float(0)
	for k := len(terms) - 1; k > 0; k-- {
		if tail.Add(tail, terms[k]); tail.Cmp(limit) > 0 {
			return k
		}
	}
	return 0
}

func TestOversellBufferIsExact(t *testing.T) {
	for _, bound := range []float64{1e-9, 1e-6, 1e-3, 0.01, 0.05, 0.3, 0.5} {
		last := 0
		for _, mean := range []float64{1e-12, 1e-9, 1e-7, 1e-4, 0.01, 0.05, 0.1, 0.3, 0.6, 0.7, 1, 1.5, 2, 3.7, 5, 10, 20, 50, 99.5, 300, 1000, 2000} {
			got, want := stock.OversellBuffer(mean, bound), exactBuffer(mean, bound)
			if got != want {
				t.Errorf("mean %v, bound %v: %d, want %d", mean, bound, got, want)
			}
			if got < last {
				t.Errorf("mean %v, bound %v: %d, but %d for a smaller mean", mean, bound, got, last)
			}
			last = got
		}
	}
}

func TestOversellBufferOfLargeMeans(t *testing.T) {
	last := 0
	for _, mean := range []float64{1e5, 1e6, 9.99e6, 1e7, 1.01e7, 1e8, 9.9e8} {
		got := stock.OversellBuffer(mean, 1e-3)
		// The normal approximation, which is good here: 3.0902 is its 99.9 % quantile.
		over := (float64(got) - mean) / math.Sqrt(mean)
		if (mean <= 1e7 && math.Abs(over-3.0902) > 0.02) || over < 3.07 || over > 4 || got < last {
			t.Errorf("mean %v: %d, which is %.3f standard deviations above it", mean, got, over)
		}
		last = got
	}
	for _, mean := range []float64{1e9, 1e300, math.Inf(1), math.NaN()} {
		if got := stock.OversellBuffer(mean, 1e-3); got != math.MaxInt32 {
			t.Errorf("mean %v: %d", mean, got)
		}
	}
	for _, mean := range []float64{0, -1, math.Inf(-1), math.SmallestNonzeroFloat64} {
		if got := stock.OversellBuffer(mean, 1e-9); got != 0 {
			t.Errorf("mean %v: %d", mean, got)
		}
	}
	for bound, as := range map[float64]float64{0: 1e-9, -1: 1e-9, math.NaN(): 1e-9, 1: 0.5, math.Inf(1): 0.5} {
		if got, want := stock.OversellBuffer(7, bound), stock.OversellBuffer(7, as); got != want {
			t.Errorf("bound %v: %d, want %d", bound, got, want)
		}
	}
}

func FuzzOversellBuffer(f *testing.F) {
	f.Add(0.3, 1e-3)
	f.Add(5e4, 1e-9)
	f.Add(math.Inf(1), math.NaN())
	f.Fuzz(func(t *testing.T, mean, bound float64) {
		b := stock.OversellBuffer(mean, bound)
		if b < 0 || float64(b) < math.Floor(min(mean, 1e9)-1) {
			t.Errorf("mean %v, bound %v: %d", mean, bound, b)
		}
		if more := stock.OversellBuffer(mean, bound/2); more < b {
			t.Errorf("mean %v, bound %v: %d, but %d for half of it", mean, bound, b, more)
		}
	})
}

// arrivals yields Poisson moments from 0 to end, in hours, at a rate an hour.
func arrivals(r *rand.Rand, rate, end float64) (at []float64) {
	for t := r.ExpFloat64() / rate; t < end; t += r.ExpFloat64() / rate {
		at = append(at, t)
	}
	return at
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

// TestComputedBufferKeepsItsBound measures sales of both sides for a while, then
// sells the stock out in the shop, where every level is as old as the delays
// say, and counts how often more is sold than there is.
func TestComputedBufferKeepsItsBound(t *testing.T) {
	const measured, levels, runs = 8.0, 120, 5000
	for name, truth := range map[string]trade{
		"a burst in the shop":    {rateElsewhere: 40, rateShop: 400, delayElsewhere: 3.0 / 60, delayShop: 0.2 / 60},
		"sales mostly elsewhere": {rateElsewhere: 400, rateShop: 40, delayElsewhere: 0.2 / 60, delayShop: 1.5 / 60},
	} {
		for _, bound := range []float64{0.1, 0.01} {
			c, err := stock.NewComputed(stock.ComputedOptions{
				Bound: bound, AssumedDelay: time.Second, AssumedRate: 30, Memory: 2 * time.Hour, Now: world.AtNoon,
			})
			if err != nil {
				t.Fatal(err)
			}
			r := rand.New(rand.NewPCG(6, 5))
			for _, at := range arrivals(r, truth.rateElsewhere, measured) {
				c.Sale(stock.SoldElsewhere, "s-MUG", "W1", 1, world.Noon.Add(hours(at)))
				c.Delay(stock.SoldElsewhere, hours(truth.delayElsewhere))
			}
			for _, at := range arrivals(r, truth.rateShop, measured) {
				c.Sale(stock.SoldInShop, "s-MUG", "W1", 1, world.Noon.Add(hours(at)))
				c.Delay(stock.SoldInShop, hours(truth.delayShop))
			}
			e := c.Estimate("s-MUG", "W1", world.Noon.Add(hours(measured)))
			for side, rate := range map[stock.SideEstimate]float64{e.Elsewhere: truth.rateElsewhere, e.Shop: truth.rateShop} {
				if side.Limit < rate || side.Limit > (1+4/math.Sqrt(rate))*rate {
					t.Fatalf("%s: seed without a good estimate: %s", name, e)
				}
			}
			oversold := func(buffer int) float64 {
				r, n := rand.New(rand.NewPCG(1, 2)), 0
				for range runs {
					if truth.sellOut(r, levels, buffer) {
						n++
					}
				}
				return float64(n) / runs
			}
			if got := oversold(e.Units); got > bound {
				t.Errorf("%s: bound %v: oversold in %v of the runs with %d kept back: %s", name, bound, got, e.Units, e)
			}
			// It is not larger than it has to be by more than the allowance for the
			// estimate, and without one the bound is missed by far.
			mean := truth.rateElsewhere*(truth.delayElsewhere+truth.delayShop) + truth.rateShop*truth.delayShop
			if best := stock.OversellBuffer(mean, bound); e.Units > best+3 {
				t.Errorf("%s: bound %v: %d kept back, %d would do", name, bound, e.Units, best)
			}
			if got := oversold(0); got < 0.5 {
				t.Errorf("%s: oversold in only %v of the runs with nothing kept back", name, got)
			}
		}
	}
}

// trade is how fast both sides sell, an hour, and how late the other one knows,
// in hours.
type trade struct{ rateElsewhere, rateShop, delayElsewhere, delayShop float64 }

// sellOut plays a sale until nobody has anything to sell, and reports whether more
// was sold than there was. The level in the shop is set all the time, each to
// what was known of both sides before their delays; other channels sell what the
// warehouse has, which knows of a sale in the shop after the delay of the shop.
func (m trade) sellOut(r *rand.Rand, stock, buffer int) bool {
	var elsewhere, shop []float64
	before := func(sales []float64, t float64) int {
		i, _ := slices.BinarySearch(sales, t)
		return i
	}
	closed := false // the shop shows nothing, and never more than that again
	nextElsewhere, nextShop := r.ExpFloat64()/m.rateElsewhere, r.ExpFloat64()/m.rateShop
	for len(elsewhere)+len(shop) <= stock {
		if t := nextElsewhere; t < nextShop {
			nextElsewhere += r.ExpFloat64() / m.rateElsewhere
			if len(elsewhere)+before(shop, t-m.delayShop) < stock {
				elsewhere = append(elsewhere, t)
			} else if closed {
				return false
			}
			continue
		}
		t := nextShop
		nextShop += r.ExpFloat64() / m.rateShop
		closed = closed || stock-before(elsewhere, t-m.delayElsewhere)-before(shop, t-m.delayShop)-buffer <= 0
		if !closed {
			shop = append(shop, t)
		}
	}
	return true
}

// TestOversellBufferAgainstChance draws the unseen sales themselves.
func TestOversellBufferAgainstChance(t *testing.T) {
	const runs = 50_000
	r := rand.New(rand.NewPCG(7, 7))
	for _, mean := range []float64{0.05, 0.8, 3, 12} {
		counts := map[int]int{}
		for range runs {
			counts[len(arrivals(r, mean, 1))]++
		}
		above := func(b int) (p float64) {
			for n, times := range counts {
				if n > b {
					p += float64(times) / runs
				}
			}
			return p
		}
		for _, bound := range []float64{0.2, 0.05, 0.01, 0.002} {
			b, noise := stock.OversellBuffer(mean, bound), 4*math.Sqrt(bound/runs)
			if p := above(b); p > bound+noise {
				t.Errorf("mean %v, bound %v: more than %d in %v", mean, bound, b, p)
			}
			if p := above(b - 1); b > 0 && p < bound-noise {
				t.Errorf("mean %v, bound %v: %d kept back, but more than one less only in %v", mean, bound, b, p)
			}
		}
	}
}

// The limit is above the true rate about as often as the confidence says.
func TestSaleRateLimit(t *testing.T) {
	const runs = 1000
	for _, rate := range []float64{0.2, 1, 5, 60} {
		for _, confidence := range []float64{0.9, 0.95, 0.99} {
			r, covered, sum := rand.New(rand.NewPCG(3, uint64(rate*10))), 0, 0.0
			for range runs {
				c, err := stock.NewComputed(stock.ComputedOptions{
					Bound: 0.01, AssumedDelay: time.Second, Confidence: confidence, Now: world.AtNoon,
				})
				if err != nil {
					t.Fatal(err)
				}
				sales := arrivals(r, rate, 9)
				r.Shuffle(len(sales), func(i, j int) { sales[i], sales[j] = sales[j], sales[i] }) // any order
				for _, at := range sales {
					c.Sale(stock.SoldElsewhere, "s", "W", 1, world.Noon.Add(hours(at)))
				}
				e := c.Estimate("s", "W", world.Noon.Add(9*time.Hour)).Elsewhere
				sum += e.Rate
				if e.Limit >= rate {
					covered++
				}
			}
			if got := float64(covered) / runs; got < confidence-0.02 {
				t.Errorf("rate %v: covered in %v of the runs, want %v", rate, got, confidence)
			}
			if mean := sum / runs; math.Abs(mean-rate) > 0.05*rate+0.04 {
				t.Errorf("rate %v: estimated as %v on average", rate, mean)
			}
		}
	}
}

func TestPoissonLimit(t *testing.T) {
	// The exact limits: the rule of three, and tables of the chi-squared distribution.
	for _, tc := range []struct{ n, confidence, want float64 }{
		{0, 0.9, 2.3026}, {0, 0.95, 2.9957}, {0, 0.99, 4.6052}, {1, 0.95, 4.7439}, {5, 0.95, 10.513}, {10, 0.99, 20.145}, {100, 0.95, 118.08},
	} {
		if got := stock.PoissonLimit(tc.n, tc.confidence); math.Abs(got/tc.want-1) > 0.02 {
			t.Errorf("%v seen, %v: %v, want %v", tc.n, tc.confidence, got, tc.want)
		}
	}
}

func TestComputedBuffer(t *testing.T) {
	c, err := stock.NewComputed(stock.ComputedOptions{
		Bound: 0.01, AssumedDelay: 6 * time.Minute, AssumedRate: 10, UnitsPerSale: 2, Now: world.AtNoon,
	})
	if err != nil {
		t.Fatal(err)
	}
	l := catalogue.Listing{SKU: world.SKU("MUG")}
	first := c.Estimate(l.ID, "W1", world.Noon)
	if first.Elsewhere.Rate != 10 || first.Elsewhere != first.Shop || first.Shop.Delay != 6*time.Minute {
		t.Errorf("assumed: %s", first)
	}
	if first.Units != 2*stock.OversellBuffer(first.Mean, 0.01) || first.Units != c.Units(l, "W1", world.Noon) || first.Units == 0 {
		t.Errorf("%d units for a mean of %v", first.Units, first.Mean)
	}
	if later := c.Estimate(l.ID, "W1", world.Noon.Add(20*time.Hour)); later.Units >= first.Units || later.Shop.Limit > 1.6 || later.Shop.Limit < 1.4 {
		t.Errorf("after a time without sales: %s", later)
	}
	c.Sale(stock.SoldElsewhere, l.ID, "W1", 0, world.Noon)
	c.Sale(stock.SoldElsewhere, l.ID, "W1", -5, world.Noon)
	c.Sale("nowhere", l.ID, "W1", 5, world.Noon)
	c.Delay("nowhere", time.Hour)
	c.Delay(stock.SoldInShop, -time.Hour)
	if again := c.Estimate(l.ID, "W1", world.Noon); again != first {
		t.Errorf("after nothing: %s", again)
	}
	c.Sale(stock.SoldInShop, l.ID, "W1", 5, world.Noon) // three sales of at most two
	if e := c.Estimate(l.ID, "W1", world.Noon); math.Abs(e.Shop.Rate-13) > 1e-9 || e.Elsewhere != first.Elsewhere {
		t.Errorf("after five units: %s", e)
	}
	if e := c.Estimate(l.ID, "W2", world.Noon); e != first {
		t.Errorf("other warehouse: %s", e)
	}
	// An old sale counts by its age, and one from a fast clock does not grow.
	c.Sale(stock.SoldElsewhere, l.ID, "W1", 1, world.Noon.Add(-time.Hour))
	if e := c.Estimate(l.ID, "W1", world.Noon); math.Abs(e.Elsewhere.Rate-10-math.Exp(-1)) > 1e-9 {
		t.Errorf("after an old sale: %s", e)
	}
	if a, b := c.Estimate(l.ID, "W1", world.Noon), c.Estimate(l.ID, "W1", world.Noon.Add(-time.Hour)); a != b {
		t.Errorf("before the last sale: %s, then %s", b, a)
	}
}

func TestMeasuredDelays(t *testing.T) {
	m, all, r := new(stock.DelayMeter), []time.Duration(nil), rand.New(rand.NewPCG(1, 1))
	for range 5000 {
		d := time.Duration(r.IntN(400)) * time.Second
		if len(all) > 2500 {
			d /= 8
		}
		all = append(all, d)
		m.Add(d)
		want := slices.Max(all[max(0, len(all)-1000):])
		if len(all) < 1000 {
			want = max(want, time.Minute)
		}
		if got := m.Limit(time.Minute); got != want {
			t.Fatalf("after %d: %s, want %s", len(all), got, want)
		}
	}
}

func TestNewComputedBufferRefuses(t *testing.T) {
	for want, change := range map[string]func(*stock.ComputedOptions){
		"Bound 0 is not between 1e-09 and 0.5":        func(o *stock.ComputedOptions) { o.Bound = 0 },
		"Bound 0.6 is not":                            func(o *stock.ComputedOptions) { o.Bound = 0.6 },
		"Bound NaN is not":                            func(o *stock.ComputedOptions) { o.Bound = math.NaN() },
		"AssumedDelay is not set":                     func(o *stock.ComputedOptions) { o.AssumedDelay = 0 },
		"AssumedDelay -1s is negative":                func(o *stock.ComputedOptions) { o.AssumedDelay = -time.Second },
		"AssumedRate -1 is not zero or a positive":    func(o *stock.ComputedOptions) { o.AssumedRate = -1 },
		"AssumedRate NaN is not":                      func(o *stock.ComputedOptions) { o.AssumedRate = math.NaN() },
		"AssumedRate +Inf is not":                     func(o *stock.ComputedOptions) { o.AssumedRate = math.Inf(1) },
		"Memory -1h0m0s is negative":                  func(o *stock.ComputedOptions) { o.Memory = -time.Hour },
		"Confidence 0.4 is not between 0.5 and 0.999": func(o *stock.ComputedOptions) { o.Confidence = 0.4 },
		"Confidence 1 is not":                         func(o *stock.ComputedOptions) { o.Confidence = 1 },
		"UnitsPerSale -1 is negative":                 func(o *stock.ComputedOptions) { o.UnitsPerSale = -1 },
	} {
		o := stock.ComputedOptions{Bound: 0.01, AssumedDelay: time.Second}
		change(&o)
		if _, err := stock.NewComputed(o); err == nil || !strings.Contains(err.Error(), "stock: NewComputed: "+want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestComputedBufferConcurrently(t *testing.T) {
	c, err := stock.NewComputed(stock.ComputedOptions{Bound: 0.01, AssumedDelay: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for j := range 200 {
				c.Sale(stock.SoldInShop, fmt.Sprint(j%3), "W1", 1, world.Noon.Add(time.Duration(i*j)*time.Second))
				c.Delay(stock.SoldElsewhere, time.Duration(j))
				c.Units(catalogue.Listing{SKU: catalogue.SKU{ID: "1"}}, "W1", world.Noon)
			}
		})
	}
	group.Wait()
}

func BenchmarkOversellBuffer(b *testing.B) {
	for _, mean := range []float64{0.05, 3, 1000} {
		b.Run(fmt.Sprint(mean), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				stock.OversellBuffer(mean, 1e-3)
			}
		})
	}
}
