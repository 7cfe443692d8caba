package sqlstore_test

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
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// postgres is the URL of the PostgreSQL that the tests use; empty without one.
var postgres string

func TestMain(m *testing.M) {
	if address := os.Getenv(victimOf); address != "" {
		beVictim(address)
	}
	if address := os.Getenv(callerOf); address != "" {
		beCaller(address)
	}
	os.Exit(withPostgres(m.Run))
}

// withPostgres runs the tests beside the server that LINNBRIDGE_POSTGRES names, or one of
// its own if PostgreSQL is installed.
func withPostgres(run func() int) int {
	if postgres = os.Getenv("LINNBRIDGE_POSTGRES"); postgres != "" {
		return run()
	}
	bin := serverPrograms()
	if bin == "" {
		if os.Getenv("CI") == "true" {
			fmt.Fprintln(os.Stderr, "PostgreSQL is not installed, and LINNBRIDGE_POSTGRES names none: the tests would leave half of it out")
			return 1
		}
		fmt.Fprintln(os.Stderr, "LEFT OUT: all tests on PostgreSQL, which is not installed (apt-get install postgresql, or set LINNBRIDGE_POSTGRES)")
		return run()
	}
	stop, err := startPostgres(bin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "starting PostgreSQL:", err)
		return 1
	}
	defer stop()
	return run()
}

// serverPrograms is the folder of initdb and postgres, of the newest version.
func serverPrograms() string {
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

// startPostgres starts a server in a temporary folder, which ends with this process
// whatever becomes of it.
func startPostgres(bin string) (stop func(), err error) {
	runtime.LockOSThread() // Pdeathsig is about the thread that starts it
	as := &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	dir, err := os.MkdirTemp("", "sqlstore-postgres-")
	if err != nil {
		return nil, err
	}
	clean := func() { _ = os.RemoveAll(dir) }
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
	// A locale in which texts are not in the order of their bytes.
	if out, err := command("initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en").CombinedOutput(); err != nil {
		clean()
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		clean()
		return nil, err
	}
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	if err := l.Close(); err != nil {
		clean()
		return nil, err
	}
	server := command("postgres", "-D", data, "-k", dir, "-h", "127.0.0.1", "-p", port, "-c", "max_connections=300",
		"-c", "fsync="+cmp.Or(os.Getenv("LINNBRIDGE_FSYNC"), "off"))
	if err := server.Start(); err != nil {
		clean()
		return nil, err
	}
	stop = func() {
		_ = server.Process.Signal(syscall.SIGQUIT)
		_ = server.Wait()
		clean()
	}
	postgres = "postgres://postgres@127.0.0.1:" + port + "/postgres?sslmode=disable"
	db, err := sql.Open("pgx", postgres)
	if err != nil {
		stop()
		return nil, err
	}
	defer func() { _ = db.Close() }()
	for range 300 {
		if err = db.PingContext(context.Background()); err == nil {
			return stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	stop()
	return nil, err
}

var schemas atomic.Int64

// postgresURL is the URL of an empty place of its own, a schema, on the tests' server.
func postgresURL(t testing.TB) string {
	t.Helper()
	if postgres == "" {
		t.Skip("there is no PostgreSQL: install it or set LINNBRIDGE_POSTGRES; .ci/run installs it, and fails without")
	}
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), schemas.Add(1))
	db, err := sql.Open("pgx", postgres)
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
	u, err := url.Parse(postgres)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}
