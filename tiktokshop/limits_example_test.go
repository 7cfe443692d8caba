package tiktokshop_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// bucket is what processes share, such as a script in Redis: take counts a call
// if there is room for one now, and otherwise says when there is.
type bucket interface {
	take(ctx context.Context, name string) (wait time.Duration, err error)
}

// shared asks the bucket after the limiter of the process, which orders the
// calls of the process by urgency and learns from throttles.
type shared struct {
	tiktokshop.Limiter
	bucket bucket
}

func (s shared) Wait(ctx context.Context, key tiktokshop.LimitKey) error {
	if err := s.Limiter.Wait(ctx, key); err != nil {
		return err
	}
	class := "reads"
	if key.Write {
		class = "writes"
	}
	for {
		wait, err := s.bucket.take(ctx, key.App+" "+key.Shop+" "+class)
		if err != nil || wait <= 0 {
			return err
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return &tiktokshop.LimitError{Wait: wait, Left: time.Until(deadline)}
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s shared) Learn(key tiktokshop.LimitKey, f tiktokshop.Feedback) time.Duration {
	if l, ok := s.Limiter.(tiktokshop.LimitLearner); ok {
		return l.Learn(key, f)
	}
	return 0
}

// emptyAfter is a bucket that has room for so many calls.
type emptyAfter int

func (b *emptyAfter) take(_ context.Context, name string) (time.Duration, error) {
	if *b--; *b < 0 {
		return time.Minute, nil
	}
	fmt.Println("room for", name)
	return 0, nil
}

// Several processes share the budget of a shop.
func ExampleLimiter() {
	limiter := shared{tiktokshop.DefaultLimiter(), new(emptyAfter(1))}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	for range 2 {
		err := limiter.Wait(ctx, tiktokshop.LimitKey{App: "6abc123def456", Shop: "7495"})
		var late *tiktokshop.LimitError
		fmt.Println(errors.As(err, &late))
	}
	// Output:
	// room for 6abc123def456 7495 reads
	// false
	// true
}

// Some shops are known to be granted more, or less.
func ExampleNewLimiterFunc() {
	known := map[string]tiktokshop.Limits{
		"7495": {Reads: 20, Writes: 10, Analytics: 1},
		"7501": {Reads: 3, Writes: 1, Analytics: 0.2},
	}
	limiter := tiktokshop.NewLimiterFunc(func(key tiktokshop.LimitKey) tiktokshop.Limits {
		if l, ok := known[key.Shop]; ok {
			return l
		}
		return tiktokshop.Limits{Reads: 8, Writes: 2, Analytics: 0.5}
	})

	fmt.Println(limiter.Wait(context.Background(), tiktokshop.LimitKey{Shop: "7495"}))
	// Output:
	// <nil>
}

// A sweep leaves the way free for what cannot wait.
func ExampleUrgent() {
	ctx := context.Background()
	sweep := tiktokshop.Bulk(ctx)
	fmt.Println(tiktokshop.Urgency(sweep), tiktokshop.Urgency(ctx), tiktokshop.Urgency(tiktokshop.Urgent(sweep)))
	// Output:
	// -1 0 1
}
