// Command audit compares a shop with a warehouse and prints what would cost a sale, an
// order or a unit of stock: who mends it, and what to enter where.
//
//	go run ./examples/audit
//	go run ./examples/audit -promotion MUG-RED,LAMP-OAK -html audit.html
//
// looks at a made-up shop and warehouse. With -live it reads the real ones, with
// credentials from the environment and the client's settings file; it writes to neither:
//
//	go run ./examples/audit -live -settings client.json -csv audit.csv
//
// It exits with 1 if there is something to mend, and with 2 if it could not do its work
// or not everything could be read.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/linnbridge/linnbridge/bridge"
	"github.com/linnbridge/linnbridge/bridge/audit"
	"github.com/linnbridge/linnbridge/bridge/linnworksadapter"
	"github.com/linnbridge/linnbridge/bridge/tiktokadapter"
	"github.com/linnbridge/linnbridge/examples/internal/environ"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code, err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
	}
	os.Exit(code)
}

// The exit codes.
const (
	clean   = 0
	toMend  = 1
	trouble = 2
)

// run is main without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, out, progress io.Writer) (code int, err error) {
	flags := flag.NewFlagSet("audit", flag.ContinueOnError)
	flags.SetOutput(progress)
	live := flags.Bool("live", false, "read the real TikTok Shop and Linnworks, credentials from the environment")
	settingsFile := flags.String("settings", "", "with -live: the client's settings `file`")
	title := flags.String("title", "", "the `title` of the report")
	account := flags.String("account", "", "the `name` of the Linnworks account, for the head of the report")
	promotion := flags.String("promotion", "", "seller SKUs or SKU `ids` that will be promoted, apart by commas")
	outputs := map[string]func(audit.Report, io.Writer) error{
		"csv": audit.Report.WriteCSV, "html": audit.Report.WriteHTML, "json": writeJSON,
	}
	imports := flags.String("imports", "", "write what Linnworks can import (items, composites, mappings) as CSV files into a `folder`")
	files := map[string]*string{}
	for kind := range outputs {
		files[kind] = flags.String(kind, "", "write the report as "+strings.ToUpper(kind)+" to a `file` too")
	}
	flags.Usage = func() {
		fmt.Fprintln(progress, "usage: audit [-live -settings client.json] [-promotion sku,...] [-title title] [-account name] [-csv file] [-html file] [-json file] [-imports folder]")
		flags.PrintDefaults()
		fmt.Fprint(progress, environment)
		fmt.Fprintln(progress, "exit code: 0 if there is nothing to mend, 1 if there is, 2 if it failed or not everything could be read")
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return clean, nil
	} else if err != nil {
		return trouble, err
	}
	if flags.NArg() > 0 || *live != (*settingsFile != "") {
		return trouble, errors.New("-live and -settings go together, and nothing else is expected: see -help")
	}
	if err := writable(files, *imports); err != nil { // before the work, which may take minutes
		return trouble, err
	}
	connect := madeUp
	if *live {
		connect = func(ctx context.Context) (audit.Ports, audit.Options, error) {
			return theirs(ctx, *settingsFile, getenv)
		}
	}
	ports, options, err := connect(ctx)
	if err != nil {
		return trouble, err
	}
	for sku := range strings.SplitSeq(*promotion, ",") {
		if sku = strings.TrimSpace(sku); sku != "" {
			options.Promotion = append(options.Promotion, sku)
		}
	}
	options.Title, options.Account = *title, *account
	options.Progress = func(step string) { fmt.Fprintf(progress, "reading: %s\n", step) }
	report, err := audit.Run(tiktokshop.Bulk(ctx), ports, options)
	if err != nil {
		return trouble, err
	}
	fmt.Fprint(out, report)
	for kind, file := range files {
		if *file != "" {
			if err := write(*file, func(w io.Writer) error { return outputs[kind](report, w) }); err != nil {
				return trouble, err
			}
		}
	}
	if *imports != "" {
		for _, kind := range audit.Imports {
			if err := write(filepath.Join(*imports, string(kind)+".csv"), func(w io.Writer) error { return report.WriteImport(w, kind) }); err != nil {
				return trouble, err
			}
		}
	}
	switch {
	case !report.Complete():
		return trouble, nil
	case len(report.Findings) > 0:
		return toMend, nil
	}
	return clean, nil
}

func writeJSON(r audit.Report, w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// writable makes the folder and the files that are asked for, or says why it cannot.
func writable(files map[string]*string, imports string) error {
	if imports != "" {
		if err := os.MkdirAll(imports, 0o755); err != nil {
			return err
		}
	}
	for _, name := range files {
		if *name == "" {
			continue
		}
		f, err := os.OpenFile(*name, os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func write(name string, to func(io.Writer) error) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(to(f), f.Close())
}

// portsOf are everything that an audit can look at.
func portsOf(shop *tiktokadapter.Shop, warehouse *linnworksadapter.Warehouse) audit.Ports {
	return audit.Ports{
		Name: shop, Listings: shop, Items: warehouse, Mappings: warehouse, Bundles: shop, Levels: warehouse, States: warehouse,
		Warehouses: shop, Locations: warehouse, Shop: shop, Warehouse: warehouse, Status: shop,
		Webhooks: shop, Setup: shop, Models: shop, Linnworks: warehouse, Clocks: map[string]audit.Clock{"TikTok Shop": shop, "Linnworks": warehouse},
	}
}

const environment = "environment with -live:\n" + environ.Help

// theirs reads the settings of a client and connects to both sides.
func theirs(ctx context.Context, file string, getenv func(string) string) (audit.Ports, audit.Options, error) {
	fail := func(err error) (audit.Ports, audit.Options, error) { return audit.Ports{}, audit.Options{}, err }
	settings, err := bridge.ReadSettingsFile(file)
	if err != nil {
		return fail(err)
	}
	shop, warehouse, err := environ.Connect(ctx, getenv, linnworksadapter.Options{SubSource: settings.SubSource})
	if err != nil {
		return fail(err)
	}
	return portsOf(shop, warehouse), settings.AuditOptions(), nil
}
