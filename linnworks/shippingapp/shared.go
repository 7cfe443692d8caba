package shippingapp

import (
	"context"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/integration"
)

// What the channel integration has too, see package integration.
type (
	// Account is who wants to install the integration.
	Account = integration.Account
	// Installation is the integration as one customer has set it up. One Linnworks
	// account may have several.
	Installation = integration.Installation
	// Installations keeps installations.
	Installations = integration.Installations
	// RefusedError is an error for people, who read Text and nothing else.
	RefusedError = integration.RefusedError
	// Step is a page of the set-up wizard.
	Step = integration.Step
	// ConfigItem is something that a person fills in, for an installation or a service.
	ConfigItem = integration.ConfigItem
	// ListValue is one of several values that a person can choose from.
	ListValue = integration.ListValue
	// Choice is the value of a configuration item.
	Choice = integration.Choice
	// ValueType is what may be filled in.
	ValueType = integration.ValueType
)

// StepComplete is the step of an installation that has been set up, under which
// Linnworks shows all its items to be changed.
const StepComplete = integration.ShippingComplete

// The types of values.
const (
	ValueString   = integration.ValueString
	ValueInt      = integration.ValueInt
	ValueDouble   = integration.ValueDouble
	ValueBoolean  = integration.ValueBoolean
	ValuePassword = integration.ValuePassword
	ValueList     = integration.ValueList
)

// OnlyAccounts returns a [Ports.Admit] that admits the Linnworks accounts with the ids
// given, written with or without dashes. Another learns no more than that.
func OnlyAccounts(ids ...linnworks.GUID) func(context.Context, Account) error {
	return integration.OnlyAccounts(ids...)
}

// Refuse returns a [RefusedError].
func Refuse(text string) error { return integration.Refuse(text) }
