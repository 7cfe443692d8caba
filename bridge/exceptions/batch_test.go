package exceptions_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// counted counts the calls, and fails those of one name.
type counted struct {
	exceptions.Queue
	calls []string
	fails string
}

func (c *counted) call(name string) error {
	if c.calls = append(c.calls, name); name == c.fails {
		return errors.New(name + " fails")
	}
	return nil
}

func (c *counted) Raise(ctx context.Context, e exceptions.Exception) error {
	return errors.Join(c.call("raise"), c.Queue.Raise(ctx, e))
}

func (c *counted) Clear(ctx context.Context, object string, kinds ...exceptions.Kind) error {
	return errors.Join(c.call("clear"), c.Queue.Clear(ctx, object, kinds...))
}

func (c *counted) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	list, err := c.Queue.Open(ctx, kinds...)
	return list, errors.Join(c.call("open"), err)
}

// A queue for a batch closes the same as the queue itself, with a call only for what
// there is to close.
func TestForBatch(t *testing.T) {
	ctx := t.Context()
	order, kinds := exceptions.ForOrder, []exceptions.Kind{exceptions.BadOrder, exceptions.UnmappedSKU}
	of := func(kind exceptions.Kind, object string, orders ...string) exceptions.Exception {
		e := exceptions.New(kind, object, time.Time{}, "something is wrong", "mend it")
		e.Orders = orders
		return e
	}
	many := make([]string, exceptions.MaxOrders+1)
	for i := range many {
		many[i] = string(rune('a'+i/26/26)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26))
	}
	for name, tc := range map[string]struct {
		before, during []exceptions.Exception
		clear          []string
		calls          []string
	}{
		"nothing is open":           {clear: []string{order("1"), order("2"), "SKU A"}, calls: []string{"open"}},
		"one of the orders has":     {before: []exceptions.Exception{of(exceptions.BadOrder, order("1"))}, clear: []string{order("1"), order("2")}, calls: []string{"open", "clear"}},
		"a cause lists one":         {before: []exceptions.Exception{of(exceptions.UnmappedSKU, "SKU A", "2", "3")}, clear: []string{order("1"), order("2")}, calls: []string{"open", "clear"}},
		"raised in the batch":       {during: []exceptions.Exception{of(exceptions.BadOrder, order("2"))}, clear: []string{order("1"), order("2")}, calls: []string{"open", "raise", "clear"}},
		"a cause does not list all": {before: []exceptions.Exception{of(exceptions.UnmappedSKU, "SKU A", many...)}, clear: []string{order("zz")}, calls: []string{"open", "clear"}},
	} {
		t.Run(name, func(t *testing.T) {
			plain, batch := new(exceptions.Memory).Shop("shop"), new(exceptions.Memory).Shop("shop")
			for _, e := range tc.before {
				if err := errors.Join(plain.Raise(ctx, e), batch.Raise(ctx, e)); err != nil {
					t.Fatal(err)
				}
			}
			c := &counted{Queue: batch}
			b := exceptions.ForBatch(c)
			if err := b.Clear(ctx, "another object", kinds...); err != nil {
				t.Fatal(err)
			}
			for _, e := range tc.during {
				if err := errors.Join(plain.Raise(ctx, e), b.Raise(ctx, e)); err != nil {
					t.Fatal(err)
				}
			}
			for _, object := range tc.clear {
				if err := errors.Join(plain.Clear(ctx, object, kinds...), b.Clear(ctx, object, kinds...)); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tc.calls, c.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			want, _ := plain.Open(ctx)
			got, _ := batch.Open(ctx)
			text := func(list []exceptions.Exception) (s []string) {
				for _, e := range list {
					s = append(s, string(e.Kind)+" "+e.Object, cmp.Diff(nil, e.Orders))
				}
				return s
			}
			if diff := cmp.Diff(text(want), text(got)); diff != "" {
				t.Errorf("open (-of the queue +of the batch):\n%s", diff)
			}
		})
	}
	for _, name := range []string{"open", "clear", "raise"} {
		c := &counted{Queue: new(exceptions.Memory).Shop("shop"), fails: name}
		b := exceptions.ForBatch(c)
		_ = c.Queue.Raise(ctx, of(exceptions.BadOrder, order("1")))
		err := errors.Join(b.Raise(ctx, of(exceptions.BadOrder, order("2"))), b.Clear(ctx, order("1"), kinds...))
		if err == nil {
			t.Errorf("%s fails, and nobody is told", name)
		}
	}
}
