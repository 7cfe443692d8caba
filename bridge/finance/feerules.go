package finance

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/money"
)

// FeeRules is a table of what the shop may take, as it has published: by market and the
// date on which an order was placed. It is safe for concurrent use.
type FeeRules struct {
	rows []feeRule
	text string
}

// feeRule is a row of the table.
type feeRule struct {
	market   string
	from, to time.Time // zero: no end
	fees     []string
	kind     string
	of       []string // fees of a share; the base of a rate or the orders of never, as one word
	percent  *big.Rat // a hundredth of it; nil for none
	limit    money.Amount
	credited bool
	days     int
	sure     bool
	source   string
	line     string // as it stands in the table
}

// The rules, bases and kinds of orders of the table.
const (
	ruleRate  = "rate"
	ruleShare = "share"
	ruleOrder = "order"
	ruleNever = "never"

	baseGoods     = "goods"
	baseDelivered = "goods+postage"
	basePaid      = "paid"

	ordersUnshipped = "unshipped"
	ordersFree      = "free"
)

//go:embed fees.txt
var defaultFeesText string

var defaultFeeRules = func() *FeeRules {
	f, err := ReadFeeRules(strings.NewReader(defaultFeesText))
	if err != nil {
		panic("the table shipped with the package: " + err.Error())
	}
	return f
}()

// DefaultFeeRules is the table that is used unless options bring another. Its figures were
// read from public pages in November 2026, and every row names its own; print it to read it.
func DefaultFeeRules() *FeeRules { return defaultFeeRules }

// String is the table as it was read.
func (f *FeeRules) String() string { return f.text }

// Markets are those that the table has a rule for, in order.
func (f *FeeRules) Markets() []string {
	var list []string
	for _, r := range f.rows {
		list = append(list, r.market)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

var feeColumns = []string{"market", "from", "to", "fee", "rule", "of", "percent", "cap", "refunds", "days", "sure", "source"}

// ReadFeeRules reads a table as [FeeRules.String] prints it: a heading, then a row for each
// rule, with - for what it does not have. Errors name the line.
func ReadFeeRules(r io.Reader) (*FeeRules, error) {
	f := &FeeRules{}
	heading := true
	text, err := part.Rows(r, "fee rules", func(words []string) error {
		if len(words) != len(feeColumns) {
			return fmt.Errorf("%d words, want %d", len(words), len(feeColumns))
		}
		if heading {
			heading = false
			if !slices.Equal(words, feeColumns) {
				return fmt.Errorf("heading %q, want %q", words, feeColumns)
			}
			return nil
		}
		row, err := readFeeRule(words)
		row.line = strings.Join(words, " ")
		f.rows = append(f.rows, row)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.text = text
	return f, nil
}

// With returns the table with rows of the seller's own plan in front, each in the table's form
// without its heading: the shipping price of its rate card, the highest commission that it
// pays a creator, the rate of its category. They replace the rows of the same market and kind
// that name one of their fees. Errors name the row.
//
//	rules, err := finance.DefaultFeeRules().With(
//		"GB 2026-01-01 - affiliate_commission_amount rate goods 15 - kept - yes our-plan",
//		"GB 2026-01-01 - actual_shipping_fee_amount order - - 4.50_GBP - - yes rate-card")
func (f *FeeRules) With(rows ...string) (*FeeRules, error) {
	own := &FeeRules{}
	for i, text := range rows {
		words := strings.Fields(text)
		if len(words) != len(feeColumns) {
			return nil, fmt.Errorf("fee rules: row %d has %d words, want %d: %s", i+1, len(words), len(feeColumns), strings.Join(feeColumns, " "))
		}
		row, err := readFeeRule(words)
		if err != nil {
			return nil, fmt.Errorf("fee rules: row %d: %w", i+1, err)
		}
		row.line = strings.Join(words, " ")
		own.rows = append(own.rows, row)
	}
	replaced := func(r feeRule) bool {
		return slices.ContainsFunc(own.rows, func(o feeRule) bool {
			return o.market == r.market && o.kind == r.kind && slices.ContainsFunc(o.fees, func(name string) bool { return slices.Contains(r.fees, name) })
		})
	}
	all := slices.Concat(own.rows, slices.DeleteFunc(slices.Clone(f.rows), replaced))
	text := strings.Join(feeColumns, " ") + "\n"
	for _, r := range all {
		text += r.line + "\n"
	}
	return &FeeRules{rows: all, text: text}, nil
}

func readFeeRule(words []string) (r feeRule, err error) {
	var errs []error
	failed := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	day := func(column, word string) (t time.Time) {
		if word == "-" {
			return t
		}
		t, err := time.Parse(time.DateOnly, word)
		if err != nil {
			failed("%s: %q is no date such as 2026-01-08", column, part.Clip(word))
		}
		return t
	}
	r = feeRule{
		market: words[0], from: day("from", words[1]), to: day("to", words[2]), fees: strings.Split(words[3], ","), kind: words[4],
		of: strings.Split(words[5], ","), credited: words[8] == "credited", sure: words[10] == "yes", source: words[11],
	}
	if len(r.market) != 2 || strings.ToUpper(r.market) != r.market {
		failed("market: %q is no code of two letters such as GB", part.Clip(r.market))
	}
	if r.from.IsZero() || !r.to.IsZero() && !r.from.Before(r.to) {
		failed("from %s to %s: no period", words[1], words[2])
	}
	if slices.Contains(r.fees, "") || r.kind == ruleShare && (slices.Contains(r.of, "") || words[5] == "-") {
		failed("fee or of: a name is missing")
	}
	bases := map[string][]string{ruleRate: {baseGoods, baseDelivered, basePaid}, ruleOrder: {"-"}, ruleNever: {ordersUnshipped, ordersFree}}
	if allowed, known := bases[r.kind]; r.kind != ruleShare && !known {
		failed("rule: %q is none of rate, share, order, never", part.Clip(r.kind))
	} else if known && !slices.Contains(allowed, words[5]) {
		failed("of: %q is none of %q", part.Clip(words[5]), allowed)
	}
	if words[6] != "-" {
		percent, ok := new(big.Rat), len(words[6]) < 10
		if ok {
			percent, ok = percent.SetString(words[6])
		}
		if !ok || strings.ContainsAny(words[6], "eE/_xXpP") || percent.Sign() < 0 || percent.Cmp(big.NewRat(100, 1)) > 0 {
			failed("percent: %q is no number from 0 to 100", part.Clip(words[6]))
		} else {
			r.percent = percent.Mul(percent, big.NewRat(1, 100))
		}
	}
	if (r.kind == ruleRate || r.kind == ruleShare) != (r.percent != nil) && len(errs) == 0 {
		failed("percent: a rate and a share need one, other rules have none")
	}
	if words[7] != "-" {
		figure, currency, _ := strings.Cut(words[7], "_")
		if r.limit, err = money.Parse(figure, currency); err != nil || len(currency) != 3 || r.limit.Minor < 0 || absurd(r.limit.Minor) {
			failed("cap: %q is no amount such as 5.00_USD", part.Clip(words[7]))
		}
	} else if r.kind == ruleOrder {
		failed("cap: the rule order needs one")
	}
	if !slices.Contains([]string{"credited", "kept", "-"}, words[8]) || r.kind == ruleRate && words[8] == "-" {
		failed("refunds: %q is neither credited nor kept", part.Clip(words[8]))
	}
	if words[9] != "-" {
		if r.days, err = strconv.Atoi(words[9]); err != nil || r.days < 0 || r.days > 366 {
			failed("days: %q is no number of days", part.Clip(words[9]))
		}
	}
	if words[10] != "yes" && words[10] != "no" {
		failed("sure: %q is neither yes nor no", part.Clip(words[10]))
	}
	return r, errors.Join(errs...)
}

// applies reports whether the rule holds for an order that was placed at a moment.
func (r *feeRule) applies(at time.Time, currency string) bool {
	return !at.Before(r.from) && (r.to.IsZero() || at.Before(r.to)) && (r.limit.Currency == "" || r.limit.Currency == currency)
}

// text is the rule in words, for people.
func (r *feeRule) text(currency string) string {
	var s string
	switch r.kind {
	case ruleRate:
		of := map[string]string{
			baseGoods:     "the item price after your discounts",
			baseDelivered: "the item price after seller discounts, with the shipping that the buyer pays",
			basePaid:      "what the buyer pays",
		}
		s = percentText(r.percent) + " of " + of[r.of[0]]
		if r.credited {
			s += ", less refunds"
		}
	case ruleShare:
		s = percentText(r.percent) + " of the " + strings.Join(r.of, " or ") + " on what was refunded"
	case ruleOrder:
		return "at most " + r.limit.String() + " for an order"
	case ruleNever:
		if r.of[0] == ordersFree {
			return "not taken for free samples"
		}
		return "not taken for orders cancelled before dispatch"
	}
	if r.limit.Currency != "" {
		s += ", at most " + amount(r.limit.Minor, currency) + " for each unit"
	}
	return s
}

// percentText writes a share of one in percent.
func percentText(share *big.Rat) string {
	text := new(big.Rat).Mul(share, big.NewRat(100, 1)).FloatString(4)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + "%"
}
