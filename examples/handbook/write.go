package main

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

const introduction = `# Operations handbook

The bridge carries orders, stock, tracking and cancellations between TikTok Shop
and Linnworks by itself. What it cannot decide, or must not, it puts into a queue
of exceptions. This book says for each of them what has happened, who acts, in
what time, what to do and what closes it.

## How to work with the queue

* **Start at the top.** The most severe comes first, then what has to be done
  first. An exception names the object (an order, a SKU, a warehouse), what was
  seen, and the next step; this book has the rest.
* **Claim it** in your name or your team's before you begin, so that nobody else
  does the same. A claim may end by itself; a colleague can release one of
  somebody who is away.
* **Mend the cause, then let it be.** Most exceptions close by themselves as soon
  as the bridge sees that the cause is gone. Those that do not say so below:
  *resolve* them, with a note of what you did.
* **What comes back, counts.** If the cause is seen again the exception reopens by
  itself, with its history. If something is to stay as it is, resolve it with a
  date until which it shall keep quiet.
* **Never write about buyers into a note**: no names, addresses or numbers. The
  order id is enough.

| Severity | What it means |
|---|---|
| urgent | money, stock or a customer is being lost now |
| warning | a sale or a promise is at risk |
| notice | look at it some day |

**The time to act** is the deadline of the exception, which for an order is the
shop's own. An exception without one is to be dealt with within the time given
here, from when it was first seen. As a deadline comes near the severity rises: to
a warning 24 hours before, to urgent 4 hours before, unless your integrator has
set other times.

**Where to click** names the screens as the public help pages of Seller Center and
Linnworks do. Both move their menus now and then, and Seller Center differs from
market to market. Lines that begin with "Bridge" are for whoever runs the bridge.

`

// teams says who the owners are.
var teams = map[exceptions.Owner]struct{ name, who string }{
	exceptions.OwnerWarehouse:       {"the warehouse", "Whoever picks, packs and counts. Works in Linnworks, and in the shop for what has left already."},
	exceptions.OwnerCustomerService: {"customer service", "Whoever talks to buyers and decides about cancellations and returns."},
	exceptions.OwnerEcommerce:       {"e-commerce", "Whoever looks after listings, SKUs, bundles and campaigns."},
	exceptions.OwnerFinance:         {"finance", "Whoever compares what was sold with what was paid."},
	exceptions.OwnerIntegration:     {"the integrator", "Whoever runs the bridge: mappings, accounts, other programs with access to the shop."},
}

// stages says when a warehouse order reaches a stage in Linnworks.
var stages = []struct {
	stage stage.Stage
	when  string
}{
	{stage.New, "the order is open and nothing was printed"},
	{stage.PickListPrinted, "it is on a printed pick list"},
	{stage.Picking, "it is in a pick wave"},
	{stage.InvoicePrinted, "its invoice was printed"},
	{stage.LabelPrinted, "its shipping label was printed, or it has a tracking number of your carrier"},
	{stage.FulfilmentCentre, "a fulfilment centre was sent it, or has accepted it"},
	{stage.PartShipped, "a part of it was sent"},
	{stage.Processed, "it was processed: the goods are gone"},
}

// write writes the book for a client, or for nobody in particular if c is nil.
func write(b *bytes.Buffer, c *client, table *bridge.StatusTable) {
	kinds := c.kinds()
	b.WriteString(introduction)
	writeContents(b, c, kinds)
	if c != nil {
		c.write(b)
	}
	writeDaily(b, c)
	var owner exceptions.Owner
	for _, k := range kinds {
		if k.Owner != owner {
			owner = k.Owner
			fmt.Fprintf(b, "## %s\n\n%s\n\n", title(string(owner)), teams[owner].who)
		}
		writeKind(b, k)
	}
	writeView(b, c)
	writeAmounts(b)
	writeReference(b, c, table)
}

func writeContents(b *bytes.Buffer, c *client, kinds []exceptions.Info) {
	b.WriteString("## Contents\n\n")
	if c != nil {
		fmt.Fprintf(b, "* %s\n", link(clientHeading))
		if c.people != nil {
			fmt.Fprintf(b, "* %s\n", link(peopleHeading))
		}
	}
	fmt.Fprintf(b, "* %s\n* %s\n* %s\n", link(livesHeading), link(dailyHeading), link(triageHeading))
	var owner exceptions.Owner
	for _, k := range kinds {
		if k.Owner != owner {
			owner = k.Owner
			fmt.Fprintf(b, "* %s\n", link(title(string(owner))))
		}
		fmt.Fprintf(b, "  * %s: %s, within %s\n", link(title(string(k.Kind))), k.Severity, words(k.Within))
	}
	if c == nil || c.has("print_view") {
		fmt.Fprintf(b, "* %s\n", link(viewHeading))
	}
	fmt.Fprintf(b, "* %s\n* %s\n* %s\n\n", link(moneyHeading), link(statusHeading), link(stagesHeading))
}

func writeKind(b *bytes.Buffer, k exceptions.Info) {
	fmt.Fprintf(b, "### %s\n\n", title(string(k.Kind)))
	fmt.Fprintf(b, "**%s, for %s.** Act by the deadline that the exception names; if it names none, within %s.\n\n",
		title(k.Severity.String()), teams[k.Owner].name, words(k.Within))
	fmt.Fprintf(b, "%s\n\n**What to do**\n\n", k.Meaning)
	for i, step := range k.Steps {
		fmt.Fprintf(b, "%d. %s\n", i+1, step)
	}
	b.WriteString("\n**Where to click**\n\n")
	for _, where := range k.Where {
		fmt.Fprintf(b, "* %s\n", where)
	}
	fmt.Fprintf(b, "\n**What closes it.** %s\n\n", k.Closes)
}

const (
	statusHeading = "The status table"
	stagesHeading = "Stages and the cut-off"
	viewHeading   = "The printing view"
)

// view says how the view is set up that the bridge lets orders into.
const view = `The bridge puts orders into this view when TikTok lets them go, and takes them out when
they are cancelled. Print and pick from it only. To set it up in Linnworks, once:

1. %s
2. Orders > Open orders > Views: make a view "Ready to print" for the warehouse.
3. Its filter: Source is TIKTOKBRIDGE and %s.
4. Have everybody who prints, and the rule that makes pick waves, use that view and no other.
5. Place a test order, see it come into the view, cancel it in Seller Center, see it go within two minutes.

An order that is missing there waits for something: look it up in the list of cases.

`

// writeView says how the printing view is set up and which service an order gets.
func writeView(b *bytes.Buffer, c *client) {
	v := policy.PrintView{Identifier: "READY"}
	if c != nil {
		if c.settings.PrintView == nil {
			return
		}
		v = *c.settings.PrintView
	}
	first, filter := "Orders > Identifiers: add one with the tag "+v.Identifier+".", "Identifier is "+v.Identifier
	switch {
	case v.Parked:
		first, filter = "Nothing has to be made: orders come in parked.", "Parked is no"
	case v.Folder != "":
		first, filter = "Orders > Folders: add one with the name "+v.Folder+".", "Folder is "+v.Folder
	}
	fmt.Fprintf(b, "## %s\n\n"+view, viewHeading, first, filter)
	if c != nil && len(c.settings.ShippingRules) > 0 {
		fmt.Fprintf(b, "How orders are sent, by the first rule that matches:\n\n```text\n%s```\n\n", c.settings.ShippingRules)
	}
}

func writeReference(b *bytes.Buffer, c *client, table *bridge.StatusTable) {
	fmt.Fprintf(b, "## %s\n\nWhat the bridge does next with an order. Where it says *raise*, an exception is\nraised and nothing is done.\n\n```text\n%s```\n\n", statusHeading, table)
	fmt.Fprintf(b, "## %s\n\n", stagesHeading)
	cutOff, unless := stage.LabelPrinted, " unless your integrator\nhas chosen another stage"
	if c != nil {
		cutOff, unless = cmp.Or(c.settings.CutOff, cutOff), ""
	}
	fmt.Fprintf(b, "A warehouse order goes through these stages in Linnworks. A cancellation that\n"+
		"arrives at the cut-off or later is not carried out: it becomes the exception\n%s. The cut-off is *%s*%s.\n\n",
		link(title(string(exceptions.LateCancellation))), cutOff, unless)
	b.WriteString("| Stage | Reached when |\n|---|---|\n")
	for _, s := range stages {
		fmt.Fprintf(b, "| %s | %s |\n", s.stage, s.when)
	}
}

// title starts a text with a capital letter.
func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// link points to a heading, by the anchor that Markdown renderers give it.
func link(heading string) string { return "[" + heading + "](#" + anchor(heading) + ")" }

func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// words says a duration as people do.
func words(d time.Duration) string {
	n, unit := int(d/time.Minute), "minute"
	for _, u := range []struct {
		size int
		name string
	}{{24 * 60, "day"}, {60, "hour"}} {
		if n%u.size == 0 {
			n, unit = n/u.size, u.name
			break
		}
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
