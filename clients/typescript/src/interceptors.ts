/** The way of every call: the credential goes along, a request id too, errors come back typed. */

import type { DescMethod } from "@bufbuild/protobuf";
import type { Interceptor, StreamResponse } from "@connectrpc/connect";
import { bytesToHex, randomBytes } from "@noble/hashes/utils";
import { HubError } from "./errors.js";
import { Backoff, RETRIES_MAX } from "./resume.js";

/** Who calls: a user with a password, or an API token or OIDC token; nobody without either. */
export type Credential = { user: string; password: string } | { token: string } | object;

/** What every call passes, the outermost first. */
export function interceptors(credential: Credential): Interceptor[] {
  const value = authorization(credential);
  const authorize: Interceptor = (next) => (request) => {
    if (value !== undefined) request.header.set("authorization", value);
    return next(request);
  };
  return [repeat, typed, authorize];
}

function authorization(credential: Credential): string | undefined {
  if ("token" in credential && "user" in credential) {
    throw new TypeError("a token or a user, not both");
  }
  if ("token" in credential) return `Bearer ${credential.token}`;
  if (!("user" in credential)) return undefined;
  const pair = new TextEncoder().encode(`${credential.user}:${credential.password}`);
  return `Basic ${btoa(String.fromCharCode(...pair))}`;
}

/** Makes a call again that only reads, or tells by a request id that it is a repetition. */
const repeat: Interceptor = (next) => async (request) => {
  if (request.stream || !isRepeatable(request.method)) return next(request);
  const message = request.message as { requestId?: string };
  if (message.requestId === "") message.requestId = bytesToHex(randomBytes(16));
  const backoff = new Backoff(RETRIES_MAX, request.signal);
  for (;;) {
    try {
      return await next(request);
    } catch (error) {
      await backoff.wait(error);
    }
  }
};

function isRepeatable(method: DescMethod): boolean {
  return /^(Get|List)/.test(method.name) || "requestId" in method.input.field;
}

const typed: Interceptor = (next) => async (request) => {
  try {
    const answer = await next(request);
    return answer.stream ? { ...answer, message: typedMessages(answer) } : answer;
  } catch (error) {
    throw HubError.from(error);
  }
};

async function* typedMessages(answer: StreamResponse): StreamResponse["message"] {
  try {
    yield* answer.message;
  } catch (error) {
    throw HubError.from(error);
  }
}
