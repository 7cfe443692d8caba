package linnworkstest

import (
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/linnworks"
)

// channelSKU is what a channel calls an item.
type channelSKU struct{ source, subSource, sku string }

func channelKey(source, subSource, sku string) channelSKU {
	return channelSKU{strings.ToLower(source), strings.ToLower(subSource), sku}
}

// mapping links what a channel calls an item to the item.
type mapping struct {
	linnworks.StockItemChannelSKU
	item *item
}

// MapChannelSKU links what a channel calls an item to the item. Later order
// lines of that channel are linked by it.
func (f *Fake) MapChannelSKU(source, subSource, channelSKU, sku string) error {
	defer f.begin()()
	it := f.bySKU[f.skuKey(sku)]
	if it == nil {
		return unknownSKU("MapChannelSKU", sku)
	}
	f.mapSKU(linnworks.ChannelMappingCreateInfo{Source: source, SubSource: subSource, ChannelSKU: channelSKU}, it)
	return nil
}

// mapSKU adds a mapping, in the place of one for the same name.
func (f *Fake) mapSKU(in linnworks.ChannelMappingCreateInfo, it *item) *mapping {
	key := channelKey(in.Source, in.SubSource, in.ChannelSKU)
	if m := f.mapped[key]; m != nil {
		f.unmap(m)
	}
	m := &mapping{item: it, StockItemChannelSKU: linnworks.StockItemChannelSKU{
		ChannelSKURowID: in.ID, SKU: in.ChannelSKU, Source: in.Source, SubSource: in.SubSource, ChannelReferenceID: in.ChannelReferenceID,
		MaxListedQuantity: in.MaxListedQuantity, EndWhenStock: in.EndWhenStock, StockPercentage: in.StockPercentage, IgnoreSync: in.IgnoreSync,
		StockItemID: it.id, StockItemIntID: it.intID,
	}}
	if in.ID == "" || in.ID == linnworks.ZeroGUID || f.byMapping[in.ID] != nil {
		m.ChannelSKURowID = f.newID("mapping")
	}
	f.mapped[key], f.byMapping[m.ChannelSKURowID] = m, m
	it.mappings = append(it.mappings, m)
	return m
}

func (f *Fake) unmap(m *mapping) {
	delete(f.mapped, channelKey(m.Source, m.SubSource, m.SKU))
	delete(f.byMapping, m.ChannelSKURowID)
	m.item.mappings = slices.DeleteFunc(m.item.mappings, func(other *mapping) bool { return other == m })
}

func (i *item) channelSKUs() []linnworks.StockItemChannelSKU {
	out := []linnworks.StockItemChannelSKU{}
	for _, m := range i.mappings {
		out = append(out, m.StockItemChannelSKU)
	}
	return out
}

// mappingQuery are the parameters of reads of mappings.
type mappingQuery struct {
	InventoryItemID linnworks.GUID `json:"inventoryItemId"`
	RowID           linnworks.GUID `json:"channelSKURowId"`
	ChannelSKU      string         `json:"channelSKU"`
	Source          string         `json:"source"`
	SubSource       string         `json:"subSource"`
}

// getChannelSKUs: https://apps.linnworks.net/Api/Method/Inventory-GetInventoryItemChannelSKUs
func (f *Fake) getChannelSKUs(req *mappingQuery) (any, error) {
	it, err := f.stockItem(req.InventoryItemID)
	if err != nil {
		return nil, err
	}
	return it.channelSKUs(), nil
}

// batchGetChannelSKUs leaves out items that nobody knows.
//
// https://apps.linnworks.net/Api/Method/Inventory-BatchGetInventoryItemChannelSKUs
func (f *Fake) batchGetChannelSKUs(req *linnworks.BatchGetInventoryItemChannelSKUsRequest) (any, error) {
	out := []linnworks.StockItemChannelSKUResponse{}
	for _, g := range req.InventoryItemIDs {
		if it := f.byItemID[g]; it != nil {
			out = append(out, linnworks.StockItemChannelSKUResponse{StockItemID: it.id, ChannelSKUs: it.channelSKUs()})
		}
	}
	return out, nil
}

// getChannelSKUsWithLocation shows the same limits at every location.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetInventoryItemChannelSKUsWithLocation
func (f *Fake) getChannelSKUsWithLocation(req *mappingQuery) (any, error) {
	m := f.byMapping[req.RowID]
	if m == nil {
		return nil, refuse("Channel SKU %s not found", req.RowID)
	}
	out := []linnworks.StockItemChannelSKUWithLocation{}
	for _, l := range f.locations {
		out = append(out, linnworks.StockItemChannelSKUWithLocation{
			RowID: m.ChannelSKURowID, LocationID: l.intID, LocationName: l.Name, IgnoreSync: m.IgnoreSync,
			MaxListedQuantity: m.MaxListedQuantity, EndWhenStock: m.EndWhenStock, StockPercentage: m.StockPercentage,
			StockItemID: m.item.id, StockItemIntID: m.item.intID,
		})
	}
	return out, nil
}

// isChannelSKULinked: https://apps.linnworks.net/Api/Method/Inventory-IsInventoryItemChannelSKULinked
func (f *Fake) isChannelSKULinked(req *mappingQuery) (any, error) {
	return f.mapped[channelKey(req.Source, req.SubSource, req.ChannelSKU)] != nil, nil
}

// outcome sums up results of a batch.
func outcome(failed, all int) string {
	switch {
	case all == 0:
		return "NOTSET"
	case failed == 0:
		return "SUCCESSFUL"
	case failed == all:
		return "FAILED"
	}
	return "PARTIALLY_SUCCESSFUL"
}

// createChannelMapping fails row by row.
//
// https://apps.linnworks.net/Api/Method/Inventory-CreateChannelMapping
func (f *Fake) createChannelMapping(req *linnworks.CreateChannelMappingRequest) (any, error) {
	var out linnworks.BatchedAPIResponseChannelMappingCreateInfo
	failed := 0
	for _, in := range req.Mappings {
		row := linnworks.APIResultResponseChannelMappingCreateInfo{Result: in, ResultStatus: "SUCCESSFUL"}
		it := f.byItemID[in.StockItemID]
		switch {
		case it == nil:
			row.Message = "Stock item not found"
		case in.ChannelSKU == "" || in.Source == "" || in.SubSource == "":
			row.Message = "ChannelSKU, Source and SubSource are required"
		case f.mapped[channelKey(in.Source, in.SubSource, in.ChannelSKU)] != nil:
			row.Message = "The channel SKU is linked already"
		default:
			row.Result.ID = f.mapSKU(in, it).ChannelSKURowID
		}
		if row.Message != "" {
			row.ResultStatus = "FAILED"
			failed++
		}
		out.Results = append(out.Results, row)
	}
	out.TotalResults = len(out.Results)
	out.ResultStatus = linnworks.APIResultStatus(outcome(failed, len(out.Results)))
	return out, nil
}

// sentMappings is an UpdateChannelMapping that tells what was left out.
type sentMappings struct {
	Mappings []struct {
		ID                 linnworks.GUID     `json:"Id"`
		ChannelReferenceID *string            `json:"ChannelReferenceId"`
		MaxListedQuantity  *int               `json:"MaxListedQuantity"`
		EndWhenStock       *int               `json:"EndWhenStock"`
		StockPercentage    *linnworks.Decimal `json:"StockPercentage"`
		IgnoreSync         *bool              `json:"IgnoreSync"`
	} `json:"Mappings"`
}

// updateChannelMapping keeps a reference that is left out, but not the limits.
//
// https://apps.linnworks.net/Api/Method/Inventory-UpdateChannelMapping
func (f *Fake) updateChannelMapping(req *sentMappings) (any, error) {
	var out linnworks.BatchedAPIResponseChannelMappingUpdateInfo
	failed := 0
	for _, in := range req.Mappings {
		row := linnworks.APIResultResponseChannelMappingUpdateInfo{Result: linnworks.ChannelMappingUpdateInfo{ID: in.ID}, ResultStatus: "SUCCESSFUL"}
		m := f.byMapping[in.ID]
		if m == nil {
			row.ResultStatus, row.Message = "FAILED", "Mapping not found"
			failed++
			out.Results = append(out.Results, row)
			continue
		}
		clears := f.quirks[MappingLimitsOverwritten]
		overwrite(&m.ChannelReferenceID, in.ChannelReferenceID, false)
		overwrite(&m.MaxListedQuantity, in.MaxListedQuantity, clears)
		overwrite(&m.EndWhenStock, in.EndWhenStock, clears)
		overwrite(&m.StockPercentage, in.StockPercentage, clears)
		overwrite(&m.IgnoreSync, in.IgnoreSync, clears)
		row.Result = linnworks.ChannelMappingUpdateInfo{
			ID: in.ID, ChannelReferenceID: m.ChannelReferenceID, MaxListedQuantity: m.MaxListedQuantity,
			EndWhenStock: m.EndWhenStock, StockPercentage: m.StockPercentage, IgnoreSync: m.IgnoreSync,
		}
		out.Results = append(out.Results, row)
	}
	out.TotalResults = len(out.Results)
	out.ResultStatus = linnworks.APIResultStatus(outcome(failed, len(out.Results)))
	return out, nil
}

// overwrite sets what is given, and clears the rest if told to.
func overwrite[T any](to *T, from *T, clears bool) {
	if from != nil || clears {
		*to = value(from)
	}
}

// deleteChannelSKUs: https://apps.linnworks.net/Api/Method/Inventory-DeleteInventoryItemChannelSKUs
func (f *Fake) deleteChannelSKUs(req *linnworks.DeleteInventoryItemChannelSKUsRequest) (any, error) {
	for _, g := range req.InventoryItemChannelSKUIDs {
		if m := f.byMapping[g]; m != nil {
			f.unmap(m)
		}
	}
	return nil, nil
}

// unlinkChannelListing: https://apps.linnworks.net/Api/Method/Inventory-UnlinkChannelListing
func (f *Fake) unlinkChannelListing(req *linnworks.UnlinkChannelListingRequest) (any, error) {
	for _, m := range f.byMapping {
		if m.ChannelReferenceID == value(req.ChannelRefID) && strings.EqualFold(m.Source, value(req.Source)) && strings.EqualFold(m.SubSource, value(req.SubSource)) {
			f.unmap(m)
		}
	}
	return nil, nil
}

// updateLinkItem links a channel's SKU to an item: the open orders' unlinked
// lines and later ones. It keeps the lines' identity.
//
// https://apps.linnworks.net/Api/Method/Orders-UpdateLinkItem
func (f *Fake) updateLinkItem(req *linnworks.UpdateLinkItemRequest) (any, error) {
	it := f.byItemID[value(req.StockItemID)]
	if it == nil {
		it = f.byItemID[value(req.StockID)]
	}
	if it == nil {
		return nil, refuse("Stock item not found")
	}
	source, subSource, sku := value(req.Source), value(req.SubSource), value(req.ChannelSKU)
	f.mapSKU(linnworks.ChannelMappingCreateInfo{Source: source, SubSource: subSource, ChannelSKU: sku}, it)
	for _, o := range f.openOrders() {
		if !o.open() || !o.is(source, subSource) {
			continue
		}
		for i := range o.Items {
			if line := &o.Items[i]; line.IsUnlinked && line.ChannelSKU == sku {
				f.move(o, func() { f.link(o, line, it) })
				f.note(o, "ITEM_LINKED", "Line %s linked to %s", line.ItemNumber, it.sku)
			}
		}
	}
	return nil, nil
}

// channel is a sales channel that the account has.
type channel struct {
	id                int
	source, subSource string
	enabled           bool
}

// AddChannel installs a sales channel.
func (f *Fake) AddChannel(source, subSource string, enabled bool) {
	defer f.begin()()
	f.channels = append(f.channels, channel{len(f.channels) + 1, source, subSource, enabled})
}

// channelConfig is what the fake serves of a channel's configuration: what tells
// which channels there are. The rest of the described reply is left out.
type channelConfig struct {
	PkChannelID int `json:"PkChannelId"`
	Source      string
	SourceType  string
	SubSource   string
	DisplayName string
	Enabled     linnworks.ConfigItemBoolean
}

// sourceQuery is the parameter of getChannelsBySource.
type sourceQuery struct {
	Source string `json:"source"`
}

// getChannels serves GetChannels and GetChannelsBySource.
//
// https://apps.linnworks.net/Api/Method/Inventory-GetChannels
func (f *Fake) getChannels(req *sourceQuery) (any, error) {
	out := []channelConfig{}
	for _, c := range f.channels {
		if req.Source == "" || strings.EqualFold(req.Source, c.source) {
			out = append(out, channelConfig{
				PkChannelID: c.id, Source: c.source, SourceType: c.source, DisplayName: c.source + " " + c.subSource,
				SubSource: c.subSource, Enabled: linnworks.ConfigItemBoolean{PropertyValue: c.enabled, Loaded: true},
			})
		}
	}
	return out, nil
}
