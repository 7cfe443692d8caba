package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

var lives = flag.Int("lives", 1, "how many LIVEs sell out for each row of the chances of overselling")

// soldOut has a LIVE sell all that there is of every listing, while other channels sell the
// same, with a whole bridge between shop and warehouse, and returns of how many listings more
// was sold than there was.
func soldOut(t *testing.T, s shop, kept int, seed uint64) (oversold int) {
	t.Helper()
	level := 12 + kept
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, s, level)
		settings := l.settings
		settings.Buffer = []stock.BufferRule{{Do: stock.KeepUnits, Units: kept}}
		b, err := bridge.NewSync(l.shop, l.warehouse, new(bridge.Memory).Shop("lab"), settings)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = b.Run(ctx) })
		running.Go(func() { _ = b.Stock.Run(ctx, nil) })
		time.Sleep(12 * time.Minute) // it starts, and has told the shop what it keeps back

		random := rand.New(rand.NewPCG(seed, 3))
		shelf, sold, open := make([]int, s.liveSKUs), make([]int, s.liveSKUs), s.liveSKUs
		for n := range shelf {
			shelf[n] = level
		}
		inShop, elsewhere := s.livePerSec, float64(s.liveSKUs)*s.elsewhere/3600 // a second
		for open > 0 {
			time.Sleep(time.Duration(random.ExpFloat64() / (inShop + elsewhere) * 1e9))
			n := random.IntN(s.liveSKUs)
			if random.Float64() < inShop/(inShop+elsewhere) {
				id, err := l.tiktok.PlaceOrder(tiktokshoptest.OrderSpec{NoHold: true, Lines: []tiktokshoptest.Line{tiktokshoptest.Units(skuID(n), 1)}})
				switch {
				case errors.Is(err, tiktokshoptest.ErrOutOfStock):
					continue
				case err != nil:
					t.Fatal(err)
				}
				wait := time.Duration(random.Float64() * float64(hookTakes))
				running.Go(func() {
					time.Sleep(wait)
					_ = b.Hint(ctx, id) // the next poll has it too
				})
			} else { // another channel sees what Linnworks has
				at, err := l.linn.Level(sku(n), linnworks.ZeroGUID)
				if err != nil {
					t.Fatal(err)
				}
				if at.Available <= 0 {
					continue
				}
				shelf[n]--
				if err := l.linn.SetOnHand(sku(n), linnworks.ZeroGUID, shelf[n]); err != nil {
					t.Fatal(err)
				}
			}
			switch sold[n]++; sold[n] {
			case level:
				open--
			case level + 1:
				oversold++
			}
		}
		stop()
		running.Wait()
	})
	return oversold
}

// TestChancesAreThoseOfTheEngine sells LIVEs out and compares of how many listings more was
// sold than there was with the plan: it is right to a factor of two, give or take three times
// what chance makes of so many, and no more than what it calls the worst. Over eight LIVEs
// 0.15 were seen where 0.13 are planned and 0.35 for 0.46, and over three 0.18 for 0.13.
func TestChancesAreThoseOfTheEngine(t *testing.T) {
	if testing.Short() {
		t.Skip("left out with -short: it sells out two LIVEs; the plain run has it")
	}
	near := shop{skus: 40, liveSKUs: 40, livePerSec: 4, elsewhere: 200, reads: 10, writes: 10, share: 1, way: 400 * time.Millisecond, wakingHours: 14, hints: true}
	far := near
	far.elsewhere, far.way = 400, time.Second
	for _, c := range []struct {
		shop shop
		kept int
	}{{near, 0}, {far, 0}, {far, 1}} {
		t.Run(fmt.Sprintf("calls of %s, %d kept back", c.shop.way, c.kept), func(t *testing.T) {
			oversold := 0
			for i := range *lives {
				oversold += soldOut(t, c.shop, c.kept, *seed+uint64(i))
			}
			p, n := compute(c.shop), float64(*lives*c.shop.liveSKUs)
			want, worst := above(c.kept, usual(c.shop, p)), above(c.kept, mean(c.shop, p))
			got, sigma := float64(oversold)/n, func(p float64) float64 { return math.Sqrt(p * (1 - p) / n) }
			t.Logf("seed %d: %d of %g oversold, %.3f; the plan says %.3f, at the worst %.3f", *seed, oversold, n, got, want, worst)
			least, most := want/2-3*sigma(want/2), min(2*want+3*sigma(min(2*want, 1)), worst+3*sigma(worst))
			if got < least || got > most {
				t.Errorf("seed %d: %d of %g listings were oversold, %.3f; the plan says %.3f, at the worst %.3f: want from %.3f to %.3f", *seed, oversold, n, got, want, worst, least, most)
			}
		})
	}
}
