//go:build !race

package bridge_test

// raceDetector tells that everything takes ten times as long.
const raceDetector = false
