package catalogue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// Place is where goods lie: a warehouse as the shop counts them, or a stock
// location of the warehouse.
type Place struct {
	ID, Name string
}

// PlaceSource lists the places of one side, all of them.
type PlaceSource interface {
	Places(ctx context.Context) ([]Place, error)
}

// ErrUnknownPlace is wrapped by errors of [CheckPlaces] that repeating cannot mend.
var ErrUnknownPlace = errors.New("unknown id")

// CheckPlaces returns an error that names every id that is not one of the source's
// places, the nearest that there is, and all that there are. Ids are compared
// regardless of case. A mistyped stock location would otherwise read as one that holds
// nothing. Without a source nothing is checked.
func CheckPlaces(ctx context.Context, source PlaceSource, what string, ids ...string) error {
	if source == nil {
		return nil
	}
	places, err := source.Places(ctx)
	if err != nil {
		return fmt.Errorf("listing each %s: %w", what, err)
	}
	var unknown []string
	for _, id := range ids {
		if !slices.ContainsFunc(places, func(p Place) bool { return strings.EqualFold(p.ID, id) }) {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	known := make([]part.Named, len(places))
	for i, p := range places {
		known[i] = part.Named(p)
	}
	return fmt.Errorf("%w: %s", ErrUnknownPlace, part.NoSuch(what, unknown, known))
}
