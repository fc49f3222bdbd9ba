/** One request as a waterfall: what happened inside what, how long it took, and who decided. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Trace } from "../contract.ts";
import { count, duration } from "../lib/figures.ts";
import { write } from "../lib/routes.ts";
import { isMain, waterfall, type Row } from "../lib/waterfall.ts";
import { stay } from "../state/address.ts";
import { language, t } from "../state/language.ts";
import { useLive } from "../state/live.ts";
import { Failed, named, useSeen, Waiting } from "./parts.tsx";
import { useRoving } from "./roving.ts";
import { SpanDetails } from "./span.tsx";

const SOON = 1000;

export function TraceView({ id, chosen }: { id: string; chosen: string | null }) {
  const live = useLive<Trace>(`traces/${id}`, (event) => event.trace_id === id);
  const every = useSignal(false);
  const seen = useSeen(chosen);
  const trace = live.value.value;
  // The agents tell of their part a little later, and no event says when.
  useEffect(() => {
    if (!trace || trace.complete) return;
    const soon = setTimeout(live.again, SOON);
    return () => clearTimeout(soon);
  }, [trace]);
  // A link to a step leads to its row.
  const here = useRef<HTMLTableElement>(null);
  useRoving(here);
  useEffect(() => {
    if (trace && chosen) here.current?.querySelector(".chosen")?.scrollIntoView({ block: "nearest" });
  }, [trace !== null]);
  const back = <a class="back" href={write("traces")}><span aria-hidden="true">← </span>{t("trace.back")}</a>;
  if (!trace) {
    const problem = live.problem.value;
    return <>{back}{problem ? <Failed problem={problem} missing="trace.none" again={live.again} /> : <Waiting />}</>;
  }
  const { rows, ms, ticks } = waterfall(trace.spans, every.value ? undefined : isMain);
  const open = trace.spans.find((span) => span.span_id === chosen);
  return (
    <section aria-labelledby="trace-title">
      {back}
      <div class="page-head">
        <h2 id="trace-title">{t("trace.title")} <code>{id.slice(0, 8)}</code></h2>
        <p>{t("trace.summary", { spans: count(rows.length, language.value), duration: duration(ms, language.value) })}</p>
        <label class="check">
          <input type="checkbox" checked={every.value} onChange={(event) => (every.value = event.currentTarget.checked)} />
          {t("trace.every")}
        </label>
        {!trace.complete && <span class="badge running">{t("trace.incomplete")}</span>}
      </div>
      <div class="side-by-side">
        <div class="surface scroll" role="group" aria-labelledby="trace-title" aria-describedby="keys" tabIndex={0}>
          <p id="keys" class="unseen">{t("keys")}</p>
          <table class="waterfall" ref={here}>
            <thead>
              <tr>
                <th scope="col">{t("trace.step")}</th>
                <th scope="col" class="course">
                  <span class="unseen">{t("trace.time")}</span>
                  <span class="axis" aria-hidden="true">
                    {ticks.map((each) => <i key={each} style={{ left: `${(each / ms) * 100}%` }}>{duration(each, language.value)}</i>)}
                  </span>
                </th>
                <th scope="col" class="number">{t("traces.duration")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <SpanRow key={row.span.span_id} row={row} chosen={row.span.span_id === chosen}
                  choose={() => stay("traces", row.span.span_id === chosen ? id : `${id}/${row.span.span_id}`)} />
              ))}
            </tbody>
          </table>
        </div>
        <aside class="surface details" aria-live="polite" ref={seen}>
          {open ? <SpanDetails key={open.span_id} trace={id} span={open} /> : <p class="hint">{t("trace.select")}</p>}
        </aside>
      </div>
    </section>
  );
}

/** The end of a name tells more than its beginning, so a tool goes without its target. The details have all of it. */
function brief(name: string): string {
  return name.replace(/^execute_tool /, "").replace(/[\w-]+?___/, "");
}

function SpanRow({ row, chosen, choose }: { row: Row; chosen: boolean; choose: () => void }) {
  const { span } = row;
  const refused = span.status === "refused";
  return (
    <tr class={`span kind-${span.kind} status-${span.status}${chosen ? " chosen" : ""}`}>
      <th scope="row">
        <button type="button" class="quiet" title={span.name} aria-expanded={chosen} onClick={choose}
          style={{ paddingInlineStart: `${0.5 + row.depth * 0.75}rem` }}>
          <i class="dot" aria-hidden="true" />
          <span class="label">{brief(span.name)}</span>
          <span class="service">{span.name.includes(span.service) ? "" : span.service}</span>
          {span.status !== "ok" && <span class={`badge ${span.status}`}>{named("status", span.status)}</span>}
          {refused && <span class="unseen"> {named("kind", span.kind)}</span>}
        </button>
      </th>
      <td class="course"><i class="bar" style={{ left: `${row.left}%`, width: `${row.width}%` }} /></td>
      <td class="number">{duration(span.ms, language.value)}</td>
    </tr>
  );
}
