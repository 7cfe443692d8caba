package catalogue

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// ItemSource reads the items of the warehouse. What it finds is compared with
// what was asked for by whoever asks.
type ItemSource interface {
	// ItemsBySKU returns the items whose SKU is one of those, as the warehouse
	// compares SKUs: Linnworks ignores case. Unknown SKUs are left out.
	ItemsBySKU(ctx context.Context, skus []string) ([]ItemRef, error)
	// Compositions returns what kits are made of, by the id of the kit: of those
	// items that are kits, and of the kits in them. Others are left out.
	Compositions(ctx context.Context, itemIDs []string) (map[string]Composition, error)
}

// Composition is what the warehouse says about a kit.
type Composition struct {
	Parts []CompositionPart
	// StockedIn are the locations that hold the kit ready-made, see [Item].
	StockedIn []string
}

// CompositionPart is a component of a kit. Its id is empty if the warehouse does
// not have the item.
type CompositionPart struct {
	ItemRef
	Quantity int
}

// MappingSource reads which items the warehouse has linked to listings of the
// shop.
type MappingSource interface {
	// ChannelMappings returns all links of the shop's channel.
	ChannelMappings(ctx context.Context) ([]ChannelMapping, error)
	// HasChannelMapping reports whether there is a link for what the channel calls
	// an item, without saying to which.
	HasChannelMapping(ctx context.Context, channelSKU string) (bool, error)
}

// ChannelMapping links a listing to an item.
type ChannelMapping struct {
	// ChannelSKU is the shop's SKU id or the seller SKU; Reference may be the
	// shop's SKU id too.
	ChannelSKU, Reference string
	Item                  ItemRef
	// IgnoreSync reports whether the warehouse's own stock sync leaves the listing
	// alone. It does not stop the bridge.
	IgnoreSync bool
}

// Match is what became of one listing.
type Match struct {
	Listing SKU
	By      MatchedBy
	// Text is what led to the item: the SKU in the table, the channel SKU of the
	// mapping or the seller SKU.
	Text string
	// Item is the item with its kit, empty if Err is set or nothing was found.
	Item Item
	// Err says why the item that was found is not used: an [AmbiguousError], a
	// [KitError], or that the table names an SKU which does not exist.
	Err error
	// IgnoreSync is that of the channel mapping.
	IgnoreSync bool
}

// Usable reports whether there is an item to work with.
func (m Match) Usable() bool { return m.Err == nil && m.By != Unmatched }

// String is the match in a line.
func (m Match) String() string {
	s := fmt.Sprintf("SKU id %s  %-24q  ", m.Listing.ID, m.Listing.SellerSKU)
	switch {
	case m.Err != nil:
		return s + "not used: " + m.Err.Error()
	case m.By == Unmatched:
		return s + "not found"
	}
	s += fmt.Sprintf("%s, by %s", m.Item.SKU, m.By)
	if m.Text != m.Item.SKU {
		s += fmt.Sprintf(" %q", m.Text)
	}
	if n := len(m.Item.Kit); n > 0 {
		s += fmt.Sprintf(", kit of %d", n)
	}
	if m.IgnoreSync {
		s += ", not synced by Linnworks"
	}
	return s
}

// Matches are the matches of several listings, in their order.
type Matches []Match

// String is a line per listing and the sums.
func (m Matches) String() string {
	var b strings.Builder
	count, refused := map[MatchedBy]int{}, 0
	for _, match := range m {
		fmt.Fprintln(&b, match)
		if match.Err != nil {
			refused++
		} else {
			count[match.By]++
		}
	}
	fmt.Fprintf(&b, "%s: ", part.Count(len(m), "listing"))
	for _, by := range []MatchedBy{MatchedByTable, MatchedByMapping, MatchedBySellerSKU, MatchedByNormalised} {
		fmt.Fprintf(&b, "%d by %s, ", count[by], by)
	}
	fmt.Fprintf(&b, "%d not found, %d not used\n", count[Unmatched], refused)
	return b.String()
}

// Split is the matches as a [Source] returns them.
func (m Matches) Split() (items map[string]Item, broken map[string]error) {
	items, broken = make(map[string]Item, len(m)), map[string]error{}
	for _, match := range m {
		switch {
		case match.Err != nil:
			broken[match.Listing.ID] = match.Err
		case match.By != Unmatched:
			items[match.Listing.ID] = match.Item
		}
	}
	return items, broken
}

// foldSKU is what Linnworks compares SKUs by.
func foldSKU(sku string) string { return strings.ToLower(strings.TrimSpace(sku)) }

// normalSKU is an SKU without case and spaces.
func normalSKU(sku string) string { return strings.ToLower(strings.Join(words(sku), "")) }

// words returns the parts of an SKU between its spaces. A byte that is not UTF-8 is a
// character of its own in them: two of them that a space kept apart might be one together.
func words(sku string) []string { return strings.Fields(string([]rune(sku))) }

// spellings are the ways in which the warehouse may write an SKU whose case and
// spaces do not count, the SKU itself first.
func spellings(sku string) []string {
	w := words(sku)
	return unique([]string{strings.TrimSpace(sku), strings.Join(w, " "), strings.Join(w, "")})
}

// unique returns the values that are not empty, each once, in order.
func unique(list []string) []string {
	seen := map[string]bool{"": true}
	return slices.DeleteFunc(list, func(s string) bool {
		had := seen[s]
		seen[s] = true
		return had
	})
}

// Matcher finds the items of listings: by the table, then by channel mapping,
// then by seller SKU.
type Matcher struct {
	Table    map[string]string // SKUs of the warehouse by the shop's SKU id
	mappings *mappingIndex
	// loose has spaces within an SKU ignored too.
	loose bool

	items map[string][]ItemRef // by foldSKU
}

// MatchSKUs finds the items of listings and what they are made of. It asks for
// every SKU once, for another spelling only if the first is unknown, and for the
// composition of every item once.
func (m *Matcher) MatchSKUs(ctx context.Context, source ItemSource, listings []SKU) (Matches, error) {
	if err := m.read(ctx, source, listings); err != nil {
		return nil, err
	}
	matches := make(Matches, len(listings))
	var ids []string
	for i, l := range listings {
		matches[i] = m.match(l)
		if matches[i].Usable() {
			ids = append(ids, matches[i].Item.ID)
		}
	}
	compositions, err := source.Compositions(ctx, unique(ids))
	if err != nil {
		return nil, fmt.Errorf("reading the kits: %w", err)
	}
	kits := kitBuilder{compositions: compositions, built: map[string]*builtKit{}}
	for i := range matches {
		if match := &matches[i]; match.Usable() {
			match.Item, match.Err = kits.build(ItemRef{match.Item.ID, match.Item.SKU})
		}
	}
	return matches, nil
}

// read looks the SKUs of the listings up.
func (m *Matcher) read(ctx context.Context, source ItemSource, listings []SKU) error {
	m.items = map[string][]ItemRef{}
	asked, had := map[string]bool{}, map[string]bool{}
	ask := func(skus []string) error {
		var list []string
		for _, sku := range skus {
			if key := foldSKU(sku); !asked[key] {
				asked[key] = true
				list = append(list, sku)
			}
		}
		if len(list) == 0 {
			return nil
		}
		found, err := source.ItemsBySKU(ctx, list)
		if err != nil {
			return fmt.Errorf("looking up SKUs: %w", err)
		}
		for _, item := range found {
			if key := foldSKU(item.SKU); !had[item.ID] {
				had[item.ID] = true
				m.items[key] = append(m.items[key], item)
			}
		}
		return nil
	}
	var first, others []string
	for _, l := range listings {
		if sku := m.wanted(l); sku != "" {
			first = append(first, strings.TrimSpace(sku))
		}
	}
	if err := ask(first); err != nil {
		return err
	}
	if !m.loose {
		return nil
	}
	for _, l := range listings {
		if sku := m.wanted(l); len(m.written(sku)) == 0 {
			others = append(others, spellings(sku)...)
		}
	}
	return ask(others)
}

// wanted is the SKU to look up for a listing, empty if a mapping makes it
// superfluous.
func (m *Matcher) wanted(l SKU) string {
	if sku, ok := m.Table[l.ID]; ok {
		return sku
	}
	if len(m.mappings.of(l)) > 0 {
		return ""
	}
	return l.SellerSKU
}

// candidates collects the items that a listing leads to, each once.
type candidates struct {
	items []ItemRef
	by    []MatchedBy
}

func (c *candidates) add(by MatchedBy, item ItemRef) {
	if !slices.ContainsFunc(c.items, func(have ItemRef) bool { return have.ID == item.ID }) {
		c.items, c.by = append(c.items, item), append(c.by, by)
	}
}

// match decides about a listing.
func (m *Matcher) match(l SKU) Match {
	match := Match{Listing: l, By: Unmatched}
	if l.ID == "" {
		return match
	}
	var found candidates
	mapped := m.mappings.of(l)
	for _, row := range mapped {
		match.IgnoreSync = match.IgnoreSync || row.IgnoreSync
	}
	sku, tabled := m.Table[l.ID]
	switch {
	case tabled:
		match.By, match.Text = MatchedByTable, sku
		items, _ := m.bySKU(sku)
		for _, item := range items {
			found.add(MatchedByTable, item)
		}
		if len(items) == 0 {
			match.Err = fmt.Errorf("it is mapped to the SKU %q: %w", sku, ErrUnmapped)
			return match
		}
		for _, row := range mapped {
			found.add(MatchedByMapping, row.Item)
		}
	case len(mapped) > 0:
		match.By, match.Text = MatchedByMapping, mapped[0].ChannelSKU
		for _, row := range mapped {
			found.add(MatchedByMapping, row.Item)
		}
	case normalSKU(l.SellerSKU) != "":
		items, exact := m.bySKU(l.SellerSKU)
		match.By, match.Text = MatchedBySellerSKU, l.SellerSKU
		if !exact {
			match.By = MatchedByNormalised
		}
		for _, item := range items {
			found.add(match.By, item)
		}
		if m.mappings != nil && !exact {
			for _, row := range m.mappings.byNormal.find(l.SellerSKU) {
				match.IgnoreSync = match.IgnoreSync || row.IgnoreSync
				found.add(MatchedByMapping, row.Item)
			}
		}
	}
	if len(found.items) == 0 {
		return Match{Listing: l, By: Unmatched}
	}
	item := found.items[0]
	// Orders name the item by its SKU, which Linnworks takes for a channel SKU
	// before it takes it for one of its own.
	if m.mappings != nil {
		for _, row := range m.mappings.byFold.find(item.SKU) {
			found.add(MatchedByMapping, row.Item)
		}
	}
	match.Item = Item{ID: item.ID, SKU: item.SKU}
	if len(found.items) > 1 {
		match.Err = &AmbiguousError{Listing: l, Items: found.items, By: found.by}
		match.Item = Item{}
	}
	return match
}

// bySKU returns the items of an SKU; exact reports whether it is one, written alike.
// Items that differ only in case are one SKU to Linnworks, which is ambiguous
// however one of them is written.
func (m *Matcher) bySKU(sku string) (items []ItemRef, exact bool) {
	items = m.written(sku)
	if len(items) == 0 && m.loose {
		items = m.written(spellings(sku)...)
	}
	return items, len(items) == 1 && items[0].SKU == sku
}

// written returns the items whose SKU is written in one of these ways, but for
// case.
func (m *Matcher) written(ways ...string) (items []ItemRef) {
	for _, way := range ways {
		items = append(items, m.items[foldSKU(way)]...)
	}
	return items
}

// kitBuilder assembles items with their kits, each once.
type kitBuilder struct {
	compositions map[string]Composition
	built        map[string]*builtKit
}

type builtKit struct {
	item Item
	err  error
	busy bool // it is being assembled
}

// build assembles an item. A cycle is refused here: it would never end.
func (k *kitBuilder) build(ref ItemRef) (Item, error) {
	if b := k.built[ref.ID]; b != nil {
		if b.busy {
			return Item{}, &KitError{SKU: ref.SKU, Problem: "contains itself"}
		}
		return b.item, b.err
	}
	b := &builtKit{item: Item{ID: ref.ID, SKU: ref.SKU}, busy: true}
	k.built[ref.ID] = b
	c := k.compositions[ref.ID]
	if len(c.Parts) > 0 {
		b.item.StockedIn = slices.Sorted(slices.Values(c.StockedIn))
	}
	for _, p := range c.Parts {
		if p.ID == "" {
			b.err = &KitError{SKU: ref.SKU, Component: p.SKU, Problem: "does not exist in Linnworks"}
			break
		}
		part, err := k.build(p.ItemRef)
		if err != nil {
			b.err = err
			break
		}
		b.item.Kit = append(b.item.Kit, Component{Item: part, Quantity: p.Quantity})
	}
	if b.busy = false; b.err != nil {
		b.item = Item{}
	}
	return b.item, b.err
}

// ItemIndex reports what depends on an item of the warehouse. Linnworks has no such
// lookup.
type ItemIndex struct {
	listings map[string][]string // the shop's SKU ids by item id, sorted
	kits     map[string][]ItemRef
}

// NewItemIndex inverts what a [Source] has returned.
func NewItemIndex(items map[string]Item) ItemIndex {
	x := ItemIndex{listings: map[string][]string{}, kits: map[string][]ItemRef{}}
	entered := map[string]bool{} // kits
	for _, listing := range slices.Sorted(maps.Keys(items)) {
		seen := map[string]bool{}
		var walk func(item Item)
		walk = func(item Item) {
			if seen[item.ID] {
				return
			}
			seen[item.ID] = true
			x.listings[item.ID] = append(x.listings[item.ID], listing)
			for _, c := range item.Kit {
				walk(c.Item)
			}
			if len(item.Kit) > 0 && !entered[item.ID] {
				entered[item.ID] = true
				x.addKit(item)
			}
		}
		walk(items[listing])
	}
	return x
}

// addKit enters a kit with everything in it, however deep.
func (x ItemIndex) addKit(kit Item) {
	seen := map[string]bool{kit.ID: true}
	var walk func(item Item)
	walk = func(item Item) {
		for _, c := range item.Kit {
			if !seen[c.Item.ID] {
				seen[c.Item.ID] = true
				x.kits[c.Item.ID] = append(x.kits[c.Item.ID], ItemRef{kit.ID, kit.SKU})
				walk(c.Item)
			}
		}
	}
	walk(kit)
}

// Listings are the shop's SKU ids whose stock depends on any of the items, sorted:
// they sell the item, or a kit that holds it.
func (x ItemIndex) Listings(itemIDs ...string) []string {
	var list []string
	for _, id := range itemIDs {
		list = append(list, x.listings[id]...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Kits are the kits that hold an item, directly or in a kit of theirs.
func (x ItemIndex) Kits(itemID string) []ItemRef { return slices.Clone(x.kits[itemID]) }
