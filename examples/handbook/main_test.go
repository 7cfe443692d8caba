package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/catalogue"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/money"
	"github.com/linnbridge/linnbridge/bridge/stage"
)

func written(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(args, &out, io.Discard); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return out.String()
}

var (
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	linked  = regexp.MustCompile(`\[[^]]*\]\(#([^)]*)\)`)
)

func TestHandbookHasEveryKind(t *testing.T) {
	text := written(t)
	sections := map[string]string{} // text by anchor
	var anchors []string
	at := heading.FindAllStringSubmatchIndex(text, -1)
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		a := anchor(text[m[2]:m[3]])
		if _, twice := sections[a]; twice {
			t.Errorf("two headings have the anchor %q", a)
		}
		sections[a] = text[m[0]:end]
		anchors = append(anchors, a)
	}
	links := map[string]bool{}
	for _, m := range linked.FindAllStringSubmatch(text, -1) {
		links[m[1]] = true
		if sections[m[1]] == "" {
			t.Errorf("a link leads to %q, which is no heading: %q", m[1], anchors)
		}
	}
	kinds := exceptions.Kinds()
	for _, k := range kinds {
		section := sections[anchor(string(k.Kind))]
		parts := append([]string{k.Meaning, k.Closes, title(k.Severity.String()) + ", for " + teams[k.Owner].name, words(k.Within)}, k.Steps...)
		for _, part := range append(parts, k.Where...) {
			if !strings.Contains(section, part) {
				t.Errorf("%s: the section lacks %q", k.Kind, part)
			}
		}
		if !links[anchor(string(k.Kind))] || !links[anchor(string(k.Owner))] {
			t.Errorf("%s of %s is not in the contents", k.Kind, k.Owner)
		}
		if teams[k.Owner].name == "" || teams[k.Owner].who == "" {
			t.Errorf("who is %s?", k.Owner)
		}
	}
	if len(kinds) < 20 {
		t.Errorf("%d kinds only", len(kinds))
	}
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimRight(line, " \t") != line && !strings.Contains(line, "_") {
			t.Errorf("%q ends with blanks", line)
		}
	}
}

func TestHandbookIsStable(t *testing.T) {
	first := written(t)
	for range 5 { // maps come in another order
		if diff := cmp.Diff(first, written(t)); diff != "" {
			t.Fatal(diff)
		}
	}
	path := filepath.Join(t.TempDir(), "handbook.md")
	if out := written(t, "-o", path); out != "" {
		t.Errorf("with -o it also prints %q", out)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, string(file)); diff != "" {
		t.Error(diff)
	}
}

func TestReference(t *testing.T) {
	text := written(t)
	if !strings.Contains(text, bridge.DefaultStatusTable().String()) {
		t.Error("the status table is missing")
	}
	if len(stages) != int(stage.Processed) {
		t.Errorf("%d stages are explained, there are %d", len(stages), stage.Processed)
	}
	for i, s := range stages {
		if int(s.stage) != i+1 || !strings.Contains(text, "| "+s.stage.String()+" | "+s.when+" |\n") {
			t.Errorf("stage %d: %v", i+1, s)
		}
	}
	const cells = "seller UNPAID absent park\n"
	path := filepath.Join(t.TempDir(), "client.txt")
	if err := os.WriteFile(path, []byte(cells), 0o600); err != nil {
		t.Fatal(err)
	}
	table, err := bridge.DefaultStatusTable().Override(strings.NewReader(cells))
	if err != nil {
		t.Fatal(err)
	}
	if client := written(t, "-override", path); !strings.Contains(client, table.String()) || client == text {
		t.Error("the client's table is missing")
	}
}

// TestShippingRules checks that a client's rules are in its handbook, and how the view is
// set up that its settings name.
func TestShippingRules(t *testing.T) {
	plain, client := written(t), written(t, "-settings", sample)
	if !strings.Contains(plain, "## The printing view") || strings.Contains(plain, "Parcel 48") {
		t.Error("the plain handbook lacks the printing view, or has rules")
	}
	for _, want := range []string{"seller  any              GB      1750 g  Parcel 48       Thermal 4x6", "Identifier is GOOD-TO-GO"} {
		if !strings.Contains(client, want) {
			t.Errorf("the client's handbook lacks %q", want)
		}
	}
}

// sample is the settings file of a client that uses everything.
const sample = "testdata/client.json"

func sampleSettings(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile(sample)
	if err != nil {
		t.Fatal(err)
	}
	var set map[string]any
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	return set
}

// fileWith writes settings to a file.
func fileWith(t *testing.T, set map[string]any) string {
	t.Helper()
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "client.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// leaves are the texts and numbers of a value, and the keys that a client chose.
func leaves(value any) (list []string) {
	switch v := value.(type) {
	case map[string]any:
		for key, member := range v {
			if len(key) > 12 || strings.ToUpper(key) == key {
				list = append(list, key)
			}
			list = append(list, leaves(member)...)
		}
	case []any:
		for _, e := range v {
			list = append(list, leaves(e)...)
		}
	case bool, nil:
	case float64:
		list = append(list, strconv.FormatFloat(v, 'f', -1, 64))
	default:
		list = append(list, fmt.Sprint(v))
	}
	return list
}

// TestEverySettingIsADecision checks that the book knows every setting, that the sample has
// every one, and that the book of the sample has every value of it.
func TestEverySettingIsADecision(t *testing.T) {
	known := map[string]int{}
	for _, topic := range topics {
		for _, d := range topic.decisions {
			known[d.setting]++
			if d.heading == "" || d.set == "" {
				t.Errorf("%s: no heading, or nothing said of it", d.setting)
			}
		}
	}
	set, text := sampleSettings(t), written(t, "-settings", sample)
	for f := range reflect.TypeFor[bridge.Settings]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if known[name] != 1 {
			t.Errorf("%s is in the table of decisions %d times, want once", name, known[name])
		}
		if set[name] == nil {
			t.Errorf("%s lacks %s", sample, name)
		}
		delete(known, name)
		for _, value := range leaves(set[name]) {
			if !strings.Contains(text, value) {
				t.Errorf("the book of %s lacks %q of %s", sample, value, name)
			}
		}
	}
	for name := range known {
		t.Errorf("there is no setting %q", name)
	}
}

// TestNothingThatIsNotSet takes one setting after the other away: what only it had is no
// longer in the book, neither its values nor its heading.
func TestNothingThatIsNotSet(t *testing.T) {
	whole := written(t, "-settings", sample)
	required := []string{"shop", "locations", "default_location"}
	needs := map[string][]string{ // go with it
		"print_view": {"shipping_rules"}, "zone": {"orders_per_day"}, "cancel_reasons": {"short_orders"}, "zero_stock": {"short_orders", "cancel_reasons"},
		"reject_reasons": {"late_requests", "due_requests"}, "platform_location": {"status_table"},
	}
	for _, topic := range topics {
		for _, d := range topic.decisions {
			if slices.Contains(required, d.setting) {
				continue
			}
			set := sampleSettings(t)
			gone := append([]string{d.setting}, needs[d.setting]...)
			var values []string
			for _, name := range gone {
				values = append(values, leaves(set[name])...)
				delete(set, name)
			}
			text := written(t, "-settings", fileWith(t, set))
			for _, value := range values {
				if strings.Contains(text, "`"+value+"`") && !slices.Contains(leaves(set), value) {
					t.Errorf("without %q the book still has %q", gone, value)
				}
			}
			if heading := "**" + d.heading + "**"; d.unset == "" && strings.Contains(text, heading) || !strings.Contains(whole, heading) {
				t.Errorf("the book has the heading %q without the setting, or lacks it with it", d.heading)
			}
		}
	}
}

// TestCasesOfASetting checks that a client's book has no cases that cannot come up, and
// that every kind which needs a setting is there with it.
func TestCasesOfASetting(t *testing.T) {
	set := sampleSettings(t)
	for _, name := range []string{"print_view", "shipping_rules", "finance", "audit", "orders_per_day", "keep_items", "leave_alone", "at_deadline"} {
		delete(set, name)
	}
	set["returns"] = map[string]any{"by_hand": true} // and each order draws on the first location
	most := sampleSettings(t)
	delete(most, "first_location")
	plain, least, whole := written(t), written(t, "-settings", fileWith(t, set)), written(t, "-settings", fileWith(t, most))
	headingOf := func(kind exceptions.Kind) string { return "### " + title(string(kind)) + "\n" }
	for kind := range onlyWith {
		if heading := headingOf(kind); !strings.Contains(plain, heading) || strings.Contains(least, heading) || !strings.Contains(whole, heading) {
			t.Errorf("%s: want it in the plain book and in that of %s, and not where it cannot come up", kind, sample)
		}
	}
	for _, k := range exceptions.Kinds() {
		switch k.Part { // which a Sync only has with a setting, or which nobody runs without it
		case exceptions.PartAudit, exceptions.PartFinance, exceptions.PartRelease:
			if strings.Contains(least, headingOf(k.Kind)) {
				t.Errorf("%s: the book has it of a client without %s", k.Kind, k.Part)
			}
		}
	}
	for _, word := range []string{"printing view", "payouts that", "before the shop's limit"} {
		if strings.Contains(strings.ToLower(least), word) {
			t.Errorf("a client without it reads of %q", word)
		}
	}
	set["audit"] = map[string]any{"hours": 24}
	if text := written(t, "-settings", fileWith(t, set)); !strings.Contains(text, headingOf(exceptions.AuditFinding)) || strings.Contains(text, headingOf(exceptions.OrdersDiffer)) {
		t.Error("an audit without orders: want its findings, and no orders that differ")
	}
	set["locations"] = map[string]any{"7068517275539719942": []string{"5a2d7c1e-0000-4000-8000-000000000001"}}
	delete(set, "first_location")
	if text := written(t, "-settings", fileWith(t, set)); strings.Contains(text, headingOf(exceptions.NotInOnePlace)) {
		t.Error("a warehouse with one location: no order can be anywhere else")
	}
}

func about(t *testing.T, kind exceptions.Kind) exceptions.Info {
	t.Helper()
	info, known := kind.Info()
	if !known {
		t.Fatalf("no kind is called %q", kind)
	}
	return info
}

// TestWhereListingsAreLinked checks that nobody is sent to a channel's mapping, which does
// not exist for orders that come in by the API.
func TestWhereListingsAreLinked(t *testing.T) {
	text := written(t)
	if strings.Contains(text, "Mapping of the channel") {
		t.Error("the book sends people to the mapping of a channel")
	}
	for _, kind := range []exceptions.Kind{exceptions.UnmappedSKU, exceptions.AmbiguousSKU, exceptions.SpellingDiffers, exceptions.UnlinkedLine} {
		if where := strings.Join(about(t, kind).Where, "\n"); !strings.Contains(where, "Stock Item Linking") || !strings.Contains(where, "Source TIKTOKBRIDGE") {
			t.Errorf("%s: nothing says where a listing is linked: %s", kind, where)
		}
	}
}

// TestDurations checks that durations are written as people write them.
func TestDurations(t *testing.T) {
	text := written(t, "-settings", sample)
	for _, want := range []string{"`71h`", "`2000h`", "`2m`", "`45s`"} {
		if !strings.Contains(text, want) {
			t.Errorf("the book lacks %s", want)
		}
	}
	for in, want := range map[string]string{"1h0m0s": "1h", "1h30m0s": "1h30m", "10m0s": "10m", "10h10m10s": "10h10m10s", "20s": "20s", "0s": "0s", "MUG-0m0s": "MUG-0m0s", "100h10m0s": "100h10m"} {
		if got := duration(in); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestWhatDiffers(t *testing.T) {
	set := sampleSettings(t)
	set["shop"], set["max_stock"] = "maple-ie", 99
	delete(set, "leave_alone")
	got := written(t, "-settings", sample, "-against", fileWith(t, set))
	const want = "## What differs\n\nBetween this client, `maple-uk`, and `maple-ie`:\n\n" +
		"| Decision | maple-uk | maple-ie |\n|---|---|---|\n" +
		"| Name of the shop (shop) | `\"maple-uk\"` | `\"maple-ie\"` |\n" +
		"| Most that is shown (max_stock) | `4321` | `99` |\n" +
		"| Listings that are left alone (leave_alone) | `[\"PORTRAIT-TO-ORDER\"]` | not set |\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if same := written(t, "-settings", sample, "-against", sample); !strings.Contains(same, "Nothing: their settings are the same.") {
		t.Errorf("a client against itself: %s", same)
	}
}

func TestPeople(t *testing.T) {
	path := filepath.Join(t.TempDir(), "people.json")
	const people = `{"page": "https://bridge.example.com/ops/", "ladder": ["6h", "2h"], "repeat": "20m", "recipients": [
		{"name": "bench | back", "teams": ["warehouse"], "shops": ["maple-uk"], "webhook_env": "BENCH", "zone": "Europe/London", "quiet": {"from": "20:00", "to": "06:30", "days": ["sunday"]}, "daily": "07:15", "weekly": "monday"},
		{"name": "Ann", "after": "35m", "mail_to": ["ann@example.com"]}]}`
	if err := os.WriteFile(path, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	text := written(t, "-settings", sample, "-people", path)
	for _, want := range []string{
		"All cases are on the page https://bridge.example.com/ops/.",
		`| bench \| back | warehouse, shops maple-uk | at once, in chat | 20:00 to 06:30, on sunday (Europe/London) | daily at 07:15, with the week's on monday |`,
		"| Ann | all teams | of urgent cases that nobody has taken on for 35m, by mail to ann@example.com | never | none |",
		"told again 6h, 2h before it is late, and from the last of these on every 20m",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the book lacks %q", want)
		}
	}
	if strings.Contains(text, "BENCH") {
		t.Error("the book has the name of a secret")
	}
}

// TestAmounts holds the table of amounts against what the import writes.
func TestAmounts(t *testing.T) {
	one := money.Amount{Minor: 100, Currency: "GBP"}
	o := bridge.Order{ID: "1", Status: bridge.AwaitingShipment, Lines: []bridge.OrderLine{
		{ID: "a", Listing: catalogue.SKU{ID: "s", SellerSKU: "MUG"}, Price: one}, {ID: "b", Listing: catalogue.SKU{ID: "s", SellerSKU: "MUG"}, Price: one, Cancelled: true},
	}, Totals: bridge.Totals{
		Currency: "GBP", ListPrice: one, Items: one, SellerDiscount: one, PlatformDiscount: one, ShippingListPrice: one, Shipping: one, ShippingFunded: one,
		ShippingSellerDiscount: one, ShippingCofundedDiscount: one, TaxOnTop: true, Tax: one, ShippingTax: one, Fees: []bridge.Fee{{Name: "small_order", Amount: one}}, PaymentDiscount: one, Paid: one,
	}}
	n, _ := bridge.MapOrder(o, catalogue.Lookup{Items: map[string]catalogue.Item{"s": {ID: "i", SKU: "MUG"}}})
	written := map[string]bool{}
	for _, p := range n.Properties {
		if _, err := strconv.ParseFloat(p.Value, 64); err == nil {
			written[strings.TrimSuffix(p.Name, "small_order")] = true
		}
	}
	if len(written) < 10 {
		t.Fatalf("the import writes %d amounts only: %v", len(written), n.Properties)
	}
	told := map[string]bool{}
	for _, a := range amounts {
		told[a.property] = true
		if !written[a.property] {
			t.Errorf("the import does not write %q", a.property)
		}
	}
	for name := range written {
		if !told[name] {
			t.Errorf("the table lacks %q, which the import writes", name)
		}
	}
}

// TestPage checks that the page has all of the text, that its links lead somewhere, and
// that nothing typed into settings becomes markup.
func TestPage(t *testing.T) {
	set := sampleSettings(t)
	set["leave_alone"] = []string{"<script>alert(1)</script>", "a*b*c"}
	path := filepath.Join(t.TempDir(), "book.html")
	if out := written(t, "-settings", fileWith(t, set), "-html", path); out != "" {
		t.Errorf("with -html it also prints %q", out)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	if strings.Contains(page, "<script") || !strings.Contains(page, "<code>&lt;script&gt;alert(1)&lt;/script&gt;</code>, <code>a*b*c</code>") {
		t.Error("a value is not escaped, or is marked up")
	}
	for _, m := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("a link leads to %q, which is not there", m[1])
		}
	}
	for _, tag := range []string{"ul", "ol", "li", "table", "tr", "p", "h2", "h3", "pre", "code", "strong", "em"} {
		if begins, ends := strings.Count(page, "<"+tag+">")+strings.Count(page, "<"+tag+" "), strings.Count(page, "</"+tag+">"); begins != ends || begins == 0 {
			t.Errorf("<%s> begins %d times and ends %d times", tag, begins, ends)
		}
	}
	for _, left := range []string{"**", "](#", "|---", "\n* ", "```"} {
		if strings.Contains(page, left) {
			t.Errorf("the page has %q in it, which is Markdown", left)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, args := range [][]string{{"more"}, {"-what"}, {"-override", "no such file"}, {"-settings", "no such file"}, {"-against", sample}, {"-settings", sample, "-override", sample}, {"-settings", sample, "-people", "no such file"}, {"-o", filepath.Join("no", "such", "folder")}} {
		if err := run(args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q is not refused", args)
		}
	}
}

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		30 * time.Minute: "30 minutes", time.Minute: "1 minute", time.Hour: "1 hour", 90 * time.Minute: "90 minutes",
		24 * time.Hour: "1 day", 36 * time.Hour: "36 hours", 7 * 24 * time.Hour: "7 days",
	} {
		if got := words(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
