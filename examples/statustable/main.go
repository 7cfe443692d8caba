// Command statustable prints what the bridge does next with an order, by
// shipping model, status in the shop and state in the warehouse.
//
//	go run ./examples/statustable
//	go run ./examples/statustable -model tiktok
//	go run ./examples/statustable -override client.txt
//
// A file for -override changes a few cells; its lines are
//
//	model status state action
//
// such as "seller UNPAID absent park". What is printed with it is what the parts
// do when their Table option is made of the same file.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
)

func main() {
	err := run(os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "statustable:", err)
		os.Exit(1)
	}
}

// run is main without the process around it.
func run(args []string, out, help io.Writer) error {
	flags := flag.NewFlagSet("statustable", flag.ContinueOnError)
	flags.SetOutput(help)
	override := flags.String("override", "", "a `file` that changes cells: lines of model, status, state and action")
	model := flags.String("model", "", "print the rows of one shipping `model` only: seller, tiktok or fbt")
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
	text := table.String()
	if *model != "" {
		var err error
		if text, err = rowsOf(text, *model); err != nil {
			return err
		}
	}
	_, err := io.WriteString(out, text)
	return err
}

func overridden(table *bridge.StatusTable, path string) (*bridge.StatusTable, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	table, err = table.Override(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return table, nil
}

// rowsOf leaves out the rows of other models: comments, the heading, which is the
// first line that is none, and the model's rows stay.
func rowsOf(text, model string) (string, error) {
	var b strings.Builder
	var models []string
	heading := true
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		row := len(fields) > 0 && !strings.HasPrefix(fields[0], "#")
		switch {
		case row && heading:
			heading = false
		case row && !slices.Contains(models, fields[0]):
			models = append(models, fields[0])
		}
		if !row || fields[0] == model || len(models) == 0 {
			b.WriteString(line)
		}
	}
	if !slices.Contains(models, model) {
		return "", fmt.Errorf("the table has no model %q, only %s", model, strings.Join(models, ", "))
	}
	return b.String(), nil
}
