// Package pulled is the bridge for a Linnworks that comes for its orders: Linnworks
// calls a channel integration every ten minutes, and is not written to. A client
// chooses the way with one line: the warehouse is wrapped before the [bridge.Sync] is
// made, everything else stays as it is.
//
//	warehouse, err := linnworksadapter.New(ctx, client, linnworksadapter.Options{
//		SubSource: "Main", // the name of the integration; the channel is TIKTOKBRIDGE
//	})
//	memory := db.Shop(settings.Shop) // of package sqlstore, or a bridge.Memory
//	pulling, err := pulled.NewWarehouse(warehouse, memory, pulled.WarehouseOptions{})
//	sync, err := bridge.NewSync(shop, pulling, memory, settings)
//	channel, err := pulled.NewChannel(pulled.Ports{
//		Warehouse: pulling, Orders: shop, Importer: sync.Importer, Gate: sync.Gate, Values: memory, Hint: sync.Hint,
//		Dispatcher: sync.Dispatcher, Revoker: sync.Revoker,
//		Listings: shop, Catalogue: sync.Catalogue, Touch: sync.Stock.Touch,
//	}, pulled.Options{})
//	ports := warehouse.ChannelPorts(channel)
//	ports.Admit = channelapp.OnlyAccounts("f0c4e1a2-...")
//	ports.Installations = db.ChannelInstallations() // to outlive a restart
//	app, err := channelapp.New(ports, channelapp.Options{Log: slog.Default()})
//
// The program in examples/service does this for a shop whose settings have
// linnworks_pulls.
//
// # What stays the same
//
// Orders are mapped by [bridge.MapOrder], reserved, recorded and raised by the same
// [bridge.Importer]: only that the id of a new order waits in the memory of the shop until
// Linnworks comes for it. Then the order is read again, mapped again, and passes the gate
// under its lock. So nothing about buyers is kept, and any process of several on one store
// can be called.
// Despatches go through the same [bridge.Dispatcher], with its gate; cancellations
// through the same [bridge.Revoker], with its lock; stock through the same
// stock.Engine, with its buffers and reservations. What Linnworks says in a call is
// believed as little as a webhook: the call says when to look, and the look is at both
// sides.
//
// # What does not
//
// bridge/README.md has a table of what each way can do. In short: orders arrive up to
// a quarter of an hour later; the location and the links of lines to items are
// Linnworks' own choice. Linnworks' own API has to be reachable all the same, to look.
package pulled
