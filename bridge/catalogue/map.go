package catalogue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// MapPorts are what a [Map] works on.
type MapPorts struct {
	Items ItemSource
	// Mappings are the links that the warehouse has. Without it there are none.
	Mappings   MappingSource
	Exceptions exceptions.Queue
}

// MapOptions configure a [Map].
type MapOptions struct {
	// Table maps the shop's SKU ids to SKUs of the warehouse. It comes before
	// everything else.
	Table map[string]string
	// RefreshAge is how long a match, its kit and the channel mappings are used
	// before they are read again. Default an hour.
	RefreshAge time.Duration
	// RetryAge is the same for listings without a usable match. Default a minute.
	RetryAge time.Duration
	// Now replaces time.Now.
	Now func() time.Time
}

// Map is a [Source] for a whole shop: it finds the items of listings and
// remembers them. An explicit table comes first, then the warehouse's channel
// mappings, then the seller SKU letter by letter, then the seller SKU without
// regard to case and spaces.
//
// It never guesses silently. A match that only ignoring case and spaces has made
// is used and raised as [exceptions.SpellingDiffers]. A listing that leads to several items
// is not used and raised as [exceptions.AmbiguousSKU]: a table and a mapping that
// disagree, two mappings, SKUs that differ only in case, and an item whose SKU is
// itself mapped to another item, since Linnworks would link order lines to that
// one. A listing without an item is raised by whoever plans or imports.
//
// A match that is too old is read again when it is asked for, which for 40,000
// listings takes minutes at Linnworks' limits. A program that cannot wait calls
// [Map.Refresh] more often than RefreshAge: meanwhile the matches that are
// known are used. It is safe for concurrent use.
//
// A Map keeps about 250 bytes for each listing besides the listing's own texts, if a fifth
// of them are kits of two, and about 330 where each has a channel mapping.
type Map struct {
	ports   MapPorts
	options MapOptions
	timings health.Timings
	busy    chan struct{} // held by who reads matches
	fresh   chan struct{} // held by who refreshes

	mu         sync.RWMutex
	known      knownMatches
	mappings   *mappingIndex // nil before they were read
	mappingsAt time.Time
}

// NewMap returns a Map, or an error that names every missing port or the option
// that is wrong. Items and Exceptions are required.
func NewMap(p MapPorts, o MapOptions) (*Map, error) {
	err := part.Required("catalogue: NewMap", map[string]any{"Items": p.Items, "Exceptions": p.Exceptions})
	switch {
	case err != nil:
		return nil, err
	case o.RefreshAge < 0 || o.RetryAge < 0:
		return nil, errors.New("catalogue: NewMap: RefreshAge and RetryAge must not be negative")
	}
	for _, id := range slices.Sorted(maps.Keys(o.Table)) {
		if id == "" || strings.TrimSpace(o.Table[id]) == "" {
			return nil, fmt.Errorf("catalogue: NewMap: Table maps SKU id %q to SKU %q", id, o.Table[id])
		}
	}
	o.RefreshAge, o.RetryAge = cmp.Or(o.RefreshAge, time.Hour), cmp.Or(o.RetryAge, time.Minute)
	o.Table = maps.Clone(o.Table)
	o.Now = part.Clock(o.Now)
	return &Map{
		ports: p, options: o, known: newKnownMatches(), busy: make(chan struct{}, 1), fresh: make(chan struct{}, 1),
	}, nil
}

// StockItems implements [Source].
func (s *Map) StockItems(ctx context.Context, listings []SKU) (items map[string]Item, broken map[string]error, err error) {
	matches, err := s.Match(ctx, listings)
	if err != nil {
		return nil, nil, err
	}
	items, broken = matches.Split()
	return items, broken, nil
}

// Match returns how each listing is matched, in their order. It reads those that
// it does not know or that are too old, and raises what is wrong with them. After
// an error it can be called again.
func (s *Map) Match(ctx context.Context, listings []SKU) (matches Matches, err error) {
	defer s.timings.Measure(s.options.Now, &err)()
	matches, missing := s.look(listings)
	if len(missing) == 0 {
		return matches, nil
	}
	leave, err := enter(ctx, s.busy)
	if err != nil {
		return nil, err
	}
	defer leave()
	if _, missing = s.look(listings); len(missing) > 0 { // somebody else may have read them
		if err := s.keepMappings(ctx, missing); err != nil {
			return nil, fmt.Errorf("SKU map: %w", err)
		}
		if err := s.learn(ctx, missing); err != nil {
			return nil, fmt.Errorf("SKU map: %w", err)
		}
	}
	matches, _ = s.look(listings)
	return matches, nil
}

// enter waits for a place that one may hold at a time.
func enter(ctx context.Context, place chan struct{}) (leave func(), err error) {
	select {
	case place <- struct{}{}:
		return func() { <-place }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Health returns how the look-ups went so far.
func (s *Map) Health() health.Flow { return s.timings.Health() }

// look finds what is known, and what has to be read for an answer.
func (s *Map) look(listings []SKU) (matches Matches, missing []SKU) {
	now := s.options.Now()
	s.mu.RLock()
	defer s.mu.RUnlock()
	matches = make(Matches, len(listings))
	queued := map[string]bool{}
	for i, l := range listings {
		if l.ID == "" {
			matches[i] = Match{Listing: l, By: Unmatched}
			continue
		}
		n, have := s.known.Find(l.ID)
		fresh := false
		if have {
			k := s.known.At(n)
			matches[i] = k.match()
			most := s.options.RefreshAge
			if !matches[i].Usable() {
				most = min(most, s.options.RetryAge)
			}
			fresh = k.listing.SellerSKU == l.SellerSKU && k.age(now) < most
		}
		if !fresh && !queued[l.ID] {
			queued[l.ID] = true
			missing = append(missing, l)
		}
	}
	return matches, missing
}

// refreshBatch is how many listings are refreshed at a time, so that somebody
// else's new listing need not wait for all.
const refreshBatch = 1000

// Refresh reads the channel mappings and every known match again. What is known
// goes on being used meanwhile.
func (s *Map) Refresh(ctx context.Context) error {
	leave, err := enter(ctx, s.fresh)
	if err != nil {
		return err
	}
	defer leave()
	if err := s.readMappings(ctx); err != nil {
		return fmt.Errorf("SKU map: %w", err)
	}
	s.mu.RLock()
	all := s.known.listings()
	s.mu.RUnlock()
	for part := range slices.Chunk(all, refreshBatch) {
		if err := s.refresh(ctx, part); err != nil {
			return fmt.Errorf("SKU map: %w", err)
		}
	}
	return nil
}

func (s *Map) refresh(ctx context.Context, part []SKU) error {
	leave, err := enter(ctx, s.busy)
	if err != nil {
		return err
	}
	defer leave()
	return s.learn(ctx, part)
}

// linkChecks is how many listings are asked about one by one before all mappings
// are read again.
const linkChecks = 20

// keepMappings reads the channel mappings if there are none yet, if they are too
// old, or if the listings that are new since have some.
func (s *Map) keepMappings(ctx context.Context, missing []SKU) error {
	if s.ports.Mappings == nil {
		return nil
	}
	s.mu.RLock()
	have, age := s.mappings != nil, s.options.Now().Sub(s.mappingsAt)
	var unseen, again []SKU
	for _, l := range missing {
		n, known := s.known.Find(l.ID)
		switch {
		case have && len(s.mappings.of(l)) > 0:
		case !known:
			unseen = append(unseen, l)
		case !s.known.At(n).match().Usable():
			again = append(again, l)
		}
	}
	s.mu.RUnlock()
	switch {
	case !have, age >= s.options.RefreshAge:
		return s.readMappings(ctx)
	case age < s.options.RetryAge:
		return nil
	case len(unseen) > linkChecks:
		return s.readMappings(ctx)
	}
	check := append(unseen, again...)
	for _, l := range check[:min(len(check), linkChecks)] {
		for _, text := range unique([]string{l.ID, l.SellerSKU}) {
			linked, err := s.ports.Mappings.HasChannelMapping(ctx, text)
			if err != nil {
				return fmt.Errorf("looking for a channel mapping of %s: %w", l, err)
			}
			if linked {
				return s.readMappings(ctx)
			}
		}
	}
	return nil
}

func (s *Map) readMappings(ctx context.Context) error {
	if s.ports.Mappings == nil {
		return nil
	}
	at := s.options.Now()
	list, err := s.ports.Mappings.ChannelMappings(ctx)
	if err != nil {
		return fmt.Errorf("reading the channel mappings: %w", err)
	}
	x := indexMappings(list)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mappings, s.mappingsAt = x, at
	return nil
}

// learn matches listings anew and raises what is wrong with them. busy is held.
func (s *Map) learn(ctx context.Context, listings []SKU) error {
	at := s.options.Now()
	s.mu.RLock()
	matcher := Matcher{Table: s.options.Table, mappings: s.mappings, loose: true}
	s.mu.RUnlock()
	matches, err := matcher.MatchSKUs(ctx, s.ports.Items, listings)
	if err != nil {
		return err
	}
	if err := s.report(ctx, matches); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.put(matches, at)
	return nil
}

// report raises what a person has to look at, and closes what is mended.
func (s *Map) report(ctx context.Context, matches Matches) error {
	var problems []exceptions.Exception
	raised, seen := map[exceptions.Ref]bool{}, map[string]bool{}
	for _, m := range matches {
		object := m.Listing.String()
		seen[object] = true
		var e exceptions.Exception
		if _, ambiguous := errors.AsType[*AmbiguousError](m.Err); ambiguous {
			e = Problem(m.Listing, "", m.Err)
		} else if m.Err == nil && m.By == MatchedByNormalised {
			e = exceptions.New(exceptions.SpellingDiffers, object, time.Time{},
				fmt.Sprintf("the listing (product %s, SKU id %s) has the seller SKU %q, and the item has %q", m.Listing.ProductID, m.Listing.ID, m.Listing.SellerSKU, m.Item.SKU),
				"spell both the same, or map the listing to the item")
		}
		if e.Kind != "" && !raised[exceptions.Ref{Kind: e.Kind, Object: object}] {
			raised[exceptions.Ref{Kind: e.Kind, Object: object}] = true
			problems = append(problems, e)
		}
	}
	if err := exceptions.RaiseAll(ctx, s.ports.Exceptions, problems); err != nil {
		return err
	}
	open, err := s.ports.Exceptions.Open(ctx, exceptions.AmbiguousSKU, exceptions.SpellingDiffers)
	if err != nil {
		return err
	}
	for _, e := range open {
		if seen[e.Object] && !raised[e.Ref()] {
			if err := s.ports.Exceptions.Clear(ctx, e.Object, e.Kind); err != nil {
				return err
			}
		}
	}
	return nil
}
