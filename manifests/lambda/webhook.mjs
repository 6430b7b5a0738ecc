// GitHub's webhooks, received by a Lambda URL: what is signed with the secret goes into the queue, reduced to what qabot
// reads. Anybody may call the URL, so nothing is believed, logged or queued before the signature is proven.
//
// The environment names the queue (QUEUE_URL) and the SecureString with the secret (SECRET_PARAMETER); two secrets, separated
// by a comma, are both good while the secret is changed. GitHub never sends again by itself, so a queue that does not take
// the message is answered with 503, which GitHub shows as a failed delivery.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

// A queue takes 256 KiB; GitHub sends up to 25 MB.
const LARGEST_MESSAGE = 240 * 1024;
// How long a changed secret may go unnoticed.
const SECRET_FRESH_MS = 5 * 60 * 1000;

const pick = (from, ...names) => {
  if (from === null || typeof from !== "object") return undefined;
  return Object.fromEntries(names.filter((name) => from[name] !== undefined).map((name) => [name, from[name]]));
};
const cut = (text, most) => (typeof text === "string" ? [...text.slice(0, 2 * most)].slice(0, most).join("") : undefined);
const fullNames = (list) => (Array.isArray(list) ? list.map((one) => pick(one, "id", "full_name")) : undefined);
const side = (one) => one && { ...pick(one, "ref", "sha"), repo: one.repo === null ? null : pick(one.repo, "id") };

// reduce keeps what qabot reads of a payload. A field that GitHub did not send is not sent on.
export function reduce(payload) {
  const pull = payload.pull_request;
  return {
    ...pick(payload, "action", "ref", "ref_type", "before", "after", "created", "deleted", "forced", "number", "changes", "zen"),
    label: pick(payload.label, "name"),
    pusher: pick(payload.pusher, "name"),
    sender: pick(payload.sender, "login", "type"),
    head_commit: payload.head_commit ? { id: payload.head_commit.id, message: cut(payload.head_commit.message, 500) } : undefined,
    repository: pick(payload.repository, "id", "name", "full_name"),
    installation: payload.installation && {
      ...pick(payload.installation, "id"), account: pick(payload.installation.account, "login"),
    },
    repositories: fullNames(payload.repositories),
    repositories_added: fullNames(payload.repositories_added),
    repositories_removed: fullNames(payload.repositories_removed),
    pull_request: pull && {
      ...pick(pull, "number", "state", "merged", "draft", "html_url"),
      title: cut(pull.title, 300),
      user: pick(pull.user, "login", "type"),
      labels: Array.isArray(pull.labels) ? pull.labels.map((label) => pick(label, "name")) : undefined,
      head: side(pull.head),
      base: side(pull.base),
    },
  };
}

// signedBy tells whether a body was signed with one of the secrets. An empty secret signs nothing.
export function signedBy(secrets, body, signature) {
  const given = /^sha256=([0-9a-f]{64})$/.exec(signature ?? "");
  if (!given) return false;
  const sum = Buffer.from(given[1], "hex");
  return secrets.some((secret) => secret !== "" && timingSafeEqual(sum, createHmac("sha256", secret).update(body).digest()));
}

const answer = (statusCode, body) => ({ statusCode, headers: { "content-type": "text/plain; charset=utf-8" }, body: body + "\n" });

// makeHandler gives the function for a Lambda URL. secrets gives those that are good now, send puts a text into the queue.
export function makeHandler({ secrets, send, log = console }) {
  return async (request) => {
    const method = request.requestContext?.http?.method;
    if (method !== "POST") return answer(405, "webhooks are posted");
    const headers = request.headers ?? {}; // a Lambda URL gives their names in lower case
    const body = Buffer.from(request.body ?? "", request.isBase64Encoded ? "base64" : "utf8");
    if (!signedBy(await secrets(), body, headers["x-hub-signature-256"])) return answer(401, "the signature is missing or wrong");
    if (!/^application\/json\b/i.test(headers["content-type"] ?? "")) return answer(415, "the content type of the webhook must be application/json");
    const event = headers["x-github-event"] ?? "";
    const delivery = headers["x-github-delivery"] ?? "";
    if (event === "ping") return answer(200, "pong");
    if (!/^[\w.:-]{1,100}$/.test(delivery) || !/^[a-z_]{1,60}$/.test(event)) return answer(400, "the delivery has no ID or no event");
    let payload;
    try {
      payload = JSON.parse(body.toString("utf8"));
    } catch {
      payload = undefined;
    }
    if (payload === null || typeof payload !== "object" || Array.isArray(payload)) return answer(400, "the payload cannot be read");
    const sha256 = createHash("sha256").update(body).digest("hex");
    const message = JSON.stringify({ delivery, event, sha256, payload: reduce(payload) });
    if (Buffer.byteLength(message) > LARGEST_MESSAGE) {
      log.error("event too large for the queue", { delivery, event });
      return answer(413, "too large for the queue");
    }
    try {
      await send(message);
    } catch (error) {
      log.error("queue event", { delivery, event, error: String(error) });
      return answer(503, "it could not be kept; deliver it again");
    }
    return answer(202, "kept");
  };
}

// fresh asks again when an answer has become old, and goes on with the old one where asking fails.
export function fresh(ask, forMs = SECRET_FRESH_MS, now = Date.now) {
  let kept, at;
  return async () => {
    if (kept === undefined || now() - at > forMs) {
      try {
        kept = await ask();
        at = now();
      } catch (error) {
        if (kept === undefined) throw error;
      }
    }
    return kept;
  };
}

// inLambda makes the handler with what the Lambda runtime brings along.
async function inLambda() {
  const [{ SQSClient, SendMessageCommand }, { SSMClient, GetParameterCommand }] = await Promise.all([
    import("@aws-sdk/client-sqs"),
    import("@aws-sdk/client-ssm"),
  ]);
  const sqs = new SQSClient({});
  const ssm = new SSMClient({});
  return makeHandler({
    secrets: fresh(async () => {
      const got = await ssm.send(new GetParameterCommand({ Name: process.env.SECRET_PARAMETER, WithDecryption: true }));
      const all = got.Parameter.Value.split(",").map((secret) => secret.trim());
      return all.filter((secret) => secret !== "" && secret !== "unset"); // unset: as Terraform made it
    }),
    send: (text) => sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: text })),
  });
}

let ready;
export const handler = async (request) => (await (ready ??= inLambda()))(request);
