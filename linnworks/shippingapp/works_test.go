package shippingapp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/linnworks/integration"
	"github.com/linnbridge/linnbridge/linnworks/internal/calledtest"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

// slowly returns a courier's function that takes a while.
func slowly(d time.Duration) func(context.Context, *shippingapp.LabelRequest) (*shippingapp.Label, error) {
	return func(ctx context.Context, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
		select {
		case <-time.After(d):
			return labelFor(r), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// TestSlowLabel checks that a label that takes half a minute is made once, that every
// press is answered in time, and that a later press finds it.
func TestSlowLabel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{})
		a.courier.generate = slowly(30 * time.Second)
		start := time.Now()
		for press := range 3 {
			pressed := time.Now()
			calledtest.WantRefused(t, a.print(t, 1), "press print again in a few seconds")
			if took := time.Since(pressed); took >= 10*time.Second {
				t.Errorf("press %d was answered after %v, when Linnworks is gone", press+1, took)
			}
		}
		calledtest.WantOK(t, a.print(t, 1))
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("the label came after %v, want 30s, when it was made", took)
		}
		calledtest.WantOK(t, a.print(t, 1))
		if got := a.courier.calls(); got != 1 {
			t.Errorf("the courier made %d labels, want 1", got)
		}
		if !strings.Contains(a.Log.String(), `outcome="in the works"`) {
			t.Errorf("the log does not say that a label was in the works:\n%s", a.Log)
		}
	})
}

// TestLinnworksHangsUp checks that a label goes on being made when the connection is
// gone.
func TestLinnworksHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{})
		a.courier.generate = slowly(5 * time.Second)
		ctx, hangUp := context.WithTimeout(t.Context(), time.Second)
		defer hangUp()
		r := httptest.NewRequest(http.MethodPost, "/GenerateLabel", strings.NewReader(calledtest.WithToken(a.Token, onePackage(1))))
		a.ServeHTTP(httptest.NewRecorder(), r.WithContext(ctx))
		time.Sleep(5 * time.Second)
		calledtest.WantOK(t, a.print(t, 1))
		if got := a.courier.calls(); got != 1 {
			t.Errorf("the courier made %d labels, want 1", got)
		}
	})
}

// TestDeafCourier checks that a courier that heeds no context delays nobody beyond the
// time that Linnworks waits, at any endpoint.
func TestDeafCourier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const deaf = 5 * time.Minute
		sleep := func() { time.Sleep(deaf) }
		a := open(t, shippingapp.Ports{
			Manifests: deafManifests{sleep}, Quotes: deafQuotes{sleep},
		}, shippingapp.Options{Steps: []shippingapp.Step{{Name: "S", Check: func(context.Context, shippingapp.Installation) error { sleep(); return nil }}}})
		a.courier.generate = func(context.Context, *shippingapp.LabelRequest) (*shippingapp.Label, error) { sleep(); return nil, nil }
		a.courier.cancel = func(context.Context, int) error { sleep(); return nil }
		a.courier.services = func(context.Context) ([]shippingapp.Service, error) { sleep(); return nil, nil }
		check := func(endpoint, fields string) {
			t.Helper()
			start := time.Now()
			calledtest.WantRefused(t, a.Call(t, endpoint, fields), "again")
			if took := time.Since(start); took >= 10*time.Second {
				t.Errorf("%s took %v", endpoint, took)
			}
		}
		check("UpdateConfig", `"ConfigStatus":"S","ConfigItems":[]`)
		time.Sleep(deaf)
		if got := a.Call(t, "UserConfig", "")["IsConfigActive"]; got != true {
			t.Fatalf("IsConfigActive is %v after the check has come back, want true", got)
		}
		check("UserAvailableServices", "")
		check("GenerateLabel", onePackage(1))
		check("CancelLabel", `"OrderId":2`)
		check("CreateManifest", `"OrderId":["1"]`)
		check("PrintManifest", `"ManifestReference":"RF1"`)
		check("Quote", `"Packages":[{"SequenceNumber":0}]`)
	})
}

type deafManifests struct{ sleep func() }

func (d deafManifests) CreateManifest(context.Context, shippingapp.Installation, []int) (string, error) {
	d.sleep()
	return "RF1", nil
}

func (d deafManifests) PrintManifest(context.Context, shippingapp.Installation, string) ([]byte, error) {
	d.sleep()
	return nil, nil
}

type deafQuotes struct{ sleep func() }

func (d deafQuotes) Quote(context.Context, shippingapp.Installation, *shippingapp.QuoteRequest) ([]shippingapp.Quote, error) {
	d.sleep()
	return nil, nil
}

// TestWorkFor checks that a courier's context ends.
func TestWorkFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{WorkFor: 20 * time.Second})
		a.courier.generate = slowly(time.Hour)
		calledtest.WantRefused(t, a.print(t, 1), "still being made")
		time.Sleep(10 * time.Second)
		calledtest.WantRefused(t, a.print(t, 1), "did not answer in time")
		a.courier.generate = nil
		calledtest.WantOK(t, a.print(t, 1))
	})
}

// TestManyPresses checks that presses at the same moment make one label.
func TestManyPresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{})
		a.courier.generate = slowly(time.Second)
		var presses sync.WaitGroup
		for range 20 {
			presses.Go(func() { calledtest.WantOK(t, a.print(t, 1)) })
		}
		presses.Wait()
		if got := a.courier.calls(); got != 1 {
			t.Errorf("20 presses made %d labels, want 1", got)
		}
	})
}

// TestPrintAndCancel checks that one order is worked on once at a time: what is
// cancelled while it is being made is cancelled afterwards, and printed anew.
func TestPrintAndCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{})
		var mu sync.Mutex
		var events []string
		note := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			events = append(events, what)
		}
		a.courier.generate = func(ctx context.Context, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
			note("print")
			defer note("printed")
			return slowly(time.Second)(ctx, r)
		}
		a.courier.cancel = func(context.Context, int) error {
			note("cancel")
			defer note("cancelled")
			time.Sleep(time.Second)
			return nil
		}
		var all sync.WaitGroup
		all.Go(func() { calledtest.WantOK(t, a.print(t, 1)) })
		time.Sleep(time.Millisecond)
		for range 2 { // two at once are one
			all.Go(func() { calledtest.WantOK(t, a.Call(t, "CancelLabel", `"OrderId":1`)) })
		}
		time.Sleep(1500 * time.Millisecond)
		all.Go(func() { calledtest.WantOK(t, a.print(t, 1)) })
		all.Wait()
		if diff := cmp.Diff([]string{"print", "printed", "cancel", "cancelled", "print", "printed"}, events); diff != "" {
			t.Errorf("the courier saw (-want +got):\n%s", diff)
		}
	})
}

// TestOtherPackages checks that an order with a label gets no second one for other
// packages or another service, and that a press that waits is told so too.
func TestOtherPackages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const other = `"OrderId":1,"ServiceId":"` + account + `","Packages":[{"SequenceNumber":0}]`
		const more = `"OrderId":1,"ServiceId":"` + tracked + `","Packages":[{"SequenceNumber":0},{"SequenceNumber":1}]`
		a := open(t, shippingapp.Ports{}, shippingapp.Options{})
		a.courier.generate = slowly(time.Second)
		var all sync.WaitGroup
		all.Go(func() { calledtest.WantOK(t, a.print(t, 1)) })
		time.Sleep(time.Millisecond)
		for _, fields := range []string{other, more} {
			all.Go(func() { calledtest.WantRefused(t, a.Call(t, "GenerateLabel", fields), "already has a label") })
		}
		all.Wait()
		calledtest.WantRefused(t, a.Call(t, "GenerateLabel", more), "already has a label")
		calledtest.WantOK(t, a.Call(t, "CancelLabel", `"OrderId":1`))
		calledtest.WantOK(t, a.Call(t, "GenerateLabel", more))
	})
}

// TestReprint checks that a kept label is handed out only as long as the application
// agrees.
func TestReprint(t *testing.T) {
	var objection error
	a := open(t, shippingapp.Ports{
		Reprint: func(_ context.Context, in shippingapp.Installation, r *shippingapp.LabelRequest, l *shippingapp.Label) error {
			if !in.Complete() || r.OrderID != 1 || l.Tracking != "LT1" {
				t.Errorf("Reprint was asked about %v, %v, %v", in, r, l)
			}
			return objection
		},
	}, shippingapp.Options{})
	objection = shippingapp.Refuse("The buyer has cancelled it.")
	calledtest.WantOK(t, a.print(t, 1)) // the first is no reprint
	calledtest.WantRefused(t, a.print(t, 1), "The buyer has cancelled it.")
	objection = nil
	calledtest.WantOK(t, a.print(t, 1))
	if got := a.courier.calls(); got != 1 {
		t.Errorf("the courier made %d labels, want 1", got)
	}
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := open(t, shippingapp.Ports{}, shippingapp.Options{})
		a.courier.generate = slowly(30 * time.Second)
		calledtest.WantRefused(t, a.print(t, 1), "still being made")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close with a label in the works returned %v, want the cause", err)
		}
		synctest.Wait()
		if err := a.Close(t.Context()); err != nil { // the courier's context has ended
			t.Errorf("Close again: %v", err)
		}
		for _, endpoint := range []string{"GenerateLabel", "UserConfig"} {
			calledtest.WantRefused(t, a.Call(t, endpoint, onePackage(1)), "being restarted")
		}
		calledtest.WantRefused(t, a.Post(t, "AddNewUser", fmt.Sprintf(`{"LinnworksUniqueIdentifier":%q}`, account)), "being restarted")
	})
}

// broken is a store that fails.
type broken struct {
	integration.MemoryInstallations
	shippingapp.MemoryLabels
	reads, writes error
}

func (b *broken) Installation(ctx context.Context, id string) (shippingapp.Installation, bool, error) {
	in, found, err := b.MemoryInstallations.Installation(ctx, id)
	return in, found, errors.Join(err, b.reads)
}

func (b *broken) PutLabel(ctx context.Context, k shippingapp.KeptLabel) error {
	if b.writes != nil {
		return b.writes
	}
	return b.MemoryLabels.PutLabel(ctx, k)
}

func TestBrokenStore(t *testing.T) {
	b := new(broken)
	a := open(t, shippingapp.Ports{Installations: b, Labels: b}, shippingapp.Options{})
	b.reads = errors.New("no database")
	calledtest.WantRefused(t, a.print(t, 1), "fault") // not a wrong token
	b.reads, b.writes = nil, errors.New("disk full")
	calledtest.WantOK(t, a.print(t, 1)) // it exists: somebody has paid for it
	if !strings.Contains(a.Log.String(), "disk full") {
		t.Error("the log does not say that the label is not kept")
	}
}

// TestSlowSender checks that a body that does not come is given up in time. It needs a
// socket, whose deadline it is.
func TestSlowSender(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{AnswerWithin: 50 * time.Millisecond})
	server := httptest.NewServer(a)
	defer server.Close()
	body, w := io.Pipe()
	defer func() { _ = w.Close() }()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/GenerateLabel", body)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		return // the server has hung up
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	if !strings.Contains(string(text), "did not arrive as a whole") {
		t.Errorf("answered %q", text)
	}
}

// TestPressAfterSlowPress checks that a connection is used again after a label that
// took longer than the answer may.
func TestPressAfterSlowPress(t *testing.T) {
	a := open(t, shippingapp.Ports{}, shippingapp.Options{AnswerWithin: 20 * time.Millisecond})
	made := make(chan struct{})
	a.courier.generate = func(_ context.Context, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
		<-made
		return labelFor(r), nil
	}
	server := httptest.NewServer(a)
	defer server.Close()
	press := func() string {
		response, err := server.Client().Post(server.URL+"/GenerateLabel", "application/json", strings.NewReader(calledtest.WithToken(a.Token, onePackage(1))))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if got := press(); !strings.Contains(got, "still being made") {
		t.Errorf("answered %q", got)
	}
	close(made)
	for !strings.Contains(press(), "LT1") {
	}
}

func TestMemoryLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &shippingapp.MemoryLabels{Keep: time.Hour, MaxBytes: 250}
		put := func(installation string, order int) {
			t.Helper()
			err := m.PutLabel(t.Context(), shippingapp.KeptLabel{
				InstallationID: installation, OrderID: order, OrderReference: fmt.Sprint("R-", order), At: time.Now(),
				Label: shippingapp.Label{Packages: []shippingapp.PackageLabel{{PNG: make([]byte, 50), PDFs: [][]byte{make([]byte, 50)}}}},
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		kept := func() (list []string) {
			t.Helper()
			for _, installation := range []string{"a", "b"} {
				for order := range 5 {
					if k, found, err := m.Label(t.Context(), installation, order); found && err == nil {
						list = append(list, fmt.Sprint(k.InstallationID, k.OrderID))
					}
				}
			}
			return list
		}
		want := func(want ...string) {
			t.Helper()
			if diff := cmp.Diff(want, kept()); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		}
		put("a", 1)
		put("b", 1)
		want("a1", "b1")
		put("a", 1) // again: it is the newest now
		put("a", 2)
		want("a1", "a2")
		if order, found, err := m.OrderOf(t.Context(), "a", "R-2"); order != 2 || !found || err != nil {
			t.Errorf("OrderOf(a, R-2) = %d, %t, %v; want 2", order, found, err)
		}
		for _, of := range [][2]string{{"b", "R-2"}, {"a", ""}, {"a", "R-3"}} {
			if order, found, _ := m.OrderOf(t.Context(), of[0], of[1]); found {
				t.Errorf("OrderOf(%q) found %d", of, order)
			}
		}
		if err := m.DropLabel(t.Context(), "a", 1); err != nil {
			t.Fatal(err)
		}
		want("a2")
		time.Sleep(time.Hour + time.Second)
		want()
	})
}

// FuzzRequests sends anything anywhere: no request makes the handler panic, wait or
// answer what Linnworks could not read, and none without the token reaches the
// application.
func FuzzRequests(f *testing.F) {
	for _, body := range []string{
		"", "{}", "null", "[[[", `{"AuthorizationToken":1}`, `{"AuthorizationToken":"` + strings.Repeat("0", 32) + `","OrderId":1}`,
		calledtest.WithToken("TOKEN", onePackage(1)), calledtest.WithToken("TOKEN", `"OrderReference":"1","OrderId":[1]`), calledtest.WithToken("TOKEN", `"OrderId":["1","x"]`),
		calledtest.WithToken("TOKEN", `"ConfigStatus":"S","ConfigItems":[{"ConfigItemId":"x","SelectedValue":"y"}]`), calledtest.WithToken("TOKEN", `"ManifestReference":"RF1"`),
		calledtest.WithToken("TOKEN", onePackage(1)+`,"Packages":[{"SequenceNumber":1,"PackageWeight":"1e400","Items":[{"Quantity":"x"}]}]`),
		`{"LinnworksUniqueIdentifier":"` + account + `","Email":1,"AccountName":null}`,
	} {
		for i := range endpointNames {
			f.Add(uint8(i), body)
		}
	}
	f.Fuzz(func(t *testing.T, endpoint uint8, body string) {
		c := new(courier)
		var installed integration.MemoryInstallations
		a := open(t, shippingapp.Ports{Courier: c, Installations: &installed, Manifests: new(files), Quotes: &quotes{quote: shippingapp.Quote{
			Service: shippingapp.Service{ID: tracked, Name: "X"}, Currency: "GBP",
		}}}, shippingapp.Options{Steps: []shippingapp.Step{{Name: "S", Items: []shippingapp.ConfigItem{{ID: "x", Name: "X"}}}}})
		name := endpointNames[int(endpoint)%len(endpointNames)]
		if name != "UpdateConfig" && name != "UserConfig" { // the others want it set up
			calledtest.WantOK(t, a.Call(t, "UpdateConfig", `"ConfigStatus":"S","ConfigItems":[]`))
		}
		start := time.Now()
		answer := a.Post(t, name, body)
		if took := time.Since(start); took >= 10*time.Second {
			t.Errorf("%s took %v", name, took)
		}
		if calledtest.Message(answer) == "" && name != "AddNewUser" {
			t.Errorf("%s answered without the token: %v", name, answer)
		}
		if c.calls() > 0 || len(c.cancelled) > 0 {
			t.Errorf("%s reached the courier without the token", name)
		}
		with := a.Post(t, name, strings.ReplaceAll(body, "TOKEN", a.Token))
		for _, list := range []string{"Package", "Services", "Items", "QuoteItems"} {
			if value, there := with[list]; there && value == nil {
				t.Errorf("%s answered %s null: Linnworks takes no null for a list", name, list)
			}
		}
	})
}

var endpointNames = []string{
	"AddNewUser", "UserConfig", "UpdateConfig", "ConfigDeleted", "ConfigDelete", "UserAvailableServices", "ExtendedPropertyMapping", "ExtPropertyMap",
	"GenerateLabel", "CancelLabel", "CreateManifest", "PrintManifest", "Quote",
}

// BenchmarkGenerateLabel presses print for a new order each time, with a label of 60
// KB, which is what 4 by 6 inches at 203 dpi come to.
func BenchmarkGenerateLabel(b *testing.B) {
	big := append(append([]byte(nil), picture...), make([]byte, 60<<10)...)
	c := &courier{generate: func(_ context.Context, r *shippingapp.LabelRequest) (*shippingapp.Label, error) {
		l := labelFor(r)
		l.Packages[0].PNG = big
		return l, nil
	}}
	h, err := shippingapp.New(shippingapp.Ports{Courier: c, Admit: shippingapp.OnlyAccounts(account)}, shippingapp.Options{})
	if err != nil {
		b.Fatal(err)
	}
	a := calledtest.Open(b, h, new(calledtest.Log))
	order := 0
	b.ReportAllocs()
	for b.Loop() {
		order++
		w := httptest.NewRecorder()
		a.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/GenerateLabel", strings.NewReader(calledtest.WithToken(a.Token, onePackage(order)))))
		if w.Body.Len() < 80<<10 {
			b.Fatalf("answered %s", w.Body)
		}
		c.made = c.made[:0]
	}
}
