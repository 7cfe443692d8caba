package stock_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// linesBook is a book of single items, each listed in W1, where 10 are free and 3 shown.
func linesBook(t *testing.T, o stock.Options, skus ...string) *stock.Book {
	t.Helper()
	o.Locations = map[string][]string{"W1": {"L1"}}
	b, err := stock.NewBook(o)
	if err != nil {
		t.Fatal(err)
	}
	var listings []catalogue.Listing
	items, levels := map[string]catalogue.Item{}, map[string]map[string]int{}
	for i, sku := range skus {
		id := fmt.Sprint("s", i)
		listings = append(listings, catalogue.Listing{SKU: catalogue.SKU{ProductID: "p", ID: id, SellerSKU: sku}, Title: "Title of " + sku, Stock: []catalogue.WarehouseStock{{WarehouseID: "W1", Quantity: 3}}})
		items[id] = catalogue.Item{ID: "i-" + id, SKU: sku}
		levels["i-"+id] = map[string]int{"L1": 10}
	}
	now := time.Now()
	b.SetCatalogue(b.Mark(), now, listings, items, nil)
	b.SetLevels(b.Mark(), stock.Reading{At: now, Available: levels})
	return b
}

// A line says what is shown, what should be, and how that comes about.
func TestLinesSayWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options stock.Options
		change  func(*stock.Book)
		want    stock.Line
	}{
		"plain":    {want: stock.Line{Wanted: 10, Free: 10, Why: []string{"10 free, what is sold taken off", "it will be set"}}},
		"a buffer": {options: stock.Options{Buffer: stock.Fixed(4)}, want: stock.Line{Wanted: 6, Free: 10, Why: []string{"10 free, what is sold taken off", "4 kept back", "it will be set"}}},
		"buffer rules": {options: stock.Options{Buffer: tenPercentThenTwo(t).Buffer(), Preview: tenPercentThenTwo(t).Preview},
			want: stock.Line{Wanted: 7, Free: 10, Why: []string{"10 free, what is sold taken off", "keep 10 % rounded up: 10 become 9", "keep 2: 9 become 7", "it will be set"}}},
		"a cap": {options: stock.Options{Max: 5}, want: stock.Line{Wanted: 5, Free: 10, Why: []string{"10 free, what is sold taken off", "at most 5 can be shown", "it will be set"}}},
		"sold": {change: func(b *stock.Book) {
			b.SetReservations(time.Now(), []store.Reservation{{Shop: "UK", OrderID: "1", LocationID: "L1", Items: map[string]int{"i-s0": 7}, CreatedAt: time.Now(), SeenAt: time.Now()}})
		}, want: stock.Line{Wanted: 3, Free: 3, Why: []string{"3 free, what is sold taken off"}}},
		"orders not seen": {change: func(b *stock.Book) { b.SetSeenUpTo(time.Time{}) },
			want: stock.Line{Wanted: 3, Free: 10, Why: []string{"10 free, what is sold taken off", "it is not raised before every order of the shop has been seen"}}},
		"left alone": {options: stock.Options{LeaveAlone: func(catalogue.Listing) bool { return true }}, want: stock.Line{Unknown: "the settings say that it is left alone"}},
		"vanished": {change: func(b *stock.Book) { b.SetLevels(b.Mark(), stock.Reading{At: time.Now().Add(time.Second)}, "i-s0") },
			want: stock.Line{Unknown: "Linnworks has no stock level for SKU MUG"}},
	} {
		b := linesBook(t, c.options, "MUG")
		if c.change != nil {
			c.change(b)
		}
		c.want.SKU, c.want.Title, c.want.WarehouseID, c.want.Shown = catalogue.SKU{ProductID: "p", ID: "s0", SellerSKU: "MUG"}, "Title of MUG", "W1", 3
		got := b.Lines("", "", 10)
		if len(got) != 1 {
			t.Errorf("%s: %d lines, want one", name, len(got))
			continue
		}
		if c.want.Unknown != "" && strings.Contains(got[0].Unknown, c.want.Unknown) {
			got[0].Unknown = c.want.Unknown
		}
		if diff := cmp.Diff(c.want, got[0]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// tenPercentThenTwo keeps units back by two rules, and has one that is for others.
func tenPercentThenTwo(t *testing.T) *stock.BufferRules {
	t.Helper()
	rules, err := stock.NewBufferRules(stock.BufferOptions{Rules: []stock.BufferRule{
		{Do: stock.KeepPercent, Percent: 10}, {Do: stock.KeepUnits, Units: 5, SKUs: []string{"LAMP"}}, {Do: stock.KeepUnits, Units: 2},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// Totals count what shows nothing, and what differs from what it should show.
func TestTotals(t *testing.T) {
	t.Parallel()
	b := linesBook(t, stock.Options{}, "MUG", "CUP", "BAG")
	if got, want := b.Totals(), (stock.Totals{Listings: 3, Waiting: 3}); got != want { // they show 3 of 10
		t.Errorf("got %+v, want %+v", got, want)
	}
	b.SetShown(b.Mark(), time.Now(), "s0", catalogue.WarehouseStock{WarehouseID: "W1"})
	b.SetShown(b.Mark(), time.Now(), "s1", catalogue.WarehouseStock{WarehouseID: "W1", Quantity: 10})
	if got, want := b.Totals(), (stock.Totals{Listings: 3, SoldOut: 1, Waiting: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	empty, err := stock.NewBook(stock.Options{Locations: map[string][]string{"W1": {"L1"}}})
	if err != nil || empty.Totals() != (stock.Totals{}) {
		t.Errorf("an empty book: %+v, %v", empty.Totals(), err)
	}
}

// Pages follow one another without a gap, and a text finds SKU, id and title.
func TestLinesPages(t *testing.T) {
	t.Parallel()
	b := linesBook(t, stock.Options{}, "CUP", "ART", "BAG", "CUP", "DOG")
	skus := func(lines []stock.Line) (list []string) {
		for _, l := range lines {
			list = append(list, l.SellerSKU+" "+l.ID)
		}
		return list
	}
	var all []string
	for after, pages := "", 0; pages < 10; pages++ {
		page := b.Lines("", after, 2)
		if len(page) == 0 {
			break
		}
		all = append(all, skus(page)...)
		after = page[len(page)-1].ID
	}
	if want := []string{"ART s1", "BAG s2", "CUP s0", "CUP s3", "DOG s4"}; !slices.Equal(all, want) {
		t.Errorf("page by page: %q, want %q", all, want)
	}
	for text, want := range map[string][]string{"bag": {"BAG s2"}, "S4": {"DOG s4"}, "title of c": {"CUP s0", "CUP s3"}, "horse": nil} {
		if got := skus(b.Lines(text, "", 10)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
