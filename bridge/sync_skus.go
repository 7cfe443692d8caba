package bridge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
	"github.com/linnbridge/linnbridge/bridge/internal/part"
)

// namesEvery is how often the SKUs in the settings are compared: to see that one is not
// in the shop takes a reading of all its listings.
const namesEvery = time.Hour

// namesReport is how many SKUs of the settings were compared, and which are not there.
type namesReport struct {
	compared int
	unknown  []string
}

// String is one line.
func (r namesReport) String() string {
	return fmt.Sprintf("%d SKUs of the settings compared, %d not there\n", r.compared, len(r.unknown))
}

// checkNames raises the SKUs of KeepItems that the warehouse does not have and those of
// LeaveAlone that the shop does not, and closes the cases of those that are there by now,
// or no longer in the settings. It makes no call of either side without such settings, nor
// within an hour of the last comparison.
func (s *Sync) checkNames(ctx context.Context) (fmt.Stringer, error) {
	var report namesReport
	s.mu.Lock()
	last := s.named
	s.mu.Unlock()
	now := time.Now()
	if !last.IsZero() && now.Sub(last) < namesEvery-time.Minute {
		return report, nil
	}
	var problems []exceptions.Exception
	var unsure []string // objects of which nobody can say whether they are there
	caseOf := func(setting, name string) string { return setting + " " + part.Clip(name) }
	raise := func(setting, name, what, near string) {
		report.unknown = append(report.unknown, name)
		seen := fmt.Sprintf("%s names %q, and no %s is called that", setting, part.Clip(name), what)
		if near != "" {
			seen += fmt.Sprintf("; did you mean %q?", part.Clip(near))
		}
		problems = append(problems, exceptions.New(exceptions.NameUnknown, caseOf(setting, name), time.Time{}, seen,
			"correct the setting and start the bridge again; if the SKU is still to be made, wait"))
	}
	set := s.Settings
	if keep := slices.Sorted(maps.Keys(set.KeepItems)); len(keep) > 0 {
		items, err := s.warehouse.ItemsBySKU(ctx, keep)
		if err != nil {
			return report, fmt.Errorf("looking for the items of keep_items: %w", err)
		}
		there := map[string]bool{}
		for _, item := range items {
			there[strings.ToLower(item.SKU)] = true
		}
		report.compared += len(keep)
		for _, sku := range keep {
			if !there[strings.ToLower(sku)] {
				raise("keep_items", sku, "item of the warehouse", "")
			}
		}
	}
	if len(set.LeaveAlone) > 0 {
		missing, known, all, err := s.notListed(ctx, set.LeaveAlone)
		if err != nil {
			return report, fmt.Errorf("looking for the listings of leave_alone: %w", err)
		}
		report.compared += len(set.LeaveAlone)
		for _, name := range missing {
			if !all {
				unsure = append(unsure, caseOf("leave_alone", name))
				continue
			}
			raise("leave_alone", name, "listing of the shop", part.Nearest(name, known))
		}
	}
	if err := s.tellNames(ctx, problems, unsure); err != nil {
		return report, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.named = now
	return report, nil
}

// notListed returns those of the names that no listing has as SKU id or seller SKU, and
// the seller SKUs that there are. all is false if a product could not be read, which may
// have any of them.
func (s *Sync) notListed(ctx context.Context, names []string) (missing, known []string, all bool, err error) {
	left := map[string]bool{}
	for _, name := range names {
		left[name] = true
	}
	all = true
	for l, err := range s.shop.Listings(ctx) {
		if _, ok := errors.AsType[*exceptions.UnreadableError](err); ok {
			all = false
			continue
		}
		if err != nil {
			return nil, nil, false, err
		}
		delete(left, l.ID)
		if delete(left, l.SellerSKU); l.SellerSKU != "" {
			known = append(known, l.SellerSKU)
		}
		if len(left) == 0 {
			return nil, nil, true, nil
		}
	}
	return slices.Sorted(maps.Keys(left)), known, all, nil
}

// tellNames raises problems, and closes every other case of the settings' names but those
// of the objects that nobody is sure of.
func (s *Sync) tellNames(ctx context.Context, problems []exceptions.Exception, unsure []string) error {
	if err := exceptions.RaiseAll(ctx, s.queue, problems); err != nil {
		return err
	}
	open, err := s.queue.Open(ctx, exceptions.NameUnknown)
	if err != nil {
		return fmt.Errorf("reading the open cases: %w", err)
	}
	for _, e := range open {
		if slices.Contains(unsure, e.Object) || slices.ContainsFunc(problems, func(p exceptions.Exception) bool { return p.Ref() == e.Ref() }) {
			continue
		}
		if err := s.queue.Clear(ctx, e.Object, e.Kind); err != nil {
			return fmt.Errorf("closing %q: %w", e.Kind, err)
		}
	}
	return nil
}
