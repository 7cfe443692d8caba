// Package stage says how far the warehouse has come with an order: a cut-off, after
// which a cancellation is too late, is a stage.
package stage

import (
	"fmt"
	"slices"
	"strings"
)

// Stage is how far the warehouse has come with an order. Later stages are
// larger; a cut-off is a stage, and can be written as text in a configuration.
type Stage int

// The stages, in the order in which a warehouse reaches them.
const (
	New Stage = iota + 1
	PickListPrinted
	Picking // in a pick wave
	InvoicePrinted
	LabelPrinted     // or a tracking number of the seller's carrier is there
	FulfilmentCentre // submitted to a fulfilment centre, or accepted by it
	PartShipped
	Processed
)

var stageNames = [...]string{
	"unknown", "new", "pick list printed", "picking", "invoice printed", "label printed", "at fulfilment centre", "part shipped", "processed",
}

// String names the stage.
func (s Stage) String() string {
	if s < 0 || int(s) >= len(stageNames) {
		return fmt.Sprintf("Stage(%d)", int(s))
	}
	return stageNames[s]
}

// Parse reads the name of a stage, as [Stage.String] writes it, without
// regard to case, and with spaces, hyphens and underscores alike.
func Parse(text string) (Stage, error) {
	plain := strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(" _-\t", r) }), " ")
	if i := slices.Index(stageNames[:], plain); i > 0 {
		return Stage(i), nil
	}
	return 0, fmt.Errorf("stage: %q is no stage: it is one of %q", text, stageNames[1:])
}

// MarshalText writes the name of the stage.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name of a stage, or "unknown", which is the zero value.
func (s *Stage) UnmarshalText(text []byte) (err error) {
	if *s = 0; string(text) == stageNames[0] {
		return nil
	}
	*s, err = Parse(string(text))
	return err
}
