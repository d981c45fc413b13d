/**
 * An update from upload to installed, with refusals on the way; prints what came of each step.
 *
 * The clients in other languages do the same and print the same. Takes the hub from the
 * environment (tests/clients/hub.py), and from OTAHUB_SCENARIO what all names are to begin with.
 */

import { createHash } from "node:crypto";
import { Code, connect, each, type Hub, HubError, v1 } from "../src/node.js";
import { Device } from "./device.js";

const { OTAHUB_SCENARIO: PREFIX = "", OTAHUB_ADDRESS = "", OTAHUB_HTTP_ADDRESS = "" } = process.env;
const { OTAHUB_USER: user = "", OTAHUB_PASSWORD: password = "" } = process.env;
const FIRMWARE = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7) % 251);

/** Five targets, and what cannot be made or found. */
async function targets(hub: Hub): Promise<v1.Target> {
  const made: v1.Target[] = [];
  for (let n = 1; n <= 5; n++) made.push(await createTarget(hub, `${PREFIX}-${n}`));
  const request = { pageSize: 2, filter: `controller_id = "${PREFIX}-*"` };
  const ids: string[] = [];
  for await (const target of each(hub.targets.listTargets, request, (page) => page.targets)) {
    ids.push(target.controllerId.slice(PREFIX.length + 1));
  }
  console.log(`targets: ${ids.join(" ")}`);
  await refused("the same again", () => createTarget(hub, `${PREFIX}-1`));
  await refused("with a blank", () => createTarget(hub, "a b"));
  await refused("nobody", () => hub.targets.getTarget({ name: "targets/nobody" }));
  return first(made);
}

function createTarget(hub: Hub, controllerId: string): Promise<v1.Target> {
  return hub.targets.createTarget({ target: { controllerId } });
}

/** Somebody with a wrong password, and a token that may only read. */
async function strangers(hub: Hub): Promise<void> {
  const stranger = connect(OTAHUB_ADDRESS, { user: "admin", password: "wrong" });
  await refused("a wrong password", () => stranger.tenant.getCaller({}));
  stranger.close();
  const wanted = { description: PREFIX, authorities: ["READ_TARGET"] };
  const { secret, apiToken } = await hub.users.createApiToken({ apiToken: wanted });
  const reader = connect(OTAHUB_ADDRESS, { token: secret });
  await refused("a reader", () => createTarget(reader, `${PREFIX}-6`));
  reader.close();
  await hub.users.revokeApiToken({ name: apiToken?.name ?? "" });
}

/** A set with one module with one file. */
async function software(hub: Hub): Promise<v1.DistributionSet> {
  const wanted = { typeKey: "os", displayName: PREFIX, version: "1.0" };
  const module = await hub.software.createSoftwareModule({ softwareModule: wanted });
  const upload = { module: module.name, filename: "firmware.bin", source: [FIRMWARE] };
  await refused("a wrong hash", () => hub.upload({ ...upload, sha256: "0".repeat(64) }));
  const artifact = await hub.upload(upload);
  const { filename, sizeBytes, hashes } = artifact;
  console.log(`uploaded: ${filename}, ${String(sizeBytes)} bytes, ${hashes?.sha256 ?? ""}`);
  const hash = createHash("sha256");
  let count = 0;
  for await (const data of hub.download(artifact)) {
    hash.update(data);
    count += data.length;
  }
  console.log(`downloaded: ${count} bytes, ${hash.digest("hex")}`);
  const distributionSet = { ...wanted, softwareModules: [{ name: module.name }] };
  const set = await hub.distributionSets.createDistributionSet({ distributionSet });
  console.log(`set: version ${set.version}, ${set.complete ? "complete" : "incomplete"}`);
  return set;
}

/** An action, which a second order does not make again. */
async function assign(hub: Hub, target: v1.Target, set: v1.DistributionSet): Promise<string> {
  const { controllerId } = target;
  const order = { assignments: [{ controllerId, distributionSet: set.name }] };
  const done = await hub.actions.assignDistributionSets(order);
  const again = await hub.actions.assignDistributionSets(order);
  for (const { assignedActions, alreadyAssignedCount } of [done, again]) {
    console.log(`assigned: ${assignedActions.length}, already ${String(alreadyAssignedCount)}`);
  }
  return `actions/${String(first(done.assignedActions).action)}`;
}

/** The device does what it is told to, while the operator watches. */
async function install(hub: Hub, target: v1.Target, action: string): Promise<void> {
  const watch = hub.watchAction(action);
  await watch.next();
  const last = (async () => {
    let state = v1.ActionState.UNSPECIFIED;
    for await (const change of watch) state = change.state;
    return v1.ActionState[state];
  })();
  const base = `${OTAHUB_HTTP_ADDRESS}/DEFAULT/controller/v1/${target.controllerId}`;
  await new Device(base, target.securityToken).install();
  console.log(`watched: ${await last}`);
  const { entries } = await hub.actions.listActionEntries({ parent: action, orderBy: "id" });
  console.log(`history: ${entries.map((entry) => v1.EntryStatus[entry.status]).join(" ")}`);
  const { updateStatus } = await hub.targets.getTarget({ name: target.name });
  console.log(`target: ${v1.UpdateStatus[updateStatus]}`);
  await refused("too late to cancel", () => hub.actions.cancelAction({ name: action }));
}

/** Prints why the hub refuses. */
async function refused(what: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
    console.log(`not refused: ${what}`);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const code = Code[error.code].replace(/(?<=.)[A-Z]/g, "_$&").toUpperCase();
    const keys = Object.keys(error.info).sort().join(" ");
    const fields = error.fields.map(({ subject, description }) => `, ${subject}: ${description}`);
    console.log(`refused: ${what}: ${code} ${error.reason} [${keys}]${fields.join("")}`);
  }
}

function first<T>(items: T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error("there is none");
  return item;
}

const hub = connect(OTAHUB_ADDRESS, { user, password });
const caller = await hub.tenant.getCaller({});
console.log(`caller: ${caller.username} of ${caller.tenant}`);
const target = await targets(hub);
await strangers(hub);
const set = await software(hub);
const action = await assign(hub, target, set);
await install(hub, target, action);
hub.close();
