/** The hub for browsers, over gRPC-Web. */

import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { Hub } from "./hub.js";
import { type Credential, interceptors } from "./interceptors.js";

export * from "./errors.js";
export * from "./hub.js";
export type { Credential } from "./interceptors.js";
export * from "./lists.js";
export * as v1 from "./v1.js";

/** A hub at an address that speaks gRPC-Web. */
export function connect(address: string, credential: Credential = {}): Hub {
  const transport = createGrpcWebTransport({
    baseUrl: new URL(address).origin,
    interceptors: interceptors(credential),
  });
  return new Hub(transport, () => undefined);
}
