/** AI SDK UI's own client of two generations, in front of streams that a test hands it. */
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
}

/** Each generation of the client, and its validation of messages. */
export const GENERATIONS = {
  7: {
    chat: (messages: UiMessage[], next: () => string) => chatOf(seven, messages, next),
    validate: (messages: unknown) => seven.validateUIMessages({ messages }),
  },
  6: {
    chat: (messages: UiMessage[], next: () => string) => chatOf(six as unknown as typeof seven, messages, next),
    validate: (messages: unknown) => six.validateUIMessages({ messages }),
  },
} as const;

export type Generation = keyof typeof GENERATIONS;

/** A chat whose server answers each request with the next stream. */
function chatOf(sdk: typeof seven, messages: UiMessage[], next: () => string): ChatClient {
  const headers = { "content-type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1" };
  const fetch = async () => new Response(next(), { headers });
  const transport = new sdk.DefaultChatTransport({ api: "http://server.test/chat", fetch });
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
  const chat = new Chat({ id: "chat", transport, state });
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
  };
}
