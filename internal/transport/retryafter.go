package transport

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a header may ask for; more is a mistake.
const maxRetryAfter = 24 * time.Hour

// RetryAfter reads the Retry-After header, in decimal seconds or as an HTTP date. What
// is less than a second is one: nobody means to be asked again at once. A date is
// relative to the Date of the reply, since the clocks may differ, or to now where that
// is missing. Absent, malformed and past values give zero, values beyond a day a day.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if strings.Trim(v, "0123456789.") == "" {
		seconds, err := strconv.ParseFloat(v, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return 0
		}
		if seconds > 0 {
			seconds = min(max(seconds, 1), maxRetryAfter.Seconds())
		}
		return time.Duration(seconds * float64(time.Second))
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return max(0, min(at.Sub(now), maxRetryAfter))
}
