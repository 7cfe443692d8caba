package money_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/money"
)

func pounds(minor int64) money.Amount { return money.Amount{Minor: minor, Currency: "GBP"} }

func TestSaleWithout(t *testing.T) {
	sale := money.Sale{Paid: pounds(3250), Funded: pounds(299), Lines: map[string]money.Amount{"1": pounds(1000), "2": pounds(1000), "3": pounds(1250)}}
	for _, tc := range []struct {
		name             string
		off              []string
		cancelled, total int64
		problem          string
	}{
		{"nothing", nil, 0, 3549, ""},
		{"one line", []string{"3"}, 1250, 2299, ""},
		{"one line, told twice", []string{"3", "3"}, 1250, 2299, ""},
		{"all lines: shipping stays", []string{"1", "2", "3"}, 3250, 299, ""},
		{"a line that it does not have, beside one that it has", []string{"9", "1"}, 1000, 2549, "no line 9"},
	} {
		left, err := sale.Without(tc.off...)
		if got := left.Total(); got != pounds(tc.total) || left.Cancelled != pounds(tc.cancelled) {
			t.Errorf("%s: total %s, cancelled %s, want %d and %d", tc.name, got, left.Cancelled, tc.total, tc.cancelled)
		}
		if (err != nil) != (tc.problem != "") || err != nil && !strings.Contains(err.Error(), tc.problem) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.problem)
		}
	}
	if len(sale.Lines) != 3 || sale.Cancelled.Minor != 0 {
		t.Errorf("the sale was changed: %v", sale)
	}
}

// What is kept in a record is what was sold, less what was taken off since, in one go
// or in several.
func TestSaleInNotes(t *testing.T) {
	sale := money.Sale{Paid: pounds(2000), Funded: pounds(0), Cancelled: pounds(500), Lines: map[string]money.Amount{"1": pounds(1000), "2": pounds(1000)}}
	notes := map[string]string{money.SaleNote: sale.Note()}
	got, known, err := money.SaleOf(notes)
	if err != nil || !known {
		t.Fatal(known, err)
	}
	if diff := cmp.Diff(sale, got); diff != "" {
		t.Error(diff)
	}
	notes[money.OffNote] = money.TakenOff(money.TakenOff("", "2"), "2", "1")
	if got, _, err := money.SaleOf(notes); err != nil || got.Total() != pounds(-500) || got.Cancelled != pounds(2500) {
		t.Errorf("%v, %v", got, err)
	}
	if _, known, err := money.SaleOf(nil); known || err != nil {
		t.Errorf("without notes: known %t, %v", known, err)
	}
	if _, known, err := money.SaleOf(map[string]string{money.SaleNote: "{"}); known || err == nil {
		t.Errorf("a broken note: known %t, %v", known, err)
	}
}
