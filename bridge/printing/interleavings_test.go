package printing_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/printing"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// TestEveryInterleaving follows every way in which two presses of the button, the one
// after the other, can be interleaved with a cancellation by the seller, a buyer who asks
// to cancel, a carrier who never comes, so that TikTok cancels, and a connection that is cut before or after a call took effect: each at any
// moment, also between any two calls of a press, and at most once. An order that was
// cancelled before the button was pressed gets no label, nor does one whose buyer asks; a
// parcel is arranged once at the most; and equal orders of effects have one outcome. With
// -short no connection is cut.
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
	labels, refused := 0, 0
	for _, trace := range slices.Sorted(maps.Keys(outcomes)) {
		fmt.Fprintf(&table, "%-70s  %s\n", trace, outcomes[trace])
		labels += strings.Count(trace, "label")
		refused += strings.Count(trace, "refused")
	}
	t.Logf("%d interleavings, %d orders of effects with %d labels and %d refusals, each with one outcome:\n%s", ways, len(outcomes), labels, refused, &table)
	effects := []string{"cancel", "asks", "not collected", "arrange", "label", "refused"}
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

	path      []string
	taken     int
	branches  [][]string
	used      map[string]bool
	exploring bool
	cut       string
	dead      bool
	id        string
	number    string
	// stopped reports whether the order was cancelled, or its buyer had asked, when the
	// press began.
	stopped bool
	labels  int
	trace   []string
	wrong   []string
}

const (
	proceed   = "-"
	cutBefore = "cut before"
	cutAfter  = "cut after"
)

var errCut = errors.New("the connection is cut")

// follow goes one way, and notes those that branch off where its path has ended.
func follow(t *testing.T, path []string) *way {
	w := &way{path: path, used: map[string]bool{}}
	w.floor = open(t, printing.Options{HandOnPDF: true})
	tiktok, err := w.tiktok.Client(tiktokshop.WithHTTPClient(&http.Client{Transport: point{w, w.tiktok.RoundTripper()}}), tiktokshop.WithLimiter(unlimited{}), tiktokshop.WithMaxAttempts(1))
	w.must(err)
	linn, err := w.linn.Client(linnworks.WithHTTPClient(&http.Client{Transport: point{w, w.linn.RoundTripper()}}), linnworks.WithLimiter(unpaced{}), linnworks.WithMaxAttempts(1))
	w.must(err)
	w.shop, err = tiktokadapter.New(tiktok, tiktokadapter.Options{Documents: &http.Client{Transport: point{w, w.tiktok.RoundTripper()}}})
	w.must(err)
	w.book, err = linnworksadapter.New(t.Context(), linn, linnworksadapter.Options{SubSource: w.name, Service: map[string]string{"tiktok": "TikTok Shipping"}})
	w.must(err)
	w.button, err = printing.NewButton(w.ports(), printing.Options{HandOnPDF: true})
	w.must(err)
	id, order := w.place(nil)
	o, _ := w.linn.Order(order)
	w.id, w.number = id, strconv.Itoa(o.NumOrderID)
	for range 2 {
		w.dead, w.cut, w.exploring = false, "", true
		w.people()
		w.press(t.Context(), w.exploring)
		w.exploring = false
	}
	w.dead, w.exploring = false, true
	w.used[cutBefore] = true // nothing is cut from now on
	w.people()
	w.exploring = false
	w.press(t.Context(), false) // one that nothing disturbs
	return w
}

// stoppedNow reports whether the order must get no label.
func (w *way) stoppedNow() bool {
	return w.used["cancel"] || w.used["asks"] || w.used["not collected"]
}

// press presses the button, and notes what comes out.
func (w *way) press(ctx context.Context, disturbed bool) {
	w.stopped = w.stoppedNow()
	parcels, err := w.button.Press(ctx, w.number)
	refused, toldWhy := errors.AsType[*printing.NotPrintedError](err)
	switch {
	case err == nil && len(parcels) == 1 && parcels[0].PDF != nil && parcels[0].Tracking != "":
		w.labels++
		w.trace = append(w.trace, "label")
		if w.stopped {
			w.wrong = append(w.wrong, "a label of an order that was stopped before the button was pressed")
		}
	case err == nil:
		w.wrong = append(w.wrong, "neither a label nor an error")
	case toldWhy && refused.Text != "":
		w.trace = append(w.trace, "refused")
		if why := w.why(); !disturbed && !strings.Contains(refused.Text, why) {
			w.wrong = append(w.wrong, fmt.Sprintf("people read %q, want %q", refused.Text, why))
		}
	case !disturbed:
		w.wrong = append(w.wrong, "an undisturbed press fails: "+err.Error())
	default:
		w.trace = append(w.trace, "failed")
	}
}

// why is what people have to read about an order that must get no label.
func (w *way) why() string {
	switch {
	case w.used["cancel"], w.used["not collected"]:
		return "was cancelled on TikTok Shop"
	case w.used["asks"]:
		return "has asked to cancel"
	}
	return ""
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
	o, _ := w.tiktok.Order(w.id)
	open := o.Status == tiktokshop.OrderStatusAwaitingShipment // later the seller cannot, and the buyer gets a return
	cut := w.used[cutBefore] || w.used[cutAfter]
	may("cancel", open && !w.used["asks"])
	may("asks", open && !w.used["cancel"])
	may("not collected", w.arranged())
	may(cutBefore, !cut && !testing.Short())
	may(cutAfter, !cut && !testing.Short())
	return list
}

func (w *way) act(choice string) {
	switch choice {
	case "cancel":
		w.must(w.tiktok.CancelBySeller(w.id, w.tiktok.SellerCancelReasons()[1]))
	case "asks":
		_, err := w.tiktok.RequestCancellation(w.id, "")
		w.must(err)
	case "not collected":
		w.cancel(w.id)
	case cutBefore, cutAfter:
		w.cut, choice = choice, "CUT"
	}
	w.trace = append(w.trace, choice)
}

// arranged reports whether the parcel was.
func (w *way) arranged() bool {
	o, _ := w.tiktok.Order(w.id)
	return o.Status == tiktokshop.OrderStatusAwaitingCollection
}

// point is the bridge's connection to one side.
type point struct {
	way  *way
	next http.RoundTripper
}

func (p point) RoundTrip(r *http.Request) (*http.Response, error) {
	w := p.way
	if w.dead {
		return nil, errCut
	}
	if !w.exploring {
		return p.next.RoundTrip(r)
	}
	w.people()
	if w.cut == cutBefore {
		w.dead = true
	}
	if w.dead || r.Context().Err() != nil {
		return nil, errors.Join(errCut, r.Context().Err())
	}
	before := w.arranged()
	reply, err := p.next.RoundTrip(r)
	switch {
	case !before && w.arranged():
		w.trace = append(w.trace, "arrange")
		if w.used["cancel"] {
			w.wrong = append(w.wrong, "the parcel of a cancelled order was arranged")
		}
	case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/ship"):
		w.trace = append(w.trace, "arranging fails")
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
	never := func(what string, happened bool) {
		if happened {
			w.wrong = append(w.wrong, what)
		}
	}
	never("an order that may go has no label", !w.stoppedNow() && w.labels == 0)
	ships := 0
	for _, call := range w.tiktok.CallsOf(tiktokshoptest.On("Fulfillment.ShipPackage")) {
		if call.Code == 0 {
			ships++
		}
	}
	never(fmt.Sprintf("the parcel was arranged %d times", ships), ships > 1)
	state := "to be sent"
	switch {
	case w.used["cancel"]:
		state = "cancelled"
	case w.used["not collected"]:
		state = "cancelled by TikTok"
	case w.used["asks"]:
		state = "the buyer asks"
	}
	if w.labels > 0 {
		state += ", labelled"
	} else {
		state += ", no label"
	}
	return state + ", cases: " + strings.Join(w.cases(), "; ")
}
