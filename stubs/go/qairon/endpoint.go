package qairon

import (
	"fmt"
	"net"
	"net/url"
	"os"
)

// DefaultAddress is where a server listens, and a client connects to, by default.
const DefaultAddress = "127.0.0.1:50051"

// endpoint is an address, and whether it was given as one with TLS.
type endpoint struct {
	address string
	tls     bool
}

// parseEndpoint takes http://host:port, https://host:port and host:port. An empty text means QAIRON_ENDPOINT and, when
// that is empty too, DefaultAddress. Ports are 80, 443 and 50051 when none is given, in this order of forms.
func parseEndpoint(text string) (endpoint, error) {
	if text == "" {
		text = os.Getenv("QAIRON_ENDPOINT")
	}
	if text == "" {
		text = DefaultAddress
	}
	bad := func(why string) (endpoint, error) {
		return endpoint{}, fmt.Errorf("the endpoint `%s` %s; expected `http://host:port` or `host:port`", text, why)
	}
	port := "50051"
	parsed := &url.URL{Host: text}
	var secure bool
	if at, err := url.Parse(text); err == nil && at.Host != "" {
		switch parsed = at; parsed.Scheme {
		case "http":
			port = "80"
		case "https":
			port, secure = "443", true
		default:
			return bad(fmt.Sprintf("has the scheme `%s`", parsed.Scheme))
		}
		if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" || (parsed.Path != "" && parsed.Path != "/") {
			return bad("has more than a host and a port")
		}
	} else if parsed, err = url.Parse("//" + text); err != nil || parsed.Host != text {
		return bad("is not an address")
	}
	if parsed.Hostname() == "" {
		return bad("has no host")
	}
	if parsed.Port() != "" {
		port = parsed.Port()
	}
	return endpoint{address: net.JoinHostPort(parsed.Hostname(), port), tls: secure}, nil
}
