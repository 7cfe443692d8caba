package structure

import (
	"path"
	"slices"
)

// room is a package under bridge.
type room struct {
	path string // within the module
	// uses are the packages of this module that it may import.
	uses     []string
	subjects []subject
}

// subject is a group of files that are about one thing.
type subject struct {
	name  string
	files []string // patterns of their names
}

func (s subject) has(file string) bool {
	return slices.ContainsFunc(s.files, func(pattern string) bool {
		ok, err := path.Match(pattern, file)
		return ok && err == nil
	})
}

// one is a room that has one subject.
func one(name string) []subject { return []subject{{name, []string{"*.go"}}} }

// rooms are all packages under bridge. Each may use only rooms above it, and so may
// the subjects of a room. A new package or file needs a place here.
var rooms = []room{
	{path: "bridge/internal/part", subjects: one("nuts and bolts")},
	{path: "bridge/internal/table", subjects: one("much that is remembered in little room")},
	{path: "bridge/money", uses: []string{"bridge/internal/part"}, subjects: one("amounts")},
	{path: "bridge/stage", subjects: one("how far an order is")},
	{path: "bridge/health", uses: []string{"bridge/internal/part"}, subjects: one("health")},
	{path: "bridge/policy", uses: []string{"bridge/internal/part"}, subjects: one("what the platform and the client demand, as data")},
	{path: "bridge/exceptions", uses: []string{"bridge/internal/part"}, subjects: []subject{
		{"errors", []string{"refused.go", "unreadable.go", "later.go"}},
		{"kinds and cases", []string{"doc.go", "exception.go", "kind*.go", "case.go", "closing.go", "batch.go", "escalate.go", "json.go"}},
		{"the memory of one process", []string{"memory.go"}},
	}},
	{path: "bridge/store", uses: []string{"bridge/internal/part"}, subjects: []subject{
		{"what is remembered", []string{"doc.go", "store.go", "record.go", "ledger.go", "feed.go", "labels.go", "locks.go"}},
		{"the memory of one process", []string{"memory*.go"}},
	}},
	{path: "bridge/catalogue", uses: []string{"bridge/internal/part", "bridge/internal/table", "bridge/health", "bridge/exceptions"}, subjects: []subject{
		{"listings and items", []string{"doc.go", "catalogue.go", "listing.go", "measure.go", "place.go"}},
		{"kits", []string{"kit.go", "compare.go", "problem.go"}},
		{"which sells which", []string{"match*.go", "map*.go"}},
	}},
	{path: "bridge/stock", uses: []string{"bridge/internal/part", "bridge/internal/table", "bridge/health", "bridge/exceptions", "bridge/store", "bridge/catalogue"}, subjects: []subject{
		{"quantities", []string{"doc.go", "levels.go", "shown.go", "quantities.go"}},
		{"buffers", []string{"buffer*.go"}},
		{"what is sold on the way", []string{"flight.go"}},
		{"the book", []string{"book*.go", "options.go", "stats.go"}},
		{"the plan", []string{"plan*.go"}},
		{"the check", []string{"check*.go", "classify.go"}},
		{"the engine", []string{"engine.go", "queue.go", "reader.go", "locked.go", "mass_zero.go", "zeroed.go", "publish.go", "pass.go", "run.go"}},
	}},
	{path: "bridge/shopstatus", uses: []string{"bridge/internal/part", "bridge/health", "bridge/exceptions"}, subjects: one("what stops a whole shop")},
	{path: "bridge/claims", uses: []string{"bridge/internal/part", "bridge/exceptions", "bridge/money"}, subjects: one("limits of claims")},
	{path: "bridge/returns", uses: []string{"bridge/internal/part", "bridge/health", "bridge/exceptions", "bridge/money", "bridge/policy", "bridge/store", "bridge/claims"}, subjects: []subject{
		{"what buyers want back", []string{"returns.go", "rules.go", "watch.go"}},
		{"the mirror in the warehouse", []string{"warehouse.go", "amounts.go", "state.go", "mirror.go", "cancelled.go", "receive.go"}},
	}},
	{path: "bridge/notify", uses: []string{"bridge/internal/part", "bridge/health", "bridge/policy", "bridge/exceptions", "bridge/store"}, subjects: []subject{
		{"messages", []string{"doc.go", "message.go"}},
		{"senders", []string{"webhook.go", "mail.go"}},
		{"who is told when", []string{"notify.go", "ladder.go", "digest.go"}},
		{"who is told, in a file", []string{"people.go"}},
	}},
	{path: "bridge/delivery", uses: []string{"bridge/internal/part"}, subjects: one("names of ways to deliver")},
	{path: "bridge/retention", uses: []string{"bridge/internal/part", "bridge/health", "bridge/exceptions", "bridge/store"}, subjects: one("forgetting")},
	{path: "bridge/rates", uses: []string{"bridge/internal/part", "bridge/policy", "bridge/store"}, subjects: one("orders that are over, counted")},
	{path: "bridge/finance", uses: []string{"bridge/internal/part", "bridge/health", "bridge/money", "bridge/exceptions", "bridge/store"}, subjects: []subject{
		{"what is read", []string{"doc.go", "statement.go"}},
		{"what names and reasons mean", []string{"category.go", "reason.go", "feerules.go", "options.go"}},
		{"equations and reports", []string{"signs.go", "equation.go", "report.go", "payout.go", "balance.go", "order.go", "feecheck.go", "reserve.go"}},
		{"the journal", []string{"journal.go", "month.go", "text.go"}},
		{"reading", []string{"read.go"}},
		{"cases", []string{"cases.go"}},
		{"watching", []string{"watch.go"}},
	}},
	{path: "bridge/audit", uses: []string{"bridge/internal/part", "bridge/health", "bridge/money", "bridge/exceptions", "bridge/store", "bridge/catalogue", "bridge/stock", "bridge/delivery", "bridge/shopstatus", "bridge/finance"}, subjects: one("both sides compared")},
	{path: "bridge", uses: []string{
		"bridge/delivery", "bridge/audit", "bridge/retention", "bridge/rates", "bridge/returns", "bridge/finance", "bridge/claims",
		"bridge/internal/part", "bridge/health", "bridge/exceptions", "bridge/store", "bridge/catalogue", "bridge/money", "bridge/policy", "bridge/shopstatus", "bridge/stage", "bridge/stock",
	}, subjects: []subject{
		{"orders on both sides", []string{"doc.go", "order.go", "warehouse.go", "shares.go", "look.go", "levels.go", "worklist.go", "contained.go", "status.go", "results.go", "evidence.go"}},
		{"cancellations", []string{"cancellation*.go", "removal.go", "revoke*.go"}},
		{"import", []string{"mapping.go", "import*.go"}},
		{"the gate", []string{"gate.go"}},
		{"deadlines", []string{"rates.go", "deadlines.go"}},
		{"dispatch", []string{"dispatch*.go", "labels.go", "corrections.go"}},
		{"references", []string{"references.go"}},
		{"intake", []string{"intake*.go"}},
		{"the sync of all", []string{"sync*.go", "settings*.go", "memory.go"}},
	}},
	{path: "bridge/shadow", uses: []string{"bridge/internal/part", "bridge/health", "bridge/exceptions", "bridge/store", "bridge/catalogue", "bridge/stock", "bridge"}, subjects: one("a rehearsal beside another integration")},
	{path: "bridge/appeal", uses: []string{"bridge/internal/part", "bridge/exceptions", "bridge/store", "bridge"}, subjects: one("what proves what happened")},
	{path: "bridge/opspage", uses: []string{"bridge/internal/part", "bridge/health", "bridge/exceptions", "bridge/store", "bridge/stock", "bridge/audit", "bridge/finance", "bridge", "bridge/appeal"}, subjects: one("the page for people")},
	{path: "bridge/printing", uses: []string{"bridge/internal/part", "bridge/exceptions", "bridge/store", "bridge"}, subjects: []subject{
		{"what a dispatch learns", []string{"heard.go", "together.go"}},
		{"the print button", []string{"printing.go", "shops.go"}},
	}},
	{path: "bridge/pulled", uses: []string{"bridge/internal/part", "bridge/exceptions", "bridge/store", "bridge/catalogue", "bridge"}, subjects: []subject{
		{"what waits to be pulled", []string{"doc.go", "warehouse.go"}},
		{"what Linnworks calls", []string{"channel.go", "pull.go"}},
	}},
	{path: "bridge/release", uses: []string{
		"bridge/internal/part", "bridge/health", "bridge/policy", "bridge/stage", "bridge/exceptions", "bridge/store", "bridge/delivery", "bridge",
	}, subjects: one("release to print")},
	{path: "bridge/tiktokadapter", uses: []string{
		"tiktokshop", "bridge/delivery", "bridge/internal/part", "bridge/money", "bridge/policy", "bridge/rates", "bridge/exceptions", "bridge/shopstatus", "bridge/returns", "bridge/claims", "bridge/store", "bridge/catalogue", "bridge/stock", "bridge/finance", "bridge/audit", "bridge",
	}, subjects: []subject{
		{"amounts and addresses", []string{"doc.go", "money.go", "address.go", "parcel.go"}},
		{"the shop", []string{"shop.go", "unreadable.go"}},
		{"orders", []string{"orders.go"}},
		{"cancellations", []string{"cancellations.go"}},
		{"returns", []string{"returns.go", "refunds.go"}},
		{"shipping", []string{"shipping.go"}},
		{"references", []string{"references.go"}},
		{"stock", []string{"stock.go", "states.go", "bundles.go"}},
		{"what stops the whole shop", []string{"status.go"}},
		{"webhooks", []string{"webhooks.go"}},
		{"for audits", []string{"setup.go", "reconcile.go"}},
		{"finance", []string{"finance.go"}},
	}},
	{path: "bridge/linnworksadapter", uses: []string{
		"linnworks", "linnworks/shippingapp", "linnworks/channelapp",
		"bridge/delivery", "bridge/internal/part", "bridge/internal/table", "bridge/money", "bridge/stage", "bridge/exceptions", "bridge/store", "bridge/catalogue", "bridge/stock", "bridge/finance", "bridge/returns", "bridge/audit", "bridge", "bridge/printing", "bridge/release", "bridge/pulled",
	}, subjects: []subject{
		{"the warehouse", []string{"doc.go", "warehouse.go"}},
		{"orders", []string{"orders.go"}},
		{"creating orders", []string{"create.go"}},
		{"returns", []string{"returns.go"}},
		{"cancellations", []string{"cancellations.go"}},
		{"shipping", []string{"shipping.go"}},
		{"the print button", []string{"printbutton.go"}},
		{"the channel integration", []string{"channel*.go"}},
		{"stock", []string{"levels.go", "measures.go", "stock.go"}},
		{"the printing view", []string{"printview.go"}},
		{"finance", []string{"finance.go"}},
		{"for audits", []string{"setup.go", "reconcile.go"}},
	}},
	{path: "bridge/internal/world", uses: []string{"bridge/money", "bridge/stage", "bridge/exceptions", "bridge/store", "bridge/catalogue", "bridge/stock", "bridge"}, subjects: one("the fake world")},
	{path: "bridge/bridgetest", uses: []string{
		"tiktokshop", "tiktokshop/tiktokshoptest", "linnworks", "linnworks/linnworkstest",
		"bridge/stage", "bridge/exceptions", "bridge/store", "bridge/catalogue", "bridge/stock", "bridge", "bridge/finance", "bridge/returns", "bridge/printing", "bridge/release", "bridge/tiktokadapter", "bridge/linnworksadapter",
	}, subjects: []subject{
		{"stores", []string{"doc.go", "stores*.go"}},
		{"the lab", []string{"lab*.go", "live.go", "shelves.go", "world.go", "network.go", "people.go", "trades.go", "printing.go", "pass.go", "truth.go", "books.go", "charges.go", "plantederrors.go", "verdict.go"}},
	}},
	{path: "bridge/internal/ways", subjects: one("ways in which people and a program are interleaved")},
	{path: "bridge/internal/structure", subjects: one("this test")},
	{path: "bridge/internal/planted", subjects: one("planted bugs")},
}
