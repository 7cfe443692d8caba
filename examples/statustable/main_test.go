package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/linnbridge/linnbridge/bridge"
)

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "client.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(args, &out, io.Discard); err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return out.String()
}

// rows are the lines that are no comments.
func rows(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			list = append(list, line)
		}
	}
	return list
}

func TestPrintsTheDefault(t *testing.T) {
	if diff := cmp.Diff(bridge.DefaultStatusTable().String(), printed(t)); diff != "" {
		t.Error(diff)
	}
}

func TestPrintsOneModel(t *testing.T) {
	want := []string{
		"model   status               absent   parked   open     locked   processed cancelled",
		"fbt     *                    skip     raise    raise    raise    raise     done",
	}
	if diff := cmp.Diff(want, rows(printed(t, "-model", "fbt"))); diff != "" {
		t.Error(diff)
	}
	if n := len(rows(printed(t, "-model", "tiktok"))); n != 10 {
		t.Errorf("TikTok Shipping has %d lines, want a heading and nine statuses", n)
	}
}

func TestPrintsAnOverride(t *testing.T) {
	path := file(t, "# for all channels\nseller UNPAID absent park\nseller RETURNING * raise\n")
	got := printed(t, "-override", path, "-model", "seller")
	for _, want := range []string{
		"seller  UNPAID               park     wait     raise    wait     raise     wait\n",
		"seller  RETURNING            raise    raise    raise    raise    raise     raise\n",
		"# overridden: seller UNPAID absent: park, was reserve\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"seller"}, `unexpected argument "seller"`},
		{[]string{"-model", "drone"}, `no model "drone", only seller, tiktok, fbt`},
		{[]string{"-model", "model"}, `no model "model"`},
		{[]string{"-override", filepath.Join(t.TempDir(), "none.txt")}, "none.txt"},
		{[]string{"-override", file(t, "seller UNPAID absent import")}, "client.txt: status override, line 1: import would send"},
		{[]string{"-verbose"}, "not defined"},
	} {
		var out bytes.Buffer
		err := run(tc.args, &out, io.Discard)
		if err == nil || !strings.Contains(err.Error(), tc.want) || out.Len() > 0 {
			t.Errorf("%q: %v, %d bytes printed; want %q and nothing", tc.args, err, out.Len(), tc.want)
		}
	}
}
