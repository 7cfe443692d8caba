package bridge

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func override(t *testing.T, table *StatusTable, text string) *StatusTable {
	t.Helper()
	changed, err := table.Override(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestStatusTableOverride(t *testing.T) {
	before := DefaultStatusTable()
	old := before.String()
	table := override(t, before, `
# Unpaid orders reserve stock on every channel.
seller UNPAID absent park

tiktok UNPAID absent park
seller LOST * raise
fbt    *    processed done
`)
	want := maps.Clone(before.cells)
	want[statusCell{SellerShipping, Unpaid, Absent}] = ActionPark
	want[statusCell{TikTokShipping, Unpaid, Absent}] = ActionPark
	want[statusCell{FulfilledByTikTok, anyStatus, Processed}] = ActionDone
	for _, state := range warehouseStates {
		want[statusCell{SellerShipping, "LOST", state}] = ActionRaise
	}
	if diff := cmp.Diff(want, table.cells, cmp.AllowUnexported(statusCell{})); diff != "" {
		t.Error(diff)
	}
	if before.String() != old || before.cells[statusCell{SellerShipping, Unpaid, Absent}] != ActionReserve {
		t.Error("the table that was overridden has changed")
	}
	for _, line := range []string{
		"seller  UNPAID               park     wait     raise    wait     raise     wait\n",
		"seller  LOST                 raise    raise    raise    raise    raise     raise\n",
		"# overridden: seller UNPAID absent: park, was reserve\n",
		"# overridden: seller LOST locked: raise, was new\n",
	} {
		if strings.Count(table.String(), line) != 1 {
			t.Errorf("%q is not in\n%s", line, table)
		}
	}
	if strings.Count(table.String(), "\n") != strings.Count(old, "\n")+1+9 {
		t.Errorf("a row was added and nine cells changed, and it prints\n%s", table)
	}
	again, err := ReadStatusTable(strings.NewReader(table.String()))
	if err != nil || !maps.Equal(again.cells, table.cells) {
		t.Errorf("what it prints reads back as something else: %v", err)
	}
	twice := override(t, table, "seller UNPAID absent reserve\nseller LOST parked wait")
	if a, known := twice.Action(SellerShipping, "LOST", Parked); a != ActionWait || !known {
		t.Errorf("overridden again: %s", a)
	}
	if same := override(t, before, "# nothing\n"); same.String() != old {
		t.Error("an empty override rewrites the table")
	}
}

func TestStatusTableOverrideErrors(t *testing.T) {
	for text, want := range map[string]string{
		"seller UNPAID absent":                                       "line 1: 3 words",
		"#\nseller UNPAID gone wait":                                 `line 2: "gone" is not a state`,
		"seller UNPAID absent dance":                                 `line 1: "dance" is not an action`,
		"seller UNPAID absent park\nseller UNPAID absent wait":       "line 2: seller UNPAID absent is given twice",
		"seller UNPAID parked raise\nseller UNPAID * raise":          "line 2: seller UNPAID parked is given twice",
		"seler UNPAID absent park":                                   "no row seler UNPAID, and a new one needs the state parked",
		"seller UNPIAD absent park":                                  "no row seller UNPIAD",
		"seller UNPAID absent import":                                "line 1: import would send an order that is UNPAID",
		"seller ON_HOLD parked release":                              "line 1: release would send an order that is ON_HOLD",
		"tiktok CANCELLED open label":                                "line 1: label would send an order that is CANCELLED",
		"fbt AWAITING_SHIPMENT absent import":                        "line 1: import would send what the platform's warehouse sends",
		"seller AWAITING_SHIPMENT absent ship":                       "line 1: ship makes no sense for an order that is absent",
		"seller AWAITING_SHIPMENT open import":                       "line 1: import makes no sense for an order that is open",
		"seller AWAITING_SHIPMENT * park":                            "line 1: park makes no sense for an order that is parked",
		"seller UNPAID absent " + strings.Repeat("x", 100_000):       "line 1: ",
		"seller UNPAID absent park\n" + strings.Repeat("y ", 40_000): "line 2: ",
	} {
		if _, err := DefaultStatusTable().Override(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
	if _, err := new(StatusTable).Override(strings.NewReader("seller UNPAID * raise")); err == nil {
		t.Error("the zero table has no heading and was overridden")
	}
}

// A table of a client's own is held to the same: no cell sends what nobody may
// send, and no action stands where it makes no sense.
func TestReadStatusTableRefusesUnsuited(t *testing.T) {
	for row, want := range map[string]string{
		"seller UNPAID import wait wait wait wait wait":            "line 1: import would send an order that is UNPAID",
		"fbt * skip release wait wait wait wait":                   "line 1: release would send what the platform's warehouse sends",
		"seller AWAITING_SHIPMENT cancel wait wait wait wait wait": "line 1: cancel makes no sense for an order that is absent",
	} {
		text := "model status absent parked open locked processed cancelled\n" + row
		want = strings.Replace(want, "line 1", "line 2", 1)
		if _, err := ReadStatusTable(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", row, err, want)
		}
	}
}

func FuzzStatusTableOverride(f *testing.F) {
	f.Add("seller UNPAID absent park\n# c\n")
	f.Add("seller LOST * raise\nfbt * cancelled wait")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := DefaultStatusTable().Override(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := ReadStatusTable(strings.NewReader(table.String()))
		if err != nil || !maps.Equal(table.cells, again.cells) {
			t.Fatalf("%q reads back differently, %v", table, err)
		}
		for cell := range DefaultStatusTable().cells {
			if _, known := table.Action(cell.model, cell.status, cell.state); !known {
				t.Errorf("%v got lost", cell)
			}
		}
	})
}

func TestStatusTableRoundTrip(t *testing.T) {
	again, err := ReadStatusTable(strings.NewReader(DefaultStatusTable().String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(DefaultStatusTable().cells, again.cells); diff != "" {
		t.Error(diff)
	}
	if again.String() != DefaultStatusTable().String() {
		t.Error("the text changed")
	}
	width := 0
	for line := range strings.Lines(again.String()) {
		width = max(width, len(line))
		for _, c := range line {
			if c == '\t' || c > 126 {
				t.Errorf("%q does not print alike everywhere", line)
			}
		}
	}
	if width > 110 {
		t.Errorf("%d columns wide", width)
	}
}

func TestReadStatusTableErrors(t *testing.T) {
	const heading = "model status absent parked open locked processed cancelled\n"
	for text, want := range map[string]string{
		"":                                     "empty",
		"# only a comment\n":                   "empty",
		"status model\n":                       "line 1: the heading must start",
		"\nmodel status absent\n":              "line 2: the heading lacks the state parked",
		strings.TrimSpace(heading) + " lost\n": "line 1: the heading has a state too many",
		heading + "seller X wait\n":            "line 2: 3 columns, the heading has 8",
		heading + "#\nseller X wait wait wait wait dance wait\n":                                                    `line 3: "dance" is not an action`,
		heading + strings.Repeat("seller X wait wait wait wait wait wait\n", 2):                                     "line 3: seller X is given twice",
		heading + "seller X wait wait wait wait wait wait\n" + strings.Repeat("x", 100_000):                         "line 3: ",
		"model status absent absent parked open locked processed cancelled\nseller X " + strings.Repeat("wait ", 7): "line 1: the heading has a state too many",
	} {
		if _, err := ReadStatusTable(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzReadStatusTable(f *testing.F) {
	// Short ones: the table that is shipped has tests of its own.
	const heading = "model status absent parked open locked processed cancelled\n"
	f.Add(heading + "x * wait wait wait wait wait wait")
	f.Add("# c\r\n\n" + heading + "a B import park ship label done raise\na C skip wait wait wait wait wait\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := ReadStatusTable(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := ReadStatusTable(strings.NewReader(table.String()))
		if err != nil {
			t.Fatalf("a table does not read what it prints: %v", err)
		}
		if !maps.Equal(table.cells, again.cells) {
			t.Errorf("%q reads back differently", table)
		}
	})
}

func TestStatusTableIsTotal(t *testing.T) {
	table := DefaultStatusTable()
	models := []ShippingModel{SellerShipping, TikTokShipping, FulfilledByTikTok, "drone", ""}
	statuses := []OrderStatus{Unpaid, OnHold, AwaitingShipment, PartiallyShipping, AwaitingCollection, InTransit, Delivered, Completed, Cancelled, "ODD", "", "*"}
	states := []WarehouseState{Absent, Parked, Open, Locked, Processed, Dropped, "odd", ""}
	for _, model := range models {
		for _, status := range statuses {
			for _, state := range states {
				action, known := table.Action(model, status, state)
				ours := model == SellerShipping || model == TikTokShipping
				odd := status == "ODD" || status == "" || status == "*"
				want := (ours && !odd || model == FulfilledByTikTok) && state != "odd" && state != ""
				if known != want || !known && action != ActionRaise || action == "" {
					t.Errorf("%s %s %s: %s, known %t, want known %t", model, status, state, action, known, want)
				}
				commits := action == ActionImport || action == ActionRelease || action == ActionShip || action == ActionLabel
				if commits && (status == Unpaid || status == OnHold || status == Cancelled || model == FulfilledByTikTok) {
					t.Errorf("%s %s %s: %s of an order that nobody may ship", model, status, state, action)
				}
			}
		}
	}
	if action, known := new(StatusTable).Action(SellerShipping, OnHold, Open); action != ActionRaise || known {
		t.Errorf("the zero table says %s", action)
	}
}
