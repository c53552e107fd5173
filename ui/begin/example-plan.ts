/** The conversations that an empty server with the offline model is filled with, so that there is something to look at. */

/** An agent or a team, as far as an example is made with it. */
export interface Answerer {
  kind: "agent" | "team";
  id: string;
  tools: readonly string[];
}

/** What a user says in an example, and what becomes of the call that it leads to. */
export interface Said {
  message: string;
  /** Left out: nobody answers the call, and the run waits. */
  answer?: { give: string } | { reject: string };
}

export interface Example {
  of: Answerer;
  userId: string;
  name?: string;
  isPinned?: boolean;
  says: readonly Said[];
}

/**
 * The examples that can be made with who is there, in the order in which they are made: the last one is on top of the list,
 * and waits for a person.
 */
export function planExamples(there: readonly Answerer[]): Example[] {
  const agents = there.filter(({ kind }) => kind === "agent");
  const talker = agents.find(({ tools }) => tools.length === 0) ?? agents[0];
  const team = there.find(({ kind }) => kind === "team");
  const withTool = (name: string) => agents.find(({ tools }) => tools.includes(name));
  return [
    example(withTool("add"), {
      userId: "grace",
      name: "Invoices of October",
      says: [said("What do the two invoices come to?"), call("add", { a: 1250, b: 375 })],
    }),
    example(talker, { userId: "layla", says: [said("مرحبا، متى يصل طلبي رقم 4711؟")] }),
    example(withTool("delete_record"), {
      userId: "linus",
      name: "Old address",
      says: [{ ...call("delete_record", { id: "address-12" }), answer: { reject: "It is still used for invoices." } }],
    }),
    example(talker, {
      userId: "grace",
      says: [said("/think Which plan fits a team of twelve that grows by two people a month?")],
    }),
    example(withTool("run_shell"), {
      userId: "ada",
      name: "Notes of the release",
      says: [{ ...call("run_shell", { command: "cat NOTES.md" }), answer: { give: NOTES } }],
    }),
    example(team, {
      userId: "linus",
      says: [said("I was charged twice for invoice 4711. Can you send the second payment back?")],
    }),
    example(talker, {
      userId: "ada",
      name: "Kyoto in May",
      isPinned: true,
      says: [
        said("My name is Ada. I plan a trip to Kyoto in May."),
        said("What should I book first?"),
        said("Do you remember my name?"),
      ],
    }),
    example(withTool("delete_record"), {
      userId: "grace",
      name: "Delete a customer’s record",
      says: [
        said("I have closed my account. Please delete what you have about me."),
        call("delete_record", { id: "customer-4711" }),
      ],
    }),
  ].filter((one) => one !== null);
}

const example = (of: Answerer | undefined, rest: Omit<Example, "of">): Example | null =>
  of === undefined ? null : { of, ...rest };

const said = (message: string): Said => ({ message });
/** How the offline model is told to call a tool. */
const call = (name: string, args: object): Said => ({ message: `/tool ${name} ${JSON.stringify(args)}` });

const NOTES = `what the file says.

## Release 2.4

- **Sessions** can be pinned, archived and found by a tag
- runs that failed are answered again with \`regenerate\`
- [x] tables
- [ ] pictures

| Region | p50 | p99 |
| --- | ---: | ---: |
| Frankfurt | 14 ms | 61 ms |
| Osaka | 19 ms | 83 ms |

\`\`\`sh
npm ci && npm start
\`\`\`
`;
