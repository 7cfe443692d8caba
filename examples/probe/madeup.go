package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// madeUp returns made-up accounts that have an example of everything a check looks for,
// and in which the quirks named are switched: what is on by default is off there.
func madeUp(quirks []string) (accounts, error) {
	var shop []tiktokshoptest.Option
	var warehouse []linnworkstest.Option
	for _, name := range quirks {
		name = strings.TrimSpace(name)
		t := slices.IndexFunc(tiktokshoptest.Quirks(), func(q tiktokshoptest.QuirkInfo) bool { return string(q.Quirk) == name })
		l := slices.IndexFunc(linnworkstest.Quirks(), func(q linnworkstest.QuirkInfo) bool { return string(q.Quirk) == name })
		switch {
		case t >= 0 && tiktokshoptest.Quirks()[t].Off:
			shop = append(shop, tiktokshoptest.With(tiktokshoptest.Quirk(name)))
		case t >= 0:
			shop = append(shop, tiktokshoptest.Without(tiktokshoptest.Quirk(name)))
		case l >= 0:
			warehouse = append(warehouse, linnworkstest.WithQuirk(linnworkstest.Quirk(name), !linnworkstest.Quirks()[l].Default))
		default:
			return accounts{}, fmt.Errorf("the fakes have no quirk %q", name)
		}
	}
	a := accounts{sku: testSKU, write: true, limited: true}
	var err error
	if a.shop, a.order, a.onAir, err = madeUpShop(shop); err != nil {
		return a, fmt.Errorf("made-up shop: %w", err)
	}
	if a.warehouse, err = madeUpWarehouse(warehouse); err != nil {
		return a, fmt.Errorf("made-up warehouse: %w", err)
	}
	return a, nil
}

// testSKU is the SKU that the made-up accounts have for tests.
const testSKU = "PROBE-TEST"

// findable are the quirks that a check finds.
func findable() []string {
	var names []string
	for _, c := range checks() {
		if c.quirk != "" {
			names = append(names, c.quirk)
		}
	}
	return names
}

// hiddenBy are quirks that nothing shows while another one is switched: where no item has
// an error of its own, there is no code of one.
var hiddenBy = map[tiktokshoptest.Quirk]tiktokshoptest.Quirk{
	tiktokshoptest.QuirkItemCodesAsText: tiktokshoptest.QuirkItemErrors,
}

// drawn returns n of the quirks that the checks find.
func drawn(n int, seed uint64) []string {
	names := findable()
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	first := slices.Clone(names[:min(n, len(names))])
	names = slices.DeleteFunc(names, func(name string) bool {
		by, hidden := hiddenBy[tiktokshoptest.Quirk(name)]
		return hidden && slices.Contains(first, string(by))
	})
	return names[:min(n, len(names))]
}
