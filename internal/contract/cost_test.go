//go:build cost

package contract

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
// package out of the build cache. The least of three runs was 6.5 CPU seconds for
// tiktokshop, 4.7 for linnworks and 8.5 for go-github.
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

// BenchmarkSize reports by how much one operation of a client makes a program
// larger that uses net/http and encoding/json anyway, in MB, with and without
// symbols and debugging information:
//
//	go test -tags cost -run '^$' -bench Size -benchtime 1x .
//
// It was 0.88 (stripped 0.63) for tiktokshop and 0.95 (0.67) for linnworks. Of that,
// 0.15 (0.10) is log/slog and 0.04 (0.03) net/http/httptrace.
func BenchmarkSize(b *testing.B) {
	const program = `package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	%s
)

func main() {
	r, err := http.Get("https://example.com")
	if err != nil {
		fmt.Println(err)
		return
	}
	var v struct{ A string }
	fmt.Println(json.NewDecoder(r.Body).Decode(&v), v)
	%s
}
`
	const call = `c, err := %s
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.%s(r.Request.Context(), nil))`
	size := func(imports, code string, flags ...string) float64 {
		source, binary := filepath.Join(b.TempDir(), "main.go"), filepath.Join(b.TempDir(), "program")
		if err := os.WriteFile(source, fmt.Appendf(nil, program, imports, code), 0o600); err != nil {
			b.Fatal(err)
		}
		if out, err := exec.Command("go", append(append([]string{"build", "-trimpath", "-o", binary}, flags...), source)...).CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		info, err := os.Stat(binary)
		if err != nil {
			b.Fatal(err)
		}
		return float64(info.Size()) / 1e6
	}
	for name, use := range map[string][2]string{
		"tiktokshop": {`tiktokshop.NewClient(tiktokshop.App{})`, "Order.GetOrderList"},
		"linnworks":  {`linnworks.NewClient(linnworks.Credentials{})`, "Stock.GetStockLevel"},
	} {
		b.Run(name, func(b *testing.B) {
			imports, code := `"github.com/linnbridge/linnbridge/`+name+`"`, fmt.Sprintf(call, use[0], use[1])
			for b.Loop() {
				b.ReportMetric(size(imports, code)-size("", ""), "MB")
				b.ReportMetric(size(imports, code, "-ldflags=-s -w")-size("", "", "-ldflags=-s -w"), "stripped-MB")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}
