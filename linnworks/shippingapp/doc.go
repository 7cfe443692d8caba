// Package shippingapp serves Linnworks' Shipping Integration protocol: Linnworks
// calls your program when somebody in the warehouse presses "print", and prints the
// label that it answers.
//
// Bring a [Courier], which makes labels and cancels them, and say who may install
// the integration. The [Handler] does the rest: installations with a token each, the
// set-up wizard, answers in time, one label for an order however often "print" is
// pressed, a log without buyers' data.
//
//	app, err := shippingapp.New(shippingapp.Ports{
//		Courier: courier,
//		Admit:   shippingapp.OnlyAccounts("f0c4e1a2-..."),
//	}, shippingapp.Options{Log: slog.Default()})
//	mux.Handle("/shipping/", app)
//	...
//	manifest, err := app.Manifest("https://labels.example.com/shipping") // for developer.linnworks.com
//
// The address has to be https, with a certificate of a public authority.
//
// # What people see
//
// An error of the courier ends at a person who holds a parcel, as the order's label
// error. A [RefusedError] is shown word for word; of any other error people see that
// something is broken, and a reference that the log has too.
//
// # Ten seconds
//
// Linnworks stops waiting after ten seconds. The handler answers before that,
// whatever the courier does: a label that takes longer goes on being made, and the
// next press of the button finds it, or is told once more that it is on its way.
//
// # What is certain and what is not
//
// The protocol follows Linnworks' documentation and the templates that Linnworks has
// published. Where these differ the handler reads both: a token with or without
// dashes, the order of a cancelled label by its number in OrderReference or OrderId or
// by its reference, the choices of a service as ServiceConfigItems or SaveConfigItems, an extended property by its name
// or by its name with a number behind it. What it cannot read both ways is an option:
// [Options.ItemIDLimit], [Options.DashedTokens]. Nothing here was tried with a live
// account; linnworkstest presses the buttons as the documents have it.
//
// https://apidocs.linnworks.net/docs/manifest-parameters-1
package shippingapp
