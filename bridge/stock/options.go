package stock

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Options configure a [Push].
type Options struct {
	// Locations maps every warehouse id of the shop to the stock locations that
	// feed it. Required; a warehouse that is not in it is raised, and so is a SKU
	// that is sold from two warehouses with a location in common.
	Locations map[string][]string
	// Buffer keeps units back. Default: none.
	Buffer Buffer
	// Max caps what is published. Default [MaxStock].
	Max int
	// Budgets are the calls a minute that there are, by kind, for [Stats].
	// Default: what Linnworks publishes; TikTok Shop publishes nothing.
	Budgets map[Call]float64
	// Now replaces time.Now.
	Now func() time.Time
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
	}
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

// ErrSecondWriter is returned by pushes while [exceptions.SecondWriter] is open.
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
