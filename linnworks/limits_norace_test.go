//go:build !race

package linnworks_test

// raceDetector reports whether the tests run with it: sweeps then take a minute.
const raceDetector = false
