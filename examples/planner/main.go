// Command planner says what a shop of a given size may expect of the bridge: how old the
// stock is that the shop shows, what the quotas of both sides let through, how long it takes
// to catch up after an outage, what a buffer prevents, and on how many days the shop's
// order limit is reached.
//
//	go run ./examples/planner
//	go run ./examples/planner -skus 40000 -orders 6000 -live 5 -writes 10 -html plan.html
//
// The numbers are worked out from the periods and batches of the bridge and from the limits
// that are given; they hold while both sides answer. TikTok publishes no limits: -reads and
// -writes are what integrators report, and what a shop is really granted shows in the log of
// the client.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "planner:", err)
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(args []string, out, help io.Writer) error {
	flags := flag.NewFlagSet("planner", flag.ContinueOnError)
	flags.SetOutput(help)
	s := shop{}
	flags.IntVar(&s.skus, "skus", 5_000, "listings of the shop with stock of their own")
	flags.Float64Var(&s.ordersPerDay, "orders", 800, "orders on an ordinary `day`")
	flags.Float64Var(&s.wakingHours, "hours", 14, "`hours` of the day in which they come")
	flags.Float64Var(&s.livePerSec, "live", 2, "orders a `second` in a LIVE")
	flags.Float64Var(&s.liveMinutes, "minutes", 60, "`minutes` that a LIVE goes on")
	flags.Float64Var(&s.livesAMonth, "lives", 8, "LIVEs a `month`")
	flags.IntVar(&s.liveSKUs, "live-skus", 20, "listings that are sold in a LIVE")
	flags.IntVar(&s.locations, "locations", 1, "locations among which the stock of a listing, and what is sold of it, is divided evenly")
	flags.Float64Var(&s.elsewhere, "elsewhere", 6, "units an `hour` of one such listing that other channels sell")
	flags.Float64Var(&s.orderLimit, "order-limit", 0, "orders that TikTok lets the shop take in a `day`; 0: no limit")
	flags.Float64Var(&s.outageHours, "outage", 2, "`hours` for which the bridge or one side is down")
	flags.Float64Var(&s.reads, "reads", 8, "read calls a `second` that TikTok grants")
	flags.Float64Var(&s.writes, "writes", 2, "write calls a `second` that TikTok grants")
	flags.Float64Var(&s.share, "linnworks", 1, "`share` of Linnworks' limits that the bridge may use, up to 1")
	flags.DurationVar(&s.way, "call", 200*time.Millisecond, "how long a call takes")
	flags.BoolVar(&s.hints, "webhooks", true, "TikTok's webhooks reach the bridge")
	page := flags.String("html", "", "write one page with plots to a `file` too")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	}
	if err := s.check(); err != nil {
		return err
	}
	if *page != "" {
		if err := os.WriteFile(*page, html(s), 0o644); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, text(s, compute(s)))
	return err
}

// check names everything that is out of its range.
func (s shop) check() error {
	var errs []error
	for _, n := range []struct {
		flag        string
		value       float64
		least, most float64
	}{
		{"skus", float64(s.skus), 1, 1e6}, {"orders", s.ordersPerDay, 0, 1e6}, {"hours", s.wakingHours, 1, 24}, {"live", s.livePerSec, 0, 1000},
		{"minutes", s.liveMinutes, 0, 1440}, {"lives", s.livesAMonth, 0, 30}, {"live-skus", float64(s.liveSKUs), 1, 10_000}, {"locations", float64(s.locations), 1, 100}, {"elsewhere", s.elsewhere, 0, 1e6},
		{"order-limit", s.orderLimit, 0, 1e7}, {"outage", s.outageHours, 0, 720}, {"reads", s.reads, 0.1, 1000}, {"writes", s.writes, 0.1, 1000},
		{"linnworks", s.share, 0.01, 1}, {"call (seconds)", s.way.Seconds(), 0.001, 60},
	} {
		if !(n.value >= n.least && n.value <= n.most) {
			errs = append(errs, fmt.Errorf("-%s: %g is not from %g to %g", n.flag, n.value, n.least, n.most))
		}
	}
	return errors.Join(errs...)
}

// text is the plan for a terminal.
func text(s shop, p plan) string {
	var b strings.Builder
	for i, part := range parts(s, p) {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s\n\n", part.heading)
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, row := range part.rows {
			fmt.Fprintf(table, "  %s\n", strings.Join(row, "\t"))
		}
		_ = table.Flush() // into memory
		for _, remark := range part.remarks {
			fmt.Fprintf(&b, "  %s\n", remark)
		}
	}
	return b.String()
}

// part is a table of the plan with what to note about it.
type part struct {
	heading string
	rows    [][]string
	remarks []string
}

func parts(s shop, p plan) []part {
	age := part{heading: "How old is what each side knows", rows: [][]string{
		{"", "typical", "worst of 100"},
		{"stock in the shop, of what sells in a LIVE", span(p.hotTypical), span(p.hotWorst)},
		{"stock in the shop, of everything else", span(p.coldTypical), span(p.coldWorst)},
		{"an order, until its units are reserved", span(p.orderTypical), span(p.orderWorst)},
	}}
	if p.orderWorst == math.MaxInt64 {
		age.remarks = append(age.remarks, "Orders come in faster than they can be read or created: during that time nobody knows how old they are.")
	}
	if p.hotWorst == math.MaxInt64 {
		age.remarks = append(age.remarks, "More numbers and parcels are to be told to TikTok than it takes (-writes): sell fewer listings at once, or spread the orders.")
	}
	quotas := part{heading: "Calls a minute", rows: [][]string{{"", "ordinary", "in a LIVE", "allowed"}}}
	for _, c := range p.calls {
		mark := ""
		if c.live > c.quota {
			mark = "more than allowed: it waits"
		}
		quotas.rows = append(quotas.rows, []string{c.what, number(c.ordinary), number(c.live), number(c.quota), mark})
	}
	through := part{heading: "What gets through", rows: [][]string{
		{"orders into Linnworks", number(p.importPerSec) + " a second at the most"},
		{"parcels told to TikTok", number(p.shipPerSec) + " a second at the most"},
		{fmt.Sprintf("after %g hours down, orders are in Linnworks again", s.outageHours), after(p.importCatchUp)},
		{"... and if as many parcels were packed, all are told", after(p.shipCatchUp)},
		{"calls under way at once in a LIVE", number(underWay(s, p)) + " on average, which one process does with ease"},
	}}
	through.remarks = append(through.remarks, "One process is enough: the quotas are the shop's and the account's, and a second one shares them. Run a second to stand by.")
	if s.livePerSec > p.shipPerSec {
		through.remarks = append(through.remarks, "A LIVE sells faster than TikTok takes parcels: they are told as they are packed. Mind the last collection of the day.")
	}
	oversold := part{heading: "Chance of overselling one listing each time it sells out in a LIVE, by units kept back", rows: [][]string{{"kept back", "usually", "at the worst"}}}
	for _, c := range p.chances {
		oversold.rows = append(oversold.rows, []string{fmt.Sprint(c.buffer), percent(c.usual), percent(c.worst)})
	}
	oversold.remarks = []string{fmt.Sprintf("Keep %d back to stay below one in 10,000: {\"do\": \"keep units\", \"units\": %d}.", p.buffer, p.buffer)}
	oversold.remarks = append(oversold.remarks, "What is usual is right to a factor of two, and for listings that sell already: one that nobody declared waits for the sweep first.")
	if s.locations > 1 {
		oversold.heading = strings.Replace(oversold.heading, "one listing", "one listing at one location", 1)
		oversold.remarks = append(oversold.remarks, fmt.Sprintf("Each of the %d locations keeps its own: %d units of a listing in all.", s.locations, p.buffer*s.locations))
	}
	if p.buffer > mostBuffer {
		oversold.remarks = []string{"No buffer helps: what is sold is not known in time. Mend what is said to wait above first."}
	}
	through.remarks = append(through.remarks, "Locations cost no calls: one call for levels has those of all, and one update of a product its warehouses.")
	list := []part{age, quotas, through, oversold}
	if s.orderLimit > 0 {
		list = append(list, part{heading: "The shop's daily order limit", rows: [][]string{
			{"", "orders", fmt.Sprintf("chance of %s", number(s.orderLimit))},
			{"an ordinary day", number(s.ordersPerDay), percent(p.limitOrdinary)},
			{"a day with a LIVE", number(p.ordersOnALIVE), percent(p.limitLIVE)},
		}, remarks: []string{fmt.Sprintf("It is reached on %.1f days a month: TikTok then shows everything as sold out until midnight.", p.daysAMonth)}})
	}
	return list
}

// underWay is how many calls are made at the same time in a LIVE, on average.
func underWay(s shop, p plan) float64 {
	calls := 0.0
	for _, c := range p.calls {
		calls += min(c.live, c.quota) / 60
	}
	return calls * s.way.Seconds()
}

// span is a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d == math.MaxInt64:
		return "without end"
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < 10*time.Minute:
		return d.Round(time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

func after(d time.Duration) string {
	if d < 0 {
		return "never: more comes in than gets through"
	}
	return "after " + span(d)
}

// number is one with as many places as matter.
func number(n float64) string {
	if n < 0.005 {
		return "0"
	}
	if n < 10 && n != math.Trunc(n) {
		return fmt.Sprintf("%.2g", n)
	}
	return fmt.Sprintf("%.0f", n)
}

func percent(p float64) string {
	switch {
	case p < 1e-6:
		return "below 0.0001 %"
	case p < 0.01:
		return fmt.Sprintf("%.2g %%", 100*p)
	}
	return fmt.Sprintf("%.0f %%", 100*p)
}
