package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/linnbridge/linnbridge/bridge/sqlstore"
	"github.com/linnbridge/linnbridge/tiktokshop"
)

// authorise has a seller authorise the app, and stores the tokens. TikTok sends the
// seller's browser on to the redirect URL of the app with a code and the state of the link;
// that address is pasted here, so that it need not lead to this machine.
func authorise(ctx context.Context, c config, seller string, in io.Reader, out io.Writer) (err error) {
	if c.app.ServiceID == "" {
		return errors.New("the environment has no TIKTOK_SERVICE_ID: it stands beside the app key in Partner Center")
	}
	db, err := sqlstore.Open(ctx, c.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }() //nolint:contextcheck // it has one of its own
	tiktok, _, err := c.clients(newMetrics(&service{}), nil)
	if err != nil {
		return err
	}
	var grant tiktokshop.Grant
	var refused error // which TikTok's handler keeps from the browser
	handler, err := tiktokshop.NewOAuthHandler(tiktok, func(ctx context.Context, g tiktokshop.Grant) error {
		if g.Token.UserType != 0 {
			refused = errors.New("who has authorised the app is no seller of a shop but a creator, a partner or a global seller")
			return refused
		}
		grant = g
		refused = tiktokshop.SaveToken(ctx, db.Tokens(seller), g.Token)
		return refused
	})
	if err != nil {
		return err
	}
	link, err := handler.LinkForAnyBrowser(ctx, seller)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, `Open this in the browser of the seller, within the hour. Give it to nobody else: who
follows it connects his shop.

  %s

Afterwards the browser is at the redirect URL of the app, perhaps on a page that cannot be
found. Paste its whole address here and press Enter:
`, link)
	address, err := line(ctx, in)
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || u.RawQuery == "" {
		return errors.New("that is not the address of a browser that comes from TikTok: it has a code and a state in it; start again")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "/?"+u.RawQuery, nil)
	if err != nil {
		return errors.New("the address cannot be read; start again") // it has a code in it
	}
	var answer answer
	handler.ServeHTTP(&answer, request)
	switch {
	case refused != nil:
		return refused
	case grant.Token.AccessToken.IsZero():
		return fmt.Errorf("not authorised: %s", strings.TrimSpace(answer.text.String()))
	}
	fmt.Fprintf(out, "\nAuthorised by %s (%s) until %s. The tokens are stored as those of %q.\n",
		grant.Token.SellerName, grant.Token.SellerRegion, grant.Token.RefreshExpires.Format("2 Jan 2006"), seller)
	if missing := grant.Token.MissingScopes(); len(missing) > 0 {
		fmt.Fprintf(out, "The seller has not granted %s: add them to the app in Partner Center and start again.\n", strings.Join(missing, ", "))
	}
	shops, err := tiktok.ForTokens(tiktokshop.StaticToken(grant.Token.AccessToken)).Authorization.GetAuthorizedShops(ctx, nil)
	if err != nil {
		return fmt.Errorf("the tokens are stored, but the shops cannot be listed: %w", err)
	}
	for _, shop := range shops.Shops {
		fmt.Fprintf(out, "  %s  %s, %s\n", shop.ID, shop.Name, shop.Region)
	}
	return nil
}

// line reads a line. Nothing ends the reading of a terminal: it goes on until the program
// does.
func line(ctx context.Context, in io.Reader) (string, error) {
	type result struct {
		text string
		err  error
	}
	read := make(chan result, 1)
	go func() {
		text, err := bufio.NewReader(in).ReadString('\n')
		read <- result{strings.TrimSpace(text), err}
	}()
	select {
	case r := <-read:
		if r.text == "" && r.err != nil {
			return "", errors.New("no address was pasted")
		}
		return r.text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// answer keeps what a handler answers.
type answer struct{ text strings.Builder }

// Header implements [http.ResponseWriter].
func (*answer) Header() http.Header { return http.Header{} }

// Write implements [http.ResponseWriter].
func (a *answer) Write(b []byte) (int, error) { return a.text.Write(b) }

// WriteHeader implements [http.ResponseWriter].
func (*answer) WriteHeader(int) {}
