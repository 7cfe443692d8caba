package tiktokshop_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/linnbridge/linnbridge/tiktokshop"
)

// sqlTokens keeps the tokens of one seller in a row of a table:
//
//	CREATE TABLE tiktok_tokens (
//		seller text PRIMARY KEY,
//		access_token text NOT NULL DEFAULT '', access_expires timestamptz,
//		refresh_token text NOT NULL DEFAULT '', refresh_expires timestamptz,
//		rest jsonb NOT NULL DEFAULT '{}'
//	)
//
// Encrypt the two tokens if others can read the table or its backups.
type sqlTokens struct {
	db     *sql.DB
	seller string
}

const selectToken = `SELECT access_token, access_expires, refresh_token, refresh_expires, rest FROM tiktok_tokens WHERE seller = $1`

// rest is what calls need no column for.
type rest struct {
	OpenID, SellerName, SellerRegion string
	UserType                         int
	Scopes                           []string
}

func (s sqlTokens) LoadToken(ctx context.Context) (tiktokshop.Token, error) {
	t, err := scanToken(s.db.QueryRowContext(ctx, selectToken, s.seller))
	if errors.Is(err, sql.ErrNoRows) {
		return tiktokshop.Token{}, nil
	}
	return t, err
}

// UpdateToken locks the row for the time of a transaction: other processes wait in
// their SELECT, and the database lets go of it if this one ends or loses its
// connection, in which case Commit fails.
func (s sqlTokens) UpdateToken(ctx context.Context, update func(tiktokshop.Token) (tiktokshop.Token, error)) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // without effect after Commit
	// A row that is not there cannot be locked.
	if _, err := tx.ExecContext(ctx, `INSERT INTO tiktok_tokens (seller) VALUES ($1) ON CONFLICT DO NOTHING`, s.seller); err != nil {
		return err
	}
	current, err := scanToken(tx.QueryRowContext(ctx, selectToken+` FOR UPDATE`, s.seller))
	if err != nil {
		return err
	}
	t, err := update(current)
	if err != nil {
		return err
	}
	more, err := json.Marshal(rest{t.OpenID, t.SellerName, t.SellerRegion, t.UserType, t.Scopes})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE tiktok_tokens SET access_token = $2, access_expires = $3, refresh_token = $4, refresh_expires = $5, rest = $6 WHERE seller = $1`,
		s.seller, t.AccessToken.Reveal(), nullTime(t.AccessExpires), t.RefreshToken.Reveal(), nullTime(t.RefreshExpires), string(more))
	if err != nil {
		return err
	}
	return tx.Commit()
}

func scanToken(row *sql.Row) (tiktokshop.Token, error) {
	var (
		access, refresh               string
		accessExpires, refreshExpires sql.NullTime
		more                          []byte
		r                             rest
	)
	if err := row.Scan(&access, &accessExpires, &refresh, &refreshExpires, &more); err != nil {
		return tiktokshop.Token{}, err
	}
	if err := json.Unmarshal(more, &r); err != nil {
		return tiktokshop.Token{}, err
	}
	return tiktokshop.Token{
		AccessToken: tiktokshop.NewSecret(access), AccessExpires: accessExpires.Time,
		RefreshToken: tiktokshop.NewSecret(refresh), RefreshExpires: refreshExpires.Time,
		OpenID: r.OpenID, SellerName: r.SellerName, SellerRegion: r.SellerRegion, UserType: r.UserType, Scopes: r.Scopes,
	}, nil
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t, Valid: !t.IsZero()} }

// A store in a table of PostgreSQL, for any number of processes. Hold it to the
// contract with tiktokshoptest.TestTokenStore.
func ExampleTokenStore() {
	var db *sql.DB // of the program
	tokens, err := tiktokshop.RefreshingTokens(newClient(nil), sqlTokens{db, "maple-home"})
	fmt.Println(tokens, err)
	// Output:
	// tiktokshop.RefreshingTokens <nil>
}
