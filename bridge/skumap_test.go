package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// shelf is a warehouse's items, for a SKUMap. It compares SKUs as Linnworks does.
type shelf struct {
	mu       sync.Mutex
	items    []catalogue.ItemRef
	kits     map[string]catalogue.Composition
	mappings []catalogue.ChannelMapping
	calls    []string
	fail     map[string]error
	slow     time.Duration
}

func (s *shelf) do(call string) error {
	time.Sleep(s.slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
	return s.fail[call]
}

// asked returns the calls since it was last asked for, and forgets them.
func (s *shelf) asked() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := strings.Join(s.calls, " ")
	s.calls = nil
	return list
}

func (s *shelf) ItemsBySKU(_ context.Context, skus []string) (list []catalogue.ItemRef, err error) {
	err = s.do("skus")
	for _, item := range s.items {
		if slices.ContainsFunc(skus, func(sku string) bool { return strings.EqualFold(sku, item.SKU) }) {
			list = append(list, item)
		}
	}
	return list, err
}

func (s *shelf) Compositions(context.Context, []string) (map[string]catalogue.Composition, error) {
	return s.kits, s.do("kits")
}

func (s *shelf) ChannelMappings(context.Context) ([]catalogue.ChannelMapping, error) {
	err := s.do("mappings")
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mappings), err
}

func (s *shelf) HasChannelMapping(_ context.Context, channelSKU string) (bool, error) {
	err := s.do("linked?")
	return slices.ContainsFunc(s.mappings, func(m catalogue.ChannelMapping) bool { return m.ChannelSKU == channelSKU }), err
}

// put adds items whose ids are their SKUs with an i before.
func (s *shelf) put(skus ...string) {
	for _, sku := range skus {
		s.items = append(s.items, catalogue.ItemRef{ID: "i" + sku, SKU: sku})
	}
}

func link(channelSKU, reference, sku string) catalogue.ChannelMapping {
	return catalogue.ChannelMapping{ChannelSKU: channelSKU, Reference: reference, Item: catalogue.ItemRef{ID: "i" + sku, SKU: sku}}
}

func skuMap(t *testing.T, s *shelf, o catalogue.MapOptions) (*catalogue.Map, exceptions.Queue) {
	t.Helper()
	queue := new(exceptions.Memory).Shop("shop")
	m, err := catalogue.NewMap(catalogue.MapPorts{Items: s, Mappings: s, Exceptions: queue}, o)
	must(t, err)
	return m, queue
}

func raisedKinds(t *testing.T, queue exceptions.Queue) []string {
	t.Helper()
	open, err := queue.Open(t.Context())
	must(t, err)
	var list []string
	for _, e := range open {
		list = append(list, string(e.Kind)+": "+e.Object)
	}
	slices.Sort(list)
	return list
}

func TestSKUMapPrecedence(t *testing.T) {
	t.Parallel()
	const (
		normalised = "SKU spelt differently: SKU "
		ambiguous  = "ambiguous SKU: SKU "
	)
	for _, tc := range []struct {
		name     string
		seller   string
		table    string // "" for none
		items    []string
		mappings []catalogue.ChannelMapping
		want     string // item and how, or a part of the error
		raised   string
	}{
		{"seller SKU", "MUG", "", []string{"MUG", "CUP"}, nil, "MUG by seller SKU", ""},
		{"nothing", "MUG", "", []string{"CUP"}, nil, " by nothing", ""},
		{"no seller SKU", "", "", []string{"CUP"}, nil, " by nothing", ""},
		{"blank seller SKU", " ", "", []string{"CUP"}, nil, " by nothing", ""},
		{"case", "mug", "", []string{"MUG"}, nil, "MUG by normalised SKU", normalised + "mug"},
		{"space around", " MUG", "", []string{"MUG"}, nil, "MUG by normalised SKU", normalised + " MUG"},
		{"spaces within, too many", "RED  MUG", "", []string{"RED MUG"}, nil, "RED MUG by normalised SKU", normalised + "RED  MUG"},
		{"spaces within, too few in Linnworks", "red mug", "", []string{"REDMUG"}, nil, "REDMUG by normalised SKU", normalised + "red mug"},
		{"another letter is another SKU", "MUG-1", "", []string{"MUG1"}, nil, " by nothing", ""},
		{"letter by letter before spaces", "RED MUG", "", []string{"REDMUG", "RED MUG"}, nil, "RED MUG by seller SKU", ""},
		{"two after normalising", "Red  Mug", "", []string{"REDMUG", "RED MUG"}, nil, "leads to 2 items", ambiguous + "Red  Mug"},
		{"two that Linnworks cannot tell apart", "MUG", "", []string{"MUG", "mug"}, nil, "leads to 2 items", ambiguous + "MUG"},

		{"table before seller SKU", "MUG", "CUP", []string{"MUG", "CUP"}, nil, "CUP by table", ""},
		{"table in other letters", "MUG", "cup", []string{"MUG", "CUP"}, nil, "CUP by table", ""},
		{"table without an item", "MUG", "PAN", []string{"MUG"}, nil, `mapped to the SKU "PAN": Linnworks has no item`, ""},
		{"table and mapping agree", "MUG", "CUP", []string{"MUG", "CUP"}, []catalogue.ChannelMapping{link("s1", "", "CUP")}, "CUP by table", ""},
		{"table and mapping disagree", "MUG", "CUP", []string{"MUG", "CUP"}, []catalogue.ChannelMapping{link("s1", "", "MUG")}, "CUP (by table, id iCUP), MUG (by channel mapping, id iMUG)", ambiguous + "MUG"},

		{"mapping of the seller SKU", "MUG", "", []string{"MUG", "CUP"}, []catalogue.ChannelMapping{link("MUG", "", "CUP")}, "CUP by channel mapping", ""},
		{"mapping of the SKU id", "MUG", "", []string{"MUG", "CUP"}, []catalogue.ChannelMapping{link("s1", "", "CUP")}, "CUP by channel mapping", ""},
		{"mapping by reference", "MUG", "", []string{"MUG", "CUP"}, []catalogue.ChannelMapping{link("whatever", "s1", "CUP")}, "CUP by channel mapping", ""},
		{"the SKU id before the seller SKU", "MUG", "", []string{"CUP"}, []catalogue.ChannelMapping{link("MUG", "", "PAN"), link("s1", "", "CUP")}, "CUP by channel mapping", ""},
		{"two mappings", "MUG", "", []string{"CUP"}, []catalogue.ChannelMapping{link("a", "s1", "PAN"), link("b", "s1", "CUP")}, "leads to 2 items", ambiguous + "MUG"},
		{"two mappings to one item", "MUG", "", []string{"CUP"}, []catalogue.ChannelMapping{link("a", "s1", "CUP"), link("b", "s1", "CUP")}, "CUP by channel mapping", ""},
		{"a mapping in other letters", "red mug", "", nil, []catalogue.ChannelMapping{link("RED MUG", "", "CUP")}, "CUP by normalised SKU", normalised + "red mug"},
		{"an item and a mapping, both in other letters", "mug", "", []string{"MUG"}, []catalogue.ChannelMapping{link("Mug", "", "CUP")}, "leads to 2 items", ambiguous + "mug"},
		{"Linnworks would link the item's SKU to another", "MUG", "CUP", []string{"MUG", "CUP"}, []catalogue.ChannelMapping{link("cup", "", "PAN")}, "leads to 2 items", ambiguous + "MUG"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := &shelf{mappings: tc.mappings}
			s.put(tc.items...)
			o := catalogue.MapOptions{}
			if tc.table != "" {
				o.Table = map[string]string{"s1": tc.table}
			}
			m, queue := skuMap(t, s, o)
			listing := catalogue.SKU{ProductID: "p1", ID: "s1", SellerSKU: tc.seller}
			matches, err := m.Match(t.Context(), []catalogue.SKU{listing})
			must(t, err)
			got := fmt.Sprint(matches[0].Item.SKU, " by ", matches[0].By)
			if matches[0].Err != nil {
				got = matches[0].Err.Error()
			}
			if got != tc.want && (matches[0].Err == nil || !strings.Contains(got, tc.want)) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if raised := strings.Join(raisedKinds(t, queue), ", "); raised != tc.raised {
				t.Errorf("raised %q, want %q", raised, tc.raised)
			}
			items, broken, err := m.StockItems(t.Context(), []catalogue.SKU{listing})
			must(t, err)
			if _, usable := items["s1"]; usable != matches[0].Usable() || (broken["s1"] != nil) != (matches[0].Err != nil) {
				t.Errorf("StockItems says %v, %v, Match %v", items, broken, matches[0])
			}
		})
	}
}

func TestSKUMapRemembers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		s.put("MUG", "CUP")
		m, _ := skuMap(t, s, catalogue.MapOptions{})
		mug, cup, ghost := catalogue.SKU{ID: "s1", SellerSKU: "MUG"}, catalogue.SKU{ID: "s2", SellerSKU: "CUP"}, catalogue.SKU{ID: "s3", SellerSKU: "GHOST"}
		for _, step := range []struct {
			name     string
			wait     time.Duration
			listings []catalogue.SKU
			calls    string
			before   func()
		}{
			{"first sight", 0, []catalogue.SKU{mug}, "mappings skus kits", nil},
			{"again", time.Second, []catalogue.SKU{mug}, "", nil},
			{"a new listing", time.Second, []catalogue.SKU{mug, cup}, "skus kits", nil},
			{"a new listing once the mappings may be out of date", time.Minute, []catalogue.SKU{ghost}, "linked? linked? skus kits", nil},
			{"unknown, again", time.Second, []catalogue.SKU{ghost}, "", nil},
			{"unknown, a minute later", time.Minute, []catalogue.SKU{ghost, mug}, "linked? linked? skus kits", nil},
			{"a listing that was renamed", time.Second, []catalogue.SKU{{ID: "s1", SellerSKU: "CUP"}}, "skus kits", nil},
			{"a mapping was made", time.Minute, []catalogue.SKU{ghost}, "linked? linked? mappings kits",
				func() { s.mappings = append(s.mappings, link("GHOST", "", "CUP")) }},
			{"an hour later", time.Hour, []catalogue.SKU{mug, cup, ghost}, "mappings skus kits", nil},
		} {
			time.Sleep(step.wait)
			if step.before != nil {
				step.before()
			}
			_, _, err := m.StockItems(t.Context(), step.listings)
			must(t, err)
			if got := s.asked(); got != step.calls {
				t.Errorf("%s: calls %q, want %q", step.name, got, step.calls)
			}
		}
		items, _, err := m.StockItems(t.Context(), []catalogue.SKU{ghost})
		must(t, err)
		if items["s3"].SKU != "CUP" {
			t.Errorf("the mapping is not used: %v", items)
		}
	})
}

func TestSKUMapManyNewListingsReadTheMappingsOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		m, _ := skuMap(t, s, catalogue.MapOptions{})
		_, err := m.Match(t.Context(), []catalogue.SKU{{ID: "s"}})
		must(t, err)
		s.asked()
		time.Sleep(2 * time.Minute)
		var many []catalogue.SKU
		for i := range 21 {
			many = append(many, catalogue.SKU{ID: fmt.Sprint("s", i), SellerSKU: fmt.Sprint("SKU", i)})
		}
		_, err = m.Match(t.Context(), many)
		must(t, err)
		if got := s.asked(); got != "mappings skus kits" {
			t.Errorf("21 new listings: %q", got)
		}
		time.Sleep(2 * time.Minute) // all of them are unknown still
		_, err = m.Match(t.Context(), many)
		must(t, err)
		if got := s.asked(); got != strings.Repeat("linked? ", 40)+"skus kits" {
			t.Errorf("21 unknown listings again: %q", got)
		}
	})
}

func TestSKUMapClosesWhatIsMended(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		s.put("MUG", "mug", "CUP")
		m, queue := skuMap(t, s, catalogue.MapOptions{})
		listings := []catalogue.SKU{{ID: "s1", SellerSKU: "MUG"}, {ID: "s2", SellerSKU: "cup"}}
		check := func(want ...string) {
			t.Helper()
			_, err := m.Match(t.Context(), listings)
			must(t, err)
			if diff := cmp.Diff(want, raisedKinds(t, queue)); diff != "" {
				t.Errorf("open exceptions (-want +got):\n%s", diff)
			}
		}
		check("SKU spelt differently: SKU cup", "ambiguous SKU: SKU MUG")
		check("SKU spelt differently: SKU cup", "ambiguous SKU: SKU MUG")
		if open, _ := queue.Open(t.Context()); open[0].Count != 1 {
			t.Errorf("counted %d times, although nobody looked again", open[0].Count)
		}
		s.items = slices.DeleteFunc(s.items, func(item catalogue.ItemRef) bool { return item.SKU == "mug" })
		time.Sleep(time.Minute)
		check("SKU spelt differently: SKU cup")
		s.items[1].SKU = "cup" // CUP was renamed in Linnworks
		must(t, m.Refresh(t.Context()))
		check()
	})
}

func TestSKUMapFailsAndGoesOn(t *testing.T) {
	t.Parallel()
	listing := []catalogue.SKU{{ID: "s1", SellerSKU: "MUG"}}
	for _, call := range []string{"mappings", "skus", "kits"} {
		s := &shelf{fail: map[string]error{call: errors.New("down")}}
		s.put("MUG")
		m, _ := skuMap(t, s, catalogue.MapOptions{})
		if items, _, err := m.StockItems(t.Context(), listing); err == nil || !strings.Contains(err.Error(), "down") {
			t.Errorf("%s down: %v, %v", call, items, err)
		}
		s.fail = nil
		items, _, err := m.StockItems(t.Context(), listing)
		if must(t, err); len(items) != 1 {
			t.Errorf("after %s came back: %v", call, items)
		}
	}
	s := &shelf{}
	s.put("MUG")
	m, _ := skuMap(t, s, catalogue.MapOptions{})
	_, err := m.Match(t.Context(), listing)
	must(t, err)
	s.fail = map[string]error{"kits": errors.New("down")}
	if err := m.Refresh(t.Context()); err == nil {
		t.Error("a failed refresh says nothing")
	}
	if items, _, err := m.StockItems(t.Context(), listing); len(items) != 1 || err != nil {
		t.Errorf("what is known is not used any more after a failed refresh: %v, %v", items, err)
	}
}

// What is known is answered at once while the warehouse is read again, and
// nobody waits longer than its context allows.
func TestSKUMapAnswersDuringARefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		s.put("MUG", "CUP")
		m, _ := skuMap(t, s, catalogue.MapOptions{})
		known, unknown := []catalogue.SKU{{ID: "s1", SellerSKU: "MUG"}}, []catalogue.SKU{{ID: "s2", SellerSKU: "CUP"}}
		_, err := m.Match(t.Context(), known)
		must(t, err)
		s.slow = time.Minute
		go func() {
			if err := m.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(90 * time.Second) // it has the mappings and looks SKUs up
		began := time.Now()
		items, _, err := m.StockItems(t.Context(), known)
		if must(t, err); len(items) != 1 || time.Since(began) != 0 {
			t.Errorf("%d items after %v", len(items), time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := m.StockItems(ctx, unknown); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("a new listing: %v after %v", err, time.Since(began))
		}
		time.Sleep(time.Hour)
	})
}

// Who waits for a listing that somebody else is reading does not read it again.
func TestSKUMapReadsOnceForAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{slow: time.Second}
		s.put("MUG")
		m, _ := skuMap(t, s, catalogue.MapOptions{})
		for range 5 {
			go func() {
				items, _, err := m.StockItems(t.Context(), []catalogue.SKU{{ID: "s1", SellerSKU: "MUG"}})
				if len(items) != 1 || err != nil {
					t.Errorf("%v, %v", items, err)
				}
			}()
		}
		time.Sleep(time.Minute)
		if got := s.asked(); got != "mappings skus kits" {
			t.Errorf("five at once: %q", got)
		}
	})
}

func TestNewSKUMapRefuses(t *testing.T) {
	t.Parallel()
	s, queue := &shelf{}, new(exceptions.Memory).Shop("shop")
	for name, tc := range map[string]struct {
		ports   catalogue.MapPorts
		options catalogue.MapOptions
	}{
		"no items":      {catalogue.MapPorts{Exceptions: queue}, catalogue.MapOptions{}},
		"no queue":      {catalogue.MapPorts{Items: s}, catalogue.MapOptions{}},
		"negative age":  {catalogue.MapPorts{Items: s, Exceptions: queue}, catalogue.MapOptions{RefreshAge: -1}},
		"negative wait": {catalogue.MapPorts{Items: s, Exceptions: queue}, catalogue.MapOptions{RetryAge: -1}},
		"blank in the table": {catalogue.MapPorts{Items: s, Exceptions: queue},
			catalogue.MapOptions{Table: map[string]string{"s1": " "}}},
	} {
		if _, err := catalogue.NewMap(tc.ports, tc.options); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSKUMapKits(t *testing.T) {
	t.Parallel()
	part := func(sku string, n int) catalogue.CompositionPart {
		return catalogue.CompositionPart{ItemRef: catalogue.ItemRef{ID: "i" + sku, SKU: sku}, Quantity: n}
	}
	s := &shelf{kits: map[string]catalogue.Composition{
		"iSET":  {Parts: []catalogue.CompositionPart{part("MUG", 1), part("SPOON", 2)}, StockedIn: []string{"b", "a"}},
		"iGIFT": {Parts: []catalogue.CompositionPart{part("SET", 2)}},
		"iLOOP": {Parts: []catalogue.CompositionPart{part("HOOP", 1)}},
		"iHOOP": {Parts: []catalogue.CompositionPart{part("LOOP", 1)}},
		"iLOST": {Parts: []catalogue.CompositionPart{{ItemRef: catalogue.ItemRef{SKU: "GONE"}, Quantity: 1}}},
	}}
	s.put("MUG", "SET", "GIFT", "LOOP", "HOOP", "LOST")
	m, queue := skuMap(t, s, catalogue.MapOptions{})
	var listings []catalogue.SKU
	for _, sku := range []string{"MUG", "SET", "GIFT", "LOOP", "HOOP", "LOST"} {
		listings = append(listings, catalogue.SKU{ID: "s" + sku, SellerSKU: sku})
	}
	items, broken, err := m.StockItems(t.Context(), listings)
	must(t, err)
	set := catalogue.Item{ID: "iSET", SKU: "SET", StockedIn: []string{"a", "b"}, Kit: []catalogue.Component{
		{Item: catalogue.Item{ID: "iMUG", SKU: "MUG"}, Quantity: 1}, {Item: catalogue.Item{ID: "iSPOON", SKU: "SPOON"}, Quantity: 2},
	}}
	want := map[string]catalogue.Item{
		"sMUG": {ID: "iMUG", SKU: "MUG"}, "sSET": set,
		"sGIFT": {ID: "iGIFT", SKU: "GIFT", Kit: []catalogue.Component{{Item: set, Quantity: 2}}},
	}
	if diff := cmp.Diff(want, items); diff != "" {
		t.Errorf("items (-want +got):\n%s", diff)
	}
	for id, problem := range map[string]string{"sLOOP": "contains itself", "sHOOP": "contains itself", "sLOST": "GONE: does not exist"} {
		if kit, ok := errors.AsType[*catalogue.KitError](broken[id]); !ok || !strings.Contains(kit.Error(), problem) {
			t.Errorf("%s: %v, want a kit that %s", id, broken[id], problem)
		}
	}
	if raised := raisedKinds(t, queue); len(raised) != 0 {
		t.Errorf("raised %v: a broken kit is raised by whoever needs it", raised)
	}

	x := catalogue.NewItemIndex(items)
	for _, tc := range []struct {
		items    []string
		listings []string
		kits     []catalogue.ItemRef
	}{
		{[]string{"iMUG"}, []string{"sGIFT", "sMUG", "sSET"}, []catalogue.ItemRef{{ID: "iSET", SKU: "SET"}, {ID: "iGIFT", SKU: "GIFT"}}},
		{[]string{"iSPOON"}, []string{"sGIFT", "sSET"}, []catalogue.ItemRef{{ID: "iSET", SKU: "SET"}, {ID: "iGIFT", SKU: "GIFT"}}},
		{[]string{"iSET"}, []string{"sGIFT", "sSET"}, []catalogue.ItemRef{{ID: "iGIFT", SKU: "GIFT"}}},
		{[]string{"iGIFT"}, []string{"sGIFT"}, nil},
		{[]string{"iMUG", "iGIFT", "iSPOON"}, []string{"sGIFT", "sMUG", "sSET"}, nil},
		{[]string{"iNONE"}, nil, nil},
	} {
		if diff := cmp.Diff(tc.listings, x.Listings(tc.items...)); diff != "" {
			t.Errorf("listings that depend on %v (-want +got):\n%s", tc.items, diff)
		}
		if len(tc.items) > 1 {
			continue
		}
		kits := x.Kits(tc.items[0])
		slices.SortFunc(kits, func(a, b catalogue.ItemRef) int { return strings.Compare(b.ID, a.ID) })
		if diff := cmp.Diff(tc.kits, kits); diff != "" {
			t.Errorf("kits that hold %v (-want +got):\n%s", tc.items, diff)
		}
	}
}

func TestSKUMapOnLinnworks(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	ids := s.add(t,
		linnworkstest.Item{SKU: "MUG", Levels: s.levels(10, 10)}, linnworkstest.Item{SKU: "RED CUP", Levels: s.levels(1, 1)},
		linnworkstest.Item{SKU: "SET", Components: []linnworkstest.Component{{SKU: "MUG", Quantity: 2}}},
		linnworkstest.Item{SKU: "OLD"},
	)
	must(t, s.MapChannelSKU("tiktokbridge", "UK", "s4", "MUG"))
	must(t, s.MapChannelSKU("TIKTOKBRIDGE", "de", "s3", "MUG")) // another shop's
	must(t, s.MapChannelSKU("AMAZON", "uk", "s3", "MUG"))
	must(t, s.Archive("OLD", true))
	m, err := catalogue.NewMap(catalogue.MapPorts{Items: s.book, Mappings: s.book, Exceptions: new(exceptions.Memory).Shop("shop")}, catalogue.MapOptions{})
	must(t, err)
	listings := []catalogue.SKU{
		{ID: "s1", SellerSKU: "mug"}, {ID: "s2", SellerSKU: "Red  Cup"}, {ID: "s3", SellerSKU: "GHOST"}, {ID: "s4", SellerSKU: "SHELF"},
		{ID: "s5", SellerSKU: "SET"},
	}
	matches, err := m.Match(t.Context(), listings)
	must(t, err)
	want := `SKU id s1  "mug"                     MUG, by normalised SKU "mug"
SKU id s2  "Red  Cup"                RED CUP, by normalised SKU "Red  Cup"
SKU id s3  "GHOST"                   not found
SKU id s4  "SHELF"                   MUG, by channel mapping "s4"
SKU id s5  "SET"                     SET, by seller SKU, kit of 1
5 listings: 0 by table, 1 by channel mapping, 1 by seller SKU, 2 by normalised SKU, 1 not found, 0 not used
`
	if diff := cmp.Diff(want, matches.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if got := matches[4].Item.StockedIn; got != nil {
		t.Errorf("an untracked kit is stocked in %v", got)
	}

	// The kit is tracked in the back: it has stock of its own there.
	s.minimum(t, ids["SET"], s.back, 0)
	must(t, s.SetOnHand("SET", s.back, 3))
	must(t, m.Refresh(t.Context()))
	matches, err = m.Match(t.Context(), listings)
	must(t, err)
	set := matches[4].Item
	if diff := cmp.Diff([]string{string(s.back)}, set.StockedIn); diff != "" {
		t.Errorf("where the kit is stocked (-want +got):\n%s", diff)
	}
	reading, err := s.book.StockLevels(t.Context(), slices.Collect(maps.Values(ids)))
	must(t, err)
	for at, want := range map[string]int{front: 5, string(s.back): 3} {
		free := map[string]int{}
		for id, levels := range reading.Available {
			free[id] = levels[at]
		}
		if n, err := set.Available(at, free); n != want || err != nil {
			t.Errorf("%d sets in %s, %v, want %d", n, at, err, want)
		}
		own, err := s.Level("SET", linnworks.GUID(at))
		must(t, err)
		if own.Available != want {
			t.Errorf("Linnworks itself sells %d sets in %s, want %d", own.Available, at, want)
		}
	}
}

// Forty thousand listings cost what Linnworks' batches allow, and no call more.
func TestSKUMapCallsForABigShop(t *testing.T) {
	t.Parallel()
	const n, kits = 40_000, 2_000
	s := newStore(t)
	listings := make([]catalogue.SKU, n)
	for i := range n {
		item := linnworkstest.Item{SKU: fmt.Sprint("ITEM-", i)}
		if i >= n-kits {
			item.Components = []linnworkstest.Component{{SKU: fmt.Sprint("ITEM-", i-kits), Quantity: 1}, {SKU: fmt.Sprint("ITEM-", i-2*kits), Quantity: 2}}
		}
		_, err := s.AddItem(item)
		must(t, err)
		listings[i] = catalogue.SKU{ProductID: fmt.Sprint("p", i), ID: fmt.Sprint("s", i), SellerSKU: item.SKU}
	}
	s.ForgetCalls()
	m, err := catalogue.NewMap(catalogue.MapPorts{Items: s.book, Exceptions: new(exceptions.Memory).Shop("shop")}, catalogue.MapOptions{})
	must(t, err)
	for range 2 { // the second time nothing is read
		items, broken, err := m.StockItems(t.Context(), listings)
		must(t, err)
		if len(items) != n || len(broken) != 0 {
			t.Fatalf("%d items, %d broken", len(items), len(broken))
		}
	}
	for operation, want := range map[string]int{
		"Inventory.GetStockItemIDsBySKU":              n / 200,
		"Inventory.GetInventoryItemsCompositionByIDs": n / 100,
		"Stock.GetStockLevelBatch":                    kits / 200,
	} {
		if got := s.calls(operation); got != want {
			t.Errorf("%s: %d calls, want %d", operation, got, want)
		}
	}
}

func TestChannelMappingsCalls(t *testing.T) {
	t.Parallel()
	const n = 1_200
	s := newStore(t)
	for i := range n {
		s.add(t, linnworkstest.Item{SKU: fmt.Sprint("ITEM-", i)})
		must(t, s.MapChannelSKU("TIKTOKBRIDGE", "uk", fmt.Sprint("s", i), fmt.Sprint("ITEM-", i)))
	}
	mappings, err := s.book.ChannelMappings(t.Context())
	must(t, err)
	if len(mappings) != n {
		t.Errorf("%d mappings, want %d", len(mappings), n)
	}
	for operation, want := range map[string]int{
		"Stock.GetStockItemsFull":                    n/200 + 1, // the page past the last
		"Inventory.BatchGetInventoryItemChannelSKUs": n / 200,
	} {
		if got := s.calls(operation); got != want {
			t.Errorf("%s: %d calls, want %d", operation, got, want)
		}
	}
}
