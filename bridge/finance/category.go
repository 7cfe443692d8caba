package finance

import (
	_ "embed"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Category is an account of the journal.
type Category string

// The categories. What a line does not explain of itself has those that begin with
// "unnamed", and what nothing explains is NotExplained.
const (
	Sales             Category = "sales"
	Refunds           Category = "refunds"
	SellerDiscounts   Category = "seller discounts"
	PlatformDiscounts Category = "platform discounts" // funded by the platform
	BuyerFees         Category = "buyer fees"
	OtherRevenue      Category = "other revenue"
	UnnamedRevenue    Category = "unnamed revenue"

	ShippingIncome  Category = "shipping income" // from the buyer
	ShippingFunded  Category = "shipping funded" // by the platform
	ShippingCost    Category = "shipping cost"
	ReturnShipping  Category = "return shipping"
	UnnamedShipping Category = "unnamed shipping"

	Commission  Category = "commission"
	Affiliate   Category = "affiliate commission"
	PaymentFees Category = "payment fees"
	RefundFees  Category = "refund fees"
	Advertising Category = "advertising"
	Fulfilment  Category = "fulfilment"
	Storage     Category = "storage"
	OtherFees   Category = "other fees"
	UnnamedFees Category = "unnamed fees"

	TaxWithheld Category = "tax withheld" // by the marketplace, which owes it
	FeeTax      Category = "tax on fees"
	Duty        Category = "duty"

	Penalties        Category = "penalties"
	ChargeBacks      Category = "charge backs"
	Claims           Category = "claims" // compensation for goods and parcels
	Rebates          Category = "rebates"
	Loans            Category = "loans"
	OtherAdjustments Category = "other adjustments"

	Reserves     Category = "reserves"
	NotExplained Category = "not explained"

	copied Category = "copy"
)

// traits are what a category is.
type traits struct {
	name Category
	// sold is what a buyer and others pay for an order, before what comes off.
	sold bool
	// taxed reports whether the tax rates of the goods go with it.
	taxed bool
}

// categories are all of them, in the order of reports.
var categories = []traits{
	{Sales, true, true}, {SellerDiscounts, true, true}, {PlatformDiscounts, false, true}, {BuyerFees, true, true}, {OtherRevenue, true, true},
	{UnnamedRevenue, true, true}, {Refunds, false, true}, {ShippingIncome, true, true}, {ShippingFunded, true, true},
	{ShippingCost, false, false}, {ReturnShipping, false, false}, {UnnamedShipping, false, false},
	{Commission, false, false}, {Affiliate, false, false}, {PaymentFees, false, false}, {RefundFees, false, false}, {Advertising, false, false},
	{Fulfilment, false, false}, {Storage, false, false}, {OtherFees, false, false}, {UnnamedFees, false, false},
	{TaxWithheld, false, false}, {FeeTax, false, false}, {Duty, false, false},
	{Penalties, false, false}, {ChargeBacks, false, false}, {Claims, false, false}, {Rebates, false, false}, {Loans, false, false},
	{OtherAdjustments, false, false}, {Reserves, false, false}, {NotExplained, false, false},
}

// Categories returns all categories, in the order of reports.
func Categories() []Category {
	list := make([]Category, len(categories))
	for i, c := range categories {
		list[i] = c.name
	}
	return list
}

var categoryAt = func() map[Category]int {
	at := map[Category]int{}
	for i, c := range categories {
		at[c.name] = i
	}
	return at
}()

// adjustments is the group of the types of adjustments.
const adjustments Group = "adjustment"

// Names is a table of what the shop's names of amounts are. It is total. It is safe for
// concurrent use.
type Names struct {
	rows []nameRow
	text string
}

type nameRow struct {
	group    Group
	pattern  string
	category Category
}

//go:embed categories.txt
var defaultNamesText string

var defaultNames = func() *Names {
	n, err := ReadNames(strings.NewReader(defaultNamesText))
	if err != nil {
		panic("the table shipped with the package: " + err.Error())
	}
	return n
}()

// DefaultNames is the table that is used unless options bring another. Print it to read it.
func DefaultNames() *Names { return defaultNames }

// String is the table as it was read.
func (n *Names) String() string { return n.text }

// ReadNames reads a table as [Names.String] prints it: a heading, then rows of a group, a
// name and a category with _ for a blank. Every group must end with a row for *. Errors
// name the line.
func ReadNames(r io.Reader) (*Names, error) {
	n := &Names{}
	heading := true
	text, err := part.Rows(r, "names of amounts", func(words []string) error {
		if len(words) != 3 {
			return fmt.Errorf("%d words, want a group, a name and a category", len(words))
		}
		if heading {
			heading = false
			if want := []string{"group", "name", "category"}; !slices.Equal(words, want) {
				return fmt.Errorf("heading %q, want %q", words, want)
			}
			return nil
		}
		row := nameRow{Group(words[0]), words[1], Category(strings.ReplaceAll(words[2], "_", " "))}
		if _, err := path.Match(row.pattern, ""); err != nil {
			return fmt.Errorf("name %q: %w", row.pattern, err)
		}
		if _, known := categoryAt[row.category]; !known && row.category != copied {
			return fmt.Errorf("category %q is none of %q", row.category, Categories())
		}
		if !slices.Contains(groups, row.group) {
			return fmt.Errorf("group %q is none of %q", row.group, groups)
		}
		n.rows = append(n.rows, row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if !slices.ContainsFunc(n.rows, func(r nameRow) bool { return r.group == g && r.pattern == "*" }) {
			return nil, fmt.Errorf("names of amounts: the group %s has no row for *", g)
		}
	}
	n.text = text
	return n, nil
}

var groups = []Group{Revenue, Shipping, Fee, Tax, adjustments}

// of returns the category of a name. known is false if only the row for * matches.
func (n *Names) of(g Group, name string) (c Category, known bool) {
	for _, r := range n.rows {
		if r.group != g {
			continue
		}
		if r.pattern == "*" {
			return r.category, false
		}
		if ok, _ := path.Match(r.pattern, name); ok {
			return r.category, true
		}
	}
	return NotExplained, false
}
