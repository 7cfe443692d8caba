package linnworkstest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Applications are called in the same way and ask for their set-up in the same way,
// whether they ship or sell.

const (
	// appTimeout is how long Linnworks waits for an application.
	appTimeout = 10 * time.Second
	// maxAppAnswer bounds an answer.
	maxAppAnswer = 64 << 20
	// maxSteps is after how many pages people give a wizard up.
	maxSteps = 20
)

// caller is how an application is reached.
type caller struct {
	handler   http.Handler
	client    *http.Client
	url       string
	endpoints map[string]string
}

// post sends a request and returns the answer, which is of at most 64 MiB.
func (c caller) post(ctx context.Context, endpoint string, request map[string]any) ([]byte, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	ctx, cancel := context.WithTimeout(ctx, appTimeout)
	defer cancel()
	name := cmp.Or(c.endpoints[endpoint], endpoint)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.url, "/")+"/"+name, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	}
	r.Header.Set("Content-Type", "application/json")
	status, header, text, err := c.exchange(ctx, r)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: no answer within %v", endpoint, appTimeout)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", endpoint, err)
	case status != http.StatusOK:
		return nil, fmt.Errorf("%s: HTTP status %d", endpoint, status)
	case header.Get("Content-Length") != strconv.Itoa(len(text)):
		return nil, fmt.Errorf("%s: the answer has %d bytes and the Content-Length %q", endpoint, len(text), header.Get("Content-Length"))
	}
	return text, nil
}

// exchange sends a request to the handler, or to where it is reached.
func (c caller) exchange(ctx context.Context, r *http.Request) (int, http.Header, []byte, error) {
	if c.handler == nil {
		response, err := cmp.Or(c.client, http.DefaultClient).Do(r)
		if err != nil {
			return 0, nil, nil, err
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(io.LimitReader(response.Body, maxAppAnswer))
		header := response.Header.Clone()
		if response.ContentLength >= 0 {
			header.Set("Content-Length", strconv.FormatInt(response.ContentLength, 10))
		}
		return response.StatusCode, header, text, err
	}
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		c.handler.ServeHTTP(w, r)
	}()
	select {
	case p := <-done:
		if p != nil {
			return 0, nil, nil, fmt.Errorf("the application panicked: %v", p)
		}
		return w.status, w.header, w.body.Bytes(), nil
	case <-ctx.Done():
		return 0, nil, nil, ctx.Err()
	}
}

// recorder keeps what a handler answers.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }

// nullList returns the name of a list that is null, here or further down.
func nullList(text []byte, names []string) string {
	for _, name := range names {
		if bytes.Contains(text, []byte(`"`+name+`":null`)) {
			return name
		}
	}
	return ""
}

// configItem is something to be filled in, as it came.
type configItem map[string]any

func (i configItem) text(name string) string {
	s, _ := i[name].(string)
	return s
}

// configPage is a page of a wizard.
type configPage struct {
	title string
	items []configItem
	// complete reports whether the application is set up: the page has all its settings.
	complete bool
}

// walk fills in the pages of a wizard until the application says that it is set up, or
// its settings if it is. answers are by ConfigItemId; longest is how many characters a
// value may have, 0 for any number.
func walk(answers map[string]string, longest int, read func() (configPage, error), save func([]configItem) error) error {
	for step := range maxSteps {
		page, err := read()
		if err != nil {
			return err
		}
		if page.complete && (step > 0 || len(answers) == 0) {
			return nil
		}
		for _, item := range page.items {
			if answer, ok := answers[item.text("ConfigItemId")]; ok && item["ReadOnly"] != true {
				item["SelectedValue"] = answer
			}
			if err := item.accept(longest); err != nil {
				return fmt.Errorf("page %q: %w", page.title, err)
			}
		}
		if err := save(page.items); err != nil {
			return err
		}
	}
	return fmt.Errorf("the wizard has no end: the application is still not set up after %d pages", maxSteps)
}

// accept checks a value as the page does before it is sent.
func (i configItem) accept(longest int) error {
	name, value := i.text("Name"), i.text("SelectedValue")
	list := i["ValueType"] == "LIST" || i["ValueType"] == 5.0 // the one protocol has names, the other numbers
	values, _ := i["ListValues"].([]any)
	switch {
	case value == "" && i["MustBeSpecified"] == true:
		return fmt.Errorf("%q must be filled in", name)
	case value == "":
		return nil
	case longest > 0 && utf8.RuneCountInString(value) > longest:
		return fmt.Errorf("%q: more than %d characters", name, longest)
	case list && !slices.ContainsFunc(values, func(v any) bool {
		entry, _ := v.(map[string]any)
		return entry["Value"] == value
	}):
		return fmt.Errorf("%q: %q is not in the list", name, value)
	}
	if pattern := i.text("RegExValidation"); pattern != "" {
		match, err := regexp.MatchString(pattern, value)
		switch {
		case err != nil:
			return fmt.Errorf("%q: the pattern %q is none", name, pattern)
		case !match:
			return fmt.Errorf("%q: %s", name, cmp.Or(i.text("RegExError"), "the value is not valid"))
		}
	}
	return nil
}
