// Command reconcile ties a month of payouts to orders, to the penny, and prints what a
// client would be sent.
//
//	go run ./examples/reconcile
//	go run ./examples/reconcile -html page.html
//	go run ./examples/reconcile -csv books
//
// It trades a month on the two fakes: sales with discounts, fees and postage, refunds,
// penalties, reserves, payouts in another currency, and five things that went wrong on
// purpose. Nothing is needed, nothing leaves the machine.
//
// The exit code is 0 if every amount is tied to an order or has a reason that passes, 2 if
// somebody has to look, and 1 if the program failed. With -clean nothing goes wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/linnbridge/linnbridge/bridge/finance"
)

// errLook says that the report has something for somebody to look at.
var errLook = errors.New("somebody has to look")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errLook):
		stop()
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "reconcile:", err)
		stop()
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(ctx context.Context, args []string, out, help io.Writer) error {
	flags := flag.NewFlagSet("reconcile", flag.ContinueOnError)
	flags.SetOutput(help)
	html := flags.String("html", "", "write the report as one self-contained page to this `file`")
	csv := flags.String("csv", "", "write the journal, that of June by order dates, the summary of each payout, the list of orders and the movements of the balance into this `directory`")
	clean := flags.Bool("clean", false, "a month in which nothing goes wrong")
	flags.Usage = func() {
		fmt.Fprintln(help, "usage: reconcile [-clean] [-html file] [-csv directory]")
		flags.PrintDefaults()
		fmt.Fprintln(help, "exit code: 0 if nobody has to look, 2 if somebody has to, 1 if it failed")
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	}
	if *csv != "" { // before the work, not after it
		if err := os.MkdirAll(*csv, 0o755); err != nil {
			return err
		}
	}
	if *html != "" {
		file, err := os.OpenFile(*html, os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	m, err := trade(ctx, *clean)
	if err != nil {
		return fmt.Errorf("trading a month on the fakes: %w", err)
	}
	report, err := m.reconcile(ctx)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, report.String()); err != nil {
		return err
	}
	if *html != "" {
		page, err := pageOf(report)
		if err != nil {
			return err
		}
		if err := os.WriteFile(*html, page, 0o644); err != nil {
			return err
		}
	}
	if *csv != "" {
		if err := writeTables(*csv, report); err != nil {
			return err
		}
	}
	if !report.OK() {
		return errLook
	}
	return nil
}

// writeTables writes what accounting takes over into a directory that is there.
func writeTables(dir string, r *finance.Report) error {
	for _, table := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"journal.csv", func(w io.Writer) error { return finance.WriteJournal(w, r.Journal()) }},
		{"journal-june.csv", func(w io.Writer) error { return finance.WriteJournal(w, r.Month(2026, time.June, nil).Documents) }},
		{"payouts.csv", r.WriteSummary},
		{"orders.csv", r.WriteOrders},
		{"balance.csv", r.WriteMovements},
	} {
		file, err := os.Create(filepath.Join(dir, table.name))
		if err != nil {
			return err
		}
		if err := errors.Join(table.write(file), file.Close()); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	return nil
}
