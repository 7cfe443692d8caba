package shippingapp_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"sync"
	"testing"

	"github.com/linnbridge/linnbridge/linnworks/internal/calledtest"
	"github.com/linnbridge/linnbridge/linnworks/shippingapp"
)

const (
	account = calledtest.Account
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

// app is a handler that is installed.
type app struct {
	*calledtest.App
	*shippingapp.Handler

	courier *courier
}

// open makes a handler that anybody may install, and installs it.
func open(t testing.TB, ports shippingapp.Ports, options shippingapp.Options) *app {
	t.Helper()
	a := new(app)
	if ports.Courier == nil {
		a.courier = new(courier)
		ports.Courier = a.courier
	} else {
		a.courier, _ = ports.Courier.(*courier)
	}
	if ports.Admit == nil {
		ports.Admit = shippingapp.OnlyAccounts(account)
	}
	log := new(calledtest.Log)
	options.Log = log.Logger()
	h, err := shippingapp.New(ports, options)
	if err != nil {
		t.Fatal(err)
	}
	a.Handler, a.App = h, calledtest.Open(t, h, log)
	return a
}

// print presses the button for an order of one package.
func (a *app) print(t testing.TB, order int) map[string]any {
	t.Helper()
	return a.Call(t, "GenerateLabel", onePackage(order))
}

func onePackage(order int) string {
	return fmt.Sprintf(`"OrderId":%d,"OrderReference":"R-%d","ServiceId":%q,"Name":"Jane Doe","Packages":[{"SequenceNumber":0,"PackageWeight":500}]`, order, order, tracked)
}
