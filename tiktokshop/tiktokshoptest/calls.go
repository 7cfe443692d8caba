package tiktokshoptest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Call is a request that the fake received, and what it answered.
type Call struct {
	// Time is the moment of the answer on the fake's clock.
	Time time.Time
	// Operation is the name of the client's method, such as
	// Order.GetOrderList; empty for an unknown path.
	Operation    string
	Method, Path string
	// Shop is the id of the shop that the call's cipher names, empty for none.
	Shop string
	// Query is the query without signature, secrets and tokens.
	Query url.Values
	// Body is the request body.
	Body string
	// Status is the HTTP status and Code the business code of the reply.
	Status, Code int
	// ItemErrors counts the per-item errors in a reply with code 0.
	ItemErrors int
	// Dropped tells that the caller got no reply: a scripted fault cut the
	// connection, or the caller gave up during the delay of one.
	Dropped bool
}

// secrets are the query parameters that are not recorded.
var secrets = []string{"sign", "access_token", "app_secret", "auth_code", "refresh_token", "key"}

func withoutSecrets(q url.Values) url.Values {
	kept := maps.Clone(q)
	for _, name := range secrets {
		delete(kept, name)
	}
	return kept
}

// Calls returns the calls since the start or the last [Fake.ResetCalls], in the
// order in which they were answered.
func (f *Fake) Calls() []Call {
	defer f.enter()()
	return slices.Clone(f.calls)
}

// CallsOf returns the calls that match selects.
func (f *Fake) CallsOf(match Match) []Call {
	return slices.DeleteFunc(f.Calls(), func(c Call) bool { return !match(c) })
}

// ResetCalls forgets the calls so far.
func (f *Fake) ResetCalls() {
	defer f.enter()()
	f.calls = nil
}

// shopID is the shop that a query names by its cipher.
func (f *Fake) shopID(q url.Values) string {
	defer f.enter()()
	for _, shop := range f.shops {
		if shop.shop.Cipher == q.Get("shop_cipher") {
			return shop.shop.ID
		}
	}
	return ""
}

// record keeps the call and passes its reply on; no reply is a dropped
// connection.
func (f *Fake) record(c Call, out *reply) (*reply, error) {
	defer f.enter()()
	c.Time = f.now
	if out == nil {
		c.Dropped = true
		f.calls = append(f.calls, c)
		return nil, errDropped
	}
	now := f.now
	if f.stamp != nil {
		now = f.stamp()
	}
	out.header.Set("Date", now.UTC().Format(http.TimeFormat))
	c.Status, c.Code, c.ItemErrors = out.status, out.code, len(itemErrors(out.body))
	f.calls = append(f.calls, c)
	return out, nil
}
