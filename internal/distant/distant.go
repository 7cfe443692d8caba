// Package distant is for tests: servers that are far away.
package distant

import (
	"net/http"
	"time"
)

// By returns next at a distance: each of its answers takes that much longer, which in a
// bubble of testing/synctest takes no time.
func By(d time.Duration, next http.RoundTripper) http.RoundTripper { return road{d, next} }

type road struct {
	takes time.Duration
	next  http.RoundTripper
}

func (r road) RoundTrip(req *http.Request) (*http.Response, error) {
	time.Sleep(r.takes)
	return r.next.RoundTrip(req)
}
