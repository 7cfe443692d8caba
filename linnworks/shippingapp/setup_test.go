package shippingapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

const (
	account = "0d5b3b1e-6c1f-4b57-9d6f-0123456789ab"
	tracked = "7f5a0c2e-8d1b-4f6e-9a3c-2b1d0e4f5a6b" // a service
)

// picture is a PNG of one pixel.
var picture = func() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err)
	}
	return b.Bytes()
}()

// courier makes a label for whatever it is asked, unless a test says otherwise.
type courier struct {
	mu        sync.Mutex
	made      []shippingapp.LabelRequest
	cancelled []int
	generate  func(context.Context, *shippingapp.LabelRequest) (*shippingapp.Label, error)
	cancel    func(context.Context, int) error
	services  func(context.Context) ([]shippingapp.Service, error)
}

func (c *courier) Services(ctx context.Context, _ shippingapp.Installation) ([]shippingapp.Service, error) {
	if c.services != nil {
		return c.services(ctx)
	}
	return []shippingapp.Service{{ID: tracked, Name: "Tracked 48", Code: "T48", Tag: "tag", Group: "group", Items: []shippingapp.ConfigItem{{
		ID: "signature", Name: "Signature", Type: shippingapp.ValueBoolean, Value: "false",
	}}, Properties: []shippingapp.ServiceProperty{{Name: "Days", Value: "2"}}}}, nil
}

func (c *courier) GenerateLabel(ctx context.Context, _ shippingapp.Installation, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
	c.mu.Lock()
	c.made = append(c.made, *r)
	c.mu.Unlock()
	if c.generate != nil {
		return c.generate(ctx, r)
	}
	return labelFor(r), nil
}

func labelFor(r *shippingapp.LabelRequest) *shippingapp.Label {
	label := &shippingapp.Label{Tracking: fmt.Sprintf("LT%d", r.OrderID), Cost: "3.20", Currency: "GBP"}
	for _, p := range r.Packages {
		label.Packages = append(label.Packages, shippingapp.PackageLabel{SequenceNumber: p.SequenceNumber, PNG: picture, Width: "4", Height: "6"})
	}
	return label
}

func (c *courier) CancelLabel(ctx context.Context, _ shippingapp.Installation, orderID int) error {
	c.mu.Lock()
	c.cancelled = append(c.cancelled, orderID)
	c.mu.Unlock()
	if c.cancel != nil {
		return c.cancel(ctx, orderID)
	}
	return nil
}

// calls is how many labels were asked for.
func (c *courier) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.made)
}

// app is a handler with what it logs.
type app struct {
	*shippingapp.Handler
	courier *courier
	log     *logged
	token   string
}

// logged is what was logged.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// open makes a handler that anybody may install, and installs it.
func open(t testing.TB, ports shippingapp.Ports, options shippingapp.Options) *app {
	t.Helper()
	a := &app{log: new(logged)}
	if ports.Courier == nil {
		a.courier = new(courier)
		ports.Courier = a.courier
	} else {
		a.courier, _ = ports.Courier.(*courier)
	}
	if ports.Admit == nil {
		ports.Admit = shippingapp.OnlyAccounts(account)
	}
	options.Log = slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h, err := shippingapp.New(ports, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	a.Handler = h
	answer := a.post(t, "AddNewUser", fmt.Sprintf(`{"Email":"a@example.com","LinnworksUniqueIdentifier":%q,"AccountName":"Main"}`, account))
	a.token, _ = answer["AuthorizationToken"].(string)
	if a.token == "" {
		t.Fatalf("AddNewUser answered %v, without a token", answer)
	}
	return a
}

// post sends a body and returns the answer, which must be as Linnworks demands.
func (a *app) post(t testing.TB, endpoint, body string) map[string]any {
	t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/shipping/"+endpoint, strings.NewReader(body)))
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%s answered %q: %v", endpoint, w.Body, err)
	}
	if w.Code != http.StatusOK {
		t.Errorf("%s answered status %d, want 200 always", endpoint, w.Code)
	}
	if got, want := w.Header().Get("Content-Length"), fmt.Sprint(w.Body.Len()); got != want {
		t.Errorf("%s has the Content-Length %q, want %q", endpoint, got, want)
	}
	if failed, _ := answer["IsError"].(bool); failed != (answer["ErrorMessage"] != nil) {
		t.Errorf("%s answered IsError %v with the message %v", endpoint, answer["IsError"], answer["ErrorMessage"])
	}
	return answer
}

// call sends fields with the token.
func (a *app) call(t testing.TB, endpoint, fields string) map[string]any {
	t.Helper()
	return a.post(t, endpoint, withToken(a.token, fields))
}

func withToken(token, fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return fmt.Sprintf(`{"AuthorizationToken":%q%s}`, token, fields)
}

// print presses the button for an order of one package.
func (a *app) print(t testing.TB, order int) map[string]any {
	t.Helper()
	return a.call(t, "GenerateLabel", onePackage(order))
}

func onePackage(order int) string {
	return fmt.Sprintf(`"OrderId":%d,"OrderReference":"R-%d","ServiceId":%q,"Name":"Jane Doe","Packages":[{"SequenceNumber":0,"PackageWeight":500}]`, order, order, tracked)
}

// message is the error that people read, empty for none.
func message(answer map[string]any) string {
	text, _ := answer["ErrorMessage"].(string)
	return text
}

func wantOK(t testing.TB, answer map[string]any) map[string]any {
	t.Helper()
	if m := message(answer); m != "" {
		t.Fatalf("refused: %s", m)
	}
	return answer
}

func wantRefused(t testing.TB, answer map[string]any, want string) {
	t.Helper()
	if m := message(answer); !strings.Contains(m, want) || m == "" {
		t.Errorf("got the message %q, want one with %q", m, want)
	}
}

func wantJSON(t testing.TB, got map[string]any, want string) {
	t.Helper()
	var w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got); diff != "" {
		t.Errorf("the answer differs (-want +got):\n%s", diff)
	}
}
