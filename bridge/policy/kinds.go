package policy

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Kind says in what way an order is not an ordinary sale. The list is open: unknown
// values pass through.
type Kind string

// The kinds of orders of TikTok Shop. Free and odd prices are normal for them.
const (
	FreeSample       Kind = "free sample" // for a creator
	GiftWithPurchase Kind = "gift with purchase"
	LotteryWin       Kind = "lottery win" // given away in a LIVE
	Bundle           Kind = "bundle"      // of the shop's own
	PreOrder         Kind = "pre-order"   // held until its release
	MadeToOrder      Kind = "made to order"
	BackOrder        Kind = "back order"
	Replacement      Kind = "replacement"         // of an order that went wrong
	Exchange         Kind = "exchange"            // for goods that come back
	ByTikTok         Kind = "fulfilled by TikTok" // sent by the platform's warehouse

	// Ordinary is the row of orders of no kind, OtherKind that of kinds without a row.
	Ordinary  Kind = "ordinary"
	OtherKind Kind = "*"
)

// Intake is what becomes of an order that the shop has and the warehouse lacks.
type Intake string

// The intakes, the strictest last.
const (
	TakeIn  Intake = "import" // as the status table says
	TakePut Intake = "park"   // import, and leave it to a person to let it go
	TakeNot Intake = "skip"
)

// Unit is in what unit something may be cancelled or refunded.
type Unit string

// The units, the strictest last.
const (
	ByLine   Unit = "line"
	ByBundle Unit = "bundle"
	ByOrder  Unit = "order"
	BySeller Unit = "seller" // the whole order, and not at the buyer's request
	Never    Unit = "none"
)

var (
	intakes     = []Intake{TakeIn, TakePut, TakeNot}
	cancelUnits = []Unit{ByLine, ByBundle, ByOrder, BySeller, Never}
	refundUnits = []Unit{ByLine, ByBundle, ByOrder, Never}
)

// InPart reports whether a part of an order may be taken: lines are whole bundles.
func (u Unit) InPart() bool { return u == ByLine || u == ByBundle }

// Rule is what may be done with an order.
type Rule struct {
	Import         Intake
	Cancel, Refund Unit
	// Revenue reports whether it is a sale.
	Revenue bool
	// Measures are those that it counts in.
	Measures []Measure
}

// Counts reports whether the order counts in a measure.
func (r Rule) Counts(m Measure) bool { return slices.Contains(r.Measures, m) }

// Kinds is a table of a [Rule] for each [Kind]. It is total: kinds that it does not
// know have the row [OtherKind].
type Kinds struct {
	rules map[Kind]Rule
	text  string
}

//go:embed kinds.txt
var defaultKindsText string

var defaultKinds = func() *Kinds {
	k, err := ReadKinds(strings.NewReader(defaultKindsText))
	if err != nil {
		panic("the table shipped with the package: " + err.Error())
	}
	return k
}()

// DefaultKinds is the table that the bridge uses unless options bring another. Print
// it to read it.
func DefaultKinds() *Kinds { return defaultKinds }

var kindsHeading = []string{"kind", "import", "cancel", "refund", "revenue", "measures"}

// ReadKinds reads a table in the form that [Kinds.String] prints: a heading, then a
// row for each kind, with _ for a blank. [Ordinary] and [OtherKind] must be among
// them. Lines that start with # are comments. Errors name the line.
func ReadKinds(r io.Reader) (*Kinds, error) {
	k, err := readKinds(r)
	if err != nil {
		return nil, err
	}
	for _, kind := range []Kind{Ordinary, OtherKind} {
		if _, ok := k.rules[kind]; !ok {
			return nil, fmt.Errorf("kinds of orders: the row %s is missing", kind)
		}
	}
	return k, nil
}

func readKinds(r io.Reader) (*Kinds, error) {
	k := &Kinds{rules: map[Kind]Rule{}}
	text, _, err := readRows(r, "kinds of orders", kindsHeading, func(words []string) error {
		kind, rule, err := readRule(words)
		if err != nil {
			return err
		}
		if _, twice := k.rules[kind]; twice {
			return fmt.Errorf("%s is given twice", kind)
		}
		k.rules[kind] = rule
		return nil
	})
	k.text = text
	return k, err
}

func readRule(fields []string) (Kind, Rule, error) {
	if len(fields) != len(kindsHeading) {
		return "", Rule{}, fmt.Errorf("%d columns, not %s", len(fields), strings.Join(kindsHeading, ", "))
	}
	kind := Kind(strings.ReplaceAll(fields[0], "_", " "))
	r := Rule{Import: Intake(fields[1]), Cancel: Unit(fields[2]), Refund: Unit(fields[3]), Revenue: fields[4] == "yes"}
	switch {
	case !slices.Contains(intakes, r.Import):
		return kind, r, fmt.Errorf("import: %q is none of %q", r.Import, intakes)
	case !slices.Contains(cancelUnits, r.Cancel):
		return kind, r, fmt.Errorf("cancel: %q is none of %q", r.Cancel, cancelUnits)
	case !slices.Contains(refundUnits, r.Refund):
		return kind, r, fmt.Errorf("refund: %q is none of %q", r.Refund, refundUnits)
	case fields[4] != "yes" && fields[4] != "no":
		return kind, r, fmt.Errorf("revenue: %q is neither yes nor no", fields[4])
	case kind == ByTikTok && r.Import == TakePut:
		return kind, r, fmt.Errorf("import: %s makes no sense for what the platform's warehouse sends", r.Import)
	}
	switch fields[5] {
	case "all":
		r.Measures = AllMeasures
	case "none":
	default:
		for name := range strings.SplitSeq(fields[5], ",") {
			m := Measure(strings.ReplaceAll(name, "_", " "))
			if !slices.Contains(AllMeasures, m) {
				return kind, r, fmt.Errorf("measures: %q is not a measure", name)
			}
			r.Measures = append(r.Measures, m)
		}
	}
	return kind, r, nil
}

// Override returns the table with rows in place of those of the same kind, or
// besides them. Lines that start with # are comments.
func (k *Kinds) Override(r io.Reader) (*Kinds, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("kinds of orders: %w", err)
	}
	changes, err := readKinds(strings.NewReader(headed(kindsHeading, string(text))))
	if err != nil {
		return nil, err
	}
	return ReadKinds(strings.NewReader(overridden(k.text, changes.text, kindsHeading, func(words []string) bool {
		kind, _, err := readRule(words)
		_, replaced := changes.rules[kind]
		return err == nil && replaced
	})))
}

// String prints the table as it was read, comments included.
func (k *Kinds) String() string { return k.text }

// Of returns the rule of an order of the kinds: of each column the strictest.
func (k *Kinds) Of(kinds ...Kind) Rule {
	if len(kinds) == 0 {
		kinds = []Kind{Ordinary}
	}
	var r Rule
	for i, kind := range kinds {
		row, known := k.rules[kind]
		if !known {
			row = k.rules[OtherKind]
		}
		if i == 0 {
			r = row
			r.Measures = slices.Clone(row.Measures)
			continue
		}
		r.Import = strictest(intakes, r.Import, row.Import)
		r.Cancel = strictest(cancelUnits, r.Cancel, row.Cancel)
		r.Refund = strictest(refundUnits, r.Refund, row.Refund)
		r.Revenue = r.Revenue && row.Revenue
		r.Measures = slices.DeleteFunc(r.Measures, func(m Measure) bool { return !row.Counts(m) })
	}
	return r
}

// strictest is the one that stands later in the list.
func strictest[T comparable](list []T, a, b T) T {
	return list[max(slices.Index(list, a), slices.Index(list, b))]
}
