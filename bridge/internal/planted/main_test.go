package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Whoever changes code that a bug is planted in learns it here at once.
func TestEveryBugApplies(t *testing.T) {
	bugs, err := readBugs(bugList)
	if err != nil {
		t.Fatal(err)
	}
	if len(bugs) < 60 {
		t.Errorf("%d bugs, want 60 at least", len(bugs))
	}
	if _, err := plant("../../..", bugs); err != nil {
		t.Error(err)
	}
	for _, b := range bugs { // alone, as with -bug
		if files, err := plant("../../..", []bug{b}); err != nil {
			t.Error(err)
		} else if !contains(files, `planted.On("`+b.id+`")`) {
			t.Errorf("bug %s: nothing that is planted asks for it by its id", b.id)
		}
	}
}

func contains(files map[string][]byte, text string) bool {
	for _, file := range files {
		if strings.Contains(string(file), text) {
			return true
		}
	}
	return false
}

func TestReadBugs(t *testing.T) {
	const good = "# not a bug\n\n== late\nIt is late.\nVery.\nin: lib\n- a\n- \tb\n+ c\n- d\n+\ncaught by: TestA TestB\ncaught by lib/sub: TestC\n"
	got, err := readBugs(good)
	if err != nil {
		t.Fatal(err)
	}
	want := []bug{{
		id: "late", harm: "It is late. Very.", in: "lib", edits: []edit{{[]string{"a", "b"}, []string{"c"}}, {[]string{"d"}, []string{""}}},
		tests: map[string][]string{"lib": {"TestA", "TestB"}, "lib/sub": {"TestC"}},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(bug{}, edit{})); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{
		"two of one name": good + good,
		"no test":         "== late\nIt is late.\n- a\n+ b\n",
		"an empty test":   "== late\nIt is late.\n- a\n+ b\ncaught by:\n",
		"no sentence":     "== late\n- a\n+ b\ncaught by: TestA\n",
		"no new text":     "== late\nIt is late.\n- a\ncaught by: TestA\n",
		"no edit":         "== late\nIt is late.\ncaught by: TestA\n",
		"no bug":          "It is late.\n",
		"a stray line":    "== late\nIt is late.\n- a\n+ b\nVery.\n",
	} {
		if got, err := readBugs(text); err == nil {
			t.Errorf("%s: no error, but %v", name, got)
		}
	}
}

// library is a module with one package, of which a test tests the half.
var library = map[string]string{
	"go.mod":          "module library\n\ngo 1.26\n",
	"lib/lib.go":      "// Package lib adds.\npackage lib\n\nfunc Add(a, b int) int {\n\tif a == 0 {\n\t\treturn b\n\t}\n\treturn a + b\n}\n",
	"lib/lib_test.go": "package lib\n\nimport \"testing\"\n\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Error(\"wrong\")\n\t}\n}\n",
}

func write(t *testing.T, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestPlantRefuses(t *testing.T) {
	root := write(t, library)
	for name, e := range map[string]edit{
		"what is not there":         {[]string{"return a - b"}, []string{"x"}},
		"what is there twice":       {[]string{"return"}, []string{"x"}},
		"what is only in the tests": {[]string{`t.Error("wrong")`}, []string{"x"}},
	} {
		_, err := plant(root, []bug{{id: "one", in: "lib", edits: []edit{e}}})
		if err == nil || !strings.Contains(err.Error(), "bug one: lib: ") {
			t.Errorf("%s: got the error %v, want one that names the bug", name, err)
		}
	}
	if _, err := plant(root, []bug{{id: "one", in: "elsewhere"}}); err == nil {
		t.Error("a package that is not there: no error")
	}
}

// What is caught and what survives, over a whole module.
func TestRun(t *testing.T) {
	one := func(id, before, does string) bug {
		return bug{
			id: id, harm: "Sums are wrong.", in: "lib", tests: map[string][]string{"lib": {"TestAdd"}},
			edits: []edit{{[]string{before}, []string{"if planted.On(\"" + id + "\") {", does, "}", before}}},
		}
	}
	caught, panics, survives := one("caught", "return a + b", "return 0"), one("panics", "if a == 0 {", "panic(1)"), one("survives", "return b", "return 0")
	try := func(bugs ...bug) (string, error) {
		var table strings.Builder
		err := program{root: write(t, library), work: t.TempDir()}.run(t.Context(), &table, bugs)
		return table.String(), err
	}
	table, err := try(caught, panics, survives)
	for _, want := range []string{"caught    lib TestAdd ", "panics    lib TestAdd (panics) ", "survives  lib SURVIVED ", "3 bugs planted"} {
		if !strings.Contains(table, want) {
			t.Errorf("got the table\n%swant %q in it", table, want)
		}
	}
	if err == nil || !strings.Contains(err.Error(), "bug survives survives TestAdd of lib: a test is missing. Sums are wrong.") || strings.Contains(err.Error(), "bug caught") {
		t.Errorf("got the error %v, want one about the survivor alone", err)
	}

	if _, err := try(caught); err != nil {
		t.Errorf("all are caught: %v", err)
	}
	caught.tests = map[string][]string{"lib": {"TestGone"}}
	if _, err := try(caught); err == nil || !strings.Contains(err.Error(), "lib has no test TestGone") {
		t.Errorf("a test that is not there: %v", err)
	}
	broken := survives
	broken.edits = []edit{{[]string{"if a == 0 {"}, []string{"if a == {"}}}
	if _, err := try(broken); err == nil || !strings.Contains(err.Error(), "cannot be built") {
		t.Errorf("a bug that does not compile: %v", err)
	}
}

func TestFailures(t *testing.T) {
	for name, c := range map[string]struct {
		output string
		tests  []string
		how    string
	}{
		"passed": {"PASS\n", nil, ""},
		"failed": {"--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/sub (0.00s)\n--- FAIL: TestB (0.00s)\nFAIL\n", []string{"TestA", "TestB"}, ""},
		"panics": {"--- FAIL: TestA (0.00s)\npanic: no [recovered]\n\tpanic: no\n", []string{"TestA"}, " (panics)"},
		"panics in a bubble": {"panic: no [recovered]\n\ngoroutine 3 [running, synctest bubble 1]:\nexample.org/lib_test.TestA.func1(0xc000)\n\tlib_test.go:1\ntesting.tRunner(0x1)\n",
			[]string{"TestA"}, " (panics)"},
		"hangs":   {"panic: test timed out after 1m0s\n\trunning tests:\n\t\tTestA (1m0s)\n\ngoroutine 1:\n", []string{"TestA"}, " (hangs)"},
		"crashes": {"fatal error: all goroutines are asleep\n", nil, ""},
	} {
		tests, how := failures(c.output)
		if diff := cmp.Diff(c.tests, tests); diff != "" || how != c.how {
			t.Errorf("%s: got %q%s, want %q%s", name, tests, how, c.tests, c.how)
		}
	}
}
