/** One question and its answer: the steps, the words, the cards, and how it ended. */

import { write } from "../lib/routes.ts";
import { session, type State, type Step, type Turn } from "../state/chat.ts";
import type { Failure } from "../state/invoke.ts";
import { t } from "../state/language.ts";
import { key, operable } from "../state/operator.ts";
import { lapsed, name, signIn } from "../state/user.ts";
import { duration } from "../lib/figures.ts";
import { language } from "../state/language.ts";
import { keyOf } from "../words/words.ts";
import { Cards } from "./cards.tsx";
import { Markdown } from "./markdown.tsx";
import { Refusal } from "./refusal.tsx";

interface Props {
  turn: Turn;
  ask: (prompt: string) => void;
  last: boolean;
}

export function Exchange({ turn, ask, last }: Props) {
  const refused = turn.steps.filter((step) => step.status === "refused");
  const busy = turn.state === "running";
  return (
    <article class="exchange">
      <div class="asked"><span class="unseen">{t("chat.you")}: </span><p dir="auto">{turn.prompt}</p></div>
      <div class="answer" role="group" aria-label={t("chat.answer")} aria-busy={busy}>
        {turn.steps.length > 0 && <Steps steps={turn.steps} />}
        {busy && !turn.text && <p class="working"><i /><i /><i /><span class="unseen">{t("chat.working")}</span></p>}
        {turn.text && <Markdown source={turn.text} />}
        {refused.map((step, at) => <Refusal key={at} agent={step.agent} tool={step.tool} trace={turn.trace} />)}
        {turn.results.map((result, at) => <Cards key={at} result={result} ask={ask} ready={last && !busy && turn.session === session.value} />)}
        <Ending turn={turn} ask={ask} last={last} />
        {!busy && turn.failure?.code !== "unreachable" && operable.value && key.value !== null && (
          <a class="to-trace" href={write("traces", turn.trace)} title={t("chat.trace.of")}>{t("chat.trace")}<span aria-hidden="true"> →</span></a>
        )}
      </div>
    </article>
  );
}

function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ul class="steps" aria-label={t("chat.steps")}>
      {steps.map((step, at) => (
        <li key={at} class={`step step-${step.status}`}>
          <span class="agent">{step.agent}</span>
          <span class="tool">{step.tool.split("___").at(-1)}</span>
          <span class={step.status === "ok" ? "unseen" : "outcome"}>{t(keyOf("step", step.status) ?? "step.started")}</span>
          {step.ms !== undefined && <span class="ms">{duration(step.ms, language.value)}</span>}
        </li>
      ))}
    </ul>
  );
}

function Ending({ turn, ask, last }: Props) {
  if (turn.state === "running" || turn.state === "done") return null;
  const again = last && (
    <button type="button" class="small" onClick={() => ask(turn.prompt)}>{t("chat.again")}</button>
  );
  // Whatever was under way may have been done: nothing here can know.
  const acted = turn.steps.length > 0 || turn.state === "dropped";
  return (
    <div class={`ending ${turn.state === "stopped" ? "calm" : "bad"}`} role={last && turn.state !== "stopped" ? "alert" : undefined}>
      <p>
        <strong>{title(turn.state)}</strong>{" "}
        {turn.failure && <Why failure={turn.failure} />}
        {turn.state === "dropped" && (turn.text || turn.results.length > 0) && t("chat.dropped.kept")}
      </p>
      {acted && <p>{t("chat.retry.warning")}</p>}
      {turn.failure?.code === "sign_in" && name.value === null
        ? <button type="button" class="primary small" onClick={() => void signIn()}>{t(lapsed.value ? "user.again" : "user.in")}</button>
        : again}
    </div>
  );
}

function title(state: State): string {
  return t(state === "stopped" ? "chat.stopped" : state === "dropped" ? "chat.dropped" : "chat.error");
}

function Why({ failure }: { failure: Failure }) {
  const known = keyOf("chat.error", failure.code);
  return (
    <>
      {known ? t(known) : null}
      {failure.message && <span class="said"> {failure.message}</span>}
      {!known && <code> {failure.code}</code>}
    </>
  );
}
