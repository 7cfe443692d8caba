package audit

import (
	"context"
	"maps"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// mappingsRead is a [catalogue.MappingSource] whose mappings were read before they are asked
// for.
type mappingsRead struct {
	catalogue.MappingSource
	list []catalogue.ChannelMapping
	err  error
}

func readMappings(ctx context.Context, source catalogue.MappingSource) *mappingsRead {
	m := &mappingsRead{MappingSource: source}
	m.list, m.err = source.ChannelMappings(ctx)
	return m
}

// ChannelMappings implements [catalogue.MappingSource].
func (m *mappingsRead) ChannelMappings(context.Context) ([]catalogue.ChannelMapping, error) {
	return m.list, m.err
}

// levelsRead are the levels of all items that are listed.
type levelsRead struct {
	reading stock.Reading
	err     error
}

func (r *run) readLevels(ctx context.Context) *levelsRead {
	ids := slices.Sorted(maps.Keys(r.listed()))
	if len(ids) == 0 {
		return &levelsRead{}
	}
	l := new(levelsRead)
	l.reading, l.err = r.Levels.StockLevels(ctx, ids)
	return l
}
