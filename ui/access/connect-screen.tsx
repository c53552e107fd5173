import { useState } from "preact/hooks";
import { ApiError, type Me } from "../../packages/client/src/index.ts";
import { Button, IconButton } from "../parts/button.tsx";
import { Failure } from "../parts/failure.tsx";
import { useFirstFocus } from "../parts/focus.ts";
import { api } from "../server/api.ts";
import { type Told, toldOf } from "../server/failure.ts";
import { texts } from "../texts/index.ts";
import { access, connect, me, server } from "./access.ts";
import { AccountPanel } from "./account-panel.tsx";
import { credentialIn } from "./pasted.ts";

/** Asks for what the server wants to be shown, and says what the credential that it has may do. The server is the page's own. */
export function ConnectScreen() {
  const [isOther, setOther] = useState(false);
  return (
    <main class="connect">
      <div class="connect-box">
        <header>
          <img src="/ui/icon.svg" alt="" width="32" height="32" />
          <div>
            <h1>{server.value?.name ?? texts.app.name}</h1>
            <p class="hint">{location.host}</p>
          </div>
        </header>
        {me.value !== null && !isOther ? (
          <AccountPanel me={me.value} onOther={() => setOther(true)} />
        ) : (
          <ConnectForm onDone={() => setOther(false)} />
        )}
      </div>
    </main>
  );
}

function ConnectForm({ onDone }: { onDone: () => void }) {
  const field = useFirstFocus<HTMLInputElement>();
  const [text, setText] = useState("");
  const [isShown, setShown] = useState(false);
  const [onDevice, setOnDevice] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const [failed, setFailed] = useState<Told | null>(null);
  const before = access.value.state === "refused" ? access.value.why : null;

  const submit = async () => {
    if (isBusy) return;
    const credential = credentialIn(text);
    setFailed(null);
    if (credential === null) return setWrong(text.trim() === "" ? texts.connect.missing : texts.connect.malformed);
    setWrong(null);
    setBusy(true);
    try {
      const headers = { authorization: `Bearer ${credential}` };
      const { data } = await api.request<Me>("GET", "/me", { headers });
      connect(credential, onDevice, data);
      onDone();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) setWrong(texts.connect.refused(error.detail));
      else setFailed(toldOf(error));
    } finally {
      setBusy(false);
    }
  };
  const told = wrong ?? (before === null ? null : texts.connect.ended(before));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label class="field">
        <span>{texts.connect.label}</span>
        <span class="secret">
          <input
            type={(isShown ? "text" : "password") as "password"}
            autoComplete="off"
            spellcheck={false}
            dir="ltr"
            ref={field}
            value={text}
            aria-invalid={wrong !== null}
            aria-describedby="connect-hint"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <IconButton
            icon="eye"
            label={isShown ? texts.connect.hide : texts.connect.show}
            pressed={isShown}
            onClick={() => setShown(!isShown)}
          />
        </span>
      </label>
      <p id="connect-hint" class={told === null ? "hint" : "wrong-field"} role={wrong === null ? undefined : "alert"}>
        {told ?? texts.connect.hint}
      </p>
      <label class="choice">
        <input
          type="checkbox"
          checked={onDevice}
          onChange={({ currentTarget }) => setOnDevice(currentTarget.checked)}
        />
        <span>{texts.connect.remember}</span>
      </label>
      <p class="hint">{onDevice ? texts.connect.onDevice : texts.connect.inTab}</p>
      <div class="acts">
        <Button type="submit" tone="primary" isBusy={isBusy}>
          {texts.connect.submit}
        </Button>
        {me.value !== null && <Button onClick={onDone}>{texts.app.cancel}</Button>}
      </div>
      {failed && <Failure what={texts.connect.failed} told={failed} onRetry={() => void submit()} />}
    </form>
  );
}
