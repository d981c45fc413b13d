package otahub

import (
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	v1 "github.com/otahub/otahub/clients/go/v1"
)

const (
	firstWait   = 250 * time.Millisecond
	longestWait = 8 * time.Second
	// failuresMax is how often in a row a stream may break, which takes about a minute.
	failuresMax = 12
)

// failures counts how often in a row a stream broke.
type failures int

// wait waits longer each time before a stream is taken up again; it gives the error back if that
// is of no use.
func (f *failures) wait(ctx context.Context, err error) error {
	var hub *Error
	*f++
	if !errors.As(err, &hub) || !hub.IsTransient() || *f > failuresMax {
		return err
	}
	wait := min(firstWait<<(*f-1), longestWait)
	wait = max(hub.RetryAfter, wait/2+rand.N(wait/2))
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return typed(status.FromContextError(ctx.Err()).Err())
	}
}

// Watch gives events as they happen, without gaps and repeats even if the connection breaks, until
// ctx ends. Each comes with the token to resume after it, also in another process. A message
// without an event is a sign of life: the first one, at once, says that the hub is listened to. An
// error is the last that comes.
func (h *Hub) Watch(ctx context.Context, request *v1.WatchEventsRequest) iter.Seq2[*v1.WatchEventsResponse, error] {
	return func(yield func(*v1.WatchEventsResponse, error) bool) {
		request := proto.CloneOf(request)
		var broken failures
		for {
			goOn, err := h.watchOnce(ctx, request, func(message *v1.WatchEventsResponse) bool {
				broken, request.ResumeToken = 0, message.GetResumeToken()
				return yield(message, nil)
			})
			if !goOn {
				return
			}
			if err := broken.wait(ctx, err); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// watchOnce tells what comes until the stream breaks, or nobody wants to hear more.
func (h *Hub) watchOnce(
	ctx context.Context, request *v1.WatchEventsRequest, tell func(*v1.WatchEventsResponse) bool,
) (bool, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := h.Events.WatchEvents(ctx, request)
	for err == nil {
		var message *v1.WatchEventsResponse
		message, err = stream.Recv()
		if err == nil && !tell(message) {
			return false, nil
		}
	}
	if err == io.EOF {
		err = &Error{Code: Unavailable, Message: "the watch ended"}
	}
	return true, err
}

// WatchAction gives an action actions/{id} as it is, and then each time it changed, until it is
// over. An error is the last that comes.
func (h *Hub) WatchAction(ctx context.Context, name string) iter.Seq2[*v1.Action, error] {
	return func(yield func(*v1.Action, error) bool) {
		etag := ""
		for _, err := range h.Watch(ctx, &v1.WatchEventsRequest{Action: name}) {
			var action *v1.Action
			if err == nil {
				action, err = h.Actions.GetAction(ctx, &v1.GetActionRequest{Name: name})
			}
			if err != nil {
				yield(nil, err)
				return
			}
			isNew := action.GetEtag() != etag
			etag = action.GetEtag()
			if (isNew && !yield(action, nil)) || isOver(action) {
				return
			}
		}
	}
}

func isOver(action *v1.Action) bool {
	switch action.GetState() {
	case v1.ActionState_ACTION_STATE_CANCELED, v1.ActionState_ACTION_STATE_FINISHED,
		v1.ActionState_ACTION_STATE_FAILED, v1.ActionState_ACTION_STATE_DOWNLOADED:
		return true
	default:
		return false
	}
}
