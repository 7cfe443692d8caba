//go:build !race

package bridge_test

// raceDetector reports whether the race detector is on: everything takes ten times as
// long.
const raceDetector = false
