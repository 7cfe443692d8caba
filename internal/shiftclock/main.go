// Shiftclock runs go test as if it were another day:
//
//	go run ./internal/shiftclock -by 9600h -- ./...
//
// runs the tests 400 days from now. They show what a fixed date beside the real
// clock hides until that date has passed: certificates, tokens, deadlines.
//
// The test binaries are built with a time.Now whose wall clock is shifted. What
// measures durations and ends waits, the monotonic clock, is as it was: shifted
// too, it would have network deadlines never come, or all have passed. In a
// bubble of testing/synctest the clock is that of the bubble.
package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("shiftclock: ")
	by := flag.Duration("by", 0, "how far the clock is ahead; negative if it is behind")
	write := flag.String("write", "", "run nothing, and write what the -overlay flag of the go command needs into this `folder`, as overlay.json")
	flag.Parse()
	if *write != "" {
		if _, err := writeOverlay(context.Background(), *write, *by); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := run(context.Background(), *by, flag.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, by time.Duration, args []string) error {
	dir, err := os.MkdirTemp("", "shiftclock")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := writeOverlay(ctx, dir, by)
	if err != nil {
		return err
	}
	if err := probe(ctx, dir, overlay, by); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-overlay", overlay}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	return nil
}

// writeOverlay writes to dir what the -overlay flag of the go command needs, and
// returns that file.
func writeOverlay(ctx context.Context, dir string, by time.Duration) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	source, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	if source, err = shifted(source, by); err != nil {
		return "", fmt.Errorf("%s: %w", original, err)
	}
	changed, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: changed}})
	if err != nil {
		return "", err
	}
	return overlay, cmp.Or(os.WriteFile(changed, source, 0o600), os.WriteFile(overlay, list, 0o600))
}

// shifted returns the source of time.go with a Now that is shifted by whole
// seconds.
func shifted(source []byte, by time.Duration) ([]byte, error) {
	const now = "\nfunc Now() Time {\n"
	if n := bytes.Count(source, []byte(now)); n != 1 {
		return nil, fmt.Errorf("Now is declared %d times as expected, not once: this version of Go needs another edit", n)
	}
	source = bytes.Replace(source, []byte(now), []byte("\nfunc unshiftedNow() Time {\n"), 1)
	return fmt.Appendf(source, `
func Now() Time {
	t := unshiftedNow()
	if !runtimeIsBubbled() {
		t.addSec(%d) // leaves the monotonic clock alone
	}
	return t
}
`, int64(by/time.Second)), nil
}

//go:embed probe.txt
var probeTest []byte

// probe checks with a test of its own that tests built with the overlay have the
// clock they should have.
func probe(ctx context.Context, dir, overlay string, by time.Duration) error {
	module := filepath.Join(dir, "probe")
	if err := cmp.Or(
		os.Mkdir(module, 0o700),
		os.WriteFile(filepath.Join(module, "go.mod"), []byte("module probe\n\ngo 1.26\n"), 0o600),
		os.WriteFile(filepath.Join(module, "probe_test.go"), probeTest, 0o600),
	); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-overlay", overlay, ".")
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", fmt.Sprintf("SHIFTED_NOW=%d", time.Now().Add(by).Unix()))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the overlay does not do what it should (%w):\n%s", err, out)
	}
	return nil
}
