package tiktokshop

import "context"

type Client struct{ services }
type service struct{ client *Client }
type CallOption func()
type operation struct {
	name, method, path string
	query              bool
	body, replay       int
	noCipher           bool
}

const (
	bodyNone = iota
	bodyJSON
	bodyMultipart
)
const (
	replayNever = iota
	replayRead
	replayWrite
)

func (c *Client) call(ctx context.Context, op operation, path []string, req, out any, opts []CallOption) error {
	return nil
}

type File struct {
	Name    string
	Content []byte
}
type Decimal string
type UnixSeconds int64
type ID string
