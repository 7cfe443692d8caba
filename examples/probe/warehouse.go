package main

import (
	"github.com/linnbridge/linnbridge/linnworks"
	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// warehouseChecks try what is assumed about Linnworks.
func warehouseChecks() []check { return nil }

// madeUpWarehouse returns a client of a made-up Linnworks account.
func madeUpWarehouse(options []linnworkstest.Option) (*linnworks.Client, error) {
	return linnworkstest.New(options...).Client()
}

// unseenInWarehouse are the quirks of the fake account that no check can find, and why.
var unseenInWarehouse = map[linnworkstest.Quirk]string{}
