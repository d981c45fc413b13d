/** Against a real hub, which tests/clients/with_hub.py starts. */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import {
  ChecksumError,
  Code,
  connect,
  each,
  type Hub,
  HubError,
  type Options,
  pages,
  v1,
} from "../src/node.js";
import { connect as connectWeb } from "../src/web.js";

const FIRMWARE = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7) % 251);

function variable(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

function who(): { user: string; password: string } {
  return { user: variable("OTAHUB_USER"), password: variable("OTAHUB_PASSWORD") };
}

/** The hub at the address that a variable has, until the test ends. */
function at(t: TestContext, name: string, more: Options = {}): Hub {
  const hub = connect(variable(name), { ...who(), ...more });
  t.after(hub.close);
  return hub;
}

function create(hub: Hub, controllerId: string): Promise<v1.Target> {
  return hub.targets.createTarget({ target: { controllerId } });
}

async function refusal(call: Promise<unknown>): Promise<HubError> {
  const error: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(error instanceof HubError, String(error));
  return error;
}

void test("pages hold every item once", async (t) => {
  const hub = at(t, "OTAHUB_ADDRESS");
  const prefix = randomUUID();
  const names: string[] = [];
  for (let n = 0; n < 5; n++) names.push((await create(hub, `${prefix}-${n}`)).name);
  const request = { pageSize: 2, filter: `controller_id = "${prefix}*"` };
  const sizes: number[] = [];
  for await (const page of pages(hub.targets.listTargets, request)) sizes.push(page.targets.length);
  assert.deepEqual(sizes, [2, 2, 1]);
  const found: string[] = [];
  const targets = each(hub.targets.listTargets, request, (page) => page.targets);
  for await (const target of targets) found.push(target.name);
  assert.deepEqual(found, names);
});

void test("errors are typed", async (t) => {
  const hub = at(t, "OTAHUB_ADDRESS");
  const id = randomUUID();
  await create(hub, id);
  const taken = await refusal(create(hub, id));
  assert.equal(taken.code, Code.AlreadyExists);
  assert.equal(taken.reason, "ALREADY_EXISTS");
  assert.deepEqual(taken.info, { type: "Target" });
  const missing = await refusal(hub.targets.getTarget({ name: "targets/nobody" }));
  assert.equal(missing.code, Code.NotFound);
  const invalid = await refusal(create(hub, "a b"));
  assert.deepEqual(
    invalid.fields.map((field) => field.subject),
    ["controller_id"],
  );
});

void test("strangers are refused", async (t) => {
  const stranger = connect(variable("OTAHUB_ADDRESS"), { user: "admin", password: "wrong" });
  t.after(stranger.close);
  const refused = await refusal(stranger.tenant.getCaller({}));
  assert.equal(refused.code, Code.Unauthenticated);
  assert.throws(() => connect("http://localhost:1", { ...who(), token: "a" }), TypeError);
  assert.throws(() => connect("ftp://localhost:1"), TypeError);
});

void test("TLS with a private issuer", async (t) => {
  const hub = at(t, "OTAHUB_TLS_ADDRESS", { ca: variable("OTAHUB_TLS_CA") });
  assert.equal((await hub.tenant.getCaller({})).username, "admin");
  const trustingOthers = at(t, "OTAHUB_TLS_ADDRESS");
  await refusal(trustingOthers.tenant.getCaller({}));
});

void test("TLS with a certificate of one's own", async (t) => {
  const ca = variable("OTAHUB_TLS_CA");
  const cert = variable("OTAHUB_MTLS_CERT");
  const key = variable("OTAHUB_MTLS_KEY");
  const hub = at(t, "OTAHUB_MTLS_ADDRESS", { ca, cert, key });
  assert.equal((await hub.tenant.getCaller({})).username, "admin");
  const nobody = at(t, "OTAHUB_MTLS_ADDRESS", { ca });
  await refusal(nobody.tenant.getCaller({}));
  assert.throws(() => connect("https://localhost:1", { ...who(), cert }), TypeError);
});

void test("reads and identified writes survive a line that hangs up", async (t) => {
  const prefix = randomUUID();
  for (let n = 0; n < 4; n++) {
    const hub = at(t, "OTAHUB_FLAKY_ADDRESS");
    assert.equal((await hub.tenant.getCaller({})).username, "admin");
    assert.equal((await create(hub, `${prefix}-${n}`)).controllerId, `${prefix}-${n}`);
  }
});

void test("artifacts arrive whole on a line that hangs up", async (t) => {
  const hub = at(t, "OTAHUB_ADDRESS");
  const softwareModule = { typeKey: "os", displayName: randomUUID(), version: "1" };
  const { name: module } = await hub.software.createSoftwareModule({ softwareModule });
  const told: number[] = [];
  const upload = { module, filename: "firmware.bin", source: [FIRMWARE] };
  const artifact = await hub.upload({ ...upload, progress: (done) => told.push(done) });
  assert.equal(artifact.sizeBytes, BigInt(FIRMWARE.length));
  assert.equal(told.at(-1), FIRMWARE.length);
  const wrong = { ...upload, filename: "other.bin", sha256: "0".repeat(64) };
  assert.equal((await refusal(hub.upload(wrong))).reason, "CHECKSUM_MISMATCH");
  const flaky = at(t, "OTAHUB_FLAKY_ADDRESS");
  const received: Uint8Array[] = [];
  for await (const data of flaky.download(artifact)) received.push(data);
  assert.ok(Buffer.concat(received).equals(FIRMWARE));
  assert.ok(artifact.hashes);
  artifact.hashes.sha256 = wrong.sha256;
  const bytes = hub.download(artifact);
  await assert.rejects(async () => {
    while (!(await bytes.next()).done);
  }, ChecksumError);
});

void test("a watch on a line that hangs up misses nothing", async (t) => {
  const hub = at(t, "OTAHUB_ADDRESS");
  const kinds = [v1.EventKind.TARGET_CREATED];
  const first = await hub.watch({ kinds }).next();
  assert.ok(first.value && !first.value.event);
  let { resumeToken } = first.value;
  const names: string[] = [];
  for (let n = 0; n < 3; n++) names.push((await create(hub, randomUUID())).name);
  const seen: string[] = [];
  while (seen.length < names.length) {
    // a new connection each time, of which every other one is hung up on
    const flaky = at(t, "OTAHUB_FLAKY_ADDRESS");
    for await (const message of flaky.watch({ kinds, resumeToken })) {
      if (!message.event) continue;
      seen.push(message.event.resource);
      ({ resumeToken } = message);
      break;
    }
  }
  assert.deepEqual(seen, names);
});

void test("the browser's hub calls, refuses and lists over gRPC-Web", async () => {
  const hub = connectWeb(variable("OTAHUB_HTTP_ADDRESS"), who());
  assert.equal((await hub.tenant.getCaller({})).username, "admin");
  const id = randomUUID();
  await create(hub, id);
  const taken = await refusal(create(hub, id));
  assert.equal(taken.code, Code.AlreadyExists);
  assert.equal(taken.reason, "ALREADY_EXISTS");
  const invalid = await refusal(create(hub, "a b"));
  assert.deepEqual(
    invalid.fields.map((field) => field.subject),
    ["controller_id"],
  );
  const request = { pageSize: 1, filter: `controller_id = "${id}"` };
  const found: string[] = [];
  for await (const target of each(hub.targets.listTargets, request, (page) => page.targets)) {
    found.push(target.controllerId);
  }
  assert.deepEqual(found, [id]);
  const stranger = connectWeb(variable("OTAHUB_HTTP_ADDRESS"));
  assert.equal((await refusal(stranger.tenant.getCaller({}))).code, Code.Unauthenticated);
});

void test("the browser's hub watches and downloads", async (t) => {
  const hub = connectWeb(variable("OTAHUB_HTTP_ADDRESS"), who());
  const names: string[] = [];
  const seen: string[] = [];
  const kinds = [v1.EventKind.TARGET_CREATED];
  for await (const { event } of hub.watch({ kinds })) {
    if (event) seen.push(event.resource);
    if (seen.length === 2) break;
    names.push((await create(hub, randomUUID())).name);
  }
  assert.deepEqual(seen, names);
  // uploads are streams of requests, which browsers cannot make
  const node = at(t, "OTAHUB_ADDRESS");
  const softwareModule = { typeKey: "os", displayName: randomUUID(), version: "1" };
  const { name: module } = await node.software.createSoftwareModule({ softwareModule });
  const artifact = await node.upload({ module, filename: "firmware.bin", source: [FIRMWARE] });
  const received: Uint8Array[] = [];
  for await (const data of hub.download(artifact)) received.push(data);
  assert.ok(Buffer.concat(received).equals(FIRMWARE));
});
