package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = "../../../.."

// specs is the folder with the vendors' descriptions, which is not part of the
// repository.
const specs = root + "/../shared/specs"

func needSpecs(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(specs); err != nil {
		t.Skipf("LEFT OUT: the vendors' descriptions are not in %s", specs)
	}
}

// TestCommitted generates again and compares with what is committed.
func TestCommitted(t *testing.T) {
	t.Parallel()
	for _, a := range apis {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			model, err := a.model(root)
			if err != nil {
				t.Fatal(err)
			}
			files, err := model.Files()
			if err != nil {
				t.Fatal(err)
			}
			broken, err := a.broken(root, files)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range broken {
				t.Error(line)
			}
			have, err := filepath.Glob(filepath.Join(root, a.name, "*.gen.go"))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range have {
				src, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Base(path)
				if files[name] == nil {
					t.Errorf("%s is not generated any more", name)
				} else if !bytes.Equal(src, files[name]) {
					t.Errorf("%s is not what the generator writes; run go generate ./...", name)
				}
				delete(files, name)
			}
			for name := range files {
				t.Errorf("%s is missing", name)
			}
			want, err := model.Described()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(a.describedPath(root)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("the fake's list of operations is not what the generator writes (%v); run go generate ./...", err)
			}
		})
	}
}

// TestCounts checks that every operation is exactly one method.
func TestCounts(t *testing.T) {
	t.Parallel()
	want := map[string]string{"tiktokshop": "428 428 10", "linnworks": "743 743 0"} // the last beyond the description
	for _, a := range apis {
		var out strings.Builder
		if err := a.count(&out, root); err != nil {
			t.Errorf("%s: %v", a.name, err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		total := strings.Fields(lines[len(lines)-1])
		if got := strings.Join(total[1:4], " "); got != want[a.name] {
			t.Errorf("%s: %s operations generated, described and beyond, want %s", a.name, got, want[a.name])
		}
	}
}

// TestImport imports the descriptions and compares with the snapshots.
func TestImport(t *testing.T) {
	t.Parallel()
	needSpecs(t)
	for _, a := range apis {
		modules, err := a.read(filepath.Join(specs, a.name))
		if err != nil {
			t.Fatal(err)
		}
		if have, err := filepath.Glob(filepath.Join(a.specDir(root), "*.json")); err != nil || len(have) != len(modules) {
			t.Errorf("%s: %d snapshots of %d modules, %v", a.name, len(have), len(modules), err)
		}
		for _, m := range modules {
			got, err := m.Encode()
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(a.specDir(root), m.Name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("%s/%s (-committed +imported):\n%s", a.name, m.Name, diff)
			}
		}
	}
}

// TestOwnWords checks that no sentence of the descriptions stands in snapshots,
// ledgers or generated files.
func TestOwnWords(t *testing.T) {
	t.Parallel()
	needSpecs(t)
	sentences := vendorSentences(t)
	if len(sentences) < 5000 {
		t.Fatalf("found only %d sentences to compare with", len(sentences))
	}
	for _, a := range apis {
		for _, dir := range []string{a.specDir(root), filepath.Join(root, a.name)} {
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() || strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".gen.go") {
					return err
				}
				src, err := os.ReadFile(path)
				for _, s := range found(string(src), sentences) {
					t.Errorf("%s has the vendor's sentence %q", path, s)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if probe := "// " + longest(sentences); len(found(probe, sentences)) == 0 {
		t.Errorf("the comparison does not find %q", probe)
	}
}

const shortest = 5 // words of a sentence; fewer may be a name

var (
	ends  = regexp.MustCompile(`[.!?:;\n<>]+`)
	other = regexp.MustCompile(`[^a-z0-9_/|-]+`)
)

// words reduces a text to its words. An identifier is one word.
func words(s string) []string {
	return strings.Fields(other.ReplaceAllString(strings.ToLower(s), " "))
}

// found returns the sentences that stand in a text. They are looked up by
// their first words.
func found(text string, sentences map[string][][]string) []string {
	var hits []string
	w := words(text)
	for i := 0; i+shortest <= len(w); i++ {
		for _, s := range sentences[strings.Join(w[i:i+shortest], " ")] {
			if i+len(s) <= len(w) && slices.Equal(w[i:i+len(s)], s) {
				hits = append(hits, strings.Join(s, " "))
			}
		}
	}
	return hits
}

func longest(sentences map[string][][]string) string {
	best := ""
	for _, list := range sentences {
		for _, s := range list {
			if text := strings.Join(s, " "); len(text) > len(best) {
				best = text
			}
		}
	}
	return best
}

// vendorSentences gathers the sentences of all descriptions by their first
// words.
func vendorSentences(t *testing.T) map[string][][]string {
	t.Helper()
	sentences := map[string][][]string{}
	err := filepath.WalkDir(specs, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".json" {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var doc any
		if err := json.Unmarshal(src, &doc); err != nil {
			return err
		}
		collect(doc, sentences)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sentences
}

func collect(v any, sentences map[string][][]string) {
	switch v := v.(type) {
	case map[string]any:
		for key, sub := range v {
			text, ok := sub.(string)
			if !ok || key != "description" && key != "summary" {
				collect(sub, sentences)
				continue
			}
			for _, s := range ends.Split(text, -1) {
				if w := words(s); len(w) >= shortest {
					first := strings.Join(w[:shortest], " ")
					sentences[first] = append(sentences[first], w)
				}
			}
		}
	case []any:
		for _, sub := range v {
			collect(sub, sentences)
		}
	}
}
