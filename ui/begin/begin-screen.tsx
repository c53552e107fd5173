import { useEffect, useState } from "preact/hooks";
import { isStaff, may } from "../access/access.ts";
import { filter, go, sessionScreen } from "../app/place.ts";
import { Button } from "../parts/button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Failure } from "../parts/failure.tsx";
import { useFirstFocus } from "../parts/focus.ts";
import { api, refused } from "../server/api.ts";
import type { Component } from "../server/component.ts";
import { components, loadComponents } from "../server/components.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { pollNow } from "../server/poll.ts";
import { texts } from "../texts/index.ts";
import { EMPTY_DRAFT, firstChoice, keyOf, listWith, requestOf } from "./begin.ts";
import { ComponentChoice } from "./component-choice.tsx";
import { draft, edit, keepLastComponent, lastComponent } from "./draft.ts";

/** A new conversation: who answers, what is said first, and for staff whose it is. */
export function BeginScreen() {
  const [failed, setFailed] = useState<Told | null>(null);
  const load = async () => {
    setFailed(null);
    try {
      await loadComponents();
    } catch (error) {
      if (!refused(error)) setFailed(toldOf(error));
    }
  };
  useEffect(() => {
    void load();
  }, []);
  const offered = components.value?.filter(({ kind, id }) => may(`${kind}s:run`, id));
  return (
    <div class="begin">
      <h1>{texts.begin.title}</h1>
      {failed && <Failure what={texts.begin.noComponents} told={failed} onRetry={() => void load()} />}
      {offered?.length === 0 && <Empty icon="agent" title={texts.begin.none} hint={texts.begin.noneHint} />}
      {offered !== undefined && offered.length > 0 && <BeginForm offered={offered} />}
    </div>
  );
}

function BeginForm({ offered }: { offered: readonly Component[] }) {
  const field = useFirstFocus<HTMLTextAreaElement>();
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Told | null>(null);
  // The same words sent again are the same run, as long as nothing about them is another.
  const [attempt, setAttempt] = useState(newAttempt);
  const { message, component, userId, sessionId } = draft.value;
  const chosen =
    offered.find((one) => keyOf(one) === component) ?? firstChoice(offered, filter.value.component, lastComponent());
  const change = (changed: Partial<typeof EMPTY_DRAFT>) => {
    edit(changed);
    if (failed !== null) setAttempt(newAttempt());
    setFailed(null);
  };

  const send = async () => {
    if (isBusy || chosen === null) return;
    if (message.trim() === "") return field.current?.focus();
    const { path, body, sessionId: id } = requestOf(draft.value, chosen, attempt.sessionId);
    setBusy(true);
    setFailed(null);
    try {
      const asUser = isStaff.value ? { userId: userId.trim() || null } : {};
      await api.request("POST", path, { body, idempotencyKey: attempt.key, ...asUser });
      keepLastComponent(keyOf(chosen));
      edit(EMPTY_DRAFT);
      go(sessionScreen(id), { list: listWith(filter.peek(), chosen, userId.trim()) });
      pollNow();
    } catch (error) {
      if (!refused(error)) setFailed(toldOf(error));
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <ComponentChoice offered={offered} chosen={chosen} onChoose={(one) => change({ component: keyOf(one) })} />
      <label class="field">
        <span>{texts.begin.message}</span>
        <textarea
          ref={field}
          rows={5}
          dir="auto"
          value={message}
          onInput={({ currentTarget }) => change({ message: currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            void send();
          }}
        />
      </label>
      <details open={userId !== "" || sessionId !== ""}>
        <summary>{texts.begin.more}</summary>
        <div class="fields">
          {isStaff.value && (
            <Line
              label={texts.begin.user}
              hint={texts.begin.userHint}
              value={userId}
              onInput={(text) => change({ userId: text })}
            />
          )}
          <Line
            label={texts.begin.sessionId}
            hint={texts.begin.sessionIdHint}
            value={sessionId}
            onInput={(text) => change({ sessionId: text })}
          />
        </div>
      </details>
      {failed && <Failure what={texts.begin.notSent} told={failed} onRetry={() => void send()} />}
      <div class="acts">
        <Button type="submit" tone="primary" icon="send" isBusy={isBusy}>
          {texts.begin.send}
        </Button>
        <span class="hint">{texts.begin.sendHint}</span>
      </div>
    </form>
  );
}

const newAttempt = () => ({ key: crypto.randomUUID(), sessionId: crypto.randomUUID() });

function Line({
  label,
  hint,
  value,
  onInput,
}: {
  label: string;
  hint: string;
  value: string;
  onInput: (text: string) => void;
}) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="text"
        dir="auto"
        autoComplete="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
      <small class="hint">{hint}</small>
    </label>
  );
}
