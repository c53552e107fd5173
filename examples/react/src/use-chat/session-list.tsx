import { useCallback, useEffect, useState } from "react";
import { componentOf, listSessions, type Session } from "../sessions.ts";
import { addressOf } from "./place.ts";

interface Sessions {
  rows: Session[];
  error: string | null;
  reload(): void;
}

/** The newest sessions. */
export function useSessions(): Sessions {
  const [rows, setRows] = useState<Session[]>([]);
  const [error, setError] = useState<string | null>(null);
  const reload = useCallback(() => {
    listSessions({ limit: "30" }).then(
      ({ data }) => {
        setRows(data);
        setError(null);
      },
      (refusal: Error) => setError(refusal.message),
    );
  }, []);
  useEffect(reload, [reload]);
  return { rows, error, reload };
}

export function SessionList({ sessions: { rows, error }, shown }: { sessions: Sessions; shown: string }) {
  if (error !== null) return <p role="alert">{error}</p>;
  return (
    <ul className="sessions">
      {rows.map((session) => {
        const component = componentOf(session);
        if (component === null) return null;
        const { session_id: sessionId, session_name: name } = session;
        return (
          <li key={sessionId}>
            <a href={addressOf({ component, sessionId })} aria-current={sessionId === shown ? "page" : undefined}>
              {name}
            </a>
          </li>
        );
      })}
    </ul>
  );
}
