package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Mappings are found as reading the whole list would find them, in its order.
func FuzzMappingIndex(f *testing.F) {
	f.Add("MUG,1729593000000000001;mug ,;1729593000000000001,;M U G,1729593000000000001", "1729593000000000001", "MUG")
	f.Add(",;a,a;a,b;b,a; ,", "a", " ")
	f.Add("\xff,\xff;\xff \xff,;é,É", "\xff", "É")
	f.Fuzz(func(t *testing.T, rows, id, sku string) {
		var list []ChannelMapping
		for row := range strings.SplitSeq(rows, ";") {
			channelSKU, reference, _ := strings.Cut(row, ",")
			list = append(list, ChannelMapping{ChannelSKU: channelSKU, Reference: reference, Item: ItemRef{ID: row}})
		}
		having := func(has func(ChannelMapping) bool) []ChannelMapping {
			return slices.DeleteFunc(slices.Clone(list), func(m ChannelMapping) bool { return !has(m) })
		}
		mapped := func(m ChannelMapping) bool { return m.ChannelSKU != "" }
		bySKU := having(func(m ChannelMapping) bool { return mapped(m) && m.ChannelSKU == sku })
		byID := having(func(m ChannelMapping) bool { return id != "" && (m.ChannelSKU == id || m.Reference == id) })
		of := bySKU
		if len(byID) > 0 {
			of = byID
		}
		x := indexMappings(list)
		for _, tc := range []struct {
			name      string
			got, want []ChannelMapping
		}{
			{"of", x.of(SKU{ID: id, SellerSKU: sku}), of},
			{"byFold", x.byFold.find(sku), having(func(m ChannelMapping) bool { return mapped(m) && foldSKU(m.ChannelSKU) == foldSKU(sku) })},
			{"byNormal", x.byNormal.find(sku), having(func(m ChannelMapping) bool { return mapped(m) && normalSKU(m.ChannelSKU) == normalSKU(sku) })},
		} {
			if diff := cmp.Diff(tc.want, tc.got); diff != "" {
				t.Errorf("%s, id %q, SKU %q (-want +got):\n%s", tc.name, id, sku, diff)
			}
		}
	})
}
