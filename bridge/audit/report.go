package audit

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Report is what a run found.
type Report struct {
	// Title, Shop and Account say what it is about: see [Options] and [Named].
	Title   string
	Shop    ShopName
	Account string
	// At is when it began, and Ended when all was read, in UTC.
	At, Ended time.Time
	// Listings is how many were looked at.
	Listings int
	// Orders is how many orders of the shop were compared.
	Orders int
	// Findings are what to mend, the most severe first, then by owner.
	Findings []Finding
	// Promotion judges each SKU of [Options.Promotion], in their order.
	Promotion []Verdict
	// Unread says what could not be read or compared, and why: nothing is known of it.
	Unread []string
	// ByHand is what no API tells, and where a person finds it. A report is complete
	// without it.
	ByHand []string

	sawOrders map[string]bool // the objects of those that were compared
	unsure    map[Rule]bool   // rules that this run cannot say are kept
	unsureOf  map[string]bool // objects of cases of which it cannot
}

// Verdict is whether a SKU can be promoted.
type Verdict struct {
	SKU string
	// Listings is how many listings have it.
	Listings int
	// Free is how many units are free now, if they were counted: kits as the components
	// allow, without what is sold and not seen yet.
	Free    int
	Counted bool
	// Problems are what keeps it from being sold.
	Problems []Rule
}

// Ready reports whether it can be sold. One whose stock was not counted is not.
func (v Verdict) Ready() bool {
	return len(v.Problems) == 0 && v.Listings > 0 && v.Counted && v.Free > 0
}

// MarshalJSON returns the verdict for programs.
func (v Verdict) MarshalJSON() ([]byte, error) { return part.JSON(v) }

// String is one line.
func (v Verdict) String() string {
	free := "stock not counted"
	if v.Counted {
		free = fmt.Sprintf("%d free", v.Free)
	}
	switch {
	case v.Ready():
		return fmt.Sprintf("%s: ready, %s", v.SKU, free)
	case len(v.Problems) > 0:
		return fmt.Sprintf("%s: not ready: %s", v.SKU, part.Joined(v.Problems))
	}
	return fmt.Sprintf("%s: not known: %s", v.SKU, free)
}

// Complete reports whether everything could be read.
func (r Report) Complete() bool { return len(r.Unread) == 0 }

// Clean reports whether everything was read and nothing is to be mended.
func (r Report) Clean() bool { return r.Complete() && len(r.Findings) == 0 }

// MarshalJSON returns the report for programs.
func (r Report) MarshalJSON() ([]byte, error) { return part.JSON(r) }

// Count returns how many findings of a severity there are.
func (r Report) Count(s exceptions.Severity) (n int) {
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Summary is one line for a log.
func (r Report) Summary() string {
	s := fmt.Sprintf("%s, %s: %d urgent, %s, %s", part.Count(r.Listings, "listing"), part.Count(len(r.Findings), "finding"),
		r.Count(exceptions.Urgent), part.Count(r.Count(exceptions.Warning), "warning"), part.Count(r.Count(exceptions.Notice), "notice"))
	if !r.Complete() {
		s += fmt.Sprintf("; NOT COMPLETE: %s could not be read", part.Count(len(r.Unread), "thing"))
	}
	return s
}

// head are the lines that say what the report is about, each with its name.
func (r Report) head() (lines [][2]string) {
	for _, line := range [][2]string{{"Shop", r.Shop.String()}, {"Linnworks account", r.Account}, {"Read", r.when()}} {
		if line[1] != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// when is the time of the reading.
func (r Report) when() string {
	s := r.At.Format("2 January 2006, 15:04")
	switch end := r.Ended.Format("15:04"); {
	case r.Ended.IsZero() || r.Ended.Sub(r.At) < time.Minute:
	case r.Ended.YearDay() != r.At.YearDay():
		s += " to " + r.Ended.Format("2 January 2006, 15:04")
	default:
		s += " to " + end
	}
	return s + " UTC"
}

// String is the report as text: findings by owner, then the promotion, then what could
// not be read.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintln(&b, cmp.Or(r.Title, DefaultTitle))
	for _, line := range r.head() {
		fmt.Fprintf(&b, "%s: %s\n", line[0], line[1])
	}
	fmt.Fprintln(&b, r.Summary())
	for _, owner := range exceptions.Owners {
		list := r.of(owner)
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", strings.ToUpper(string(owner)))
		for _, f := range list {
			fmt.Fprintf(&b, "  %-8s %s: %s\n           %s.\n           To do: %s.\n", f.Severity, f.Object, f.Rule, sentence(f.Seen), f.Do)
			for _, row := range f.Enter {
				fmt.Fprintf(&b, "             %s\n", row)
			}
		}
	}
	if len(r.Promotion) > 0 {
		b.WriteString("\nPROMOTION\n")
		for _, v := range r.Promotion {
			fmt.Fprintf(&b, "  %s\n", v)
		}
	}
	if len(r.Unread) > 0 {
		b.WriteString("\nNOT READ\n")
		for _, text := range r.Unread {
			fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(text, "\n", "\n  "))
		}
	}
	if len(r.ByHand) > 0 {
		b.WriteString("\nTO LOOK AT BY HAND\n")
		for _, text := range r.ByHand {
			fmt.Fprintf(&b, "  %s\n", sentence(text))
		}
	}
	if used := r.rules(); len(used) > 0 {
		b.WriteString("\nWhat waiting costs\n")
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, info := range used {
			fmt.Fprintf(w, "  %s\t%s\n", info.Rule, info.Costs)
		}
		_ = w.Flush() // it writes into memory
	}
	return b.String()
}

// sentence begins with a capital letter.
func sentence(s string) string {
	if first, n := utf8.DecodeRuneInString(s); first != utf8.RuneError {
		return string(unicode.ToUpper(first)) + s[n:]
	}
	return s
}

func (r Report) of(owner exceptions.Owner) (list []Finding) {
	for _, f := range r.Findings {
		if f.Owner == owner {
			list = append(list, f)
		}
	}
	return list
}

// rules are those that are broken, in the order of the table.
func (r Report) rules() (used []Info) {
	for _, info := range rules {
		if slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Rule == info.Rule }) {
			used = append(used, info)
		}
	}
	return used
}

// WriteCSV writes rows that say what the report is about, and one for each finding, verdict
// and thing that could not be read, with a head. Texts that a spreadsheet would take for a formula begin with an apostrophe.
func (r Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	head := []string{"severity", "owner", "rule", "object", "sku_id", "seen", "to_do", "enter"}
	row := func(cells ...string) {
		for i, c := range cells {
			if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
				cells[i] = "'" + c
			}
		}
		for len(cells) < len(head) {
			cells = append(cells, "")
		}
		_ = out.Write(cells) // Error below has it
	}
	row(head...)
	for _, line := range append([][2]string{{"Title", cmp.Or(r.Title, DefaultTitle)}}, r.head()...) {
		row("about", "", "", line[0], "", line[1])
	}
	for _, f := range r.Findings {
		row(f.Severity.String(), string(f.Owner), string(f.Rule), f.Object, f.SKU, f.Seen, f.Do, strings.Join(f.Enter, "; "))
	}
	for _, v := range r.Promotion {
		row("promotion", "", strconv.FormatBool(v.Ready()), v.SKU, "", v.String())
	}
	for _, text := range r.Unread {
		row("not read", "", "", "", "", text)
	}
	for _, text := range r.ByHand {
		row("by hand", "", "", "", "", "", text)
	}
	out.Flush()
	return out.Error()
}

// WriteHTML writes one page that needs nothing else.
func (r Report) WriteHTML(w io.Writer) error {
	type group struct {
		Owner    exceptions.Owner
		Findings []Finding
	}
	var groups []group
	for _, owner := range exceptions.Owners {
		if list := r.of(owner); len(list) > 0 {
			groups = append(groups, group{owner, list})
		}
	}
	return page.Execute(w, struct {
		Report
		Heading string
		Head    [][2]string
		Groups  []group
		Rules   []Info
	}{r, cmp.Or(r.Title, DefaultTitle), r.head(), groups, r.rules()})
}

var page = template.Must(template.New("audit").Funcs(template.FuncMap{"sentence": sentence}).Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Heading}}{{with .Shop.Name}}: {{.}}{{end}}, {{.At.Format "2 January 2006"}}</title>
<style>
:root { color-scheme: light dark; --line: #8886; --urgent: #b3261e; --warning: #8a5a00; --notice: #4a5d73; --good: #1b6e3c }
@media (prefers-color-scheme: dark) { :root { --urgent: #ff8a80; --warning: #ffc069; --notice: #a9bdd4; --good: #7fd6a0 } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.6rem; margin-bottom: 0 } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; text-transform: capitalize }
article { border-top: 1px solid var(--line); padding: .7rem 0; overflow-wrap: anywhere }
article p { margin: .2rem 0 } .object { font-weight: 600 }
.tag { font-size: .8rem; font-weight: 600; margin-right: .5rem } .urgent { color: var(--urgent) } .warning { color: var(--warning) } .notice { color: var(--notice) } .good { color: var(--good) }
pre { margin: .4rem 0; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 4px; white-space: pre-wrap }
dt { font-weight: 600 } dd { margin: 0 0 .5rem }
</style>
</head>
<body>
<h1>{{.Heading}}</h1>
<p>{{range $i, $line := .Head}}{{if $i}}<br>
{{end}}{{index $line 0}}: {{index $line 1}}{{end}}</p>
<p>{{.Summary}}.</p>
{{with .Unread}}<h2 class="urgent">Not read</h2>
{{range .}}<article>{{.}}</article>
{{end}}{{end}}
{{with .Promotion}}<h2>Promotion</h2>
{{range .}}<article><span class="tag {{if .Ready}}good{{else}}urgent{{end}}">{{if .Ready}}ready{{else}}not ready{{end}}</span>{{.}}</article>
{{end}}{{end}}
{{range .Groups}}<h2>{{.Owner}}</h2>
{{range .Findings}}<article>
<p><span class="tag {{.Severity}}">{{.Severity}}</span><span class="object">{{.Object}}</span>: {{.Rule}}</p>
<p>{{sentence .Seen}}.</p>
<p>To do: {{.Do}}.</p>
{{with .Enter}}<pre>{{range .}}{{.}}
{{end}}</pre>{{end}}
</article>
{{end}}{{end}}
{{with .ByHand}}<h2>To look at by hand</h2>
{{range .}}<article>{{sentence .}}</article>
{{end}}{{end}}
{{with .Rules}}<h2>What waiting costs</h2>
<dl>{{range .}}<dt>{{.Rule}}</dt><dd>{{.Costs}}</dd>
{{end}}</dl>{{end}}
</body>
</html>
`))
