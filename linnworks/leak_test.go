package linnworks

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// buyer is the data in bodies that must stay there.
const buyer = "Janet Leaks, 1 Hidden Row"

// leaks returns the secrets that show in out, in the clear, as hex or base64, or
// as fmt prints bytes.
func leaks(out string) (found []string) {
	out = strings.ToLower(out)
	for name, secret := range map[string]string{
		"application secret": testSecret, "installation token": testInstallation, "session token": testToken(1),
		"second session token": testToken(2), "database password": "DBPASSWORD", "buyer": buyer,
	} {
		text := []byte(secret)
		encoded, _ := json.Marshal(text) // base64
		forms := []string{
			secret, strings.ReplaceAll(secret, "-", ""), hex.EncodeToString(text), strings.Trim(string(encoded), `"`)[:12],
			strings.Trim(fmt.Sprintf("%d", text), "[]"), strings.Trim(fmt.Sprintf("% x", text), "[]"), strings.TrimSuffix(fmt.Sprintf("%#v", text)[len("[]byte{"):], "}"),
		}
		for _, form := range forms {
			if strings.Contains(out, strings.ToLower(form)) {
				found = append(found, name+" as "+form)
			}
		}
	}
	return found
}

func TestErrorsAndLogsLeakNothing(t *testing.T) {
	// echo repeats what the server was sent: the credentials, or the token of the
	// session, in several forms.
	echo := func(r request) string {
		token := r.header.Get("Authorization")
		return strings.Join([]string{testSecret, strings.ToUpper(testInstallation), token, strings.ReplaceAll(token, "-", "")}, " ")
	}
	message := func(r request, text string) string {
		body, _ := json.Marshal(map[string]any{
			"Code": "C " + r.header.Get("Authorization"), "Message": text + echo(r), "Buyer": buyer, "Errors": map[string]any{"f": []string{echo(r)}},
		})
		return string(body)
	}
	fault := func(status int, text string) answer {
		return func(r request) (*http.Response, error) {
			return respond(status, message(r, text), "Location", "https://x.test/?t="+r.header.Get("Authorization")), nil
		}
	}
	reply := func(status int, format string) answer {
		return func(r request) (*http.Response, error) { return respond(status, fmt.Sprintf(format, echo(r))), nil }
	}
	answers := map[string]answer{
		"request":    fault(400, "bad value "),
		"v2":         reply(422, `{"title":"bad","detail":"%s","buyer":"`+buyer+`"}`),
		"session":    fault(401, "denied "),
		"wrong":      fault(400, "Token is wrong "),
		"permission": fault(403, ""),
		"route":      fault(404, "No HTTP resource was found that matches the request URI 'https://x.test/api?name="+strings.ReplaceAll(buyer, " ", "+")+"' "),
		"throttle":   fault(429, "quota exceeded "),
		"system":     fault(500, ""),
		"redirect":   fault(302, ""),
		"page":       reply(502, "<html>"+buyer+"%s"),
		"decode":     reply(200, `{"orderIds":"`+buyer+`","note":"%s`),
		"shape":      reply(200, `{"orderIds":"`+buyer+`","note":"%s"}`),
		"number":     reply(200, `{"price":{"`+buyer+`":1},"note":"%s"}`),
		"time":       reply(200, `{"at":["`+buyer+`"],"note":"%s"}`),
		"success":    reply(200, `{"note":"`+buyer+`%s"}`),
		"network":    func(request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"reading": func(request) (*http.Response, error) {
			resp := respond(200, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(buyer), badReader{}))
			return resp, nil
		},
	}
	logins := map[string]func(int, request) (*http.Response, error){
		"": nil,
		"refused login": func(_ int, r request) (*http.Response, error) {
			return respond(401, message(r, "no application ")), nil
		},
		"locked": func(int, request) (*http.Response, error) {
			return respond(200, strings.Replace(session(1, "x"), `"AVAILABLE","Reason":""`, `"LOCKED_FULL","Reason":"`+testToken(1)+` `+testSecret+`"`, 1)), nil
		},
		"cut off login": func(int, request) (*http.Response, error) { return respond(200, session(1, "x")[:200]), nil },
		"shapeless login": func(int, request) (*http.Response, error) {
			return respond(200, `{"Status":5,"Token":"`+testToken(1)+`","DatabasePassword":"DBPASSWORD"}`), nil
		},
		"no server": func(int, request) (*http.Response, error) {
			return respond(200, strings.Replace(session(1, "%zz"+testToken(1)), "TTL", "x", 1)), nil
		},
	}
	for login, loginAnswer := range logins {
		for name, answer := range answers {
			if login != "" && name != "success" {
				continue
			}
			t.Run(login+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var out bytes.Buffer
					debug := &slog.HandlerOptions{Level: slog.LevelDebug}
					for _, handler := range []slog.Handler{slog.NewTextHandler(&out, debug), slog.NewJSONHandler(&out, debug)} {
						logger := slog.New(handler)
						s := &server{answer: answer, login: loginAnswer}
						c := newTestClient(t, s, WithLogger(logger), WithObserver(func(_ context.Context, e Event) { fmt.Fprintf(&out, "%v %+v %#v\n", e, e, e) }))
						op := readOp
						op.body, op.query = bodyParams, true
						type req struct {
							Name string `url:"name" json:"name"`
						}
						ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
						var response Response
						err := c.call(ctx, op, nil, &req{buyer}, new(thing), []CallOption{WithResponse(&response)})
						cancel()
						if (err == nil) != (login == "" && name == "success") {
							t.Fatalf("err = %v", err)
						}
						logger.Info("outcome", "err", err, "response", response, "pointer", &response, "client", c)
						printAll(&out, err, response, &response, c)
						if e, ok := errors.AsType[*Error](err); ok {
							printAll(&out, e, *e, struct{ E *Error }{e}, struct{ E Error }{*e})
							logger.Info("outcome", "err", e, "value", *e, "field", struct{ E *Error }{e})
							// What is kept for those who ask is free of our own secrets.
							out.WriteString(strings.ReplaceAll(string(e.Body), buyer, "BUYER"))
						}
					}
					if found := leaks(out.String()); len(found) > 0 {
						t.Errorf("shows %q in\n%s", found, out.String())
					}
				})
			})
		}
	}
}

// Reading back brings orders with their buyers near the errors.
func TestVerifiedWritesLeakNothing(t *testing.T) {
	const id = GUID("0a000000-0000-4000-8000-000000000001")
	kept := fmt.Sprintf(`{"OrderId":%[2]q,"NumOrderId":1,"CustomerInfo":{"ChannelBuyerName":%[1]q,"Address":{"FullName":%[1]q}},"TaxId":%[1]q,`+
		`"GeneralInfo":{"Source":"S","SubSource":"U","ReferenceNum":"r-1","LabelError":%[1]q,"IsParked":true},"Notes":[{"Note":%[1]q}]}`, buyer, id)
	helpers := map[string]func(context.Context, *Client) (any, error){
		"status": func(ctx context.Context, c *Client) (any, error) {
			return nil, c.Orders.ChangeStatusVerified(ctx, &ChangeStatusRequest{OrderIDs: []GUID{id}, Status: 1})
		},
		"tag": func(ctx context.Context, c *Client) (any, error) {
			return nil, c.Orders.ChangeOrderTagVerified(ctx, &ChangeOrderTagRequest{OrderIDs: []GUID{id}})
		},
		"lock": func(ctx context.Context, c *Client) (any, error) {
			return nil, c.Orders.LockOrderVerified(ctx, &LockOrderRequest{OrderIDs: []GUID{id}, LockOrder: true})
		},
		"cancel": func(ctx context.Context, c *Client) (any, error) {
			return nil, c.Orders.CancelOrderVerified(ctx, &CancelOrderRequest{OrderID: id, Note: new(buyer)})
		},
		"process": func(ctx context.Context, c *Client) (any, error) {
			return nil, c.Orders.ProcessOrderVerified(ctx, &ProcessOrderRequest{OrderID: id})
		},
		"shipping": func(ctx context.Context, c *Client) (any, error) {
			return c.Orders.SetOrderShippingInfoVerified(ctx, id, func(i *UpdateOrderShippingInfoRequest) { i.TrackingNumber = "T" })
		},
		"create": func(ctx context.Context, c *Client) (any, error) {
			o := ChannelOrder{Source: "S", SubSource: "U", ReferenceNumber: "r-2", ChannelBuyerName: buyer}
			return c.Orders.CreateOrdersVerified(ctx, &CreateOrdersRequest{Orders: []ChannelOrder{o}})
		},
		"print": func(ctx context.Context, c *Client) (any, error) {
			return c.Print.CreatePDFFromJobForceTemplateVerified(ctx, &CreatePDFFromJobForceTemplateRequest{IDs: []GUID{id}})
		},
		"find": func(ctx context.Context, c *Client) (any, error) { return c.Orders.FindOrders(ctx, []GUID{id}) },
	}
	writes := map[string]answer{
		"nothing": status(200, ""),
		"no ids":  status(200, "[]"),
		"partial": func(r request) (*http.Response, error) {
			return respond(200, fmt.Sprintf(`{"Processed":false,"Error":%q,"KeyedError":[{"Id":%q,"Error":%q}]}`, r.header.Get("Authorization"), id, buyer)), nil
		},
		"refused": func(r request) (*http.Response, error) {
			return respond(400, fmt.Sprintf(`{"Message":%q,"Buyer":%q}`, testSecret+r.header.Get("Authorization"), buyer)), nil
		},
		"page": status(502, buyer),
		"lost": func(request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
	}
	for what, help := range helpers {
		for name, write := range writes {
			for _, blind := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s %s %t", what, name, blind), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						reads := 0
						s := &server{answer: func(r request) (*http.Response, error) {
							if !strings.Contains(r.url, "/GetOrder") {
								return write(r)
							}
							if reads++; blind && reads > 1 {
								return respond(503, buyer), nil
							}
							return respond(200, "["+kept+"]"), nil
						}}
						var out bytes.Buffer
						logger := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
						c := newTestClient(t, s, WithLogger(logger), WithSessionWarning(func(err error) { fmt.Fprintf(&out, "%+v", err) }))
						result, err := help(t.Context(), c)
						if err == nil && what != "find" && what != "print" && what != "shipping" && what != "tag" {
							t.Error("no error")
						}
						logger.Info("outcome", "err", err)
						for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
							fmt.Fprintf(&out, verb+verb, result, err)
						}
						if found := leaks(out.String()); len(found) > 0 {
							t.Errorf("shows %q in\n%s", found, out.String())
						}
					})
				})
			}
		}
	}
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// printAll prints values in every way that fmt and encoding/json have.
func printAll(w io.Writer, values ...any) {
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%10s", "%T"} {
			fmt.Fprintf(w, verb+"\n", v)
		}
		if b, err := json.Marshal(v); err == nil {
			fmt.Fprintf(w, "%s\n", b)
		}
	}
}

func TestValuesLeakNothing(t *testing.T) {
	s := &server{}
	c := newTestClient(t, s)
	if err := do(t.Context(), c, readOp); err != nil {
		t.Fatal(err)
	}
	creds := testCredentials()
	var base BaseSession
	if _, err := decode([]byte(session(1, "https://eu-ext.linnworks.net")), &base, operation{}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	type exported struct {
		Client      *Client
		Copy        Client
		Credentials Credentials
		Session     BaseSession
		Secret      Secret
	}
	// fmt calls no methods on these.
	type unexported struct {
		client  *Client
		copied  Client
		creds   Credentials
		orders  *OrdersService
		service OrdersService
	}
	values := []any{
		c, *c, creds, &creds, base, &base, NewSecret(testSecret), new(NewSecret(testSecret)), []Secret{NewSecret(testSecret)}, map[string]Secret{"a": NewSecret(testSecret)},
		exported{c, *c, creds, base, NewSecret(testSecret)}, &exported{c, *c, creds, base, NewSecret(testSecret)},
		unexported{c, *c, c.credentials, c.Orders, *c.Orders}, &unexported{c, *c, c.credentials, c.Orders, *c.Orders},
		c.Orders, *c.Orders, c.session.current == nil,
		settings{limiter: DefaultLimiter()},
	}
	printAll(&out, values...)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		for _, v := range values {
			slog.New(handler).Info("value", "v", v)
		}
	}
	if found := leaks(out.String()); len(found) > 0 {
		t.Errorf("shows %q", found)
	}
	if !strings.Contains(out.String(), "linnworks.Client(application "+testApplicationID+")") || !strings.Contains(out.String(), "[redacted]") {
		t.Errorf("prints as\n%s", out.String())
	}
	if got := fmt.Sprintf("%v|%s", Secret{}, new(Client)); got != "|linnworks.Client" {
		t.Errorf("empty values print as %q", got)
	}
}

// A server that says our secrets where a success has ids and names: they reach no
// error.
func TestEchoedSecretsInIDs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 80) + "." // so that the name is cut within a secret
	for name, s := range map[string]*server{
		"records":  {answer: status(200, fmt.Sprintf(`[{"StockLocationId":%q,"LocationName":{"a":1}},{"StockLocationId":%q,"LocationName":{"a":1}}]`, testToken(1), testSecret))},
		"redirect": {answer: status(302, "", "Location", "https://"+testToken(1)+"."+testInstallation+".test/x")},
		"server": {login: func(int, request) (*http.Response, error) {
			return respond(200, session(1, "https://"+testToken(1)+"."+testSecret+".test")), nil
		}},
		"server of a long name": {login: func(int, request) (*http.Response, error) {
			return respond(200, session(1, "https://"+long+testToken(1)+".test")), nil
		}},
	} {
		var out bytes.Buffer
		_, err := newTestClient(t, s).Inventory.GetStockLocations(t.Context(), nil)
		for err := err; err != nil; err = errors.Unwrap(err) {
			printAll(&out, err)
		}
		if e, ok := errors.AsType[*UnreadableError](err); ok {
			printAll(&out, e.Records)
		} else if e, ok := errors.AsType[*Error](err); ok {
			printAll(&out, e)
		} else {
			t.Errorf("%s: %v", name, err)
		}
		if found := leaks(out.String()); len(found) > 0 || strings.Contains(out.String(), testToken(1)[:15]) {
			t.Errorf("%s shows %q in\n%s", name, found, out.String())
		}
	}
}
