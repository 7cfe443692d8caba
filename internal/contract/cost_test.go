//go:build cost

package contract

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	_ "github.com/google/go-github/v84/github" // what the clients are compared with
)

// BenchmarkColdBuild compiles each client package, and google/go-github for
// comparison, with everything below it already built:
//
//	go test -tags cost -run '^$' -bench ColdBuild -benchtime 3x .
//
// A flag that has a new value every time keeps the compiler's result of the one
// package out of the build cache.
func BenchmarkColdBuild(b *testing.B) {
	for _, pkg := range []string{
		"github.com/linnbridge/linnbridge/tiktokshop",
		"github.com/linnbridge/linnbridge/linnworks",
		"github.com/google/go-github/v84/github",
	} {
		b.Run(pkg, func(b *testing.B) {
			var cpu time.Duration
			var memory int64
			for b.Loop() {
				usage := compile(b, pkg)
				cpu += usage.user
				memory = max(memory, usage.memory)
			}
			b.ReportMetric(cpu.Seconds()/float64(b.N), "cpu-s/op")
			b.ReportMetric(float64(memory)/1e6, "peak-MB")
		})
	}
}

type usage struct {
	user   time.Duration
	memory int64 // bytes
}

func compile(b *testing.B, pkg string) usage {
	b.Helper()
	fresh := fmt.Sprintf("%s=-memprofilerate=%d", pkg, time.Now().UnixNano()%1e9+1e6)
	cmd := exec.Command("go", "build", "-o", os.DevNull, "-gcflags", fresh, pkg)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss * 1024
	return usage{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), peak}
}
