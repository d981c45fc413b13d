/** The hub for Node, over gRPC. */

import { readFileSync } from "node:fs";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { Hub } from "./hub.js";
import { type Credential, interceptors } from "./interceptors.js";

export * from "./errors.js";
export * from "./hub.js";
export type { Credential } from "./interceptors.js";
export * from "./lists.js";
export * as v1 from "./v1.js";

/** How a hub is reached. */
export interface Options {
  /** A PEM file of issuers to trust instead of the usual ones. */
  ca?: string;
  /** A PEM file of a certificate to show the hub (mutual TLS); needs its `key`. */
  cert?: string;
  /** A PEM file of the key of that certificate. */
  key?: string;
}

/**
 * A hub at `http://HOST:PORT` or, with TLS, `https://HOST:PORT`. Connects with the first call;
 * `close` ends the connection.
 */
export function connect(address: string, options: Credential & Options = {}): Hub {
  const { protocol, origin } = new URL(address);
  if (protocol !== "http:" && protocol !== "https:") {
    throw new TypeError(`${address} is no address: http://HOST:PORT or https://HOST:PORT`);
  }
  const { ca, cert, key } = options;
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError("a certificate and its key, or neither");
  }
  const nodeOptions = {
    ...(ca !== undefined && { ca: readFileSync(ca) }),
    ...(cert !== undefined && { cert: readFileSync(cert) }),
    ...(key !== undefined && { key: readFileSync(key) }),
  };
  const pings = { pingIntervalMs: 20_000, pingTimeoutMs: 10_000 };
  const sessionManager = new Http2SessionManager(origin, pings, nodeOptions);
  const transport = createGrpcTransport({
    baseUrl: origin,
    sessionManager,
    interceptors: interceptors(options),
  });
  return new Hub(transport, () => {
    sessionManager.abort();
  });
}
