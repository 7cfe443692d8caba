package release_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/release"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

var deep = flag.Bool("deep", false, "follow three runs instead of two, for some minutes")

// TestEveryInterleaving follows every way in which two runs of the release, or three, can be
// interleaved with a cancellation on TikTok, people who print what they see, a call that
// takes longer than a permit lives, and a connection that is cut before or after a call
// took effect: each at any moment, also between any two calls of a run, and at most once.
// A cancelled order is never printed later than a permit's life after it was cancelled,
// unless a call took longer than that, and equal orders of effects have one outcome.
func TestEveryInterleaving(t *testing.T) {
	t.Parallel()
	outcomes, ways := map[string]string{}, 0
	for queue := [][]string{nil}; len(queue) > 0 && !t.Failed(); queue = queue[1:] {
		synctest.Test(t, func(t *testing.T) {
			w := follow(t, queue[0])
			ways++
			trace, outcome := strings.Join(w.trace, ", "), w.outcome()
			if known, seen := outcomes[trace]; seen && known != outcome {
				t.Errorf("%s: %s, and also %s, by the way %q", trace, known, outcome, queue[0])
			}
			outcomes[trace] = outcome
			for _, wrong := range w.wrong {
				t.Errorf("%s: %s: %s, by the way %q", trace, wrong, outcome, queue[0])
			}
			queue = append(queue, w.branches...)
		})
	}
	var table strings.Builder
	for _, trace := range slices.Sorted(maps.Keys(outcomes)) {
		fmt.Fprintf(&table, "%-75s  %s\n", trace, outcomes[trace])
	}
	t.Logf("%d interleavings, %d orders of effects, each with one outcome:\n%s", ways, len(outcomes), &table)
	effects := []string{"cancel", "print", "show", "hide", "slow"}
	if !testing.Short() {
		effects = append(effects, "CUT")
	}
	for _, want := range effects {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(outcomes)), func(trace string) bool { return strings.Contains(trace, want) }) {
			t.Errorf("%q never took effect", want)
		}
	}
}

// way is one way through the interleavings.
type way struct {
	*floor

	t           *testing.T
	path        []string
	taken       int
	branches    [][]string
	used        map[string]bool
	exploring   bool
	cut         string
	dead        bool
	id          string
	cancelledAt time.Time
	printedAt   time.Time
	trace       []string
	wrong       []string
}

const (
	proceed   = "-"
	cutBefore = "cut before"
	cutAfter  = "cut after"
)

var errCut = errors.New("the connection is cut")

// follow goes one way, and notes those that branch off where its path has ended.
func follow(t *testing.T, path []string) *way {
	w := &way{t: t, path: path, used: map[string]bool{}}
	w.floor = open(t, modes["identifier"], release.Options{})
	ctx := t.Context()
	tiktok, err := w.tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: point{w, w.tiktok.RoundTripper()}}), tiktokshop.WithLimiter(unlimited{}), tiktokshop.WithMaxAttempts(1))
	w.must(err)
	linn, err := w.linn.Client(linnworks.WithHTTPClient(&http.Client{Transport: point{w, w.linn.RoundTripper()}}), linnworks.WithLimiter(unpaced{}), linnworks.WithMaxAttempts(1))
	w.must(err)
	w.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{})
	w.must(err)
	w.book, err = linnworksadapter.New(ctx, linn, linnworksadapter.Options{SubSource: "test"})
	w.must(err)
	w.view, err = w.book.PrintView(ctx, w.mode)
	w.must(err)
	w.release, err = release.New(w.ports(), release.Options{})
	w.must(err)
	w.id = w.place(1)[0]
	begin := time.Now()
	runs := []time.Duration{0, 60 * time.Second, 90 * time.Second}
	if !*deep {
		runs = runs[:2]
	}
	for _, at := range runs {
		if wait := time.Until(begin.Add(at)); wait > 0 {
			time.Sleep(wait)
		}
		w.exploring, w.dead, w.cut = true, false, ""
		w.people()
		_, _ = w.release.Run(ctx) // what it returns is for the next run
		w.exploring = true
		w.people()
		w.exploring = false
	}
	w.dead = false
	for range 3 {
		time.Sleep(30 * time.Second)
		if _, err := w.release.Run(ctx); err != nil {
			w.wrong = append(w.wrong, "an undisturbed run fails: "+err.Error())
		}
	}
	return w
}

// people is a point: what the path says happens, until the bridge goes on.
func (w *way) people() {
	if !w.exploring {
		return
	}
	w.exploring = false
	defer func() { w.exploring = true }()
	for {
		choice := proceed
		if w.taken < len(w.path) {
			choice = w.path[w.taken]
		} else {
			for _, c := range w.choices() {
				w.branches = append(w.branches, append(slices.Clone(w.path), append(slices.Repeat([]string{proceed}, w.taken-len(w.path)), c)...))
			}
		}
		w.taken++
		if choice == proceed {
			return
		}
		w.used[choice] = true
		w.act(choice)
	}
}

func (w *way) choices() (list []string) {
	may := func(choice string, possible bool) {
		if possible && !w.used[choice] {
			list = append(list, choice)
		}
	}
	disturbed := w.used[cutBefore] || w.used[cutAfter] || w.used["slow"]
	may("cancel", w.printedAt.IsZero())
	may("print", w.shown(w.id))
	may("slow", !disturbed)
	may(cutBefore, !disturbed && !testing.Short())
	may(cutAfter, !disturbed && !testing.Short())
	return list
}

func (w *way) act(choice string) {
	switch choice {
	case "cancel":
		w.cancel(w.id)
		w.cancelledAt = time.Now()
	case "print":
		w.printedAt = time.Now()
		w.must(w.linn.PrintLabel(w.order(w.id).OrderID))
		if late := w.printedAt.Sub(w.cancelledAt); !w.cancelledAt.IsZero() && late > lifetime && !w.used["slow"] {
			w.wrong = append(w.wrong, fmt.Sprintf("printed %v after it was cancelled", late))
		}
	case "slow":
		time.Sleep(lifetime + time.Second)
	case cutBefore, cutAfter:
		w.cut, choice = choice, "CUT"
	}
	w.trace = append(w.trace, choice)
}

// point is the bridge's connection to one side.
type point struct {
	way  *way
	next http.RoundTripper
}

func (p point) RoundTrip(r *http.Request) (*http.Response, error) {
	w := p.way
	if !w.exploring {
		return p.next.RoundTrip(r)
	}
	if w.dead {
		return nil, errCut
	}
	w.people()
	if w.cut == cutBefore {
		w.dead = true
	}
	if w.dead || r.Context().Err() != nil {
		return nil, errors.Join(errCut, r.Context().Err())
	}
	before := w.shown(w.id)
	reply, err := p.next.RoundTrip(r)
	if after := w.shown(w.id); after != before {
		effect := "hide"
		if after {
			effect = "show"
			if !w.cancelledAt.IsZero() && time.Since(w.cancelledAt) > lifetime {
				w.wrong = append(w.wrong, "shown longer than a permit's life after it was cancelled")
			}
		}
		w.trace = append(w.trace, effect)
	}
	if w.cut == cutAfter {
		w.dead = true
		if err == nil {
			_ = reply.Body.Close()
		}
		return nil, errCut
	}
	return reply, err
}

// outcome says what is left, and notes what must not be.
func (w *way) outcome() string {
	cancelled, printed, shown := !w.cancelledAt.IsZero(), !w.printedAt.IsZero(), w.shown(w.id)
	never := func(what string, happened bool) {
		if happened {
			w.wrong = append(w.wrong, what)
		}
	}
	never("a cancelled order stands in the view", cancelled && shown)
	never("an order that may go does not stand in the view", !cancelled && !shown)
	never(fmt.Sprintf("cases %q", w.cases()), len(w.cases()) > 0)
	state := map[bool]string{true: "cancelled", false: "to be sent"}[cancelled]
	if printed {
		state += ", printed"
		switch {
		case cancelled && w.used["slow"]:
			state += " after the cancellation, or a call that took too long"
		case cancelled:
			state += " within a permit's life of the cancellation"
		}
	}
	return state + map[bool]string{true: ", in the view", false: ", not in the view"}[shown]
}
