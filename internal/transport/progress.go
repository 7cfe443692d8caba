package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"sync/atomic"
)

// progress is how far one attempt was seen to get. net/http reports it from
// several goroutines, also after the attempt has ended.
type progress struct {
	handed    atomic.Bool // to a sender that reports, with the context that it reports to
	traced    atomic.Bool // the sender reports at all
	connected atomic.Bool
	written   atomic.Bool // up to the end of the header, at least into a buffer
}

// trace returns a context with which net/http reports to p.
func (p *progress) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:      func(string) { p.traced.Store(true) },
		GotConn:      func(httptrace.GotConnInfo) { p.traced.Store(true); p.connected.Store(true) },
		WroteHeaders: func() { p.written.Store(true) },
	})
}

// answered notes that a reply began: the request was sent, reported or not.
func (p *progress) answered() {
	p.traced.Store(true)
	p.connected.Store(true)
	p.written.Store(true)
}

// sent reports whether the server may have seen the request of an attempt that
// failed with err.
func (p *progress) sent(attempt context.Context, err error) bool {
	switch {
	case badCertificate(err):
		return p.written.Load()
	case p.refused():
		return false
	case !p.traced.Load():
		// A sender of somebody else's: only a failed dial tells.
		return !dialFailed(err)
	case !p.connected.Load():
		return false
	}
	// A connection that died under the request is waited for, so that what was
	// reported until then is complete. The end of a context is not: the request
	// may be written still.
	var timeout net.Error
	ended := attempt.Err() != nil || errors.Is(err, context.Canceled) || errors.As(err, &timeout) && timeout.Timeout()
	return p.written.Load() || ended
}

// refused reports whether net/http did not even look for a connection: for the
// address, a header, or because the proxy function failed.
func (p *progress) refused() bool { return p.handed.Load() && !p.traced.Load() }

// dialFailed reports whether no connection was made, to the server or its proxy.
func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// badCertificate reports whether the certificate of the server was refused.
func badCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		roots        x509.SystemRootsError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &invalid) || errors.As(err, &roots)
}
