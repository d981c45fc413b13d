/** When something that failed is tried again. */

import { HubError } from "./errors.js";

const LONGEST_WAIT_MS = 8_000;
const FIRST_WAIT_MS = 250;
/** How often in a row a stream is taken up again, which takes about a minute. */
export const RESUMES_MAX = 12;
/** How often in a row a call is made again. */
export const RETRIES_MAX = 4;

/** Waits longer each time, until something has come again. */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly failuresMax: number,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Notes that something has come. */
  progress(): void {
    this.failures = 0;
  }

  /** Waits after `error`, which is thrown if waiting is of no use. */
  async wait(error: unknown): Promise<void> {
    const why = HubError.from(error);
    this.failures += 1;
    if (!why.isTransient || this.failures > this.failuresMax || this.signal?.aborted) throw why;
    const longest = Math.min(FIRST_WAIT_MS * 2 ** (this.failures - 1), LONGEST_WAIT_MS);
    const wait = Math.max(why.retryAfterMs ?? 0, longest * (0.5 + Math.random() / 2));
    await new Promise((done) => setTimeout(done, wait));
  }
}
