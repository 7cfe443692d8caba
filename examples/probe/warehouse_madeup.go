package main

import (
	"context"
	"errors"
	"time"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// References of made-up orders that the made-up rules move elsewhere.
const (
	toCentre   = "TO-3PL"
	toOverflow = "TO-OVERFLOW"
)

// madeUpWarehouse returns a client of a made-up Linnworks account.
func madeUpWarehouse(options []linnworkstest.Option) (*linnworks.Client, error) {
	f, err := newWarehouse(options)
	if err != nil {
		return nil, err
	}
	return clientOf(f)
}

func clientOf(f *linnworkstest.Fake) (*linnworks.Client, error) {
	return f.Client(linnworks.WithLimiter(unlimited{}), linnworks.WithMiddleware(tapped))
}

func newWarehouse(options []linnworkstest.Option) (*linnworkstest.Fake, error) {
	now := func() time.Time { return time.Now().AddDate(0, 0, -10) } // when all that was
	f := linnworkstest.New(append(options,
		linnworkstest.WithClock(func() time.Time { return now() }), linnworkstest.WithoutQuotas(), linnworkstest.WithRules(madeUpRules))...)
	err := furnish(f)
	now = time.Now
	return f, err
}

// unlimited lets every call out at once.
type unlimited struct{}

// Wait implements [linnworks.Limiter].
func (unlimited) Wait(context.Context, linnworks.LimitKey) error { return nil }

func madeUpRules(o linnworks.OrderDetails) linnworkstest.Outcome {
	switch o.GeneralInfo.ReferenceNum {
	case toCentre:
		return linnworkstest.Outcome{Location: "3PL"}
	case toOverflow:
		return linnworkstest.Outcome{Location: "Overflow"}
	}
	return linnworkstest.Outcome{}
}

// furnish puts an example of everything into the account.
func furnish(f *linnworkstest.Fake) error {
	f.AddLocation("Overflow")
	f.AddLocationOf(linnworkstest.Location{Name: "3PL", FulfilmentCentre: true})
	f.AddLocationOf(linnworkstest.Location{Name: "Main warehouse", Managed: true})
	f.AddPostalService("Tracked 48", "Royal Mail")
	stocked := func(n int) map[linnworks.GUID]int { return map[linnworks.GUID]int{linnworks.ZeroGUID: n} }
	var errs []error
	for _, item := range []linnworkstest.Item{
		{SKU: "Mug", Levels: stocked(10)}, {SKU: "Tea", Levels: stocked(30)}, {SKU: testSKU, Levels: stocked(5)},
		{SKU: "Set", Components: []linnworkstest.Component{{SKU: "Mug", Quantity: 1}, {SKU: "Tea", Quantity: 3}}},
		{SKU: "Old", Levels: stocked(1), Archived: true},
	} {
		_, err := f.AddItem(item)
		errs = append(errs, err)
	}
	add := func(o linnworkstest.Order, then ...func(linnworks.GUID) error) {
		o.Lines = []linnworkstest.Line{{SKU: "Mug"}}
		id, err := f.AddOrder(o)
		errs = append(errs, err)
		for _, do := range then {
			errs = append(errs, do(id))
		}
	}
	add(linnworkstest.Order{Reference: "SENT"}, f.Process)
	add(linnworkstest.Order{Reference: "CANCELLED"}, f.Cancel)
	f.AddDraft()
	add(linnworkstest.Order{Reference: "OPEN"})
	add(linnworkstest.Order{Reference: toCentre})
	add(linnworkstest.Order{Reference: toOverflow})
	add(linnworkstest.Order{Reference: "FORGOTTEN", PIIRedactionDays: 1}, f.Process)
	return errors.Join(errs...)
}
