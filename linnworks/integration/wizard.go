package integration

import "context"

// Step is a page of the set-up wizard, which Linnworks shows after the installation.
// The newest official page about shipping integrations describes a wizard of one page,
// older ones of several.
//
// https://apidocs.linnworks.net/docs/channel-integration-endpoint-user-config
// https://apidocs.linnworks.net/docs/shipping-integration-endpoint-user-config
type Step struct {
	// Name names the step in the protocol. It is not shown, and is neither "UserConfig"
	// nor "CONFIG".
	Name string
	// Title and Description are shown.
	Title, Description string
	Items              []ConfigItem
	// Check is optional. It is asked before the step is left, and whenever its items
	// are changed later, with the new values in the installation. A [RefusedError]
	// keeps the person on the page.
	Check func(context.Context, Installation) error
}

// ConfigItem is something that a person fills in. Shipping integrations have limits, in
// characters: 20 for the ID (see Options.ItemIDLimit of shippingapp), 50 for the Name,
// 100 for the Description, 255 for the Value.
type ConfigItem struct {
	// ID is unique within the installation, or the service.
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
	// Pattern, if any, must be found in the value, by the rules of Go and of those of
	// JavaScript and .NET, which Linnworks uses: begin it with ^ and end it with $.
	// PatternError is shown if it is not.
	Pattern, PatternError string
	Required, ReadOnly    bool
	// Values are those of a [ValueList].
	Values []ListValue
	// HidesHeader has Linnworks hide the setting of its own that Name names, such as
	// InventorySync. Only channel integrations have it.
	HidesHeader bool
}

// Choice is the value of a configuration item.
type Choice struct {
	ItemID string `json:"ConfigItemId"`
	Value  string `json:"SelectedValue"`
}

// ListValue is one of several values that a person can choose from.
type ListValue struct{ Display, Value string }

// ValueType is what may be filled in.
type ValueType string

// The types of values. Only channel integrations have addresses and buttons.
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
