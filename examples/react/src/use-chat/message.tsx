import { getToolName, isToolUIPart } from "ai";
import { CallCard } from "../call-card.tsx";
import type { EdgeUIMessage, Member, Requirement } from "../messages.ts";

interface Props {
  message: EdgeUIMessage;
  /** What members have said since their parts were written, by the member's run. */
  deltas: Record<string, string>;
  /** Whether what it waits for can be answered now. */
  isOpen: boolean;
  onApproval: (id: string, approved: boolean, reason: string | undefined) => void;
  onOutput: (tool: string, toolCallId: string, output: unknown) => void;
}

export function Message({ message, deltas, isOpen, onApproval, onOutput }: Props) {
  const { role, parts, metadata } = message;
  return (
    <article className={`message ${role}`} aria-label={role === "user" ? "You" : "Answer"}>
      {parts.map((part, nth) => {
        const key = `${nth}`;
        if (part.type === "text") return <p key={key}>{part.text}</p>;
        if (part.type === "reasoning") {
          return (
            <details key={key}>
              <summary>Thoughts</summary>
              <p>{part.text}</p>
            </details>
          );
        }
        if (part.type === "data-member")
          return <MemberCard key={key} member={part.data} delta={deltas[part.id ?? ""]} />;
        if (!isToolUIPart(part)) return null;
        const tool = getToolName(part);
        return (
          <CallCard
            key={key}
            name={tool}
            input={part.input}
            state={part.state}
            output={part.state === "output-error" ? part.errorText : part.output}
            requirement={requirementOf(message, part.toolCallId)}
            isOpen={isOpen && metadata?.status === "PAUSED"}
            onApproval={(approved, reason) => onApproval(part.approval?.id ?? "", approved, reason)}
            onOutput={(output) => onOutput(tool, part.toolCallId, output)}
          />
        );
      })}
      {metadata?.status === "CANCELLED" && <p className="note">Stopped.</p>}
      {metadata?.error !== undefined && <p className="note">{metadata.error.message}</p>}
    </article>
  );
}

function requirementOf(message: EdgeUIMessage, toolCallId: string): Requirement | undefined {
  for (const part of message.parts) {
    if (part.type === "data-requirement" && part.data.toolCallId === toolCallId) return part.data;
  }
  return undefined;
}

function MemberCard({ member: { name, status, text, error }, delta = "" }: { member: Member; delta?: string }) {
  const said = delta.length > text.length ? delta : text;
  return (
    <section className="card" aria-label={`${name}, a member of the team`}>
      <h3>
        {name} <small>{status}</small>
      </h3>
      <p>{error ?? said}</p>
    </section>
  );
}
