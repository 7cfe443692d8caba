// Package opspage is the page where people see what needs them: an [http.Handler] that
// renders on the server, works without JavaScript, on a telephone and from a keyboard.
//
//	cases   by team and deadline: take on, note, put off, resolve, reopen, also many at once
//	orders  by deadline, with the rates that the shop judges by; one order's life
//	stock   what is shown, what should be, and why
//	audit   what the last audit has found
//	health  how every flow of every shop goes
//
// The same is there as JSON, under the names of the pages with ".json" behind.
//
//	page, err := opspage.New(opspage.Ports{Desk: desk, Shops: shops}, opspage.Options{
//		User: func(r *http.Request) opspage.User { return opspage.User{Name: signedIn(r)} },
//	})
//	mux.Handle("/ops/", mustBeSignedIn(http.StripPrefix("/ops", page)))
//
// Who somebody is, is the embedder's to say: put a middleware before it that lets nobody
// else in. Posts from other sites are refused, every value is escaped, nothing is loaded
// from another host, and nothing on any page is about a buyer, because nothing that the
// bridge keeps is.
package opspage
