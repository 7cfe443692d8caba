package channelapp

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/linnworks"
)

// Tag is something that people map: a shipping service, or a payment method.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-shipping-tags
type Tag struct {
	// Tag identifies it, in at most 64 characters. Name is shown, of at most 255.
	Tag  string
	Name string `json:"FriendlyName"`
	// Site is as in [Order.Site], of at most 25 characters.
	Site string
}

func checkTags(tags []Tag) error {
	seen := map[Tag]bool{}
	for _, t := range tags {
		key := Tag{Tag: t.Tag, Site: t.Site}
		switch {
		case t.Tag == "" || t.Name == "" || seen[key]:
			return fmt.Errorf("tag %q: Tag and Name must be there, and no Tag be there twice", t.Tag)
		case utf8.RuneCountInString(t.Tag) > 64 || utf8.RuneCountInString(t.Name) > 255 || utf8.RuneCountInString(t.Site) > 25:
			return fmt.Errorf("tag %q: Tag may have 64 characters, Name 255 and Site 25", t.Tag)
		}
		seen[key] = true
	}
	return nil
}

// Product is something that the channel sells.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-products
type Product struct {
	// SKU is unique in the channel. Reference is the channel's own id, of at most 64
	// characters; the SKU if empty.
	SKU, Reference string
	Title          string
	// Quantity is what the channel shows. Linnworks pushes again what it differs from:
	// return the channel's own number, not one that is only wanted.
	Quantity int
	Price    linnworks.Decimal
}

func (p *Product) check() error {
	switch {
	case p.SKU == "" || p.Title == "":
		return errors.New("a product needs a SKU and a title")
	case utf8.RuneCountInString(p.Reference) > 64:
		return fmt.Errorf("product %s: the reference has more than 64 characters", p.SKU)
	case p.Quantity < 0:
		return fmt.Errorf("product %s: the quantity is %d", p.SKU, p.Quantity)
	case p.Price.Err() != nil:
		return fmt.Errorf("product %s: the price is not a number", p.SKU)
	}
	return nil
}

// Level is what the channel is to show of a product. Linnworks has taken off what is in
// open orders, unless they are locked, and what the settings of the listing keep back.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-inventory-update
type Level struct {
	SKU, Reference string
	// Quantity is for the whole channel.
	Quantity int
	// Locations are only there with [Options.MultiLocation].
	Locations []LocationLevel
}

// LocationLevel is what a location of the channel is to show.
type LocationLevel struct {
	Tag      string
	Quantity int
}

// Price is what a product is to cost, in the currency of the channel.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-price-update
type Price struct {
	SKU, Reference string
	Price          linnworks.Decimal
	// Tag tells several prices of one product apart, where the channel has them.
	Tag string
}
