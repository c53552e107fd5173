/** AI SDK UI's own client of two generations, in front of any server, or of streams that a test hands it. */
import * as seven from "ai";
import * as six from "ai-6";
import type { UiMessage } from "../../../src/wire/ui/message.ts";
import type { Act } from "./tales.ts";

/** What a test uses of a client; both generations have it. */
export interface ChatClient {
  readonly messages: UiMessage[];
  readonly status: string;
  readonly error: Error | undefined;
  /** Whether a chat that answers by itself would send now. */
  readonly isComplete: { approvals: boolean; outputs: boolean };
  send(text: string): Promise<void>;
  act(act: Act): Promise<void>;
  /** Sends what was done. */
  goOn(): Promise<void>;
  resume(): Promise<void>;
  regenerate(): Promise<void>;
  /** Closes the connection: `stop()` of `useChat`. */
  leave(): Promise<void>;
  /** What came as data, the transient parts too. */
  readonly data: { type: string; id?: string; data: unknown }[];
}

/** What a client talks to. */
export interface Server {
  id?: string;
  api?: string;
  fetch: typeof fetch;
  /** Sends by itself once all approvals are given. */
  answersItself?: boolean;
}

type Sdk = typeof seven;
const generation = (sdk: Sdk) => ({
  open: (messages: UiMessage[], server: Server) => chatOf(sdk, messages, server),
  chat: (messages: UiMessage[], next: () => string) => chatOf(sdk, messages, { fetch: handing(next) }),
  validate: (messages: unknown) => sdk.validateUIMessages({ messages }),
});

/** Each generation of the client, and its validation of messages. */
export const GENERATIONS = { 7: generation(seven), 6: generation(six as unknown as Sdk) } as const;

export type Generation = keyof typeof GENERATIONS;

/** A server that answers each request with the next stream. */
const handing = (next: () => string) => async (): Promise<Response> => {
  const headers = { "content-type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1" };
  return new Response(next(), { headers });
};

function chatOf(
  sdk: Sdk,
  messages: UiMessage[],
  { id = "chat", api = "http://server.test/chat", fetch, answersItself = false }: Server,
): ChatClient {
  const transport = new sdk.DefaultChatTransport({ api, fetch });
  class Chat extends sdk.AbstractChat<seven.UIMessage> {}
  const state = {
    status: "ready" as const,
    error: undefined,
    messages: structuredClone(messages) as seven.UIMessage[],
    pushMessage(message: seven.UIMessage) {
      this.messages = [...this.messages, message];
    },
    popMessage() {
      this.messages = this.messages.slice(0, -1);
    },
    replaceMessage(index: number, message: seven.UIMessage) {
      this.messages = this.messages.with(index, structuredClone(message));
    },
    snapshot: <T>(thing: T): T => structuredClone(thing),
  };
  const data: ChatClient["data"] = [];
  const chat = new Chat({
    id,
    transport,
    state,
    onData: (part) => void data.push(part),
    ...(answersItself && { sendAutomaticallyWhen: sdk.lastAssistantMessageIsCompleteWithApprovalResponses }),
  });
  const plain = () => JSON.parse(JSON.stringify(chat.messages));
  return {
    get messages() {
      return plain();
    },
    get status() {
      return chat.status;
    },
    get error() {
      return chat.error;
    },
    get isComplete() {
      const list = { messages: chat.messages };
      return {
        approvals: sdk.lastAssistantMessageIsCompleteWithApprovalResponses(list),
        outputs: sdk.lastAssistantMessageIsCompleteWithToolCalls(list),
      };
    },
    send: (text) => chat.sendMessage({ text }),
    act: async (done) => {
      if (done.act === "output") {
        await chat.addToolOutput({ tool: done.tool, toolCallId: done.id, output: done.output });
        return;
      }
      const { id, reason, act } = done;
      await chat.addToolApprovalResponse({ id, approved: act === "approve", ...(reason !== undefined && { reason }) });
    },
    goOn: () => chat.sendMessage(),
    resume: () => chat.resumeStream(),
    regenerate: () => chat.regenerate(),
    leave: () => chat.stop(),
    data,
  };
}
