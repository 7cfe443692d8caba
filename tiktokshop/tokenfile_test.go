package tiktokshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func tempTokens(t *testing.T) *FileTokens {
	t.Helper()
	f, err := NewFileTokens(filepath.Join(t.TempDir(), "seller.json"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFileTokens(t *testing.T) {
	f := tempTokens(t)
	if got, err := f.LoadToken(t.Context()); err != nil || !got.AccessToken.IsZero() {
		t.Errorf("a file that does not exist gives %v, %v", got, err)
	}
	want := stored(1, time.Now())
	want.UserType = 4
	for range 2 { // over nothing and over a file
		if err := SaveToken(t.Context(), f, want); err != nil {
			t.Fatal(err)
		}
		got, err := f.LoadToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, secrets); diff != "" {
			t.Error(diff)
		}
	}
	info, err := os.Stat(f.path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(f.path + "?*"); !cmp.Equal(left, []string{f.path + ".lock"}) {
		t.Errorf("left behind: %v", left)
	}
	if err := SaveToken(t.Context(), f, Token{}); err == nil {
		t.Error("an empty Token was saved")
	}
	if text := fmt.Sprintf("%+v %#v", f, f); strings.Contains(text, "access-1") || !strings.Contains(text, "seller.json") {
		t.Error(text)
	}
}

func TestFileTokensRefuse(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has neither the file modes nor the links that are refused")
	}
	const good = `{"access_token":"MARKED-a","refresh_token":"MARKED-r"}`
	for _, tt := range []struct {
		name, content string
		mode          os.FileMode
		want          string
	}{
		{"readable by the group", good, 0o640, "chmod 600"},
		{"writable by others", good, 0o602, "chmod 600"},
		{"empty", "", 0o600, "damaged"},
		{"cut off", good[:30], 0o600, "damaged"},
		{"zeros", "\x00\x00\x00\x00", 0o600, "damaged"},
		{"no tokens", "{}", 0o600, "damaged"},
		{"another program's", `{"access_token":"MARKED-a","other":1}`, 0o600, "damaged"},
		{"two values", good + good, 0o600, "damaged"},
		{"another type", `{"access_token":["MARKED-a"]}`, 0o600, "damaged"},
		{"odd time", `{"access_token":"MARKED-a","access_expires":"MARKED"}`, 0o600, "damaged"},
		{"huge", strings.Repeat(" ", maxTokenFile+1), 0o600, "too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "seller.json")
			if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil {
				t.Fatal(err)
			}
			_, err := NewFileTokens(path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "MARKED") {
				t.Errorf("got %v", err)
			}
		})
	}
	folder := t.TempDir()
	link := filepath.Join(folder, "link")
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", " ", folder, link, filepath.Join(folder, "none", "f"), filepath.Join(link, "f")} {
		if _, err := NewFileTokens(path); err == nil {
			t.Errorf("%q was accepted", path)
		}
	}
}

// A save that fails leaves what was there.
func TestFileTokensSaveFails(t *testing.T) {
	f := tempTokens(t)
	old := stored(1, time.Now())
	if err := SaveToken(t.Context(), f, old); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(f.next(), "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := SaveToken(t.Context(), f, stored(2, time.Now())); err == nil || !strings.Contains(err.Error(), f.path) || strings.Contains(err.Error(), "access-2") {
		t.Errorf("got %v", err)
	}
	if got, err := f.LoadToken(t.Context()); err != nil || got.RefreshToken != old.RefreshToken {
		t.Errorf("got %v, %v", got, err)
	}
}

// The test starts itself again and has that process killed while it saves a
// refreshed pair: in the middle of the write, before the new file is in place,
// and after that before anything was sent with the new pair.
func TestCrashLosesNoToken(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows a process cannot kill itself half-way through a write")
	}
	for step, want := range map[string]string{
		"writing": "refresh-1-0123456789", "written": "refresh-2-0123456789", "before use": "refresh-2-0123456789",
	} {
		t.Run(step, func(t *testing.T) {
			f := tempTokens(t)
			if err := SaveToken(t.Context(), f, stored(1, time.Now().Add(-8*24*time.Hour))); err != nil {
				t.Fatal(err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashHelper$")
			child.Env = append(os.Environ(), "CRASH_STEP="+step, "CRASH_FILE="+f.path)
			if out, err := child.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("the helper was not killed: %v\n%s", err, out)
			}
			f, err := NewFileTokens(f.path)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := f.LoadToken(t.Context()); err != nil || got.RefreshToken.Reveal() != want {
				t.Errorf("after the crash the file holds %s, %v; want %s", got.RefreshToken.Reveal(), err, want)
			}
			// Life goes on.
			if err := SaveToken(t.Context(), f, stored(3, time.Now())); err != nil {
				t.Error(err)
			}
			if left, _ := filepath.Glob(f.path + "?*"); !cmp.Equal(left, []string{f.path + ".lock"}) {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestCrashHelper is the process that is killed.
func TestCrashHelper(t *testing.T) {
	step := os.Getenv("CRASH_STEP")
	if step == "" {
		t.Skip("not a test of its own: TestCrashLosesNoToken runs it in a process to be killed")
	}
	die := func() {
		if p, err := os.FindProcess(os.Getpid()); err == nil {
			_ = p.Kill()
		}
		select {}
	}
	f, err := NewFileTokens(os.Getenv("CRASH_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	f.crash = func(at string) {
		if at == step {
			die()
		}
	}
	auth, _ := setup(t, []answer{pair(2, time.Now())})
	source, err := RefreshingTokens(auth, f)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := setup(t, []answer{ok(`{}`)}, WithTokens(source), WithMiddleware(func(*http.Request, Next) (*http.Response, error) {
		die() // the first use of the new pair
		return nil, errors.New("unreachable")
	}))
	_ = getOrder(context.Background(), c)
}

// Processes that find the token expired at the same time refresh it once.
func TestProcessesRefreshOnce(t *testing.T) {
	f := tempTokens(t)
	if err := SaveToken(t.Context(), f, stored(1, time.Now().Add(-8*24*time.Hour))); err != nil {
		t.Fatal(err)
	}
	var refreshes atomic.Int64
	auth := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := refreshes.Add(1)
		time.Sleep(300 * time.Millisecond) // so that the others come in time to do it too
		reply := pair(2, time.Now())
		if n > 1 || r.URL.Query().Get("refresh_token") != "refresh-1-0123456789" {
			reply = refused(200, 36004001, "the refresh token was used")
		}
		_, _ = io.WriteString(w, reply.body)
	}))
	defer auth.Close()
	var processes sync.WaitGroup
	for range 4 {
		processes.Go(func() {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRefreshHelper$", "-test.v")
			child.Env = append(os.Environ(), "REFRESH_FILE="+f.path, "REFRESH_AUTH="+auth.URL)
			if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "token access-2-0123456789") {
				t.Errorf("a process got no fresh token: %v\n%s", err, out)
			}
		})
	}
	processes.Wait()
	if n := refreshes.Load(); n != 1 {
		t.Errorf("%d refreshes, want 1", n)
	}
}

// TestRefreshHelper is one of the processes.
func TestRefreshHelper(t *testing.T) {
	path := os.Getenv("REFRESH_FILE")
	if path == "" {
		t.Skip("not a test of its own: TestProcessesRefreshOnce runs it in several processes")
	}
	f, err := NewFileTokens(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewClient(testApp, WithAuthURL(os.Getenv("REFRESH_AUTH")))
	if err != nil {
		t.Fatal(err)
	}
	source, err := RefreshingTokens(c, f)
	if err != nil {
		t.Fatal(err)
	}
	token, err := source.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log("token", token.AccessToken.Reveal())
}

// Who loads while an update is under way waits for nothing and takes nothing
// away: neither the lock nor the new file.
func TestLoadDuringFileUpdate(t *testing.T) {
	f := tempTokens(t)
	if err := SaveToken(t.Context(), f, stored(1, time.Now())); err != nil {
		t.Fatal(err)
	}
	steps := 0
	f.crash = func(step string) {
		steps++
		other, err := NewFileTokens(f.path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := other.LoadToken(t.Context())
		if err != nil || got.RefreshToken.Reveal() != "refresh-1-0123456789" {
			t.Errorf("%s: got %v, %v, want the old token", step, got, err)
		}
	}
	if err := SaveToken(t.Context(), f, stored(2, time.Now())); err != nil {
		t.Fatal(err)
	}
	if got, err := f.LoadToken(t.Context()); err != nil || got.RefreshToken.Reveal() != "refresh-2-0123456789" || steps != 2 {
		t.Errorf("afterwards: got %v, %v after %d steps", got, err, steps)
	}
}

// Whatever is in the file, it is read or refused, and not repeated.
func FuzzTokenFile(f *testing.F) {
	f.Add([]byte(`{"access_token":"a","refresh_token":"r","access_expires":"2026-01-01T00:00:00Z","scopes":["x"]}`))
	f.Add([]byte(`{"access_token":"a"}{}`))
	f.Add([]byte("{\x00}"))
	f.Add([]byte(``))
	path := filepath.Join(f.TempDir(), "seller.json")
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		token, err := readTokenFile(path)
		if err == nil && token.AccessToken.IsZero() && token.RefreshToken.IsZero() {
			t.Errorf("%q was read as no token", content)
		}
		if err != nil && (!token.AccessToken.IsZero() || !strings.Contains(err.Error(), "damaged")) {
			t.Errorf("%q: %v", content, err)
		}
	})
}

// A complete file beside the old one is of an update that was cut off: both a load and
// an update take it for the newer pair, and it is gone then.
func TestUpdateThatWasCutOffIsFinished(t *testing.T) {
	older, newer := stored(1, time.Now()), stored(2, time.Now())
	for name, look := range map[string]func(*FileTokens) (Token, error){
		"a load": func(f *FileTokens) (Token, error) { return f.LoadToken(t.Context()) },
		"an update": func(f *FileTokens) (got Token, err error) {
			kept := errors.New("kept")
			err = f.UpdateToken(t.Context(), func(current Token) (Token, error) { got = current; return Token{}, kept })
			if errors.Is(err, kept) {
				err = nil
			}
			return got, err
		},
	} {
		f, beside := tempTokens(t), tempTokens(t)
		for to, token := range map[*FileTokens]Token{f: older, beside: newer} {
			if err := SaveToken(t.Context(), to, token); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Rename(beside.path, f.next()); err != nil {
			t.Fatal(err)
		}
		got, err := look(f)
		if err != nil || !samePair(got, newer) {
			t.Errorf("%s gives the pair %s, %v; want the newer", name, got.AccessToken.Reveal(), err)
		}
		if _, err := os.Lstat(f.next()); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s leaves the file beside: %v", name, err)
		}
		if got, err := f.LoadToken(t.Context()); err != nil || !samePair(got, newer) {
			t.Errorf("after %s the file holds %s, %v", name, got.AccessToken.Reveal(), err)
		}
		// An incomplete one is nothing.
		if err := os.WriteFile(f.next(), []byte(`{"access_token":"x`), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := look(f); err != nil || !samePair(got, newer) {
			t.Errorf("%s beside half a file gives %s, %v", name, got.AccessToken.Reveal(), err)
		}
	}
}
