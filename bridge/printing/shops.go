package printing

import (
	"context"
	"errors"

	"github.com/linnbridge/linnbridge/bridge"
)

// Presser prints the labels of orders, by the number that people know them by. A [Button]
// is one for one shop, [Shops] for all shops of an account.
type Presser interface {
	// Press returns the labels of an order, see [Button.Press].
	Press(ctx context.Context, number string) ([]Parcel, error)
	// MayCancel reports whether the label of an order may be forgotten, see
	// [Button.MayCancel].
	MayCancel(ctx context.Context, number string) error
}

var (
	_ Presser = (*Button)(nil)
	_ Presser = Shops{}
)

// Shops is one button for several shops that sell from one account of the warehouse: it
// presses that of the shop whose order it is. Each shop is asked whether it knows the
// order, one after the other.
type Shops struct {
	// Buttons returns the buttons of the shops. all reports whether these are all that
	// there are: while some are missing, as a service has it at its start, an order that
	// none of the others knows is not refused for good.
	Buttons func() (buttons []*Button, all bool)
}

// errNotReady is what people read before all shops are there.
var errNotReady = &NotPrintedError{Text: "The label service has just started and does not know this order yet. Do not send it yet; press print again in a minute."}

// Press implements [Presser].
func (s Shops) Press(ctx context.Context, number string) ([]Parcel, error) {
	b, w, first, err := s.find(ctx, number)
	switch {
	case err != nil:
		return nil, err
	case b == nil:
		return nil, first.unknown(ctx, number)
	}
	return b.press(ctx, w)
}

// MayCancel implements [Presser].
func (s Shops) MayCancel(ctx context.Context, number string) error {
	b, w, first, err := s.find(ctx, number)
	switch {
	case err != nil:
		return err
	case b == nil:
		return first.mayCancel(ctx, w, false)
	}
	return b.mayCancel(ctx, w, true)
}

// find returns the button of the shop whose order it is: nil, and the first of all, if it
// is nobody's.
func (s Shops) find(ctx context.Context, number string) (b *Button, w bridge.WarehouseOrder, first *Button, err error) {
	buttons, all := s.Buttons()
	var errs []error
	for _, b := range buttons {
		w, found, err := b.find(ctx, number)
		if found {
			return b, w, nil, nil
		}
		errs = append(errs, err)
	}
	err = errors.Join(errs...)
	if err == nil && (!all || len(buttons) == 0) {
		err = errNotReady
	}
	if err != nil {
		return nil, w, nil, err
	}
	return nil, w, buttons[0], nil
}
