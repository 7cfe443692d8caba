package catalogue

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/table"
)

// knownMatches are the matches of a whole shop, by the shop's SKU id. There may be a
// hundred thousand of them, so that they are kept short, and apart what few of them have.
type knownMatches struct {
	table.Table[knownMatch]
}

// knownMatch is a [Match], and when it was made.
type knownMatch struct {
	listing    SKU
	item       ItemRef
	text       string
	rare       *rareMatch // nil if it has nothing of it
	at         int64      // nanoseconds since 1970
	by         int8       // its place in waysToMatch
	ignoreSync bool
}

// rareMatch is what the matches of kits have, and those that are wrong.
type rareMatch struct {
	item Item
	err  error
}

var waysToMatch = []MatchedBy{Unmatched, MatchedByTable, MatchedByMapping, MatchedBySellerSKU, MatchedByNormalised}

func newKnownMatches() knownMatches {
	return knownMatches{table.New(func(k *knownMatch) string { return k.listing.ID }, 0)}
}

func newKnownMatch(m Match, at time.Time) knownMatch {
	k := knownMatch{
		listing: m.Listing, item: ItemRef{m.Item.ID, m.Item.SKU}, text: m.Text,
		at: at.UnixNano(), by: int8(slices.Index(waysToMatch, m.By)), ignoreSync: m.IgnoreSync,
	}
	if k.item.SKU == k.listing.SellerSKU {
		k.item.SKU = k.listing.SellerSKU // one text for both
	}
	if m.Err != nil || m.Item.Untracked || len(m.Item.Kit)+len(m.Item.StockedIn) > 0 {
		k.rare = &rareMatch{m.Item, m.Err}
	}
	return k
}

func (k *knownMatch) match() Match {
	m := Match{Listing: k.listing, By: waysToMatch[k.by], Text: k.text, IgnoreSync: k.ignoreSync}
	if k.rare != nil {
		m.Item, m.Err = k.rare.item, k.rare.err
	} else {
		m.Item = Item{ID: k.item.ID, SKU: k.item.SKU}
	}
	return m
}

// same reports whether both lead to the same item in the same way, and neither is wrong.
func (m Match) same(o Match) bool {
	return m.Err == nil && o.Err == nil && m.Listing == o.Listing && m.By == o.By && m.IgnoreSync == o.IgnoreSync && reflect.DeepEqual(m.Item, o.Item)
}

// age is how old the match is at the moment now.
func (k *knownMatch) age(now time.Time) time.Duration { return time.Duration(now.UnixNano() - k.at) }

// put enters matches that were made at a moment. Of those that have not changed the texts
// stay which others, such as the book of stock, hold as well.
func (k *knownMatches) put(matches Matches, at time.Time) {
	before := len(k.List)
	for _, m := range matches {
		n, have := k.Find(m.Listing.ID)
		switch {
		case !have:
			k.Add(newKnownMatch(m, at))
		case k.At(n).match().same(m):
			k.At(n).at, k.At(n).text = at.UnixNano(), m.Text // which the mappings have
		default:
			*k.At(n) = newKnownMatch(m, at)
		}
	}
	if added := len(k.List) - before; added > before/10 {
		k.Clip()
	}
}

// listings are those that there is a match for, sorted by SKU id.
func (k *knownMatches) listings() []SKU {
	all := make([]SKU, len(k.List))
	for n := range k.List {
		all[n] = k.List[n].listing
	}
	slices.SortFunc(all, func(a, b SKU) int { return strings.Compare(a.ID, b.ID) })
	return all
}
