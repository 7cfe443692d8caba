package stock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// astrayObject is what a location is raised on that orders draw on, and that supplies no
// warehouse of what they sell.
func astrayObject(location string) string { return "location " + location }

// noteAstray notes that an order draws on a location which supplies no warehouse of what it
// sells: whoever takes the orders in has other locations than the book. What it takes is
// taken off nowhere, and the shop sells it again. That stays noted, for it is so with every
// order that follows.
func (b *Book) noteAstray(r store.Reservation) {
	if r.LocationID == b.options.PlatformLocation {
		return
	}
	if _, noted := b.astray[r.LocationID]; noted {
		return
	}
	location, known := b.locationN[r.LocationID]
	for _, line := range r.Lines {
		n, have := b.listings.Find(line.SKUID)
		if !have {
			continue
		}
		e := b.listings.At(n)
		supplied := known && slices.ContainsFunc(e.feeds.feeds, func(feeds []int) bool { return slices.Contains(feeds, location) })
		if supplied || b.stockless(e) {
			continue
		}
		b.astray[r.LocationID] = exceptions.New(exceptions.UnmappedWarehouse, astrayObject(r.LocationID), time.Time{},
			fmt.Sprintf("order %s takes %s from it, and it supplies none of the warehouses that the shop sells the SKU from, so the shop goes on selling what the order takes", r.OrderID, e.SKU),
			"give the import of orders and the stock update the same locations, then restart the bridge")
		return
	}
}

// placesObject is what [exceptions.UnmappedWarehouse] is raised on if a location of the
// settings is not there.
const placesObject = "stock locations"

// placesKnown are the stock locations as they were last listed.
type placesKnown struct {
	listed bool
	names  map[string]string // by id in lower case, of all that ever were
	lost   *exceptions.Exception
}

// setPlaces notes the locations that there are, and why they are not those of the options.
func (b *Book) setPlaces(places []catalogue.Place, wrong error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := &b.places
	if p.listed, p.lost = true, nil; p.names == nil {
		p.names = map[string]string{}
	}
	there := map[string]bool{}
	for _, at := range places {
		id := strings.ToLower(at.ID)
		there[id], p.names[id] = true, at.Name
	}
	if wrong == nil {
		return
	}
	seen := wrong.Error()
	for _, id := range b.locations {
		if name := p.names[strings.ToLower(id)]; name != "" && !there[strings.ToLower(id)] {
			seen += fmt.Sprintf("; %q was called %q", id, name)
		}
	}
	p.lost = new(exceptions.New(exceptions.UnmappedWarehouse, placesObject, time.Time{}, seen,
		"put the location back in Linnworks, or name another in the bridge's settings (locations) and restart the bridge; until then the shop's stock is not updated"))
}

// placesLost returns the case of a location of the options that is not there, nil if all are;
// looked is false if nobody has looked.
func (b *Book) placesLost() (lost *exceptions.Exception, looked bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.places.lost, b.places.listed
}

// stockless reports whether no number is published for a listing, whatever orders take.
func (b *Book) stockless(e *bookListing) bool {
	return e.derived || e.feeds.problem != nil || len(e.allParts()) == 0 || b.leftAlone(b.listing(e))
}

func (b *Book) leftAlone(l catalogue.Listing) bool {
	return b.options.LeaveAlone != nil && b.options.LeaveAlone(l)
}

// looksForAstray reports whether a case is about a location that orders draw on, and the
// book has seen orders.
func (b *Book) looksForAstray(object string) bool {
	return strings.HasPrefix(object, astrayObject("")) && !b.ledgerAt.IsZero() && len(b.listings.List) > 0
}
