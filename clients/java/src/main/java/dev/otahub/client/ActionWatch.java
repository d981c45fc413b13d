package dev.otahub.client;

import dev.otahub.v1.Action;
import dev.otahub.v1.ActionState;
import dev.otahub.v1.GetActionRequest;
import dev.otahub.v1.WatchEventsRequest;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;

/** An action as it is, and then each time it changed, until it is over. */
public final class ActionWatch implements Iterator<Action>, AutoCloseable {
    private static final Set<ActionState> OVER =
            EnumSet.of(
                    ActionState.ACTION_STATE_CANCELED,
                    ActionState.ACTION_STATE_FINISHED,
                    ActionState.ACTION_STATE_FAILED,
                    ActionState.ACTION_STATE_DOWNLOADED);

    private final Hub hub;
    private final GetActionRequest request;
    private final Watch watch;
    private Action last = Action.getDefaultInstance();

    ActionWatch(Hub hub, String name) {
        this.hub = hub;
        this.request = GetActionRequest.newBuilder().setName(name).build();
        this.watch = hub.watch(WatchEventsRequest.newBuilder().setAction(name).build());
    }

    /** False once the action is over. */
    @Override
    public boolean hasNext() {
        return !OVER.contains(last.getState());
    }

    /** Waits until the action changes; the first time it does not wait. */
    @Override
    public Action next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        for (; ; ) {
            watch.next();
            Action action = Hub.call(hub.actions()::getAction, request);
            if (!action.getEtag().equals(last.getEtag())) {
                last = action;
                return action;
            }
        }
    }

    /** Ends the watch. */
    @Override
    public void close() {
        watch.close();
    }
}
