package stock

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
)

// Line is what a [Book] has of a SKU in one of the shop's warehouses, for people.
type Line struct {
	catalogue.SKU
	Title, WarehouseID string
	// Shown is what the shop is believed to show, Wanted what it should, Free what may be
	// sold: what the warehouse has, less what is sold and not counted there yet. Wanted and
	// Free mean nothing if Unknown says why there is no right number.
	Shown, Wanted, Free int
	Unknown             string
	// Why are the steps from Free to Wanted, and what keeps Wanted from being shown, in
	// words.
	Why []string
}

// Lines returns up to limit lines of the SKUs whose seller SKU, id or title has the text,
// in capitals or not, all for an empty one, in the order of seller SKU and id; after is
// the id of the SKU of the last line of the page before, empty for the first page. A page
// ends with a whole SKU, and may be a few lines longer for it. It is for people: it looks
// at every listing.
func (b *Book) Lines(text, after string, limit int) []Line {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	text = strings.ToLower(text)
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	compare := func(a, b catalogue.SKU) int {
		return cmp.Or(strings.Compare(a.SellerSKU, b.SellerSKU), strings.Compare(a.ID, b.ID))
	}
	var last *catalogue.SKU
	if n, have := b.listings.Find(after); have {
		last = &b.listings.At(n).SKU
	}
	var matches []int
	for n := range b.listings.List {
		e := b.listings.At(n)
		if (text == "" || has(e.SellerSKU) || has(e.ID) || has(e.title)) && (last == nil || compare(e.SKU, *last) > 0) {
			matches = append(matches, n)
		}
	}
	slices.SortFunc(matches, func(x, y int) int { return compare(b.listings.At(x).SKU, b.listings.At(y).SKU) })
	var lines []Line
	for _, n := range matches {
		if len(lines) >= limit {
			break
		}
		lines = append(lines, b.linesOf(b.listings.At(n))...)
	}
	return lines
}

// Totals are how the SKUs of a [Book] stand.
type Totals struct {
	// Listings is how many there are, SoldOut how many of them show nothing in any
	// warehouse, Waiting how many differ from what they should show.
	Listings int `json:"listings"`
	SoldOut  int `json:"sold_out"`
	Waiting  int `json:"waiting"`
}

// Totals counts the SKUs. There are none before the shop has been read, as in a process
// that does not publish.
func (b *Book) Totals() Totals {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compute()
	t := Totals{Listings: len(b.listings.List)}
	for n := range b.listings.List {
		e := b.listings.At(n)
		if !slices.ContainsFunc(e.shelves, func(s bookShelf) bool { return s.shown > 0 }) {
			t.SoldOut++
		}
		if e.lag != nil {
			t.Waiting++
		}
	}
	return t
}

// linesOf are the lines of one listing.
func (b *Book) linesOf(e *bookListing) []Line {
	var lines []Line
	for i, id := range e.feeds.ids {
		line := Line{SKU: e.SKU, Title: e.title, WarehouseID: id, Shown: int(e.shelves[i].shown)}
		if line.Unknown = b.unknown(e); line.Unknown == "" {
			line.Wanted, line.Free = int(e.shelves[i].wanted), b.available(e, e.feeds.feeds[i], newest)
			line.Why = b.why(e, i, line)
		}
		lines = append(lines, line)
	}
	return lines
}

// unknown says why a listing has no right number.
func (b *Book) unknown(e *bookListing) string {
	switch {
	case e.known && e.rare.read().problem == nil: // with one it is only lowered
		return ""
	case e.derived:
		return "the shop computes it from other SKUs"
	case e.withheld():
		return "the shop takes no stock for it now"
	case b.options.LeaveAlone != nil && b.options.LeaveAlone(b.listing(e)):
		return "the settings say that it is left alone"
	case e.waiting:
		return "its level has not been read yet"
	case e.rare.read().problem != nil:
		return e.rare.problem.Seen
	}
	return "nothing is known of it yet"
}

// why is how a number comes about.
func (b *Book) why(e *bookListing, shelf int, line Line) []string {
	steps := []string{fmt.Sprintf("%d free, what is sold taken off", line.Free)}
	now := b.options.Now()
	if b.stale(e, now) {
		return append(steps, "its level is too old to sell by: 0")
	}
	kept := max(b.options.Buffer(b.listing(e), line.WarehouseID, line.Free), 0)
	should := max(line.Free-kept, 0)
	before := len(steps)
	if b.options.Preview != nil {
		for _, s := range b.options.Preview(b.listing(e), line.WarehouseID, line.Free, now).Steps {
			if s.Applies && s.Before != s.After {
				steps = append(steps, fmt.Sprintf("%s%s: %d become %d", strings.Repeat("in it, ", s.Depth), s.Rule, s.Before, s.After))
			}
		}
	}
	if kept > 0 && len(steps) == before { // the rules say it themselves
		steps = append(steps, fmt.Sprintf("%d kept back", kept))
	}
	if should > b.options.Max {
		should = b.options.Max
		steps = append(steps, fmt.Sprintf("at most %d can be shown", should))
	}
	if locked := e.locked(now); locked > 0 {
		steps = append(steps, fmt.Sprintf("a campaign of the shop's locks %d: it shows no fewer", locked))
	}
	if e.suspect() {
		steps = append(steps, "the shop may show something else: it is looked up or set again")
	}
	switch {
	case line.Wanted < should && e.onHold:
		steps = append(steps, "it is not raised before every order of the shop has been seen")
	case line.Wanted < should && slices.ContainsFunc(e.allParts(), func(p bookPart) bool { return b.part(p).risen }):
		steps = append(steps, "its level has risen, which counts when no order is found locked")
	case line.Shown != line.Wanted && e.rare.read().refused != nil:
		steps = append(steps, "the shop has refused the number, and is asked again later")
	case line.Shown != line.Wanted:
		steps = append(steps, "it will be set")
	}
	if shelf == 0 && e.onTheWay > 0 {
		steps = append(steps, fmt.Sprintf("%d will be sold on the way, by the rate of late", e.onTheWay))
	}
	return steps
}
