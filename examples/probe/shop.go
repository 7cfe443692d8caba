package main

import (
	"github.com/linnbridge/linnbridge/tiktokshop"
	"github.com/linnbridge/linnbridge/tiktokshop/tiktokshoptest"
)

// shopChecks try what is assumed about TikTok Shop.
func shopChecks() []check { return nil }

// madeUpShop returns a client of a made-up shop and the id of its test order.
func madeUpShop(options []tiktokshoptest.Option) (*tiktokshop.Client, string, error) {
	f := tiktokshoptest.New(append(options, tiktokshoptest.WithMarket("GB"))...)
	client, err := f.Client()
	return client, "", err
}

// unseenInShop are the quirks of the fake shop that no check can find, and why.
var unseenInShop = map[tiktokshoptest.Quirk]string{}
