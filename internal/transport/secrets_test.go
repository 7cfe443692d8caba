package transport_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// What must not be found in anything that is printed.
const (
	appSecret    = "MARKED/app+secret=0123456789"
	accessToken  = "MARKED-access-token_0123456789"
	refreshToken = "MARKED&refresh\"token<0123456789"
	authCode     = "MARKED-auth-code-0123456789"
	linnSecret   = "5ec2e700-dead-4bad-8bad-aaaaaaaaaaaa"
	installation = "1257a110-dead-4bad-8bad-bbbbbbbbbbbb"
	sessionToken = "5e5510a0-dead-4bad-8bad-cccccccccccc"
)

var allSecrets = []string{appSecret, accessToken, refreshToken, authCode, linnSecret, installation, sessionToken}

// spelled are the forms in which others may write a secret down.
func spelled(secret string) []string {
	quoted, _ := json.Marshal(secret)
	return []string{
		secret, strings.ReplaceAll(secret, "-", ""), url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.URLEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)),
	}
}

// dirty is an error that repeats the request, of a type and with a cause that a
// program may ask for.
type dirty struct{ text string }

func (e *dirty) Error() string { return e.text }
func (e *dirty) Unwrap() error { return io.ErrUnexpectedEOF }

// repeat is what a careless proxy, middleware or round tripper fails with.
func repeat(r *http.Request) error {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	secrets := []string{r.URL.String(), r.URL.Query().Encode(), string(body)}
	for _, name := range []string{"Authorization", "X-Tts-Access-Token"} {
		if v := r.Header.Get(name); v != "" {
			secrets = append(secrets, v)
		}
	}
	for _, values := range r.URL.Query() {
		secrets = append(secrets, values...)
	}
	text := fmt.Sprint(r.Header)
	for _, s := range secrets {
		text += "\n" + strings.Join(spelled(s), " ") + strings.ToUpper(s)
	}
	return &dirty{text}
}

// known is what fails in the caller's own code, which knows every secret.
func known() error {
	text := ""
	for _, s := range allSecrets {
		text += strings.Join(spelled(s), " ") + "\n"
	}
	return &dirty{text}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func reply(body io.Reader) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(body)}
}

type brokenBody struct{ err error }

func (b brokenBody) Read([]byte) (int, error) { return 0, b.err }

// door is a way for an error of somebody else's to get into one of ours.
type door struct {
	trip func(*http.Request) (*http.Response, error)
	wrap func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error)
	wait func() error
}

var doors = map[string]door{
	"round tripper": {trip: func(r *http.Request) (*http.Response, error) { return nil, repeat(r) }},
	"url error": {trip: func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: repeat(r)}
	}},
	"joined": {trip: func(r *http.Request) (*http.Response, error) { return nil, errors.Join(errors.New("x"), repeat(r)) }},
	"body":   {trip: func(r *http.Request) (*http.Response, error) { return reply(brokenBody{repeat(r)}), nil }},
	"middleware": {wrap: func(r *http.Request, _ func(*http.Request) (*http.Response, error)) (*http.Response, error) {
		return nil, repeat(r)
	}},
	"limiter": {wait: known},
}

// setup is what both clients are made with.
func (d door) setup(login func(*http.Request) (*http.Response, bool)) (*http.Client, func(*http.Request, func(*http.Request) (*http.Response, error)) (*http.Response, error)) {
	trip := d.trip
	if trip == nil {
		trip = func(*http.Request) (*http.Response, error) { return reply(strings.NewReader("{}")), nil }
	}
	return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if resp, ok := login(r); ok {
				return resp, nil
			}
			return trip(r)
		})}, func(r *http.Request, next func(*http.Request) (*http.Response, error)) (*http.Response, error) {
			if _, ok := login(r); !ok && d.wrap != nil {
				return d.wrap(r, next)
			}
			return next(r)
		}
}

type shopLimiter struct{ wait func() error }

func (l shopLimiter) Wait(context.Context, tiktokshop.LimitKey) error {
	if l.wait != nil {
		return l.wait()
	}
	return nil
}

type warehouseLimiter struct{ wait func() error }

func (l warehouseLimiter) Wait(_ context.Context, k linnworks.LimitKey) error {
	if l.wait != nil && k.Operation != "Auth.AuthorizeByApplication" {
		return l.wait()
	}
	return nil
}

type tokens struct{ err error }

func (t tokens) Token(context.Context) (tiktokshop.Token, error) { return tiktokshop.Token{}, t.err }

// store fails to load or to save.
type store struct{ load, save error }

func (s store) LoadToken(context.Context) (tiktokshop.Token, error) {
	return tiktokshop.Token{RefreshToken: tiktokshop.NewSecret(refreshToken)}, s.load
}
func (s store) UpdateToken(ctx context.Context, update func(tiktokshop.Token) (tiktokshop.Token, error)) error {
	current, _ := s.LoadToken(ctx)
	if _, err := update(current); err != nil {
		return err
	}
	return s.save
}

func shop(t *testing.T, d door, log *slog.Logger, seen func(any)) *tiktokshop.Client {
	t.Helper()
	client, wrap := d.setup(func(*http.Request) (*http.Response, bool) { return nil, false })
	c, err := tiktokshop.NewClient(tiktokshop.App{Key: "6abc", Secret: tiktokshop.NewSecret(appSecret)},
		tiktokshop.WithTokens(tiktokshop.StaticToken(tiktokshop.NewSecret(accessToken))), tiktokshop.WithHTTPClient(client), tiktokshop.WithMiddleware(wrap),
		tiktokshop.WithLimiter(shopLimiter{d.wait}), tiktokshop.WithLogger(log), tiktokshop.WithObserver(func(_ context.Context, e tiktokshop.Event) { seen(e) }))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// warehouse is a client that gets its session if login is true, and fails to
// otherwise.
func warehouse(t *testing.T, d door, login bool, log *slog.Logger, seen func(any)) *linnworks.Client {
	t.Helper()
	client, wrap := d.setup(func(r *http.Request) (*http.Response, bool) {
		if !login || !strings.Contains(r.URL.Path, "/Auth/") {
			return nil, false
		}
		return reply(strings.NewReader(`{"Token":"` + sessionToken + `","Server":"https://eu-ext.linnworks.net","Status":{"State":"AVAILABLE"}}`)), true
	})
	c, err := linnworks.NewClient(linnworks.Credentials{
		ApplicationID: "a0000000-0000-4000-8000-000000000001", ApplicationSecret: linnworks.NewSecret(linnSecret), Token: linnworks.NewSecret(installation),
	}, linnworks.WithHTTPClient(client), linnworks.WithMiddleware(wrap), linnworks.WithLimiter(warehouseLimiter{d.wait}), linnworks.WithLogger(log),
		linnworks.WithObserver(func(_ context.Context, e linnworks.Event) { seen(e) }), linnworks.WithSessionWarning(func(err error) { seen(err) }))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSecretsOfForeignErrors has everything around both clients repeat the
// request that it was given, and looks for what reached the caller and the log.
func TestSecretsOfForeignErrors(t *testing.T) {
	type client func(t *testing.T, d door, log *slog.Logger, seen func(any)) error
	// What each knows, and may therefore be asked to keep to itself.
	calls := map[string]struct {
		call    client
		secrets []string
	}{
		"tiktokshop call": {func(t *testing.T, d door, log *slog.Logger, seen func(any)) error {
			_, err := shop(t, d, log, seen).Authorization.GetAuthorizedShops(t.Context(), nil)
			return err
		}, []string{appSecret, accessToken}},
		"tiktokshop exchange": {func(t *testing.T, d door, log *slog.Logger, seen func(any)) error {
			_, err := shop(t, d, log, seen).ExchangeCode(t.Context(), authCode)
			return err
		}, []string{appSecret, authCode}},
		"tiktokshop refresh": {func(t *testing.T, d door, log *slog.Logger, seen func(any)) error {
			_, err := shop(t, d, log, seen).RefreshToken(t.Context(), tiktokshop.Token{RefreshToken: tiktokshop.NewSecret(refreshToken)})
			return err
		}, []string{appSecret, refreshToken}},
		"linnworks call": {func(t *testing.T, d door, log *slog.Logger, seen func(any)) error {
			_, err := warehouse(t, d, true, log, seen).Locations.GetLocation(t.Context(), &linnworks.GetLocationRequest{StockLocationID: linnworks.GUID("1")})
			return err
		}, []string{linnSecret, installation, sessionToken}},
		"linnworks login": {func(t *testing.T, d door, log *slog.Logger, seen func(any)) error {
			_, err := warehouse(t, d, false, log, seen).Locations.GetLocation(t.Context(), &linnworks.GetLocationRequest{StockLocationID: linnworks.GUID("1")})
			return err
		}, []string{linnSecret, installation}},
	}
	for what, c := range calls {
		for name, d := range doors {
			if what == "linnworks login" && d.wait != nil {
				continue // the limiter of this test lets logins pass
			}
			t.Run(what+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var out bytes.Buffer
					log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
					err := c.call(t, d, log, func(v any) { printAll(&out, v) })
					secrets := slices.Clone(c.secrets)
					if d.wait != nil { // the access token is asked for later
						secrets = slices.DeleteFunc(secrets, func(s string) bool { return s == accessToken })
					}
					checkClean(t, &out, err, secrets)
				})
			})
		}
	}
}

// TestSecretsOfForeignTokenErrors does the same with the sources and stores of
// tokens that callers write.
func TestSecretsOfForeignTokenErrors(t *testing.T) {
	fresh := door{trip: func(r *http.Request) (*http.Response, error) {
		if strings.Contains(r.URL.Path, "/token/") {
			return reply(strings.NewReader(`{"code":0,"data":{"access_token":"` + accessToken + `","refresh_token":"other-refresh-token"}}`)), nil
		}
		return reply(strings.NewReader(`{"code":105002,"message":"expired"}`)), nil
	}}
	for name, tt := range map[string]struct {
		source  func(*tiktokshop.Client) tiktokshop.TokenSource
		secrets []string
	}{
		"source": {func(*tiktokshop.Client) tiktokshop.TokenSource { return tokens{known()} }, []string{appSecret}},
		"load": {func(c *tiktokshop.Client) tiktokshop.TokenSource {
			s, _ := tiktokshop.RefreshingTokens(c, store{load: known()})
			return s
		}, []string{appSecret}},
		"save": {func(c *tiktokshop.Client) tiktokshop.TokenSource {
			s, _ := tiktokshop.RefreshingTokens(c, store{save: known()})
			return s
		}, []string{appSecret, accessToken, refreshToken}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
				c := shop(t, fresh, log, func(v any) { printAll(&out, v) })
				_, err := c.ForTokens(tt.source(c)).Authorization.GetAuthorizedShops(t.Context(), nil)
				checkClean(t, &out, err, tt.secrets)
			})
		})
	}
}

// checkClean fails the test unless err is made of a [dirty] and shows no secret.
func checkClean(t *testing.T, out *bytes.Buffer, err error, secrets []string) {
	t.Helper()
	cause, ok := errors.AsType[*dirty](err)
	if !ok || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the cause is not found in %v", err)
	} else {
		if !slices.ContainsFunc(secrets, func(s string) bool { return strings.Contains(cause.text, s) }) {
			t.Error("the cause repeats no secret: nothing was tested")
		}
		if u, err := url.ParseQuery(strings.Split(cause.text, "\n")[0]); err == nil && u.Has("sign") {
			secrets = append(secrets, u.Get("sign"))
		}
	}
	printAll(out, err)
	text := strings.ToLower(out.String())
	if !strings.Contains(text, "[redacted]") {
		t.Errorf("nothing was redacted in\n%s", text)
	}
	for _, s := range secrets {
		for _, form := range spelled(s) {
			if at := strings.Index(text, strings.ToLower(form)); at >= 0 {
				t.Errorf("%s shows as %s in\n...%s", s, form, text[max(0, at-300):min(len(text), at+100)])
				break
			}
		}
	}
}

// printAll prints a value, and an error as deep as it unwraps, in every way that
// programs do.
func printAll(out *bytes.Buffer, v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(out, verb+"\n", v)
	}
	encoded, _ := json.Marshal(v)
	out.Write(encoded)
	slog.New(slog.NewJSONHandler(out, nil)).Info("outcome", slog.Any("v", v), slog.Time(slog.TimeKey, time.Time{}))
	switch e := v.(type) {
	case interface{ Unwrap() error }:
		printAll(out, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range e.Unwrap() {
			printAll(out, e)
		}
	}
}
