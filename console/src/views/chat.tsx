/** The conversation and the place to write. */

import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { config } from "../state/config.ts";
import { draft, newSession, running, send, stop, turns, write, type Turn } from "../state/chat.ts";
import { reachable } from "../state/invoke.ts";
import { language, t } from "../state/language.ts";
import { announce } from "../state/live.ts";
import { lapsed, name, signIn } from "../state/user.ts";
import { Exchange } from "./exchange.tsx";

export function Chat() {
  const list = useRef<HTMLDivElement>(null);
  const near = useRef(true);
  const last = turns.value.at(-1);

  // Follows the answer down, unless the reader has scrolled up to read.
  useEffect(() => {
    const look = () => {
      const page = document.documentElement;
      near.current = page.scrollHeight - page.scrollTop - window.innerHeight < 160;
    };
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, []);
  useLayoutEffect(() => {
    if (near.current) window.scrollTo({ top: document.documentElement.scrollHeight });
  }, [turns.value]);

  // Said once at the beginning and once at the end: each chunk read aloud would be a stutter.
  const state = last?.state;
  const before = useRef(state);
  useEffect(() => {
    if (state === "running") announce(t("chat.working"));
    else if (before.current === "running") announce(ended(last));
    before.current = state;
  }, [state]);

  const ask = (prompt: string) => {
    near.current = true;
    void send(prompt);
  };
  return (
    <div class="chat">
      {turns.value.length === 0 ? <Welcome ask={ask} /> : (
        <div class="log" ref={list} role="region" aria-label={t("chat.log")}>
          {turns.value.map((turn, at, all) => (
            <Fragment key={turn.id}>
              {at > 0 && all[at - 1]?.session !== turn.session && <p class="anew">{t("chat.anew")}</p>}
              <Exchange turn={turn} ask={ask} last={turn === last} />
            </Fragment>
          ))}
        </div>
      )}
      <Composer ask={ask} />
    </div>
  );
}

/** What broke off or failed says so itself, as an alert. */
function ended(turn: Turn | undefined): string {
  if (turn?.state === "stopped") return t("chat.stopped");
  return turn?.state === "done" ? `${t("chat.answered")} ${turn.text}` : "";
}

function Welcome({ ask }: { ask: (prompt: string) => void }) {
  const known = config.value;
  const examples = known?.examples[language.value] ?? known?.examples.en ?? [];
  const can = reachable(name.value !== null);
  const lead = name.value !== null ? t("chat.welcome.user", { name: name.value })
    : can ? (known?.users ? t("chat.welcome.guest") : "")
    : t(known?.users ? "chat.welcome.out" : "chat.welcome.key");
  return (
    <section class="welcome">
      <h2>{t("chat.welcome")}</h2>
      <p>{lead}</p>
      {!can && known?.users && (
        <button type="button" class="primary" onClick={() => void signIn()}>{t(lapsed.value ? "user.again" : "user.in")}</button>
      )}
      {examples.length > 0 && (
        <>
          <h3 id="examples">{t("chat.examples")}</h3>
          <ul class="examples" aria-labelledby="examples">
            {examples.map((each) => (
              <li key={each}>
                <button type="button" onClick={() => (can ? ask(each) : write(each))}>{each}</button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Composer({ ask }: { ask: (prompt: string) => void }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const asking = useRef<HTMLButtonElement>(null);
  /** How often it was asked for; nought while there is no question. */
  const sure = useSignal(0);
  const can = reachable(name.value !== null) || lapsed.value;

  // As tall as its words, up to a limit that the style sheet sets.
  useLayoutEffect(() => {
    const place = area.current;
    if (!place) return;
    place.style.height = "auto";
    place.style.height = `${place.scrollHeight}px`;
  }, [draft.value]);

  const go = () => {
    if (!draft.value.trim() || running.value || !can) return;
    const prompt = draft.value;
    write("");
    ask(prompt);
  };
  const typed = (event: KeyboardEvent) => {
    // While a syllable is being composed, Enter belongs to the input method.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    go();
  };
  const anew = () => {
    sure.value = 0;
    newSession();
    area.current?.focus();
  };
  const back = () => {
    sure.value = 0;
    asking.current?.focus();
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); go(); }}>
      {sure.value > 0 && <Sure times={sure.value} yes={anew} no={back} />}
      <div class="write">
        <textarea ref={area} rows={1} aria-label={t("chat.input")} aria-describedby="hint" placeholder={t("chat.placeholder")}
          value={draft.value} maxLength={8000} onKeyDown={typed}
          onInput={(event) => write(event.currentTarget.value)} />
        {running.value
          ? (
            // In the place of the button that sends: the second half of a double click is not meant for it.
            <button type="button" class="round" onClick={(event) => event.detail < 2 && stop()} aria-label={t("chat.stop")}>
              <svg viewBox="0 0 24 24" aria-hidden="true"><rect x="7" y="7" width="10" height="10" rx="2" /></svg>
            </button>
          ) : (
            <button type="submit" class="round" disabled={!can || !draft.value.trim()} aria-label={t("chat.send")}>
              <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 19V6m0 0-6 6m6-6 6 6" /></svg>
            </button>
          )}
      </div>
      <div class="under">
        <p id="hint">{t("chat.hint")}</p>
        {turns.value.length > 0 && (
          <button type="button" class="quiet small" ref={asking} aria-expanded={sure.value > 0} onClick={() => (sure.value += 1)}>{t("chat.new")}</button>
        )}
      </div>
    </form>
  );
}

/** Asks before a conversation is thrown away. Beside the conversation, not over it: one may want to look again. */
function Sure({ times, yes, no }: { times: number; yes: () => void; no: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current?.querySelector("button")?.focus(), [times]);
  return (
    <div class="confirm" role="alertdialog" aria-label={t("chat.new")} aria-describedby="sure" ref={place}
      onKeyDown={(event) => event.key === "Escape" && no()}>
      <p id="sure">{t("chat.new.sure")}</p>
      <button type="button" class="quiet small" onClick={no}>{t("switch.cancel")}</button>
      <button type="button" class="primary small" onClick={yes}>{t("chat.new")}</button>
    </div>
  );
}
