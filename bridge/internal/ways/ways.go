// Package ways follows every way in which people and a program can be interleaved, for
// tests: people may act at any moment, also between any two calls of the program, and its
// connection may be cut before or after a call took effect.
package ways

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// What the path of a way may have besides what people do: nothing happens and the program
// goes on, or its next call is not read, or the reply is lost.
const (
	proceed   = "-"
	CutBefore = "cut before"
	CutAfter  = "cut after"
)

// ErrCut is what the program gets of a connection that is cut.
var ErrCut = errors.New("the connection is cut")

// Walk is one way. It follows its path, and where that has ended notes those that branch off.
type Walk struct {
	// Exploring reports whether people may act, Dead whether the connection is cut until
	// the program begins anew, Cut how it is about to be cut.
	Exploring, Dead bool
	Cut             string
	// Used are the things that have happened: each may happen once.
	Used map[string]bool
	// Trace are the effects in their order, Wrong what must not be.
	Trace, Wrong []string

	path     []string
	taken    int
	branches [][]string
}

// New returns the way along a path.
func New(path []string) Walk { return Walk{Used: map[string]bool{}, path: path} }

// People lets happen what the path says, until the program goes on. choices are the things
// that can happen now; act has one happen.
func (w *Walk) People(choices func() []string, act func(choice string)) {
	if !w.Exploring {
		return
	}
	w.Exploring = false
	defer func() { w.Exploring = true }()
	for {
		choice := proceed
		if w.taken < len(w.path) {
			choice = w.path[w.taken]
		} else {
			for _, c := range choices() {
				w.branches = append(w.branches, append(slices.Clone(w.path), append(slices.Repeat([]string{proceed}, w.taken-len(w.path)), c)...))
			}
		}
		w.taken++
		if choice == proceed {
			return
		}
		w.Used[choice] = true
		act(choice)
	}
}

// Call makes a call of the program, or cuts it as Cut says. After call, done is told that
// it took effect.
func (w *Walk) Call(r *http.Request, call func() (*http.Response, error), done func()) (*http.Response, error) {
	if w.Cut == CutBefore {
		w.Dead = true
	}
	if w.Dead || r.Context().Err() != nil {
		return nil, errors.Join(ErrCut, r.Context().Err())
	}
	reply, err := call()
	done()
	if w.Cut == CutAfter {
		w.Dead = true
		if err == nil {
			_ = reply.Body.Close()
		}
		return nil, ErrCut
	}
	return reply, err
}

// Every follows all ways, each in a bubble of its own, and returns the outcome of each order
// of effects and how many ways there were. Two outcomes of one order are an error, and so is
// whatever a way notes as wrong, and an effect that no way has.
func Every(t *testing.T, follow func(t *testing.T, path []string) (w *Walk, outcome string), effects ...string) (outcomes map[string]string, n int) {
	t.Helper()
	outcomes = map[string]string{}
	for queue := [][]string{nil}; len(queue) > 0 && !t.Failed(); queue = queue[1:] {
		synctest.Test(t, func(t *testing.T) {
			w, outcome := follow(t, queue[0])
			n++
			trace := strings.Join(w.Trace, ", ")
			if known, seen := outcomes[trace]; seen && known != outcome {
				t.Errorf("%s: %s, and also %s, by the way %q", trace, known, outcome, queue[0])
			}
			outcomes[trace] = outcome
			for _, wrong := range w.Wrong {
				t.Errorf("%s: %s: %s, by the way %q", trace, wrong, outcome, queue[0])
			}
			queue = append(queue, w.branches...)
		})
	}
	for _, want := range effects {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(outcomes)), func(trace string) bool { return strings.Contains(trace, want) }) {
			t.Errorf("%q never took effect", want)
		}
	}
	return outcomes, n
}

// Table is a line for each order of effects, with its outcome.
func Table(outcomes map[string]string) string {
	var b strings.Builder
	for _, trace := range slices.Sorted(maps.Keys(outcomes)) {
		fmt.Fprintf(&b, "%-75s  %s\n", trace, outcomes[trace])
	}
	return b.String()
}
