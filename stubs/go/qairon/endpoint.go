package qairon

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// DefaultAddress is where a server listens, and a client connects to, by default.
const DefaultAddress = "127.0.0.1:50051"

// endpoint is an address, and whether it is one with TLS.
type endpoint struct {
	address string
	tls     bool
}

// readEndpoint is the endpoint of a text, of QAIRON_ENDPOINT when the text is empty, or DefaultAddress.
func readEndpoint(text string) (endpoint, error) {
	if text != "" {
		return parseEndpoint(text)
	}
	text = os.Getenv("QAIRON_ENDPOINT")
	if text == "" {
		text = DefaultAddress
	}
	found, err := parseEndpoint(text)
	if err != nil {
		return found, fmt.Errorf("QAIRON_ENDPOINT: %w", err)
	}
	return found, nil
}

// parseEndpoint takes http://host:port, https://host:port and host:port. It is written by hand: parsers of URLs differ,
// and the clients of all languages refuse the same endpoints in the same words (stubs/testdata/endpoints.json).
func parseEndpoint(text string) (endpoint, error) {
	// It is printed in messages, and no server would read the password.
	if strings.Contains(text, "@") {
		return endpoint{}, fmt.Errorf("the endpoint has a user or a password: remove the part up to `@`")
	}
	wrong := func(format string, values ...any) (endpoint, error) {
		return endpoint{}, fmt.Errorf("endpoint `%s` %s", shown(text), shown(fmt.Sprintf(format, values...)))
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' }) {
		return wrong("has white space in it: remove it")
	}
	front, port, usual, secure := "", "", "50051", false
	rest := text
	if scheme, after, ok := strings.Cut(text, "://"); ok {
		rest = after
		switch strings.ToLower(scheme) {
		case "http":
			front = "http://"
		case "https":
			front, usual, secure = "https://", "443", true
		default:
			return wrong("has the scheme `%s`: use `http://` or `https://`", scheme)
		}
	}
	host, tail := rest, ""
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		host, tail = rest[:at], rest[at:]
	}
	switch {
	case strings.HasPrefix(host, "["):
		inner, after, closed := strings.Cut(host[1:], "]")
		address, err := netip.ParseAddr(inner)
		if !closed || err != nil || !address.Is6() || address.Zone() != "" || (after != "" && after[0] != ':') {
			return wrong("has an invalid IPv6 address: write it in brackets, such as `[::1]:50051`")
		}
		host, port = "["+inner+"]", strings.TrimPrefix(after, ":")
	case strings.Count(host, ":") > 1:
		return wrong("has more than one `:`: write an IPv6 address in brackets, such as `[::1]:50051`")
	default:
		host, port, _ = strings.Cut(host, ":")
	}
	switch {
	case host == "":
		return wrong("has no host: write `%shost:%s`", front, usual)
	case tail != "" && tail != "/":
		return wrong("has more than a host and a port: remove `%s`", tail)
	case host[0] != '[' && !consistsOf(host, letters+digits+"-_."):
		return wrong("has the host `%s`: use letters, digits, `-`, `_` and `.`", host)
	case host[0] != '[' && unnamable(host) != "":
		return wrong("has the host `%s`, %s: correct it", host, unnamable(host))
	case consistsOf(host, digits+".") && !isIPv4(host):
		return wrong("has the host `%s`, which is not an IPv4 address: correct it", host)
	case port == "":
		return wrong("has no port: write `%s%s:%s`", front, host, usual)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return wrong("has the port `%s`: use a number from 1 to 65535", port)
	}
	return endpoint{address: host + ":" + strconv.FormatUint(number, 10), tls: secure}, nil
}

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// maxLabel is how long a part of a host may be, and maxHost all of it: DNS has no longer ones.
const maxLabel, maxHost = 63, 253

// unnamable is why DNS has no such host; empty when it may have one. A dot at the end is for a name that is complete.
func unnamable(host string) string {
	name := strings.TrimSuffix(host, ".")
	labels := strings.Split(name, ".")
	switch {
	case slices.Contains(labels, ""):
		return "which has nothing before or after a dot"
	case slices.ContainsFunc(labels, func(label string) bool { return len(label) > maxLabel }):
		return fmt.Sprintf("a part of which is longer than %d characters", maxLabel)
	case len(name) > maxHost:
		return fmt.Sprintf("which is longer than %d characters", maxHost)
	}
	return ""
}

func consistsOf(text, characters string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !strings.ContainsRune(characters, r) })
}

func isIPv4(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.Is4()
}

// shown is a text without control characters, which would change the terminal or break the line.
func shown(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\ufffd'
		}
		return r
	}, text)
}
