package main

import (
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// postgres is the URL of the PostgreSQL that the tests use; empty without one.
var postgres string

// withPostgres runs the tests beside the server that LINNBRIDGE_POSTGRES names, or one of
// its own if PostgreSQL is installed.
func withPostgres(run func() int) int {
	if postgres = os.Getenv("LINNBRIDGE_POSTGRES"); postgres != "" {
		return run()
	}
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil {
		programs = []string{path}
	}
	if len(programs) == 0 {
		if os.Getenv("CI") == "true" {
			fmt.Fprintln(os.Stderr, "PostgreSQL is not installed, and LINNBRIDGE_POSTGRES names none: the tests would leave half of it out")
			return 1
		}
		fmt.Fprintln(os.Stderr, "LEFT OUT: all tests on PostgreSQL, which is not installed")
		return run()
	}
	stop, err := startPostgres(filepath.Dir(slices.Max(programs)))
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting PostgreSQL:", err)
		return 1
	}
	defer stop()
	return run()
}

// startPostgres starts a server in a temporary folder, which ends with this process
// whatever becomes of it.
func startPostgres(bin string) (stop func(), err error) {
	runtime.LockOSThread() // Pdeathsig is about the thread that starts it
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	dir, err := os.MkdirTemp("", "service-postgres-")
	if err != nil {
		return nil, err
	}
	stop = func() { _ = os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			stop()
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
		as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	command := func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.SysProcAttr, c.Dir = as, dir
		return c
	}
	data := filepath.Join(dir, "data")
	if out, err := command("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		return nil, err
	}
	server := command("postgres", "-D", data, "-k", dir, "-h", "127.0.0.1", "-p", port, "-c", "max_connections=300", "-c", "fsync=off")
	if err := server.Start(); err != nil {
		return nil, err
	}
	clean := stop
	stop = func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
		clean()
	}
	postgres = "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"
	db, err := sql.Open("pgx", postgres)
	if err != nil {
		return nil, err
	}
	defer func() { _ = db.Close() }()
	for range 300 {
		if err = db.Ping(); err == nil {
			return stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, err
}

var schemas atomic.Int64

// postgresURL is the URL of an empty place of its own, a schema, on the tests' server.
func postgresURL(t *testing.T) string {
	t.Helper()
	if postgres == "" {
		t.Skip("there is no PostgreSQL: install it or set LINNBRIDGE_POSTGRES; .ci/run installs it, and fails without")
	}
	name := fmt.Sprintf("service_%d_%d", os.Getpid(), schemas.Add(1))
	db, err := sql.Open("pgx", postgres)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE SCHEMA " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.Exec("DROP SCHEMA " + name + " CASCADE"); err != nil {
			t.Error(err)
		}
		_ = db.Close()
	})
	u, err := url.Parse(postgres)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
