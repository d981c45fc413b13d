package otahub_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	otahub "github.com/otahub/otahub/clients/go"
	v1 "github.com/otahub/otahub/clients/go/v1"
)

// at is the hub at the address that a variable has; which is set by tests/clients/with_hub.py.
func at(t *testing.T, variable string, options ...otahub.Option) *otahub.Hub {
	t.Helper()
	who := otahub.WithUser(os.Getenv("OTAHUB_USER"), os.Getenv("OTAHUB_PASSWORD"))
	hub, err := otahub.New(os.Getenv(variable), append(options, who)...)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	t.Cleanup(func() { _ = hub.Close() })
	return hub
}

func unique(t *testing.T) string {
	t.Helper()
	return "go-" + strings.ToLower(rand.Text())
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func create(ctx context.Context, hub *otahub.Hub, controllerID string) (*v1.Target, error) {
	target := &v1.Target{ControllerId: controllerID}
	return hub.Targets.CreateTarget(ctx, &v1.CreateTargetRequest{Target: target})
}

func firmware() []byte {
	data := make([]byte, 700_000)
	for i := range data {
		data[i] = byte(i * 7 % 251)
	}
	return data
}

func TestPagesHoldEveryItemOnce(t *testing.T) {
	hub, prefix, ctx := at(t, "OTAHUB_ADDRESS"), unique(t), t.Context()
	var names []string
	for n := range 5 {
		names = append(names, must(create(ctx, hub, fmt.Sprint(prefix, "-", n))).GetName())
	}
	request := &v1.ListTargetsRequest{PageSize: 2, Filter: fmt.Sprintf("controller_id = %q", prefix+"*")}
	var pages []int
	for page, err := range otahub.Pages(ctx, hub.Targets.ListTargets, request) {
		pages = append(pages, len(must(page, err).GetTargets()))
	}
	if !slices.Equal(pages, []int{2, 2, 1}) {
		t.Errorf("pages of %v", pages)
	}
	var found []string
	for target, err := range otahub.Each(ctx, hub.Targets.ListTargets, request, (*v1.ListTargetsResponse).GetTargets) {
		found = append(found, must(target, err).GetName())
	}
	if !slices.Equal(found, names) {
		t.Errorf("%v, not %v", found, names)
	}
	if request.GetPageToken() != "" {
		t.Error("the caller's request was changed")
	}
}

func TestErrorsAreTyped(t *testing.T) {
	hub, prefix, ctx := at(t, "OTAHUB_ADDRESS"), unique(t), t.Context()
	must(create(ctx, hub, prefix))
	_, err := create(ctx, hub, prefix)
	var refused *otahub.Error
	if !errors.Is(err, otahub.AlreadyExists) || !errors.As(err, &refused) {
		t.Fatal(err)
	}
	if refused.Reason != "ALREADY_EXISTS" || refused.Metadata["type"] != "Target" {
		t.Errorf("%+v", refused)
	}
	_, err = hub.Targets.GetTarget(ctx, &v1.GetTargetRequest{Name: otahub.TargetName("nobody")})
	if !errors.Is(err, otahub.NotFound) || status.Code(err) != codes.NotFound {
		t.Error(err)
	}
	_, err = create(ctx, hub, "a b")
	if !errors.As(err, &refused) || len(refused.Fields) != 1 || refused.Fields[0].Subject != "controller_id" {
		t.Errorf("%+v", err)
	}
}

func TestStrangersAreRefused(t *testing.T) {
	stranger := must(otahub.New(os.Getenv("OTAHUB_ADDRESS"), otahub.WithUser("admin", "wrong")))
	_, err := stranger.Tenant.GetCaller(t.Context(), &v1.GetCallerRequest{})
	if !errors.Is(err, otahub.Unauthenticated) {
		t.Error(err)
	}
	if _, err := otahub.New("http://localhost:1", otahub.WithToken("a"), otahub.WithUser("a", "b")); err == nil {
		t.Error("took a token and a user")
	}
	if _, err := otahub.New("localhost:1"); err == nil {
		t.Error("took an address without a scheme")
	}
}

func TestTLSWithAPrivateIssuer(t *testing.T) {
	hub := at(t, "OTAHUB_TLS_ADDRESS", otahub.WithCA(os.Getenv("OTAHUB_TLS_CA")))
	if caller := must(hub.Tenant.GetCaller(t.Context(), &v1.GetCallerRequest{})); caller.GetUsername() != "admin" {
		t.Error(caller)
	}
	trustingOthers := at(t, "OTAHUB_TLS_ADDRESS")
	if _, err := trustingOthers.Tenant.GetCaller(t.Context(), &v1.GetCallerRequest{}); !errors.Is(err, otahub.Unavailable) {
		t.Error(err)
	}
}

func TestTLSWithACertificateOfOnesOwn(t *testing.T) {
	trusting := otahub.WithCA(os.Getenv("OTAHUB_TLS_CA"))
	certificate, key := os.Getenv("OTAHUB_MTLS_CERT"), os.Getenv("OTAHUB_MTLS_KEY")
	hub := at(t, "OTAHUB_MTLS_ADDRESS", trusting, otahub.WithCertificate(certificate, key))
	if caller := must(hub.Tenant.GetCaller(t.Context(), &v1.GetCallerRequest{})); caller.GetUsername() != "admin" {
		t.Error(caller)
	}
	nobody := at(t, "OTAHUB_MTLS_ADDRESS", trusting)
	if _, err := nobody.Tenant.GetCaller(t.Context(), &v1.GetCallerRequest{}); !errors.Is(err, otahub.Unavailable) {
		t.Error(err)
	}
	if _, err := otahub.New("https://localhost:1", otahub.WithCertificate(certificate, certificate)); err == nil {
		t.Error("took a certificate for a key")
	}
}

func TestReadsAndIdentifiedWritesSurviveALineThatHangsUp(t *testing.T) {
	prefix := unique(t)
	for n := range 4 {
		hub := at(t, "OTAHUB_FLAKY_ADDRESS")
		must(hub.Tenant.GetCaller(t.Context(), &v1.GetCallerRequest{}))
		must(create(t.Context(), hub, fmt.Sprint(prefix, "-", n)))
	}
}

func TestArtifactsArriveWholeOnALineThatHangsUp(t *testing.T) {
	hub, prefix, ctx := at(t, "OTAHUB_ADDRESS"), unique(t), t.Context()
	wanted := &v1.SoftwareModule{TypeKey: "os", DisplayName: prefix, Version: "1"}
	module := must(hub.Software.CreateSoftwareModule(ctx, &v1.CreateSoftwareModuleRequest{SoftwareModule: wanted}))
	data, told := firmware(), []int64{}
	upload := otahub.Upload{
		Module: module.GetName(), Filename: "firmware.bin",
		Progress: func(done int64) { told = append(told, done) },
	}
	artifact := must(hub.Upload(ctx, upload, bytes.NewReader(data)))
	if artifact.GetSizeBytes() != int64(len(data)) || told[len(told)-1] != int64(len(data)) {
		t.Error(artifact, told)
	}
	upload.Filename, upload.SHA256 = "other.bin", strings.Repeat("0", 64)
	var refused *otahub.Error
	_, err := hub.Upload(ctx, upload, bytes.NewReader(data))
	if !errors.As(err, &refused) || refused.Reason != "CHECKSUM_MISMATCH" {
		t.Error(err)
	}
	flaky, told := at(t, "OTAHUB_FLAKY_ADDRESS"), []int64{}
	var sink bytes.Buffer
	err = flaky.Download(ctx, artifact, &sink, func(done int64) { told = append(told, done) })
	if err != nil || !bytes.Equal(sink.Bytes(), data) {
		t.Error(err, sink.Len())
	}
	if !slices.IsSorted(told) || told[len(told)-1] != int64(len(data)) {
		t.Error(told)
	}
	artifact.Hashes.Sha256 = upload.SHA256
	var differs *otahub.ChecksumError
	if err := hub.Download(ctx, artifact, &sink, nil); !errors.As(err, &differs) {
		t.Error(err)
	}
}

func TestAWatchOnALineThatHangsUpMissesNothing(t *testing.T) {
	hub, prefix, ctx := at(t, "OTAHUB_ADDRESS"), unique(t), t.Context()
	request := &v1.WatchEventsRequest{Kinds: []v1.EventKind{v1.EventKind_EVENT_KIND_TARGET_CREATED}}
	for first, err := range hub.Watch(ctx, request) {
		request.ResumeToken = must(first, err).GetResumeToken()
		break
	}
	var names, seen []string
	for n := range 3 {
		names = append(names, must(create(ctx, hub, fmt.Sprint(prefix, "-", n))).GetName())
	}
	for range names {
		// a new connection each time, of which every other one is hung up on
		for message, err := range at(t, "OTAHUB_FLAKY_ADDRESS").Watch(ctx, request) {
			if event := must(message, err).GetEvent(); event != nil {
				seen = append(seen, event.GetResource())
				request.ResumeToken = message.GetResumeToken()
				break
			}
		}
	}
	if !slices.Equal(seen, names) {
		t.Errorf("%v, not %v", seen, names)
	}
}
