package qairon

import (
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"

	qaironv1 "qairon.dev/stubs/go/qairon/v1"
)

// maxMessage is the default for the largest answer a client takes, in bytes. Pages and batches stay below 4 MiB;
// messages of streams do as well.
const maxMessage = 16 << 20

// Client has a client of every service, on one connection. It may be used by any number of goroutines.
type Client struct {
	Bulk           qaironv1.BulkServiceClient
	Capacity       qaironv1.CapacityServiceClient
	Catalog        qaironv1.CatalogServiceClient
	Config         qaironv1.ConfigServiceClient
	Delivery       qaironv1.DeliveryServiceClient
	Dependency     qaironv1.DependencyServiceClient
	Deployment     qaironv1.DeploymentServiceClient
	Infrastructure qaironv1.InfrastructureServiceClient
	Network        qaironv1.NetworkServiceClient
	Search         qaironv1.SearchServiceClient
	Server         qaironv1.ServerServiceClient
	Trace          qaironv1.TraceServiceClient

	conn *grpc.ClientConn
}

// Conn is the connection, for clients of other services on it, such as grpc.health.v1.
func (c *Client) Conn() *grpc.ClientConn { return c.conn }

// Close closes the connection. Calls under way fail with CANCELLED.
func (c *Client) Close() error { return c.conn.Close() }

type settings struct {
	actor       string
	credentials credentials.TransportCredentials
	caFile      caFile
	trouble     *trouble
	maxMessage  int
	retryLimit  int
	dial        []grpc.DialOption
}

// Option changes how Connect connects.
type Option func(*settings)

// WithActor names who is responsible for the calls: it goes to the log of the service (metadata x-qairon-actor).
func WithActor(actor string) Option { return func(s *settings) { s.actor = actor } }

// WithCAFile trusts the issuers whose certificates are in a file, in PEM, in place of those of the system. It is for
// `https://`; without it the environment's QAIRON_CA_FILE counts.
func WithCAFile(path string) Option {
	return func(s *settings) { s.caFile = caFile{path, "`WithCAFile`"} }
}

// WithTransportCredentials connects with TLS of your own making, such as credentials.NewTLS(&tls.Config{}) with the
// certificate of a client.
func WithTransportCredentials(c credentials.TransportCredentials) Option {
	return func(s *settings) { s.credentials = c }
}

// WithMaxMessageBytes sets the largest answer that is taken, in bytes; 16 MiB when unset.
func WithMaxMessageBytes(bytes int) Option { return func(s *settings) { s.maxMessage = bytes } }

// WithoutRetries returns every error to the caller immediately. Writes still get a request_id.
func WithoutRetries() Option { return func(s *settings) { s.retryLimit = 1 } }

// WithDialOptions adds options of gRPC after those that Connect sets, such as further interceptors.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, options...) }
}

// Connect makes a client for an endpoint: `http://host:port`, `https://host:port` or `host:port`. An empty endpoint means
// the environment's QAIRON_ENDPOINT or, without one, 127.0.0.1:50051.
//
// It does not wait for the connection, which comes up with the first call: an error means that the endpoint is
// malformed, or that the CA file cannot be used.
func Connect(endpoint string, options ...Option) (*Client, error) {
	to, err := readEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	s := settings{maxMessage: maxMessage, retryLimit: attempts, trouble: new(trouble)}
	for _, option := range options {
		option(&s)
	}
	transport, err := s.transport(to)
	if err != nil {
		return nil, err
	}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(s.maxMessage)),
		grpc.WithChainUnaryInterceptor(s.unary),
		grpc.WithChainStreamInterceptor(s.stream),
		// A server that restarts is found again within the time that retries take.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
	}
	if s.retryLimit > 1 {
		dial = append(dial, grpc.WithDefaultServiceConfig(serviceConfig()))
	} else {
		dial = append(dial, grpc.WithDisableRetry())
	}
	// Not resolved by DNS when it is an address; proxies of the environment are not used for an internal service.
	conn, err := grpc.NewClient("dns:///"+to.address, append(append(dial, grpc.WithNoProxy()), s.dial...)...)
	if err != nil {
		return nil, err
	}
	return &Client{
		Bulk:           qaironv1.NewBulkServiceClient(conn),
		Capacity:       qaironv1.NewCapacityServiceClient(conn),
		Catalog:        qaironv1.NewCatalogServiceClient(conn),
		Config:         qaironv1.NewConfigServiceClient(conn),
		Delivery:       qaironv1.NewDeliveryServiceClient(conn),
		Dependency:     qaironv1.NewDependencyServiceClient(conn),
		Deployment:     qaironv1.NewDeploymentServiceClient(conn),
		Infrastructure: qaironv1.NewInfrastructureServiceClient(conn),
		Network:        qaironv1.NewNetworkServiceClient(conn),
		Search:         qaironv1.NewSearchServiceClient(conn),
		Server:         qaironv1.NewServerServiceClient(conn),
		Trace:          qaironv1.NewTraceServiceClient(conn),
		conn:           conn,
	}, nil
}
