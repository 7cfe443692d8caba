// Command handbook writes the operations handbook: for everything that the
// bridge can ask a person for, what it means, who acts, in what time, what to do,
// where to click and what closes it.
//
//	go run ./examples/handbook
//	go run ./examples/handbook -o handbook.md
//	go run ./examples/handbook -override client.txt
//	go run ./examples/handbook -settings client.json
//
// It is Markdown, written from the table of kinds in the package bridge. The
// status table in it can be a client's: -override takes the same file as
// ./examples/statustable. -settings takes a client's settings, whose shipping rules it
// prints.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/exceptions"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "handbook:", err)
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(args []string, out, help io.Writer) error {
	flags := flag.NewFlagSet("handbook", flag.ContinueOnError)
	flags.SetOutput(help)
	path := flags.String("o", "", "write to a `file` instead of standard output")
	override := flags.String("override", "", "a `file` that changes cells of the status table")
	settings := flags.String("settings", "", "a `file` with a client's settings, for the shipping rules")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	}
	table := bridge.DefaultStatusTable()
	if *override != "" {
		var err error
		if table, err = overridden(table, *override); err != nil {
			return err
		}
	}
	var client bridge.Settings
	if *settings != "" {
		var err error
		if client, err = read(*settings); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	write(&text, exceptions.Kinds(), table, client.ShippingRules)
	if *path != "" {
		return os.WriteFile(*path, text.Bytes(), 0o644)
	}
	_, err := text.WriteTo(out)
	return err
}

func read(path string) (bridge.Settings, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return bridge.Settings{}, err
	}
	settings, err := bridge.ReadSettings(bytes.NewReader(text))
	if err != nil {
		return settings, fmt.Errorf("%s: %w", path, err)
	}
	return settings, nil
}

func overridden(table *bridge.StatusTable, path string) (*bridge.StatusTable, error) {
	cells, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if table, err = table.Override(bytes.NewReader(cells)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return table, nil
}
