package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/notify"
)

// client is what is known of the client that the book is written for.
type client struct {
	settings bridge.Settings
	// set are the settings as the file has them, by name: only those that are set.
	set    map[string]any
	people *notify.People // nil if not known
}

// newClient checks the settings only as far as they have to be read.
func newClient(settings bridge.Settings) (*client, error) {
	c := &client{settings: settings}
	text, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return c, d.Decode(&c.set)
}

func (c *client) has(setting string) bool { _, set := c.set[setting]; return set }

// decision is what one setting decides.
type decision struct {
	setting string // its name in the file
	heading string
	// set says what a value means and why it is there, unset what holds without one;
	// where that is empty, the book does not speak of it.
	set, unset string
}

// topics are the decisions of a client in the order of the book. Every setting is in one.
var topics = []struct {
	heading   string
	decisions []decision
}{
	{"Shop and places", []decision{
		{"shop", "Name of the shop", "Everything that the bridge stores and shows of this shop has this name.", ""},
		{"sub_source", "Name in Linnworks", "Orders of the shop have this sub-source in Linnworks. It never changes: with the order id it is how an order is known again.", ""},
		{"locations", "Warehouses", "Each warehouse of the shop, with the Linnworks locations that feed it, the preferred one first. Stock is shown from them, and orders draw on them.", ""},
		{"first_location", "First location always", "Every order draws on the first location of its warehouse, whatever it holds: rules in Linnworks move orders to where the goods are.",
			"An order draws on the first location of its warehouse that has all of it."},
		{"default_location", "Location of all other orders", "Orders of a warehouse that is not listed draw on it.", ""},
		{"skus", "SKUs with another name", "These listings of the shop sell an item that has another SKU in Linnworks.", ""},
		{"services", "Postal services", "What the shop calls a delivery option, and the postal service in Linnworks that the order gets.", ""},
		{"units", "Units of weights and sides", "How weights and sides of items in Linnworks are read. The shop's labels are bought for what they say.", "Weights of items are read as grams, sides as centimetres."},
		{"carriers", "Carriers", "What Linnworks calls a carrier or service, and the shop's shipping provider that is told to the buyer. Names that are the same on both sides need no entry.", ""},
	}},
	{"Orders", []decision{
		{"first_look", "First look back", "So far back the very first run looks for orders.", "The very first run looks 48 hours back for orders."},
		{"linnworks_pulls", "Who brings the orders", "Linnworks comes for new orders every 10 to 15 minutes, through its channel integration. Until then they count as sold.", "The bridge puts orders into Linnworks within seconds."},
		{"park_unpaid", "Unpaid orders", "Orders come in before they are paid, parked, so that their stock is kept.", "Orders come in once they are paid."},
		{"find_first", "Look up before creating", "Every new order is looked up in Linnworks before it is created, because another integration imports this shop too.", ""},
		{"status_table", "Changed rows of the status table", "What the bridge does in these states is not what it does by default. The whole table is at the end of this book.", ""},
		{"kinds", "Kinds of orders", "These kinds of orders are treated in another way than by default: kind, import, cancellation before and after shipment, revenue.", ""},
		{"platform_location", "Orders that TikTok fulfils", "What TikTok's own warehouse has sent comes in as shipped, at this location, for the books. It feeds no warehouse of the shop.", ""},
		{"collections", "Last collection of the day", "When the van leaves, on the warehouse's clock. A deadline counts as near by the last van before it.", ""},
		{"every", "Pace", "How long each part of the bridge waits between two runs.", "Orders and stock are looked at every 30 seconds, dispatch every minute, deadlines every five minutes."},
		{"forget_after", "How long orders are remembered", "The bridge forgets an order so long after its end.", "The bridge forgets an order 90 days after its end."},
	}},
	{"Printing and sending", []decision{
		{"print_view", "Printing view", "The warehouse prints from this view only. Orders come into it when TikTok lets them go, and leave it when they are cancelled.", ""},
		{"shipping_rules", "Shipping rules", "How orders are sent, by the first rule that matches. An order without a rule is not shown for printing; it is a case.", ""},
	}},
	{"Cancellations", []decision{
		{"cut_off", "Cut-off", "From this stage of an order in Linnworks on, a cancellation comes too late and is not carried out by the bridge.", "A cancellation comes too late once the shipping label is printed."},
		{"late_requests", "Requests after the cut-off", "What the bridge does with a buyer's request that comes after the cut-off.", "A buyer's request that comes after the cut-off is left to a person."},
		{"due_requests", "Requests that TikTok would grant", "What the bridge does with a late request that TikTok would soon grant by itself.", "A late request that TikTok would soon grant by itself is left to a person, too."},
		{"reject_reasons", "Reasons to reject", "Given to TikTok when a request is rejected, the best first.", ""},
		{"cancel_reasons", "Reasons to cancel", "Given to TikTok when an order was cancelled in Linnworks first, the best first.", "An order that is cancelled in Linnworks is not cancelled on TikTok by itself: a person is asked."},
		{"zero_stock", "Reasons that empty the listing", "Reasons after which TikTok shows the listing as sold out are allowed. The bridge puts the stock back at once.", ""},
		{"short_orders", "Orders that are short", "What becomes of an order of which a part was split off in Linnworks and cancelled.", "An order of which a part was split off in Linnworks and cancelled waits for customer service."},
		{"at_deadline", "Deadline near, TikTok silent", "What happens to an order whose deadline is near while TikTok cannot be asked whether it was cancelled.", "An order is held even if its deadline is near, while TikTok cannot be asked whether it was cancelled."},
	}},
	{"Returns and money", []decision{
		{"returns", "Goods that come back", "Where they go, and what the bridge does about them and their refunds.", "Goods and refunds are booked in Linnworks, at the location that sent them; decisions are left to people."},
		{"finance", "Payouts", "Once a day TikTok's statements of so many days are compared with the orders, to the penny.", ""},
		{"audit", "Both sides compared", "Every so many hours TikTok Shop and Linnworks are compared as a whole, with the orders of the last days; what is wrong becomes a case.", ""},
		{"return_reasons", "Returns that count", "Which reasons of returns count as the seller's fault, where that is not as by default.", ""},
	}},
	{"The shop's limits", []decision{
		{"market", "Market", "TikTok's measures and deadlines of this market hold for orders that name none.", ""},
		{"measures", "Measures", "TikTok's figures, where they are not those that the bridge knows.", ""},
		{"orders_per_day", "Daily order limit", "The shop may take so many orders a day; after that TikTok shows everything as sold out. Today's orders are counted.", ""},
		{"zone", "Time zone of the shop", "The shop's days begin by this clock.", ""},
		{"selling_statuses", "Further words of a shop that sells", "With these words of its status the shop sells, too.", ""},
	}},
	{"Stock", []decision{
		{"buffer", "Buffer", "Units that are kept back: rules one after the other.", "All units that are free are shown in the shop."},
		{"sessions", "LIVE sessions", "While these go on, a rule of their own holds.", ""},
		{"max_stock", "Most that is shown", "The shop never shows more units than this.", ""},
		{"keep_items", "Units of items that are kept", "So many units of an item are kept back in every location, before kits are made of them.", ""},
		{"zero_after", "Sold out without Linnworks", "When Linnworks cannot be read for so long, the shop shows what it sells as sold out.", "Without Linnworks the shop goes on selling at the last numbers, and a person is told."},
		{"leave_alone", "Listings that are left alone", "The stock of these is nobody's to set but the shop's own, as of what is made to order.", ""},
	}},
}

// onlyWith are the kinds of cases that a client sees only with some setting.
var onlyWith = map[exceptions.Kind]func(*client) bool{
	exceptions.AuditFinding:     func(c *client) bool { return c.settings.Audit.Hours > 0 },
	exceptions.OrdersDiffer:     func(c *client) bool { return c.settings.Audit.OrderDays > 0 },
	exceptions.SentUnchecked:    func(c *client) bool { return c.settings.AtDeadline == bridge.ShipAtDeadline },
	exceptions.NotInOnePlace:    (*client).chooses,
	exceptions.NameUnknown:      func(c *client) bool { return len(c.settings.KeepItems)+len(c.settings.LeaveAlone) > 0 },
	exceptions.NotPulledBack:    func(c *client) bool { return c.has("print_view") },
	exceptions.NoShippingRule:   func(c *client) bool { return c.has("shipping_rules") },
	exceptions.PayoutDiffers:    func(c *client) bool { return c.settings.Finance.Days > 0 },
	exceptions.OrderLimit:       func(c *client) bool { return c.settings.OrdersPerDay > 0 },
	exceptions.RefundNotBooked:  func(c *client) bool { return !c.settings.Returns.ByHand },
	exceptions.RefundDiffers:    func(c *client) bool { return !c.settings.Returns.ByHand },
	exceptions.ClaimToMake:      func(c *client) bool { return !c.settings.Returns.ByHand },
	exceptions.ParcelStalled:    func(c *client) bool { return !c.settings.Returns.ByHand },
	exceptions.GoodsMissing:     func(c *client) bool { return !c.settings.Returns.ByHand },
	exceptions.GoodsUnannounced: func(c *client) bool { return !c.settings.Returns.ByHand },
}

// chooses reports whether an order can draw on one of several locations.
func (c *client) chooses() bool {
	for _, locations := range c.settings.Locations {
		if len(locations) > 1 {
			return !c.settings.FirstLocation
		}
	}
	return false
}

// kinds are those that this client can see; of no client in particular: all.
func (c *client) kinds() []exceptions.Info {
	return slices.DeleteFunc(exceptions.Kinds(), func(k exceptions.Info) bool {
		needs := onlyWith[k.Kind]
		return c != nil && needs != nil && !needs(c)
	})
}

const (
	clientHeading = "What was decided for this client"
	peopleHeading = "Who is told"
)

func (c *client) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "## %s\n\nEach decision stands in the settings file under the name in brackets; to change one,\nchange it there and start the bridge anew.\n\n", clientHeading)
	for _, topic := range topics {
		var text bytes.Buffer
		for _, d := range topic.decisions {
			value, set := c.set[d.setting]
			switch {
			case set:
				fmt.Fprintf(&text, "* **%s** (%s): ", d.heading, d.setting)
				if plain(value) {
					fmt.Fprintf(&text, "%s. %s\n", plainText(value), d.set)
				} else {
					fmt.Fprintf(&text, "%s\n", d.set)
					writeMembers(&text, value, "  ")
				}
			case d.unset != "":
				fmt.Fprintf(&text, "* **%s** (%s): %s\n", d.heading, d.setting, d.unset)
			}
		}
		if text.Len() > 0 {
			fmt.Fprintf(b, "### %s\n\n%s\n", topic.heading, text.String())
		}
	}
	if c.people != nil {
		c.writePeople(b)
	}
}

// plain reports whether a value of the file fits into a line.
func plain(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return false
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !plain(e) })
	}
	return true
}

func plainText(value any) string {
	switch v := value.(type) {
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case string:
		return code(duration(v))
	case []any:
		words := make([]string, len(v))
		for i, e := range v {
			words[i] = plainText(e)
		}
		return strings.Join(words, ", ")
	}
	return code(fmt.Sprint(value))
}

// duration takes the zeros off a duration that was written out: 71h0m0s is 71h. Another
// text stays as it is.
func duration(text string) string {
	if d, err := time.ParseDuration(text); err != nil || d.String() != text {
		return text
	}
	if short, cut := strings.CutSuffix(text, "m0s"); cut {
		text = strings.TrimSuffix(short+"m", "h0m")
		if !strings.HasSuffix(text, "m") {
			text += "h"
		}
	}
	return text
}

// writeMembers writes a line for each member of a value that does not fit into one.
func writeMembers(b *bytes.Buffer, value any, indent string) {
	member := func(name string, v any) {
		if plain(v) {
			fmt.Fprintf(b, "%s* %s: %s\n", indent, name, plainText(v))
			return
		}
		fmt.Fprintf(b, "%s* %s:\n", indent, name)
		writeMembers(b, v, indent+"  ")
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			member(code(key), v[key])
		}
	case []any:
		for i, e := range v {
			member(fmt.Sprintf("number %d", i+1), e)
		}
	}
}

// code sets what was typed into a file apart from the words of the book.
func code(s string) string { return "`" + strings.ReplaceAll(s, "`", "'") + "`" }

func (c *client) writePeople(b *bytes.Buffer) {
	fmt.Fprintf(b, "## %s\n\n", peopleHeading)
	if c.people.Page != "" {
		fmt.Fprintf(b, "All cases are on the page %s.\n\n", c.people.Page)
	}
	b.WriteString("| Who | For | Told | Quiet | Lists |\n|---|---|---|---|---|\n")
	for _, p := range c.people.Recipients {
		how := "in chat"
		if len(p.MailTo) > 0 {
			how = "by mail to " + strings.Join(p.MailTo, ", ")
		}
		when := "at once"
		if p.After != "" {
			when = "of urgent cases that nobody has taken on for " + p.After
		}
		teams := "all teams"
		if len(p.Teams) > 0 {
			names := make([]string, len(p.Teams))
			for i, team := range p.Teams {
				names[i] = string(team)
			}
			teams = strings.Join(names, ", ")
		}
		if len(p.Shops) > 0 {
			teams += ", shops " + strings.Join(p.Shops, ", ")
		}
		quiet := "never"
		if p.Quiet.From != "" {
			quiet = p.Quiet.From + " to " + p.Quiet.To
		}
		if len(p.Quiet.Days) > 0 {
			quiet = strings.TrimPrefix(quiet+", on "+strings.Join(p.Quiet.Days, ", "), "never, ")
		}
		if p.Zone != "" {
			quiet += " (" + p.Zone + ")"
		}
		lists := "none"
		if p.Daily != "" {
			lists = "daily at " + p.Daily
		}
		if p.Weekly != "" {
			lists += ", with the week's on " + p.Weekly
		}
		fmt.Fprintf(b, "| %s | %s | %s, %s | %s | %s |\n", cell(p.Name), cell(teams), when, cell(how), cell(quiet), cell(lists))
	}
	ladder, repeat := "24h, 12h, 4h and 1h", "30m"
	if len(c.people.Ladder) > 0 {
		ladder = strings.Join(c.people.Ladder, ", ")
	}
	if c.people.Repeat != "" {
		repeat = c.people.Repeat
	}
	fmt.Fprintf(b, "\nA case is told again %s before it is late, and from the last of these on every %s\nuntil somebody takes it on: claim a case, and it is no longer repeated.\n\n", ladder, repeat)
}

// cell is a text in a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

// differences are the settings in which two clients differ, as lines of a table.
func differences(b *bytes.Buffer, this, other *client) {
	fmt.Fprintf(b, "## What differs\n\nBetween this client, %s, and %s:\n\n", code(this.settings.Shop), code(other.settings.Shop))
	var lines bytes.Buffer
	for _, topic := range topics {
		for _, d := range topic.decisions {
			mine, yours := fileText(this.set[d.setting]), fileText(other.set[d.setting])
			if mine != yours {
				fmt.Fprintf(&lines, "| %s (%s) | %s | %s |\n", d.heading, d.setting, cell(mine), cell(yours))
			}
		}
	}
	if lines.Len() == 0 {
		b.WriteString("Nothing: their settings are the same.\n")
		return
	}
	fmt.Fprintf(b, "| Decision | %s | %s |\n|---|---|---|\n%s", cell(this.settings.Shop), cell(other.settings.Shop), lines.String())
}

// fileText is a value as the file has it.
func fileText(value any) string {
	if value == nil {
		return "not set"
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return err.Error()
	}
	return code(strings.TrimSpace(b.String()))
}
