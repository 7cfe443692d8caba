package channelapp

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

// StepComplete is the step of an installation that has been set up, under which
// Linnworks shows all its items to be changed.
const StepComplete = "UserConfig"

// Step is a page of the set-up wizard, which Linnworks shows after the installation.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-user-config
type Step struct {
	// Name names the step in the protocol. It is not shown, and not "UserConfig".
	Name string
	// Title and Description are shown.
	Title, Description string
	Items              []ConfigItem
	// Check is optional. It is asked before the step is left, and whenever its items
	// are changed later, with the new values in the installation. A [RefusedError]
	// keeps the person on the page.
	Check func(context.Context, Installation) error
}

// ConfigItem is something that a person fills in.
type ConfigItem struct {
	// ID is unique within the installation.
	ID string
	// Name is the label on the page, Description the help text.
	Name, Description string
	// Group is a heading over the items of the same group. Items are sorted by Sort.
	Group string
	Sort  int
	// Type is [ValueString] if empty.
	Type ValueType
	// Value is what stands in it at first.
	Value string
	// Pattern, if any, must be found in the value, by the rules of Go and of
	// JavaScript: begin it with ^ and end it with $. PatternError is shown if it is not.
	Pattern, PatternError string
	Required, ReadOnly    bool
	// Values are those of a [ValueList].
	Values []ListValue
	// HidesHeader has Linnworks hide the setting of its own that Name names, such as
	// InventorySync.
	HidesHeader bool
}

// ListValue is one of several values that a person can choose from.
type ListValue struct{ Display, Value string }

// ValueType is what may be filled in.
type ValueType string

// The types of values.
const (
	ValueString   ValueType = "STRING"
	ValueInt      ValueType = "INT"
	ValueDouble   ValueType = "DOUBLE"
	ValueBoolean  ValueType = "BOOLEAN"
	ValuePassword ValueType = "PASSWORD"
	ValueList     ValueType = "LIST"
	ValueURL      ValueType = "URL"
	ValueButton   ValueType = "BUTTON"
)

var valueTypes = []ValueType{ValueString, ValueInt, ValueDouble, ValueBoolean, ValuePassword, ValueList, ValueURL, ValueButton}

// maxValue is how many characters a value may have. The documents name no limit.
const maxValue = 4000

// check reports what Linnworks would not take of an item.
func (c *ConfigItem) check() error {
	switch {
	case c.ID == "":
		return errors.New("an item has no ID")
	case c.Name == "":
		return fmt.Errorf("item %s has no name", c.ID)
	case !slices.Contains(valueTypes, c.Type):
		return fmt.Errorf("item %s: there is no type %q", c.ID, c.Type)
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
	switch c.Type {
	case ValueInt:
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
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

// checkSteps reports what is wrong with the wizard.
func checkSteps(steps []Step) error {
	var ids []string
	for i, s := range steps {
		if s.Name == "" || strings.EqualFold(s.Name, StepComplete) || stepAt(steps[:i], s.Name) >= 0 {
			return fmt.Errorf("step %d: its Name %q must be there, be unique and not be %q", i+1, s.Name, StepComplete)
		}
		for _, item := range s.Items {
			if err := item.check(); err != nil {
				return err
			}
			id := strings.ToLower(item.ID)
			if slices.Contains(ids, id) {
				return fmt.Errorf("item %s is there twice", item.ID)
			}
			ids = append(ids, id)
		}
	}
	return nil
}

// stepAt is the place of a step, -1 if it is not there.
func stepAt(steps []Step, name string) int {
	return slices.IndexFunc(steps, func(s Step) bool { return strings.EqualFold(s.Name, name) })
}

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
