// Package otahub is a client of otahub, a hub for over-the-air updates.
//
// A [Hub] has a field for each service of the contract, with the calls of the generated package
// v1. Calls that only read, and those that carry a request id, are tried again with back-off
// while the hub is out of reach; an id is made up where there is none. Errors are of type [*Error].
package otahub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	v1 "github.com/otahub/otahub/clients/go/v1"
)

// answerBytesMax is the largest answer that is read.
const answerBytesMax = 64 << 20

// Hub is a connection to a hub. Goroutines may share it.
type Hub struct {
	Actions              v1.ActionServiceClient
	DistributionSets     v1.DistributionSetServiceClient
	DistributionSetTags  v1.DistributionSetTagServiceClient
	DistributionSetTypes v1.DistributionSetTypeServiceClient
	Events               v1.EventServiceClient
	Rollouts             v1.RolloutServiceClient
	Software             v1.SoftwareServiceClient
	SoftwareModuleTypes  v1.SoftwareModuleTypeServiceClient
	TargetFilters        v1.TargetFilterServiceClient
	Targets              v1.TargetServiceClient
	TargetTags           v1.TargetTagServiceClient
	TargetTypes          v1.TargetTypeServiceClient
	Tenant               v1.TenantServiceClient
	Tenants              v1.TenantAdminServiceClient
	Users                v1.UserServiceClient
	Webhooks             v1.WebhookServiceClient

	connection *grpc.ClientConn
}

// An Option says who calls, and whom to trust.
type Option func(*settings) error

type settings struct {
	authorization string
	roots         *x509.CertPool
	certificates  []tls.Certificate
}

// WithUser calls as a user with a password.
func WithUser(user, password string) Option {
	pair := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	return withAuthorization("Basic " + pair)
}

// WithToken calls with an API token or an OIDC token.
func WithToken(token string) Option {
	return withAuthorization("Bearer " + token)
}

func withAuthorization(value string) Option {
	return func(s *settings) error {
		if s.authorization != "" {
			return errors.New("otahub: a token or a user, not both")
		}
		s.authorization = value
		return nil
	}
}

// WithCA trusts the issuers in a PEM file instead of the usual ones.
func WithCA(file string) Option {
	return func(s *settings) error {
		pem, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("otahub: no certificate in %s", file)
		}
		return nil
	}
}

// WithCertificate shows a certificate and proves it with its key, both PEM files: mutual TLS.
func WithCertificate(certificate, key string) Option {
	return func(s *settings) error {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return fmt.Errorf("otahub: no certificate with its key: %w", err)
		}
		s.certificates = []tls.Certificate{pair}
		return nil
	}
}

// New makes a connection to the hub at http://HOST:PORT or, with TLS, https://HOST:PORT. It
// connects with the first call.
func New(address string, options ...Option) (*Hub, error) {
	var s settings
	for _, option := range options {
		if err := option(&s); err != nil {
			return nil, err
		}
	}
	where, err := url.Parse(address)
	if err != nil || where.Host == "" {
		return nil, fmt.Errorf("otahub: %q is no address: http://HOST:PORT or https://HOST:PORT", address)
	}
	var transport credentials.TransportCredentials
	switch where.Scheme {
	case "http":
		transport = insecure.NewCredentials()
	case "https":
		transport = credentials.NewTLS(&tls.Config{
			RootCAs:      s.roots,
			Certificates: s.certificates,
			MinVersion:   tls.VersionTLS12,
		})
	default:
		return nil, fmt.Errorf("otahub: %q begins neither with http:// nor with https://", address)
	}
	connection, err := grpc.NewClient(where.Host, s.dialOptions(transport)...)
	if err != nil {
		return nil, err
	}
	return newHub(connection), nil
}

func newHub(connection *grpc.ClientConn) *Hub {
	return &Hub{
		Actions:              v1.NewActionServiceClient(connection),
		DistributionSets:     v1.NewDistributionSetServiceClient(connection),
		DistributionSetTags:  v1.NewDistributionSetTagServiceClient(connection),
		DistributionSetTypes: v1.NewDistributionSetTypeServiceClient(connection),
		Events:               v1.NewEventServiceClient(connection),
		Rollouts:             v1.NewRolloutServiceClient(connection),
		Software:             v1.NewSoftwareServiceClient(connection),
		SoftwareModuleTypes:  v1.NewSoftwareModuleTypeServiceClient(connection),
		TargetFilters:        v1.NewTargetFilterServiceClient(connection),
		Targets:              v1.NewTargetServiceClient(connection),
		TargetTags:           v1.NewTargetTagServiceClient(connection),
		TargetTypes:          v1.NewTargetTypeServiceClient(connection),
		Tenant:               v1.NewTenantServiceClient(connection),
		Tenants:              v1.NewTenantAdminServiceClient(connection),
		Users:                v1.NewUserServiceClient(connection),
		Webhooks:             v1.NewWebhookServiceClient(connection),
		connection:           connection,
	}
}

// Close ends the connection.
func (h *Hub) Close() error {
	return h.connection.Close()
}

func (s *settings) dialOptions(transport credentials.TransportCredentials) []grpc.DialOption {
	again := backoff.DefaultConfig
	again.BaseDelay, again.MaxDelay = 250*time.Millisecond, 5*time.Second
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultServiceConfig(serviceConfig()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(answerBytesMax)),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: again, MinConnectTimeout: 10 * time.Second}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 20 * time.Second}),
		grpc.WithChainUnaryInterceptor(unary),
		grpc.WithChainStreamInterceptor(stream),
	}
	if s.authorization != "" {
		options = append(options, grpc.WithPerRPCCredentials(authorization(s.authorization)))
	}
	return options
}

// authorization goes along with every call.
type authorization string

func (a authorization) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": string(a)}, nil
}

// RequireTransportSecurity is false: whether the way is safe is said by the address.
func (authorization) RequireTransportSecurity() bool {
	return false
}
