// Command quickstart runs the bridge once through its main job and prints what
// it did and what needs a person.
//
//	go run ./examples/quickstart
//
// runs it on a made-up shop and warehouse in memory: nothing is needed, nothing
// leaves the machine. With -live it runs against the real TikTok Shop and
// Linnworks, with credentials from the environment (see -help), and only looks;
// with -live -write it also acts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, out, help io.Writer) error {
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(help)
	live := flags.Bool("live", false, "use the real TikTok Shop and Linnworks, credentials from the environment; read only")
	write := flags.Bool("write", false, "with -live: import, push, dispatch and cancel for real")
	since := flags.Duration("since", 24*time.Hour, "with -live: how far back to look for orders")
	flags.Usage = func() {
		fmt.Fprintln(help, "usage: quickstart [-live [-write] [-since 24h]]")
		flags.PrintDefaults()
		fmt.Fprint(help, liveHelp)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	case *write && !*live:
		return errors.New("-write only goes with -live: the made-up shop is always written to")
	case *since <= 0:
		return fmt.Errorf("-since %s is not positive", *since)
	case !*live:
		return demo(ctx, out)
	}
	s, err := connectLive(ctx, getenv, *since, out)
	if err != nil {
		return err
	}
	if !*write {
		return s.survey(ctx)
	}
	err = s.pass(ctx, "One pass over the real systems")
	return errors.Join(err, s.summary(ctx))
}
