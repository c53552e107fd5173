import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";
import { may } from "../access/access.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { Icon } from "../parts/icon.tsx";
import { known } from "../sessions/known.ts";
import { texts } from "../texts/index.ts";
import type { Conversation } from "./conversation.ts";
import { answererOf, type Saying } from "./saying.ts";

/** Where one says more. Enter sends, Shift+Enter begins a line. */
export function Composer({ conversation, saying }: { conversation: Conversation; saying: Saying }) {
  const of = answererOf(known(conversation.sessionId).value);
  if (of === null) return <p class="composer-none">{texts.conversation.nobody}</p>;
  if (!may(`${of.kind}s:run`, of.id)) return <p class="composer-none">{texts.conversation.mayNotRun}</p>;
  return <Form conversation={conversation} saying={saying} />;
}

function Form({ conversation, saying }: { conversation: Conversation; saying: Saying }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const hintId = useId();
  const { text } = saying.draft.value;
  const from = saying.goesOnFrom.value;
  const active = conversation.active.value;
  const isSending = saying.sending.value !== null;
  useEffect(() => {
    if (conversation.found.peek() === null && isFocusFree()) field.current?.focus();
  }, []);
  useEffect(() => {
    if (from !== null) field.current?.focus();
  }, [from]);
  useEffect(() => {
    // The Stop that was pressed is gone.
    if (active === null && document.activeElement === document.body && isFocusFree()) field.current?.focus();
  }, [active === null]);
  useLayoutEffect(() => grow(field.current), [text]);
  const send = () => {
    void saying.send();
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // The Enter that ends a word of an input method is not meant for the page.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {saying.failed.value && (
        <Failure what={texts.conversation.sendFailed} told={saying.failed.value} onRetry={send} />
      )}
      {from !== null && (
        <p class="goes-on">
          <Icon name="fork" />
          <span dir="auto">
            {texts.conversation.goesOnFrom} “{from.asked}”
          </span>
          <IconButton
            icon="close"
            label={texts.app.cancel}
            onClick={() => {
              saying.goesOnFrom.value = null;
            }}
          />
        </p>
      )}
      <div class="composer-row">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label={texts.conversation.composer}
          aria-describedby={active !== null && text !== "" ? hintId : undefined}
          placeholder={texts.conversation.composerHint}
          value={text}
          onInput={({ currentTarget }) => saying.type(currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {active !== null && (
          <Button icon="stop" isBusy={saying.busy.value === active.runId} onClick={() => void saying.stop(active)}>
            {texts.conversation.stop}
          </Button>
        )}
        {(active === null || text.trim() !== "") && (
          <Button type="submit" tone="primary" icon="send" isBusy={isSending} disabled={text.trim() === ""}>
            {texts.conversation.send}
          </Button>
        )}
      </div>
      {active !== null && text.trim() !== "" && (
        <p class="hint" id={hintId}>
          {texts.conversation.sendNext}
        </p>
      )}
    </form>
  );
}

/**
 * Whether the focus may go into the field of a conversation that has opened: it is at the row, or nowhere, and not where
 * somebody has gone on meanwhile. Where fingers type, the keyboard would cover what one came to read.
 */
function isFocusFree(): boolean {
  const at = document.activeElement;
  const isFree = at === null || at === document.body || at.closest(".rows, .found") !== null;
  return isFree && !matchMedia("(pointer: coarse)").matches;
}

/** As high as what is typed; CSS says how high at most. */
function grow(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.style.setProperty("block-size", "auto");
  field.style.setProperty("block-size", `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`);
}
