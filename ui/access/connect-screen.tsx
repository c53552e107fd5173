import { useState } from "preact/hooks";
import { go } from "../app/place.ts";
import { Button } from "../parts/button.tsx";
import { texts } from "../texts/index.ts";
import { access, connect } from "./access.ts";

/** Asks for what the server wants to be shown. The server is the page's own. */
export function ConnectScreen() {
  const [text, setText] = useState("");
  const [onDevice, setOnDevice] = useState(false);
  const { value } = access;
  const submit = (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    connect(text.trim(), onDevice);
    go({ screen: "inbox" }, { replace: true });
  };
  return (
    <main class="connect">
      <form onSubmit={submit}>
        <img src="/ui/icon.svg" alt="" width="40" height="40" />
        <h1>{texts.connect.title}</h1>
        {value.state === "refused" && value.why !== null && <p class="wrong-field">{value.why}</p>}
        <label>
          <span>{texts.connect.label}</span>
          <input
            type="password"
            autoComplete="off"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <p class="hint">{texts.connect.hint}</p>
        <label class="choice">
          <input
            type="checkbox"
            checked={onDevice}
            onChange={({ currentTarget }) => setOnDevice(currentTarget.checked)}
          />
          <span>{texts.connect.remember}</span>
        </label>
        <Button type="submit" tone="primary">
          {texts.connect.submit}
        </Button>
      </form>
    </main>
  );
}
