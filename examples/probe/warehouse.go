package main

import (
	"slices"

	"github.com/linnbridge/linnbridge/linnworks/linnworkstest"
)

// warehouseChecks try what is assumed about Linnworks.
func warehouseChecks() []check {
	list := slices.Concat(callChecks, itemChecks, bookChecks, levelChecks, saveChecks, stopChecks, lineChecks)
	for i := range list {
		list[i].side = "Linnworks"
	}
	return list
}

const (
	calledByLinnworks = "Linnworks calls the application here: the first requests to an installed one show it, see the log of its handler"
	ofShippingApp     = calledByLinnworks + "; shippingapp takes both forms"
	ofChannelApp      = calledByLinnworks + "; channelapp takes both forms"
)

// unseenInWarehouse are the quirks of the fake account that no check can find, and why.
var unseenInWarehouse = map[linnworkstest.Quirk]string{
	linnworkstest.AppItemIDsShort:        calledByLinnworks + "; shippingapp allows 20, see its Options.ItemIDLimit",
	linnworkstest.AppsCancelByOrderID:    ofShippingApp,
	linnworkstest.AppsGetDashedGUIDs:     ofShippingApp,
	linnworkstest.AppsPrintOneByOne:      ofShippingApp,
	linnworkstest.AppsRefuseNullLists:    calledByLinnworks + "; shippingapp never answers with null for a list",
	linnworkstest.AppsSaveConfigItems:    ofShippingApp,
	linnworkstest.ChannelsForgetUnechoed: calledByLinnworks + "; channelapp answers with every SKU",
	linnworkstest.ChannelsGetPackages:    ofChannelApp,
	linnworkstest.ChannelsGetText:        ofChannelApp,
	linnworkstest.ChannelsGetTicks:       ofChannelApp,
	linnworkstest.ChannelsMisspellToken:  ofChannelApp,
	linnworkstest.ChannelsPriceInventory: ofChannelApp,
	linnworkstest.ChannelsRetryDespatch:  calledByLinnworks + ", and only after it has answered a despatch with an error",
	linnworkstest.ChannelsWaitToCancel:   calledByLinnworks + ", and only when somebody cancels an order of the channel",
	linnworkstest.EveryPrintBuysALabel:   "it would buy two labels from the client's courier, which nobody can put back; the bridge never prints a label twice by itself",
	linnworkstest.IdleSessionsDie:        "it takes 20 minutes without a call; the client opens another session where one is refused",
}
