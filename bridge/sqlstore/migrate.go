package sqlstore

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// schema has the steps from one version of the tables to the next: 1.sql, 2.sql, and so
// on. A step that was released is never changed.
//
//go:embed schema
var schema embed.FS

// migrations are the steps, each as statements.
func migrations() (steps [][]string, err error) {
	for n := 1; ; n++ {
		script, err := schema.ReadFile("schema/" + strconv.Itoa(n) + ".sql")
		if err != nil {
			names, globErr := fs.Glob(schema, "schema/*.sql")
			if globErr != nil || len(names) != len(steps) {
				return nil, fmt.Errorf("the steps are not numbered from 1 to %d: %w", len(names), err)
			}
			return steps, nil
		}
		var statements []string
		for text := range strings.SplitSeq(string(script), ";\n") {
			if text = strings.TrimSpace(text); text != "" {
				statements = append(statements, text)
			}
		}
		steps = append(steps, statements)
	}
}

// migrate brings the tables up to date, one process at a time, all steps or none.
func (d *DB) migrate(ctx context.Context) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	return d.retry(ctx, func() error {
		return d.transaction(ctx, func(ctx context.Context, t *tx) error {
			if d.dialect.migrate != "" {
				if _, err := t.exec(ctx, d.dialect.migrate); err != nil {
					return err
				}
			}
			if _, err := t.exec(ctx, `CREATE TABLE IF NOT EXISTS lb_schema (version {int} NOT NULL, identity {text} NOT NULL)`); err != nil {
				return err
			}
			var version, rows int
			if err := t.row(ctx, `SELECT COALESCE(MAX(version), 0), COALESCE(MAX(identity), ''), count(*) FROM lb_schema`, []any{&version, &d.identity, &rows}); err != nil {
				return err
			}
			if version > len(steps) {
				return fmt.Errorf("%w: its tables are of version %d, this one knows them up to %d: run the newer program, or restore a backup from before it ran", ErrNewer, version, len(steps))
			}
			if version == len(steps) {
				// What is left of processes that died long ago, with locks that nobody wanted.
				if _, err := t.exec(ctx, `DELETE FROM lb_leases WHERE expires < {now} - 86400000000`); err != nil {
					return err
				}
				_, err := t.exec(ctx, `DELETE FROM lb_budgets WHERE used < {now} - 86400000000`)
				return err
			}
			if rows == 0 {
				d.identity = rand.Text()
				if _, err := t.exec(ctx, `INSERT INTO lb_schema (version, identity) VALUES (0, ?)`, d.identity); err != nil {
					return err
				}
			}
			for n, statements := range steps[version:] {
				for _, text := range statements {
					if _, err := t.exec(ctx, text); err != nil {
						return fmt.Errorf("bringing the tables to version %d: %w", version+n+1, err)
					}
				}
			}
			if d.dialect.numbered {
				if _, err := t.exec(ctx, `CREATE SEQUENCE IF NOT EXISTS lb_hint`); err != nil {
					return err
				}
			}
			_, err := t.exec(ctx, `UPDATE lb_schema SET version = ?`, len(steps))
			return err
		})
	})
}
