// Command flashsale plays a flash sale under five ways to keep a shop's stock in
// time, and compares what each oversells:
//
//	go run ./examples/flashsale
//
// 300 units, 20 buyers a minute on TikTok Shop, or as many as -rate says, and 5 a minute
// on another channel that sells from the same stock in Linnworks. TikTok holds every paid order for
// an hour. Both sides are the fakes of this module, in memory and in simulated
// time; the program between them is wired from the bridge's parts (see newHub),
// and each policy is a row of a table (see policies).
//
// It prints the comparison and writes a page with the stock curves. The flags:
//
//	-seed n     the chance that decides when buyers come and how long calls take (default 1)
//	-seeds n    play the sale n times, with seeds from -seed on, and compare averages (default 1)
//	-rate n     how many buyers a minute come to TikTok Shop (default 20; a LIVE has 300)
//	-minutes n  for how long buyers come (default 90: an hour after the stock is gone)
//	-o file     where to write the page (default: flashsale.html in the temporary directory)
//
// README.md tells what is simulated and what is not.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "flashsale:", err)
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("flashsale", flag.ContinueOnError)
	flags.SetOutput(progress)
	seed := flags.Uint64("seed", 1, "the chance that decides when buyers come and how long calls take")
	seeds := flags.Int("seeds", 1, "how many times to play the sale, with seeds from -seed on")
	minutes := flags.Int("minutes", 90, "for how long buyers come")
	rate := flags.Int("rate", shopRate, "how many buyers a minute come to TikTok Shop")
	file := flags.String("o", filepath.Join(os.TempDir(), "flashsale.html"), "where to write the page")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	case *seeds < 1:
		return fmt.Errorf("-seeds %d: at least one", *seeds)
	case *minutes < 1:
		return fmt.Errorf("-minutes %d: at least one", *minutes)
	case *rate < 1 || *rate > mostRate:
		return fmt.Errorf("-rate %d: at least one, and at most %d", *rate, mostRate)
	}

	c := comparison{setting: setting{Seed: *seed, Rate: *rate, Lasts: time.Duration(*minutes) * time.Minute}, Seeds: *seeds}
	for _, p := range policies {
		fmt.Fprintf(progress, "... %s\n", p.Name)
		row, err := play(ctx, p, c.setting, *seeds)
		if err != nil {
			return err
		}
		c.Rows = append(c.Rows, row)
	}
	copied, err := simulate(ctx, overwrite, c.setting)
	if err != nil {
		return err
	}
	c.Overwritten = copied.Oversold()

	page, err := c.page()
	if err != nil {
		return err
	}
	if err := os.WriteFile(*file, page, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\nThe stock curves are in %s\n", c, *file)
	return nil
}

// play simulates the sale once for every seed.
func play(ctx context.Context, p *policy, set setting, seeds int) (row, error) {
	var results []result
	for range seeds {
		r, err := simulate(ctx, p, set)
		if err = cmp.Or(err, ctx.Err()); err != nil {
			return row{}, err
		}
		if len(results) > 0 {
			r.Curve = nil // only the first is drawn
		}
		results = append(results, r)
		set.Seed++
	}
	return summarise(results), nil
}
