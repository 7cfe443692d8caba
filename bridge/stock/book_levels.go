package stock

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// itemBatch is how many items one call reads.
const itemBatch = 200

// levelReader enters levels in a book.
type levelReader struct {
	levels Reader
	book   *Book
}

// read reads the levels of items, as many as there are, and keeps what it has read if it
// breaks off. some is the error of single items that hold up no others: they keep the levels
// that they had. It is also that of a call which went well when it was made again.
func (r levelReader) read(ctx context.Context, ids []string) (some, err error) {
	for ids := range slices.Chunk(ids, itemBatch) {
		bad, err := r.part(ctx, ids)
		if some = errors.Join(some, bad); err != nil {
			return some, err
		}
	}
	return some, nil
}

// part reads what one call takes. If that fails it looks for the items that cause it,
// unless neither the first nor the last can be read alone: then nothing can.
func (r levelReader) part(ctx context.Context, ids []string) (some, err error) {
	if err = r.at(ctx, ids); err == nil || len(ids) == 1 {
		return nil, err
	}
	for _, alone := range [][]string{ids[:1], ids[len(ids)-1:]} {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if r.at(ctx, alone) == nil {
			some, broke := r.but(ctx, ids, err)
			if some == nil { // it was a moment
				some = err
			}
			return some, broke
		}
	}
	return nil, err
}

// but reads items that cannot be read together, because of the error given, and
// returns the errors of those that cannot be read alone either.
func (r levelReader) but(ctx context.Context, ids []string, why error) (some, err error) {
	if len(ids) == 1 {
		return why, nil
	}
	for _, half := range [][]string{ids[:len(ids)/2], ids[len(ids)/2:]} {
		if ctx.Err() != nil {
			return some, ctx.Err()
		}
		why := r.at(ctx, half)
		if why == nil {
			continue
		}
		bad, err := r.but(ctx, half, why)
		if some = errors.Join(some, bad); err != nil {
			return some, err
		}
	}
	return some, nil
}

func (r levelReader) at(ctx context.Context, ids []string) error {
	mark := r.book.Mark()
	reading, err := r.levels.StockLevels(ctx, ids)
	if err != nil {
		what := part.Count(len(ids), "item")
		if len(ids) == 1 {
			what = "item " + ids[0]
		}
		return fmt.Errorf("reading the levels of %s: %w", what, err)
	}
	r.book.SetLevels(mark, reading, ids...)
	return nil
}
