package policy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/policy"
)

func TestKindsOfOrders(t *testing.T) {
	for _, tc := range []struct {
		name  string
		kinds []policy.Kind
		want  string // import, cancel, refund, revenue, number of measures
	}{
		{"an ordinary sale", nil, "import line line true 6"},
		{"sample", []policy.Kind{policy.FreeSample}, "import order none false 6"},
		{"gift", []policy.Kind{policy.GiftWithPurchase}, "import order order true 6"},
		{"lottery", []policy.Kind{policy.LotteryWin}, "import seller none false 6"},
		{"bundle", []policy.Kind{policy.Bundle}, "import bundle bundle true 6"},
		{"the platform's", []policy.Kind{policy.ByTikTok}, "skip none line true 1"},
		{"one that nobody has heard of", []policy.Kind{"flash sale"}, "import line line true 6"},
		{"the strictest of two", []policy.Kind{policy.Bundle, policy.LotteryWin}, "import seller none false 6"},
		{"in either order", []policy.Kind{policy.LotteryWin, policy.Bundle}, "import seller none false 6"},
		{"a bundle of the platform's", []policy.Kind{policy.Bundle, policy.ByTikTok}, "skip none bundle true 1"},
		{"a known and an unknown one", []policy.Kind{"flash sale", policy.FreeSample}, "import order none false 6"},
	} {
		r := policy.DefaultKinds().Of(tc.kinds...)
		if got := fmt.Sprint(r.Import, " ", r.Cancel, " ", r.Refund, " ", r.Revenue, " ", len(r.Measures)); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
	// What one gets is one's own.
	policy.DefaultKinds().Of().Measures[0] = "mine"
	if !policy.DefaultKinds().Of().Counts(policy.LateAtReady) || policy.DefaultKinds().Of(policy.ByTikTok).Counts(policy.LateAtReady) {
		t.Error("late at ready to ship: want ordinary sales to count, and not those that the platform sends")
	}
}

func TestReadKinds(t *testing.T) {
	const base = "kind import cancel refund revenue measures\nordinary import line line yes all\n* import line line yes all\n"
	for want, text := range map[string]string{
		"the row ordinary is missing":          "kind import cancel refund revenue measures\n* import line line yes all",
		"the row * is missing":                 "kind import cancel refund revenue measures\nordinary import line line yes all",
		"line 1: the heading":                  "kind import",
		"line 4: 5 columns":                    base + "bundle import line line yes",
		`import: "book" is none`:               base + "bundle book line line yes all",
		`cancel: "piece" is none`:              base + "bundle import piece line yes all",
		`refund: "seller" is none`:             base + "bundle import line seller yes all",
		`revenue: "perhaps" is`:                base + "bundle import line line perhaps all",
		`measures: "late" is not`:              base + "bundle import line line yes late",
		"line 4: ordinary is given twice":      base + "ordinary import line line yes all",
		"park makes no sense for what the pla": base + "fulfilled_by_TikTok park line line yes all",
	} {
		if _, err := policy.ReadKinds(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if again, err := policy.ReadKinds(strings.NewReader(policy.DefaultKinds().String())); err != nil || again.String() != policy.DefaultKinds().String() {
		t.Errorf("the default table is not read as it prints: %v", err)
	}
}

func TestOverrideKinds(t *testing.T) {
	changed, err := policy.DefaultKinds().Override(strings.NewReader("# they are checked first\nfree_sample park order none no none\nflash_sale import order line yes valid_tracking,late_at_ready_to_ship\n"))
	if err != nil {
		t.Fatal(err)
	}
	sample, flash := changed.Of(policy.FreeSample), changed.Of("flash sale")
	if sample.Import != policy.TakePut || len(sample.Measures) != 0 || flash.Cancel != policy.ByOrder || !flash.Counts(policy.ValidTracking) || flash.Counts(policy.OnTimeDelivery) {
		t.Errorf("got %+v and %+v, want what the rows say", sample, flash)
	}
	if policy.DefaultKinds().Of(policy.FreeSample).Import != policy.TakeIn {
		t.Error("the default table was changed")
	}
	for _, want := range []string{"# overridden: free_sample", "# they are checked first"} {
		if !strings.Contains(changed.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, changed)
		}
	}
	if _, err := changed.Override(strings.NewReader("free_sample park")); err == nil {
		t.Error("a row that cannot be read was accepted")
	}
}
