package stock_test

import (
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

func ExampleBufferRules() {
	live := time.Date(2026, 11, 27, 19, 0, 0, 0, time.UTC)
	rules, err := stock.NewBufferRules(stock.BufferOptions{
		Rules: []stock.BufferRule{
			{Do: stock.FirstMatch, Rules: []stock.BufferRule{
				{Name: "one-off pieces", Do: stock.KeepUnits, Units: 0, Classes: []string{"one-off"}},
				{Name: "slow warehouse", Do: stock.KeepPercent, Percent: 10, Round: stock.RoundUp, Warehouses: []string{"north"}},
				{Do: stock.KeepUnits, Units: 2},
			}},
			{Do: stock.PublishAtMost, Units: 50},
			{Do: stock.EndWhen, Units: 3},
		},
		Sessions: []stock.LiveSession{{
			Name: "Friday LIVE", Start: live, End: live.Add(2 * time.Hour), Ahead: 15 * time.Minute,
			Rule: stock.BufferRule{Do: stock.KeepUnits, Units: 12, SKUs: []string{"MUG"}},
		}},
		Classify: func(l catalogue.Listing) string {
			if l.SellerSKU == "VASE" {
				return "one-off"
			}
			return ""
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	mug := catalogue.Listing{SKU: catalogue.SKU{ID: "1", SellerSKU: "MUG"}}
	fmt.Print(rules.Preview(mug, "north", 41, live.Add(-time.Hour)))
	fmt.Print(rules.Preview(mug, "north", 41, live.Add(-15*time.Minute)))
	// rules.Buffer() is what stock.Options takes.

	// Output:
	// SKU MUG in warehouse north at 2026-11-27 18:00:00 UTC: 41 free
	//   first match                             41 -> 36
	//     one-off pieces                        does not apply
	//     slow warehouse                        41 -> 36
	//   publish at most 50                      36 -> 36
	//   end when 3 or fewer are left            36 -> 36
	//   Friday LIVE                             does not apply  (opens 2026-11-27 18:45:00)
	// 36 published, 5 kept back
	// SKU MUG in warehouse north at 2026-11-27 18:45:00 UTC: 41 free
	//   first match                             41 -> 36
	//     one-off pieces                        does not apply
	//     slow warehouse                        41 -> 36
	//   publish at most 50                      36 -> 36
	//   end when 3 or fewer are left            36 -> 36
	//   Friday LIVE                             41 -> 29  (until 2026-11-27 21:00:00)
	//     keep 12                               41 -> 29
	// 29 published, 12 kept back
}

func ExampleComputed() {
	noon := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	computed, err := stock.NewComputed(stock.ComputedOptions{
		Bound: 0.001, AssumedDelay: 30 * time.Second, AssumedRate: 2, Now: func() time.Time { return noon },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// The program tells what it sees: a unit sold on another channel every 12
	// seconds, which the shop knows 90 seconds later, and one sold in the shop every
	// 3 seconds, for four hours.
	now := noon
	for i := range 4800 {
		now = now.Add(3 * time.Second)
		computed.Sale(stock.SoldInShop, "1", "north", 1, now)
		if i%4 == 0 {
			computed.Sale(stock.SoldElsewhere, "1", "north", 1, now)
			computed.Delay(stock.SoldElsewhere, 90*time.Second)
		}
	}
	e := computed.Estimate("1", "north", now)
	fmt.Println("elsewhere:", e.Elsewhere)
	fmt.Println("shop:     ", e.Shop)
	fmt.Printf("%.1f units unseen, keep %d\n", e.Mean, e.Units)

	rules, err := stock.NewBufferRules(stock.BufferOptions{Rules: []stock.BufferRule{{Do: stock.KeepComputed, Source: computed}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	mug := catalogue.Listing{SKU: catalogue.SKU{ID: "1", SellerSKU: "MUG"}}
	fmt.Println("published:", rules.Publish(mug, "north", 300, now))
	// Output:
	// elsewhere: 294.3/h, at most 315.0/h for 1m30s
	// shop:      1178.5/h, at most 1219.3/h for 30s
	// 20.7 units unseen, keep 36
	// published: 264
}

func ExampleOversellBuffer() {
	// 5 units a minute are sold elsewhere. How many to keep back so that at most
	// one sell-out in a thousand sells a unit twice?
	for _, blind := range []time.Duration{2 * time.Second, 30 * time.Second, 10 * time.Minute} {
		fmt.Printf("known after %5s: %d\n", blind, stock.OversellBuffer(5*blind.Minutes(), 0.001))
	}
	// Output:
	// known after    2s: 2
	// known after   30s: 9
	// known after 10m0s: 73
}
