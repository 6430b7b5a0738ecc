// Prints every example payload of GitHub's webhooks, signed by the library that GitHub's own SDK verifies with: one JSON
// object a line.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Webhooks } from "@octokit/webhooks";

const webhooks = new Webhooks({ secret: process.env.SECRET });
const folder = "node_modules/@octokit/webhooks-examples";
for (const server of readdirSync(folder, { withFileTypes: true })) {
  if (!server.isDirectory() || server.name === "node_modules") continue;
  for (const { name, examples } of JSON.parse(readFileSync(join(folder, server.name, "index.json"), "utf8"))) {
    for (const example of examples) {
      const payload = JSON.stringify(example);
      console.log(JSON.stringify({ server: server.name, event: name, payload, signature: await webhooks.sign(payload) }));
    }
  }
}
