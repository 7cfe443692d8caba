package shadow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Report is what the looks have found so far.
type Report struct {
	// From and To are the first look and the last.
	From, To time.Time
	// Looks is how many there were, Failed how many of them did not see all, Gap the
	// longest time between two: nothing shorter than that is known to have been seen.
	Looks, Failed int
	Gap           time.Duration
	// Orders is how many were looked at, Open how many of them are not over.
	Orders, Open int
	// Deeds are what the bridge would have done, and how long the other integration took.
	Deeds []DeedTimes
	// Differences are the orders that one by one went otherwise, oldest first. Dropped is
	// how many more there was no room for.
	Differences []Difference
	Dropped     int
	// Oversold are SKUs that showed more than there was, the longest first. StockSeen is
	// how many looks saw the stock.
	Oversold  []Oversold
	StockSeen int
	// Not says what keeps the report from being a rehearsal; empty if nothing does.
	Not []string
}

// DeedTimes is how one deed went.
type DeedTimes struct {
	Deed Deed
	// Done is how often the other integration did it, Waiting how often it is due now,
	// Never how often it was not done while it was due.
	Done, Waiting, Never int
	// P50, P99 and Most are how long it took after the bridge would have done it, to the
	// look that saw it done; P50 and P99 of the last 5,000.
	P50, P99, Most time.Duration
}

// Difference is something about one order.
type Difference struct {
	OrderID string `json:"order_id"`
	What    string `json:"what"`
	// From is when it was seen first, To when it ended; zero if it did not, or has no end.
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
	// Shop and Warehouse are how the order stood.
	Shop      string `json:"shop"`
	Warehouse string `json:"warehouse"`
}

// Oversold is a time in which the shop showed more of a SKU than there was.
type Oversold struct {
	SKU         string `json:"sku"`
	SKUID       string `json:"sku_id"`
	WarehouseID string `json:"warehouse_id"`
	// From is the look that saw it first; To is zero while it goes on.
	From time.Time `json:"from"`
	To   time.Time `json:"to,omitzero"`
	// Units is by how many at the most. Gone reports that there was nothing left to sell,
	// and Orders are those that there was nothing for, all the same: the first orders get
	// what there is. Units that a bundle takes are known from its import on.
	Units  int      `json:"units"`
	Gone   bool     `json:"gone"`
	Orders []string `json:"orders,omitempty"`
}

// The least that is a rehearsal: a weekend and a Monday are in it, and nothing that lasts
// for half an hour is missed.
const (
	leastTime  = 72 * time.Hour
	longestGap = 30 * time.Minute
)

// Report returns what the looks have found so far.
func (w *Watch) Report(ctx context.Context) (Report, error) {
	j, err := w.load(ctx)
	if err != nil {
		return Report{}, err
	}
	r := Report{
		From: j.From, To: j.Last, Looks: j.Looks, Failed: j.Failed, Gap: j.Gap, Orders: j.Orders, Open: len(j.Open),
		Differences: j.Differ, Dropped: j.Dropped, Oversold: slices.Clone(j.Past), StockSeen: j.Plans,
	}
	waiting := map[Deed]int{}
	for _, at := range j.Open {
		waiting[at.Due]++
	}
	for _, deed := range []Deed{Create, Release, Cancel, Label, Ship, Look} {
		took := slices.Sorted(slices.Values(j.Took[deed]))
		d := DeedTimes{Deed: deed, Done: max(j.Did[deed], len(took)), Waiting: waiting[deed], Never: j.Left[deed]}
		if len(took) > 0 {
			d.P50, d.P99, d.Most = health.Percentile(took, 50), health.Percentile(took, 99), max(j.Longest[deed], took[len(took)-1])
		}
		r.Deeds = append(r.Deeds, d)
	}
	for _, key := range slices.Sorted(maps.Keys(j.Stock)) {
		e := j.Stock[key].over(time.Time{})
		r.Oversold = append(r.Oversold, e)
	}
	slices.SortStableFunc(r.Oversold, func(a, b Oversold) int { return int(b.lasted(r.To) - a.lasted(r.To)) })
	not := func(is bool, format string, args ...any) {
		if is {
			r.Not = append(r.Not, fmt.Sprintf(format, args...))
		}
	}
	not(j.Looks == 0, "nothing was looked at yet")
	not(j.Looks > 0 && r.To.Sub(r.From) < leastTime, "it has lasted %s, and should last three days", r.To.Sub(r.From).Round(time.Minute))
	not(r.Gap > longestGap, "nothing was looked at for %s once", r.Gap.Round(time.Minute))
	not(r.Failed*20 > r.Looks, "%d of %d looks did not see all", r.Failed, r.Looks)
	not(j.Looks > 0 && r.Orders == 0, "no order came")
	not(j.Looks > 0 && r.StockSeen*10 < r.Looks*9, "stock was seen by %d of %d looks", r.StockSeen, r.Looks)
	not(r.Dropped > 0, "%s not listed", part.Count(r.Dropped, "difference"))
	return r, nil
}

// lasted is how long it went on.
func (o Oversold) lasted(now time.Time) time.Duration {
	if o.To.IsZero() {
		return now.Sub(o.From)
	}
	return o.To.Sub(o.From)
}

// Sold is how many orders were placed for what was not there.
func (r Report) Sold() int {
	orders := map[string]bool{}
	for _, o := range r.Oversold {
		for _, id := range o.Orders {
			orders[id] = true
		}
	}
	return len(orders)
}

// Verdict is one sentence.
func (r Report) Verdict() string {
	if len(r.Not) > 0 {
		return "This is no rehearsal yet: " + strings.Join(r.Not, "; ") + "."
	}
	if len(r.Differences) == 0 && r.Sold() == 0 {
		return fmt.Sprintf("In %s both would have done the same about %s.", words(r.To.Sub(r.From)), part.Count(r.Orders, "order"))
	}
	return fmt.Sprintf("In %s, of %s %d went otherwise than the bridge would have had it, and %d had no stock left for it.",
		words(r.To.Sub(r.From)), part.Count(r.Orders, "order"), r.differing(), r.Sold())
}

// differing is how many orders went otherwise.
func (r Report) differing() int {
	orders := map[string]bool{}
	for _, d := range r.Differences {
		orders[d.OrderID] = true
	}
	return len(orders)
}

// MarshalJSON returns the report for programs.
func (r Report) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// String is the report for people: the verdict, the times, every order that went
// otherwise, and a line to sign.
func (r Report) String() string {
	var b strings.Builder
	stamp := func(t time.Time) string {
		if t.IsZero() {
			return "now"
		}
		return t.UTC().Format("2006-01-02 15:04")
	}
	fmt.Fprintf(&b, "%s\n\n", r.Verdict())
	if r.Looks > 0 {
		fmt.Fprintf(&b, "%s to %s UTC: %s, ", stamp(r.From), stamp(r.To), part.Count(r.Looks, "look"))
		if r.Looks > 1 {
			fmt.Fprintf(&b, "at most %s apart, ", words(r.Gap))
		}
		fmt.Fprintf(&b, "%d of which did not see all. %s, %d not over.\n", r.Failed, part.Count(r.Orders, "order"), r.Open)
	}
	b.WriteString("\nWhat the bridge would have done, and how much later it was done:\n")
	for _, d := range r.Deeds {
		if d.Done+d.Waiting+d.Never == 0 {
			continue
		}
		fmt.Fprintf(&b, "  %-28s", d.Deed)
		switch {
		case d.Deed == Look:
			fmt.Fprintf(&b, " %d now", d.Waiting)
		case d.Done > 0:
			fmt.Fprintf(&b, " %s, half of them within %s, 99 of 100 within %s, all within %s", part.Count(d.Done, "time"), words(d.P50), words(d.P99), words(d.Most))
		default:
			b.WriteString(" not once")
		}
		if d.Never > 0 {
			fmt.Fprintf(&b, "; %d never", d.Never)
		}
		if d.Waiting > 0 && d.Deed != Look {
			fmt.Fprintf(&b, "; %d due now", d.Waiting)
		}
		b.WriteString("\n")
	}
	if len(r.Differences) > 0 {
		b.WriteString("\nOrders that went otherwise:\n")
	}
	for _, d := range r.Differences {
		fmt.Fprintf(&b, "  %s  order %s: %s (shop %s, warehouse %s)\n", stamp(d.From), d.OrderID, d.What, d.Shop, d.Warehouse)
	}
	if len(r.Oversold) > 0 {
		b.WriteString("\nStock that was shown and not there:\n")
	}
	for _, o := range r.Oversold {
		fmt.Fprintf(&b, "  SKU %s in %s: %s to %s, up to %s too many", o.SKU, o.WarehouseID, stamp(o.From), stamp(o.To), part.Count(o.Units, "unit"))
		if o.Gone {
			b.WriteString(", none were left")
		}
		if len(o.Orders) > 0 {
			fmt.Fprintf(&b, "; sold all the same: order %s", strings.Join(o.Orders, ", "))
		}
		b.WriteString("\n")
	}
	if len(r.Not) == 0 {
		b.WriteString("\nSeen and agreed: ______________________  Date: ____________\n")
	}
	return b.String()
}

// words are how long something lasts, for people.
func words(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return part.Count(max(1, int(d/time.Minute)), "minute")
}
