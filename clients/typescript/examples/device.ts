/** A device that asks over DDI what there is to do, downloads it, checks it, and reports. */

import { createHash } from "node:crypto";

interface Deployment {
  id: string;
  deployment: {
    chunks: {
      artifacts: {
        filename: string;
        hashes: { sha256: string };
        _links: { "download-http": { href: string } };
      }[];
    }[];
  };
}

export class Device {
  /** `base` is the device's address, `token` its own. */
  constructor(
    private readonly base: string,
    private readonly token: string,
  ) {}

  async install(): Promise<void> {
    const poll = (await this.call(this.base).then((answer) => answer.json())) as {
      _links: { deploymentBase: { href: string } };
    };
    const answer = await this.call(poll._links.deploymentBase.href);
    const { id, deployment } = (await answer.json()) as Deployment;
    for (const artifact of deployment.chunks.flatMap((chunk) => chunk.artifacts)) {
      const answer = await this.call(artifact._links["download-http"].href);
      const data = new Uint8Array(await answer.arrayBuffer());
      const found = createHash("sha256").update(data).digest("hex");
      const agree = found === artifact.hashes.sha256 ? "agrees" : "differs";
      console.log(`device: ${artifact.filename}, ${data.length} bytes, sha256 ${agree}`);
    }
    await this.report(id, "proceeding", "none");
    await this.report(id, "closed", "success");
  }

  private async report(id: string, execution: string, finished: string): Promise<void> {
    const status = { execution, result: { finished }, details: [] };
    await this.call(`${this.base}/deploymentBase/${id}/feedback`, { id, status });
    console.log(`device: ${execution}, ${finished}`);
  }

  private async call(url: string, body?: object): Promise<Response> {
    const headers = {
      Authorization: `TargetToken ${this.token}`,
      "Content-Type": "application/json",
    };
    const post = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(url, { headers, ...post });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer;
  }
}
