package tiktokshoptest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
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
	// Truncate cuts the reply in the middle of its body.
	Truncate bool
	// ContentType replaces that of the reply.
	ContentType string
	// ExpireToken ends all access tokens before the call is looked at.
	ExpireToken bool
	// Skew is how far the fake's clock is ahead while it checks the timestamp of
	// the call; behind, if it is negative.
	Skew time.Duration
}

// spoil does to a reply what the fault does to replies that arrive.
func (a Fault) spoil(out *reply) {
	if a.Truncate {
		out.cut = len(out.body) - len(out.body)/2
	}
	if a.ContentType != "" {
		out.header.Set("Content-Type", a.ContentType)
	}
}

// replies reports whether the fault decides the outcome of the call.
func (a Fault) replies() bool { return a.Drop || a.Status != 0 || a.Code != 0 || a.Body != "" }

// instead reports whether the call does not take effect.
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

// armed is a fault that waits for its calls.
type armed struct {
	match Match
	left  int
	fault Fault
}

// Fail lets fault happen to the next n calls that match selects; a nil match
// selects every call. Several may
// be set up; of those that select a call, the oldest is used.
func (f *Fake) Fail(match Match, n int, fault Fault) {
	defer f.enter()()
	if n > 0 {
		f.faults = append(f.faults, &armed{match, n, fault})
	}
}

// take returns the fault of a call: a scripted one or, without one, a seeded
// one.
func (f *Fake) take(c Call) Fault {
	defer f.enter()()
	for i, a := range f.faults {
		if a.match != nil && !a.match(c) {
			continue
		}
		if a.left--; a.left <= 0 {
			f.faults = slices.Delete(f.faults, i, i+1)
		}
		return a.fault
	}
	if f.chaos != nil {
		return f.chaos.fault(c, f.now)
	}
	return Fault{}
}

// itemErrors returns the per-item errors in an envelope.
func itemErrors(body []byte) (errs []itemError) {
	if !bytes.Contains(body, []byte(`"errors":`)) {
		return nil
	}
	var e struct {
		Data struct {
			Errors []itemError `json:"errors"`
		} `json:"data"`
	}
	_ = json.Unmarshal(body, &e)
	return e.Data.Errors
}

// itemError is an error of one item. Its code is a number or a string.
type itemError struct {
	Code    any    `json:"code"`
	Message string `json:"message"`
}

// firstItemError is the failure that a reply would be if it could not hold
// errors of single items.
func firstItemError(data []byte) error {
	errs := itemErrors(append(append([]byte(`{"data":`), data...), '}'))
	if len(errs) == 0 {
		return nil
	}
	code, err := strconv.ParseFloat(fmt.Sprint(errs[0].Code), 64)
	if err != nil {
		code = codeInternal
	}
	return fail(int(code), "%s", errs[0].Message)
}
