package finance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// String is a page of text: how far the money was followed, and what is left.
func (r *Report) String() string {
	var b strings.Builder
	proven, lines := 0, 0
	for _, s := range r.Statements {
		lines += s.Lines
		if s.Proven {
			proven++
		}
	}
	paid := 0
	for _, p := range r.Payouts {
		if p.Proven {
			paid++
		}
	}
	fmt.Fprintf(&b, "%s as of %s\n\n", r.Shop, r.AsOf.Format(time.DateTime))
	fmt.Fprintf(&b, "Statements  %d of %d add up (%s)\n", proven, len(r.Statements), part.Count(lines, "line"))
	fmt.Fprintf(&b, "Payouts     %d of %d are the sum of their statements\n", paid, len(r.Payouts))
	fmt.Fprintf(&b, "Orders      %d, %d of them settled\n", len(r.Orders), r.settledOrders())
	if len(r.Unread) > 0 {
		fmt.Fprintf(&b, "Not read    %s\n", part.Count(len(r.Unread), "record"))
	}
	if f := r.Fees; f.Market != "" {
		fmt.Fprintf(&b, "Fees        of %s held against the published rules of %s, %d above them, %d not compared\n", part.Count(f.Orders, "order"), f.Market, len(f.Breaches), f.NotChecked)
		for _, u := range f.Unruled {
			why := "no published rule is on file"
			if u.Doubted {
				why = "no rule on file is sure, or of that day"
			}
			fmt.Fprintf(&b, "            not checked: %s, %s in %s: %s\n", u.Fee, amount(u.Charged, u.Currency), part.Count(u.Orders, "order"), why)
		}
	}
	table := func(heading string, rows func(row func(cells ...string))) {
		var t strings.Builder
		w := tabwriter.NewWriter(&t, 0, 0, 2, ' ', tabwriter.AlignRight)
		n := 0
		rows(func(cells ...string) {
			n++
			fmt.Fprintln(w, "\t"+strings.Join(cells, "\t")+"\t")
		})
		if n == 0 {
			return
		}
		// Writing into a strings.Builder does not fail.
		_ = w.Flush()
		fmt.Fprintf(&b, "\n%s\n%s", heading, t.String())
	}
	table("Where the money went", func(row func(...string)) {
		for _, c := range r.Categories {
			row(string(c.Category), decimal(c.Minor, c.Currency), c.Currency)
		}
	})
	table("Clearing account", func(row func(...string)) {
		for _, c := range r.Clearing {
			row("settled", decimal(c.Settled, c.Currency), c.Currency, "", "")
			row("paid", decimal(-c.Paid, c.Currency), c.Currency, "", "")
			for _, item := range c.Items {
				row("", decimal(item.Minor, c.Currency), c.Currency, string(item.Of)+" "+item.ID, string(item.Reason))
			}
		}
	})
	table("Not in the journal until it is read", func(row func(...string)) {
		for _, w := range r.Withheld() {
			row("statement "+w.StatementID, date(w.SettledAt), decimal(w.Minor, w.Currency), w.Currency, w.Why)
		}
	})
	table("Should have arrived by now", func(row func(...string)) {
		for _, d := range r.Due() {
			row(string(d.Reason), fmt.Sprint(d.Count), decimal(d.Minor, d.Currency), d.Currency)
		}
	})
	table("Held in reserve", func(row func(...string)) {
		for _, e := range r.Reserves {
			if e.Held != 0 {
				until, of := "until nobody knows when", ""
				if !e.ReleaseAt.IsZero() {
					until = "until " + date(e.ReleaseAt)
				}
				if e.OrderID != "" {
					of = "order " + e.OrderID
				}
				row(e.ID, decimal(e.Held, e.Currency), e.Currency, until, of)
			}
		}
	})
	if wrong := r.Wrong(); len(wrong) > 0 {
		fmt.Fprint(&b, "\nSomebody has to look\n")
		for i, x := range wrong {
			if i == maxShown {
				fmt.Fprintf(&b, "  and %d more\n", len(wrong)-i)
				break
			}
			fmt.Fprintf(&b, "  %s\n      %s\n", x, reasonInfo[x.Reason].Do)
		}
	}
	table("Explained", func(row func(...string)) {
		for _, p := range r.Passing() {
			for _, currency := range slices.Sorted(maps.Keys(p.Minor)) {
				row(string(p.Reason), fmt.Sprint(p.Count), decimal(p.Minor[currency], currency), currency)
			}
		}
	})
	for i, u := range r.Unread {
		if i == maxShown {
			fmt.Fprintf(&b, "  and %d more were not read\n", len(r.Unread)-i)
			break
		}
		fmt.Fprintf(&b, "  %s %s was not read: %s\n", u.Kind, u.ID, u.Why)
	}
	if len(r.UnknownNames) > 0 {
		fmt.Fprintf(&b, "\nNames that are new: %s\n", strings.Join(r.UnknownNames, ", "))
	}
	return b.String()
}

// maxShown bounds the lists of the text; JSON and CSV have all.
const maxShown = 50

func (r *Report) settledOrders() (n int) {
	for _, o := range r.Orders {
		if o.Settled {
			n++
		}
	}
	return n
}
