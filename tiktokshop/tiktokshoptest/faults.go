package tiktokshoptest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Fault is what happens to a call instead of, or after, its normal course.
// The zero value changes nothing. For example
//
//	Fault{Drop: true}                    // cut before the fake saw the call
//	Fault{Drop: true, After: true}       // cut after the call took effect
//	Fault{Status: 429, Code: 36009002}   // throttled
//	Fault{Status: 502, Body: "<html>"}   // not TikTok's envelope
//	Fault{Delay: time.Minute}            // slow
type Fault struct {
	// Delay is waited before anything else; it ends with the caller's context,
	// and the call has then had no effect.
	Delay time.Duration
	// After lets the call take effect before its reply is lost or replaced.
	After bool
	// Drop ends the connection without a reply.
	Drop bool
	// Status and Code make a reply with TikTok's envelope. Either may be 0:
	// status then is 200, code then is 0.
	Status, Code int
	// Message is the text of the envelope.
	Message string
	// Body replaces the envelope and is sent as text/html.
	Body string
	// RetryAfter is sent as the header Retry-After, in whole seconds.
	RetryAfter time.Duration
}

// replies tells whether the fault decides the outcome of the call.
func (a Fault) replies() bool { return a.Drop || a.Status != 0 || a.Code != 0 || a.Body != "" }

// instead tells whether the call does not take effect.
func (a Fault) instead() bool { return a.replies() && !a.After }

// reply makes the reply of a fault, nil for a dropped connection.
func (a Fault) reply(f *Fake) *reply {
	if a.Drop {
		return nil
	}
	defer f.enter()()
	out := f.envelope(nil, failStatus(cmp.Or(a.Status, http.StatusOK), a.Code, "%s", cmp.Or(a.Message, "Scripted fault")))
	if a.Body != "" {
		out.body = []byte(a.Body)
		out.header.Set("Content-Type", "text/html; charset=utf-8")
	}
	if a.RetryAfter > 0 {
		out.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(a.RetryAfter.Seconds()))))
	}
	return out
}

// Match selects calls. The Status, Code and Dropped of the call are not known
// when a fault is chosen.
type Match func(Call) bool

// On selects the calls of operations, by the names that [Operations] lists.
// Without names it selects every call. It panics for a name that is unknown.
func On(operation ...string) Match {
	wanted := map[string]bool{}
	known := Operations()
	for _, name := range operation {
		wanted[name] = false
		for _, k := range known {
			wanted[name] = wanted[name] || k == name
		}
		if !wanted[name] {
			panic(fmt.Sprintf("tiktokshoptest: On: no operation is named %q", name))
		}
	}
	return func(c Call) bool { return len(wanted) == 0 || wanted[c.Operation] }
}

// armed is a fault that waits for its calls.
type armed struct {
	match Match
	left  int
	fault Fault
}

// Fail lets fault happen to the next n calls that match selects. Several may be
// set up; of those that select a call, the oldest is used.
func (f *Fake) Fail(match Match, n int, fault Fault) {
	defer f.enter()()
	f.faults = append(f.faults, &armed{match, n, fault})
}

// take returns the fault of a call.
func (f *Fake) take(c Call) Fault {
	defer f.enter()()
	for _, a := range f.faults {
		if a.left > 0 && a.match(c) {
			a.left--
			return a.fault
		}
	}
	return Fault{}
}

// itemErrors counts the per-item errors in an envelope.
func itemErrors(body []byte) int {
	if !bytes.Contains(body, []byte(`"errors":`)) {
		return 0
	}
	var e struct {
		Data struct {
			Errors []json.RawMessage `json:"errors"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &e)
	return len(e.Data.Errors)
}
