package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// accounts is what is probed.
type accounts struct {
	shop      *tiktokshop.Client
	warehouse *linnworks.Client
	// sku and order may be changed if write is set; empty if nothing may.
	sku, order string
	write      bool
	// limited reports whether the shop has reached its order limit now: no call tells.
	limited bool
	// onAir is the id of a LIVE of the shop that goes on, or empty.
	onAir string
}

// check tries one thing that is assumed about one of the two APIs.
type check struct {
	side    string // "TikTok Shop" or "Linnworks"
	assumes string // a sentence without its full stop
	source  string // where the assumption comes from: an official page, or who saw it
	does    string // what it does, in a few words
	calls   int    // at the most
	writes  bool   // it changes the test SKU or the test order
	ifNot   string // what to set, or to know, where the assumption does not hold
	quirk   string // the quirk of the fakes that it finds switched
	try     func(context.Context, accounts) (holds bool, seen string, err error)
}

// notTriedError is the error of a check that lacks an example to look at.
type notTriedError string

func (e notTriedError) Error() string { return string(e) }

func notTried(why string) error { return notTriedError(why) }

// outcome is what a check came to.
type outcome string

// The outcomes.
const (
	asAssumed outcome = "holds"
	otherwise outcome = "differs"
	skipped   outcome = "not tried"
	failed    outcome = "failed"
)

// result is the outcome of one check.
type result struct {
	Side    string  `json:"side"`
	Assumes string  `json:"assumes"`
	Source  string  `json:"source"`
	Outcome outcome `json:"outcome"`
	// Seen is what was seen, or why the check was not tried or failed.
	Seen string `json:"seen"`
	// Set is what to set, or to know, if the outcome is "differs".
	Set string `json:"set,omitempty"`

	quirk string
}

// checks are all of them, in the order in which they are tried: those that change
// something come last.
func checks() []check {
	var reads, writes []check
	for _, c := range append(shopChecks(), warehouseChecks()...) {
		if c.writes {
			writes = append(writes, c)
		} else {
			reads = append(reads, c)
		}
	}
	return append(reads, writes...)
}

// probe tries every check; one that fails does not stop the others.
func probe(ctx context.Context, a accounts, progress io.Writer) ([]result, error) {
	var list []result
	all := checks()
	for i, c := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		fmt.Fprintf(progress, "\r%d of %d ", i+1, len(all))
		list = append(list, c.result(ctx, a))
	}
	fmt.Fprintln(progress)
	return list, nil
}

func (c check) result(ctx context.Context, a accounts) result {
	r := result{Side: c.side, Assumes: c.assumes, Source: c.source, quirk: c.quirk}
	if c.writes && !a.write {
		r.Outcome, r.Seen = skipped, "it changes the test SKU or order: -write allows that"
		return r
	}
	holds, seen, err := c.try(ctx, a)
	var missing notTriedError
	switch {
	case errors.As(err, &missing):
		r.Outcome, r.Seen = skipped, string(missing)
	case err != nil:
		r.Outcome, r.Seen = failed, err.Error()
	case holds:
		r.Outcome, r.Seen = asAssumed, seen
	default:
		r.Outcome, r.Seen, r.Set = otherwise, seen, c.ifNot
	}
	return r
}

func count(results []result, o outcome) (n int) {
	for _, r := range results {
		if r.Outcome == o {
			n++
		}
	}
	return n
}

// printResults begins with what differs, for that is what somebody has to act on.
func printResults(out io.Writer, results []result) error {
	var b strings.Builder
	for _, group := range []struct {
		outcome outcome
		heading string
	}{
		{otherwise, "What is not as the bridge assumes"}, {failed, "What could not be found out"},
		{asAssumed, "What is as assumed"}, {skipped, "What was not tried"},
	} {
		n := count(results, group.outcome)
		if n == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s (%d)\n\n", group.heading, n)
		table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, r := range results {
			if r.Outcome != group.outcome {
				continue
			}
			fmt.Fprintf(table, "  %s\t%s\n", r.Side, r.Assumes)
			if r.Outcome != asAssumed {
				fmt.Fprintf(table, "  \t  %s\n", r.Seen)
			}
			if r.Set != "" {
				fmt.Fprintf(table, "  \t  %s\n", r.Set)
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%d checks: %d hold, %d differ, %d not tried, %d failed.\n", len(results),
		count(results, asAssumed), count(results, otherwise), count(results, skipped), count(results, failed))
	_, err := io.WriteString(out, b.String())
	return err
}

func listChecks(out io.Writer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SIDE\tASSUMED\tWHAT THE CHECK DOES\tCALLS\tWRITES")
	for _, c := range checks() {
		writes := ""
		if c.writes {
			writes = "yes"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", c.side, c.assumes, c.does, c.calls, writes)
	}
	_ = table.Flush()
}
