package exceptions

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// The JSON forms: names in small letters with underscores, moments by RFC 3339 in
// UTC and left out if they are zero, lists never null. What is only there for
// readers (key, act_by, order_count) is computed, and compared when it is read.

type propertyJSON struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type exceptionJSON struct {
	Key        string         `json:"key"`
	Shop       string         `json:"shop"`
	Kind       Kind           `json:"kind"`
	Object     string         `json:"object"`
	Owner      Owner          `json:"owner"`
	Severity   Severity       `json:"severity"`
	Deadline   time.Time      `json:"deadline,omitzero"`
	ActBy      time.Time      `json:"act_by,omitzero"`
	Seen       string         `json:"seen"`
	Do         string         `json:"do"`
	Evidence   []propertyJSON `json:"evidence"`
	Orders     []string       `json:"orders"`
	OrderCount int            `json:"order_count"`
	MoreOrders bool           `json:"more_orders"`
	Count      int            `json:"count"`
	First      time.Time      `json:"first,omitzero"`
	Last       time.Time      `json:"last,omitzero"`
}

type caseJSON struct {
	exceptionJSON
	Standing     bool        `json:"standing"`
	State        State       `json:"state"`
	ClaimedBy    string      `json:"claimed_by,omitempty"`
	ClaimedUntil time.Time   `json:"claimed_until,omitzero"`
	SnoozedUntil time.Time   `json:"snoozed_until,omitzero"`
	QuietUntil   time.Time   `json:"quiet_until,omitzero"`
	ClosedAt     time.Time   `json:"closed_at,omitzero"`
	Reopened     int         `json:"reopened"`
	History      []eventJSON `json:"history"`
}

type eventJSON struct {
	At    time.Time `json:"at,omitzero"`
	Verb  Verb      `json:"verb"`
	By    string    `json:"by,omitempty"`
	Note  string    `json:"note,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

type decisionJSON struct {
	Verb  Verb      `json:"verb"`
	By    string    `json:"by"`
	Note  string    `json:"note,omitempty"`
	Until time.Time `json:"until,omitzero"`
}

// MarshalText returns the name of the severity.
func (s Severity) MarshalText() ([]byte, error) {
	if s < Notice || s > Urgent {
		return nil, fmt.Errorf("exceptions: %s is unknown", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads the name of a severity.
func (s *Severity) UnmarshalText(text []byte) error {
	for known := Notice; known <= Urgent; known++ {
		if known.String() == string(text) {
			*s = known
			return nil
		}
	}
	return fmt.Errorf("exceptions: severity %q is unknown", text)
}

func (e Exception) form() exceptionJSON {
	f := exceptionJSON{
		Key: e.Key(), Shop: e.Shop, Kind: e.Kind, Object: e.Object, Owner: e.Owner, Severity: e.Severity,
		Deadline: utc(e.Deadline), ActBy: utc(e.ActBy()), Seen: e.Seen, Do: e.Do, Evidence: []propertyJSON{},
		Orders: append([]string{}, e.Orders...), OrderCount: len(e.Orders), MoreOrders: e.MoreOrders,
		Count: e.Count, First: utc(e.First), Last: utc(e.Last),
	}
	for _, p := range e.Evidence {
		f.Evidence = append(f.Evidence, propertyJSON(p))
	}
	return f
}

// read returns the exception of a form, or what is wrong with it. Kinds and owners
// that are unknown may be those of a newer version.
func (f exceptionJSON) read() (Exception, error) {
	e := Exception{
		Shop: f.Shop, Kind: f.Kind, Object: f.Object, Owner: f.Owner, Severity: f.Severity, Deadline: utc(f.Deadline), Seen: f.Seen, Do: f.Do,
		Orders: f.Orders, MoreOrders: f.MoreOrders, Count: f.Count, First: utc(f.First), Last: utc(f.Last),
	}
	for _, p := range f.Evidence {
		e.Evidence = append(e.Evidence, Property(p))
	}
	if len(e.Orders) == 0 {
		e.Orders = nil
	}
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if f.Shop != "" { // one that was not raised yet has none
		if err := CheckShop(f.Shop); err != nil {
			errs = append(errs, err)
		}
	}
	wrong(f.Kind == "", "kind is empty")
	wrong(f.Object == "", "object is empty")
	wrong(f.Owner == "", "owner is empty")
	wrong(f.Count < 0, "count is %d", f.Count)
	wrong(len(f.Orders) > MaxOrders, "%d orders, at most %d are listed", len(f.Orders), MaxOrders)
	wrong(f.Key != "" && f.Key != e.Key(), "key is %q, and shop, kind and object make %q", f.Key, e.Key())
	return e, errors.Join(errs...)
}

// MarshalJSON returns the exception with its key and by when to act.
func (e Exception) MarshalJSON() ([]byte, error) { return json.Marshal(e.form()) }

// UnmarshalJSON reads what MarshalJSON wrote, and refuses what cannot be an
// exception.
func (e *Exception) UnmarshalJSON(b []byte) error {
	f := exceptionJSON{Severity: -1}
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("exceptions: reading an exception: %w", err)
	}
	read, err := f.read()
	if f.Severity < Notice {
		err = errors.Join(err, errors.New("severity is missing"))
	}
	if err != nil {
		return fmt.Errorf("exceptions: reading an exception: %w", err)
	}
	*e = read
	return nil
}

// MarshalJSON returns the case as one object: what the exception has, and what
// people did.
func (c Case) MarshalJSON() ([]byte, error) {
	f := caseJSON{
		exceptionJSON: c.form(), Standing: c.Standing, State: c.State, ClaimedBy: c.ClaimedBy, ClaimedUntil: utc(c.ClaimedUntil),
		SnoozedUntil: utc(c.SnoozedUntil), QuietUntil: utc(c.QuietUntil), ClosedAt: utc(c.ClosedAt), Reopened: c.Reopened, History: []eventJSON{},
	}
	for _, e := range c.History {
		f.History = append(f.History, eventJSON{utc(e.At), e.Verb, e.By, e.Note, utc(e.Until)})
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON wrote, and refuses what cannot be a case.
func (c *Case) UnmarshalJSON(b []byte) error {
	f := caseJSON{exceptionJSON: exceptionJSON{Severity: -1}}
	if err := json.Unmarshal(b, &f); err != nil {
		return fmt.Errorf("exceptions: reading a case: %w", err)
	}
	e, err := f.read()
	read := Case{
		Exception: e, Standing: f.Standing, State: f.State, ClaimedBy: f.ClaimedBy, ClaimedUntil: utc(f.ClaimedUntil),
		SnoozedUntil: utc(f.SnoozedUntil), QuietUntil: utc(f.QuietUntil), ClosedAt: utc(f.ClosedAt), Reopened: f.Reopened,
	}
	errs := []error{err}
	if f.Severity < Notice {
		errs = append(errs, errors.New("severity is missing"))
	}
	if !slices.Contains([]State{CaseOpen, CaseResolved, CaseCleared}, f.State) {
		errs = append(errs, fmt.Errorf("state %q is unknown", f.State))
	}
	if !slices.IsSorted(f.Orders) {
		errs = append(errs, errors.New("orders are not sorted"))
	}
	if len(f.History) > MaxEvents {
		errs = append(errs, fmt.Errorf("%d events, at most %d are kept", len(f.History), MaxEvents))
	}
	for i, e := range f.History {
		if !slices.Contains(verbs, e.Verb) {
			errs = append(errs, fmt.Errorf("event %d: verb %q is unknown", i, e.Verb))
		}
		read.History = append(read.History, Event{utc(e.At), e.Verb, e.By, e.Note, utc(e.Until)})
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("exceptions: reading a case: %w", err)
	}
	*c = read
	return nil
}

// MarshalJSON returns the decision.
func (d Decision) MarshalJSON() ([]byte, error) {
	return json.Marshal(decisionJSON{d.Verb, d.By, d.Note, utc(d.Until)})
}

// UnmarshalJSON reads a decision, and refuses fields that it does not know and all
// that [Case.Decide] refuses of every case: decisions come from outside.
func (d *Decision) UnmarshalJSON(b []byte) error {
	var f decisionJSON
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return fmt.Errorf("exceptions: reading a decision: %w", err)
	}
	read := Decision{f.Verb, f.By, f.Note, utc(f.Until)}
	if !slices.Contains(verbs[firstDecision:], f.Verb) {
		return fmt.Errorf("exceptions: reading a decision: %q cannot be decided", f.Verb)
	}
	if err := read.check(time.Time{}); err != nil {
		return err
	}
	*d = read
	return nil
}
