// Package beside is for benchmarks: it runs two ways of doing the same in turn, so
// that what one costs in times of the other does not depend on what else the
// machine does.
package beside

import (
	"testing"
	"time"
)

// Compare runs bare and ours by turns, and reports the allocations and the least
// time of each, and the time of ours in times of that of bare.
func Compare(b *testing.B, bare, ours func() error) {
	b.Helper()
	const batch = 20
	least := [2]time.Duration{1 << 62, 1 << 62}
	var allocs [2]float64
	for i, do := range []func() error{bare, ours} {
		allocs[i] = testing.AllocsPerRun(batch, func() {
			if err := do(); err != nil {
				b.Fatal(err)
			}
		})
	}
	for b.Loop() {
		for i, do := range []func() error{bare, ours} {
			start := time.Now()
			for range batch {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
			least[i] = min(least[i], time.Since(start)/batch)
		}
	}
	b.ReportMetric(allocs[0], "bare-allocs")
	b.ReportMetric(allocs[1], "allocs")
	Report(b, least[0], least[1])
}

// Report reports two times that were measured elsewhere as [Compare] does.
func Report(b *testing.B, bare, ours time.Duration) {
	b.ReportMetric(float64(bare.Nanoseconds()), "bare-ns")
	b.ReportMetric(float64(ours.Nanoseconds()), "ns")
	b.ReportMetric(float64(ours)/float64(bare), "times-bare")
	b.ReportMetric(0, "ns/op")
}
