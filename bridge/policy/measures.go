package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Measure is one of the figures that the shop judges a seller by.
type Measure string

// The measures.
const (
	LateAtReady        Measure = "late at ready to ship"
	LateAtScan         Measure = "late at the carrier's scan"
	ValidTracking      Measure = "valid tracking"
	SellerCancellation Measure = "seller cancellation"
	SellerFaultReturns Measure = "seller-fault returns"
	OnTimeDelivery     Measure = "on-time delivery"
)

// AllMeasures are the measures in the order in which they are reported.
var AllMeasures = []Measure{LateAtReady, LateAtScan, ValidTracking, SellerCancellation, SellerFaultReturns, OnTimeDelivery}

// DefaultWindow is over how much time a measure is counted whose window no source says.
const DefaultWindow = 30 * 24 * time.Hour

// Limit is what the shop allows of a measure in a market from a day on.
type Limit struct {
	Measure Measure
	// Market is a two-letter code.
	Market string
	// From is the first day, zero if no source names it.
	From time.Time
	// Known is false if the shop measures and no source says what it allows.
	Known bool
	// Percent is the most that is allowed, or the least if Least. If Strict, it is
	// itself not allowed.
	Percent       float64
	Least, Strict bool
	// Window is over how much time the shop measures, zero if no source says: then
	// [DefaultWindow] is taken.
	Window time.Duration
	// Model is the shipping model that it is measured for, as bridge.ShippingModel
	// names it, empty for all.
	Model  string
	Source string
}

// Measures is a table of [Limit], by measure, market and day.
type Measures struct {
	limits []Limit
	text   string
}

//go:embed measures.txt
var defaultMeasuresText string

var defaultMeasures = func() *Measures {
	m, err := ReadMeasures(strings.NewReader(defaultMeasuresText))
	if err != nil {
		panic("the table shipped with the package: " + err.Error())
	}
	return m
}()

// DefaultMeasures is the table that bridge.Deadlines uses unless its options bring another.
// Print it to read it, with the sources. Figures change with policies and seasons:
// compare them with the Account Health page of the shop, and correct them with
// [Measures.Override].
func DefaultMeasures() *Measures { return defaultMeasures }

// measuresHeading are the columns of a table; the source may have blanks.
var measuresHeading = []string{"measure", "market", "from", "limit", "window", "model", "source"}

// ReadMeasures reads a table in the form that [Measures.String] prints: a heading,
// then rows. Lines that start with # are comments. Errors name the line.
func ReadMeasures(r io.Reader) (*Measures, error) {
	m := new(Measures)
	text, headed, err := readRows(r, "measures", measuresHeading, func(words []string) error {
		l, err := readLimit(words)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(m.limits, l.replaces) {
			return fmt.Errorf("%s of %s from that day on is given twice", l.Measure, l.Market)
		}
		m.limits = append(m.limits, l)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case !headed:
		return nil, errors.New("measures: the table is empty")
	}
	m.text = text
	return m, nil
}

// replaces reports whether no table may have both.
func (l Limit) replaces(o Limit) bool {
	return l.Measure == o.Measure && l.Market == o.Market && l.From.Equal(o.From)
}

func readLimit(fields []string) (Limit, error) {
	if len(fields) < len(measuresHeading) {
		return Limit{}, fmt.Errorf("%d columns, not %s", len(fields), strings.Join(measuresHeading, ", "))
	}
	l := Limit{Measure: Measure(strings.ReplaceAll(fields[0], "_", " ")), Market: fields[1], Source: strings.Join(fields[6:], " ")}
	if !slices.Contains(AllMeasures, l.Measure) {
		return l, fmt.Errorf("%q is not a measure", fields[0])
	}
	if len(l.Market) != 2 || strings.ToUpper(l.Market) != l.Market {
		return l, fmt.Errorf("%q is not a market such as GB", l.Market)
	}
	if fields[2] != "?" {
		day, err := time.Parse(time.DateOnly, fields[2])
		if err != nil {
			return l, fmt.Errorf("%q is not a day such as 2026-02-01", fields[2])
		}
		l.From = day
	}
	if fields[3] != "?" {
		digits := strings.TrimLeft(fields[3], "<>=")
		sign := strings.TrimSuffix(fields[3], digits)
		percent, err := strconv.ParseFloat(digits, 64)
		if !slices.Contains([]string{"<=", "<", ">=", ">"}, sign) || err != nil || !(percent >= 0 && percent <= 100) {
			return l, fmt.Errorf("%q is not a limit in percent such as <=4", fields[3])
		}
		l.Known, l.Percent, l.Least, l.Strict = true, percent, sign[0] == '>', len(sign) == 1
	}
	if fields[4] != "?" {
		days, err := strconv.Atoi(strings.TrimSuffix(fields[4], "d"))
		if err != nil || days < 1 || days > 366 || !strings.HasSuffix(fields[4], "d") {
			return l, fmt.Errorf("%q is not a window in days such as 30d", fields[4])
		}
		l.Window = time.Duration(days) * 24 * time.Hour
	}
	if fields[5] != "*" {
		l.Model = fields[5]
		if l.Model != "seller" && l.Model != "tiktok" {
			return l, fmt.Errorf("%q is not a shipping model", fields[5])
		}
	}
	return l, nil
}

// Override returns the table with rows in place of those of the same measure, market
// and day, or besides them. Lines that start with # are comments.
func (m *Measures) Override(r io.Reader) (*Measures, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("measures: %w", err)
	}
	changes, err := ReadMeasures(strings.NewReader(headed(measuresHeading, string(text))))
	if err != nil {
		return nil, err
	}
	return ReadMeasures(strings.NewReader(overridden(m.text, changes.text, measuresHeading, func(words []string) bool {
		l, err := readLimit(words)
		return err == nil && slices.ContainsFunc(changes.limits, l.replaces)
	})))
}

// String prints the table as it was read, comments included.
func (m *Measures) String() string { return m.text }

// Markets returns the two-letter codes of the markets in which TikTok Shop trades, and of
// those that the table has besides, sorted.
func (m *Measures) Markets() []string {
	list := slices.Clone(markets)
	for _, l := range m.limits {
		list = append(list, l.Market)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// markets are those in which TikTok Shop trades, whether or not a source says what it
// measures there.
var markets = []string{"BR", "DE", "ES", "FR", "GB", "ID", "IE", "IT", "JP", "MX", "MY", "PH", "SG", "TH", "US", "VN"}

// LongestWindow returns over how much time orders have to be counted for all measures.
func (m *Measures) LongestWindow() time.Duration {
	longest := DefaultWindow
	for _, l := range m.limits {
		longest = max(longest, l.Window)
	}
	return longest
}

// At returns what is in force at a moment. ok is false if the table does not have
// the measure for the market then: nobody knows whether the shop measures it.
func (m *Measures) At(measure Measure, market string, at time.Time) (l Limit, ok bool) {
	for _, row := range m.limits {
		if row.Measure == measure && row.Market == market && !row.From.After(at) && (!ok || row.From.After(l.From)) {
			l, ok = row, true
		}
	}
	return l, ok
}
