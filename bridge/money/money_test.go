package money_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/internal/world"
	"github.com/linnbridge/linnbridge/bridge/money"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		amount, currency string
		minor            int64
		ok               bool
	}{
		{"19.99", "GBP", 1999, true}, {"-0.50", "USD", -50, true}, {"", "GBP", 0, true}, {"7", "EUR", 700, true}, {".5", "GBP", 50, true},
		{"5.", "GBP", 500, true}, {"1.230", "GBP", 123, true}, {"1500", "JPY", 1500, true}, {"1500.00", "VND", 1500, true}, {"1.234", "KWD", 1234, true},
		{"92233720368547758.07", "GBP", 1<<63 - 1, true},
		{"92233720368547758.08", "GBP", 0, false}, {"1.234", "GBP", 0, false}, {"0.5", "JPY", 0, false}, {"1,50", "GBP", 0, false}, {"1e3", "GBP", 0, false},
		{"0x10", "GBP", 0, false}, {"0b11", "GBP", 0, false}, {"0o7", "GBP", 0, false}, {"1/2", "GBP", 0, false}, {"1_000", "GBP", 0, false}, {"+1", "GBP", 0, false},
		{"--1", "GBP", 0, false}, {"1.2.3", "GBP", 0, false}, {".", "GBP", 0, false}, {"-", "GBP", 0, false}, {"Inf", "GBP", 0, false}, {" 1", "GBP", 0, false},
		{"£1", "GBP", 0, false}, {"1.99", "", 0, false}, {"1.99", "POUNDS", 0, false}, {"1.99", "gbp", 0, false}, {"1.99", "G P", 0, false}, {"", "", 0, true}, {strings.Repeat("9", 41), "GBP", 0, false},
	} {
		m, err := money.Parse(tc.amount, tc.currency)
		if (err == nil) != tc.ok || m.Minor != tc.minor {
			t.Errorf("ParseMoney(%q, %s) = %d, %v; want %d, ok %t", tc.amount, tc.currency, m.Minor, err, tc.minor, tc.ok)
		}
		if err != nil && !strings.Contains(err.Error(), tc.currency) {
			t.Errorf("error %q does not name the currency", err)
		}
	}
}

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		minor   int64
		weights []int64
		want    []int64
	}{
		{1000, []int64{0, 0, 0}, []int64{334, 333, 333}}, {-1000, []int64{1, 1, 1}, []int64{-334, -333, -333}},
		{100, []int64{3, 0, 1}, []int64{75, 0, 25}}, {1, []int64{0, 5, 5}, []int64{0, 1, 0}}, {0, []int64{1, 2}, []int64{0, 0}}, {7, []int64{9}, []int64{7}},
	} {
		parts, err := world.GBP(tc.minor).Split(tc.weights)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, p := range parts {
			got = append(got, p.Minor)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%d over %v: %s", tc.minor, tc.weights, diff)
		}
	}
	for _, weights := range [][]int64{nil, {1, -1}} {
		if _, err := world.GBP(1).Split(weights); err == nil {
			t.Errorf("split over %v", weights)
		}
	}
}

// The parts of a split add up to the whole, and none is off its share by a unit.
func TestSplitConserves(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 5))
		m, weights, total := world.GBP(r.Int64N(2e9)-1e9), make([]int64, 1+r.IntN(20)), int64(0)
		for i := range weights {
			weights[i] = r.Int64N(1000) * r.Int64N(2)
			total += weights[i]
		}
		parts, err := m.Split(weights)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		sum := int64(0)
		for i, p := range parts {
			sum += p.Minor
			share := float64(m.Minor) / float64(len(weights))
			if total > 0 {
				share = float64(m.Minor) * float64(weights[i]) / float64(total)
			}
			if d := float64(p.Minor) - share; d < -1.001 || d > 1.001 {
				t.Errorf("seed %d: part %d is %d, its share %f", seed, i, p.Minor, share)
			}
		}
		if sum != m.Minor {
			t.Errorf("seed %d: the parts add up to %d, not %d", seed, sum, m.Minor)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"19.99", "-0.01", "", "0b101", "1e9", "00012.500", "9223372036854775807"} {
		f.Add(s, "GBP")
		f.Add(s, "JPY")
		f.Add(s, "KWD")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, amount, currency string) {
		m, err := money.Parse(amount, currency)
		if err != nil {
			return
		}
		if amount == "" {
			if want := (money.Amount{Currency: currency}); m != want {
				t.Errorf("no amount, currency %q: got %+v, want %+v", currency, m, want)
			}
			return
		}
		again, err := money.Parse(m.Decimal(), currency)
		if err != nil || again != m {
			t.Errorf("%q is %+v, printed %q, read back %+v, %v", amount, m, m.Decimal(), again, err)
		}
	})
}

// Amounts that only describe others are read to the nearest minor unit.
func TestRound(t *testing.T) {
	for _, tc := range []struct {
		amount, currency string
		minor            int64
		exact, bad       bool
	}{
		{"1.3125", "USD", 131, false, false},
		{"1.315", "USD", 132, false, false},
		{"-1.315", "USD", -132, false, false},
		{"-0.004", "USD", 0, false, false},
		{"0.999", "USD", 100, false, false},
		{"1.30", "USD", 130, true, false},
		{"1.3000", "USD", 130, true, false},
		{"553169.50", "VND", 553170, false, false},
		{"", "USD", 0, true, false},
		{"***", "USD", 0, false, true},
		{"1.31x5", "USD", 0, false, true},
		{"1,027.995", "USD", 0, false, true},
		{".", "JPY", 0, false, true},
		{"92233720368547758079.999", "USD", 0, false, true},
	} {
		got, exact, err := money.Round(tc.amount, tc.currency)
		if got.Minor != tc.minor || exact != tc.exact || (err != nil) != tc.bad || err == nil && got.Currency != tc.currency {
			t.Errorf("%q %s: got %v, exact %t, %v; want %d, exact %t, an error: %t", tc.amount, tc.currency, got, exact, err, tc.minor, tc.exact, tc.bad)
		}
	}
}
