module github.com/linnbridge/linnbridge

go 1.26.0

require golang.org/x/time v0.16.0

// Only for tests.
require (
	github.com/google/go-cmp v0.7.0
	github.com/jarcoal/httpmock v1.4.2
)
