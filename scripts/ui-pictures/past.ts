// Conversations of the last days, as lines of an import: only those keep the times that they had.

interface Told {
  id: string;
  name: string | null;
  user: string;
  component: { kind: "agent" | "team"; id: string; name: string };
  /** How long ago its last run was. */
  agoMs: number;
  said: [asked: string, answered: string][];
  tags?: string[];
  isPinned?: boolean;
  isArchived?: boolean;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const assistant = { kind: "agent", id: "assistant", name: "Assistant" } as const;
const resolver = { kind: "agent", id: "resolver", name: "Resolver" } as const;
const triage = { kind: "agent", id: "triage", name: "Triage" } as const;

const TOLD: readonly Told[] = [
  {
    id: "seats",
    name: "A second seat for the studio plan",
    user: "marie",
    component: resolver,
    agoMs: 19 * MINUTE_MS,
    said: [
      [
        "How do I add a second seat?",
        "Open **Settings → Members** and choose *Invite*. The seat is billed from the day it is taken.",
      ],
    ],
    tags: ["billing"],
  },
  {
    id: "safari",
    name: null,
    user: "oskar",
    component: triage,
    agoMs: 48 * MINUTE_MS,
    said: [
      [
        "Login loops on Safari since this morning",
        "Urgency: high. Missing: the version of Safari, and whether a content blocker is on.",
      ],
    ],
    tags: ["bug", "urgent"],
  },
  {
    id: "order",
    name: "Refund for order 10233",
    user: "linus",
    component: assistant,
    agoMs: 2 * HOUR_MS,
    said: [
      [
        "The blue one came instead of the green one. Can I have my money back?",
        "Yes. Send it back within 30 days; the label is in your account.",
      ],
      ["And the postage?", "We pay it, since the mistake was ours."],
    ],
    tags: ["refund"],
    isPinned: true,
  },
  {
    id: "export",
    name: "CSV export without a header row",
    user: "priya",
    component: resolver,
    agoMs: 5 * HOUR_MS,
    said: [
      [
        "The export has no header row",
        "Choose *With headings* in the dialog, or send `headings=true` with the request.",
      ],
    ],
    tags: ["bug"],
  },
  {
    id: "address",
    name: null,
    user: "tom",
    component: assistant,
    agoMs: 22 * HOUR_MS,
    said: [
      [
        "Can I change the address of my delivery?",
        "Until it has left the warehouse, yes: in your order, below *Delivery*.",
      ],
    ],
  },
  {
    id: "invoice",
    name: "VAT number on the November invoice",
    user: "ines",
    component: resolver,
    agoMs: DAY_MS + 3 * HOUR_MS,
    said: [["Our VAT number is missing on the invoice", "It is on it now; the new invoice is in your inbox."]],
    tags: ["billing"],
  },
  {
    id: "cancel",
    name: "Cancel at the end of the year",
    user: "grace",
    component: assistant,
    agoMs: 2 * DAY_MS,
    said: [["Please cancel my subscription at the end of the year", "Done. You can use everything until December 31."]],
  },
  {
    id: "webhook",
    name: "Webhooks arrive twice",
    user: "oskar",
    component: triage,
    agoMs: 3 * DAY_MS,
    said: [["We get each webhook twice", "Urgency: normal. Missing: two ids of events that came twice."]],
    tags: ["bug"],
  },
  {
    id: "old",
    name: "Welcome, and how to begin",
    user: "marie",
    component: assistant,
    agoMs: 20 * DAY_MS,
    said: [["Where do I begin?", "With the tour: it takes five minutes."]],
    isArchived: true,
  },
];

/** The lines that bring them in, told at `now`. */
export const pastLines = (now: number): string =>
  TOLD.flatMap((told) => linesOf(told, now))
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");

function linesOf(
  { id, name, user, component, agoMs, said, tags = [], isPinned, isArchived }: Told,
  now: number,
): object[] {
  const endedAt = now - agoMs;
  const startedAt = (nth: number) => endedAt - (said.length - nth) * 3 * MINUTE_MS;
  const [first] = said;
  const last = said.at(-1);
  const of = { [`${component.kind}_id`]: component.id };
  return [
    {
      type: "session",
      session_id: id,
      session_type: component.kind,
      ...of,
      user_id: user,
      name_version: name === null ? 0 : 1,
      ...(name !== null && { name, name_source: "generated", name_updated_at: endedAt }),
      first_message: first?.[0],
      last_message: { role: "assistant", text: last?.[1].replaceAll(/[*`]/g, ""), at: endedAt },
      tags,
      visibility: isArchived ? "archived" : "listed",
      ...(isArchived && { archived_at: endedAt }),
      ...(isPinned && { pinned_at: endedAt }),
      version: 0,
      created_at: startedAt(0),
      updated_at: endedAt,
    },
    ...said.flatMap(([asked, answered], nth) => [
      {
        type: "run",
        run_id: `${id}-${nth}`,
        run_index: nth,
        member_slots: 0,
        ...of,
        component_name: component.name,
        user_id: user,
        status: "COMPLETED",
        input: asked,
        input_messages: 1,
        model: "gpt-5-mini",
        model_provider: "OpenAI",
        finish_reason: "stop",
        created_at: startedAt(nth),
        started_at: startedAt(nth),
        settled_at: startedAt(nth) + 2_400,
      },
      {
        type: "message",
        run_id: `${id}-${nth}`,
        message_index: 0,
        message_id: `${id}-${nth}-0`,
        role: "user",
        content: asked,
        created_at: startedAt(nth),
      },
      {
        type: "message",
        run_id: `${id}-${nth}`,
        message_index: 1,
        message_id: `${id}-${nth}-1`,
        role: "assistant",
        content: answered,
        created_at: startedAt(nth) + 2_400,
      },
    ]),
    { type: "session_end", session_id: id, counts: { runs: said.length, messages: said.length * 2 } },
  ];
}
