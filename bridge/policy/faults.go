package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Fault is who is to blame for a return or a refund.
type Fault string

// The faults.
const (
	SellerFault     Fault = "seller"
	BuyerFault      Fault = "buyer"
	PlatformDecides Fault = "platform"
)

// Faults is a table of a [Fault] by words in the names of reasons.
type Faults struct {
	rows []faultRow
	text string
}

type faultRow struct {
	word  string
	fault Fault
}

//go:embed faults.txt
var defaultFaultsText string

var defaultFaults = func() *Faults {
	f, err := ReadFaults(strings.NewReader(defaultFaultsText))
	if err != nil {
		panic("the table shipped with the package: " + err.Error())
	}
	return f
}()

// DefaultFaults is the table that the bridge uses unless options bring another. Print it
// to read it, with the sources: none of them settles every market, so compare what comes
// out with the Account Health page of the shop, and correct it with [Faults.Override].
func DefaultFaults() *Faults { return defaultFaults }

var faultsHeading = []string{"word", "fault", "source"}

// ReadFaults reads a table in the form that [Faults.String] prints: a heading, then rows.
// Lines that start with # are comments. Errors name the line.
func ReadFaults(r io.Reader) (*Faults, error) {
	f := new(Faults)
	text, headed, err := readRows(r, "faults", faultsHeading, func(words []string) error {
		row, err := readFault(words)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(f.rows, row.replaces) {
			return fmt.Errorf("%q is given twice", row.word)
		}
		f.rows = append(f.rows, row)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case !headed:
		return nil, errors.New("faults: the table is empty")
	}
	// The longest word first, and of those of a length always the same.
	slices.SortFunc(f.rows, func(a, b faultRow) int {
		if d := len(b.word) - len(a.word); d != 0 {
			return d
		}
		return strings.Compare(a.word, b.word)
	})
	f.text = text
	return f, nil
}

func (r faultRow) replaces(o faultRow) bool { return r.word == o.word }

func readFault(words []string) (faultRow, error) {
	if len(words) < len(faultsHeading) {
		return faultRow{}, fmt.Errorf("%d columns, not %s", len(words), strings.Join(faultsHeading, ", "))
	}
	row := faultRow{word: strings.ToLower(words[0]), fault: Fault(words[1])}
	if !slices.Contains([]Fault{SellerFault, BuyerFault, PlatformDecides}, row.fault) {
		return row, fmt.Errorf("%q is none of %s, %s and %s", words[1], SellerFault, BuyerFault, PlatformDecides)
	}
	return row, nil
}

// Override returns the table with rows replaced, or new: they are in its format, without
// the heading.
func (f *Faults) Override(r io.Reader) (*Faults, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("faults: %w", err)
	}
	changes, err := ReadFaults(strings.NewReader(headed(faultsHeading, string(text))))
	if err != nil {
		return nil, err
	}
	return ReadFaults(strings.NewReader(overridden(f.text, changes.text, faultsHeading, func(words []string) bool {
		row, err := readFault(words)
		return err == nil && slices.ContainsFunc(changes.rows, row.replaces)
	})))
}

// Of returns whose fault a return with this reason is, by the shop's name of the reason.
func (f *Faults) Of(reason string) Fault {
	reason = strings.ToLower(reason)
	for _, row := range f.rows {
		if strings.Contains(reason, row.word) {
			return row.fault
		}
	}
	return PlatformDecides
}

// String prints the table as it was read.
func (f *Faults) String() string { return f.text }
