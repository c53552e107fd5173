/**
 * Tabs of a browser in front of the Worker: AI SDK UI's own client, whose requests the Worker answers.
 *
 * @example
 * const tab = openTab(7, { id, at: "agents/assistant" });
 * await tab.chat.send("hi");
 * await expectHistory(tab);
 */
import { afterEach, beforeEach, expect, vi } from "vitest";
import type { UiMessage } from "../../../src/wire/ui/message.ts";
import { chatOf } from "../chat.ts";
import { send } from "../http.ts";
import { until } from "../model-connection.ts";
import { type ChatClient, GENERATIONS, type Generation } from "./clients.ts";

/** Which chat a tab shows. */
export interface ChatPlace {
  id: string;
  at: string;
}

export interface Tab {
  place: ChatPlace;
  chat: ChatClient;
  /** The requests of the tab so far, as `POST /agents/assistant/chat`. */
  requests: string[];
  /** Breaks the connection of the next answer behind so many bytes. */
  cutNext(bytes: number): void;
}

const BASE = "http://server.test";

export function openTab(generation: Generation, place: ChatPlace, messages: UiMessage[] = []): Tab {
  const requests: string[] = [];
  let maxBytes = Number.POSITIVE_INFINITY;
  const fetch = async (url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const { method = "GET", signal } = init;
    const path = String(url).slice(BASE.length);
    requests.push(`${method} ${path}`);
    const headers = Object.fromEntries(new Headers(init.headers));
    const response = await send(method, path, init.body ?? undefined, headers);
    const { body } = response;
    if (body === null) return response;
    const piped = body.pipeThrough(cutting(maxBytes), signal == null ? {} : { signal });
    maxBytes = Number.POSITIVE_INFINITY;
    return new Response(piped, response);
  };
  const { id, at } = place;
  const chat = GENERATIONS[generation].open(messages, { id, api: `${BASE}/${at}/chat`, fetch, answersItself: true });
  return {
    place,
    chat,
    requests,
    cutNext: (bytes) => {
      maxBytes = bytes;
    },
  };
}

/** A connection that breaks behind so many bytes. */
function cutting(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = maxBytes;
  return new TransformStream({
    transform(chunk, controller) {
      controller.enqueue(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) controller.error(new TypeError("Network connection lost."));
    },
  });
}

/** The chat in a page that was loaded just now: its history, and what comes, where a run is active. */
export async function loadTab(
  generation: Generation,
  place: ChatPlace,
): Promise<{ tab: Tab; followed: Promise<void> }> {
  const { body } = await chatOf(place.id, place);
  const tab = openTab(generation, place, body.messages);
  return { tab, followed: body.active_run_id === null ? Promise.resolve() : tab.chat.resume() };
}

/** Settles when the tab has sent so many requests, and reads no answer any more. */
export const afterRequests = ({ chat, requests }: Tab, count: number): Promise<void> =>
  until(
    () => requests.length >= count && ["ready", "error"].includes(chat.status),
    `the end of request ${count} of a chat`,
  );

/** Expects what the tab shows to be the chat's history, and the client of either generation to take that as messages. */
export async function expectHistory(
  { chat, place }: Tab,
  compared: (message: UiMessage) => object = (message) => message,
): Promise<UiMessage[]> {
  const { messages } = (await chatOf(place.id, place)).body;
  expect(listOf(chat).map(compared)).toEqual(messages.map(compared));
  if (messages.length > 0) for (const { validate } of Object.values(GENERATIONS)) await validate(messages);
  return messages;
}

/** The tab's list, in which what the user said has the id that history gives to it: that of the run which it made. */
export const listOf = ({ messages }: ChatClient): UiMessage[] =>
  messages.map((message, nth) => {
    const answer = messages[nth + 1];
    return message.role === "user" && answer !== undefined ? { ...message, id: `${answer.id}:user` } : message;
  });

/** How the client stands, and the run of the newest answer. */
export const statusOf = ({ chat }: Tab) => [chat.status, chat.messages.at(-1)?.metadata?.status];
/** What each message says. */
export const textsOf = ({ chat }: Tab): string[] =>
  chat.messages.map(({ parts }) => parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join(" "));

/** No test of the file may have a client warn of anything. The server's own lines are JSON. */
export function withoutWarnings(): void {
  const levels = [vi.spyOn(console, "warn"), vi.spyOn(console, "error")];
  beforeEach(() => {
    vi.clearAllMocks();
  });
  afterEach(() => {
    const said = levels.flatMap(({ mock }) => mock.calls);
    expect(said.filter(([line]) => !String(line).startsWith("{"))).toEqual([]);
  });
}
