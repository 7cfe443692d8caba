package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// Tokens returns a store of the tokens of one seller, by a name that the program gives
// it. They are kept as they are: encrypt the disk of the database and its backups, or
// keep them elsewhere.
func (d *DB) Tokens(seller string) tiktokshop.TokenStore { return tokens{d, seller} }

type tokens struct {
	db     *DB
	seller string
}

// tokenDoc has what a [tiktokshop.Token] has, which refuses to be encoded.
type tokenDoc struct {
	AccessToken    string    `json:"access_token"`
	AccessExpires  time.Time `json:"access_expires,omitzero"`
	RefreshToken   string    `json:"refresh_token"`
	RefreshExpires time.Time `json:"refresh_expires,omitzero"`
	OpenID         string    `json:"open_id,omitempty"`
	SellerName     string    `json:"seller_name,omitempty"`
	SellerRegion   string    `json:"seller_region,omitempty"`
	UserType       int       `json:"user_type,omitempty"`
	Scopes         []string  `json:"scopes,omitempty"`
}

// Format keeps the tokens out of a log.
func (d tokenDoc) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "tokens of ", d.SellerName) }

// LoadToken implements [tiktokshop.TokenStore].
func (s tokens) LoadToken(ctx context.Context) (tiktokshop.Token, error) {
	var doc tokenDoc
	err := s.db.read(ctx, "reading a token", func(t *tx) error {
		return t.query(ctx, `SELECT doc FROM lb_tokens WHERE name = ?`, func(rows *sql.Rows) error {
			doc = tokenDoc{}
			return scanDocument(rows, &doc)
		}, s.seller)
	})
	if err != nil {
		return tiktokshop.Token{}, err
	}
	return tiktokshop.Token{
		AccessToken: tiktokshop.NewSecret(doc.AccessToken), AccessExpires: doc.AccessExpires,
		RefreshToken: tiktokshop.NewSecret(doc.RefreshToken), RefreshExpires: doc.RefreshExpires,
		OpenID: doc.OpenID, SellerName: doc.SellerName, SellerRegion: doc.SellerRegion, UserType: doc.UserType, Scopes: doc.Scopes,
	}, nil
}

// UpdateToken implements [tiktokshop.TokenStore]. It holds a lock and no transaction
// while update runs, so that others can use the database.
func (s tokens) UpdateToken(ctx context.Context, update func(tiktokshop.Token) (tiktokshop.Token, error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	held, unlock, err := s.db.lock(ctx, "", "token/"+s.seller) // no shop is called so
	if err != nil {
		return err
	}
	defer unlock()
	current, err := s.LoadToken(held)
	if err != nil {
		return err
	}
	t, err := update(current)
	if err != nil {
		return err
	}
	sets(&t.AccessExpires, &t.RefreshExpires)
	doc, err := document(tokenDoc{
		AccessToken: t.AccessToken.Reveal(), AccessExpires: t.AccessExpires, RefreshToken: t.RefreshToken.Reveal(), RefreshExpires: t.RefreshExpires,
		OpenID: t.OpenID, SellerName: t.SellerName, SellerRegion: t.SellerRegion, UserType: t.UserType, Scopes: t.Scopes,
	})
	if err != nil {
		return err
	}
	// Whatever became of ctx: a pair that is lost costs a new consent. The fence refuses
	// to write over what another has written.
	return s.db.write(context.WithoutCancel(held), "writing a token", func(ctx context.Context, t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO lb_tokens (name, doc) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET doc = excluded.doc`, s.seller, doc)
		return err
	})
}
