package linnworksadapter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/internal/table"
	"github.com/linnbridge/linnbridge/bridge/stock"
	"github.com/linnbridge/linnbridge/linnworks"
)

// DefaultSource is what orders of the bridge have as their source in Linnworks, and what a
// channel integration is called that they are pulled through.
const DefaultSource = "TIKTOKBRIDGE"

// Options configure a [Warehouse].
type Options struct {
	// Source and SubSource are what the orders of one shop carry in Linnworks.
	// Together with the shop's order id they are the key that Linnworks dedupes
	// by, so they must never change. Source must not be the name of a channel that
	// Linnworks itself or an app serves, such as TIKTOK or AMAZON, unless it is the app
	// of [Warehouse.ChannelPorts]. Default source is [DefaultSource]; SubSource is
	// required.
	Source, SubSource string
	// SKUs maps the shop's SKU ids to Linnworks SKUs, for listings whose seller SKU
	// is not the Linnworks SKU.
	SKUs map[string]string
	// Service names the Linnworks postal service for orders of a delivery option
	// of the shop. A key is the shop's id of the option, its shipping model and
	// name ("tiktok/Standard shipping"), its name, or the model alone ("tiktok"):
	// that is also the order in which they are looked up. An option that is not in
	// it goes by its name, with the model before it unless that is the seller's,
	// for the channel's shipping mapping or the rules engine to decide.
	Service map[string]string
	// KitsHaveNoStock has every kit computed from its components, wherever it is. By
	// default a kit that Linnworks tracks at a location sells its own stock there,
	// which is told by a minimum level other than -1. That Linnworks reports -1 for
	// all kits that it computes is documented, and was not tried on every account:
	// set this if kits show 0 although their components are there.
	KitsHaveNoStock bool
	// Units are those that the weights and sides of items are kept in, which Linnworks
	// does not say. Default grams and centimetres.
	Units catalogue.Units
	// Now replaces time.Now.
	Now func() time.Time
}

// Warehouse connects the primitives to a Linnworks account through the client of
// package linnworks. It implements [catalogue.Source], [catalogue.ItemSource],
// [catalogue.MappingSource], [catalogue.MeasureSource], [stock.Reader], [stock.Sweeper], [stock.Touches],
// [stock.ItemStates], [bridge.OrderBook], [bridge.OrderTracer], [bridge.AddressWriter],
// [bridge.OrderCanceller] and [bridge.TrackingWriter].
type Warehouse struct {
	client  *linnworks.Client
	options Options
	// locations are the names of the stock locations by id: orders are created
	// by name, everything else goes by id.
	locations map[linnworks.GUID]string
	// centres are the locations that are fulfilment centres.
	centres map[linnworks.GUID]bool

	mu       sync.Mutex
	items    table.Table[itemRef]    // what was seen of items, by id
	measured map[string]itemMeasures // by item id
	// cancelled are the orders of the last list of cancelled ones: see knownCancelled.
	cancelled map[linnworks.GUID]*bridge.WarehouseOrder
}

var _ interface {
	catalogue.Source
	catalogue.ItemSource
	catalogue.MappingSource
	catalogue.MeasureSource
	stock.Reader
	stock.Sweeper
	stock.Touches
	stock.ItemStates
	bridge.OrderBook
	bridge.OrderTracer
	bridge.AddressWriter
	bridge.OrderCanceller
	bridge.TrackingWriter
	bridge.WarehouseReader
	bridge.DispatchSource
	bridge.PackagingReader
	bridge.LineReducer
	bridge.Warehouse
} = (*Warehouse)(nil)

// New adapts a client. It reads the stock locations.
func New(ctx context.Context, client *linnworks.Client, o Options) (*Warehouse, error) {
	o.Source = cmp.Or(o.Source, DefaultSource)
	switch {
	case client == nil:
		return nil, errors.New("linnworksadapter: New: nil client")
	case o.SubSource == "":
		return nil, errors.New("linnworksadapter: New: SubSource is empty: name the shop, for good")
	case strings.TrimSpace(o.Source) != o.Source || strings.TrimSpace(o.SubSource) != o.SubSource:
		return nil, fmt.Errorf("linnworksadapter: New: Source %q and SubSource %q must not begin or end with a blank: Linnworks finds orders by them", o.Source, o.SubSource)
	case slices.Contains([]string{"TIKTOK", "TIKTOKSHOP", "AMAZON", "EBAY", "SHOPIFY"}, strings.ToUpper(o.Source)):
		return nil, fmt.Errorf("linnworksadapter: New: Source %q is the name of another channel: choose one of your own", o.Source)
	}
	if err := o.Units.Check(); err != nil {
		return nil, fmt.Errorf("linnworksadapter: New: Units: %w", err)
	}
	o.Now = part.Clock(o.Now)
	locations, err := client.Inventory.GetStockLocations(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("linnworksadapter: New: %w", err)
	}
	l := &Warehouse{
		client: client, options: o, locations: map[linnworks.GUID]string{}, centres: map[linnworks.GUID]bool{},
		items: table.New(func(i *itemRef) string { return i.ID }, 0),
	}
	for _, location := range locations {
		l.locations[lower(location.StockLocationID)] = location.LocationName
		if location.IsFulfillmentCenter {
			l.centres[lower(location.StockLocationID)] = true
		}
	}
	return l, nil
}

// Places implements [catalogue.PlaceSource] with the stock locations that New has
// read.
func (l *Warehouse) Places(context.Context) ([]catalogue.Place, error) {
	places := make([]catalogue.Place, 0, len(l.locations))
	for id, name := range l.locations {
		places = append(places, catalogue.Place{ID: string(id), Name: name})
	}
	slices.SortFunc(places, func(a, b catalogue.Place) int { return cmp.Compare(a.ID, b.ID) })
	return places, nil
}

func lower(id linnworks.GUID) linnworks.GUID { return linnworks.GUID(strings.ToLower(string(id))) }

// maxGenerations is how often an order is followed through splits and merges.
const maxGenerations = 8

// maxOrderDetails is how many orders are read in one call.
const maxOrderDetails = 200

// exceptRecords is err, unless it only names records that cannot be read: their
// items are left out of a reading, which is not the same as zero.
func exceptRecords(err error) error {
	if _, ok := errors.AsType[*linnworks.UnreadableError](err); ok {
		return nil
	}
	return err
}

// itemRef is what was seen of an item. The read of its type goes by it: that takes no ids.
type itemRef struct {
	catalogue.ItemRef
	intID int // 0: not known
}

// itemMeasures are those of an item as they were read; zero if it said nothing.
type itemMeasures struct {
	catalogue.Measures
	at time.Time
}
