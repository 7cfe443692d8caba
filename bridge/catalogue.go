package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ListingSKU identifies something for sale in the shop.
type ListingSKU struct {
	ProductID string
	// ID is the shop's SKU id.
	ID string
	// SellerSKU is the seller's own code; it may be empty and need not be unique.
	SellerSKU string
}

// String names the listing the way people look it up.
func (l ListingSKU) String() string {
	if l.SellerSKU != "" {
		return "SKU " + l.SellerSKU
	}
	return "SKU id " + l.ID
}

// StockItem is an item of the warehouse.
type StockItem struct {
	// ID is Linnworks' stock item id.
	ID  string
	SKU string
	// Kit is what one unit is made of; empty for a single item. Components may
	// be kits themselves.
	Kit []KitComponent
	// StockedIn are the locations that hold a kit ready-made: the warehouse keeps
	// stock of the kit itself there. It sells that stock, and an order takes the
	// kit and not its components. Everywhere else it is what the components make.
	// Of a single item it says nothing.
	StockedIn []string
	// Untracked items have no stock of their own and do not limit a kit.
	Untracked bool
}

// KitComponent is a part of a kit.
type KitComponent struct {
	Item     StockItem
	Quantity int
}

// Catalogue finds the stock items that listings mean.
type Catalogue interface {
	// StockItems returns the item of every listing that has exactly one, by the
	// shop's SKU id, with kits expanded. A listing without an item is left out, or
	// in broken if there is more to say about it; one that leads to several items is
	// an [AmbiguousSKUError] in broken, a kit whose definition cannot be used a
	// [KitError].
	StockItems(ctx context.Context, listings []ListingSKU) (items map[string]StockItem, broken map[string]error, err error)
}

// ItemRef names an item of the warehouse.
type ItemRef struct {
	ID, SKU string
}

// AmbiguousSKUError says that a listing leads to several items, so that none is
// used.
type AmbiguousSKUError struct {
	Listing ListingSKU
	// Items are what it leads to, By how each was found.
	Items []ItemRef
	By    []MatchedBy
}

// Error names the items and how each was found.
func (e *AmbiguousSKUError) Error() string {
	list := make([]string, len(e.Items))
	for i, item := range e.Items {
		list[i] = fmt.Sprintf("%s (by %s, id %s)", item.SKU, e.By[i], item.ID)
	}
	return fmt.Sprintf("it leads to %d items in Linnworks: %s", len(list), strings.Join(list, ", "))
}

// errUnmapped is returned for a listing that no stock item stands for.
var errUnmapped = errors.New("Linnworks has no item for it")
