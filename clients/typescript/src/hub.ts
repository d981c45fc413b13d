/** The hub, whatever the way to it. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import { ChecksumError } from "./errors.js";
import { Backoff, RESUMES_MAX } from "./resume.js";
import * as v1 from "./v1.js";

/** What is sent at once, in bytes; the hub takes up to 1 MiB. */
const PIECE_BYTES = 256 << 10;

const OVER = [
  v1.ActionState.CANCELED,
  v1.ActionState.FINISHED,
  v1.ActionState.FAILED,
  v1.ActionState.DOWNLOADED,
];

/** Is told how many bytes of an artifact are done. */
export type Progress = (done: number) => void;

/** A file for a module. */
export interface Upload {
  /** `softwareModules/{id}`. */
  module: string;
  /** The name that it is to have. */
  filename: string;
  /** Its bytes. */
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  /** What the bytes must hash to; without one, it is what was read. */
  sha256?: string;
  progress?: Progress;
}

/** What a watch may be told. */
export interface Watching {
  /** Ends the watch. */
  signal?: AbortSignal;
}

/**
 * A hub. Each service has the calls of the contract: `await hub.targets.getTarget({ name })`.
 * Calls throw {@link HubError}. Those that only read, and those that carry a request id, are made
 * again with back-off while the hub is out of reach; the id is made up unless there is one.
 */
export class Hub {
  readonly actions: Client<typeof v1.ActionService>;
  readonly distributionSets: Client<typeof v1.DistributionSetService>;
  readonly distributionSetTags: Client<typeof v1.DistributionSetTagService>;
  readonly distributionSetTypes: Client<typeof v1.DistributionSetTypeService>;
  readonly events: Client<typeof v1.EventService>;
  readonly rollouts: Client<typeof v1.RolloutService>;
  readonly software: Client<typeof v1.SoftwareService>;
  readonly softwareModuleTypes: Client<typeof v1.SoftwareModuleTypeService>;
  readonly targetFilters: Client<typeof v1.TargetFilterService>;
  readonly targets: Client<typeof v1.TargetService>;
  readonly targetTags: Client<typeof v1.TargetTagService>;
  readonly targetTypes: Client<typeof v1.TargetTypeService>;
  readonly tenant: Client<typeof v1.TenantService>;
  readonly tenants: Client<typeof v1.TenantAdminService>;
  readonly users: Client<typeof v1.UserService>;
  readonly webhooks: Client<typeof v1.WebhookService>;

  /** `connect` of this package makes one; `close` ends the connection. */
  constructor(
    transport: Transport,
    readonly close: () => void,
  ) {
    this.actions = createClient(v1.ActionService, transport);
    this.distributionSets = createClient(v1.DistributionSetService, transport);
    this.distributionSetTags = createClient(v1.DistributionSetTagService, transport);
    this.distributionSetTypes = createClient(v1.DistributionSetTypeService, transport);
    this.events = createClient(v1.EventService, transport);
    this.rollouts = createClient(v1.RolloutService, transport);
    this.software = createClient(v1.SoftwareService, transport);
    this.softwareModuleTypes = createClient(v1.SoftwareModuleTypeService, transport);
    this.targetFilters = createClient(v1.TargetFilterService, transport);
    this.targets = createClient(v1.TargetService, transport);
    this.targetTags = createClient(v1.TargetTagService, transport);
    this.targetTypes = createClient(v1.TargetTypeService, transport);
    this.tenant = createClient(v1.TenantService, transport);
    this.tenants = createClient(v1.TenantAdminService, transport);
    this.users = createClient(v1.UserService, transport);
    this.webhooks = createClient(v1.WebhookService, transport);
  }

  /**
   * Events as they happen, without gaps and repeats even if the connection breaks. Each comes with
   * the token to resume after it, also in another process. A message without an event is a sign of
   * life: the first one, at once, says that the hub is listened to.
   */
  async *watch(
    request: MessageInitShape<typeof v1.WatchEventsRequestSchema>,
    { signal }: Watching = {},
  ): AsyncGenerator<v1.WatchEventsResponse, void, undefined> {
    const backoff = new Backoff(RESUMES_MAX, signal);
    let next = request;
    for (;;) {
      const listening = new AbortController();
      const signals = signal ? [signal, listening.signal] : [listening.signal];
      try {
        for await (const message of this.events.watchEvents(next, { signal: either(signals) })) {
          backoff.progress();
          next = { ...request, resumeToken: message.resumeToken };
          yield message;
        }
        await backoff.wait(new ConnectError("the watch ended", Code.Unavailable));
      } catch (error) {
        await backoff.wait(error);
      } finally {
        listening.abort();
      }
    }
  }

  /** An action `actions/{id}` as it is, and then each time it changed, until it is over. */
  async *watchAction(
    name: string,
    watching: Watching = {},
  ): AsyncGenerator<v1.Action, void, undefined> {
    let etag = "";
    for await (const { event } of this.watch({ action: name }, watching)) {
      if (event === undefined && etag !== "") continue;
      const action = await this.actions.getAction({ name });
      if (action.etag !== etag) yield action;
      etag = action.etag;
      if (OVER.includes(action.state)) return;
    }
  }

  /** Uploads a file; the hub checks its SHA-256. Not over gRPC-Web, which cannot. */
  async upload(upload: Upload): Promise<v1.Artifact> {
    return this.software.uploadArtifact(steps(upload));
  }

  /**
   * An artifact's bytes; goes on where it was if the connection breaks. After the last ones it
   * throws {@link ChecksumError} if what has come is not what the hub announced.
   */
  async *download(
    artifact: v1.Artifact,
    progress?: Progress,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const backoff = new Backoff(RESUMES_MAX, undefined);
    const hash = sha256.create();
    let done = 0n;
    while (done < artifact.sizeBytes) {
      try {
        const request = { name: artifact.name, offsetBytes: done };
        for await (const { data } of this.software.downloadArtifact(request)) {
          backoff.progress();
          hash.update(data);
          done += BigInt(data.length);
          yield data;
          progress?.(Number(done));
        }
      } catch (error) {
        await backoff.wait(error);
      }
    }
    const found = bytesToHex(hash.digest());
    const announced = artifact.hashes?.sha256 ?? "";
    if (found !== announced) {
      throw new ChecksumError(`${artifact.filename} is ${found}, not ${announced}`);
    }
  }
}

/** `targets/{controllerId}`, with the id percent-encoded. */
export function targetName(controllerId: string): string {
  return `targets/${encodeURIComponent(controllerId)}`;
}

async function* steps(
  upload: Upload,
): AsyncGenerator<MessageInitShape<typeof v1.UploadArtifactRequestSchema>, void, undefined> {
  const { module: parent, filename } = upload;
  yield { step: { case: "start", value: { parent, filename } } };
  const hash = sha256.create();
  let done = 0;
  for await (const bytes of upload.source) {
    for (let begin = 0; begin < bytes.length; begin += PIECE_BYTES) {
      const value = bytes.subarray(begin, begin + PIECE_BYTES);
      hash.update(value);
      yield { step: { case: "data", value } };
      done += value.length;
      upload.progress?.(done);
    }
  }
  const value = { sha256: upload.sha256 ?? bytesToHex(hash.digest()) };
  yield { step: { case: "expectedHashes", value } };
}

/** A signal that is given when any of them is. */
function either(signals: AbortSignal[]): AbortSignal {
  const any = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) any.abort();
    signal.addEventListener("abort", () => {
      any.abort();
    });
  }
  return any.signal;
}
