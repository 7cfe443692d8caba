package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// namesFlow is a Sync that does nothing but compare the SKUs in its settings.
func namesFlow(t *testing.T, s *sides, memory *bridge.Memory, change func(*bridge.Settings)) *bridge.Sync {
	t.Helper()
	settings := syncSettings()
	change(&settings)
	b, err := bridge.NewSync(s.shop, s.book, memory.Shop(settings.Shop), settings)
	must(t, err)
	b.Flows = slices.DeleteFunc(b.Flows, func(f bridge.Flow) bool { return f.Name != bridge.FlowNames })
	return b
}

// A SKU in the settings that is mistyped does nothing, and somebody is told; the case
// closes when it is there, or no longer in the settings.
func TestSyncTellsOfSKUsThatAreNotThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, memory := newSides(t, "GB"), new(bridge.Memory)
		told := func() (list []string) {
			open, err := memory.Shop(syncSettings().Shop).Open(t.Context(), exceptions.NameUnknown)
			must(t, err)
			for _, e := range open {
				list = append(list, e.Object+": "+e.Seen)
			}
			slices.Sort(list)
			return list
		}
		b := namesFlow(t, s, memory, func(set *bridge.Settings) {
			set.KeepItems = map[string]int{"mug": 2, "SPOOON": 1, "LATER": 1}
			set.LeaveAlone = []string{"MUG", mugSKU, "set", "GHOTS", "9999"}
		})
		gone := []string{
			`keep_items LATER: keep_items names "LATER", and no item of the warehouse is called that`,
			`keep_items SPOOON: keep_items names "SPOOON", and no item of the warehouse is called that`,
			`leave_alone 9999: leave_alone names "9999", and no listing of the shop is called that`,
			`leave_alone GHOTS: leave_alone names "GHOTS", and no listing of the shop is called that; did you mean "GHOST"?`,
			`leave_alone set: leave_alone names "set", and no listing of the shop is called that; did you mean "SET"?`,
		}
		must(t, errOf(b.Step(t.Context())))
		if diff := cmp.Diff(gone, told()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		_, err := s.linn.AddItem(linnworkstest.Item{SKU: "LATER"})
		must(t, err)
		s.tiktok.ResetCalls()
		must(t, errOf(b.Step(t.Context())))
		if n := len(s.tiktok.CallsOf(tiktokshoptest.On("Product.SearchProducts"))); n != 0 || len(told()) != len(gone) {
			t.Errorf("at once: the listings were read with %d calls, %d cases open, want none and %d", n, len(told()), len(gone))
		}
		time.Sleep(time.Hour)
		must(t, errOf(b.Step(t.Context())))
		if diff := cmp.Diff(gone[1:], told()); diff != "" {
			t.Errorf("an hour later, with the item (-want +got):\n%s", diff)
		}
		b = namesFlow(t, s, memory, func(set *bridge.Settings) { set.KeepItems = map[string]int{"MUG": 2} })
		s.tiktok.ResetCalls()
		must(t, errOf(b.Step(t.Context())))
		if n := len(s.tiktok.CallsOf(tiktokshoptest.On("Product.SearchProducts"))); n != 0 || len(told()) != 0 {
			t.Errorf("the settings are right: %d calls for listings, cases %q, want none", n, told())
		}
	})
}

// What cannot be read is neither there nor missing.
func TestSyncIsNotSureOfSKUsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, memory := newSides(t, "GB"), new(bridge.Memory)
		odd := false
		s.spoilt(t, "/products/search", func(body string) string {
			if odd {
				return strings.Replace(body, `"id":"`+mugProduct+`"`, `"title":{},"id":"`+mugProduct+`"`, 1)
			}
			return body
		})
		queue := memory.Shop(syncSettings().Shop)
		open := func() (list []string) {
			cases, err := queue.Open(t.Context(), exceptions.NameUnknown)
			must(t, err)
			for _, e := range cases {
				list = append(list, e.Object)
			}
			return list
		}
		for _, step := range []struct {
			leave []string
			odd   bool
			want  []string
		}{
			{[]string{"MUG"}, true, nil},
			{[]string{"MUGG"}, false, []string{"leave_alone MUGG"}},
			{[]string{"MUGG"}, true, []string{"leave_alone MUGG"}},
			{[]string{"MUG"}, false, nil},
		} {
			odd = step.odd
			b := namesFlow(t, s, memory, func(set *bridge.Settings) { set.LeaveAlone = step.leave })
			must(t, errOf(b.Step(t.Context())))
			if diff := cmp.Diff(step.want, open()); diff != "" {
				t.Errorf("%q, a product unreadable: %t (-want +got):\n%s", step.leave, step.odd, diff)
			}
		}
		must(t, queue.Raise(t.Context(), exceptions.New(exceptions.NameUnknown, "keep_items MUG", time.Time{}, "seen", "do")))
		for name, fail := range map[string]func(*bridge.Settings){
			"Linnworks": func(set *bridge.Settings) {
				s.linn.Fail("Inventory.GetStockItemIDsBySKU", 9, linnworkstest.Reply(500, "down"))
				set.KeepItems = map[string]int{"MUG": 1}
			},
			"TikTok": func(set *bridge.Settings) {
				s.spoilt(t, "/products/search", func(string) string { return `{"code":36009003,"message":"internal error"}` })
				set.LeaveAlone = []string{"MUG"}
			},
		} {
			b := namesFlow(t, s, memory, fail)
			if _, err := b.Step(t.Context()); err == nil || len(open()) != 1 {
				t.Errorf("%s does not answer: error %v, open %q, want an error and the case as it was", name, err, open())
			}
		}
	})
}
