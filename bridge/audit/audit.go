// Package audit compares a shop with a warehouse before anything is connected, before a
// promotion, and on a schedule after that.
//
// [Run] reads both sides and writes to neither. Its [Report] has what would cost a sale,
// an order or a unit of stock, each of a closed set of rules ([Rules]), with who mends it
// and what to enter where:
//
//	report, err := audit.Run(ctx, audit.Ports{Listings: shop, Items: warehouse}, audit.Options{})
//	fmt.Print(report)
//	err = report.WriteCSV(w)
//
// Both sides are read at the same time where what is read of one does not rest on the
// other. Give Run a context of tiktokshop.Bulk, which both clients know, and everything else
// that uses the same quotas goes before. At the limits that Linnworks publishes, the calls
// for 40,000 listings take 5:52 minutes on the warehouse's side, which is the slower one,
// and the audit 6:04 (TestSpeed with -listings 40000).
//
// What a port is not there for is not looked at, and what could not be read is in
// [Report.Unread]: a report is only clean if it is complete too, see [Report.Clean].
//
// Ports from Grants on are for how both accounts are set up, Orders and Booked for the
// orders of a period on both sides, Shelf for the stock that is shown. A [Watch] does all of
// it on a schedule, raises cases and closes them. [Report.WriteImport] writes what Linnworks
// can import.
//
// With [Options.Promotion] the report says of each SKU that is going to be promoted
// whether it can be sold.
package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/delivery"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/finance"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/shopstatus"
	"github.com/linnbridge/linnbridge/bridge/stock"
)

// Rule is what a finding breaks. The set is closed: [Rules] lists it.
type Rule string

// The rules.
const (
	NoItem            Rule = "listing without an item"
	AmbiguousItem     Rule = "listing of several items"
	BrokenKit         Rule = "kit that cannot be made"
	SpeltDifferently  Rule = "SKU spelt differently"
	NoComposite       Rule = "bundle without a composite"
	BundleDiffers     Rule = "bundle differs from its composite"
	ItemGone          Rule = "item archived or deleted"
	ItemUntracked     Rule = "item without stock tracking"
	LevelMissing      Rule = "item without a stock level"
	ItemListedTwice   Rule = "item listed more than once"
	NoSellerSKU       Rule = "listing without a seller SKU"
	UnmappedWarehouse Rule = "warehouse without a location"
	UnknownName       Rule = "setting names nothing"
	ShopStopped       Rule = "shop does not sell"
	UnreadableListing Rule = "product that cannot be read"
	NotListed         Rule = "promoted and not listed"
	NothingFree       Rule = "promoted and not in stock"

	ScopeMissing     Rule = "scope not granted"
	ConsentEnds      Rule = "authorisation ends soon"
	WebhookOff       Rule = "webhook not set"
	WebhookElsewhere Rule = "webhook goes elsewhere"
	NativeChannel    Rule = "second integration is on"
	ChannelFights    Rule = "channel setting fights with the bridge"
	UnmappedLocation Rule = "stock location that feeds nothing"
	OptionUnmapped   Rule = "delivery option without a service"
	ServiceUnmapped  Rule = "service without a provider"
	CarrierInactive  Rule = "carrier not active for this shop"
	NoLabelRoute     Rule = "shipping model without labels"
	WarehouseOff     Rule = "warehouse of the shop switched off"
	NoPickUp         Rule = "no pick-up warehouse"
	NoReturns        Rule = "no return warehouse"
	NoDelivery       Rule = "warehouse without a delivery option"
	NoTemplate       Rule = "no shipping template"
	TaxForm          Rule = "tax form not in order"
	NoCurrencyRate   Rule = "currency without a rate"
	OrderLimitNear   Rule = "daily order limit near"
	ClockDiffers     Rule = "clocks differ"
	NoHeadroom       Rule = "calls refused for their pace"

	OrderMissing  Rule = "order missing in Linnworks"
	OrderUnknown  Rule = "order unknown to the shop"
	OrderDoubled  Rule = "order doubled in Linnworks"
	OrderStates   Rule = "states of an order disagree"
	OrderLines    Rule = "lines of an order differ"
	OrderTotal    Rule = "total of an order differs"
	OrderTracking Rule = "tracking of an order differs"
	StockHigh     Rule = "more shown than there should be"
	StockLow      Rule = "less shown than there should be"
)

// Info is what there is to know about a rule.
type Info struct {
	Rule     Rule
	Owner    exceptions.Owner
	Severity exceptions.Severity
	// Costs is what happens if nobody mends it.
	Costs string
	// Raised reports that the running bridge raises it by itself, so that a [Watch] makes
	// no second case of it.
	Raised bool
}

// rules is the table, in the order of the report's summary.
var rules = []Info{
	{NoItem, exceptions.OwnerEcommerce, exceptions.Urgent, "its orders cannot be imported, and its stock is not set", true},
	{AmbiguousItem, exceptions.OwnerEcommerce, exceptions.Urgent, "nobody knows what to send: its orders wait for a person", true},
	{BrokenKit, exceptions.OwnerEcommerce, exceptions.Urgent, "its orders cannot be imported, and its stock is not set", true},
	{ItemGone, exceptions.OwnerEcommerce, exceptions.Urgent, "the warehouse does not pick it, and shows no stock of it", false},
	{NotListed, exceptions.OwnerEcommerce, exceptions.Urgent, "nobody can buy what is promoted", false},
	{NothingFree, exceptions.OwnerEcommerce, exceptions.Urgent, "it is sold out before the promotion begins", false},
	{ShopStopped, exceptions.OwnerEcommerce, exceptions.Urgent, "everything is shown as sold out", true},
	{UnmappedWarehouse, exceptions.OwnerIntegration, exceptions.Urgent, "stock in that warehouse of the shop is never set", true},
	{UnknownName, exceptions.OwnerIntegration, exceptions.Urgent, "the bridge does not start with these settings", false},
	{ScopeMissing, exceptions.OwnerIntegration, exceptions.Urgent, "every call that needs it fails", false},
	{NativeChannel, exceptions.OwnerIntegration, exceptions.Urgent, "orders come in twice, and two programs write stock", false},
	{ChannelFights, exceptions.OwnerIntegration, exceptions.Urgent, "Linnworks undoes what the bridge does", false},
	{NoLabelRoute, exceptions.OwnerIntegration, exceptions.Urgent, "its orders cannot be sent", false},
	{WarehouseOff, exceptions.OwnerEcommerce, exceptions.Urgent, "nothing sells from there", false},
	{NoPickUp, exceptions.OwnerEcommerce, exceptions.Urgent, "nothing can be sold", false},
	{NoDelivery, exceptions.OwnerEcommerce, exceptions.Urgent, "nothing sells from there", false},
	{NoTemplate, exceptions.OwnerEcommerce, exceptions.Urgent, "nothing can be listed", false},
	{CarrierInactive, exceptions.OwnerIntegration, exceptions.Warning, "the shop takes its tracking numbers for invalid, and the orders for late", false},
	{ServiceUnmapped, exceptions.OwnerIntegration, exceptions.Warning, "tracking numbers of its parcels wait for a person", false},
	{OptionUnmapped, exceptions.OwnerIntegration, exceptions.Warning, "its orders have no postal service until somebody chooses one", false},
	{ConsentEnds, exceptions.OwnerIntegration, exceptions.Warning, "from that day on every call fails", false},
	{WebhookElsewhere, exceptions.OwnerIntegration, exceptions.Warning, "orders and cancellations are seen by the next poll only", false},
	{ClockDiffers, exceptions.OwnerIntegration, exceptions.Warning, "the shop refuses calls at five minutes, and units are held back long before", false},
	{NoHeadroom, exceptions.OwnerIntegration, exceptions.Warning, "in a burst stock and cancellations are late", false},
	{NoReturns, exceptions.OwnerEcommerce, exceptions.Warning, "buyers do not know where to send goods back", false},
	{TaxForm, exceptions.OwnerFinance, exceptions.Warning, "the shop may hold payouts back", false},
	{NoCurrencyRate, exceptions.OwnerFinance, exceptions.Warning, "Linnworks counts its orders at a rate of one", false},
	{OrderLimitNear, exceptions.OwnerEcommerce, exceptions.Warning, "everything is shown as sold out for the rest of a busy day", false},
	{OrderMissing, exceptions.OwnerIntegration, exceptions.Urgent, "nobody sends it, and the shop cancels it", false},
	{OrderDoubled, exceptions.OwnerWarehouse, exceptions.Urgent, "two parcels leave for one sale", false},
	{OrderLines, exceptions.OwnerWarehouse, exceptions.Urgent, "the buyer gets something else than was ordered", false},
	{StockHigh, exceptions.OwnerIntegration, exceptions.Urgent, "units are sold that are not there", false},
	{OrderStates, exceptions.OwnerCustomerService, exceptions.Warning, "a buyer waits, or goods leave that nobody pays for", false},
	{OrderUnknown, exceptions.OwnerIntegration, exceptions.Warning, "the shop is not told of its parcel", false},
	{OrderTracking, exceptions.OwnerWarehouse, exceptions.Warning, "the shop counts the number as invalid", false},
	{OrderTotal, exceptions.OwnerFinance, exceptions.Warning, "the payout will not match", false},
	{StockLow, exceptions.OwnerEcommerce, exceptions.Notice, "units that are there cannot be bought", false},
	{NoComposite, exceptions.OwnerEcommerce, exceptions.Warning, "its orders are imported as components, and reports miss the bundle", false},
	{BundleDiffers, exceptions.OwnerEcommerce, exceptions.Warning, "buyers get something else than the shop promised", false},
	{ItemUntracked, exceptions.OwnerEcommerce, exceptions.Warning, "there is no number to show in the shop", false},
	{LevelMissing, exceptions.OwnerWarehouse, exceptions.Warning, "it is left as it is in the shop", false},
	{UnreadableListing, exceptions.OwnerIntegration, exceptions.Warning, "nothing is known about it", true},
	{SpeltDifferently, exceptions.OwnerEcommerce, exceptions.Notice, "a second item of nearly the same SKU would stop its orders", true},
	{ItemListedTwice, exceptions.OwnerEcommerce, exceptions.Notice, "each listing shows all units of it: two buyers may get the last one", false},
	{WebhookOff, exceptions.OwnerIntegration, exceptions.Notice, "what it tells is seen by the next poll", false},
	{UnmappedLocation, exceptions.OwnerEcommerce, exceptions.Notice, "units that lie there are not sold in the shop", false},
	{NoSellerSKU, exceptions.OwnerEcommerce, exceptions.Notice, "people cannot find it by its SKU, and it needs a row in the table", false},
}

// Rules returns the closed set.
func Rules() []Info { return slices.Clone(rules) }

// Info returns the row of a rule.
func (r Rule) Info() (Info, bool) {
	i := slices.IndexFunc(rules, func(i Info) bool { return i.Rule == r })
	if i < 0 {
		return Info{Rule: r}, false
	}
	return rules[i], true
}

// Finding is something to mend.
type Finding struct {
	Rule     Rule
	Owner    exceptions.Owner
	Severity exceptions.Severity
	// Object is what it is about: a listing, an item, a warehouse of the shop, a setting.
	Object string
	// SKU is the SKU id of the listing, empty if it is about none.
	SKU string
	// Seen is what was found, Do what to do about it.
	Seen, Do string
	// Enter is what to enter, a row each: components of a composite, or the setting.
	Enter []string
	// Rows are the same for Linnworks to import, see [Report.WriteImport].
	Rows []Row
}

// String is one line for a log or a terminal.
func (f Finding) String() string {
	return fmt.Sprintf("[%s, %s] %s: %s: %s. To do: %s", f.Severity, f.Owner, f.Object, f.Rule, f.Seen, f.Do)
}

// MarshalJSON returns the finding for programs.
func (f Finding) MarshalJSON() ([]byte, error) { return part.JSON(f) }

// Ports are what is read. Listings and Items are required; what the others are for is
// not looked at without them.
type Ports struct {
	Listings catalogue.ListingSource
	Items    catalogue.ItemSource
	// Mappings are the links that the warehouse has to listings.
	Mappings catalogue.MappingSource
	// Bundles tells what the shop's bundles are made of, at a call for each product that
	// may be one: that has no item, or whose item is a kit.
	Bundles catalogue.BundleReader
	// Levels and States are the stock of items, and what became of those without.
	Levels stock.Reader
	States stock.ItemStates
	// Warehouses are those of the shop, Locations those of the warehouse.
	Warehouses, Locations catalogue.PlaceSource
	// Shop and Warehouse know the names of ways to deliver.
	Shop      delivery.Shop
	Warehouse delivery.Warehouse
	// Status reports whether the shop sells.
	Status shopstatus.Source

	// Name says which shop it is, for the head of the report.
	Name Named

	// Grants to Quotas are how both sides are set up for the bridge. Clocks are by the name
	// of the side.
	Grants    Grants
	Webhooks  Webhooks
	Setup     ShopSetup
	Models    ModelCounter
	Linnworks WarehouseSetup
	Clocks    map[string]Clock
	Quotas    Quotas

	// Orders and Booked are the orders of both sides, for [Options].OrdersFrom. Shelf is
	// what is shown in the shop.
	Orders ShopOrders
	Booked BookedOrders
	Shelf  Shelf
	// Refunds are what the warehouse has paid back: an order that was cancelled after it
	// had left, and is paid back there, is right on both sides. Without it, it is found.
	Refunds finance.RefundSource
}

// Options configure a run. All are optional.
type Options struct {
	// SKUs to LeaveAlone are the settings that are planned: see bridge.Settings. Without
	// Locations warehouses are not compared. Of items in KeepItems units are kept back
	// already, and listings in LeaveAlone have stock of their own.
	SKUs             map[string]string
	Locations        map[string][]string
	DefaultLocation  string
	PlatformLocation string
	Delivery         delivery.Names
	KeepItems        map[string]int
	LeaveAlone       []string
	// SellingStatuses are words of a shop that sells, besides [shopstatus.Selling].
	SellingStatuses []string
	// LocationsApart are stock locations whose stock is not for this shop.
	LocationsApart []string
	// Title is that of the report, Account the name of the Linnworks account that was read, as
	// whoever gets the report knows it. Default title [DefaultTitle].
	Title, Account string
	// Source and SubSource are those of the shop's orders in Linnworks, for mappings. Default
	// source [DefaultSource].
	Source, SubSource string
	// WebhookURL is where the bridge listens; empty if that is not known yet.
	WebhookURL string
	// LabelRoutes are the shipping models that the warehouse has labels for.
	LabelRoutes []string
	// OrdersPerDay is the shop's daily order limit, zero if none is known.
	OrdersPerDay int
	// TaxForms are further words for a tax form that is in order.
	TaxForms []string
	// OrdersFrom and OrdersTo are the period of which orders are compared: by when they were
	// created. Zero: none are.
	OrdersFrom, OrdersTo time.Time
	// Promotion are the seller SKUs or SKU ids that will be promoted.
	Promotion []string
	// Progress is told of each step as it begins.
	Progress func(step string)
	// Now replaces time.Now.
	Now func() time.Time
}

// Run reads both sides. A side that cannot be read is in [Report.Unread], and the rest
// is looked at all the same. The error is that of a missing port, or of ctx: the report
// then has what was found until then.
func Run(ctx context.Context, p Ports, o Options) (Report, error) {
	if err := part.Required("audit: Run", map[string]any{"Listings": p.Listings, "Items": p.Items}); err != nil {
		return Report{}, err
	}
	o.Now = part.Clock(o.Now)
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	r := &run{Ports: p, options: o, report: Report{At: o.Now().UTC(), Title: cmp.Or(oneLine(o.Title), DefaultTitle), Account: account(o)}, items: map[string]catalogue.Item{}, blocked: map[string]Rule{}}
	for _, step := range []struct {
		what  string
		do    func(context.Context) error
		need  bool
		rules []Rule // that it looks at
	}{
		{"name of the shop", r.name, p.Name != nil, nil},
		{"stock shown", r.shelf, p.Shelf != nil, nil},
		{"listings of the shop", r.listings, true, ofListings},
		{"items of the listings", r.match, true, []Rule{NoItem, AmbiguousItem, BrokenKit, SpeltDifferently, ItemListedTwice, NoSellerSKU, LevelMissing, ItemGone, ItemUntracked, NothingFree}},
		{"bundles of the shop", r.bundles, p.Bundles != nil, []Rule{NoComposite, BundleDiffers, NoItem, AmbiguousItem, BrokenKit}},
		{"stock of the items", r.stock, p.Levels != nil, []Rule{ItemGone, LevelMissing, ItemUntracked, NothingFree, UnmappedLocation}},
		{"warehouses, locations and ways to deliver", r.names, true, []Rule{UnknownName, UnmappedWarehouse}},
		{"status of the shop", r.status, p.Status != nil, []Rule{ShopStopped}},
		{"orders of the last days", r.orderLimit, p.Status != nil && o.OrdersPerDay > 0, []Rule{OrderLimitNear}},
		{"authorisation", r.grants, p.Grants != nil, []Rule{ScopeMissing, ConsentEnds}},
		{"webhooks", r.webhooks, p.Webhooks != nil, []Rule{WebhookOff, WebhookElsewhere}},
		{"set-up of the shop", r.shopSetup, p.Setup != nil, []Rule{WarehouseOff, NoPickUp, NoReturns, NoDelivery, NoTemplate, TaxForm, NoCurrencyRate}},
		{"channels of the warehouse", r.channels, p.Linnworks != nil, []Rule{NativeChannel, ChannelFights}},
		{"delivery options", r.deliveryOptions, p.Shop != nil && p.Warehouse != nil, []Rule{OptionUnmapped}},
		{"services in use", r.used, p.Linnworks != nil && p.Shop != nil && p.Warehouse != nil, []Rule{ServiceUnmapped, CarrierInactive}},
		{"shipping models in use", r.labelRoutes, p.Models != nil, []Rule{NoLabelRoute}},
		{"clocks", r.clocks, len(p.Clocks) > 0, []Rule{ClockDiffers}},
		{"calls refused", r.quotas, p.Quotas != nil, []Rule{NoHeadroom}},
		{"orders of both sides", r.orders, p.Orders != nil && p.Booked != nil && !o.OrdersFrom.IsZero(), nil},
		{"stock shown, again", r.shelfAgain, p.Shelf != nil, []Rule{StockHigh, StockLow}},
		{"promotion", r.promotion, len(o.Promotion) > 0, []Rule{NotListed, NothingFree}},
	} {
		if !step.need {
			r.cannotSay(step.rules...)
			continue
		}
		if err := ctx.Err(); err != nil {
			return r.end(), err
		}
		o.Progress(step.what)
		if err := step.do(ctx); err != nil {
			r.report.Unread = append(r.report.Unread, fmt.Sprintf("%s: %v", step.what, err))
			r.cannotSay(step.rules...)
		}
	}
	return r.end(), ctx.Err()
}

// ofListings are the rules that only a whole list of the shop's listings can say are kept.
var ofListings = []Rule{
	NoItem, AmbiguousItem, BrokenKit, SpeltDifferently, ItemListedTwice, NoSellerSKU, LevelMissing, ItemGone, ItemUntracked, NothingFree,
	NoComposite, BundleDiffers, UnmappedWarehouse, UnmappedLocation, NotListed, UnreadableListing,
}

// run is a run.
type run struct {
	Ports
	options Options
	report  Report

	list     []catalogue.Listing
	listsCut bool // there are more
	matches  catalogue.Matches
	items    map[string]catalogue.Item // of listings, by SKU id
	kits     map[string]bool           // SKU ids of bundles of the shop
	free     map[string]int            // units of listings, by SKU id; those that are known

	// mappings and levels are read while a step waits for the shop, nil if they are not.
	mappings *mappingsRead
	levels   *levelsRead

	blocked map[string]Rule // SKU ids that cannot be sold

	differed map[string]StockLine // what the shop shows wrongly, as it was read last
	noShelf  bool                 // nobody here knows what it shows
}

// cannotSayOf notes that this run does not know whether stock that is shown is right.
func (r *run) cannotSayOf(object string) {
	if r.report.unsureOf == nil {
		r.report.unsureOf = map[string]bool{}
	}
	for _, rule := range []Rule{StockHigh, StockLow} {
		r.report.unsureOf[Finding{Rule: rule, Object: object}.object()] = true
	}
}

// cannotSay notes rules of which not everything was looked at: they may be broken though
// nothing was found.
func (r *run) cannotSay(rules ...Rule) {
	if r.report.unsure == nil {
		r.report.unsure = map[Rule]bool{}
	}
	for _, rule := range rules {
		r.report.unsure[rule] = true
	}
}

func (r *run) find(rule Rule, object, sku, seen, do string, enter ...string) {
	info, _ := rule.Info()
	r.report.Findings = append(r.report.Findings, Finding{
		Rule: rule, Owner: info.Owner, Severity: info.Severity, Object: object, SKU: sku, Seen: seen, Do: do, Enter: enter,
	})
	if info.Severity == exceptions.Urgent && sku != "" {
		r.blocked[sku] = rule
	}
}

// DefaultTitle is the title of a report.
const DefaultTitle = "Audit of TikTok Shop and Linnworks"

// account is what a report says of the Linnworks account: its name, and the channel of the
// shop's orders in it.
func account(o Options) string {
	channel := "channel " + cmp.Or(o.Source, DefaultSource)
	if o.SubSource != "" {
		channel += ", " + o.SubSource
	}
	if name := oneLine(o.Account); name != "" {
		return name + " (" + channel + ")"
	}
	return channel
}

// oneLine is a text without what breaks lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// name asks which shop it is.
func (r *run) name(ctx context.Context) error {
	shop, err := r.Name.ShopName(ctx)
	r.report.Shop = ShopName{ID: shop.ID, Name: oneLine(shop.Name), Region: shop.Region}
	return err
}

// end sorts the report.
func (r *run) end() Report {
	r.report.Ended = r.options.Now().UTC()
	slices.SortStableFunc(r.report.Findings, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(slices.Index(exceptions.Owners, a.Owner), slices.Index(exceptions.Owners, b.Owner)),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Object, b.Object), cmp.Compare(a.SKU, b.SKU),
		)
	})
	return r.report
}

// listings reads what the shop has for sale, and what the warehouse has linked to it.
func (r *run) listings(ctx context.Context) (err error) {
	part.SideBySide(func() { err = r.shopListings(ctx) }, func() {
		if r.Mappings != nil {
			r.mappings = readMappings(ctx, r.Mappings)
		}
	})
	return err
}

func (r *run) shopListings(ctx context.Context) error {
	seen := map[string]bool{}
	for l, err := range r.Listings.Listings(ctx) {
		if e, ok := errors.AsType[*exceptions.UnreadableError](err); ok {
			for _, id := range slices.Sorted(maps.Keys(e.Reasons)) {
				r.find(UnreadableListing, "product "+cmp.Or(id, "of an id that cannot be read"), "", e.Reasons[id],
					"look at it in Seller Center, and tell the integrator what is odd about it")
			}
			r.cannotSay(slices.DeleteFunc(slices.Clone(ofListings), func(rule Rule) bool { return rule == UnreadableListing })...)
			continue
		}
		if err != nil {
			r.listsCut = true
			return fmt.Errorf("%w (%d were read)", err, len(r.list))
		}
		if l.ID != "" && seen[l.ID] { // pages of a list that moved: no second listing of its item
			continue
		}
		seen[l.ID] = true
		r.list = append(r.list, l)
	}
	r.report.Listings = len(r.list)
	return nil
}

// match finds the items.
func (r *run) match(ctx context.Context) error {
	skus := make([]catalogue.SKU, len(r.list))
	for i, l := range r.list {
		skus[i] = l.SKU
	}
	// What a map raises is found here from what it returns.
	ports := catalogue.MapPorts{Items: r.Items, Exceptions: new(exceptions.Memory).Shop("audit")}
	if r.mappings != nil {
		ports.Mappings = r.mappings
	}
	m, err := catalogue.NewMap(ports, catalogue.MapOptions{Table: r.options.SKUs, Now: r.options.Now})
	if err != nil {
		return err
	}
	if r.matches, err = m.Match(ctx, skus); err != nil {
		return err
	}
	listed := map[string][]string{} // names of listings by item
	var order []string
	for i, match := range r.matches {
		l := r.list[i]
		if l.SellerSKU == "" {
			r.find(NoSellerSKU, l.String(), l.ID, "the shop has no seller SKU for "+titled(l), "enter the SKU of the item as its seller SKU")
			if match.Usable() {
				r.importable(r.mapping(l.SKU, match.Item.SKU))
			}
		}
		if match.Usable() && match.By == catalogue.MatchedByNormalised {
			r.find(SpeltDifferently, l.String(), l.ID, fmt.Sprintf("the shop writes %q and Linnworks %q", l.SellerSKU, match.Item.SKU),
				"write the seller SKU of the listing as Linnworks does, or map the listing to the item", match.Item.SKU)
			r.importable(r.mapping(l.SKU, match.Item.SKU))
		}
		if match.Usable() {
			r.items[l.ID] = match.Item
			if listed[match.Item.ID] == nil {
				order = append(order, match.Item.ID)
			}
			listed[match.Item.ID] = append(listed[match.Item.ID], l.String()+" of product "+l.ProductID)
		}
	}
	for _, id := range order {
		i := slices.IndexFunc(r.matches, func(m catalogue.Match) bool { return m.Usable() && m.Item.ID == id })
		sku := r.matches[i].Item.SKU
		if names := listed[id]; len(names) > 1 && r.options.KeepItems[sku] == 0 {
			r.find(ItemListedTwice, "item "+sku, "", fmt.Sprintf("%d listings sell it: %s", len(names), some(names)),
				"keep some units of it back, or sell it in one listing", fmt.Sprintf(`"keep_items": {%q: 1}`, sku))
		}
	}
	if r.Bundles == nil {
		r.unmatched(nil)
	}
	return nil
}

// unmatched tells of listings without an item that are no bundles.
func (r *run) unmatched(unread map[string]bool) {
	for i, match := range r.matches {
		l := r.list[i]
		if match.Usable() || r.kits[l.ID] || unread[l.ProductID] || l.Derived {
			continue
		}
		err := match.Err
		if err == nil {
			err = catalogue.ErrUnmapped
		}
		e := catalogue.Problem(l.SKU, l.Title, err)
		rule := NoItem
		if _, several := errors.AsType[*catalogue.AmbiguousError](err); several {
			rule = AmbiguousItem
		} else if _, kit := errors.AsType[*catalogue.KitError](err); kit {
			rule = BrokenKit
		}
		var enter []string
		if rule != BrokenKit { // which item it is, the table can say
			enter = append(enter, fmt.Sprintf(`"skus": {%q: "<SKU of the item in Linnworks>"}`, l.ID))
		}
		r.find(rule, e.Object, l.ID, e.Seen, e.Do, enter...)
	}
}

func titled(l catalogue.Listing) string {
	if l.Title == "" {
		return "product " + l.ProductID
	}
	return fmt.Sprintf("%q (product %s)", l.Title, l.ProductID)
}

// bundles compares the shop's bundles with composites, and reads the stock of all items in
// the meantime.
func (r *run) bundles(ctx context.Context) (err error) {
	part.SideBySide(func() { err = r.shopBundles(ctx) }, func() {
		if r.Levels != nil {
			r.levels = r.readLevels(ctx)
		}
	})
	return err
}

func (r *run) shopBundles(ctx context.Context) error {
	r.kits = map[string]bool{}
	var failed []error
	read, unread := map[string]map[string][]catalogue.BundleComponent{}, map[string]bool{}
	for i, match := range r.matches {
		l := r.list[i]
		if match.Usable() && len(match.Item.Kit) == 0 && !l.Derived || unread[l.ProductID] {
			continue
		}
		bundles, ok := read[l.ProductID]
		if !ok {
			var err error
			if bundles, err = r.Bundles.Bundle(ctx, l.ProductID); err != nil {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				failed, unread[l.ProductID] = append(failed, fmt.Errorf("product %s: %w", l.ProductID, err)), true
				continue
			}
			read[l.ProductID] = bundles
		}
		components := bundles[l.ID]
		if len(components) == 0 {
			continue
		}
		r.kits[l.ID] = true
		r.bundle(l, match, components)
	}
	r.unmatched(unread)
	return part.Join(failed...)
}

// bundle looks at one bundle of the shop.
func (r *run) bundle(l catalogue.Listing, match catalogue.Match, components []catalogue.BundleComponent) {
	items := map[string]catalogue.Item{}
	rows := make([]string, len(components))
	var composition []Row // none if an item is missing: half a composite would be wrong
	composite := cmp.Or(match.Item.SKU, l.SellerSKU, l.ID)
	for i, c := range components {
		sku := cmp.Or(c.Listing.SellerSKU, c.Listing.ID)
		if item, ok := r.items[c.Listing.ID]; ok {
			items[c.Listing.ID], sku = item, item.SKU
			composition = append(composition, Row{Composites, []string{composite, sku, strconv.Itoa(c.Quantity)}})
		}
		rows[i] = fmt.Sprintf("%d x %s", c.Quantity, sku)
	}
	if len(composition) < len(components) {
		composition = nil
	}
	if !match.Usable() {
		sku := composite
		r.find(NoComposite, l.String(), l.ID, titled(l)+" is a bundle of the shop, and Linnworks has no composite for it",
			"create an item with the SKU "+sku+", enter its composition, and switch its stock tracking off", rows...)
		r.importable(Row{Items, []string{sku, l.Title, "no"}})
		r.importable(composition...)
		return
	}
	if differs := catalogue.CompareKit(components, items, match.Item); len(differs) > 0 {
		texts := make([]string, len(differs))
		for i, d := range differs {
			texts[i] = d.String()
		}
		r.find(BundleDiffers, l.String(), l.ID, "the shop's bundle and the composite "+match.Item.SKU+" hold other units: "+strings.Join(texts, "; "),
			"compare both with what is packed, and correct the one that is wrong", rows...)
		r.importable(composition...)
	}
}
