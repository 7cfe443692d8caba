package opspage

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/health"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// flow is one flow of one shop.
type flow struct {
	health.Flow

	Name string
}

// Counted reports whether somebody counts the runs: of what goes on without an end there
// are none.
func (f flow) Counted() bool { return f.Runs > 0 }

// MarshalJSON returns what is known, with the name and whether the flow is well. Nothing
// that nobody counts is there as zero.
func (f flow) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(f.Flow)
	if err != nil {
		return nil, err
	}
	known := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &known); err != nil {
		return nil, err
	}
	var unknown []string
	if !f.Counted() {
		unknown = []string{"runs", "failures", "last", "max", "p50", "p99"}
	}
	if f.Backlog == 0 { // only parts know that nothing waits
		unknown = append(unknown, "backlog", "oldest")
	}
	for _, name := range unknown {
		delete(known, name)
	}
	return json.Marshal(struct {
		Name    string                     `json:"name"`
		Healthy bool                       `json:"healthy"`
		Flow    map[string]json.RawMessage `json:"flow"`
	}{f.Name, f.Healthy(), known})
}

// shopHealth is how one shop is.
type shopHealth struct {
	Shop    string `json:"shop"`
	Unknown string `json:"unknown,omitempty"`
	Flows   []flow `json:"flows"`
}

// Healthy reports whether every flow is known to be well.
func (s shopHealth) Healthy() bool {
	return s.Unknown == "" && !slices.ContainsFunc(s.Flows, func(f flow) bool { return !f.Healthy() })
}

func (h *Handler) health(r *request) (any, error) {
	list := []shopHealth{}
	for _, s := range h.shops(r) {
		list = append(list, h.healthOf(r.Context(), s))
	}
	return list, nil
}

func (h *Handler) healthOf(ctx context.Context, s Shop) shopHealth {
	v := shopHealth{Shop: s.Name, Flows: []flow{}}
	if s.Health == nil {
		v.Unknown = "the health of this shop is not shown here"
		return v
	}
	flows, err := s.Health(ctx)
	if err != nil {
		v.Unknown = "the health cannot be read: " + err.Error()
		return v
	}
	for _, name := range slices.Sorted(maps.Keys(flows)) {
		v.Flows = append(v.Flows, flow{flows[name], name})
	}
	return v
}

// team are the open cases of one team.
type team struct {
	Owner  exceptions.Owner    `json:"team"`
	Open   int                 `json:"open"`
	Urgent int                 `json:"urgent"`
	Free   int                 `json:"nobody_on_it"`
	Late   int                 `json:"late"`
	Next   time.Time           `json:"act_by,omitzero"`
	Worst  exceptions.Severity `json:"severity"`
}

// overview is what the first page shows.
type overview struct {
	Teams  []team       `json:"teams"`
	Most   []line       `json:"most_pressing"`
	Health []shopHealth `json:"health"`
	Boards []board      `json:"orders"`
	// Fired is how often kinds came up in the seven days before FiredAt.
	Fired   []fired   `json:"came_up_in_seven_days"`
	FiredAt time.Time `json:"came_up_counted_at"`
	Samples []sample  `json:"last_hours"`
}

// fired is how often a kind came up.
type fired struct {
	Kind  exceptions.Kind `json:"kind"`
	Count int             `json:"count"`
}

func (h *Handler) home(r *request) (any, error) {
	v := overview{Teams: []team{}, Most: []line{}, Health: []shopHealth{}, Fired: []fired{}, Samples: h.sampled(r)}
	count, at, err := h.cameUp(r)
	if err != nil {
		return v, err
	}
	v.FiredAt = at
	list, err := h.ports.Desk.Cases(r.Context(), exceptions.Filter{})
	if err != nil {
		return v, fmt.Errorf("the cases cannot be read: %w", err)
	}
	teams := map[exceptions.Owner]*team{}
	for _, owner := range exceptions.Owners {
		teams[owner] = &team{Owner: owner}
	}
	for _, c := range list {
		if !r.sees(c.Shop) {
			continue
		}
		l := h.line(c, r.now)
		t := teams[c.Owner]
		if t == nil { // of a newer version
			t = &team{Owner: c.Owner}
			teams[c.Owner] = t
		}
		t.add(l, r.now)
		if l.Risen == exceptions.Urgent && !l.Snoozed {
			v.Most = append(v.Most, l)
		}
	}
	for _, owner := range exceptions.Owners {
		v.Teams = append(v.Teams, *teams[owner])
		delete(teams, owner)
	}
	for _, owner := range slices.Sorted(maps.Keys(teams)) {
		v.Teams = append(v.Teams, *teams[owner])
	}
	slices.SortStableFunc(v.Most, func(a, b line) int { return part.CompareTimes(a.ActBy(), b.ActBy()) })
	v.Most = v.Most[:min(len(v.Most), 10)]
	for kind, n := range count {
		v.Fired = append(v.Fired, fired{kind, n})
	}
	slices.SortFunc(v.Fired, func(a, b fired) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Kind, b.Kind))
	})
	for _, s := range h.shops(r) {
		v.Health = append(v.Health, h.healthOf(r.Context(), s))
	}
	boards, err := h.orders(r)
	v.Boards, _ = boards.([]board)
	return v, err
}

// add counts a case.
func (t *team) add(l line, now time.Time) {
	t.Open++
	t.Worst = max(t.Worst, l.Risen)
	if l.Risen == exceptions.Urgent {
		t.Urgent++
	}
	if l.Holder == "" && !l.Snoozed {
		t.Free++
	}
	if by := l.ActBy(); !by.IsZero() {
		if by.Before(now) {
			t.Late++
		}
		if t.Next.IsZero() || by.Before(t.Next) {
			t.Next = by
		}
	}
}
