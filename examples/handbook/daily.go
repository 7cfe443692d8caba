package main

import (
	"bytes"
	"fmt"
)

const (
	livesHeading  = "Where data lives"
	dailyHeading  = "Every day"
	triageHeading = "How to triage"
	moneyHeading  = "How TikTok's amounts map to Linnworks' fields"
)

// lives says where what is known is kept, and what outranks what.
const lives = `| What | Where it is true | Where else it is seen |
|---|---|---|
| stock levels | Linnworks | the shop shows what the bridge publishes of them |
| orders and their states for packing | Linnworks | the shop's order page has what the buyer sees |
| whether an order may still be sent | TikTok Shop, at that moment | the bridge asks before goods move |
| prices, listings, campaigns | TikTok Shop | nowhere: the bridge never changes them |
| tracking numbers of your carriers | Linnworks | passed on to TikTok Shop |
| labels of TikTok Shipping | TikTok Shop | the bridge keeps them until the order's end, to print them again |
| cases, claims, notes | the bridge's database | the page for people, and messages |
| what the bridge has done with an order | the bridge's database | extended properties of the order in Linnworks, which begin with tiktok |
| settings of this client | one JSON file | this book |
| passwords and tokens | the environment of the service, and the database for tokens that renew themselves | nowhere |

Buyers' names and addresses are in TikTok Shop and in Linnworks. The bridge stores them only inside
labels. Where stock differs, mend Linnworks, and the bridge does the rest. Type something into the shop only where a case
says so: the bridge then sees it there.

`

// triage is what whoever is called does first.
const triage = `1. **Is it one or many?** Cases of one cause are one case with a count. Begin with the cause that has most orders
   behind it, and of these with what is late first.
2. **Does the bridge work?** Look at Health on the page. A flow that fails or is late is the cause of what
   comes after it: that is the integrator's, and nobody else needs to act on each order meanwhile.
3. **Is it TikTok or Linnworks?** If all calls to one side fail, it is that side: what was not sent is kept
   and sent when it answers again. Watch the deadlines and pack what is due.
4. **Do goods move now?** Cancelled and not yet sent: pull the parcel first, read on later.
5. **Nobody knows?** Claim the case, write down what you saw, hand it to the integrator. Never resolve a case to make it go away.

`

// checks are what is done every day, and by whom; those with a need only where the client
// has it.
var checks = []struct {
	who, when, what string
	needs           func(*client) bool
}{
	{"the warehouse", "start of the day", "Open the page for people: deal with what is late or due today, the top one first.", nil},
	{"the warehouse", "before the parcels leave", "Nothing may be left under *deadline near*. What cannot be packed in time: tell customer service now.", nil},
	{"the warehouse", "before the parcels leave", "The printing view is empty, or all in it is packed.", func(c *client) bool { return c.has("print_view") }},
	{"the warehouse", "when parcels come back", "Book returned goods in Linnworks on the day they arrive: the buyer's money waits for it.", func(c *client) bool { return !c.settings.Returns.ByHand }},
	{"customer service", "morning and afternoon", "Decide about returns and late requests before their time is over: TikTok decides by itself after that.", nil},
	{"e-commerce", "before a promotion or LIVE", "Run the audit with the SKUs that will sell; mend what it finds before the first sale.", nil},
	{"e-commerce", "before a LIVE", "Look at the buffer and at what the shop shows of the SKUs in it.", func(c *client) bool { return c.has("buffer") || c.has("sessions") }},
	{"e-commerce", "afternoon", "Look at how many of the day's orders are left before the shop's limit.", func(c *client) bool { return c.settings.OrdersPerDay > 0 }},
	{"finance", "morning", "Look at the payouts that do not tie up; what is only timing closes by itself.", func(c *client) bool { return c.settings.Finance.Days > 0 }},
	{"the integrator", "start of the day", "Health is green on the page, and the heartbeat has not stopped. No news of Linnworks or TikTok announces a change of what the bridge uses.", nil},
}

func writeDaily(b *bytes.Buffer, c *client) {
	fmt.Fprintf(b, "## %s\n\n%s## %s\n\n| Who | When | What |\n|---|---|---|\n", livesHeading, lives, dailyHeading)
	for _, check := range checks {
		if c == nil || check.needs == nil || check.needs(c) {
			fmt.Fprintf(b, "| %s | %s | %s |\n", check.who, check.when, check.what)
		}
	}
	fmt.Fprintf(b, "\n## %s\n\n%s", triageHeading, triage)
}

// amounts say where an amount of TikTok's is found in Linnworks. Names that begin with
// tiktok are extended properties of the order.
var amounts = []struct{ tiktok, linnworks, property string }{
	{"list price of the goods, before discounts", "", "tiktok.list_price"},
	{"discount that the seller gives on goods", "taken off the unit price", "tiktok.seller_discount"},
	{"discount that TikTok gives on goods", "left in the unit price: TikTok pays it to the seller", "tiktok.platform_discount"},
	{"goods after both discounts", "the unit prices less TikTok's discount", "tiktok.items"},
	{"shipping fee, before discounts", "", "tiktok.shipping_list_price"},
	{"shipping fee that the buyer pays", "part of Postage cost", "tiktok.shipping"},
	{"part of the shipping fee that TikTok pays", "part of Postage cost", "tiktok.shipping_funded"},
	{"discount that the seller gives on shipping", "taken off Postage cost", "tiktok.shipping_seller_discount"},
	{"discount on shipping that both share", "taken off Postage cost; TikTok's part is in the statement", "tiktok.shipping_cofunded_discount"},
	{"tax that the buyer pays on top (US)", "Tax rate of each line and of postage", "tiktok.tax"},
	{"part of that tax which is on shipping", "Tax rate of postage", "tiktok.shipping_tax"},
	{"further fees, such as for small orders", "a service line of its own for each", "tiktok.fee."},
	{"discount of the payment provider", "left in the total: the provider pays it to the seller", "tiktok.payment_discount"},
	{"what the buyer pays", "", "tiktok.paid"},
	{"what others pay in the buyer's place", "", "tiktok.platform_funded"},
	{"what was cancelled before the order came in", "left out", "tiktok.cancelled"},
	{"what is left when all parts are added up", "a service line, or a discount on the order", "tiktok.residual"},
}

func writeAmounts(b *bytes.Buffer) {
	fmt.Fprintf(b, "## %s\n\nThe total of an order in Linnworks is what the buyer pays and what others pay in the buyer's\nplace, less what was cancelled before it came in. TikTok's commission, fees and reserves are not in\nthe order: they are in the statement.\n\n", moneyHeading)
	b.WriteString("| On TikTok | In Linnworks | Kept as |\n|---|---|---|\n")
	for _, a := range amounts {
		where, property := a.linnworks, a.property
		if where == "" {
			where = "only kept"
		}
		if property[len(property)-1] == '.' {
			property += "NAME"
		}
		fmt.Fprintf(b, "| %s | %s | `%s` |\n", a.tiktok, where, property)
	}
	b.WriteString("\n")
}
