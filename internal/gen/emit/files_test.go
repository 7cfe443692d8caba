package emit_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/linnbridge/linnbridge/internal/gen/emit"
)

// TestStaleFiles: what is no longer generated goes, what is not ours stays.
func TestStaleFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	list := filepath.Join(dir, "generated.txt")
	hand := filepath.Join(dir, "hand.gen.go")
	if err := os.WriteFile(hand, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, files := range []map[string][]byte{{"a.gen.go": []byte("a"), "b.gen.go": []byte("b")}, {"b.gen.go": []byte("b2")}} {
		if err := emit.WriteFiles(dir, list, files); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "a.gen.go")); !os.IsNotExist(err) {
		t.Errorf("the stale file is still there: %v", err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "b.gen.go")); err != nil || string(got) != "b2" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := os.Stat(hand); err != nil {
		t.Errorf("a file that is not ours: %v", err)
	}
}
