package exceptions

import (
	"context"
	"fmt"
)

// Escalate raises exceptions of the kinds given that are not open yet, or say another
// severity, deadline or remedy than what is open: the same twice would only count up.
func Escalate(ctx context.Context, queue Queue, list []Exception, kinds ...Kind) error {
	if len(list) == 0 {
		return nil
	}
	open, err := queue.Open(ctx, kinds...)
	if err != nil {
		return fmt.Errorf("reading the exceptions: %w", err)
	}
	known := make(map[Ref]Exception, len(open))
	for _, e := range open {
		known[e.Ref()] = e
	}
	for _, e := range list {
		if old, ok := known[e.Ref()]; ok && old.Severity == e.Severity && old.Deadline.Equal(e.Deadline) && old.Do == e.Do {
			continue
		}
		known[e.Ref()] = e
		if err := queue.Raise(ctx, e); err != nil {
			return fmt.Errorf("raising %q: %w", e.Kind, err)
		}
	}
	return nil
}
