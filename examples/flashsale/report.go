package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// comparison is what the policies did with the same sales.
type comparison struct {
	setting
	Seeds int
	Rows  []row
	// Overwritten is what a hub oversells that copies Linnworks' level into the
	// shop, with the first seed.
	Overwritten int
}

// row is what a policy did; numbers are means over the seeds.
type row struct {
	*policy
	First result
	// Worst is the most that was oversold, Spoilt how many sales were.
	Worst, Spoilt                             int
	Oversold, Left, Unsold, TurnedAway, Early float64
	ShopCalls, WarehouseCalls                 float64
	P50, P99                                  time.Duration
}

func summarise(results []result) row {
	r := row{policy: results[0].Policy, First: results[0]}
	var delays []time.Duration
	for _, one := range results {
		if n := one.Oversold(); n > 0 {
			r.Worst, r.Spoilt = max(r.Worst, n), r.Spoilt+1
		}
		delays = append(delays, one.Delays...)
	}
	mean := func(of func(result) int) float64 {
		sum := 0
		for _, one := range results {
			sum += of(one)
		}
		return float64(sum) / float64(len(results))
	}
	r.Oversold, r.Unsold = mean(result.Oversold), mean(result.Unsold)
	r.Left = mean(func(one result) int { return one.FreeThen })
	r.TurnedAway = mean(func(one result) int { return one.TurnedAway })
	r.Early = mean(func(one result) int { return one.Early })
	r.ShopCalls = mean(func(one result) int { return one.ShopCalls })
	r.WarehouseCalls = mean(func(one result) int { return one.WarehouseCalls })
	slices.Sort(delays)
	r.P50, r.P99 = percentile(delays, 50), percentile(delays, 99)
	return r
}

// percentile is the smallest value that p percent of the sorted ones do not
// exceed.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[(len(sorted)*p+99)/100-1]
}

// column is a column of the table.
type column struct {
	Title string
	// About says what the number is.
	About string
	Value func(c comparison, r row) string
}

var columns = []column{
	{"oversold", "units promised to buyers that were not there", func(c comparison, r row) string {
		if c.Seeds == 1 {
			return c.number(r.Oversold)
		}
		return fmt.Sprintf("%s (worst %d)", c.number(r.Oversold), r.Worst)
	}},
	{"left at sell-out", "units nobody had bought when TikTok Shop showed 0 for the last time, though its buyers kept coming", func(c comparison, r row) string { return c.number(r.Left) }},
	{"unsold", "units nobody had bought at the end", func(c comparison, r row) string { return c.number(r.Unsold) }},
	{"turned away", "buyers of both channels who found nothing", func(c comparison, r row) string { return c.number(r.TurnedAway) }},
	{"too early", "those of them who came while there was a unit left", func(c comparison, r row) string { return c.number(r.Early) }},
	{"TikTok calls", "calls of the hub to TikTok Shop during the sale", func(c comparison, r row) string { return c.number(r.ShopCalls) }},
	{"Linnworks calls", "and to Linnworks", func(c comparison, r row) string { return c.number(r.WarehouseCalls) }},
	{"delay p50", "from a sale elsewhere until the number in the shop counts it: the median", func(_ comparison, r row) string { return short(r.P50) }},
	{"p99", "and what 99 of 100 do not exceed", func(_ comparison, r row) string { return short(r.P99) }},
}

// number is a count, or a mean if there were several sales.
func (c comparison) number(n float64) string {
	if c.Seeds == 1 || n >= 100 {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return strconv.FormatFloat(n, 'f', 2, 64)
}

func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f min", d.Minutes())
}

// Setting says what was played.
func (c comparison) Setting() string {
	text := fmt.Sprintf("%d units; %d buyers a minute on TikTok Shop and %d elsewhere, for %d minutes. ", units, c.Rate, elsewhereRate, int(c.Lasts.Minutes()))
	if c.Seeds == 1 {
		return text + fmt.Sprintf("Seed %d.", c.Seed)
	}
	return text + fmt.Sprintf("Means over seeds %d to %d.", c.Seed, c.Seed+uint64(c.Seeds)-1)
}

// Note puts the first two rows into perspective.
func (c comparison) Note() string {
	return fmt.Sprintf("The first two hubs take held orders off what they publish on TikTok Shop, although Linnworks does not know of them yet. "+
		"One that copies Linnworks' level into the shop instead offers the held units there again every time: it oversells %d (seed %d).", c.Overwritten, c.Seed)
}

// String is the table with its explanations.
func (c comparison) String() string {
	var b strings.Builder
	b.WriteString(c.Setting() + "\n\n")
	table := [][]string{{"policy"}}
	for _, col := range columns {
		table[0] = append(table[0], col.Title)
	}
	for _, r := range c.Rows {
		cells := []string{r.Name}
		for _, col := range columns {
			cells = append(cells, col.Value(c, r))
		}
		table = append(table, cells)
	}
	for _, cells := range table {
		for i, cell := range cells {
			width := 0
			for _, other := range table {
				width = max(width, len(other[i]))
			}
			if i == 0 {
				fmt.Fprintf(&b, "%-*s", width, cell)
			} else {
				fmt.Fprintf(&b, "  %*s", width, cell)
			}
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	for _, r := range c.Rows {
		fmt.Fprintf(&b, "%s: %s\n", r.Name, r.Story)
	}
	b.WriteByte('\n')
	for _, col := range columns {
		fmt.Fprintf(&b, "%s: %s\n", col.Title, col.About)
	}
	b.WriteString("\n" + c.Note() + "\n")
	return b.String()
}
