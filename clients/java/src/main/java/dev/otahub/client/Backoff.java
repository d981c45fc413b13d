package dev.otahub.client;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** When a stream that broke is taken up again: later each time, until something has come again. */
final class Backoff {
    private static final long FIRST_WAIT_MILLIS = 250;
    private static final long LONGEST_WAIT_MILLIS = 8_000;

    /** How often in a row, which takes about a minute. */
    private static final int FAILURES_MAX = 12;

    private int failures;

    /** Notes that something has come. */
    void progress() {
        failures = 0;
    }

    /** Waits after {@code error}, which is thrown if waiting is of no use. */
    void await(Throwable error) {
        HubException why = HubException.of(error);
        failures++;
        if (!why.isTransient() || failures > FAILURES_MAX) {
            throw why;
        }
        long longest = Math.min(FIRST_WAIT_MILLIS << (failures - 1), LONGEST_WAIT_MILLIS);
        long wait = ThreadLocalRandom.current().nextLong(longest / 2, longest);
        try {
            Thread.sleep(Math.max(why.retryAfter().map(Duration::toMillis).orElse(0L), wait));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw why;
        }
    }
}
