package shippingapp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/linnworks"
)

// StatusActive is the stage of an installation that has been set up, under which
// Linnworks shows all its items to be changed.
const StatusActive = "CONFIG"

// Step is a page of the set-up wizard, which Linnworks shows after the installation.
// The newest official page describes a wizard of one page, older ones of several.
//
// https://apidocs.linnworks.net/docs/shipping-integration-endpoint-user-config
type Step struct {
	// Status names the step in the protocol. It is not shown, and not "CONFIG".
	Status string
	// Title and Description are shown.
	Title, Description string
	Items              []ConfigItem
	// Check is optional. It is asked before the step is left, and whenever its items
	// are changed later, with the new values in the installation. A [RefusedError]
	// keeps the person on the page.
	Check func(context.Context, Installation) error
}

// ConfigItem is something that a person fills in, for an installation or a service.
type ConfigItem struct {
	// ID is unique within the installation or service, see [Options.ItemIDLimit].
	ID string
	// Name is the label on the page, of at most 50 characters; Description the help
	// text, of at most 100.
	Name, Description string
	// Group is a heading over the items of the same group. Items are sorted by Sort.
	Group string
	Sort  int
	Type  ValueType
	// Value is what stands in it at first, of at most 255 characters.
	Value string
	// Pattern, if any, must be found in the value, by the rules of Go and of .NET:
	// begin it with ^ and end it with $. PatternError is shown if it is not.
	Pattern, PatternError string
	Required, ReadOnly    bool
	// Values are those of a [ValueList].
	Values []ListValue
}

// ListValue is one of several values that a person can choose from.
type ListValue struct{ Display, Value string }

// ValueType is what may be filled in.
type ValueType int

// The types of values.
const (
	ValueString   ValueType = 0
	ValueInt      ValueType = 1
	ValueDouble   ValueType = 2
	ValueBoolean  ValueType = 3
	ValuePassword ValueType = 4
	ValueList     ValueType = 5
)

// The documented limits, in characters.
const (
	maxItemName        = 50
	maxItemDescription = 100
	maxValue           = 255
	maxPropertyName    = 255
)

// check reports what Linnworks would not take of an item.
func (c *ConfigItem) check(idLimit int) error {
	long := func(s string, most int) bool { return utf8.RuneCountInString(s) > most }
	switch {
	case c.ID == "":
		return errors.New("an item has no ID")
	case long(c.ID, idLimit):
		return fmt.Errorf("item %s: the ID is longer than %d characters, see Options.ItemIDLimit", c.ID, idLimit)
	case c.Name == "" || long(c.Name, maxItemName):
		return fmt.Errorf("item %s: the name must have 1 to %d characters", c.ID, maxItemName)
	case long(c.Description, maxItemDescription):
		return fmt.Errorf("item %s: the description is longer than %d characters", c.ID, maxItemDescription)
	case c.Type < ValueString || c.Type > ValueList:
		return fmt.Errorf("item %s: there is no type %d", c.ID, c.Type)
	case (c.Type == ValueList) != (len(c.Values) > 0):
		return fmt.Errorf("item %s: values to choose from and the type ValueList go together", c.ID)
	case c.Type == ValuePassword && c.Value != "":
		return fmt.Errorf("item %s: a password must not be given away", c.ID)
	}
	if _, err := regexp.Compile(c.Pattern); err != nil {
		return fmt.Errorf("item %s: the pattern: %w", c.ID, err)
	}
	if c.Value != "" {
		if err := c.accept(c.Value); err != nil {
			return fmt.Errorf("item %s: its first value: %w", c.ID, err)
		}
	}
	return nil
}

// accept reports, in words for the person who filled it in, why a value is refused.
func (c *ConfigItem) accept(value string) error {
	refuse := func(format string, args ...any) error { return Refuse(c.Name + ": " + fmt.Sprintf(format, args...)) }
	if value == "" {
		if c.Required {
			return refuse("please fill this in.")
		}
		return nil
	}
	if utf8.RuneCountInString(value) > maxValue {
		return refuse("this is longer than %d characters.", maxValue)
	}
	var err error
	switch c.Type {
	case ValueInt:
		if _, err = strconv.ParseInt(value, 10, 64); err != nil {
			return refuse("this must be a whole number.")
		}
	case ValueDouble:
		if linnworks.Decimal(value).Err() != nil {
			return refuse("this must be a number, such as 1.5.")
		}
	case ValueBoolean:
		if !strings.EqualFold(value, "true") && !strings.EqualFold(value, "false") {
			return refuse("this must be yes or no.")
		}
	case ValueList:
		if !slices.ContainsFunc(c.Values, func(v ListValue) bool { return v.Value == value }) {
			return refuse("please choose one of the values.")
		}
	}
	if c.Pattern != "" && !regexp.MustCompile(c.Pattern).MatchString(value) { // New has tried it
		if c.PatternError != "" {
			return refuse("%s", c.PatternError)
		}
		return refuse("this is not in the right form.")
	}
	return nil
}

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

func checkServices(services []Service, idLimit int) error {
	seen := map[linnworks.GUID]string{}
	for _, s := range services {
		id, err := parseGUID(string(s.ID))
		switch {
		case err != nil:
			return fmt.Errorf("service %q: its ID %w", s.Name, err)
		case s.Name == "":
			return fmt.Errorf("service %s has no name", id)
		case seen[id] != "":
			return fmt.Errorf("the services %q and %q have one ID, %s", seen[id], s.Name, id)
		}
		seen[id] = s.Name
		if err := checkItems(s.Items, idLimit); err != nil {
			return fmt.Errorf("service %q: %w", s.Name, err)
		}
	}
	return nil
}

func checkItems(items []ConfigItem, idLimit int) error {
	var ids []string
	for i := range items {
		if err := items[i].check(idLimit); err != nil {
			return err
		}
		id := strings.ToLower(items[i].ID)
		if slices.Contains(ids, id) {
			return fmt.Errorf("item %s is there twice", items[i].ID)
		}
		ids = append(ids, id)
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
