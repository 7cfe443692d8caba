// Command apigen imports the vendors' API descriptions and generates the
// clients. See internal/gen/README.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/linnbridge/linnbridge/internal/gen/importer"
	"github.com/linnbridge/linnbridge/internal/gen/spec"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("want a command: import, ledger, generate or count")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	root := flags.String("root", ".", "root of the repository")
	specs := flags.String("specs", "../shared/specs", "import: folder with the descriptions")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "import":
		return importAll(*root, *specs)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func importAll(root, specs string) error {
	for _, api := range []struct {
		name string
		read func(string) ([]*spec.Module, error)
	}{{"tiktokshop", importer.TikTokShop}, {"linnworks", importer.Linnworks}} {
		modules, err := api.read(filepath.Join(specs, api.name))
		if err != nil {
			return err
		}
		n, err := importer.Write(os.Stdout, filepath.Join(root, "internal", "spec", api.name), modules)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d modules, %d differences\n", api.name, len(modules), n)
	}
	return nil
}
