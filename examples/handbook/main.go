// Command handbook writes the operations handbook: where data lives, what is done every
// day, and for everything that the bridge can ask a person for, what it means, who acts, in
// what time, what to do, where to click and what closes it.
//
//	go run ./examples/handbook
//	go run ./examples/handbook -settings client.json -people people.json -o handbook.md
//	go run ./examples/handbook -settings client.json -html handbook.html
//	go run ./examples/handbook -settings client.json -against other.json
//
// With a client's settings it is that client's book: it has the decisions that they make
// and what they mean, and nothing that the client does not use. -people is the file that
// says who is told (see bridge/notify). -against prints, instead of the book, in what two
// clients differ. It is Markdown, or with -html one page that prints well.
//
// -override changes cells of the status table of a book without settings, with the same
// file as ./examples/statustable.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/notify"
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
	settings := flags.String("settings", "", "a `file` with a client's settings: write that client's book")
	against := flags.String("against", "", "a `file` with another client's settings: only write what differs")
	people := flags.String("people", "", "a `file` that says who is told")
	page := flags.String("html", "", "write one page for a browser or printer to a `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q: see -help", flags.Arg(0))
	case *settings == "" && (*against != "" || *people != ""):
		return errors.New("-against and -people go with -settings")
	case *settings != "" && *override != "":
		return errors.New("-override is for a book without settings: a client's rows are in status_table")
	}
	table := bridge.DefaultStatusTable()
	var c *client
	var err error
	if *settings != "" {
		if c, err = read(*settings); err != nil {
			return err
		}
		if table, err = c.settings.Table(); err != nil {
			return fmt.Errorf("%s: %w", *settings, err)
		}
	}
	if *override != "" {
		if table, err = overridden(table, *override); err != nil {
			return err
		}
	}
	if *people != "" {
		if c.people, err = readPeople(*people); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if *against != "" {
		other, err := read(*against)
		if err != nil {
			return err
		}
		differences(&text, c, other)
	} else {
		write(&text, c, table)
	}
	if *page != "" {
		err = os.WriteFile(*page, toHTML(text.String()), 0o644)
	}
	switch {
	case err != nil:
		return err
	case *path != "":
		return os.WriteFile(*path, text.Bytes(), 0o644)
	case *page != "":
		return nil
	}
	_, err = text.WriteTo(out)
	return err
}

func read(path string) (*client, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	settings, err := bridge.ReadSettings(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return newClient(settings)
}

func readPeople(path string) (*notify.People, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	people, err := notify.ReadPeople(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &people, nil
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
