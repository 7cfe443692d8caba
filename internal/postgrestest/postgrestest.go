//go:build linux

// Package postgrestest starts PostgreSQL servers for tests, each in a temporary folder:
//
//	func TestMain(m *testing.M) { os.Exit(postgrestest.Run(m.Run)) }
//
//	func TestSomething(t *testing.T) {
//		db, err := sql.Open("pgx", postgrestest.URL(t)) // an empty schema
//		...
//	}
//
// The importer links the driver "pgx" of github.com/jackc/pgx/v5: this package, which is in
// the root module, has no dependencies. It works on Linux alone, where a server ends with
// the test that started it, however that ends.
package postgrestest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// address is the URL of the server that the tests share; empty without one.
var address string

// Run runs the tests beside the server that LINNBRIDGE_POSTGRES names, or one of its own if
// PostgreSQL is installed, and returns their exit code. Without either the tests that ask for
// a [URL] are left out; where CI is "true" that is a failure. With LINNBRIDGE_FSYNC=on its
// own server waits for the disk.
func Run(tests func() int) int {
	if address = os.Getenv("LINNBRIDGE_POSTGRES"); address != "" {
		return tests()
	}
	if Programs() == "" {
		if os.Getenv("CI") == "true" {
			fmt.Fprintln(os.Stderr, "PostgreSQL is not installed, and LINNBRIDGE_POSTGRES names none: the tests would leave half of it out")
			return 1
		}
		fmt.Fprintln(os.Stderr, "LEFT OUT: all tests on PostgreSQL, which is not installed (apt-get install postgresql, or set LINNBRIDGE_POSTGRES)")
		return tests()
	}
	s, err := New()
	if err == nil {
		defer s.Close()
		err = s.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting PostgreSQL:", err)
		return 1
	}
	address = s.URL
	return tests()
}

// Shared is the URL of the server that [Run] has started; empty without one.
func Shared() string { return address }

// URL is the URL of an empty place of its own, a schema, on the server that [Run] has
// started. A test that finds none is skipped.
func URL(t testing.TB) string {
	t.Helper()
	if address == "" {
		skip(t)
	}
	return schema(t, address)
}

func skip(t testing.TB) {
	t.Helper()
	t.Skip("there is no PostgreSQL: install it or set LINNBRIDGE_POSTGRES; .ci/run installs it, and fails without")
}

// Own is a server for one test, which may [Server.Kill] it. A test that cannot have one is
// skipped.
func Own(t testing.TB) *Server {
	t.Helper()
	if Programs() == "" {
		skip(t)
	}
	s, err := New()
	if err != nil {
		t.Fatal("starting PostgreSQL: ", err)
	}
	t.Cleanup(s.Close)
	if err := s.Start(); err != nil {
		t.Fatal("starting PostgreSQL: ", err)
	}
	return s
}

// Server is a PostgreSQL server in a temporary folder. It ends with the process that
// started it, whatever becomes of that.
type Server struct {
	// URL is its database, at which everybody on this machine may do everything.
	URL string

	dir, port string
	as        *syscall.SysProcAttr
	process   *exec.Cmd // nil unless it runs
}

// Programs is the folder of initdb and postgres, of the newest version; empty if there are
// none.
func Programs() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, newest := "", 0
	paths, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for _, path := range paths {
		dir := filepath.Dir(path)
		if version, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && version > newest {
			found, newest = dir, version
		}
	}
	return found
}

// New makes a server that does not run yet.
func New() (s *Server, err error) {
	dir, err := os.MkdirTemp("", "postgrestest-")
	if err != nil {
		return nil, err
	}
	s = &Server{dir: dir, as: &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if os.Geteuid() == 0 { // whom PostgreSQL refuses
		u, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr, os.Chown(dir, int(uid), int(gid))); err != nil {
			return nil, err
		}
		s.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	// A locale in which texts are not in the order of their bytes.
	if out, err := s.command("initdb", "-D", s.data(), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.port = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	s.URL = "postgres://postgres@127.0.0.1:" + s.port + "/postgres?sslmode=disable"
	return s, l.Close()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), filepath.Join(Programs(), name), args...)
	c.SysProcAttr, c.Dir = s.as, s.dir
	return c
}

// Start starts a server that does not run, and waits until it answers.
func (s *Server) Start() error {
	process := s.command("postgres", "-D", s.data(), "-k", s.dir, "-h", "127.0.0.1", "-p", s.port, "-c", "max_connections=300",
		"-c", "fsync="+cmp.Or(os.Getenv("LINNBRIDGE_FSYNC"), "off"))
	if err := process.Start(); err != nil {
		return err
	}
	s.process = process
	db, err := sql.Open("pgx", s.URL)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for range 600 {
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// Kill ends a server that runs without letting it finish anything: all that clients have
// open is cut, and it recovers when it is started again.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGQUIT)
	_ = s.process.Wait()
	s.process = nil
}

// Close kills the server and removes its folder.
func (s *Server) Close() {
	s.Kill()
	_ = os.RemoveAll(s.dir)
}

var schemas atomic.Int64

// schema makes a schema on a server for the time of a test, and returns its URL.
func schema(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	db, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	run := func(statement string) {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE SCHEMA " + name)
	t.Cleanup(func() {
		run("DROP SCHEMA " + name + " CASCADE")
		_ = db.Close()
	})
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
