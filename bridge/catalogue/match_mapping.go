package catalogue

import (
	"cmp"
	"slices"
	"strings"
)

// mappingIndex finds channel mappings. A shop may have one for each listing, so that all
// ways to look one up share a list of them.
type mappingIndex struct {
	byChannelSKU, byReference, byFold, byNormal textIndex
}

func indexMappings(list []ChannelMapping) *mappingIndex {
	channelSKU := func(m *ChannelMapping) string { return m.ChannelSKU }
	reference := func(m *ChannelMapping) string { return m.Reference }
	asIs := func(text string) string { return text }
	return &mappingIndex{
		byChannelSKU: newTextIndex(list, channelSKU, asIs), byReference: newTextIndex(list, reference, asIs),
		byFold: newTextIndex(list, channelSKU, foldSKU), byNormal: newTextIndex(list, channelSKU, normalSKU),
	}
}

// of returns the mappings of a listing: those of its SKU id, or else those of
// its seller SKU, letter by letter.
func (x *mappingIndex) of(l SKU) []ChannelMapping {
	if x == nil {
		return nil
	}
	places := slices.Concat(x.byChannelSKU.places(l.ID), x.byReference.places(l.ID))
	if len(places) > 0 {
		slices.Sort(places)
		return x.byChannelSKU.at(slices.Compact(places))
	}
	return x.byChannelSKU.find(l.SellerSKU)
}

// textIndex finds mappings by a text of theirs. It takes four bytes for each: a map would
// hold every text once more.
type textIndex struct {
	list []ChannelMapping
	text func(*ChannelMapping) string
	form func(string) string // of the text that counts
	// order has the places of the mappings that have the text, in the order of its form and
	// then of the list.
	order []int32
}

func newTextIndex(list []ChannelMapping, text func(*ChannelMapping) string, form func(string) string) textIndex {
	x := textIndex{list: list, text: text, form: form, order: make([]int32, 0, len(list))}
	forms := make([]string, len(list)) // while they are sorted
	for n := range list {
		if t := text(&list[n]); t != "" {
			x.order, forms[n] = append(x.order, int32(n)), form(t)
		}
	}
	slices.SortFunc(x.order, func(a, b int32) int { return cmp.Or(strings.Compare(forms[a], forms[b]), cmp.Compare(a, b)) })
	return x
}

// places returns those of the mappings whose text has the form that the text given has.
func (x textIndex) places(text string) []int32 {
	form := x.form(text)
	compare := func(n int32) int { return strings.Compare(x.form(x.text(&x.list[n])), form) }
	from, _ := slices.BinarySearchFunc(x.order, 0, func(n int32, _ int) int { return compare(n) })
	to := from
	for to < len(x.order) && compare(x.order[to]) == 0 {
		to++
	}
	return x.order[from:to]
}

func (x textIndex) find(text string) []ChannelMapping { return x.at(x.places(text)) }

func (x textIndex) at(places []int32) []ChannelMapping {
	list := make([]ChannelMapping, len(places))
	for i, n := range places {
		list[i] = x.list[n]
	}
	return list
}
