import { access, may, mayBegin } from "../access/access.ts";
import { hrefOf, place } from "../app/place.ts";
import type { Screen } from "../app/route.ts";
import { settings } from "../app/settings.ts";
import { approvals } from "../approvals/later.ts";
import { Details } from "../details/details.tsx";
import { InboxList } from "../inbox/inbox-list.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { lazy } from "../parts/lazy.tsx";
import type { Told } from "../server/failure.ts";
import { SessionTools } from "../sessions/session-tools.tsx";
import { texts } from "../texts/index.ts";
import { WorkBar } from "../work/work-bar.tsx";
import { WorkTools } from "../work/work-tools.tsx";
// What several of the parts stand on that come later: each would be a request of its own.
import "../conversation/shown-runs.ts";
import "../parts/copy-button.tsx";
import "../parts/duration.ts";
import "../parts/leave.ts";
import "../parts/seen-text.ts";
import { Boundary } from "./boundary.tsx";
import { Navigation } from "./navigation.tsx";
import { Notices, OpenServer } from "./notice-list.tsx";
import { PageKeys } from "./page-keys.tsx";
import { begin, connect, conversation } from "./parts.ts";

/** A conversation, until what shows it is there. */
const Coming = () => (
  <div class="conversation" aria-busy="true">
    <header class="session-header" />
    <div class="log-loading">
      <i />
      <i />
      <i />
    </div>
  </div>
);

const ConnectScreen = lazy(
  connect,
  (part) => part.ConnectScreen,
  () => <main class="connect" aria-busy="true" />,
);
const ApprovalsScreen = lazy(approvals, (part) => part.ApprovalsScreen);
const BeginScreen = lazy(begin, (part) => part.BeginScreen);
const ConversationScreen = lazy(conversation, (part) => part.ConversationScreen, Coming);

/** The whole page: who may not ask connects first; others have the navigation, and beside it the screen of the address. */
export function Page() {
  const { state } = access.value;
  const { screen } = place.value;
  if (state === "refused" || screen === "connect") {
    return (
      <>
        <ConnectScreen />
        <Notices />
      </>
    );
  }
  if (access.value.state === "failed") return <CannotBegin told={access.value.told} />;
  if (state === "unknown") return <Loading />;
  return (
    <>
      <OpenServer />
      <div class="page" data-screen={screen}>
        <Navigation />
        <Screens />
        <SessionTools />
        <WorkTools />
        <PageKeys />
        <Notices />
      </div>
    </>
  );
}

/** The page as it will be, once it takes long enough to be seen. */
const Loading = () => (
  <div class="page loading" aria-busy="true">
    <div class="navigation" />
    <div class="list-pane" />
    <div class="session-pane" />
  </div>
);

const CannotBegin = ({ told }: { told: Told }) => (
  <main class="connect">
    <Failure
      what={texts.failures.begin}
      told={{ ...told, text: `${told.text} ${texts.failures.awayNow}` }}
      onRetry={() => {
        access.value = { state: "unknown" };
      }}
    />
  </main>
);

/** What the caller lacks for a screen; null where it may see it. */
function lackedFor(screen: Screen["screen"]): string | null {
  if (screen === "new") return mayBegin.value ? null : texts.account.lacks.run;
  if (screen === "approvals") return may("approvals:read") ? null : texts.account.lacks.approvals;
  return may("sessions:read") ? null : texts.account.lacks.read;
}

function Screens() {
  const current = place.value;
  const lacked = lackedFor(current.screen);
  if (lacked !== null) {
    return (
      <main class="single">
        <Empty icon="warning" title={texts.account.mayNot} hint={texts.account.mayNotHint(lacked)}>
          <a class="button" href={hrefOf({ screen: "connect" })}>
            {texts.account.other}
          </a>
        </Empty>
      </main>
    );
  }
  if (current.screen === "approvals" || current.screen === "new") {
    return (
      <main class="single" key={current.screen}>
        <Boundary of={current.screen}>
          {current.screen === "approvals" ? <ApprovalsScreen /> : <BeginScreen />}
        </Boundary>
        <WorkBar />
      </main>
    );
  }
  // Where no conversation is open the list is what one came for; on a phone it is all there is.
  const isOpen = current.screen === "session";
  return (
    <>
      <section class="list-pane" {...{ role: isOpen ? "region" : "main", "aria-label": texts.app.inbox }}>
        <Boundary of="list">
          <InboxList />
        </Boundary>
        <WorkBar />
      </section>
      <section class="session-pane" {...(isOpen ? { role: "main" } : { "aria-label": texts.app.nothingOpen })}>
        {current.screen === "session" ? (
          <Boundary of={current.sessionId}>
            <ConversationScreen key={current.sessionId} sessionId={current.sessionId} />
            {current.hasDetails && <Details key={`details ${current.sessionId}`} sessionId={current.sessionId} />}
          </Boundary>
        ) : (
          <Empty
            icon="inbox"
            title={texts.app.nothingOpen}
            hint={settings.value.hasShortcuts ? texts.app.nothingOpenHint : undefined}
          />
        )}
      </section>
    </>
  );
}
