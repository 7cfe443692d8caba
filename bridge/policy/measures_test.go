package policy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/policy"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// measureTable is a table of the rows.
func measureTable(t *testing.T, rows ...string) *policy.Measures {
	t.Helper()
	m, err := policy.ReadMeasures(strings.NewReader("measure market from limit window model source\n" + strings.Join(rows, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A limit counts from its day on, until the next one.
func TestMeasuresByDay(t *testing.T) {
	table := measureTable(t, "seller_cancellation GB 2026-06-01 <=2 30d * second", "seller_cancellation GB 2026-01-01 <=3 ? * first", "seller_cancellation DE ? <=5 ? tiktok any day")
	for _, tc := range []struct {
		market, day, want string
	}{
		{"GB", "2025-12-31", "none"}, {"GB", "2026-01-01", "3 first"}, {"GB", "2026-05-31", "3 first"}, {"GB", "2026-06-01", "2 second"}, {"GB", "2030-01-01", "2 second"},
		{"DE", "1999-01-01", "5 any day"}, {"FR", "2026-06-01", "none"},
	} {
		day, err := time.Parse(time.DateOnly, tc.day)
		if err != nil {
			t.Fatal(err)
		}
		got := "none"
		if l, ok := table.At(policy.SellerCancellation, tc.market, day); ok {
			got = fmt.Sprint(l.Percent, " ", l.Source)
		}
		if got != tc.want {
			t.Errorf("%s on %s: got %q, want %q", tc.market, tc.day, got, tc.want)
		}
	}
	if l, ok := table.At(policy.LateAtScan, "GB", noon); ok {
		t.Errorf("got %+v for a measure that is not in the table", l)
	}
}

func TestReadMeasures(t *testing.T) {
	for want, text := range map[string]string{
		"the table is empty":                   "# nothing\n",
		"line 1: the heading":                  "measure market\n",
		`line 2: "late" is not a measure`:      "late GB ? <=4 ? * a",
		`"gb" is not a market`:                 "valid_tracking gb ? <=4 ? * a",
		`"yesterday" is not a day`:             "valid_tracking GB yesterday <=4 ? * a",
		`"4" is not a limit`:                   "valid_tracking GB ? 4 ? * a",
		`"<=NaN" is not a limit`:               "valid_tracking GB ? <=NaN ? * a",
		`"<=101" is not a limit`:               "valid_tracking GB ? <=101 ? * a",
		`"<>4" is not a limit`:                 "valid_tracking GB ? <>4 ? * a",
		`"7" is not a window`:                  "valid_tracking GB ? <=4 7 * a",
		`"0d" is not a window`:                 "valid_tracking GB ? <=4 0d * a",
		`"drone" is not a shipping model`:      "valid_tracking GB ? <=4 7d drone a",
		"line 2: 6 columns":                    "valid_tracking GB ? <=4 7d *",
		"line 3: valid tracking of GB from th": "valid_tracking GB ? <=4 7d * a\nvalid_tracking GB ? <=5 7d * b",
	} {
		if !strings.HasPrefix(text, "measure") && !strings.HasPrefix(text, "#") {
			text = "measure market from limit window model source\n" + text
		}
		if _, err := policy.ReadMeasures(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	// What is printed can be read again.
	again, err := policy.ReadMeasures(strings.NewReader(policy.DefaultMeasures().String()))
	if err != nil {
		t.Fatal(err)
	}
	if again.String() != policy.DefaultMeasures().String() {
		t.Error("the default table does not print as it was read")
	}
}

func TestOverrideMeasures(t *testing.T) {
	changed, err := policy.DefaultMeasures().Override(strings.NewReader("# of our account manager\nlate_at_ready_to_ship GB 2024-11-04 <=6 7d * a mail\nlate_at_ready_to_ship FR ? <=5 ? * a mail\n"))
	if err != nil {
		t.Fatal(err)
	}
	for market, want := range map[string]float64{"GB": 6, "FR": 5, "US": 4} {
		if l, ok := changed.At(policy.LateAtReady, market, noon); !ok || l.Percent != want {
			t.Errorf("%s: got %+v, want %g %%", market, l, want)
		}
	}
	if l, _ := policy.DefaultMeasures().At(policy.LateAtReady, "GB", noon); l.Percent != 4 {
		t.Errorf("the default table was changed: %+v", l)
	}
	for _, want := range []string{"# overridden: late_at_ready_to_ship       GB", "# of our account manager"} {
		if !strings.Contains(changed.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, changed)
		}
	}
	if _, err := changed.Override(strings.NewReader("late GB")); err == nil {
		t.Error("a row that cannot be read was accepted")
	}
}
