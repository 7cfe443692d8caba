package bridge

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/store"
)

// The one rule of all queues: how long what was tried in vain waits, whether a person is told
// and how severe that is, and whether it is given up.
func TestWorklistRule(t *testing.T) {
	const day = 24 * time.Hour
	rule := patience{
		first: time.Minute, most: 15 * time.Minute, tellAfter: 5, keep: 7 * day, hearsay: 50,
		levels: []DeadlineLevel{{day, exceptions.Notice}, {4 * time.Hour, exceptions.Urgent}},
	}
	endless := rule
	endless.keep = 0
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		rule  patience
		tried int           // before
		left  time.Duration // to the deadline; 0: none is known
		held  bool          // it did not fail
		known bool          // a case is open about it
		rumor bool          // the shop has never shown it
		want  string
	}{
		"the first try":                      {want: "again in 1m0s"},
		"the second":                         {tried: 1, want: "again in 2m0s"},
		"the fourth":                         {tried: 3, want: "again in 8m0s"},
		"the fifth":                          {tried: 4, want: "again in 15m0s, told: warning"},
		"many":                               {tried: 300, want: "again in 15m0s, told: warning"},
		"held for hours":                     {tried: 20, held: true, want: "again in 15m0s"},
		"a person knows, and it fails":       {tried: 20, known: true, want: "again in 15m0s, told: warning"},
		"a deadline that is far":             {tried: 3, left: 2 * day, want: "again in 8m0s"},
		"a deadline that comes near":         {tried: 3, left: day + 5*time.Minute, want: "again in 5m0s"},
		"one that comes nearer":              {tried: 3, left: 4*time.Hour + time.Minute, want: "again in 1m0s, told: notice"},
		"one that is near":                   {left: 40 * time.Minute, want: "again in 1m0s, told: urgent"},
		"one that is near, and it is held":   {left: 4 * time.Hour, held: true, want: "again in 1m0s, told: urgent"},
		"one that is near, and has its case": {left: 4 * time.Hour, held: true, known: true, want: "again in 1m0s, told: urgent"},
		"one that has passed":                {tried: 300, left: -7 * day, want: "again in 15m0s, told: urgent"},
		"a week later":                       {tried: 900, left: -7*day - time.Second, want: "again in 15m0s, told: urgent, given up"},
		"a week, and it is not given up":     {rule: endless, tried: 900, left: -8 * day, want: "again in 15m0s, told: urgent"},
		"no deadline, for a week":            {tried: 671, held: true, want: "again in 15m0s"},
		"no deadline, for longer":            {tried: 672, held: true, want: "again in 15m0s, told: warning, given up"},
		"that too, and a person knows":       {tried: 672, held: true, known: true, want: "again in 15m0s, given up"},
		"hearsay":                            {tried: 49, rumor: true, want: "again in 15m0s, told: warning"},
		"hearsay for hours":                  {tried: 50, rumor: true, want: "again in 15m0s, told: warning, given up"},
		"hearsay for hours, and it is held":  {rule: endless, tried: 50, rumor: true, held: true, want: "again in 15m0s, told: warning, given up"},
	} {
		t.Run(name, func(t *testing.T) {
			list := worklist{patience: rule}
			if c.rule.levels != nil {
				list.patience = c.rule
			}
			v := store.Revisit{OrderID: "1", Attempts: c.tried, Known: !c.rumor}
			if c.left != 0 {
				v.Deadline = now.Add(c.left)
			}
			if c.known {
				v.CaseOf = "1"
			}
			v = list.inVain(v, "it is down", !c.held, now)
			got := "again in " + v.Due.Sub(now).String()
			severity, told := list.tells(v, !c.held, now)
			if told {
				got += ", told: " + severity.String()
			}
			if list.over(v, now) {
				got += ", given up"
			}
			if got != c.want || v.Raised != told || v.Attempts != c.tried+1 || v.LastError != "it is down" {
				t.Errorf("%s (%+v); want %s", got, v, c.want)
			}
		})
	}
}

// What waits for a person waits for a quarter of an hour, or until its deadline is near.
func TestWorklistPause(t *testing.T) {
	list := worklist{patience: patience{first: time.Minute, most: 15 * time.Minute, levels: []DeadlineLevel{{4 * time.Hour, exceptions.Urgent}}}}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for left, want := range map[time.Duration]time.Duration{
		48 * time.Hour: 15 * time.Minute, 4*time.Hour + 3*time.Minute: 3 * time.Minute, 4 * time.Hour: 15 * time.Minute, -time.Hour: 15 * time.Minute,
	} {
		if got := list.pause(now.Add(left), now).Sub(now); got != want {
			t.Errorf("%v before the deadline it waits %v, want %v", left, got, want)
		}
	}
	if got := list.pause(time.Time{}, now).Sub(now); got != 15*time.Minute {
		t.Errorf("without a deadline it waits %v, want a quarter of an hour", got)
	}
}

// Orders that failed are told once their deadline is near, although nobody could try them
// again: each once, and not those that only wait for a person.
func TestWorklistUntold(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	near, far := now.Add(4*time.Hour), now.Add(5*time.Hour)
	list := worklist{patience: patience{tellAfter: 5, levels: []DeadlineLevel{{4 * time.Hour, exceptions.Urgent}}}, entries: map[string]store.Revisit{
		"near": {OrderID: "near", Attempts: 1, Deadline: near}, "far": {OrderID: "far", Attempts: 1, Deadline: far}, "told": {OrderID: "told", Attempts: 1, Deadline: near, Raised: true},
		"a person's": {OrderID: "a person's", Deadline: near, CaseOf: "a person's"}, "unknown": {OrderID: "unknown", Attempts: 4}, "another": {OrderID: "another", Attempts: 2, Deadline: now},
	}}
	var got []string
	for _, v := range list.untold(now) {
		got = append(got, fmt.Sprintf("%s raised %t", v.OrderID, v.Raised))
	}
	if diff := cmp.Diff([]string{"another raised true", "near raised true"}, got); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
