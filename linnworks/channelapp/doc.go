// Package channelapp serves Linnworks' Channel Integration protocol: Linnworks calls
// your program for the orders of a sales channel, and tells it of despatches, stock,
// prices, cancellations and refunds.
//
// Bring the [Ports]: who may install the integration, where the orders are, who takes
// despatches; the others are optional. The [Handler] does the rest: installations with
// a token each, the set-up wizard, every spelling that documents and live accounts
// have, an answer for every row of a batch, answers in time, a log without buyers'
// data.
//
//	app, err := channelapp.New(channelapp.Ports{
//		Admit:    channelapp.OnlyAccounts("f0c4e1a2-..."),
//		Orders:   shop,
//		Despatch: shop,
//	}, channelapp.Options{Log: slog.Default()})
//	mux.Handle("/channel/", app)
//	...
//	manifest, err := app.Manifest("https://channel.example.com/channel") // for developer.linnworks.com
//
// The address has to be https, with a certificate of a public authority.
//
// # When Linnworks calls
//
// AddNewUser and the wizard when somebody presses "Integrate"; Orders every 10 to 15
// minutes; Despatch in batches after orders were processed, if "Despatch Notes" is
// switched on in the channel's settings; Products every 12 hours and on request;
// InventoryUpdate and PriceUpdate when something changed; PostSaleOptions, Cancel and
// Refund when people cancel or refund there. Whether an error that was answered to
// Despatch or InventoryUpdate is tried again no document tells: do not rely on it.
//
// # Ten seconds
//
// Linnworks stops waiting after ten seconds. The handler answers before that, whatever
// the ports do. The context of a port ends a little earlier, so that a port that heeds
// it still has its say about every row.
//
// # What people see
//
// Errors end in Linnworks' error log and on the order's audit trail. A [RefusedError]
// is shown word for word; of any other error people see that something is broken, and a
// reference that the log has too.
//
// # What is certain and what is not
//
// The protocol follows Linnworks' documentation, its sample channel, and two live
// applications. Where these differ the handler reads both: AuthorizationToken and
// AuthorisationToken, SaveConfig and SaveUserConfig, dates with T, with a blank or as
// /Date(ms)/, numbers in quotes, despatches with Packages or with Items alone, prices
// as Products or Inventory. The form of the locations in [MultiLocation] is a guess of
// ours, and how an order names its location is not known. Listings (the protocol's
// listing tool) are not served. Nothing here was tried with a live account;
// linnworkstest presses the buttons as the documents have it.
//
// https://apidocs.linnworks.net/docs/endpoints-general
package channelapp
