import { type FormEvent, type KeyboardEvent, useState } from "react";

interface Props {
  isBusy: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
}

/** Where the user writes. Enter sends, Shift+Enter begins a line. While an answer comes, it can be stopped. */
export function Composer({ isBusy, onSend, onStop }: Props) {
  const [text, setText] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || text.trim() === "") return;
    onSend(text);
    setText("");
  };
  const sendOnEnter = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  };
  return (
    <form className="composer" onSubmit={send}>
      <label className="hidden" htmlFor="message">
        Message
      </label>
      <textarea
        id="message"
        rows={2}
        placeholder='Write a message, or: /tool delete_record {"id": "7"}'
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={sendOnEnter}
      />
      {isBusy ? (
        <button type="button" onClick={onStop}>
          Stop
        </button>
      ) : (
        <button type="submit">Send</button>
      )}
    </form>
  );
}
