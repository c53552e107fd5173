import type { ComponentChildren } from "preact";
import type { SessionDetail } from "../../packages/client/src/index.ts";
import { hrefOf, sessionScreen } from "../app/place.ts";
import { countText } from "../parts/amounts.ts";
import { CopyId } from "../parts/copy-id.tsx";
import { durationText } from "../parts/duration.ts";
import { texts } from "../texts/index.ts";
import { UserMenu } from "../work/user-menu.tsx";

/** A list of what is known of something. What is not known is left out. */
export function FactList({ facts }: { facts: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== null &&
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd dir="auto">{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

const instantText = (at: string): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));

/** What a session is, in short. */
export function Facts({ of }: { of: SessionDetail }) {
  const facts = texts.details.facts;
  const { session_id: id, user_id: userId, ttl_seconds: ttl, total_tokens: tokens } = of;
  const { forked_from_session_id: origin, metrics } = of;
  return (
    <FactList
      facts={[
        [facts.id, <CopyId key="id" id={id} />],
        [
          facts.owner,
          userId && (
            <span class="owner">
              {userId}
              <UserMenu userId={userId} />
            </span>
          ),
        ],
        [facts.component, of.team_id ?? of.agent_id ?? of.workflow_id],
        [facts.created, instantText(of.created_at)],
        [facts.changed, instantText(of.updated_at)],
        [facts.messages, countText(of.message_count)],
        [facts.runs, countText(of.run_count)],
        [facts.tokens, tokens ? countText(tokens) : null],
        [facts.cost, metrics?.cost],
        [facts.ttl, ttl ? durationText(ttl) : null],
        [
          facts.origin,
          origin && (
            <a class="link" href={hrefOf(sessionScreen(origin))}>
              {origin}
            </a>
          ),
        ],
      ]}
    />
  );
}
