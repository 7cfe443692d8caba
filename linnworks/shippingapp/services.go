package shippingapp

import (
	"fmt"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/internal/called"
)

// The documented limits, in characters.
const (
	maxItemName        = 50
	maxItemDescription = 100
	maxValue           = 255
	maxPropertyName    = 255
)

// valueTypes are the types of values, by their numbers in the protocol.
var valueTypes = []ValueType{ValueString, ValueInt, ValueDouble, ValueBoolean, ValuePassword, ValueList}

// Service is what a label is made with. Linnworks' postal services are mapped to it.
type Service struct {
	// ID must stay the same for as long as the service exists.
	ID linnworks.GUID
	// Name is shown; Code, Tag and Group may be anything.
	Name, Code, Tag, Group string
	// Items are filled in for each postal service that is mapped to this one.
	Items []ConfigItem
	// Properties are shown.
	Properties []ServiceProperty
}

// ServiceProperty is something to be told about a service.
type ServiceProperty struct {
	Name  string `json:"PropertyName"`
	Value string `json:"PropertyValue"`
}

func checkServices(services []Service, limits called.Limits) error {
	seen := map[linnworks.GUID]string{}
	for _, s := range services {
		id, err := integration.ParseGUID(string(s.ID))
		switch {
		case err != nil:
			return fmt.Errorf("service %q: its ID %w", s.Name, err)
		case s.Name == "":
			return fmt.Errorf("service %s has no name", id)
		case seen[id] != "":
			return fmt.Errorf("the services %q and %q have one ID, %s", seen[id], s.Name, id)
		}
		seen[id] = s.Name
		if err := limits.CheckItems(s.Items); err != nil {
			return fmt.Errorf("service %q: %w", s.Name, err)
		}
	}
	return nil
}

// PropertyMapping offers an extended property to be mapped: people choose which of
// their own properties it is, and requests then have it.
type PropertyMapping struct {
	// Title and Description are shown.
	Title, Description string
	// Name is of at most 255 characters.
	Name string
	// Of is what has the property: [OfOrder] or [OfItem].
	Of PropertyOf
}

// PropertyOf is what an extended property belongs to.
type PropertyOf string

// What extended properties belong to.
const (
	OfOrder PropertyOf = "ORDER"
	OfItem  PropertyOf = "ITEM"
)

func (p *PropertyMapping) check() error {
	switch {
	case p.Name == "" || utf8.RuneCountInString(p.Name) > maxPropertyName:
		return fmt.Errorf("property %q: the name must have 1 to %d characters", p.Title, maxPropertyName)
	case p.Of != OfOrder && p.Of != OfItem:
		return fmt.Errorf("property %q is of %q, which is neither %q nor %q", p.Name, p.Of, OfOrder, OfItem)
	}
	return nil
}
