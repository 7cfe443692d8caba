package printing_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/linnbridge/linnbridge/bridge/internal/ways"
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
	effects := []string{"cancel", "asks", "not collected", "arrange", "label", "refused"}
	if !testing.Short() {
		effects = append(effects, "CUT")
	}
	outcomes, n := ways.Every(t, func(t *testing.T, path []string) (*ways.Walk, string) {
		w := follow(t, path)
		return &w.Walk, w.outcome()
	}, effects...)
	labels, refused := 0, 0
	for trace := range outcomes {
		labels += strings.Count(trace, "label")
		refused += strings.Count(trace, "refused")
	}
	t.Logf("%d interleavings, %d orders of effects with %d labels and %d refusals, each with one outcome:\n%s", n, len(outcomes), labels, refused, ways.Table(outcomes))
}

// way is one way through the interleavings.
type way struct {
	*floor
	ways.Walk

	id     string
	number string
	// stopped reports whether the order was cancelled, or its buyer had asked, when the
	// press began.
	stopped bool
	labels  int
}

// follow goes one way, and notes those that branch off where its path has ended.
func follow(t *testing.T, path []string) *way {
	w := &way{Walk: ways.New(path)}
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
		w.Dead, w.Cut, w.Exploring = false, "", true
		w.People(w.choices, w.act)
		w.press(t.Context(), w.Exploring)
		w.Exploring = false
	}
	w.Dead, w.Exploring = false, true
	w.Used[ways.CutBefore] = true // nothing is cut from now on
	w.People(w.choices, w.act)
	w.Exploring = false
	w.press(t.Context(), false) // one that nothing disturbs
	return w
}

// stoppedNow reports whether the order must get no label.
func (w *way) stoppedNow() bool {
	return w.Used["cancel"] || w.Used["asks"] || w.Used["not collected"]
}

// press presses the button, and notes what comes out.
func (w *way) press(ctx context.Context, disturbed bool) {
	w.stopped = w.stoppedNow()
	parcels, err := w.button.Press(ctx, w.number)
	refused, toldWhy := errors.AsType[*printing.NotPrintedError](err)
	switch {
	case err == nil && len(parcels) == 1 && parcels[0].PDF != nil && parcels[0].Tracking != "":
		w.labels++
		w.Trace = append(w.Trace, "label")
		if w.stopped {
			w.Wrong = append(w.Wrong, "a label of an order that was stopped before the button was pressed")
		}
	case err == nil:
		w.Wrong = append(w.Wrong, "neither a label nor an error")
	case toldWhy && refused.Text != "":
		w.Trace = append(w.Trace, "refused")
		if why := w.why(); !disturbed && !strings.Contains(refused.Text, why) {
			w.Wrong = append(w.Wrong, fmt.Sprintf("people read %q, want %q", refused.Text, why))
		}
	case !disturbed:
		w.Wrong = append(w.Wrong, "an undisturbed press fails: "+err.Error())
	default:
		w.Trace = append(w.Trace, "failed")
	}
}

// why is what people have to read about an order that must get no label.
func (w *way) why() string {
	switch {
	case w.Used["cancel"], w.Used["not collected"]:
		return "was cancelled on TikTok Shop"
	case w.Used["asks"]:
		return "has asked to cancel"
	}
	return ""
}

func (w *way) choices() (list []string) {
	may := func(choice string, possible bool) {
		if possible && !w.Used[choice] {
			list = append(list, choice)
		}
	}
	o, _ := w.tiktok.Order(w.id)
	open := o.Status == tiktokshop.OrderStatusAwaitingShipment // later the seller cannot, and the buyer gets a return
	cut := w.Used[ways.CutBefore] || w.Used[ways.CutAfter]
	may("cancel", open && !w.Used["asks"])
	may("asks", open && !w.Used["cancel"])
	may("not collected", w.arranged())
	may(ways.CutBefore, !cut && !testing.Short())
	may(ways.CutAfter, !cut && !testing.Short())
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
	case ways.CutBefore, ways.CutAfter:
		w.Cut, choice = choice, "CUT"
	}
	w.Trace = append(w.Trace, choice)
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
	if w.Dead {
		return nil, ways.ErrCut
	}
	if !w.Exploring {
		return p.next.RoundTrip(r)
	}
	w.People(w.choices, w.act)
	before := w.arranged()
	return w.Call(r, func() (*http.Response, error) { return p.next.RoundTrip(r) }, func() {
		switch {
		case !before && w.arranged():
			w.Trace = append(w.Trace, "arrange")
			if w.Used["cancel"] {
				w.Wrong = append(w.Wrong, "the parcel of a cancelled order was arranged")
			}
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/ship"):
			w.Trace = append(w.Trace, "arranging fails")
		}
	})
}

// outcome says what is left, and notes what must not be.
func (w *way) outcome() string {
	never := func(what string, happened bool) {
		if happened {
			w.Wrong = append(w.Wrong, what)
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
	case w.Used["cancel"]:
		state = "cancelled"
	case w.Used["not collected"]:
		state = "cancelled by TikTok"
	case w.Used["asks"]:
		state = "the buyer asks"
	}
	if w.labels > 0 {
		state += ", labelled"
	} else {
		state += ", no label"
	}
	return state + ", cases: " + strings.Join(w.cases(), "; ")
}
