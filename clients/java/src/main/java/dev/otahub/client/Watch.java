package dev.otahub.client;

import dev.otahub.v1.EventServiceGrpc.EventServiceBlockingV2Stub;
import dev.otahub.v1.WatchEventsRequest;
import dev.otahub.v1.WatchEventsResponse;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.util.Iterator;

/**
 * Events as they happen, without gaps and repeats even if the connection breaks.
 *
 * <p>Each comes with the token to resume after it, also in another process. A message without an
 * event is a sign of life: the first one, at once, says that the hub is listened to.
 */
public final class Watch implements Iterator<WatchEventsResponse>, AutoCloseable {
    private final EventServiceBlockingV2Stub events;
    private final Backoff backoff = new Backoff();
    private WatchEventsRequest request;
    private BlockingClientCall<?, WatchEventsResponse> stream;

    Watch(EventServiceBlockingV2Stub events, WatchEventsRequest request) {
        this.events = events;
        this.request = request;
    }

    /** True: there is always something to wait for. */
    @Override
    public boolean hasNext() {
        return true;
    }

    /** Waits for what comes next. */
    @Override
    public WatchEventsResponse next() {
        for (; ; ) {
            try {
                if (stream == null) {
                    stream = events.watchEvents(request);
                }
                WatchEventsResponse message = stream.read();
                if (message == null) {
                    throw new StatusException(Status.UNAVAILABLE.withDescription("the watch ended"));
                }
                backoff.progress();
                request = request.toBuilder().setResumeToken(message.getResumeToken()).build();
                return message;
            } catch (StatusException | RuntimeException error) {
                close();
                backoff.await(error);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw HubException.of(Status.CANCELLED.withCause(interrupted).asException());
            }
        }
    }

    /** Ends the watch; {@code next} begins it again where it was. */
    @Override
    public void close() {
        if (stream != null) {
            stream.cancel("no longer wanted", null);
            stream = null;
        }
    }
}
