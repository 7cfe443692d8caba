package bridge

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
	"github.com/linnbridge/linnbridge/bridge/store"
)

const (
	// hintsEvery is how often a run looks for hints of other processes while it is at work.
	hintsEvery = 5 * time.Second
	// polledBeside is how often it asks what has changed besides, for what no hint tells of,
	// and besideOverlap how far each time goes back before the last: what the shop lists
	// later the next run finds.
	polledBeside, besideOverlap = 15 * time.Second, 5 * time.Second
	// maxSighted is how many orders are kept that were read beside a run. More are
	// reserved too, and read once more.
	maxSighted = 1000
)

// sightings are the hints that somebody has read the orders of: nobody else need.
type sightings struct {
	mu     sync.Mutex
	byID   map[string]sighting
	orders int
	heard  map[string]heard
}

// heard is a hint that is in the store.
type heard struct {
	version int64
	by      time.Time // when it was, at the latest
}

type sighting struct {
	version int64 // of the hint
	// mark is how the order was then, zero for one that nobody has read beside a run.
	mark store.Mark
	// order returns it as it was read beside a run; nil if a run reads it. It is a
	// function so that nothing prints the buyer.
	order func() Order
}

// begin forgets what is no longer hinted at, and what earlier runs have read.
func (s *sightings) begin(hints []store.Hint, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.byID
	s.byID, s.orders, s.heard = make(map[string]sighting, len(hints)), 0, make(map[string]heard, len(hints))
	s.hear(hints, now)
	for _, h := range hints {
		if seen := old[h.OrderID]; seen.order != nil && seen.version == h.Version {
			s.byID[h.OrderID] = seen
			s.orders++
		}
	}
}

func (s *sightings) hear(hints []store.Hint, now time.Time) {
	for _, h := range hints {
		if old, have := s.heard[h.OrderID]; !have || old.version != h.Version {
			s.heard[h.OrderID] = heard{h.Version, now}
		}
	}
}

// served returns the hints that tell nothing new about orders, as they were read.
func (s *sightings) served(orders []Order) (hints []store.Hint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range orders {
		if h, have := s.heard[o.ID]; have && o.ReadAt.After(h.by) {
			hints = append(hints, store.Hint{OrderID: o.ID, Version: h.version})
			delete(s.heard, o.ID)
		}
	}
	return hints
}

// take returns the orders of the hints that were read beside, each once. The others are
// the caller's to read.
func (s *sightings) take(hints []store.Hint) (read []Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range hints {
		if seen := s.byID[h.OrderID]; seen.order != nil {
			s.orders--
			read = append(read, seen.order()) // not older than the hint: begin has seen to that
		}
		s.byID[h.OrderID] = sighting{version: h.Version}
		delete(s.heard, h.OrderID) // it is the caller's to drop
	}
	return read
}

// unread are the orders of hints that nobody has read.
func (s *sightings) unread(hints []store.Hint, now time.Time) (ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hear(hints, now)
	for _, h := range hints {
		if seen, have := s.byID[h.OrderID]; !have || seen.version != h.Version {
			ids = append(ids, h.OrderID)
		}
	}
	return ids
}

// add notes the orders of hints that were read.
func (s *sightings) add(versions map[string]int64, orders []Order) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range orders {
		seen := s.byID[o.ID]
		if seen.order != nil {
			s.orders--
		}
		seen = sighting{version: versions[o.ID], mark: markOf(o)}
		if s.orders < maxSighted {
			seen.order = func() Order { return o }
			s.orders++
		}
		s.byID[o.ID] = seen
	}
}

// alike returns the hints of orders that were read beside the run as those marks have them:
// they tell of nothing that was not handed on.
func (s *sightings) alike(marks map[string]store.Mark) (hints []store.Hint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, m := range marks {
		seen, have := s.byID[id]
		if !have || seen.mark.UpdatedAt.IsZero() || seen.mark.Digest != m.Digest || !seen.mark.UpdatedAt.Equal(m.UpdatedAt) {
			continue
		}
		hints = append(hints, store.Hint{OrderID: id, Version: seen.version})
		delete(s.heard, id)
		if delete(s.byID, id); seen.order != nil {
			s.orders--
		}
	}
	return hints
}

// beside has what the shop sells counted while a run is at work on what it has read,
// which may take minutes at the warehouse's limits. It returns how to end that, which
// waits, and returns what went so wrong that somebody has to hear of it.
//
// What else fails here is not told: a hint stays, and the next run reads its order. That
// run also hands on what was counted here, takes what is read here as it is, and moves
// the watermark.
func (in *Intake) beside(ctx context.Context) (stop func() error) {
	if in.ports.Reserve == nil {
		return func() error { return nil }
	}
	ctx, cancel := context.WithCancel(ctx)
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		if broke, _, _ := contained(func() error { in.reserveBeside(ctx); return nil }); broke != "" {
			err = fmt.Errorf("reserving orders beside the run %s", broke)
		}
	}()
	return func() error {
		cancel()
		<-done
		return err
	}
}

func (in *Intake) reserveBeside(ctx context.Context) {
	hints, poll := time.NewTicker(hintsEvery), time.NewTicker(polledBeside)
	defer hints.Stop()
	defer poll.Stop()
	since, polled := in.options.Now().UTC(), map[string]bool{}
	woken := in.hinted
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-woken:
			err = in.reserveHinted(ctx)
		case <-hints.C:
			err = in.reserveHinted(ctx)
		case <-poll.C:
			at := in.options.Now().UTC()
			if err = in.reservePolled(ctx, since.Add(-besideOverlap), at.Add(pollAhead), polled); err == nil {
				since = at
			}
		}
		if woken = in.hinted; err != nil {
			woken = nil // a side that does not answer is not asked for every hint
		}
	}
}

// reserveHinted reads the orders that were hinted at since the run began, and reserves them.
func (in *Intake) reserveHinted(ctx context.Context) error {
	hints, err := in.ports.Hints.Hints(ctx, in.options.Name)
	if err != nil {
		return err
	}
	versions := make(map[string]int64, len(hints))
	for _, h := range hints {
		versions[h.OrderID] = h.Version
	}
	unread := in.sighted.unread(hints, in.options.Now())
	if len(unread) > maxImportBatch {
		unread = unread[:maxImportBatch]
		in.wakeBeside() // for the others, and for what is hinted at until then
	}
	for chunk := range slices.Chunk(unread, readAgainTogether) {
		var orders []Order
		var failed []store.Hint
		err := part.Isolate(ctx, chunk, new(part.Tally), func(part []string) error {
			list, err := readOrders(ctx, in.ports.Orders, part)
			if err == nil {
				orders = append(orders, list...)
			}
			return err
		}, func(id string, _ error) { failed = append(failed, store.Hint{OrderID: id, Version: versions[id]}) })
		if err != nil {
			return err
		}
		in.sighted.take(failed) // the next run says what is wrong with them
		if _, err := in.ports.Reserve(ctx, orders...); err != nil {
			return err
		}
		in.sighted.add(versions, orders)
	}
	return nil
}

// reservePolled reserves the orders that have changed since a moment, unless it has seen
// them: those are in polled.
func (in *Intake) reservePolled(ctx context.Context, from, to time.Time, polled map[string]bool) error {
	var orders []Order
	flush := func() error {
		_, err := in.ports.Reserve(ctx, orders...)
		if err == nil {
			for _, o := range orders {
				polled[o.ID] = true
			}
		}
		orders = nil
		return err
	}
	for o, err := range in.ports.Orders.OrdersUpdated(ctx, from, to) {
		if err != nil {
			return errors.Join(err, flush())
		}
		if polled[o.ID] {
			continue
		}
		if orders = append(orders, o); len(orders) == maxImportBatch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// ahead yields what a list of the changes up to a moment yields, and reads and reserves
// some batches more of it while the caller is at work. Once all of it is reserved, the
// ledger learns that it has every order up to then: raises need not wait for the import.
func (r *intakeRun) ahead(ctx context.Context, to time.Time, list func(context.Context) iter.Seq2[Order, error]) iter.Seq2[Order, error] {
	if r.ports.Reserve == nil {
		return list(ctx)
	}
	type piece struct {
		orders []Order
		err    error
	}
	vouched := r.ports.Ledger != nil && !r.broken && r.unseen() == 0
	seen := maps.Clone(r.cursor.Seen) // the caller changes it
	return func(yield func(Order, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		pieces := make(chan piece, progressBatches)
		defer func() {
			cancel()
			for range pieces { // until the reader has ended
			}
		}()
		read := func() error {
			var p piece
			anew := false
			reserve := func() {
				news := slices.DeleteFunc(slices.Clone(p.orders), func(o Order) bool { return !changed(seen, o) })
				if len(news) == 0 {
					return
				}
				left, err := r.ports.Reserve(ctx, news...)
				vouched, anew = vouched && err == nil && len(left) == 0, true
			}
			for o, err := range list(ctx) {
				if p.err = err; err != nil {
					vouched = false
					break
				}
				if p.orders = append(p.orders, o); len(p.orders) < r.options.BatchSize {
					continue
				}
				reserve()
				select {
				case pieces <- p:
					p = piece{}
				case <-ctx.Done():
					return nil
				}
			}
			reserve()
			if vouched && anew && ctx.Err() == nil {
				_ = r.setSeen(ctx, to) // the end of the run tells
			}
			select {
			case pieces <- p:
			case <-ctx.Done():
			}
			return nil
		}
		go func() {
			defer close(pieces)
			if broke, _, _ := contained(read); broke != "" {
				select {
				case pieces <- piece{err: errors.New("reading ahead " + broke)}:
				case <-ctx.Done():
				}
			}
		}()
		for p := range pieces {
			for _, o := range p.orders {
				if !yield(o, nil) {
					return
				}
			}
			if p.err != nil {
				yield(Order{}, p.err)
				return
			}
		}
	}
}
