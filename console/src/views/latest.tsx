/** The decisions as they are taken, newest first. */

import { useSignal } from "@preact/signals";
import { clock, count } from "../lib/figures.ts";
import { matches } from "../lib/filter.ts";
import { write } from "../lib/routes.ts";
import { language, t } from "../state/language.ts";
import { decisions, missed } from "../state/operator.ts";
import { named, Reason, Source, ToolName } from "./parts.tsx";

const ROWS = 60;

export function Latest() {
  const words = useSignal("");
  const refused = useSignal(false);
  const found = decisions.value.filter((event) => matches(event, { words: words.value, refused: refused.value }));
  return (
    <section class="latest" aria-labelledby="latest-title">
      <div class="page-head"><h2 id="latest-title">{t("latest.title")}</h2></div>
      {decisions.value.length === 0 ? <p class="hint">{t("latest.empty")}</p> : (
        <>
          <div class="row filters">
            <label class="grow">
              <span>{t("latest.search")}</span>
              <input type="search" value={words.value} onInput={(event) => (words.value = event.currentTarget.value)} />
            </label>
            <label class="check">
              <input type="checkbox" checked={refused.value} onChange={(event) => (refused.value = event.currentTarget.checked)} />
              {t("latest.refused")}
            </label>
          </div>
          {found.length === 0 ? <p class="hint" role="status">{t("latest.none")}</p> : (
            <div class="surface scroll" role="group" aria-labelledby="latest-title" tabIndex={0}>
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">{t("latest.time")}</th>
                    <th scope="col">{t("latest.effect")}</th>
                    <th scope="col">{t("latest.agent")}</th>
                    <th scope="col">{t("latest.tool")}</th>
                    <th scope="col">{t("latest.layer")}</th>
                    <th scope="col">{t("latest.reason")}</th>
                  </tr>
                </thead>
                <tbody>
                  {found.slice(0, ROWS).map((event) => (
                    <tr key={event.seq}>
                      <td>
                        {event.trace_id ? <a href={write("traces", event.span_id ? `${event.trace_id}/${event.span_id}` : event.trace_id)}><Time at={event.time} /></a> : <Time at={event.time} />}
                      </td>
                      <td>
                        <span class={`badge ${event.effect}`}>{named("effect", event.effect)}</span>
                        {(event.would_refuse || (event.enforced === false && event.effect !== "allow")) && <span class="badge shadow">{t("latest.shadow")}</span>}
                      </td>
                      <td>{event.agent ?? "–"}</td>
                      <td>{event.tool ? <ToolName name={event.tool} /> : <code>{event.method ?? "–"}</code>}</td>
                      <td>{named("kind", event.layer)}</td>
                      <td><Reason code={event.would_refuse ?? event.reason ?? ""} />{event.source && <Source at={event.source} />}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          <p class="hint">
            {found.length > ROWS && t("latest.more", { count: count(found.length - ROWS, language.value) })}
            {missed.value > 0 && ` ${t("missed", { count: count(missed.value, language.value) })}`}
          </p>
        </>
      )}
    </section>
  );
}

function Time({ at }: { at: string }) {
  return <time dateTime={at}>{clock(at, language.value)}</time>;
}
