// Package bridge keeps a TikTok Shop and Linnworks in step: orders, cancellations,
// tracking and stock, with as little for people to do as can be.
//
// Linnworks is the source of truth for stock and orders; TikTok Shop sells in
// bursts. The bridge exists to prevent what goes wrong between them: overselling,
// late or wrong tracking, a cancelled order shipped anyway, a bundle that blocks
// an order, a mismatch that nobody sees.
//
// # Begin here
//
// [NewSync] wires everything; what differs from client to client is in one JSON file
// ([Settings]). Errors are left out here:
//
//	settings, err := bridge.ReadSettingsFile("settings.json")
//	shop, err := tiktokadapter.New(tiktokClient, tiktokadapter.Options{})
//	warehouse, err := linnworksadapter.New(ctx, linnworksClient, linnworksadapter.Options{
//		SubSource: settings.SubSource, Service: settings.Services,
//	})
//	memory := new(bridge.Memory) // a database in a program that restarts
//	sync, err := bridge.NewSync(shop, warehouse, memory.Shop(settings.Shop), settings)
//	err = sync.Run(ctx) // until ctx ends; or sync.Step(ctx), from a scheduler of your own
//
// Then give the webhooks to [Sync.Hint], show [Sync.Health] and the cases of memory to
// people, and ask Sync.Gate before goods move. examples/embed is a whole service that
// does all of that, to be copied. To see it work before there are credentials, run
// examples/quickstart, or the service against examples/fakes.
//
// The rest of this page is for programs that need single parts, or parts of their own.
//
// # The parts
//
//	Intake           the shop's orders, each one, from webhooks as hints and a poll as truth
//	Importer         shop orders into the warehouse, one for one, held ones parked
//	References       which warehouse order an order became, shown in the shop
//	Gate             may these orders be committed to fulfilment now? 50 a call
//	Dispatcher       tracking and status to the shop, labels of the shop to the warehouse
//	DispatchQueue    what there is to dispatch, and what waits to be tried again
//	Deadlines        the shop's own clocks, and the rates that it judges the seller by
//	Canceller        cancellations into the warehouse, up to a cut-off; requests answered
//	Revoker          cancellations that start in the warehouse, into the shop
//	StatusTable      what to do, by shipping model, shop status and warehouse state
//
// and in packages of their own:
//
//	exceptions       what needs a person: owner, deadline, what to do
//	store            what must be remembered
//	catalogue        which item of the warehouse a listing sells; kits and bundles
//	stock            what the shop should show, publishing it, checking it
//	retention        orders that ended long ago forgotten
//	rates            orders that are over, counted for what the shop judges a seller by
//	policy           those measures, kinds of orders and collections, as data
//	shopstatus       what stops the sales of a whole shop
//	audit            both sides compared before anything is connected, and after
//	returns          what buyers want back, until it is answered
//	shadow           a rehearsal beside another integration
//	opspage          the page where people see what needs them
//	notify           cases told to chat channels and mailboxes
//	delivery         names of ways to deliver compared with both sides
//	stage            how far the warehouse has come with an order: the cut-off is one
//	money            exact amounts
//	health           how the runs of a part went
//	tiktokadapter    the ports over the TikTok Shop client
//	linnworksadapter the ports over the Linnworks client
//	bridgetest       suites for stores, and a lab that trades for days
//
// All have one shape: a constructor that takes ports and checked options, one
// verb with a context, a result that can be printed, logged and compared. No
// part starts a goroutine, except [Sync.Run] and [stock.Engine.Run], keeps a global, or
// depends on anything that is not in a port: it can be stopped between any two calls
// to the outside and run again, and running it twice leaves what running it once leaves.
// (A [stock.Book] and a [catalogue.Map] remember what was read, to save calls; a new one
// reads it again.) Every failure is a returned error, to be repeated by running
// the part again, or an exception in the queue, for what repeating cannot mend.
//
// # Ports
//
// A part asks for what it needs through interfaces of one to three methods in
// the words of this package: [OrderSource], [OrderBook], [catalogue.Source],
// [stock.Reader], [stock.Publisher] and so on. The packages tiktokadapter and
// linnworksadapter have the adapters for the two clients of this module; another
// warehouse, queue or database is another implementation. [store.Memory] and
// [exceptions.Memory] keep the state of one process.
//
// # Money, time, quantities
//
// Money is [money.Amount], in minor units. Moments are UTC. Quantities are integers,
// ids are strings.
//
// # Buyers' data
//
// It is in [Address] and [Private] alone. Both print, log and encode as a
// placeholder, so that results, exceptions and errors can go anywhere. An order
// therefore does not survive JSON: put its id into a queue, not the order.
//
// # What an order is worth
//
// The total of an order in Linnworks is what the buyer paid plus what others
// funded: the platform's discounts on goods and shipping, and a payment
// provider's. Goods are priced at that, with tax that comes on top (US) in the
// price and its rate beside it; shipping is the postage; every fee is a service
// line of its own. The extended properties of the order, all named tiktok.*,
// have each amount as the shop stated it, and two to check:
//
//	total = tiktok.paid + tiktok.platform_funded - tiktok.cancelled
//	tiktok.residual = 0
//
// A residual means that the shop has an amount that the bridge does not know. The
// total is right all the same; finance is told.
//
// # Masked addresses
//
// TikTok shows no address, or asterisks, until an order may be shipped: such an
// order goes in without one, and gets it when it is released. Where TikTok's own
// carrier delivers, parts stay masked for good (all of it in the US, name and
// telephone elsewhere), and addresses of strangers look alike. Linnworks' auto-merge
// joins open orders of one name and address every 15 minutes: two buyers would
// share a parcel, and one order's label would be lost. Every order of TikTok
// Shipping, and every other with a masked address, therefore carries its order id
// behind the name of the recipient. Orders of the seller's own shipping can be
// merged; a merged order keeps the ids of its shop orders in its properties.
//
// # One look
//
// An order is looked at on both sides once, and what is due is done by that look: [TakeOrders]
// has the [Importer] read up to 200 orders together, the shop's by the intake's own reading
// and the warehouse's by their ids in one call. Import and release are steps of that look,
// and the [Canceller] begins with it. Whoever has done something about an order looks again:
// import, cancellation, and import once more of what lives on. What keeps changing is on the
// intake's list, and its next run goes on with it.
//
// A [Sync] has two batches of up to 100 orders at work at once, see [IntakeOptions.AtOnce]:
// while the warehouse creates the orders of one, as fast as its limit allows, the other is
// looked at or written down. No order is in both.
//
// A look lasts five seconds, and no longer than until somebody writes into the order's
// record that he did something about it. Some steps look for themselves, on purpose:
//
//   - Before a request of a buyer is granted, the order is held and looked for by its
//     reference: the ids do not tell of a copy of it, or of one that people made by hand.
//   - An order that is cancelled and open, not parked, is looked at right before it is
//     cancelled: it may be printed at any moment. The reference is also looked for after
//     each deed, one call an order: Linnworks takes no more.
//   - The [Dispatcher] is told of orders by the warehouse, minutes or days after they were
//     imported. It takes one look at a batch of its own: all permits with one call, all
//     orders of the warehouse with one. A permit of the [Gate] is never older than the
//     question.
//
// What the shop shows as cancelled goes on being handed to the canceller for as long as it
// changes. Once the canceller has written down that nothing of it is left, it goes by the
// importer's look.
//
// # What waits
//
// What could not be done is on a list in the store, and one rule says when it is tried
// again: orders and requests to cancel of the [Intake], parcels of the [DispatchQueue],
// and what the warehouse has cancelled, of the [Revoker].
//
//   - What failed waits a minute, twice as long after each try, and a quarter of an hour
//     at most. So does a parcel that was raised or held, as Linnworks does not tell when
//     its tracking number is entered.
//   - Other orders that a person has to do something about are looked at every quarter of
//     an hour. All that were raised are tried by the next run once no case is open about
//     them. What fails keeps its waits when its case is resolved.
//   - A person is told when an order has failed five times, a parcel twenty times; and
//     before its deadline, for which no wait is too long: when it fails with less than four
//     hours left, and of parcels a day, eight and two hours before. Orders that cannot
//     even be tried are told of too.
//   - The bridge goes on for a week after the deadline, with orders of the shop without
//     end. It gives up on nothing that no person was told of.
//
// [IntakeOptions] and [DispatchQueueOptions] have other numbers for who wants them.
//
// # Several processes
//
// Ledger, locks and exceptions are then on a database that all share. Importer,
// Dispatcher and Canceller take one lock for one order, and look at both sides
// again once they have it, before anything is done that cannot be undone; give
// the importer an [OrderSource] for that. Their clocks must agree: a
// reservation is released by comparing two moments of two of them.
package bridge
