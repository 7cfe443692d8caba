package linnworks

import (
	"context"
	"time"
)

type Client struct{ services }
type service struct{ client *Client }
type CallOption func()
type operation struct {
	name, method, path      string
	query, form, jsonArrays bool
	body, replay            int
	limit, host             int
}

const (
	bodyNone = iota
	bodyParams
	bodyWrapped
	bodyFlat
	bodyJSON
)
const (
	replayNever = iota
	replayRead
	replayWrite
)
const (
	hostV1 = iota
	hostV2
	hostNew
	hostAuth
)

func (c *Client) call(ctx context.Context, op operation, path []string, req, out any, opts []CallOption) error {
	return nil
}

type Decimal string
type GUID string
type Time struct{ time.Time }

func decodeEnum[T ~string](b []byte, v *T, names ...string) error { return nil }
