import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { streamRuns } from "../../../src/api/runs/stream.ts";
import { WHOLE_VIEW } from "../../../src/domain/view.ts";
import { openDatabase } from "../../../src/store/database.ts";
import { FIRST_RUN, type RunPosition, readRuns } from "../../../src/store/runs/runs.ts";
import { call, newId, openRun, run, send } from "../../support/http.ts";
import { importing } from "../../support/portable.ts";
import { asText, message, sessionLines } from "../../support/portable-lines.ts";
import { developer } from "../../support/principals.ts";
import { seedRuns } from "../../support/rows.ts";
import { fail, gate, hold, scriptModel, toolCall } from "../../support/scripted-model.ts";
import { notingDatabase } from "../../support/stored-history.ts";

const model = scriptModel();

/** The keys of AgentOS's RunSchema. `ALWAYS` are those that it never leaves out. */
const ALWAYS = [
  "run_id parent_run_id agent_id user_id status run_input content run_response_format reasoning_content",
  "reasoning_steps metrics created_at references reasoning_messages images videos audio files input_media",
].flatMap((line) => line.split(" "));
const NULLABLE = [
  "messages tools events citations session_state response_audio followups forked_from_run_id",
  "forked_from_message_index forked_from_session_id regenerated_from last_checkpoint_at_message_index",
].flatMap((line) => line.split(" "));

async function chunksOf(path: string): Promise<Uint8Array[]> {
  const { body } = await send("GET", path);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return chunks;
}

async function seeded(count: number, answer?: string): Promise<string> {
  const { body } = await call("POST", "/sessions", {});
  await seedRuns(body.session_id, count, answer);
  return body.session_id;
}

describe("GET /sessions/{session_id}/runs", () => {
  it("is an array of runs in AgentOS's shape, without nulls", async () => {
    const session_id = newId();
    model.next("Hello there");
    const answer = await run("hi", { session_id, user_id: "u1" });
    const listed = await call("GET", `/sessions/${session_id}/runs?type=agent&db_id=d1`);
    expect(listed.headers.get("Content-Type")).toContain("application/json");
    expect(listed.body).toEqual([
      {
        run_id: answer.body.run_id,
        parent_run_id: "",
        agent_id: "assistant",
        user_id: "u1",
        status: "COMPLETED",
        run_input: "hi",
        content: "Hello there",
        run_response_format: "text",
        reasoning_content: "",
        reasoning_steps: [],
        metrics: answer.body.metrics,
        messages: answer.body.messages,
        events: expect.any(Array),
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        references: [],
        reasoning_messages: [],
        session_state: {},
        images: [],
        videos: [],
        audio: [],
        files: [],
        input_media: { images: [], videos: [], audios: [], files: [] },
        model_name: "OpenAIChat",
      },
    ]);
    expect(listed.body[0].events.map((event: { event: string }) => event.event)).toEqual([
      "RunStarted",
      "ModelRequestStarted",
      "ModelRequestCompleted",
      "RunContentCompleted",
      "RunCompleted",
    ]);
  });

  it("shows tools with all their keys", async () => {
    const session_id = newId();
    model.next([toolCall("add", { a: 1, b: 2 })], "3");
    const answer = await run("1 + 2", { session_id, agent: "operator" });
    const [listed] = (await call("GET", `/sessions/${session_id}/runs`)).body;
    expect(listed.tools).toEqual(answer.body.tools);
    expect(listed.tools).toMatchObject([{ tool_name: "add", tool_args: { a: 1, b: 2 }, result: "3", confirmed: null }]);
  });

  it("is empty for a session without runs, and 404 for none", async () => {
    expect((await call("GET", `/sessions/${await seeded(0)}/runs`)).body).toEqual([]);
    const id = newId();
    const answer = await call("GET", `/sessions/${id}/runs`);
    expect([answer.status, answer.body.detail]).toEqual([404, `Session with ID ${id} not found`]);
    expect((await call("GET", `/sessions/${await seeded(1)}/runs?type=team`)).status).toBe(404);
  });

  it("gives all of many runs, in the order of running", async () => {
    const session_id = await seeded(67);
    const { body } = await call("GET", `/sessions/${session_id}/runs`);
    expect(body.map((listed: { run_input: string }) => listed.run_input)).toEqual(
      Array.from({ length: 67 }, (_, nth) => `question ${nth}`),
    );
    expect(body[66]).toMatchObject({
      content: "answer 66",
      messages: [{ content: "question 66" }, { content: "answer 66" }],
    });
  });

  it("is cut by bytes, whatever the number of runs: a chunk is no longer than one message and a little", async () => {
    const texts = { small: "'answer ' || i", large: "hex(zeroblob(150000))" };
    for (const [size, runs, chunk] of [
      ["small", 300, 100_000],
      ["large", 40, 450_000],
    ] as const) {
      const session_id = await seeded(runs, texts[size]);
      const chunks = await chunksOf(`/sessions/${session_id}/runs`);
      expect(Math.max(...chunks.map(({ byteLength }) => byteLength)), size).toBeLessThan(chunk);
      const whole = JSON.parse(chunks.map((bytes) => new TextDecoder().decode(bytes)).join(""));
      expect(whole.map(({ run_input }: { run_input: string }) => run_input)).toEqual(
        Array.from({ length: runs }, (_, nth) => `question ${nth}`),
      );
    }
  });

  it("is made piece by piece of a run, too: each of its messages, tools and events by itself", async () => {
    const session_id = newId();
    const [session, run, question, , end] = sessionLines(session_id);
    const calls = Array.from({ length: 10 }, (_, nth) => ({ id: `c${nth}`, name: "add", arguments: "{}" }));
    const at = run.created_at;
    run.events = [
      ["S", 0],
      ["Q", 0],
      ["A", 0],
      ...calls.flatMap((_, nth) => [
        ["T", 0, nth],
        ["R", 0, nth],
      ]),
      ["X", 0],
    ];
    const asks = { ...message(run.run_id, 1, "assistant", "", at), tool_calls: calls };
    const results = calls.map(({ id, name }, nth) => {
      const result = message(run.run_id, 2 + nth, "tool", "r".repeat(100_000), at);
      return { ...result, tool_call_id: id, tool_name: name, tool_args: {}, tool_call_error: false };
    });
    end.counts.messages = 2 + results.length;
    expect((await importing(asText([session, run, question, asks, ...results, end]))).errors).toEqual([]);
    for (const path of [`/sessions/${session_id}/runs`, `/sessions/${session_id}/runs/${run.run_id}`]) {
      const chunks = await chunksOf(path);
      expect(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeGreaterThan(3_000_000);
      expect(Math.max(...chunks.map(({ byteLength }) => byteLength))).toBeLessThan(200_000);
    }
  });

  it("reads no more than is taken, and nothing when the caller goes", async () => {
    const session_id = await seeded(40, "hex(zeroblob(100000))");
    const noting = notingDatabase();
    const { response } = await streamRuns(
      noting.db,
      { sessionId: session_id, principal: developer() },
      {},
      {
        view: WHOLE_VIEW,
        readsOn: async () => {},
        from: FIRST_RUN,
      },
    );
    const reader = response.body?.getReader();
    await reader?.read();
    expect(await noting.bytesSent()).toBeLessThan(1_000_000);
    await reader?.cancel();
    const read = noting.statements();
    await reader?.read();
    expect(noting.statements()).toBe(read);
  });

  it("reads what takes as many bytes as a page from D1, at least one run of those that there are", async () => {
    const session_id = await seeded(6, "substr(hex(zeroblob(50000)), 1, iif(i = 2, 90000, 10000))");
    const pages: string[][] = [];
    for (let at: RunPosition | null = FIRST_RUN; at !== null; ) {
      const bounds = { after: at, maxRuns: 4, maxBytes: 25_000 };
      const page = await readRuns(openDatabase(env.DB), { sessionId: session_id, principal: null }, {}, bounds);
      pages.push(page.runs.map(({ row, messages }) => `${row.runIndex}: ${messages[1]?.content.length}`));
      at = page.next;
    }
    // The last two pages are empty: one finds no more runs that started, the other none that never did.
    expect(pages).toEqual([["0: 10000", "1: 10000", "2: 90000"], ["3: 10000", "4: 10000", "5: 10000"], [], []]);
  });

  it.each([
    ["?created_after=10&created_before=12", [10, 11, 12]],
    ["?created_after=28", [28, 29]],
    ["?created_before=1", [0, 1]],
    ["?created_after=30", []],
    ["?created_after=-5&created_before=0", [0]],
    ["?created_after=&created_before=0", [0]],
    ["?created_before=9007199254740991&created_after=29", [29]],
    ["?created_after=9007199254740991", []],
  ])("narrows by creation, both ends inclusive: %s", async (query, expected) => {
    const session_id = await seeded(30);
    const { body } = await call("GET", `/sessions/${session_id}/runs${query}`);
    expect(body.map((listed: { run_input: string }) => Number(listed.run_input.split(" ")[1]))).toEqual(expected);
  });

  it("lists runs that wait or run behind those that ended", async () => {
    const session_id = newId();
    model.next("one");
    await run("first", { session_id });
    const point = gate();
    model.next([hold(point)]);
    const running = await openRun("second", { session_id });
    const waiting = await openRun("third", { session_id });
    const { body } = await call("GET", `/sessions/${session_id}/runs`);
    expect(body.map(({ run_input, status }: Record<string, string>) => [run_input, status])).toEqual([
      ["first", "COMPLETED"],
      ["second", "RUNNING"],
      ["third", "PENDING"],
    ]);
    expect(body[2]).not.toHaveProperty("messages");
    point.release();
    await running.rest();
    await waiting.rest();
  });
});

describe("GET /sessions/{session_id}/runs/{run_id}", () => {
  it("is one run of the list, with nulls", async () => {
    const session_id = newId();
    const { body } = await run("hi", { session_id });
    const one = await call("GET", `/sessions/${session_id}/runs/${body.run_id}`);
    expect(Object.keys(one.body).sort()).toEqual([...ALWAYS, ...NULLABLE, "model_name"].sort());
    expect(one.body).toMatchObject({ tools: null, citations: null, user_id: "", regenerated_from: null });
    const [listed] = (await call("GET", `/sessions/${session_id}/runs`)).body;
    expect(one.body).toEqual(expect.objectContaining(listed));
  });

  it("shows the error of a run that failed as its content", async () => {
    const session_id = newId();
    model.respondWith([fail(400, "no such model")]);
    const { body } = await run("hi", { session_id });
    const one = await call("GET", `/sessions/${session_id}/runs/${body.run_id}`);
    expect(one.body).toMatchObject({ status: "ERROR", content: body.content });
    expect(one.body.events.map((event: { event: string }) => event.event)).toEqual([
      "RunStarted",
      "ModelRequestStarted",
      "RunError",
    ]);
  });

  it("says in AgentOS's words what is not there", async () => {
    const missing = newId();
    const none = await call("GET", `/sessions/${missing}/runs/r`);
    expect([none.status, none.body.detail]).toEqual([404, `Session with ID ${missing} not found`]);
    const empty = await seeded(0);
    const noRuns = await call("GET", `/sessions/${empty}/runs/r`);
    expect([noRuns.status, noRuns.body.detail]).toEqual([404, `Session with ID ${empty} has no runs`]);
    const full = await seeded(2);
    const noRun = await call("GET", `/sessions/${full}/runs/${empty}-0`);
    expect([noRun.status, noRun.body.detail]).toEqual([404, `Run with ID ${empty}-0 not found in session ${full}`]);
    const elsewhere = await call("GET", `/sessions/${await seeded(1)}/runs/${full}-0`);
    expect(elsewhere.status).toBe(404);
  });
});
