package called

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/internal/lenient"
	"github.com/linnbridge/linnbridge/linnworks/integration"
)

// App is what both applications are: installations with a token each, endpoints that
// answer in time, a log without buyers' data.
type App struct {
	// Name is in every line of the log. Self is what people know the application as, and
	// Asked whom it asks in turn.
	Name, Self, Asked string
	// Complete is the step of an installation that is set up.
	Complete string
	// Named has an account give each installation a name of its own.
	Named  bool
	Limits Limits

	Admit         func(context.Context, integration.Account) error
	Installations integration.Installations
	Steps         []integration.Step
	AnswerWithin  time.Duration
	// Spare is how much earlier than the answer is due the context of a port ends.
	Spare   time.Duration
	MaxBody int64
	Log     *slog.Logger

	Work Work
}

const (
	answerWithin = 8 * time.Second
	maxBody      = 4 << 20
	maxMessage   = 500 // characters shown to people
)

// Check reports what is missing or wrong, and fills in what is left out.
func (a *App) Check() error {
	switch {
	case a.Admit == nil:
		return errors.New("Admit is missing: say who may install the integration, for instance with OnlyAccounts")
	case a.AnswerWithin < 0 || a.AnswerWithin > Waits:
		return fmt.Errorf("AnswerWithin: %v: Linnworks waits for %v", a.AnswerWithin, Waits)
	case a.MaxBody < 0:
		return errors.New("MaxBody must not be negative")
	}
	if err := a.checkSteps(); err != nil {
		return fmt.Errorf("Steps: %w", err)
	}
	a.AnswerWithin, a.MaxBody = cmp.Or(a.AnswerWithin, answerWithin), cmp.Or(a.MaxBody, maxBody)
	if a.Installations == nil {
		a.Installations = &integration.MemoryInstallations{UniqueNames: a.Named}
	}
	if a.Log == nil {
		a.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Call is one request.
type Call struct {
	Name  string
	Start time.Time
	Body  []byte
	In    integration.Installation
	// Order is the number of the order, Rows and Failed how many there were of a batch:
	// for the log, unless they are 0.
	Order, Rows, Failed int
	// Whole is the answer with every row of the request, for when a port fails.
	Whole Answer
}

// Answer is the body of an answer. Refuse makes it say why there is none.
type Answer interface{ Refuse(text string) }

// Endpoint answers calls of one kind.
type Endpoint[H any] struct {
	// Names are its own and its other spellings.
	Names []string
	// Open endpoints carry no token.
	Open   bool
	Answer func(h H, ctx context.Context, c *Call) (Answer, error)
	// Empty is the answer with nothing in it, for errors: lists must not be null.
	Empty func() Answer
}

// Table finds endpoints by all their names in lower case.
func Table[H any](list ...Endpoint[H]) map[string]Endpoint[H] {
	table := map[string]Endpoint[H]{}
	for _, e := range list {
		for _, name := range e.Names {
			table[strings.ToLower(name)] = e
		}
	}
	return table
}

// Serve answers one call, with status 200 whatever went wrong.
func Serve[H any](a *App, h H, table map[string]Endpoint[H], w http.ResponseWriter, r *http.Request) {
	e, known := table[strings.ToLower(path.Base(r.URL.Path))]
	switch {
	case !known:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Linnworks posts here", http.StatusMethodNotAllowed)
		return
	}
	c := &Call{Name: e.Names[0], Start: time.Now()}
	until := c.Start.Add(a.AnswerWithin)
	ctx, cancel := context.WithDeadline(r.Context(), until)
	defer cancel()
	var answer Answer
	var err error
	if c.Body, err = read(w, r, until, a.MaxBody); err == nil {
		err = Guard(ctx, a.Log, func() (err error) {
			if !e.Open {
				err = a.authenticate(ctx, c)
			}
			if err == nil {
				answer, err = e.Answer(h, ctx, c)
			}
			return err
		})
	}
	var body []byte
	if err == nil {
		body, err = json.Marshal(answer)
	}
	o := a.outcomeOf(err)
	if err != nil {
		answer = c.Whole
		if answer == nil {
			answer = e.Empty()
		}
		answer.Refuse(o.text)
		body, _ = json.Marshal(answer)
	}
	a.record(ctx, c, o, len(body), err)
	send(w, body)
}

var (
	// errToken is all that a wrong token gets, whatever else the request says.
	errToken   = errors.New("the token is not one of ours")
	errNotJSON = &integration.RefusedError{Text: "The request is not a JSON object."}
)

// authenticate finds the installation with the token of a call.
func (a *App) authenticate(ctx context.Context, c *Call) error {
	var with struct{ AuthorizationToken, AuthorisationToken string }
	if _, err := lenient.UnmarshalAll(c.Body, &with); err != nil {
		return errNotJSON
	}
	token, err := integration.ParseGUID(cmp.Or(with.AuthorizationToken, with.AuthorisationToken))
	if err != nil {
		return errToken
	}
	id := idOf(string(token))
	in, err := Ask(ctx, a, func(ctx context.Context) (integration.Installation, error) {
		in, found, err := a.Installations.Installation(ctx, id)
		if !found {
			in = integration.Installation{}
		}
		return in, err
	})
	if err != nil {
		return fmt.Errorf("reading the installation: %w", err)
	}
	if !same(in.ID, id) { // whatever the store takes for the same
		return errToken
	}
	c.In = in
	return nil
}

// Read reads the body of a call. What cannot be read is not guessed at.
func (c *Call) Read(to any) error { return decode(c.Body, to) }

// ReadRow reads a row of a batch. What is wrong with it costs no other row anything.
func ReadRow[T any](raw json.RawMessage) (row T, err error) {
	err = decode(raw, &row)
	return row, err
}

func decode(text []byte, to any) error {
	unread, err := lenient.UnmarshalAll(text, to)
	switch {
	case err != nil:
		return errNotJSON
	case len(unread) > 0: // which tells no values
		return fmt.Errorf("%w: %d fields, the first: %s", errUndocumented, len(unread), unread[0])
	}
	return nil
}

var errUndocumented = errors.New("the request is not as documented")

// InTheWorksError is a refusal of a call whose work goes on.
type InTheWorksError struct{ Text string }

func (e *InTheWorksError) Error() string { return e.Text }

// outcome is how a call, or a row of it, ended.
type outcome struct {
	name  string // for the log
	level slog.Level
	text  string // for people
	// reference, if any, finds it in the log.
	reference string
}

// outcomeOf puts an error into words for people.
func (a *App) outcomeOf(err error) outcome {
	warn := func(name, text string) outcome { return outcome{name: name, level: slog.LevelWarn, text: text} }
	refused, isRefused := errors.AsType[*integration.RefusedError](err)
	works, inTheWorks := errors.AsType[*InTheWorksError](err)
	switch {
	case err == nil:
		return outcome{name: "ok", level: slog.LevelInfo}
	case errors.Is(err, errToken):
		return warn("wrong token", "The authorisation token is not valid.")
	case inTheWorks:
		return warn("in the works", works.Text)
	case isRefused:
		return warn("refused", shorten(cmp.Or(refused.Text, a.Self+" refused this without a reason."), maxMessage))
	case errors.Is(err, errUndocumented):
		return warn("refused", a.Self+" cannot read the request of Linnworks. Please tell whoever looks after it.")
	case errors.Is(err, ErrClosed):
		return warn("refused", a.Self+" is being restarted. Please try again in a minute.")
	case errors.Is(err, errTooLarge):
		return warn("refused", "The request is too large for "+strings.ToLower(a.Self[:1])+a.Self[1:]+".")
	case errors.Is(err, errNotRead):
		return warn("refused", "The request did not arrive as a whole. Please try again.")
	case errors.Is(err, errLate), errors.Is(err, context.DeadlineExceeded):
		return warn("late", a.Asked+" did not answer in time. Please try again in a minute.")
	}
	reference := rand.Text()[:8]
	return outcome{name: "fault", level: slog.LevelError, reference: reference, text: a.Self + " has a fault. Please try again; " +
		"if that does not help, tell whoever looks after it, with this reference: " + reference}
}

// record logs a call.
func (a *App) record(ctx context.Context, c *Call, o outcome, bytes int, err error) {
	attrs := []slog.Attr{
		slog.String("endpoint", c.Name), slog.String("outcome", o.name),
		slog.Duration("took", time.Since(c.Start)), slog.Int("bytes", bytes),
	}
	if c.Rows > 0 {
		attrs = append(attrs, slog.Int("rows", c.Rows), slog.Int("failed", c.Failed))
	}
	if c.Order != 0 {
		attrs = append(attrs, slog.Int("order", c.Order))
	}
	a.write(ctx, c, o, a.Name+" called", err, attrs...)
}

// Row puts what became of a row of a batch into words for people, and logs an error.
// key is the order or SKU.
func (a *App) Row(ctx context.Context, c *Call, key string, err error) *string {
	if err == nil {
		return nil
	}
	c.Failed++
	o := a.outcomeOf(err)
	a.write(ctx, c, o, a.Name+": a row failed", err, slog.String("endpoint", c.Name), slog.String("row", shorten(key, 100)), slog.String("outcome", o.name))
	return &o.text
}

func (a *App) write(ctx context.Context, c *Call, o outcome, message string, err error, attrs ...slog.Attr) {
	defer func() { _ = recover() }() // a log handler that panics costs nobody an order
	if c.In.ID != "" {
		attrs = append(attrs, slog.String("installation", c.In.ID[:min(len(c.In.ID), 8)]))
	}
	if o.reference != "" {
		attrs = append(attrs, slog.String("reference", o.reference))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	a.Log.LogAttrs(context.WithoutCancel(ctx), o.level, message, attrs...)
}

// Ask calls a port, and returns an error for late answers if it has not come back when
// ctx ends, or [ErrClosed]. The port's own context ends earlier by [App].Spare. A panic
// is an error, and its stack is logged.
func Ask[T any](ctx context.Context, a *App, port func(context.Context) (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	if !a.Work.Begin() {
		return *new(T), ErrClosed
	}
	done := make(chan result, 1)
	go func() {
		defer a.Work.Done()
		inner := ctx
		if ends, ok := ctx.Deadline(); ok && a.Spare > 0 {
			var cancel context.CancelFunc
			inner, cancel = context.WithDeadline(ctx, ends.Add(-a.Spare))
			defer cancel()
		}
		var r result
		r.err = Guard(inner, a.Log, func() (err error) {
			r.value, err = port(inner)
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return *new(T), errLate
	}
}

// Under returns the addresses of endpoints under base, as the developer portal is told
// them.
func Under(base string) (func(endpoint string) string, error) {
	u, err := url.Parse(base)
	if err == nil && (u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "") {
		err = errors.New("it must be https, with a host, and without a query")
	}
	if err != nil {
		return nil, err
	}
	return func(endpoint string) string { return u.JoinPath(endpoint).String() }, nil
}

// OrEmpty is the list, never null.
func OrEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
