package channelapp

import (
	"fmt"
	"slices"
)

// MultiLocation has Linnworks push levels for each location of the channel, in
// [Level.Locations], beside the sum.
//
// https://apidocs.linnworks.net/docs/multi-location-inventory
type MultiLocation struct {
	// Enabled reports whether an installation has it. Do not switch one on that is in
	// use: until people have mapped the locations, no stock is pushed. Nil means all.
	Enabled func(Installation) bool
	// Locations are those of the channel, as people map them. Without any, people enter
	// them by hand. That they go out as Tag and Name is a guess: the page has no table.
	Locations []Location
}

// Location is a location of the channel.
type Location struct {
	// Tag identifies it, Name is shown.
	Tag, Name string
}

func (m *MultiLocation) check() error {
	if m == nil {
		return nil
	}
	var tags []string
	for _, l := range m.Locations {
		if l.Tag == "" || l.Name == "" || slices.Contains(tags, l.Tag) {
			return fmt.Errorf("location %q: Tag and Name must be there, and no Tag be there twice", l.Tag)
		}
		tags = append(tags, l.Tag)
	}
	return nil
}
