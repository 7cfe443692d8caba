package tiktokadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Options configure a [Shop].
type Options struct {
	// HoldWindow is how long a paid order of a shop without the on-hold status is
	// held back, because its buyer may still cancel without asking. Default one
	// hour, TikTok's remorse window.
	HoldWindow time.Duration
	// Parcel is the size and weight declared when a label is bought for TikTok
	// Shipping in the US, if it is not known what the items in the parcel weigh and
	// measure: see the function [ParcelOf]. Other markets take them from the listing.
	Parcel Parcel
	// ParcelOf replaces what the shipment says of its contents. An error holds the
	// label up until the next run.
	ParcelOf func(ctx context.Context, order bridge.Order, lines []bridge.OrderLine) (Parcel, error)
	// Money are rules that come before the built-in [MoneyRules], for a market that
	// adds its totals up in another way by now.
	Money []MoneyRule
	// Documents downloads the documents of labels, which are on another host than
	// the API. Default a client with a timeout of 30 seconds.
	Documents *http.Client
	// MaxDocument is the most bytes that a document may have. Default 10 MiB.
	MaxDocument int64
	// ZPL asks for labels in ZPL, for label printers of Zebra that are sent the label as it
	// is. TikTok gives it in Brazil and Mexico; in other markets labels are PDFs as ever.
	// Linnworks' print button takes no ZPL.
	ZPL bool
	// AskEarly asks for the document of a label that was just arranged while its tracking
	// number is read: TikTok answers the first request that the document is still being
	// made, and people wait for it at a print button. It costs one call for each label.
	AskEarly bool
	// LostReasons are words in TikTok's codes of reasons that say that a parcel has not
	// arrived, and UndeliveredReasons those that it comes back undelivered. The codes differ
	// by market and by who cancels, and share these. Default "package_lost" and
	// "not_received", and "returned_to_shipper" and "_rts"; nil takes the default, and an
	// empty list no reason. Letter case does not matter.
	LostReasons, UndeliveredReasons []string
	// Now replaces time.Now.
	Now func() time.Time
}

// lostReasons and undeliveredReasons are the defaults of [Options].
var (
	lostReasons        = []string{"package_lost", "not_received"}
	undeliveredReasons = []string{"returned_to_shipper", "_rts"}
)

// Shop connects the primitives to one shop through the client of package tiktokshop. It
// implements [bridge.OrderSource], [catalogue.ListingSource], [catalogue.BundleSource],
// [stock.Publisher], [stock.ShownReader], [bridge.Shipper], [bridge.CancellationSource]
// and [bridge.CancellationDesk]. It is safe for concurrent use.
type Shop struct {
	client  *tiktokshop.Client
	options Options

	mu      sync.Mutex
	bundles map[string]bool      // by product id, of those that were looked at
	prices  map[string]listPrice // by SKU id
	regions map[string]string    // countries of the shop's warehouses, nil until they are needed
}

// listPrice is a price that was read, in minor units.
type listPrice struct {
	minor int64
	at    time.Time
}

var _ interface {
	bridge.OrderSource
	catalogue.ListingSource
	catalogue.BundleSource
	catalogue.PriceSource
	stock.Publisher
	stock.ShownReader
	bridge.Shipper
	bridge.LabelSource
	bridge.TrackingCorrector
	bridge.CancellationSource
	bridge.CancellationDesk
	bridge.ReferenceWriter
	bridge.Shop
} = (*Shop)(nil)

// New adapts a client that is bound to a shop.
func New(client *tiktokshop.Client, o Options) (*Shop, error) {
	if client == nil || client.Shop().ID == "" {
		return nil, errors.New("tiktokadapter: New needs a client bound to a shop: see tiktokshop.Client.ForShop")
	}
	if o.HoldWindow < 0 || o.MaxDocument < 0 {
		return nil, fmt.Errorf("tiktokadapter: New: HoldWindow %v and MaxDocument %d must not be negative", o.HoldWindow, o.MaxDocument)
	}
	o.HoldWindow = cmp.Or(o.HoldWindow, time.Hour)
	o.Documents = cmp.Or(o.Documents, &http.Client{Timeout: 30 * time.Second})
	o.MaxDocument = cmp.Or(o.MaxDocument, 10<<20)
	if o.LostReasons == nil {
		o.LostReasons = lostReasons
	}
	if o.UndeliveredReasons == nil {
		o.UndeliveredReasons = undeliveredReasons
	}
	if slices.Contains(slices.Concat(o.LostReasons, o.UndeliveredReasons), "") {
		return nil, errors.New("tiktokadapter: New: a word of LostReasons or UndeliveredReasons is empty, and every reason has it")
	}
	o.Now = part.Clock(o.Now)
	return &Shop{client: client, options: o}, nil
}

// ID returns TikTok's id of the shop.
func (t *Shop) ID() string { return t.client.Shop().ID }

// Places implements [catalogue.PlaceSource] with the shop's warehouses.
//
// https://partner.tiktokshop.com/docv2/page/get-warehouse-list-202309
func (t *Shop) Places(ctx context.Context) ([]catalogue.Place, error) {
	reply, err := t.client.Logistics.GetWarehouseList(ctx, nil)
	if err != nil {
		return nil, err
	}
	places := make([]catalogue.Place, 0, len(reply.Warehouses))
	for _, w := range reply.Warehouses {
		places = append(places, catalogue.Place{ID: w.ID, Name: w.Name})
	}
	return places, nil
}

// pageSize is the largest page of the order and product searches.
const pageSize = 100

// maxOrderIDs is how many orders one Get Order Detail call takes.
const maxOrderIDs = 50

// parts splits ids; no ids at all are one part, which asks for everything.
func parts(ids []string, size int) [][]string {
	if len(ids) == 0 {
		return [][]string{nil}
	}
	return slices.Collect(slices.Chunk(ids, size))
}
