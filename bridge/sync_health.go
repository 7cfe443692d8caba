package bridge

import (
	"sync"
	"time"

	"github.com/linnbridge/linnbridge/bridge/health"
)

// flowWatch knows how a flow goes.
type flowWatch struct {
	timings health.Timings

	mu sync.Mutex
	// began is when each run that is going on began, by a number of its own: Step can
	// be called beside Run.
	began map[int]time.Time
	last  int
	// running is how many Runs keep it going, since when the first of them has.
	running int
	since   time.Time
}

// expect notes that the flow is kept going, until the function it returns is called.
func (w *flowWatch) expect(now time.Time) (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running++; w.running == 1 {
		w.since = now
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.running--
	}
}

// begin notes that a run goes on, until the function it returns is called.
func (w *flowWatch) begin(now time.Time) (end func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began == nil {
		w.began = map[int]time.Time{}
	}
	w.last++
	n := w.last
	w.began[n] = now
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.began, n)
	}
}

// overdueAfter is how long after the last one a run should have ended: ten times the
// pace, at least a minute.
func overdueAfter(every time.Duration) time.Duration { return max(10*every, time.Minute) }

// health returns how the flow is at a moment.
func (w *flowWatch) health(now time.Time, every time.Duration) health.Flow {
	h := w.timings.Health()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, began := range w.began {
		if h.Began.IsZero() || began.Before(h.Began) {
			h.Began = began.UTC()
		}
	}
	since := h.Began // a run that nobody keeps going is overdue only while it lasts
	if w.running > 0 {
		since = w.since
		for _, ended := range []time.Time{h.LastSuccess, h.LastFailure} {
			if ended.After(since) {
				since = ended
			}
		}
	}
	if due := since.Add(overdueAfter(every)); !since.IsZero() && now.After(due) {
		h.Overdue = due.UTC()
	}
	return h
}

func (s *Sync) watch(flow string) *flowWatch {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.watches[flow]
	if w == nil {
		w = new(flowWatch)
		s.watches[flow] = w
	}
	return w
}

// SyncHealth is how a [Sync] is.
type SyncHealth struct {
	Shop string `json:"shop"`
	// Healthy reports whether the last run of every flow succeeded and none is overdue,
	// and the settings, if they were compared with both sides, were found right.
	// Alarm somebody when it has been false for longer than a side may be down.
	Healthy bool `json:"healthy"`
	// Check is how the comparing of the settings went, before which no flow runs.
	Check health.Flow `json:"check"`
	// Flows are by their names. While [Sync.Run] keeps it going, a flow is overdue if no
	// run of it has ended, and Observe returned, for ten times its pace and at least a
	// minute; under [Sync.Step], if one run has taken as long.
	Flows map[string]health.Flow `json:"flows"`
	// Parts are by the names of the fields.
	Parts map[string]health.Flow `json:"parts"`
}

// Health returns how every flow and every part went so far.
func (s *Sync) Health() SyncHealth {
	h := SyncHealth{Shop: s.Settings.Shop, Check: s.checks.Health(), Flows: map[string]health.Flow{}, Parts: map[string]health.Flow{}}
	h.Healthy = h.Check.Healthy()
	now := time.Now()
	for _, f := range s.Flows {
		flow := s.watch(f.Name).health(now, f.Every)
		h.Flows[f.Name], h.Healthy = flow, h.Healthy && flow.Healthy()
	}
	for name, part := range map[string]interface{ Health() health.Flow }{
		"Catalogue": s.Catalogue, "Importer": s.Importer, "Canceller": s.Canceller, "Intake": s.Intake, "References": s.References,
		"Revoker": s.Revoker, "Gate": s.Gate, "Dispatcher": s.Dispatcher, "Dispatch": s.Dispatch, "Deadlines": s.Deadlines, "ShopStatus": s.ShopStatus, "Returns": s.Returns, "Stock": s.Stock,
		"Retention": s.Retention,
	} {
		h.Parts[name] = part.Health()
	}
	if s.Mirror != nil {
		h.Parts["Mirror"] = s.Mirror.Health()
	}
	if s.Finance != nil {
		h.Parts["Finance"] = s.Finance.Health()
	}
	return h
}
