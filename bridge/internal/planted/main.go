// Planted plants bugs in the order side of the bridge, one at a time, and demands
// that the tests catch each:
//
//	go run ./bridge/internal/planted
//	go run ./bridge/internal/planted -bug forgets-raised-orders
//	go run ./bridge/internal/planted -all
//
// The bugs are in bugs.txt, each with the tests that are meant to catch it. A bug
// that nothing catches means that a test is missing; one that no longer applies,
// that the code has changed and the bug has to be planted anew.
//
// All bugs are built into one test binary for each package, and an environment
// variable chooses the one that a run has. The code itself knows nothing of it: the
// changed files exist for that build only, see the -overlay flag of the go command.
package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

//go:embed bugs.txt
var bugList string

func main() {
	log.SetFlags(0)
	log.SetPrefix("planted: ")
	all := flag.Bool("all", false, "run all short tests of the packages for each bug, and list every one that catches it")
	only := flag.String("bug", "", "plant these bugs alone, by their ids with commas between them")
	flag.Parse()
	bugs, err := readBugs(bugList)
	if err == nil && *only != "" {
		bugs, err = choose(bugs, strings.Split(*only, ","))
	}
	if err == nil {
		err = run(context.Background(), os.Stdout, bugs, *all)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// choose returns the bugs with the ids.
func choose(bugs []bug, ids []string) (chosen []bug, err error) {
	for _, id := range ids {
		i := slices.IndexFunc(bugs, func(b bug) bool { return b.id == id })
		if i < 0 {
			return nil, fmt.Errorf("no bug is called %q", id)
		}
		chosen = append(chosen, bugs[i])
	}
	return chosen, nil
}

// bug is a mistake that somebody could make.
type bug struct {
	id string
	// harm says what goes wrong for the merchant.
	harm string
	// in is the package that it is planted in.
	in    string
	edits []edit
	// tests are meant to catch it, by the directory of their package: one of each.
	tests map[string][]string
}

// edit replaces a text that occurs once in the package.
type edit struct{ old, new []string }

// readBugs reads a list of bugs. A bug is
//
//	== its id
//	What goes wrong for the merchant.
//	in: the directory of the package, if it is not bridge
//	- lines or parts of one that occur once in the package
//	+ lines that replace them
//	caught by: TestOne TestTwo
//	caught by bridge/bridgetest: TestThree
func readBugs(text string) (bugs []bug, err error) {
	seen := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if id, ok := strings.CutPrefix(line, "== "); ok {
			if seen[id] {
				return nil, fmt.Errorf("line %d: there are two bugs %q", i+1, id)
			}
			seen[id] = true
			bugs = append(bugs, bug{id: id, in: "bridge", tests: map[string][]string{}})
			continue
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(bugs) == 0 {
			return nil, fmt.Errorf("line %d: %q stands before the first bug", i+1, line)
		}
		b := &bugs[len(bugs)-1]
		word, rest, _ := strings.Cut(line, ":")
		switch where, caught := strings.CutPrefix(word, "caught by"); {
		case strings.HasPrefix(line, "- "):
			if n := len(b.edits); n == 0 || len(b.edits[n-1].new) > 0 {
				b.edits = append(b.edits, edit{})
			}
			e := &b.edits[len(b.edits)-1]
			e.old = append(e.old, strings.TrimSpace(line[2:]))
		case strings.HasPrefix(line, "+") && len(b.edits) > 0:
			e := &b.edits[len(b.edits)-1]
			e.new = append(e.new, strings.TrimSpace(line[1:]))
		case word == "in":
			b.in = strings.TrimSpace(rest)
		case caught:
			b.tests[cmp.Or(strings.TrimSpace(where), b.in)] = strings.Fields(rest)
		case len(b.edits) == 0:
			b.harm = strings.TrimSpace(b.harm + " " + line)
		default:
			return nil, fmt.Errorf("line %d: %q is not understood", i+1, line)
		}
	}
	for _, b := range bugs {
		if b.harm == "" || len(b.edits) == 0 || len(b.tests) == 0 || slices.ContainsFunc(b.edits, func(e edit) bool { return len(e.new) == 0 }) {
			return nil, fmt.Errorf("bug %s: it needs a sentence, edits, and tests", b.id)
		}
		for dir, tests := range b.tests {
			if len(tests) == 0 {
				return nil, fmt.Errorf("bug %s: no test of %s is named", b.id, dir)
			}
		}
	}
	return bugs, nil
}

// The package that the planted bugs ask whether they are on.
const (
	switchDir  = "internal/planted"
	switchVar  = "LINNBRIDGE_PLANTED_BUG"
	switchCode = `// Package planted says which bug is on.
package planted

import "os"

var on = os.Getenv("` + switchVar + `")

// On reports whether a bug is on.
func On(id string) bool { return on == id }
`
)

// plant returns the files of the module that the bugs change or add, by their names
// within root.
func plant(root string, bugs []bug) (map[string][]byte, error) {
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return nil, err
	}
	module, _, _ := strings.Cut(strings.TrimPrefix(string(gomod), "module "), "\n")
	packages := map[string]map[string][]byte{}
	changed := map[string][]byte{switchDir + "/planted.go": []byte(switchCode)}
	var errs []error
	for _, b := range bugs {
		if packages[b.in] == nil {
			if packages[b.in], err = sources(root, b.in); err != nil {
				return nil, fmt.Errorf("bug %s: %w", b.id, err)
			}
		}
		for _, e := range b.edits {
			name, text, err := e.apply(packages[b.in])
			if err != nil {
				errs = append(errs, fmt.Errorf("bug %s: %s: %w", b.id, b.in, err))
				continue
			}
			packages[b.in][name], changed[name] = text, text
		}
	}
	clause := regexp.MustCompile(`(?m)^package \w+$`)
	for name, text := range changed {
		if at := clause.FindIndex(text); at != nil && bytes.Contains(text, []byte("planted.On(")) {
			changed[name] = slices.Concat(text[:at[1]], []byte("; import \""+module+"/"+switchDir+"\""), text[at[1]:])
		}
	}
	return changed, errors.Join(errs...)
}

// sources are the files of a package that are no tests.
func sources(root, dir string) (map[string][]byte, error) {
	names, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil || len(names) == 0 {
		return nil, cmp.Or(err, fmt.Errorf("%s is no package", dir))
	}
	files := map[string][]byte{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files[dir+"/"+filepath.Base(name)] = text
	}
	return files, nil
}

// apply returns the file that the edit is in, and what it is afterwards. How far
// lines are indented does not matter.
func (e edit) apply(files map[string][]byte) (name string, text []byte, err error) {
	quoted := make([]string, len(e.old))
	for i, line := range e.old {
		quoted[i] = regexp.QuoteMeta(line)
	}
	old := regexp.MustCompile(strings.Join(quoted, `\n[ \t]*`))
	count := 0
	for _, file := range slices.Sorted(maps.Keys(files)) {
		if at := old.FindAllIndex(files[file], -1); len(at) > 0 {
			count += len(at)
			name, text = file, slices.Concat(files[file][:at[0][0]], []byte(strings.Join(e.new, "\n")), files[file][at[0][1]:])
		}
	}
	if count != 1 {
		return "", nil, fmt.Errorf("%q occurs %d times, not once: plant the bug in the code as it is now", strings.Join(e.old, "\n"), count)
	}
	return name, text, nil
}

// finding is what the tests of one package said about a bug.
type finding struct {
	bug   bug
	dir   string
	by    []string // the tests that failed
	how   string   // if they did not just fail
	took  time.Duration
	error error
}

func run(ctx context.Context, out io.Writer, bugs []bug, all bool) error {
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return fmt.Errorf("go list -m: %w", err)
	}
	work, err := os.MkdirTemp("", "planted")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	p := program{root: strings.TrimSpace(string(root)), work: work, all: all}
	return p.run(ctx, out, bugs)
}

type program struct {
	root, work string
	all        bool
}

func (p program) run(ctx context.Context, out io.Writer, bugs []bug) error {
	begun := time.Now()
	if err := p.build(ctx, bugs); err != nil {
		return err
	}
	built := time.Since(begun)
	if err := p.sound(ctx, bugs); err != nil {
		return err
	}
	var todo []*finding
	for _, b := range bugs {
		for _, dir := range slices.Sorted(maps.Keys(b.tests)) {
			todo = append(todo, &finding{bug: b, dir: dir})
		}
	}
	var wg sync.WaitGroup
	next := make(chan *finding)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for f := range next {
				p.try(ctx, f)
			}
		})
	}
	for _, f := range todo {
		next <- f
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}

	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	var errs []error
	for _, f := range todo {
		if f.error != nil {
			errs = append(errs, fmt.Errorf("bug %s: %w", f.bug.id, f.error))
			continue
		}
		_, _ = fmt.Fprintf(table, "%s\t%s %s%s\t%.1fs\n", f.bug.id, f.dir, cmp.Or(strings.Join(f.by, " "), "SURVIVED"), f.how, f.took.Seconds())
		if len(f.by) == 0 {
			errs = append(errs, fmt.Errorf("bug %s survives %s of %s: a test is missing. %s", f.bug.id, strings.Join(f.bug.tests[f.dir], ", "), f.dir, f.bug.harm))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d bugs planted; built in %.0fs, done in %.0fs\n", len(bugs), built.Seconds(), time.Since(begun).Seconds())
	return errors.Join(errs...)
}

// build builds the tests of every package that is meant to catch something.
func (p program) build(ctx context.Context, bugs []bug) error {
	files, err := plant(p.root, bugs)
	if err != nil {
		return err
	}
	replace := map[string]string{}
	for i, name := range slices.Sorted(maps.Keys(files)) {
		changed := filepath.Join(p.work, fmt.Sprintf("%d-%s", i, filepath.Base(name)))
		if err := os.WriteFile(changed, files[name], 0o600); err != nil {
			return err
		}
		replace[filepath.Join(p.root, filepath.FromSlash(name))] = changed
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return err
	}
	overlay := filepath.Join(p.work, "overlay.json")
	if err := os.WriteFile(overlay, list, 0o600); err != nil {
		return err
	}
	for _, dir := range directories(bugs) {
		cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", p.binary(dir), "./"+dir)
		cmd.Dir = p.root
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("the tests of %s cannot be built with the bugs in it: %w\n%s", dir, err, text)
		}
	}
	return nil
}

// directories are the packages whose tests catch bugs.
func directories(bugs []bug) []string {
	dirs := map[string]bool{}
	for _, b := range bugs {
		for dir := range b.tests {
			dirs[dir] = true
		}
	}
	return slices.Sorted(maps.Keys(dirs))
}

func (p program) binary(dir string) string {
	return filepath.Join(p.work, strings.ReplaceAll(dir, "/", "-")+".test")
}

// sound checks that the tests exist, and pass as long as no bug is on.
func (p program) sound(ctx context.Context, bugs []bug) error {
	for _, dir := range directories(bugs) {
		listed, err := p.command(ctx, dir, "", "-test.list=.").Output()
		if err != nil {
			return fmt.Errorf("listing the tests of %s: %w", dir, err)
		}
		have := strings.Fields(string(listed))
		var names []string
		for _, b := range bugs {
			for _, name := range b.tests[dir] {
				if !slices.Contains(have, name) {
					return fmt.Errorf("bug %s: %s has no test %s", b.id, dir, name)
				}
				names = append(names, name)
			}
		}
		if text, err := p.command(ctx, dir, "", "-test.short", "-test.timeout=10m", only(names)).CombinedOutput(); err != nil {
			return fmt.Errorf("the tests of %s fail without any bug: %w\n%s", dir, err, text)
		}
	}
	return nil
}

// only is the flag that runs the tests with these names.
func only(names []string) string {
	return "-test.run=^(" + strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), "|") + ")$"
}

func (p program) command(ctx context.Context, dir, on string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.binary(dir), args...)
	cmd.Dir = filepath.Join(p.root, filepath.FromSlash(dir))
	cmd.Env = append(os.Environ(), switchVar+"="+on)
	return cmd
}

// try runs the tests with a bug on.
func (p program) try(ctx context.Context, f *finding) {
	args := []string{"-test.short", "-test.timeout=1m", only(f.bug.tests[f.dir])}
	if p.all {
		args = []string{"-test.short", "-test.timeout=10m"}
	}
	begun := time.Now()
	text, err := p.command(ctx, f.dir, f.bug.id, args...).CombinedOutput()
	f.took = time.Since(begun)
	if err == nil {
		return
	}
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		f.error = err
		return
	}
	if f.by, f.how = failures(string(text)); len(f.by) == 0 {
		f.error = fmt.Errorf("the tests of %s end with %w, and none of them failed\n%s", f.dir, err, text)
	}
	if !p.all {
		f.by = f.by[:min(len(f.by), 1)]
	}
}

var (
	failed  = regexp.MustCompile(`(?m)^--- FAIL: (\S+)`)
	running = regexp.MustCompile(`(?m)^\trunning tests:\n((?:\t\t.*\n)+)`)
	frame   = regexp.MustCompile(`(?m)^\S+\.(Test\w+)(?:\.func[\w.]*)?\(`)
)

// failures are the tests that failed by the output of a test binary. A panic counts,
// and so does a test that never ends.
func failures(output string) (tests []string, how string) {
	for _, m := range failed.FindAllStringSubmatch(output, -1) {
		tests = append(tests, m[1])
	}
	hang := running.FindStringSubmatch(output)
	switch {
	case hang != nil:
		for line := range strings.Lines(hang[1]) {
			tests = append(tests, strings.Fields(line)[0])
		}
		how = " (hangs)"
	case strings.Contains(output, "\npanic: ") || strings.HasPrefix(output, "panic: "):
		how = " (panics)"
		// In a bubble of testing/synctest only the stack says which test it was.
		if m := frame.FindStringSubmatch(output); m != nil && len(tests) == 0 {
			tests = append(tests, m[1])
		}
	}
	return tests, how
}
