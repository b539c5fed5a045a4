package qairon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// caFile names the certificates of the trusted issuers, in place of those of the system.
type caFile struct{ path, namedBy string }

// pool reads them.
func (f caFile) pool() (*x509.CertPool, error) {
	wrong := func(format string, values ...any) (*x509.CertPool, error) {
		return nil, fmt.Errorf("the CA file %s of %s %s", f.path, f.namedBy, fmt.Sprintf(format, values...))
	}
	text, err := os.ReadFile(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return wrong("does not exist: correct its path")
	case errors.Is(err, syscall.EISDIR):
		return wrong("is a directory: name a file in it")
	case errors.Is(err, fs.ErrPermission):
		return wrong("cannot be read (permission denied): allow it")
	case err != nil:
		return wrong("cannot be read (%v): name another", err)
	}
	pool, count := x509.NewCertPool(), 0
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return wrong("has a damaged certificate: write it anew, in PEM")
		}
		pool.AddCert(certificate)
		count++
	}
	if count == 0 {
		return wrong("has no certificate: write the issuer's to it, in PEM")
	}
	return pool, nil
}

// transport is how a connection to an endpoint is made: with the credentials of the caller, with TLS, or without.
func (s *settings) transport(to endpoint) (credentials.TransportCredentials, error) {
	made := &transport{to: to, trouble: s.trouble, TransportCredentials: s.credentials}
	if s.credentials != nil {
		return made, nil
	}
	if !to.tls {
		made.TransportCredentials = insecure.NewCredentials()
		return made, nil
	}
	if s.caFile.path == "" {
		s.caFile = caFile{os.Getenv("QAIRON_CA_FILE"), "QAIRON_CA_FILE"}
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.caFile.path != "" {
		pool, err := s.caFile.pool()
		if err != nil {
			return nil, err
		}
		config.RootCAs, made.caFile = pool, &s.caFile
	}
	made.TransportCredentials = credentials.NewTLS(config)
	return made, nil
}

// transport explains why a connection was not made: TLS on one side only, or a certificate that is not trusted. What
// gRPC reports of it is the text of another library.
type transport struct {
	credentials.TransportCredentials
	to      endpoint
	caFile  *caFile
	trouble *trouble
}

// trouble is why the last connection was not made; nil when it was, or when the reason is another.
type trouble struct{ atomic.Pointer[string] }

func (t *transport) Clone() credentials.TransportCredentials {
	clone := *t
	clone.TransportCredentials = t.TransportCredentials.Clone()
	return &clone
}

func (t *transport) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := t.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err != nil {
		t.trouble.Store(t.explain(err, raw))
		return conn, info, err
	}
	t.trouble.Store(nil)
	if info.AuthType() == "insecure" {
		conn = &first{Conn: conn, transport: t}
	}
	return conn, info, nil
}

func (t *transport) explain(err error, raw net.Conn) *string {
	at := t.to.address
	told := ""
	var (
		record  tls.RecordHeaderError
		issuer  x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	plain := fmt.Sprintf("the server at %s does not speak TLS: use `http://%s`", at, at)
	switch {
	case errors.As(err, &record):
		told = plain
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && time.Now().Before(invalid.Cert.NotBefore):
		told = fmt.Sprintf("the certificate of %s is not valid yet: set the clock of this machine or of the issuer", at)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		told = fmt.Sprintf("the certificate of %s has expired: renew it on the server", at)
	case errors.As(err, &name):
		host, _, _ := net.SplitHostPort(at)
		told = fmt.Sprintf("the certificate of %s is not for the host `%s`: use a name that is in it", at, host)
	case errors.As(err, &issuer) && t.caFile != nil:
		told = fmt.Sprintf("the certificate of %s is not from an issuer in %s: correct %s", at, t.caFile.path, t.caFile.namedBy)
	case errors.As(err, &issuer):
		told = fmt.Sprintf("the certificate of %s is from an issuer that this system does not trust: "+
			"name the issuer's certificate with `WithCAFile` or QAIRON_CA_FILE", at)
	case errors.As(err, new(*tls.CertificateVerificationError)):
		told = fmt.Sprintf("the certificate of %s is not valid (%v): renew it on the server", at, err)
	case strings.Contains(err.Error(), "ALPN"):
		told = fmt.Sprintf("the server at %s speaks TLS but not HTTP/2, as gRPC needs: use the address that is for gRPC", at)
	case isCut(err):
		if answer, ok := firstByte(raw.RemoteAddr()); !ok || answer == tlsAlert {
			return nil
		}
		told = plain
	default:
		told = fmt.Sprintf("the TLS handshake with %s failed: %v; look into the log of the server", at, err)
	}
	return &told
}

// isCut reports whether the other side ended a connection.
func isCut(err error) bool {
	ends := []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE}
	return slices.ContainsFunc(ends, func(end error) bool { return errors.Is(err, end) })
}

// tlsAlert is the type of a TLS record with an alert.
const tlsAlert = 0x15

// first looks at the first byte of a server that is spoken to without TLS.
type first struct {
	net.Conn
	transport *transport
	seen      bool
}

func (f *first) Read(buffer []byte) (int, error) {
	n, err := f.Conn.Read(buffer)
	if n == 0 && !f.seen && isCut(err) {
		at := f.transport.to.address
		// Many servers with TLS do so, without an alert.
		told := fmt.Sprintf("the server at %s closed the connection without an answer: "+
			"use `https://%s` if it expects TLS, or start it again", at, at)
		f.transport.trouble.Store(&told)
	}
	if n > 0 && !f.seen {
		f.seen = true
		at := f.transport.to.address
		switch buffer[0] {
		case tlsAlert:
			told := fmt.Sprintf("the server at %s expects TLS: use `https://%s`", at, at)
			f.transport.trouble.Store(&told)
		case 'H':
			told := fmt.Sprintf("the server at %s does not speak HTTP/2 without TLS, as gRPC needs: "+
				"use `https://%s` if it expects TLS, or another endpoint", at, at)
			f.transport.trouble.Store(&told)
		}
	}
	return n, err
}

// firstByte is what a server answers to HTTP/2 without TLS.
func firstByte(at net.Addr) (byte, bool) {
	const patience = 2 * time.Second
	conn, err := net.DialTimeout(at.Network(), at.String(), patience)
	if err != nil {
		return 0, false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	// An empty frame of settings follows what every connection begins with.
	if _, err := io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"); err != nil {
		return 0, false
	}
	var answer [1]byte
	_, err = io.ReadFull(conn, answer[:])
	return answer[0], err == nil
}
