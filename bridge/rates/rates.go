// Package rates counts orders that are over, so that what a shop judges its seller by
// can be told without reading the orders of the last weeks again:
//
//	tally, err := rates.New(rates.Ports{Records: memory, Values: memory, Locks: memory}, rates.Options{})
//	err = tally.Count(ctx, orders...)   // as they are read; bridge.Deadlines does it
//	counts, err := tally.Counts(ctx)
//	late := counts.Of(policy.LateAtReady, "GB", "", weekAgo) // of how many, and how many were bad
//
// Every order counts once, however often it is read and whichever process dies: how it
// was counted last is a note in its record. One that is forgotten before its day is over
// here stays as it was counted: see Options.Forgets.
package rates

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/policy"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// Order is how an order counts that is over.
type Order struct {
	ID string
	// Placed is when it was placed. It counts on that day, in UTC.
	Placed time.Time
	// Market is a two-letter code, Model the shipping model as bridge.ShippingModel
	// names it; empty if they are not known.
	Market, Model string
	// Good and Bad are the measures in which it counts. An order with neither does not
	// count, or no longer.
	Good, Bad []policy.Measure
}

// Count is how many orders there were, and how many of them were bad.
type Count struct{ Orders, Bad int }

// Counter counts orders that are over. A [Tally] is one.
type Counter interface {
	Count(ctx context.Context, orders ...Order) error
	// Counts returns what was counted, without the orders named: those that the caller
	// has read as open, and counts itself.
	Counts(ctx context.Context, but ...string) (Counts, error)
	Keeps() time.Duration
}

// Ports are what a [Tally] works on. All are required, and of one shop.
type Ports struct {
	Records store.Records
	Values  store.Values
	Locks   store.Locks
}

// Options configure a [Tally]. Zero values take the defaults.
type Options struct {
	// Keep is how long a day's counts are kept. It must be as long as the longest
	// window of the measures, [policy.Measures.LongestWindow]. Default 40 days.
	Keep time.Duration
	// Forgets is how long after an order's end its record is forgotten, at the least; zero
	// if that is never before Keep. An order that is heard of again after that is not known
	// from one that was never counted: of those that were placed longer ago, only what the
	// bridge has put into the warehouse, by its record, is counted for the first time.
	Forgets time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Tally counts the orders of one shop. It is safe for concurrent use, also by several
// processes.
type Tally struct {
	ports   Ports
	options Options

	mu      sync.Mutex
	waiting map[string]*Order // what could not be counted yet
}

// New returns a Tally, or an error that names every missing port or the option that is
// wrong.
func New(p Ports, o Options) (*Tally, error) {
	if err := part.Required("rates: New", map[string]any{"Records": p.Records, "Values": p.Values, "Locks": p.Locks}); err != nil {
		return nil, err
	}
	if o.Keep != 0 && o.Keep < day {
		return nil, fmt.Errorf("rates: New: Keep is %v: the least is a day", o.Keep)
	}
	if o.Forgets < 0 {
		return nil, fmt.Errorf("rates: New: Forgets is negative: %v", o.Forgets)
	}
	o.Keep = cmp.Or(o.Keep, 40*day)
	o.Now = part.Clock(o.Now)
	return &Tally{ports: p, options: o, waiting: map[string]*Order{}}, nil
}

const day = 24 * time.Hour

// Keeps returns how long a day's counts are kept.
func (t *Tally) Keeps() time.Duration { return t.options.Keep }

// Count counts orders, each instead of what it was counted as before. An order without
// a record is not counted: the bridge does not know it. With an error, the orders wait
// in memory and are counted with the next call; it is a store's error.
func (t *Tally) Count(ctx context.Context, orders ...Order) error {
	t.mu.Lock()
	for _, o := range orders {
		if o.ID != "" {
			t.waiting[o.ID] = &o
		}
	}
	mine := maps.Clone(t.waiting)
	t.mu.Unlock()
	if len(mine) == 0 {
		return nil
	}
	if err := t.count(ctx, mine); err != nil {
		return fmt.Errorf("rates: counting %s: %w", part.Count(len(mine), "order"), err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, o := range mine {
		if t.waiting[id] == o { // not counted anew meanwhile
			delete(t.waiting, id)
		}
	}
	return nil
}

// Counts returns what was counted, after what could not be counted before, without the
// orders named.
func (t *Tally) Counts(ctx context.Context, but ...string) (Counts, error) {
	if err := t.Count(ctx); err != nil {
		return Counts{}, err
	}
	book, err := t.without(ctx, but)
	if err != nil {
		return Counts{}, fmt.Errorf("rates: %w", err)
	}
	return Counts{book.Counts}, nil
}

// without reads the book, and takes back what orders are counted as in it.
func (t *Tally) without(ctx context.Context, ids []string) (b book, err error) {
	if len(ids) == 0 {
		return t.read(ctx)
	}
	// Book and notes are of one moment only while nobody counts.
	ctx, unlock, err := t.ports.Locks.Lock(ctx, valueName)
	if err != nil {
		return b, fmt.Errorf("taking the lock: %w", err)
	}
	defer unlock()
	if b, err = t.read(ctx); err != nil || len(b.Counts) == 0 {
		return b, err
	}
	for ids := range slices.Chunk(ids, readTogether) {
		records, _, err := t.ports.Records.RecordsOf(ctx, ids...)
		if err != nil {
			return b, fmt.Errorf("reading how orders were counted: %w", err)
		}
		for id, r := range records {
			note, ok := b.Noted[id]
			if !ok {
				note = r.Notes[noteName]
			}
			b.add(note, -1)
		}
	}
	return b, nil
}

// readTogether is how many records are read with one call.
const readTogether = 1000

// valueName is that of the counts in the store, and of their lock; noteName that of
// the note in a record that says how the order was counted.
const (
	valueName = "rates"
	noteName  = "rates"
)

// book is what is stored.
type book struct {
	// Counts are by day, market, model and measure, with blanks between.
	Counts map[string]Count `json:"counts"`
	// Noted are the notes of orders that Counts has and whose records may not yet
	// have them: a process can die in between.
	Noted map[string]string `json:"noted,omitempty"`
}

func (t *Tally) read(ctx context.Context) (b book, err error) {
	text, found, err := t.ports.Values.Value(ctx, valueName)
	if err != nil {
		return b, fmt.Errorf("reading the counts: %w", err)
	}
	if found {
		if err := json.Unmarshal(text, &b); err != nil {
			return b, fmt.Errorf("the stored value %q is not what this package writes: %w", valueName, err)
		}
	}
	return b, nil
}

// count moves orders from what they were counted as to what they are.
func (t *Tally) count(ctx context.Context, orders map[string]*Order) error {
	oldest := t.oldest()
	return t.change(ctx, slices.Sorted(maps.Keys(orders)), func(id, before string, r store.Record) string {
		if o := orders[id]; before != "" || !t.maybeForgotten(o, r) {
			return stillBlamed(before, o.note(oldest))
		}
		return before
	})
}

// oldest is the first day whose counts are kept.
func (t *Tally) oldest() string {
	return t.options.Now().Add(-t.options.Keep).UTC().Format(time.DateOnly)
}

// change moves orders to what note makes of what they were counted as.
func (t *Tally) change(ctx context.Context, ids []string, note func(id, before string, r store.Record) string) error {
	ctx, unlock, err := t.ports.Locks.Lock(ctx, valueName)
	if err != nil {
		return fmt.Errorf("taking the lock: %w", err)
	}
	defer unlock()
	b, err := t.read(ctx)
	if err != nil {
		return err
	}
	given := map[string]bool{}
	for _, id := range ids {
		given[id] = true
	}
	ids = slices.Clone(ids)
	for id := range b.Noted {
		if !given[id] {
			ids = append(ids, id)
		}
	}
	records := map[string]store.Record{}
	for part := range slices.Chunk(ids, readTogether) {
		found, _, err := t.ports.Records.RecordsOf(ctx, part...)
		if err != nil {
			return fmt.Errorf("reading their records: %w", err)
		}
		maps.Copy(records, found)
	}
	oldest := t.oldest()
	if b.Counts == nil {
		b.Counts = map[string]Count{}
	}
	noted := map[string]string{}
	changed := false
	var have []store.Record
	for _, id := range ids {
		r, known := records[id]
		if !known {
			continue
		}
		before, ok := b.Noted[id]
		if !ok {
			before = r.Notes[noteName]
		}
		now := before
		if given[id] {
			now = note(id, before, r)
		}
		if now != before {
			changed = true
			b.add(before, -1)
			b.add(now, 1)
		}
		if now != r.Notes[noteName] {
			noted[id] = now
			have = append(have, r)
		}
	}
	if !changed && len(have) == 0 {
		return nil
	}
	b.Noted = noted
	maps.DeleteFunc(b.Counts, func(cell string, c Count) bool { return cell < oldest || c == Count{} })
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	if err := t.ports.Values.PutValue(ctx, valueName, text); err != nil {
		return fmt.Errorf("storing the counts: %w", err)
	}
	if err := t.putNotes(ctx, noted, have); err != nil {
		return fmt.Errorf("noting how they were counted: %w", err)
	}
	return nil
}

// maybeForgotten reports whether an order that has no note may have been counted under a
// record that is gone.
func (t *Tally) maybeForgotten(o *Order, r store.Record) bool {
	return t.options.Forgets > 0 && r.SentAt.IsZero() && o.Placed.Before(t.options.Now().Add(-t.options.Forgets))
}

// putNotes puts the notes into the records that there still are: one that was forgotten
// meanwhile must not come back, with nothing in it but a note.
func (t *Tally) putNotes(ctx context.Context, notes map[string]string, records []store.Record) error {
	for try := 1; len(records) > 0; try++ {
		ids := make([]string, len(records))
		for i := range records {
			ids[i] = records[i].OrderID
			records[i].SetNote(noteName, notes[ids[i]])
		}
		_, err := t.ports.Records.PutRecords(ctx, records...)
		if !errors.Is(err, store.ErrStale) || try == maxPuts {
			return err
		}
		fresh, _, err := t.ports.Records.RecordsOf(ctx, ids...)
		if err != nil {
			return fmt.Errorf("reading records that have changed: %w", err)
		}
		records = slices.Collect(maps.Values(fresh))
	}
	return nil
}

// maxPuts is how often notes are put: each time another writer was faster.
const maxPuts = 100

// note says how the order counts: its day, market and model, and its measures, the good
// ones with + and the bad ones with -, or ! if it was blamed. It is empty if the order does not count.
func (o *Order) note(oldest string) string {
	placed := o.Placed.UTC().Format(time.DateOnly)
	if o.Placed.IsZero() || placed < oldest || len(o.Good)+len(o.Bad) == 0 {
		return ""
	}
	words := []string{placed, word(o.Market), word(o.Model)}
	for _, m := range o.Good {
		words = append(words, "+"+word(string(m)))
	}
	for _, m := range o.Bad {
		words = append(words, "-"+word(string(m)))
	}
	return strings.Join(words, " ")
}

// word is a name in a note, without blanks.
func word(name string) string {
	return cmp.Or(strings.Join(strings.Fields(name), "_"), "?")
}

// add counts what a note says, or takes it back.
func (b *book) add(note string, by int) {
	words := strings.Fields(note)
	if len(words) < 4 {
		return
	}
	for _, w := range words[3:] {
		cell := strings.Join(append(slices.Clone(words[:3]), w[1:]), " ")
		c, kept := b.Counts[cell]
		if by < 0 && !kept {
			continue // the day is over
		}
		c.Orders += by
		if w[0] != '+' {
			c.Bad += by
		}
		b.Counts[cell] = c
	}
}

// Counts are what a [Tally] has counted.
type Counts struct {
	cells map[string]Count // by day, market, model and measure
}

// Markets returns the markets of which there are counts, sorted. That of orders whose
// market is not known is empty.
func (c Counts) Markets() []string {
	markets := map[string]bool{}
	for cell := range c.cells {
		if words := strings.Fields(cell); len(words) == 4 {
			markets[strings.TrimPrefix(words[1], "?")] = true
		}
	}
	return slices.Sorted(maps.Keys(markets))
}

// Of returns the orders of a measure that were placed in a market on the day of since
// or later, in UTC. Without a model it is for all shipping models.
func (c Counts) Of(m policy.Measure, market, model string, since time.Time) (sum Count) {
	from := since.UTC().Format(time.DateOnly)
	for cell, n := range c.cells {
		words := strings.Fields(cell)
		if len(words) != 4 || words[0] < from || words[1] != word(market) || model != "" && words[2] != word(model) || words[3] != word(string(m)) {
			continue
		}
		sum.Orders, sum.Bad = sum.Orders+n.Orders, sum.Bad+n.Bad
	}
	return sum
}
