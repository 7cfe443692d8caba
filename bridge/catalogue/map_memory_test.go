package catalogue_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// largeWarehouse has an item for every SKU, with ids as long as Linnworks' are. Every
// fifth is a kit of two. It tells all in new texts whenever it is asked, as a client does.
type largeWarehouse struct{}

func largeItem(n int) catalogue.ItemRef {
	return catalogue.ItemRef{ID: fmt.Sprintf("69000000-0000-4000-8000-%012d", n), SKU: fmt.Sprintf("SKU-%06d-BLUE-L", n)}
}

func (largeWarehouse) ItemsBySKU(_ context.Context, skus []string) ([]catalogue.ItemRef, error) {
	list := make([]catalogue.ItemRef, len(skus))
	for i, sku := range skus {
		var n int
		if _, err := fmt.Sscanf(sku, "SKU-%d-BLUE-L", &n); err != nil {
			return nil, err
		}
		list[i] = largeItem(n)
	}
	return list, nil
}

func (largeWarehouse) Compositions(_ context.Context, ids []string) (map[string]catalogue.Composition, error) {
	kits := map[string]catalogue.Composition{}
	for _, id := range ids {
		var n int
		if _, err := fmt.Sscanf(id, "69000000-0000-4000-8000-%d", &n); err != nil {
			return nil, err
		}
		if n%5 == 0 {
			kits[id] = catalogue.Composition{Parts: []catalogue.CompositionPart{{ItemRef: largeItem(n + 1), Quantity: 1}, {ItemRef: largeItem(n + 2), Quantity: 2}}}
		}
	}
	return kits, nil
}

// mappings are one to each item, whose texts stay.
type mappings []catalogue.ItemRef

func (m mappings) ChannelMappings(context.Context) ([]catalogue.ChannelMapping, error) {
	list := make([]catalogue.ChannelMapping, len(m))
	for n, item := range m {
		list[n] = catalogue.ChannelMapping{ChannelSKU: fmt.Sprintf("1729593%012d", n), Item: item}
	}
	return list, nil
}

func (mappings) HasChannelMapping(context.Context, string) (bool, error) { return true, nil }

// What a Map keeps for each listing, a fifth of which are kits of two, beside the texts that
// the listings themselves have: no more for reading them again and again, while somebody
// holds what it said of them at first.
func TestMapMemory(t *testing.T) {
	const many = 2_000
	mapped := make(mappings, many)
	for n := range mapped {
		mapped[n] = largeItem(n)
	}
	for _, tc := range []struct {
		name     string
		mappings catalogue.MappingSource
		most     int // bytes, a fifth of them to spare
	}{
		{"by seller SKU", nil, 300},
		{"by mappings", mapped, 400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			listings := make([]catalogue.SKU, many)
			for n := range listings {
				listings[n] = catalogue.SKU{ProductID: fmt.Sprintf("1729592%012d", n/4), ID: fmt.Sprintf("1729593%012d", n), SellerSKU: largeItem(n).SKU}
			}
			now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
			before := heapInUse()
			m, err := catalogue.NewMap(
				catalogue.MapPorts{Items: largeWarehouse{}, Mappings: tc.mappings, Exceptions: new(exceptions.Memory).Shop("shop")},
				catalogue.MapOptions{Now: func() time.Time { return now }})
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := m.StockItems(t.Context(), listings); err != nil {
				t.Fatal(err)
			}
			if got := (heapInUse() - before) / many; got > tc.most {
				t.Errorf("a map keeps %d bytes for each listing, want %d at most", got, tc.most)
			}
			items, _, err := m.StockItems(t.Context(), listings)
			if err != nil {
				t.Fatal(err)
			}
			if len(items) != many || len(items[listings[0].ID].Kit) != 2 || items[listings[1].ID].ID != largeItem(1).ID {
				t.Errorf("%d items of %d, the first two are %v and %v", len(items), many, items[listings[0].ID], items[listings[1].ID])
			}
			held := heapInUse()
			for range 2 {
				now = now.Add(2 * time.Hour)
				read := slices.Clone(listings)
				for n := range read {
					read[n].ID = strings.Clone(read[n].ID)
				}
				if _, _, err := m.StockItems(t.Context(), read); err != nil {
					t.Fatal(err)
				}
			}
			if got := (heapInUse() - held) / many; got > 16 {
				t.Errorf("reading all again takes %d bytes more for each listing", got)
			}
			for _, all := range []any{listings, items, m} {
				runtime.KeepAlive(all)
			}
		})
	}
}

func heapInUse() int {
	runtime.GC()
	runtime.GC() // what a pool gives up at the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
