// Package calledtest calls an application as Linnworks does, for the tests of the shipping
// and the channel integration: every answer is checked for what the protocol of both demands.
package calledtest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// Account is the Linnworks account that installs applications.
const Account = "0d5b3b1e-6c1f-4b57-9d6f-0123456789ab"

// Handler is an application.
type Handler interface {
	http.Handler
	Close(ctx context.Context) error
}

// App is an application that is installed.
type App struct {
	Handler

	Log   *Log
	Token string
}

// Open installs an application in [Account], and closes it when the test ends.
func Open(t testing.TB, h Handler, log *Log) *App {
	t.Helper()
	t.Cleanup(func() {
		if err := h.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	a := &App{Handler: h, Log: log}
	answer := a.Install(t, Account, "Main")
	a.Token, _ = answer["AuthorizationToken"].(string)
	if a.Token == "" {
		t.Fatalf("AddNewUser answered %v, without a token", answer)
	}
	return a
}

// Install has an account install the application under a name.
func (a *App) Install(t testing.TB, account, name string) map[string]any {
	t.Helper()
	return a.Post(t, "AddNewUser", fmt.Sprintf(`{"Email":"a@example.com","LinnworksUniqueIdentifier":%q,"AccountName":%q}`, account, name))
}

// lists must be there, if empty, and not be null.
var lists = []string{
	"Package", "Services", "Items", "QuoteItems", "Orders", "Products", "ConfigItems", "ShippingTags", "PaymentTags", "PostSaleReasons",
}

// Post sends a body and returns the answer, which must be as Linnworks demands.
func (a *App) Post(t testing.TB, endpoint, body string) map[string]any {
	t.Helper()
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/under/"+endpoint, strings.NewReader(body)))
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
	for _, list := range lists {
		if value, there := answer[list]; there && value == nil {
			t.Errorf("%s answered null for the list %s", endpoint, list)
		}
	}
	failed, ofShipping := answer["IsError"].(bool)
	if _, ofChannel := answer["Error"]; !ofShipping && !ofChannel {
		t.Errorf("%s answered %v, without IsError or Error", endpoint, answer)
	}
	if ofShipping && failed != (answer["ErrorMessage"] != nil) {
		t.Errorf("%s answered IsError %t with the message %v", endpoint, failed, answer["ErrorMessage"])
	}
	return answer
}

// Call sends fields with the token.
func (a *App) Call(t testing.TB, endpoint, fields string) map[string]any {
	t.Helper()
	return a.Post(t, endpoint, WithToken(a.Token, fields))
}

// WithToken is a body with a token and fields.
func WithToken(token, fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return fmt.Sprintf(`{"AuthorizationToken":%q%s}`, token, fields)
}

// Message is the error that people read, empty for none.
func Message(answer map[string]any) string {
	for _, name := range []string{"Error", "ErrorMessage"} {
		if text, _ := answer[name].(string); text != "" {
			return text
		}
	}
	return ""
}

// WantOK fails if an answer is an error, and returns it otherwise.
func WantOK(t testing.TB, answer map[string]any) map[string]any {
	t.Helper()
	if text := Message(answer); text != "" {
		t.Fatalf("refused: %s", text)
	}
	return answer
}

// WantRefused fails unless people read a text.
func WantRefused(t testing.TB, answer map[string]any, want string) {
	t.Helper()
	if text := Message(answer); text == "" || !strings.Contains(text, want) {
		t.Errorf("got the error %q, want one with %q", text, want)
	}
}

// WantJSON fails unless an answer is what a text says.
func WantJSON(t testing.TB, answer map[string]any, want string) {
	t.Helper()
	var w map[string]any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if reflect.DeepEqual(w, answer) {
		return
	}
	indented := func(value map[string]any) []byte {
		text, err := json.MarshalIndent(value, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	t.Errorf("the answer is\n%s\nwant\n%s", indented(answer), indented(w))
}

// Log is what was logged.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Logger returns what writes to it, with everything that is logged.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Write implements [io.Writer].
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
