/** What a hub answers when it refuses, and what happens when it cannot be reached. */

import { type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
  RetryInfoSchema,
} from "./gen/google/rpc/error_details_pb.js";

export { Code };

/** A broken rule: of a field (InvalidArgument), or a quota (ResourceExhausted). */
export interface Violation {
  readonly subject: string;
  readonly description: string;
}

/** What Node makes of connections that break, beside Unavailable. */
const BROKEN = [Code.Internal, Code.Unknown, Code.Aborted, Code.Canceled];

/** Why a call failed. `code` is gRPC's: what to go by when the reason is unknown. */
export class HubError extends ConnectError {
  /** From `Reason` without its prefix: `ACTION_CLOSED`. Empty if nobody said. */
  readonly reason: string;
  /** What the message mentions; `errors.proto` names the keys of each reason. */
  readonly info: Readonly<Record<string, string>>;
  /** Fields of the request that break a rule. */
  readonly fields: readonly Violation[];
  /** Quotas that are full. */
  readonly quotas: readonly Violation[];
  /** After how many milliseconds the same call may succeed. */
  readonly retryAfterMs: number | undefined;

  constructor(error: ConnectError) {
    super(error.rawMessage, error.code, error.metadata, undefined, error.cause);
    this.details = error.details;
    const info = this.detail(ErrorInfoSchema);
    this.reason = info?.reason ?? "";
    this.info = info?.metadata ?? {};
    this.fields = (this.detail(BadRequestSchema)?.fieldViolations ?? []).map(
      ({ field, description }) => ({ subject: field, description }),
    );
    this.quotas = this.detail(QuotaFailureSchema)?.violations ?? [];
    const delay = this.detail(RetryInfoSchema)?.retryDelay;
    this.retryAfterMs = delay && durationMs(delay);
  }

  /** Whether the connection failed, or the hub asks to try again. */
  get isTransient(): boolean {
    return this.code === Code.Unavailable || (this.reason === "" && BROKEN.includes(this.code));
  }

  /** `instanceof`, which of a ConnectError also holds for what only looks like one. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return Object.prototype.isPrototypeOf.call(HubError.prototype, value as object);
  }

  /** The error that any other one stands for. */
  static override from(error: unknown): HubError {
    return error instanceof HubError ? error : new HubError(ConnectError.from(error));
  }

  private detail<T extends DescMessage>(schema: T): MessageShape<T> | undefined {
    return this.findDetails(schema)[0];
  }
}

/** The bytes that came are not those that the hub announced. */
export class ChecksumError extends Error {
  override name = "ChecksumError";
}
