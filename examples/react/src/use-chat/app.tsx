import { useEffect, useState } from "react";
import { type History, readHistory } from "../messages.ts";
import { COMPONENTS, type Component, SERVER } from "../server.ts";
import { Conversation } from "./conversation.tsx";
import { begin, type Place, usePlace } from "./place.ts";
import { SessionList, useSessions } from "./session-list.tsx";

export function App() {
  const place = usePlace();
  const sessions = useSessions();
  return (
    <div className="app">
      <nav aria-label="Sessions">
        <h1>Edge Sessions</h1>
        <button type="button" onClick={() => begin(place.component)}>
          New chat
        </button>
        <SessionList sessions={sessions} shown={place.sessionId} />
      </nav>
      <main>
        <Choice component={place.component} />
        <Loaded key={place.sessionId + place.component} place={place} onChange={sessions.reload} />
      </main>
    </div>
  );
}

/** Another partner is another chat: a session is an agent's, or a team's. */
function Choice({ component }: { component: Component }) {
  return (
    <label className="choice">
      Talk to
      <select value={component} onChange={(event) => begin(event.target.value as Component)}>
        {Object.entries(COMPONENTS).map(([path, name]) => (
          <option key={path} value={path}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

const NOTHING: History = { messages: [], active_run_id: null };

/** A chat begins with what the server has of it. */
function Loaded({ place, onChange }: { place: Place; onChange: () => void }) {
  const { component, sessionId, isNew } = place;
  const [read, setRead] = useState<{ history?: History; error?: Error }>(isNew ? { history: NOTHING } : {});
  useEffect(() => {
    if (isNew) return;
    let isShown = true;
    readHistory(component, sessionId).then(
      (history) => isShown && setRead({ history }),
      (error) => isShown && setRead({ error }),
    );
    return () => {
      isShown = false;
    };
  }, [component, sessionId, isNew]);
  if (read.error !== undefined) {
    return (
      <p role="alert" className="error">
        {SERVER} did not answer: {read.error.message}
      </p>
    );
  }
  if (read.history === undefined) return <p role="status">Reading the chat…</p>;
  return <Conversation place={place} history={read.history} onChange={onChange} />;
}
