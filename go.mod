module github.com/linnbridge/linnbridge

go 1.26.0

require (
	github.com/cenkalti/backoff/v4 v4.3.0
	github.com/google/go-querystring v1.2.0
	golang.org/x/time v0.16.0
)

// Only for tests.
require (
	github.com/google/go-cmp v0.7.0
	github.com/jarcoal/httpmock v1.4.2
)
