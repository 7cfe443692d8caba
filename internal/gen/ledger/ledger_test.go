package ledger

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGrowsOnly(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledger.txt")
	l, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Add("op GET /a A.Get replay=read"); err != nil {
		t.Fatal(err)
	}
	if err := l.Save(path, "first"); err != nil {
		t.Fatal(err)
	}
	published, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}

	write := func(s string) error {
		t.Helper()
		if err := os.WriteFile(path, []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		return err
	}
	if err := write(string(published) + "set GET /a replay=never\n"); err != nil {
		t.Errorf("a line added at the end: %v", err)
	}
	if err := write("# words\n" + string(published)); !errors.Is(err, ErrChanged) {
		t.Errorf("a line added at the start: %v", err)
	}
	if err := write(strings.Replace(string(published), "A.Get", "A.Fetch", 1)); !errors.Is(err, ErrChanged) {
		t.Errorf("a renamed method: %v", err)
	}
	if err := write(""); !errors.Is(err, ErrChanged) {
		t.Errorf("an empty ledger: %v", err)
	}
}

func TestContradictions(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"op GET /a A.Get replay=read\nop GET /a A.Other replay=read",
		"op GET /a A.Get replay=read\nop GET /b A.Get replay=read",
		"op GET /a A.Get replay=sometimes",
		"type GET /a data X\ntype GET /a data Y",
		"enum X.a Y\nenum X.a Z",
		"same X Y\nsame X Z",
		"set GET /a replay=read",
		"retired GET /a A.Get",
		"batch A.Get ids many",
		"nonsense",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("accepted:\n%s", text)
		}
	}
}

// TestAbout checks that what is known of the fields of one type can be said of
// another, which keeps what is known of its own.
func TestAbout(t *testing.T) {
	t.Parallel()
	l, err := Parse([]byte("required A.id\nkind A.amount Decimal\nenum A.state State\nmax A.ids 5\nkind B.amount int64\nrequired AB.id"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(l.About("A", "B"), "\n")
	if want := "enum B.state State\nmax B.ids 5\nrequired B.id"; got != want {
		t.Errorf("about B:\n%s\nwant\n%s", got, want)
	}
	c := l.Clone()
	if err := c.Add("required C.id"); err != nil || l.Required["C.id"] || !c.Required["A.id"] {
		t.Errorf("a clone: %v, known to the original: %v", err, l.Required["C.id"])
	}
}
