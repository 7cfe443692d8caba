//go:build !race

package main

// raceDetector reports whether the race detector is on: everything takes ten times as
// long.
const raceDetector = false
