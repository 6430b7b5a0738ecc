// A small Bolt app: what it answers is checked by the Go test that starts it. SLACK_API_URL, BOT_TOKEN and APP_TOKEN
// lead to the workspace.
import bolt from "@slack/bolt";

const clientOptions = { slackApiUrl: process.env.SLACK_API_URL };
// Bolt waits for the time of this ping before it connects again.
const receiver = new bolt.SocketModeReceiver({ appToken: process.env.APP_TOKEN, clientPingTimeout: 1500, installerOptions: { clientOptions }, logLevel: bolt.LogLevel.ERROR });
const app = new bolt.App({ token: process.env.BOT_TOKEN, receiver, clientOptions, logLevel: bolt.LogLevel.ERROR });

const plain = (text) => ({ type: "plain_text", text });

app.command("/qa", async ({ command, ack, respond, client }) => {
  await ack({ text: "bolt: " + command.text });
  if (command.text === "again") return;
  await client.chat.postMessage({
    channel: command.channel_id,
    text: "parent",
    blocks: [{ type: "actions", block_id: "act", elements: [{ type: "button", action_id: "go", text: plain("Go"), value: "1" }, { type: "button", action_id: "form", text: plain("Form") }] }],
  });
  await respond({ text: "later" });
});

app.action("go", async ({ ack, body, client, respond }) => {
  await ack();
  await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: "edited", blocks: [] });
  await client.chat.postMessage({ channel: body.channel.id, thread_ts: body.message.ts, text: "in thread" });
  await respond({ text: "clicked", replace_original: false });
  await client.filesUploadV2({ channel_id: body.channel.id, thread_ts: body.message.ts, filename: "log.txt", content: "line 1\n", initial_comment: "the log" });
});

app.action("form", async ({ ack, body, client }) => {
  await ack();
  await client.views.open({
    trigger_id: body.trigger_id,
    view: {
      type: "modal", callback_id: "form", title: plain("Form"), submit: plain("Start"),
      blocks: [{ type: "input", block_id: "branch", label: plain("Branch"), element: { type: "external_select", action_id: "branch", min_query_length: 0 } }],
    },
  });
});

app.options("branch", async ({ ack, options }) => {
  await ack({ options: [{ text: plain("feature/" + options.value), value: options.value }] });
});

app.view("form", async ({ ack, view }) => {
  const branch = view.state.values.branch.branch.selected_option.value;
  if (branch === "bad") await ack({ response_action: "errors", errors: { branch: "no such branch" } });
  else await ack();
});

app.event("app_mention", async ({ event, context, say }) => {
  const after = context.retryReason ? " after " + context.retryReason : "";
  await say({ text: "mentioned in try " + (context.retryNum ?? 0) + after, thread_ts: event.thread_ts ?? event.ts });
});

app.event("app_home_opened", async ({ event, client }) => {
  await client.views.publish({ user_id: event.user, view: { type: "home", blocks: [{ type: "header", text: plain("Home") }] } });
});

await app.start();
