package stock

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// ErrMassZero is returned while what is to be published would take more than half of
// what the shop sells off sale at once, which a mistyped location does. Nothing is
// published, and [exceptions.MassZero] is raised; once a person has closed it, it goes on.
var ErrMassZero = errors.New("more than half of the shop would be set to zero")

// doubtZeros returns an error while a person has to look at zeros before anything is
// published.
func (e *Engine) doubtZeros(ctx context.Context) error {
	zeroed, selling, doubt := e.book.zeroing()
	if zeroed == 0 || doubt == answered {
		return nil
	}
	if doubt == noDoubt {
		if err := e.ports.Exceptions.Raise(ctx, exceptions.New(exceptions.MassZero, writerObject, time.Time{},
			fmt.Sprintf("%d of the %d SKUs that the shop sells would be set to zero", zeroed, selling),
			"check the levels of some of them and the locations in the settings; resolve this if the levels are right")); err != nil {
			return err
		}
		e.book.setZeroDoubt(noDoubt, asked)
	}
	return fmt.Errorf("%w: %d of %d SKUs; nothing is published until a person has resolved the exception %q", ErrMassZero, zeroed, selling, exceptions.MassZero)
}
