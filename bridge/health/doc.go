// Package health counts how the runs of one part go: how many, how long, how many
// failed, what is left to do. A part keeps [Timings] and returns a [Flow].
package health
