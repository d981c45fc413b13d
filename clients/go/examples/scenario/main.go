// Scenario is an update from upload to installed, with refusals on the way; it prints what came of
// each step.
//
// The clients in other languages do the same and print the same. It takes the hub from the
// environment (tests/clients/hub.py), and from OTAHUB_SCENARIO what all names are to begin with.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/code"

	otahub "github.com/otahub/otahub/clients/go"
	v1 "github.com/otahub/otahub/clients/go/v1"
)

var (
	prefix  = os.Getenv("OTAHUB_SCENARIO")
	address = os.Getenv("OTAHUB_ADDRESS")
	ctx     = context.Background()
)

func main() {
	hub := must(otahub.New(address, otahub.WithUser(os.Getenv("OTAHUB_USER"), os.Getenv("OTAHUB_PASSWORD"))))
	defer func() { check(hub.Close()) }()
	caller := must(hub.Tenant.GetCaller(ctx, &v1.GetCallerRequest{}))
	fmt.Printf("caller: %s of %s\n", caller.GetUsername(), caller.GetTenant())
	target := targets(hub)
	strangers(hub)
	set := software(hub)
	action := assign(hub, target, set)
	install(hub, target, action)
}

// targets makes five of them, and tries what cannot be made or found.
func targets(hub *otahub.Hub) *v1.Target {
	var made []*v1.Target
	for n := 1; n <= 5; n++ {
		made = append(made, must(createTarget(hub, fmt.Sprintf("%s-%d", prefix, n))))
	}
	request := &v1.ListTargetsRequest{PageSize: 2, Filter: fmt.Sprintf("controller_id = %q", prefix+"-*")}
	fmt.Print("targets:")
	for target, err := range otahub.Each(ctx, hub.Targets.ListTargets, request, (*v1.ListTargetsResponse).GetTargets) {
		fmt.Print(" ", strings.TrimPrefix(must(target, err).GetControllerId(), prefix+"-"))
	}
	fmt.Println()
	_, err := createTarget(hub, prefix+"-1")
	refused("the same again", err)
	_, err = createTarget(hub, "a b")
	refused("with a blank", err)
	_, err = hub.Targets.GetTarget(ctx, &v1.GetTargetRequest{Name: "targets/nobody"})
	refused("nobody", err)
	return made[0]
}

func createTarget(hub *otahub.Hub, controllerID string) (*v1.Target, error) {
	target := &v1.Target{ControllerId: controllerID}
	return hub.Targets.CreateTarget(ctx, &v1.CreateTargetRequest{Target: target})
}

// strangers are somebody with a wrong password, and a token that may only read.
func strangers(hub *otahub.Hub) {
	stranger := must(otahub.New(address, otahub.WithUser("admin", "wrong")))
	_, err := stranger.Tenant.GetCaller(ctx, &v1.GetCallerRequest{})
	refused("a wrong password", err)
	wanted := &v1.ApiToken{Description: prefix, Authorities: []string{"READ_TARGET"}}
	token := must(hub.Users.CreateApiToken(ctx, &v1.CreateApiTokenRequest{ApiToken: wanted}))
	reader := must(otahub.New(address, otahub.WithToken(token.GetSecret())))
	_, err = createTarget(reader, prefix+"-6")
	refused("a reader", err)
	must(hub.Users.RevokeApiToken(ctx, &v1.RevokeApiTokenRequest{Name: token.GetApiToken().GetName()}))
}

// software is a set with one module with one file.
func software(hub *otahub.Hub) *v1.DistributionSet {
	wanted := &v1.SoftwareModule{TypeKey: "os", DisplayName: prefix, Version: "1.0"}
	module := must(hub.Software.CreateSoftwareModule(ctx, &v1.CreateSoftwareModuleRequest{SoftwareModule: wanted}))
	firmware := make([]byte, 700_000)
	for i := range firmware {
		firmware[i] = byte(i * 7 % 251)
	}
	upload := otahub.Upload{Module: module.GetName(), Filename: "firmware.bin"}
	wrong := upload
	wrong.SHA256 = strings.Repeat("0", 64)
	_, err := hub.Upload(ctx, wrong, bytes.NewReader(firmware))
	refused("a wrong hash", err)
	artifact := must(hub.Upload(ctx, upload, bytes.NewReader(firmware)))
	fmt.Printf("uploaded: %s, %d bytes, %s\n", artifact.GetFilename(), artifact.GetSizeBytes(), artifact.GetHashes().GetSha256())
	var sink bytes.Buffer
	check(hub.Download(ctx, artifact, &sink, nil))
	fmt.Printf("downloaded: %d bytes, %x\n", sink.Len(), sha256.Sum256(sink.Bytes()))
	set := must(hub.DistributionSets.CreateDistributionSet(ctx, &v1.CreateDistributionSetRequest{
		DistributionSet: &v1.DistributionSet{
			TypeKey: "os", DisplayName: prefix, Version: "1.0", SoftwareModules: []*v1.SoftwareModule{module},
		},
	}))
	state := "incomplete"
	if set.GetComplete() {
		state = "complete"
	}
	fmt.Printf("set: version %s, %s\n", set.GetVersion(), state)
	return set
}

// assign makes an action, which a second order does not make again.
func assign(hub *otahub.Hub, target *v1.Target, set *v1.DistributionSet) string {
	order := &v1.Assignment{ControllerId: target.GetControllerId(), DistributionSet: set.GetName()}
	request := &v1.AssignDistributionSetsRequest{Assignments: []*v1.Assignment{order}}
	first := must(hub.Actions.AssignDistributionSets(ctx, request))
	second := must(hub.Actions.AssignDistributionSets(ctx, request))
	for _, done := range []*v1.AssignDistributionSetsResponse{first, second} {
		fmt.Printf("assigned: %d, already %d\n", len(done.GetAssignedActions()), done.GetAlreadyAssignedCount())
	}
	return fmt.Sprintf("actions/%d", first.GetAssignedActions()[0].GetAction())
}

// install has the device do what it is told to, while the operator watches.
func install(hub *otahub.Hub, target *v1.Target, action string) {
	watching, last := make(chan struct{}), make(chan string)
	go func() {
		state, isFirst := "", true
		for change, err := range hub.WatchAction(ctx, action) {
			state = must(change, err).GetState().String()
			if isFirst {
				close(watching)
				isFirst = false
			}
		}
		last <- strings.TrimPrefix(state, "ACTION_STATE_")
	}()
	<-watching
	base := os.Getenv("OTAHUB_HTTP_ADDRESS") + "/DEFAULT/controller/v1/" + target.GetControllerId()
	device{base, target.GetSecurityToken()}.install()
	fmt.Println("watched:", <-last)
	fmt.Print("history:")
	request := &v1.ListActionEntriesRequest{Parent: action, OrderBy: "id"}
	for _, entry := range must(hub.Actions.ListActionEntries(ctx, request)).GetEntries() {
		fmt.Print(" ", strings.TrimPrefix(entry.GetStatus().String(), "ENTRY_STATUS_"))
	}
	fmt.Println()
	updated := must(hub.Targets.GetTarget(ctx, &v1.GetTargetRequest{Name: target.GetName()}))
	fmt.Println("target:", strings.TrimPrefix(updated.GetUpdateStatus().String(), "UPDATE_STATUS_"))
	_, err := hub.Actions.CancelAction(ctx, &v1.CancelActionRequest{Name: action})
	refused("too late to cancel", err)
}

// refused prints why the hub refuses.
func refused(what string, err error) {
	var refusal *otahub.Error
	if !errors.As(err, &refusal) {
		fmt.Println("not refused:", what)
		return
	}
	keys := strings.Join(slices.Sorted(maps.Keys(refusal.Metadata)), " ")
	fmt.Printf("refused: %s: %s %s [%s]", what, code.Code(refusal.Code), refusal.Reason, keys)
	for _, field := range refusal.Fields {
		fmt.Printf(", %s: %s", field.Subject, field.Description)
	}
	fmt.Println()
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
