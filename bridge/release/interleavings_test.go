package release_test

import (
	"flag"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/linnbridge/linnbridge/bridge/internal/ways"
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
	effects := []string{"cancel", "print", "show", "hide", "slow"}
	if !testing.Short() {
		effects = append(effects, "CUT")
	}
	outcomes, n := ways.Every(t, func(t *testing.T, path []string) (*ways.Walk, string) {
		w := follow(t, path)
		return &w.Walk, w.outcome()
	}, effects...)
	t.Logf("%d interleavings, %d orders of effects, each with one outcome:\n%s", n, len(outcomes), ways.Table(outcomes))
}

// way is one way through the interleavings.
type way struct {
	*floor
	ways.Walk

	id          string
	cancelledAt time.Time
	printedAt   time.Time
}

// follow goes one way, and notes those that branch off where its path has ended.
func follow(t *testing.T, path []string) *way {
	w := &way{Walk: ways.New(path)}
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
		w.Exploring, w.Dead, w.Cut = true, false, ""
		w.People(w.choices, w.act)
		_, _ = w.release.Run(ctx) // what it returns is for the next run
		w.Exploring = true
		w.People(w.choices, w.act)
		w.Exploring = false
	}
	w.Dead = false
	for range 3 {
		time.Sleep(30 * time.Second)
		if _, err := w.release.Run(ctx); err != nil {
			w.Wrong = append(w.Wrong, "an undisturbed run fails: "+err.Error())
		}
	}
	return w
}

func (w *way) choices() (list []string) {
	may := func(choice string, possible bool) {
		if possible && !w.Used[choice] {
			list = append(list, choice)
		}
	}
	disturbed := w.Used[ways.CutBefore] || w.Used[ways.CutAfter] || w.Used["slow"]
	may("cancel", w.printedAt.IsZero())
	may("print", w.shown(w.id))
	may("slow", !disturbed)
	may(ways.CutBefore, !disturbed && !testing.Short())
	may(ways.CutAfter, !disturbed && !testing.Short())
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
		if late := w.printedAt.Sub(w.cancelledAt); !w.cancelledAt.IsZero() && late > lifetime && !w.Used["slow"] {
			w.Wrong = append(w.Wrong, fmt.Sprintf("printed %v after it was cancelled", late))
		}
	case "slow":
		time.Sleep(lifetime + time.Second)
	case ways.CutBefore, ways.CutAfter:
		w.Cut, choice = choice, "CUT"
	}
	w.Trace = append(w.Trace, choice)
}

// point is the bridge's connection to one side.
type point struct {
	way  *way
	next http.RoundTripper
}

func (p point) RoundTrip(r *http.Request) (*http.Response, error) {
	w := p.way
	if !w.Exploring {
		return p.next.RoundTrip(r)
	}
	if w.Dead {
		return nil, ways.ErrCut
	}
	w.People(w.choices, w.act)
	before := w.shown(w.id)
	return w.Call(r, func() (*http.Response, error) { return p.next.RoundTrip(r) }, func() {
		after := w.shown(w.id)
		if after == before {
			return
		}
		effect := "hide"
		if after {
			effect = "show"
			if !w.cancelledAt.IsZero() && time.Since(w.cancelledAt) > lifetime {
				w.Wrong = append(w.Wrong, "shown longer than a permit's life after it was cancelled")
			}
		}
		w.Trace = append(w.Trace, effect)
	})
}

// outcome says what is left, and notes what must not be.
func (w *way) outcome() string {
	cancelled, printed, shown := !w.cancelledAt.IsZero(), !w.printedAt.IsZero(), w.shown(w.id)
	never := func(what string, happened bool) {
		if happened {
			w.Wrong = append(w.Wrong, what)
		}
	}
	never("a cancelled order stands in the view", cancelled && shown)
	never("an order that may go does not stand in the view", !cancelled && !shown)
	never(fmt.Sprintf("cases %q", w.cases()), len(w.cases()) > 0)
	state := map[bool]string{true: "cancelled", false: "to be sent"}[cancelled]
	if printed {
		state += ", printed"
		switch {
		case cancelled && w.Used["slow"]:
			state += " after the cancellation, or a call that took too long"
		case cancelled:
			state += " within a permit's life of the cancellation"
		}
	}
	return state + map[bool]string{true: ", in the view", false: ", not in the view"}[shown]
}
