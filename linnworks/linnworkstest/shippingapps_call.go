package linnworkstest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
)

// appTimeout is how long Linnworks waits for an application.
const appTimeout = 10 * time.Second

// maxAppAnswer bounds an answer.
const maxAppAnswer = 64 << 20

// appStatus is in every answer of an application.
type appStatus struct {
	IsError      *bool
	ErrorMessage *string
}

func (s *appStatus) status() *appStatus { return s }

type appConfig struct {
	appStatus
	IsConfigActive bool
	ConfigStatus   string
	ConfigStage    struct {
		WizardStepTitle string
		ConfigItems     []appItem
	}
}

type appItem struct {
	ConfigItemID    string `json:"ConfigItemId"`
	Name            string
	SelectedValue   string
	RegExValidation *string
	RegExError      *string
	MustBeSpecified bool
	ReadOnly        bool
	ListValues      []appListValue
	ValueType       int
}

type appListValue struct{ Display, Value string }

type appService struct {
	ServiceName     string
	ServiceCode     string
	ServiceTag      string
	ServiceUniqueID string `json:"ServiceUniqueId"`
	ConfigItems     []appItem
}

type appLabel struct {
	appStatus
	LeadTrackingNumber string
	Package            []appPackage
}

type appPackage struct {
	SequenceNumber              int
	TrackingNumber              string
	PNGLabelDataBase64          []byte
	AdditionalPngsBase64        [][]byte
	PDFBytesDocumentationBase64 [][]byte
	LabelWidth, LabelHeight     linnworks.Decimal
}

// check takes the labels that Linnworks could print: one for each package, with a
// picture.
func (l *appLabel) check(orderID linnworks.GUID, packages int) (PrintedLabel, error) {
	printed := PrintedLabel{OrderID: orderID, Tracking: l.LeadTrackingNumber}
	seen := map[int]bool{}
	for _, p := range l.Package {
		switch {
		case p.SequenceNumber < 0 || p.SequenceNumber >= packages || seen[p.SequenceNumber]:
			return printed, fmt.Errorf("the label of package %d was not asked for", p.SequenceNumber)
		case len(p.PNGLabelDataBase64) == 0 && len(p.PDFBytesDocumentationBase64) == 0:
			return printed, fmt.Errorf("package %d has no label", p.SequenceNumber)
		}
		seen[p.SequenceNumber] = true
		printed.Packages = append(printed.Packages, PrintedPackage{
			SequenceNumber: p.SequenceNumber, Tracking: p.TrackingNumber, PNG: p.PNGLabelDataBase64,
			MorePNGs: p.AdditionalPngsBase64, PDFs: p.PDFBytesDocumentationBase64, Width: p.LabelWidth, Height: p.LabelHeight,
		})
	}
	if len(seen) != packages {
		return printed, fmt.Errorf("there are %d labels for %d packages", len(seen), packages)
	}
	return printed, nil
}

// lists are those that must not be null, by endpoint and by their names in it.
var lists = map[string][]string{
	"UserAvailableServices": {"Services"},
	"GenerateLabel":         {"Package", "PDFBytesDocumentationBase64"},
	"Quote":                 {"QuoteItems"},
}

// call posts a request with the token and reads the answer. The error is what people
// see.
func (a *ShippingApp) call(ctx context.Context, endpoint string, request map[string]any, answer interface{ status() *appStatus }) error {
	if request == nil {
		request = map[string]any{}
	}
	if a.token != "" {
		request["AuthorizationToken"] = a.token32(a.token)
	}
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("%s: %w", endpoint, err)
	}
	ctx, cancel := context.WithTimeout(ctx, appTimeout)
	defer cancel()
	name := cmp.Or(a.setup.Endpoints[endpoint], endpoint)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(a.setup.URL, "/")+"/"+name, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s: %w", endpoint, err)
	}
	r.Header.Set("Content-Type", "application/json")
	status, header, text, err := exchange(ctx, a.setup.Handler, a.setup.Client, r)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: no answer within %v", endpoint, appTimeout)
	case err != nil:
		return fmt.Errorf("%s: %w", endpoint, err)
	case status != http.StatusOK:
		return fmt.Errorf("%s: HTTP status %d", endpoint, status)
	case header.Get("Content-Length") != strconv.Itoa(len(text)):
		return fmt.Errorf("%s: the answer has %d bytes and the Content-Length %q", endpoint, len(text), header.Get("Content-Length"))
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s: the answer cannot be read: %w", endpoint, err)
	}
	s := answer.status()
	if s.IsError == nil {
		return fmt.Errorf("%s: the answer has no IsError", endpoint)
	}
	if *s.IsError {
		if s.ErrorMessage == nil || *s.ErrorMessage == "" {
			return fmt.Errorf("%s: an error without a text", endpoint)
		}
		return errors.New(*s.ErrorMessage)
	}
	if null := nullList(text, lists[endpoint]); null != "" && a.f.quirks[AppsRefuseNullLists] {
		return fmt.Errorf("%s: %s is null", endpoint, null)
	}
	return nil
}

// nullList returns the name of a list that is null, here or further down.
func nullList(text []byte, names []string) string {
	for _, name := range names {
		if bytes.Contains(text, []byte(`"`+name+`":null`)) {
			return name
		}
	}
	return ""
}

// exchange sends a request to the handler, or to where it is reached.
func exchange(ctx context.Context, handler http.Handler, client *http.Client, r *http.Request) (int, http.Header, []byte, error) {
	if handler == nil {
		response, err := cmp.Or(client, http.DefaultClient).Do(r)
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
		handler.ServeHTTP(w, r)
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

// token32 is a GUID as applications get it.
func (a *ShippingApp) token32(g string) string {
	if a.f.quirks[AppsGetDashedGUIDs] {
		return g
	}
	return strings.ReplaceAll(g, "-", "")
}

// guid reads a GUID with or without dashes.
func guid(s string) (string, error) {
	plain := strings.ToLower(strings.ReplaceAll(s, "-", ""))
	if len(plain) != 32 || strings.Trim(plain, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%q is not a GUID", s)
	}
	return plain[:8] + "-" + plain[8:12] + "-" + plain[12:16] + "-" + plain[16:20] + "-" + plain[20:], nil
}
