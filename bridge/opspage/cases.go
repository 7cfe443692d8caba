package opspage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// line is a case in a list.
type line struct {
	exceptions.Case

	// Risen is the severity that it has risen to.
	Risen   exceptions.Severity
	Holder  string
	Snoozed bool
}

type lineJSON struct {
	Case    exceptions.Case     `json:"case"`
	Risen   exceptions.Severity `json:"severity"`
	Holder  string              `json:"holder,omitempty"`
	Snoozed bool                `json:"snoozed"`
}

// MarshalJSON returns the case with what it has become.
func (l line) MarshalJSON() ([]byte, error) {
	return json.Marshal(lineJSON{l.Case, l.Risen, l.Holder, l.Snoozed})
}

func (h *Handler) line(c exceptions.Case, now time.Time) line {
	return line{c, h.options.Escalation.Apply(c.Exception, now).Severity, c.Holder(now), c.Snoozed(now)}
}

// group are the cases of one kind: what is done about one is often done about all.
type group struct {
	exceptions.Info `json:"-"`

	Kind  exceptions.Kind     `json:"kind"`
	Worst exceptions.Severity `json:"severity"`
	First time.Time           `json:"act_by,omitzero"`
	Count int                 `json:"count"`
	Lines []line              `json:"cases"`
}

// perPage is how many rows a page has, over all groups.
const perPage = 200

// caseList is what the page of cases shows.
type caseList struct {
	Filter filter             `json:"-"`
	Groups []group            `json:"groups"`
	Count  int                `json:"count"`
	Left   int                `json:"left_out"` // cases that are not on this page
	Kinds  []exceptions.Kind  `json:"-"`
	States []exceptions.State `json:"-"`
	// Done and Failed are what the decision before did.
	Done   int      `json:"-"`
	Failed []string `json:"-"`
}

// filter is what a list of cases was asked for.
type filter struct {
	Shop, Owner, Kind, State, Text string
}

// Query is the filter as it stands in an address.
func (f filter) Query() string {
	v := url.Values{}
	for name, value := range map[string]string{"shop": f.Shop, "team": f.Owner, "kind": f.Kind, "state": f.State, "q": f.Text} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v.Encode()
}

var states = []exceptions.State{exceptions.CaseOpen, exceptions.CaseResolved, exceptions.CaseCleared}

// filter reads what is asked for.
func (h *Handler) filter(r *request) (filter, exceptions.Filter, error) {
	f := filter{r.FormValue("shop"), r.FormValue("team"), r.FormValue("kind"), r.FormValue("state"), strings.TrimSpace(r.FormValue("q"))}
	ask := exceptions.Filter{Shop: f.Shop, Owner: exceptions.Owner(f.Owner)}
	if f.Owner != "" && !slices.Contains(exceptions.Owners, ask.Owner) {
		return f, ask, fmt.Errorf("%w: there is no team %q", errBad, f.Owner)
	}
	if f.State != "" {
		if !slices.Contains(states, exceptions.State(f.State)) {
			return f, ask, fmt.Errorf("%w: there is no state %q", errBad, f.State)
		}
		ask.States = []exceptions.State{exceptions.State(f.State)}
	}
	if f.Kind != "" {
		ask.Kinds = []exceptions.Kind{exceptions.Kind(f.Kind)}
	}
	return f, ask, nil
}

// read lists the cases that a request asks for and its user may see.
func (h *Handler) read(ctx context.Context, r *request) (filter, []exceptions.Case, error) {
	f, ask, err := h.filter(r)
	if err != nil {
		return f, nil, err
	}
	list, err := h.ports.Desk.Cases(ctx, ask)
	if err != nil {
		return f, nil, fmt.Errorf("the cases cannot be read: %w", err)
	}
	return f, slices.DeleteFunc(list, func(c exceptions.Case) bool { return !r.sees(c.Shop) || !has(c, f.Text) }), nil
}

// has reports whether a case speaks of a text, in capitals or not.
func has(c exceptions.Case, text string) bool {
	if text == "" {
		return true
	}
	text = strings.ToLower(text)
	in := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	return in(c.Object) || in(c.Seen) || slices.ContainsFunc(c.Orders, in) ||
		slices.ContainsFunc(c.Evidence, func(p exceptions.Property) bool { return in(p.Value) })
}

func (h *Handler) cases(r *request) (any, error) {
	f, list, err := h.read(r.Context(), r)
	data := caseList{Filter: f, Kinds: exceptions.AllKinds(), States: states, Groups: []group{}}
	if err != nil {
		return data, err
	}
	data.Done, _ = strconv.Atoi(r.FormValue("done"))
	data.Count = len(list)
	byKind := map[exceptions.Kind]*group{}
	var order []*group
	for _, c := range list {
		l := h.line(c, r.now)
		g := byKind[c.Kind]
		if g == nil {
			info, known := c.Kind.Info()
			if !known { // of a newer version in a shared store
				info.Owner = c.Owner
			}
			g = &group{Info: info, Kind: c.Kind}
			byKind[c.Kind], order = g, append(order, g)
		}
		g.Count++
		g.Worst = max(g.Worst, l.Risen)
		if by := c.ActBy(); !by.IsZero() && (g.First.IsZero() || by.Before(g.First)) {
			g.First = by
		}
		g.Lines = append(g.Lines, l)
	}
	slices.SortStableFunc(order, func(a, b *group) int {
		if a.Worst != b.Worst {
			return int(b.Worst) - int(a.Worst)
		}
		return part.CompareTimes(a.First, b.First)
	})
	room := perPage
	for _, g := range order {
		slices.SortStableFunc(g.Lines, func(a, b line) int {
			if a.Snoozed != b.Snoozed { // put off: at the end
				return map[bool]int{true: 1, false: -1}[a.Snoozed]
			}
			if a.Risen != b.Risen {
				return int(b.Risen) - int(a.Risen)
			}
			return part.CompareTimes(a.ActBy(), b.ActBy())
		})
		if len(g.Lines) > room {
			data.Left += len(g.Lines) - room
			g.Lines = g.Lines[:room]
		}
		room -= len(g.Lines)
		data.Groups = append(data.Groups, *g)
	}
	return data, nil
}

// caseView is what the page of a case shows.
type caseView struct {
	line

	Info exceptions.Info
	// Order is the order that it is about, if it is.
	Order string
}

// MarshalJSON returns the case with what its kind means.
func (v caseView) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		lineJSON

		Meaning string   `json:"meaning"`
		Steps   []string `json:"steps"`
		Order   string   `json:"order,omitempty"`
	}{lineJSON{v.Case, v.Risen, v.Holder, v.Snoozed}, v.Info.Meaning, append([]string{}, v.Info.Steps...), v.Order})
}

// find returns a case by its key, if the user may see it.
func (h *Handler) find(ctx context.Context, r *request, key string) (exceptions.Case, error) {
	words := strings.SplitN(key, "|", 3)
	if len(words) != 3 || !r.sees(words[0]) {
		return exceptions.Case{}, exceptions.ErrNoCase
	}
	list, err := h.ports.Desk.Cases(ctx, exceptions.Filter{Shop: words[0], Kinds: []exceptions.Kind{exceptions.Kind(words[1])}, Object: words[2], States: states})
	if err != nil {
		return exceptions.Case{}, fmt.Errorf("the cases cannot be read: %w", err)
	}
	for _, c := range list {
		if c.Key() == key {
			return c, nil
		}
	}
	return exceptions.Case{}, exceptions.ErrNoCase
}

func (h *Handler) oneCase(r *request) (any, error) {
	c, err := h.find(r.Context(), r, r.FormValue("key"))
	if err != nil {
		return caseView{}, err
	}
	v := caseView{line: h.line(c, r.now)}
	v.Info, _ = c.Kind.Info()
	if id, is := exceptions.OrderOf(c.Object); is {
		v.Order = id
	}
	return v, nil
}

// decide does what a form says about one case or many, and shows the list or the case
// again. Of many, one that refuses does not keep the others from being done.
func (h *Handler) decide(ctx context.Context, w http.ResponseWriter, r *request) {
	if r.user.Name == "" {
		h.failed(w, r, http.StatusForbidden, "Nobody is signed in who could decide.")
		return
	}
	if err := r.ParseForm(); err != nil {
		h.failed(w, r, http.StatusBadRequest, "The form cannot be read.")
		return
	}
	if !readable(r.PostForm) {
		h.failed(w, r, http.StatusBadRequest, errUnreadable.Error())
		return
	}
	keys := r.PostForm["key"]
	d, err := h.decision(r)
	if err == nil && r.PostForm.Get("all") != "" {
		var list []exceptions.Case
		_, list, err = h.read(ctx, r)
		shown, unknown := time.Parse(time.RFC3339Nano, r.PostForm.Get("shown"))
		for _, c := range list {
			// What came up since the page was shown nobody has seen.
			if unknown != nil || !cameUpAfter(c, shown) {
				keys = append(keys, c.Key())
			}
		}
	}
	if err == nil && len(keys) == 0 {
		err = fmt.Errorf("%w: no case is chosen", errBad)
	}
	if err != nil {
		h.failed(w, r, statusOf(err), err.Error())
		return
	}
	slices.Sort(keys)
	var failed []string
	done := 0
	for _, key := range slices.Compact(keys) {
		var c exceptions.Case
		shop, about, _ := strings.Cut(key, "|")
		err := exceptions.ErrNoCase
		if r.sees(shop) {
			c, err = h.decideOne(ctx, r, key, d)
		} else {
			about = ""
		}
		if err != nil {
			failed = append(failed, h.refused(shop, about, c, d, err))
			continue
		}
		done++
	}
	if len(failed) > 0 {
		h.failed(w, r, http.StatusConflict, append([]string{fmt.Sprintf("%d done, %d not:", done, len(failed))}, failed[:min(len(failed), 20)]...)...)
		return
	}
	query := url.Values{"done": {strconv.Itoa(done)}}
	for _, name := range []string{"shop", "team", "kind", "state", "q"} {
		if v := r.PostForm.Get(name); v != "" {
			query.Set(name, v)
		}
	}
	to := "cases?" + query.Encode()
	if r.PostForm.Get("back") == "case" && len(keys) == 1 {
		to = "case?" + url.Values{"key": keys}.Encode()
	}
	// A relative address: the page may stand below any path.
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// cameUpAfter reports whether a case came up, or came back, after a moment.
func cameUpAfter(c exceptions.Case, moment time.Time) bool {
	return slices.ContainsFunc(c.History, func(e exceptions.Event) bool {
		return e.At.After(moment) && (e.Verb == exceptions.VerbRaised || e.Verb == exceptions.VerbReturned)
	})
}

// errNobody is why a case cannot be given back.
var errNobody = errors.New("nobody is on it, so there is nothing to give back")

// decideOne does what a form says about one case. It returns the case, if that is known.
func (h *Handler) decideOne(ctx context.Context, r *request, key string, d exceptions.Decision) (exceptions.Case, error) {
	if d.Verb == exceptions.VerbReleased { // a desk takes it for done
		if c, err := h.find(ctx, r, key); err != nil || c.Holder(r.now) == "" && c.State == exceptions.CaseOpen {
			return c, cmp.Or(err, errNobody)
		}
	}
	return h.ports.Desk.Decide(ctx, key, d)
}

// refused says in words what was not done, about which case, and why. about is its kind and
// object, empty for one that is not to be named.
func (h *Handler) refused(shop, about string, c exceptions.Case, d exceptions.Decision, err error) string {
	why := strings.TrimPrefix(err.Error(), "exceptions: ")
	switch by := c.ActBy(); {
	case errors.Is(err, exceptions.ErrNoCase):
		why = "there is no such case"
	case errors.Is(err, exceptions.ErrCaseState):
		why = fmt.Sprintf("it is %s", c.State)
	case d.Verb == exceptions.VerbSnoozed && !by.IsZero() && d.Until.After(by):
		why = fmt.Sprintf("it has to be done by %s, and cannot be put off until %s", h.when(by), h.when(d.Until))
	}
	if about == "" {
		return why
	}
	kind, object, _ := strings.Cut(about, "|")
	return fmt.Sprintf("%s, %s of %s: %s", kind, part.Short(object), shop, why)
}

// decision reads what the form says.
func (h *Handler) decision(r *request) (exceptions.Decision, error) {
	d := exceptions.Decision{Verb: exceptions.Verb(r.PostForm.Get("verb")), By: r.user.Name, Note: strings.TrimSpace(r.PostForm.Get("note"))}
	if text := r.PostForm.Get("minutes"); text != "" && (d.Verb == exceptions.VerbClaimed || d.Verb == exceptions.VerbSnoozed) {
		minutes, err := strconv.Atoi(text)
		if err != nil || minutes < 1 || minutes > 14*24*60 {
			return d, fmt.Errorf("%w: %q is no number of minutes up to two weeks", errBad, text)
		}
		d.Until = r.now.Add(time.Duration(minutes) * time.Minute)
	}
	var check exceptions.Decision
	text, err := d.MarshalJSON()
	if err == nil {
		err = check.UnmarshalJSON(text)
	}
	if err != nil {
		return d, errors.Join(errBad, err)
	}
	return d, nil
}

// failed says what was not done, with a way back.
func (h *Handler) failed(w http.ResponseWriter, r *request, status int, lines ...string) {
	h.write(w, h.refusal, status, view{Page: "failed", User: r.user, Now: r.now, Shops: h.shops(r), Data: lines})
}
