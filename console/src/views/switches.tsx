/** The kill switch: each agent and tool, with a question before anything happens. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Switch } from "../contract.ts";
import { t } from "../state/language.ts";
import { announce } from "../state/live.ts";
import { control, ControlError } from "../state/operator.ts";
import { keyOf } from "../words/words.ts";
import { ToolName } from "./parts.tsx";

export function Switches({ switches, again }: { switches: readonly Switch[]; again: () => void }) {
  const asked = useSignal<Switch | null>(null);
  const kinds = [...new Set(switches.map((each) => each.kind))];
  return (
    <section class="switches" aria-labelledby="switch-title">
      <div class="page-head">
        <h2 id="switch-title">{t("switch.title")}</h2>
        <p>{t(switches.length ? "switch.lead" : "switch.none")}</p>
      </div>
      <div class="kinds">
        {kinds.map((kind) => {
          const heading = keyOf("switch.of", kind);
          return (
            <div key={kind}>
              <h3>{heading ? t(heading) : kind}</h3>
              <ul class="surface">
                {switches.filter((each) => each.kind === kind).map((each) => (
                  <li key={each.subject} class={each.off ? "off" : undefined}>
                    <span class="subject"><ToolName name={each.subject} /></span>
                    <span class={`badge ${each.off ? "refused" : "ok"}`}>{t(each.off ? "switch.off" : "switch.on")}</span>
                    <button type="button" class="small" onClick={() => (asked.value = each)}
                      aria-label={`${t(each.off ? "switch.turn.on" : "switch.turn.off")}: ${each.subject}`}>
                      {t(each.off ? "switch.turn.on" : "switch.turn.off")}
                    </button>
                  </li>
                ))}
              </ul>
            </div>
          );
        })}
      </div>
      {asked.value && <Sure of={asked.value} close={() => (asked.value = null)} done={again} />}
    </section>
  );
}

/** The browser's own dialog: it holds the focus, Escape closes it, and the rest of the page waits. */
function Sure({ of, close, done }: { of: Switch; close: () => void; done: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const problem = useSignal<string | null>(null);
  const busy = useSignal(false);
  useEffect(() => {
    const here = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector("input")?.focus();
    return () => (here instanceof HTMLElement ? here.focus() : undefined);
  }, []);
  const act = async (event: SubmitEvent) => {
    event.preventDefault();
    const reason = String(new FormData(event.currentTarget as HTMLFormElement).get("reason") ?? "").trim();
    busy.value = true;
    try {
      await control("switch", { kind: of.kind, subject: of.subject, off: !of.off, reason: reason || null });
      announce(t(of.off ? "switch.done.on" : "switch.done.off", { subject: of.subject }));
      done();
      close();
    } catch (error) {
      const message = error instanceof ControlError && error.message ? error.message : t("chat.error.unreachable");
      problem.value = t("switch.failed", { message });
      busy.value = false;
    }
  };
  return (
    <dialog ref={dialog} class="surface" aria-labelledby="sure-title" onClose={close}>
      <form onSubmit={(event) => void act(event)}>
        <h3 id="sure-title">{t(of.off ? "switch.sure.on" : "switch.sure.off", { subject: of.subject })}</h3>
        <label>
          <span>{t("switch.reason")}</span>
          <input name="reason" maxLength={150} placeholder={of.off ? "" : t("switch.reason.hint")} required={!of.off} />
        </label>
        {problem.value && <p class="bad-text" role="alert">{problem}</p>}
        <div class="row end">
          <button type="button" onClick={close}>{t("switch.cancel")}</button>
          <button type="submit" class={of.off ? "primary" : "danger"} disabled={busy.value}>{t(of.off ? "switch.turn.on" : "switch.turn.off")}</button>
        </div>
      </form>
    </dialog>
  );
}
