package money

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SaleNote and OffNote are the names of the notes in a record of package store that
// [SaleOf] reads.
const (
	SaleNote = "sale"      // the order as it was imported, as [Sale.Note] writes it
	OffNote  = "taken off" // the ids of the lines taken off since, apart by blanks
)

// Sale is what an order came to when it was imported. The total of the order in the
// warehouse is
//
//	Paid + Funded - Cancelled
//
// and so it stays when lines are taken off: see [Sale.Without].
type Sale struct {
	// Paid is what the buyer paid, Funded what the platform and others pay in the
	// buyer's place, Cancelled what of both is for lines that are cancelled.
	Paid, Funded, Cancelled Amount
	// Lines are what each unit adds to the total, with its tax, by the shop's line
	// id. Shipping and fees are in none of them: they stay when a line goes.
	Lines map[string]Amount
}

// Total returns what the order is worth.
func (s Sale) Total() Amount { return s.Paid.Plus(s.Funded).Minus(s.Cancelled) }

// Without returns the sale after lines were taken off the order: what they were worth
// is cancelled. Lines that it does not hold are an error, beside the sale without the
// others. The result does not hold the lines, so that nothing is taken off twice.
func (s Sale) Without(lineIDs ...string) (Sale, error) {
	left := s
	left.Lines = maps.Clone(s.Lines)
	var unknown []string
	seen := map[string]bool{}
	for _, id := range lineIDs {
		amount, ok := left.Lines[id]
		if !ok && !seen[id] {
			unknown = append(unknown, id)
		}
		seen[id] = true
		left.Cancelled = left.Cancelled.Plus(amount)
		delete(left.Lines, id)
	}
	left.Cancelled.Currency = s.Paid.Currency
	if len(unknown) > 0 {
		return left, fmt.Errorf("the sale has no line %s", strings.Join(unknown, ", "))
	}
	return left, nil
}

// saleJSON is the form of a [Sale] in a note, in minor units.
type saleJSON struct {
	Currency  string           `json:"currency"`
	Paid      int64            `json:"paid"`
	Funded    int64            `json:"funded"`
	Cancelled int64            `json:"cancelled"`
	Lines     map[string]int64 `json:"lines"`
}

// Note is the sale as JSON, with all amounts in minor units of its one currency.
func (s Sale) Note() string {
	note := saleJSON{Currency: s.Paid.Currency, Paid: s.Paid.Minor, Funded: s.Funded.Minor, Cancelled: s.Cancelled.Minor, Lines: map[string]int64{}}
	for id, amount := range s.Lines {
		note.Lines[id] = amount.Minor
	}
	text, _ := json.Marshal(note) // texts and numbers alone: it cannot fail
	return string(text)
}

// SaleOf reads what an order is worth now from the notes of its record. known is
// false for an order that was imported before there were such notes.
func SaleOf(notes map[string]string) (s Sale, known bool, err error) {
	text := notes[SaleNote]
	if text == "" {
		return Sale{}, false, nil
	}
	var note saleJSON
	if err = json.Unmarshal([]byte(text), &note); err != nil {
		return Sale{}, false, fmt.Errorf("the note %q: %w", SaleNote, err)
	}
	amount := func(minor int64) Amount { return Amount{Minor: minor, Currency: note.Currency} }
	s = Sale{Paid: amount(note.Paid), Funded: amount(note.Funded), Cancelled: amount(note.Cancelled), Lines: map[string]Amount{}}
	for id, minor := range note.Lines {
		s.Lines[id] = amount(minor)
	}
	s, _ = s.Without(strings.Fields(notes[OffNote])...) // lines cancelled before the import are in none
	return s, true, nil
}

// TakenOff is the [OffNote] with more lines.
func TakenOff(note string, lineIDs ...string) string {
	ids := append(strings.Fields(note), lineIDs...)
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}
