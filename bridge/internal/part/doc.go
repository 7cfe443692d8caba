// Package part has the nuts and bolts that several parts of the bridge share.
package part
