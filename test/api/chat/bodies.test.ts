import { describe, expect, it } from "vitest";
import { answerOf, approves, chatOf, linesOf, outputs, said, sendChat, statusIn, textIn } from "../../support/chat.ts";
import { call, newId, send } from "../../support/http.ts";
import { countRows } from "../../support/rows.ts";
import { scriptModel, toolCall } from "../../support/scripted-model.ts";

const model = scriptModel();
const MB = 1024 * 1024;

/** Messages of a long chat: about this many bytes, beside what JSON needs. */
const longChat = (bytes: number) =>
  Array.from({ length: bytes / 1024 }, (_, nth) =>
    nth % 2 === 0 ? said("é]}".repeat(256)) : answerOf(newId(), { type: "text", text: "x".repeat(1024) }),
  );
const TOO_LARGE =
  "The request body is larger than 8388608 bytes. Send the last message only: prepareSendMessagesRequest of the transport says what is sent.";

describe("the body of a chat", () => {
  it("may have 8 MiB, of which only the newest message is read", async () => {
    const id = newId();
    model.next("Hello");
    const { status, chunks } = await sendChat({ id, messages: [...longChat(7 * MB), said("Hi")] });
    expect([status, textIn(chunks)]).toEqual([200, "Hello"]);
    expect(linesOf(await chatOf(id))).toEqual(["user: Hi", "assistant: Hello"]);
    expect(JSON.stringify((await model.call(1)).request).length).toBeLessThan(10_000);
  });

  it("may have a message of megabytes that answers, as a run's message holds all that its calls gave", async () => {
    const id = newId();
    const at = "agents/operator";
    model.next([toolCall("delete_record", { id: "7" })], "Deleted.");
    const { runId } = await sendChat({ id, messages: [said("Delete it")] }, { at });
    const long = { type: "data-member", id: "m", data: { text: "x".repeat(5 * MB) } };
    const messages = [...longChat(1 * MB), answerOf(runId, long, approves(`${runId}.0`, true))];
    const { status, chunks } = await sendChat({ id, messages, messageId: runId }, { at });
    expect([status, textIn(chunks), statusIn(chunks)]).toEqual([200, "Deleted.", "COMPLETED"]);
  });

  it("is refused above that, however it is sent, with what to do about it", async () => {
    const before = await countRows();
    const body = JSON.stringify({ id: newId(), messages: [...longChat(8 * MB), said("Hi")] });
    const known = await sendChat(body);
    expect([known.status, known.body.code, known.body.detail]).toEqual([413, "payload_too_large", TOO_LARGE]);
    const bytes = new TextEncoder().encode(body);
    const chunked = new Request("http://localhost:8787/agents/assistant/chat", {
      method: "POST",
      body: new ReadableStream({
        start(controller) {
          for (let at = 0; at < bytes.length; at += 65_536) controller.enqueue(bytes.slice(at, at + 65_536));
          controller.close();
        },
      }),
    });
    const { exports } = await import("cloudflare:workers");
    const unknown = await exports.default.fetch(chunked);
    expect([unknown.status, ((await unknown.json()) as { detail: string }).detail]).toEqual([413, TOO_LARGE]);
    expect(await countRows()).toEqual(before);
  });

  it("is refused where its newest message is above 1 MiB and has more than 50,000 values, and is told that", async () => {
    const sent = (many: string, ...newest: object[]) =>
      JSON.stringify({ id: newId(), messages: [{ ...said("Hi"), metadata: "MANY" }, ...newest] }).replace(
        '"MANY"',
        many,
      );
    const long = `"${"x".repeat(1024 * 1024)}"`;
    const lists = (count: number) => `${"[],".repeat(count)}[]`;
    const refused = await sendChat(sent(`[${long},${lists(50_000)}]`));
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      413,
      "payload_too_large",
      "The request body, without its earlier messages, is larger than 1048576 bytes and has more than 50000 JSON values.",
    ]);
    // What is shorter has as many as any other body, what is longer nearly as many; earlier messages do not count.
    expect((await sendChat(sent(`[${lists(100_000)}]`))).status).toBe(200);
    expect((await sendChat(sent(`[${long},${lists(24_000)}]`))).status).toBe(200);
    expect((await sendChat(sent(`[${lists(600_000)}]`, said("Hi")))).status).toBe(200);
  });

  it("is 1 MiB for all else, below a chat too", async () => {
    const body = { id: newId(), messages: [...longChat(2 * MB), said("Hi")] };
    for (const path of ["/agents/assistant/runs", "/agents/assistant/chat/x/stop"]) {
      const { status, body: refused } = await call("POST", path, body);
      expect([path, status, refused.detail]).toEqual([path, 413, "The request body is larger than 1048576 bytes."]);
    }
    expect((await send("POST", "/agents/assistant/chat/", body)).status).toBe(200);
  });

  it("is read whatever its content type says", async () => {
    const body = JSON.stringify({ id: newId(), messages: [said("Hi")] });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
      expect((await send("POST", "/agents/assistant/chat", body, { "Content-Type": type })).status).toBe(200);
    }
  });

  it("holds integers of a call's output as they are, or is refused", async () => {
    const messages = [answerOf("r", outputs("r.0", { nr: "BIG" }))];
    for (const fields of [{ messages }, { message: messages[0] }]) {
      const sent = JSON.stringify({ id: newId(), ...fields }).replace('"BIG"', "9007199254740993");
      expect((await sendChat(sent)).body.detail[0]).toMatchObject({ type: "int_parsing_size" });
    }
  });
});
