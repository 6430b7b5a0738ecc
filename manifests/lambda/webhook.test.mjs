import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";

import { fresh, makeHandler, reduce } from "./webhook.mjs";

const quiet = { error() {} };

function world({ secrets = ["old", "new"], broken = false } = {}) {
  const queue = [];
  const handle = makeHandler({
    secrets: async () => secrets,
    send: async (text) => {
      if (broken) throw new Error("no queue");
      queue.push(JSON.parse(text));
    },
    log: quiet,
  });
  return { queue, handle };
}

function request(payload, { secret = "new", event = "push", delivery = "72d3162e-cc78", headers = {}, base64 = false, body } = {}) {
  const text = body ?? JSON.stringify(payload);
  return {
    requestContext: { http: { method: "POST" } },
    headers: {
      "content-type": "application/json", "x-github-event": event, "x-github-delivery": delivery,
      "x-hub-signature-256": "sha256=" + createHmac("sha256", secret).update(text).digest("hex"), ...headers,
    },
    isBase64Encoded: base64,
    body: base64 ? Buffer.from(text).toString("base64") : text,
  };
}

const push = {
  ref: "refs/heads/qa/日本", after: "a".repeat(40), deleted: false, repository: { id: 7, full_name: "acme/shop", private: true },
  pusher: { name: "ben", email: "ben@acme.test" }, head_commit: { id: "a".repeat(40), message: "x".repeat(9000) }, commits: [{ id: "secret plans" }],
};

test("what is signed is queued, reduced, with the sum of what came", async () => {
  for (const base64 of [false, true]) {
    const { queue, handle } = world();
    const answer = await handle(request(push, { base64 }));
    assert.equal(answer.statusCode, 202);
    assert.equal(queue.length, 1);
    const [message] = queue;
    assert.equal(message.delivery, "72d3162e-cc78");
    assert.equal(message.event, "push");
    assert.equal(message.sha256, createHash("sha256").update(JSON.stringify(push)).digest("hex"));
    assert.equal(message.payload.ref, "refs/heads/qa/日本");
    assert.equal(message.payload.deleted, false);
    assert.deepEqual(message.payload.repository, { id: 7, full_name: "acme/shop" });
    assert.equal(message.payload.head_commit.message.length, 500);
    assert.ok(!JSON.stringify(message).includes("secret plans"));
  }
});

test("nothing unsigned is believed", async () => {
  const { queue, handle } = world();
  const refused = [
    request(push, { headers: { "x-hub-signature-256": undefined } }),
    request(push, { headers: { "x-hub-signature-256": "" } }),
    request(push, { headers: { "x-hub-signature-256": "sha1=" + "0".repeat(40) } }),
    request(push, { headers: { "x-hub-signature-256": "sha256=" + "0".repeat(64) } }),
    request(push, { secret: "guess" }),
    request(push, { secret: "" }),
    { ...request(push), body: JSON.stringify({ ...push, after: "b".repeat(40) }) },
    request({}, { event: "ping", secret: "guess" }),
  ];
  for (const one of refused) assert.equal((await handle(one)).statusCode, 401);
  const unset = world({ secrets: [] });
  assert.equal((await unset.handle(request(push, { secret: "" }))).statusCode, 401);
  const empty = world({ secrets: [""] });
  assert.equal((await empty.handle(request(push, { secret: "" }))).statusCode, 401);
  assert.deepEqual([...queue, ...unset.queue, ...empty.queue], []);
});

test("both secrets are good while one takes over from the other", async () => {
  for (const secret of ["old", "new"]) {
    const { queue, handle } = world();
    assert.equal((await handle(request(push, { secret }))).statusCode, 202);
    assert.equal(queue.length, 1);
  }
});

test("what cannot be an event is refused, and a ping is answered", async () => {
  const { queue, handle } = world();
  assert.equal((await handle(request({ zen: "x" }, { event: "ping" }))).statusCode, 200);
  assert.equal((await handle({ ...request(push), requestContext: { http: { method: "GET" } } })).statusCode, 405);
  assert.equal((await handle(request(push, { headers: { "content-type": "text/plain" } }))).statusCode, 415);
  assert.equal((await handle(request(push, { delivery: "" }))).statusCode, 400);
  assert.equal((await handle(request(push, { event: "" }))).statusCode, 400);
  for (const body of ["", "{", "null", "[]", "7"]) assert.equal((await handle(request(null, { body }))).statusCode, 400, body);
  assert.deepEqual(queue, []);
});

test("a queue that does not answer is said to GitHub", async () => {
  const { handle } = world({ broken: true });
  assert.equal((await handle(request(push))).statusCode, 503);
});

test("the fork that is gone stays null, and what was not sent is not made up", () => {
  const pull = { number: 12, head: { ref: "x", sha: "s", repo: null }, base: { ref: "main", sha: "t", repo: { id: 7, name: "shop" } } };
  const kept = JSON.parse(JSON.stringify(reduce({ action: "opened", number: 12, pull_request: pull })));
  assert.equal(kept.pull_request.head.repo, null);
  assert.deepEqual(kept.pull_request.base.repo, { id: 7 });
  assert.ok(!("repository" in kept) && !("sender" in kept) && !("labels" in kept.pull_request));
});

test("a secret is asked for again, and kept when nobody answers", async () => {
  let time = 0, asked = 0, down = false;
  const secrets = fresh(async () => {
    if (down) throw new Error("away");
    return ["secret " + ++asked];
  }, 100, () => time);
  assert.deepEqual(await secrets(), ["secret 1"]);
  assert.deepEqual(await secrets(), ["secret 1"]);
  time = 101;
  assert.deepEqual(await secrets(), ["secret 2"]);
  [time, down] = [300, true];
  assert.deepEqual(await secrets(), ["secret 2"]);
  await assert.rejects(fresh(async () => { throw new Error("away"); })());
});
