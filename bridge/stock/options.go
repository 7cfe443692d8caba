package stock

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Options configure an [Engine], or a [Book] of one's own, which has no use for Check and
// Pace.
type Options struct {
	// Locations maps every warehouse id of the shop to the stock locations that
	// feed it. Required; a warehouse that is not in it is raised, and so is a SKU
	// that is sold from two warehouses with a location in common.
	Locations map[string][]string
	// PlatformLocation is the stock location of what the platform's own warehouse sends, as
	// in bridge.ImportOptions: orders may draw on it though it supplies no warehouse of the
	// shop. An order that draws on any other such location is raised, for what it takes is
	// not taken off what the shop shows. Default: none.
	PlatformLocation string
	// Shop is the name of the shop in the ledger, whose orders have to have been seen
	// before anything is raised. Without it, those of every shop that ever noted a
	// moment in the ledger, one at least.
	Shop string
	// Buffer keeps units back. Default: none.
	Buffer Buffer
	// Preview says how Buffer comes to its number, such as [BufferRules.Preview], for people
	// who read [Book.Lines]. Default: they read the number alone.
	Preview func(listing catalogue.Listing, warehouseID string, free int, now time.Time) BufferPreview
	// KeepItems keeps units of single items back in every location, by the warehouse's SKU
	// in any case, before kits are made of them: a Buffer is of a listing, and the last
	// units of a pool would go through a kit that has none. Default: none.
	KeepItems map[string]int
	// LeaveAlone names the listings whose stock is nobody's to set, such as what is made
	// to order. A listing's Stock is used again once it returns. Default: none.
	LeaveAlone func(catalogue.Listing) bool
	// ZeroAfter is the age of a level from which on what depends on it is published as 0,
	// because the warehouse cannot be read. What was never read does not become too old.
	// Default: never; the shop goes on selling at old numbers, and exceptions.StaleLevels is
	// raised.
	ZeroAfter time.Duration
	// Max caps what is published. Default [MaxStock].
	Max int
	// Check is for the engine's check, Pace for [Engine.Run].
	Check CheckOptions
	Pace  Pace
	// Budgets are the calls a minute that there are, by kind, for [Stats].
	// Default: what Linnworks publishes; TikTok Shop publishes nothing.
	Budgets map[Call]float64
	// Now replaces time.Now.
	Now func() time.Time
}

// Pace is how often [Engine.Run] does what. Zero values take the defaults.
type Pace struct {
	// Hot reports which listings are read and published before others, such as those
	// of a LIVE: see [BufferRules.Live]. A listing's Stock is used again once it returns. Besides, the HotCount listings that sold
	// most in the last minutes are hot. Default 100; negative: none.
	Hot      func(l catalogue.Listing, now time.Time) bool
	HotCount int
	// HotEvery is the time from one reading of hot and touched items to the next.
	// Each takes one call for 200 items. Default 500 ms: at 200 hot items that is
	// 120 of the 250 calls a minute that Linnworks allows.
	HotEvery time.Duration
	// SweepEvery is the time from the start of one sweep to that of the next.
	// Default five minutes. A sweep of 40,000 items is 200 calls, 80 s at 150 calls a
	// minute.
	SweepEvery time.Duration
	// ShopEvery is how often listings and catalogue are read. Default 15 minutes.
	ShopEvery time.Duration
	// CheckEvery is how often the shop is compared with the book, at one call for
	// 600 SKUs. Default two minutes.
	CheckEvery time.Duration
	// StaleAfter is the age at which the oldest level becomes an exception. Default
	// three times SweepEvery.
	StaleAfter time.Duration
	// Publishers is how many calls to the shop run at once, each of another product.
	// Default 4.
	Publishers int
}

func (o Pace) checked() (Pace, error) {
	for _, d := range []struct {
		name  string
		value *time.Duration
		std   time.Duration
	}{
		{"HotEvery", &o.HotEvery, 500 * time.Millisecond}, {"SweepEvery", &o.SweepEvery, 5 * time.Minute}, {"ShopEvery", &o.ShopEvery, 15 * time.Minute},
		{"CheckEvery", &o.CheckEvery, 2 * time.Minute}, {"StaleAfter", &o.StaleAfter, 3 * cmp.Or(o.SweepEvery, 5*time.Minute)},
	} {
		if *d.value < 0 {
			return o, fmt.Errorf("Pace: %s is negative: %v", d.name, *d.value)
		}
		*d.value = cmp.Or(*d.value, d.std)
	}
	if o.Publishers < 0 {
		return o, fmt.Errorf("Pace: Publishers %d is negative", o.Publishers)
	}
	o.Publishers, o.HotCount = cmp.Or(o.Publishers, 4), cmp.Or(o.HotCount, 100)
	return o, nil
}

// CheckOptions configure a [Check]. Zero values take the defaults.
type CheckOptions struct {
	// Settle is how long after a push was accepted the shop may show something
	// else. Default 5 seconds.
	Settle time.Duration
	// UnseenFor is how long units that have left the shop without an order count as
	// sold. It has to be longer than an order ever takes to be seen. Default 10
	// minutes.
	UnseenFor time.Duration
	// LockedAfter is when a level that a lock keeps the shop from taking is offered
	// again, unless the lock has ended by the check before. Default 15 minutes.
	LockedAfter time.Duration
	// A second integration is what has overwritten us WriterChecks times within
	// WriterWindow on WriterSKUs SKUs or more. Defaults 3, 24 hours and 3.
	WriterChecks, WriterSKUs int
	WriterWindow             time.Duration
}

func (o CheckOptions) checked() (CheckOptions, error) {
	for _, d := range []struct {
		name  string
		value *time.Duration
		std   time.Duration
	}{
		{"Settle", &o.Settle, 5 * time.Second}, {"UnseenFor", &o.UnseenFor, 10 * time.Minute}, {"LockedAfter", &o.LockedAfter, 15 * time.Minute},
		{"WriterWindow", &o.WriterWindow, 24 * time.Hour},
	} {
		if *d.value < 0 {
			return o, fmt.Errorf("%s %s is negative", d.name, *d.value)
		}
		*d.value = cmp.Or(*d.value, d.std)
	}
	if o.WriterChecks < 0 || o.WriterSKUs < 0 {
		return o, fmt.Errorf("WriterChecks %d, WriterSKUs %d: negative", o.WriterChecks, o.WriterSKUs)
	}
	o.WriterChecks, o.WriterSKUs = cmp.Or(o.WriterChecks, 3), cmp.Or(o.WriterSKUs, 3)
	return o, nil
}

// pushLock is held by whoever publishes stock of the shop: an older number must not
// land after a newer one.
const pushLock = "stock push"

// checked fills in the defaults.
func (o Options) checked() (Options, error) {
	switch {
	case len(o.Locations) == 0:
		return o, errors.New("Locations is empty: map the shop's warehouses to stock locations")
	case o.Max < 0:
		return o, fmt.Errorf("Max %d is negative", o.Max)
	case o.ZeroAfter < 0:
		return o, fmt.Errorf("ZeroAfter %s is negative", o.ZeroAfter)
	}
	keep := make(map[string]int, len(o.KeepItems))
	for sku, n := range o.KeepItems {
		folded := strings.ToLower(sku)
		if _, twice := keep[folded]; twice || n < 0 || sku == "" {
			return o, fmt.Errorf("KeepItems: %d of SKU %q: want 0 or more, of each SKU once", n, sku)
		}
		keep[folded] = n
	}
	o.KeepItems = keep
	for _, id := range slices.Sorted(maps.Keys(o.Locations)) {
		locations := slices.Sorted(slices.Values(o.Locations[id]))
		if len(locations) == 0 || locations[0] == "" {
			return o, fmt.Errorf("Locations: warehouse %q has no stock location", id)
		}
		if len(slices.Compact(locations)) < len(o.Locations[id]) {
			return o, fmt.Errorf("Locations: warehouse %q names a stock location twice", id)
		}
	}
	o.Max = cmp.Or(o.Max, MaxStock)
	o.Now = part.Clock(o.Now)
	if o.Buffer == nil {
		o.Buffer = Fixed(0)
	}
	return o, nil
}

// keepOf is how many units of an item are kept back.
func (o Options) keepOf(sku string) int {
	if len(o.KeepItems) == 0 {
		return 0
	}
	return o.KeepItems[strings.ToLower(sku)]
}

// ErrSecondWriter is returned while [exceptions.SecondWriter] is open.
var ErrSecondWriter = errors.New("another program writes the same stock")

// writerObject is what the second writer is raised on.
const writerObject = "stock of the shop"

// stopped returns an error if what is open forbids to publish.
func stopped(open []exceptions.Exception) error {
	for _, e := range open {
		if e.Kind == exceptions.SecondWriter && e.Object == writerObject {
			return fmt.Errorf("%w: nothing is published until a person has resolved the exception %q of %s", ErrSecondWriter, e.Kind, e.Object)
		}
	}
	return nil
}
