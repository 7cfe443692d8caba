package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

// clean is an object or a kind as it is kept: names of the other side may be no UTF-8.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, string(utf8.RuneError)), "\x00", string(utf8.RuneError))
}

// Raise implements [exceptions.Queue].
func (s Shop) Raise(ctx context.Context, e exceptions.Exception) error {
	if s.bad != nil {
		return s.bad
	}
	if e.Kind == "" || e.Object == "" {
		return fmt.Errorf("exceptions: raise: %q about %q: it needs a kind and an object", e.Kind, e.Object)
	}
	e.Shop, e.Kind, e.Object = s.name, exceptions.Kind(clean(string(e.Kind))), clean(e.Object)
	sets(&e.Deadline)
	return s.change(ctx, "raising an exception", func(ctx context.Context, t *tx) error {
		c, _, err := t.readCase(ctx, s.name, e.Key())
		if err != nil {
			return err
		}
		return t.putCase(ctx, c.Raise(e, s.db.config.Now()))
	})
}

// change is a write of the shop's cases, one at a time.
func (s Shop) change(ctx context.Context, what string, f func(context.Context, *tx) error) error {
	return s.db.write(ctx, what, func(ctx context.Context, t *tx) error {
		if _, err := t.count(ctx, s.name, "case", 1); err != nil {
			return err
		}
		return f(ctx, t)
	})
}

// Clear implements [exceptions.Queue].
func (s Shop) Clear(ctx context.Context, object string, which ...exceptions.Kind) error {
	if s.bad != nil {
		return s.bad
	}
	if len(which) == 0 {
		return ctx.Err()
	}
	object = clean(object)
	var keys, causes []string
	order, isOrder := exceptions.OrderOf(object)
	for _, k := range which {
		keys = append(keys, exceptions.Exception{Shop: s.name, Kind: exceptions.Kind(clean(string(k))), Object: object}.Key())
		if info, _ := k.Info(); info.Cause && isOrder {
			causes = append(causes, string(k))
		}
	}
	quoted, err := json.Marshal(order) // as it stands in a list
	if err != nil {
		return fmt.Errorf("sqlstore: %w", err)
	}
	return s.change(ctx, "clearing exceptions", func(ctx context.Context, t *tx) error {
		closing, err := t.cases(ctx, `shop = ? AND name {in}`, s.name, keys)
		if err != nil {
			return err
		}
		now := s.db.config.Now()
		for _, c := range closing {
			if err := t.putCase(ctx, c.Clear(now)); err != nil {
				return err
			}
		}
		if len(causes) == 0 {
			return nil
		}
		lists, err := t.cases(ctx, `shop = ? AND state {in} AND kind {in} AND {contains}`,
			s.name, []string{string(exceptions.CaseOpen), string(exceptions.CaseResolved)}, causes, string(quoted))
		if err != nil {
			return err
		}
		for _, c := range lists {
			if _, found := slices.BinarySearch(c.Orders, order); found {
				if err := t.putCase(ctx, c.Without(order, now)); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Open implements [exceptions.Queue].
func (s Shop) Open(ctx context.Context, kinds ...exceptions.Kind) ([]exceptions.Exception, error) {
	if s.bad != nil {
		return nil, s.bad
	}
	cases, err := s.db.Cases(ctx, exceptions.Filter{Shop: s.name, Kinds: kinds})
	list := make([]exceptions.Exception, len(cases))
	for i, c := range cases {
		list[i] = c.Exception
	}
	return list, err
}

// Cases implements [exceptions.Desk].
func (d *DB) Cases(ctx context.Context, filter exceptions.Filter) (list []exceptions.Case, err error) {
	if err := filter.Check(); err != nil {
		return nil, err
	}
	states := []string{string(exceptions.CaseOpen)}
	if len(filter.States) > 0 {
		states = asTexts(filter.States)
	}
	where, args := `state {in}`, []any{states}
	if filter.Shop != "" {
		where, args = where+` AND shop = ?`, append(args, filter.Shop)
	}
	if len(filter.Kinds) > 0 {
		where, args = where+` AND kind {in}`, append(args, asTexts(filter.Kinds))
	}
	if filter.Object != "" { // a key ends with it
		where, args = where+` AND {named}`, append(args, "|"+clean(filter.Object))
	}
	err = d.read(ctx, "reading cases", func(t *tx) (err error) {
		list, err = t.cases(ctx, where, args...)
		return err
	})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(c exceptions.Case) bool { return !filter.Match(c) })
	slices.SortFunc(list, func(a, b exceptions.Case) int { return exceptions.Compare(a.Exception, b.Exception) })
	return list, nil
}

func asTexts[T ~string](list []T) []string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = clean(string(s))
	}
	return texts
}

// Decide implements [exceptions.Desk].
func (d *DB) Decide(ctx context.Context, key string, decision exceptions.Decision) (decided exceptions.Case, err error) {
	shop, _, _ := strings.Cut(key, "|") // names of shops have none
	if exceptions.CheckShop(shop) != nil || checkText(key) != nil {
		if err := ctx.Err(); err != nil {
			return exceptions.Case{}, err
		}
		return exceptions.Case{}, fmt.Errorf("%w: %q", exceptions.ErrNoCase, key)
	}
	sets(&decision.Until)
	var refused error
	err = d.Shop(shop).change(ctx, "deciding about a case", func(ctx context.Context, t *tx) error {
		refused = nil
		c, known, err := t.readCase(ctx, shop, key)
		if err != nil {
			return err
		}
		if !known {
			decided, refused = c, fmt.Errorf("%w: %q", exceptions.ErrNoCase, key)
			return errRefused
		}
		if decided, refused = c.Decide(decision, d.config.Now()); refused != nil {
			return errRefused
		}
		return t.putCase(ctx, decided)
	})
	if errors.Is(err, errRefused) {
		return decided, refused
	}
	return decided, err
}

// errRefused ends the transaction of a decision that is refused.
var errRefused = errors.New("refused")

func (t *tx) readCase(ctx context.Context, shop, key string) (c exceptions.Case, known bool, err error) {
	cases, err := t.cases(ctx, `shop = ? AND name = ?`, shop, key)
	if err != nil || len(cases) == 0 {
		return c, false, err
	}
	return cases[0], true, nil
}

func (t *tx) cases(ctx context.Context, where string, args ...any) (list []exceptions.Case, err error) {
	err = t.query(ctx, `SELECT doc FROM lb_cases WHERE `+where, func(rows *sql.Rows) error {
		var c exceptions.Case
		if err := scanDocument(rows, &c); err != nil {
			return err
		}
		list = append(list, c)
		return nil
	}, args...)
	return list, err
}

// putCase keeps a case, and forgets the oldest closed ones now and then.
func (t *tx) putCase(ctx context.Context, c exceptions.Case) error {
	doc, err := document(c)
	if err != nil {
		return err
	}
	if _, err := t.exec(ctx, `INSERT INTO lb_cases (shop, name, kind, state, closed_at, quiet, doc) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (shop, name) DO UPDATE SET state = excluded.state, closed_at = excluded.closed_at, quiet = excluded.quiet, doc = excluded.doc`,
		c.Shop, c.Key(), string(c.Kind), string(c.State), text(c.ClosedAt), text(c.QuietUntil), doc); err != nil || c.State == exceptions.CaseOpen {
		return err
	}
	closed, err := t.count(ctx, c.Shop, "closed case", 1)
	if err != nil || closed%100 != 0 {
		return err
	}
	// One that was accepted as it is for some time would be raised again.
	_, err = t.exec(ctx, `DELETE FROM lb_cases WHERE shop = ? AND (quiet IS NULL OR quiet <= ?) AND closed_at <=
		(SELECT closed_at FROM lb_cases WHERE shop = ? AND closed_at IS NOT NULL ORDER BY closed_at DESC LIMIT 1 OFFSET ?)`,
		c.Shop, sortable(t.db.config.Now()), c.Shop, t.db.config.ClosedCases)
	return err
}
