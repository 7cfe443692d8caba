package catalogue_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// itemList is a warehouse that knows its items by SKU, some of which are kits.
type itemList map[string][]catalogue.CompositionPart

func (l itemList) ItemsBySKU(_ context.Context, skus []string) (found []catalogue.ItemRef, _ error) {
	for sku := range l {
		if slices.ContainsFunc(skus, func(s string) bool { return strings.EqualFold(s, sku) }) {
			found = append(found, catalogue.ItemRef{ID: "item-" + sku, SKU: sku})
		}
	}
	return found, nil
}

func (l itemList) Compositions(context.Context, []string) (map[string]catalogue.Composition, error) {
	kits := map[string]catalogue.Composition{}
	for sku, parts := range l {
		if len(parts) > 0 {
			kits["item-"+sku] = catalogue.Composition{Parts: parts}
		}
	}
	return kits, nil
}

func ExampleMap() {
	ctx := context.Background()
	mug := catalogue.ItemRef{ID: "item-MUG", SKU: "MUG"}
	warehouse := itemList{"MUG": nil, "TEA": nil, "SIX-MUGS": {{ItemRef: mug, Quantity: 6}}}
	exceptions := new(exceptions.Memory).Shop("shop")
	skus, err := catalogue.NewMap(
		catalogue.MapPorts{Items: warehouse, Exceptions: exceptions},
		catalogue.MapOptions{Table: map[string]string{"1004": "TEA"}},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	listings := []catalogue.SKU{
		{ID: "1001", SellerSKU: "MUG"}, {ID: "1002", SellerSKU: "six-mugs"}, {ID: "1003", SellerSKU: "SPOON"}, {ID: "1004", SellerSKU: "GREEN"},
	}
	matches, err := skus.Match(ctx, listings)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(matches)

	items, _, _ := skus.StockItems(ctx, listings) // as an Importer asks
	fmt.Println("a mug less changes", catalogue.NewItemIndex(items).Listings("item-MUG"))
	open, _ := exceptions.Open(ctx)
	for _, e := range open {
		fmt.Println(e)
	}
	// Output:
	// SKU id 1001  "MUG"                     MUG, by seller SKU
	// SKU id 1002  "six-mugs"                SIX-MUGS, by normalised SKU "six-mugs", kit of 1
	// SKU id 1003  "SPOON"                   not found
	// SKU id 1004  "GREEN"                   TEA, by table
	// 4 listings: 1 by table, 0 by channel mapping, 1 by seller SKU, 1 by normalised SKU, 1 not found, 0 not used
	// a mug less changes [1001 1002]
	// [notice, e-commerce, shop] SKU six-mugs: SKU spelt differently: the listing (product , SKU id 1002) has the seller SKU "six-mugs", and the item has "SIX-MUGS". To do: spell both the same, or map the listing to the item
}
