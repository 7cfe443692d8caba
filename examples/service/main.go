// Command service is the bridge as a program to deploy: webhooks in, orders, stock and
// tracking kept in step for one shop or several, on one machine with SQLite or on several
// with PostgreSQL.
//
//	go -C examples/service run . -demo                        # made-up shop and warehouse
//	go -C examples/service run . -demo -pulls                 # the same, and Linnworks comes for its orders
//	go -C examples/service run . -config client.json -check   # what is wrong, nothing is written
//	go -C examples/service run . -config client.json -authorise
//	go -C examples/service run . -config client.json -shadow  # beside another integration, nothing is written
//	go -C examples/service run . -config client.json -report  # what that has seen, and the switch as a checklist
//	go -C examples/service run . -config client.json
//
// README.md beside this file says how to deploy it, -help which environment it reads.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "linnbridge:", err)
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, in io.Reader, out, log io.Writer) error {
	flags := flag.NewFlagSet("linnbridge", flag.ContinueOnError)
	flags.SetOutput(log)
	file := flags.String("config", "", "`file` with the settings of a shop, or a list of such files")
	check := flags.Bool("check", false, "say all that is wrong with settings and access, list the ids that the settings need, and end")
	consent := flags.Bool("authorise", false, "have a seller authorise the app, store the tokens, and end")
	seller := flags.String("seller", defaultSeller, "with -authorise: the `name` of the seller in the list of shops")
	isShadow := flags.Bool("shadow", false, "rehearse: look at both sides beside another integration, write to neither, until interrupted")
	isReport := flags.Bool("report", false, "print what -shadow has seen, and what is still to do before the switch, and end")
	isDemo := flags.Bool("demo", false, "run beside a made-up shop and warehouse, in a temporary folder")
	pulls := flags.Bool("pulls", false, "with -demo: Linnworks pulls the orders, as with linnworks_pulls, and is not sent them")
	last := flags.Duration("for", 0, "with -demo: end after this `time`; 0: run until interrupted")
	flags.Usage = func() {
		fmt.Fprintln(log, "usage: linnbridge -config file [-check | -authorise | -shadow | -report] | -demo [-pulls] [-for 20s]")
		flags.PrintDefaults()
		fmt.Fprint(log, environment)
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	case *isDemo && *file != "", count(*isDemo, *check, *consent, *isShadow, *isReport) > 1:
		return errors.New("-demo, -check, -authorise, -shadow and -report do not go together, and -demo needs no -config")
	case *seller != defaultSeller && !*consent:
		return errors.New("-seller goes with -authorise: the list of shops says whose tokens a shop has")
	case *last < 0 || *last > 0 && !*isDemo:
		return fmt.Errorf("-for %s: it goes with -demo, and is not negative", *last)
	case *pulls && !*isDemo:
		return errors.New("-pulls goes with -demo: for your own shop set linnworks_pulls in its settings")
	case *isDemo:
		return demo(ctx, *last, *pulls, out, logger)
	case *file == "":
		return errors.New("-config is missing: name the settings file of the shop, or try -demo")
	}
	c, err := readConfig(*file, getenv)
	switch {
	case *check:
		return checkAll(ctx, c, err, out)
	case err != nil:
		return err
	case *consent:
		return authorise(ctx, c, *seller, in, out)
	case *isShadow:
		return rehearse(ctx, c, lookEvery, logger)
	case *isReport:
		return reportRehearsals(ctx, c, out)
	}
	return serve(ctx, c, logger, nil)
}

func count(flags ...bool) (n int) {
	for _, set := range flags {
		if set {
			n++
		}
	}
	return n
}

// stopWithin is how long the service takes to end at most: half of it runs that are
// under way may use to finish, in the other half their contexts have ended.
const stopWithin = 20 * time.Second
