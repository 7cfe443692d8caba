package catalogue

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// SKU identifies something for sale in the shop.
type SKU struct {
	ProductID string
	// ID is the shop's SKU id.
	ID string
	// SellerSKU is the seller's own code; it may be empty and need not be unique.
	SellerSKU string
}

// String names the listing the way people look it up.
func (l SKU) String() string {
	if l.SellerSKU != "" {
		return "SKU " + l.SellerSKU
	}
	return "SKU id " + l.ID
}

// Item is an item of the warehouse.
type Item struct {
	// ID is Linnworks' stock item id.
	ID  string
	SKU string
	// Kit is what one unit is made of; empty for a single item. Components may
	// be kits themselves.
	Kit []Component
	// StockedIn are the locations that hold a kit ready-made: the warehouse keeps
	// stock of the kit itself there. It sells that stock, and an order takes the
	// kit and not its components. Everywhere else it is what the components make.
	// Of a single item it says nothing.
	StockedIn []string
	// Untracked items have no stock of their own and do not limit a kit.
	Untracked bool
}

// Component is a part of a kit.
type Component struct {
	Item     Item
	Quantity int
}

// Source finds the stock items that listings mean.
type Source interface {
	// StockItems returns the item of every listing that has exactly one, by the
	// shop's SKU id, with kits expanded. A listing without an item is left out, or
	// in broken if there is more to say about it; one that leads to several items is
	// an [AmbiguousError] in broken, a kit whose definition cannot be used a
	// [KitError].
	StockItems(ctx context.Context, listings []SKU) (items map[string]Item, broken map[string]error, err error)
}

// PriceSource knows what the shop asks for listings.
type PriceSource interface {
	// ListPrices returns the prices of listings sold alone, before discounts, by the
	// shop's SKU id, all in the minor unit of one currency. Those that are not known
	// are left out.
	ListPrices(ctx context.Context, listings []SKU) (map[string]int64, error)
}

// ItemRef names an item of the warehouse.
type ItemRef struct {
	ID, SKU string
}

// AmbiguousError says that a listing leads to several items, so that none is
// used.
type AmbiguousError struct {
	Listing SKU
	// Items are what it leads to, By how each was found.
	Items []ItemRef
	By    []MatchedBy
}

// Error names the items and how each was found.
func (e *AmbiguousError) Error() string {
	list := make([]string, len(e.Items))
	for i, item := range e.Items {
		list[i] = fmt.Sprintf("%s (by %s, id %s)", item.SKU, e.By[i], item.ID)
	}
	return fmt.Sprintf("it leads to %d items in Linnworks: %s", len(list), strings.Join(list, ", "))
}

// ErrUnmapped is returned for a listing that no stock item stands for.
var ErrUnmapped = errors.New("Linnworks has no item for it")

// Lookup is what the catalogue knew about the listings of a batch.
type Lookup struct {
	Items  map[string]Item
	Broken map[string]error
	// Prices are what the shop asks for one unit of a listing, by the shop's SKU id,
	// in whatever unit: they count beside one another. Only those of components of
	// bundles are needed.
	Prices map[string]int64
}

// Item returns the item of a listing; [ErrUnmapped] if there is none, and what is
// wrong with it if it is broken.
func (k Lookup) Item(l SKU) (Item, error) {
	if err := k.Broken[l.ID]; err != nil {
		return Item{}, err
	}
	item, ok := k.Items[l.ID]
	if !ok {
		return Item{}, ErrUnmapped
	}
	return item, nil
}

// MatchedBy is how the item of a listing was found.
type MatchedBy string

// The ways, the strongest first.
const (
	MatchedByTable      MatchedBy = "table"
	MatchedByMapping    MatchedBy = "channel mapping"
	MatchedBySellerSKU  MatchedBy = "seller SKU"
	MatchedByNormalised MatchedBy = "normalised SKU" // after case and spaces were ignored
	Unmatched           MatchedBy = "nothing"
)
