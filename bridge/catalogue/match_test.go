package catalogue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
)

// textItems is an ItemSource without kits.
type textItems []ItemRef

func (l textItems) ItemsBySKU(_ context.Context, skus []string) (found []ItemRef, _ error) {
	for _, item := range l {
		for _, sku := range skus {
			if foldSKU(sku) == foldSKU(item.SKU) {
				found = append(found, item) // twice, where two spellings were asked for
			}
		}
	}
	return found, nil
}

func (textItems) Compositions(context.Context, []string) (map[string]Composition, error) {
	return nil, nil
}

// Whatever the SKUs: a match differs from the listing in case and spaces at most,
// and says so if it does; nothing is chosen where a choice would be a guess; other
// listings beside it make no difference.
func FuzzMatchSKUs(f *testing.F) {
	f.Add("MUG", "MUG|CUP", "")
	f.Add("red  mug", "RED MUG|REDMUG", "red mug")
	f.Add(" x\u00a0Y ", "XY|xy|x y", "xy")
	f.Add("", "|A", " ")
	f.Add("İ", "i|İ|I", "I")
	f.Add("\xc2 \xa00", "0", "0")
	f.Fuzz(func(t *testing.T, sku, stock, other string) {
		var items textItems
		for i, s := range strings.Split(stock, "|") {
			if strings.TrimSpace(s) != "" {
				items = append(items, ItemRef{fmt.Sprint("i", i), s})
			}
		}
		letters := func(s string) string {
			return strings.ToLower(strings.Map(func(r rune) rune {
				if unicode.IsSpace(r) {
					return -1
				}
				return r
			}, s))
		}
		find := func(loose bool, listings ...SKU) Match {
			m := Matcher{loose: loose}
			matches, err := m.MatchSKUs(t.Context(), items, listings)
			if err != nil {
				t.Fatal(err)
			}
			return matches[0]
		}
		listing := SKU{ID: "s1", SellerSKU: sku}
		for _, loose := range []bool{false, true} {
			m := find(loose, listing)
			alike, exact := 0, 0
			for _, item := range items {
				if foldSKU(item.SKU) == foldSKU(sku) {
					alike++
				}
				if item.SKU == sku {
					exact++
				}
			}
			_, several := errors.AsType[*AmbiguousError](m.Err)
			switch {
			case m.Usable() && letters(m.Item.SKU) != letters(sku):
				t.Errorf("%q was taken for %q", sku, m.Item.SKU)
			case m.Usable() && (m.By == MatchedBySellerSKU) != (m.Item.SKU == sku):
				t.Errorf("%q was taken for %q by %s", sku, m.Item.SKU, m.By)
			case alike > 1 && !several:
				t.Errorf("%q is %d items to Linnworks, and %v was chosen", sku, alike, m)
			case exact == 1 && alike == 1 && m.Item.SKU != sku:
				t.Errorf("%q is there, and %v was chosen", sku, m)
			case !loose && alike == 0 && m.By != Unmatched:
				t.Errorf("%q was matched strictly: %v", sku, m)
			}
			if beside := find(loose, listing, SKU{ID: "s2", SellerSKU: other}); fmt.Sprint(beside) != fmt.Sprint(m) {
				t.Errorf("%q is %v alone and %v beside %q", sku, m, beside, other)
			}
		}
	})
}
