/** Every request, newest first; one of them as a waterfall. */

import type { TraceSummary } from "../contract.ts";
import { clock, duration } from "../lib/figures.ts";
import { write } from "../lib/routes.ts";
import { language, t } from "../state/language.ts";
import { useLive } from "../state/live.ts";
import { keyOf } from "../words/words.ts";
import { Failed, Waiting } from "./parts.tsx";
import { TraceView } from "./trace.tsx";

export function Traces({ detail }: { detail: string | null }) {
  const [id, span] = (detail ?? "").split("/");
  return id ? <TraceView key={id} id={id} chosen={span ?? null} /> : <TraceList />;
}

function TraceList() {
  const live = useLive<{ traces: TraceSummary[] }>("traces?limit=50");
  const found = live.value.value?.traces;
  if (!found) {
    const problem = live.problem.value;
    return problem ? <Failed problem={problem} missing="traces.unavailable" again={live.again} /> : <Waiting />;
  }
  if (!found.length) {
    return (
      <section class="empty">
        <h2>{t("traces.empty")}</h2>
        <p>{t("traces.empty.why")}</p>
        <a class="button" href={write("chat")}>{t("traces.empty.do")}</a>
      </section>
    );
  }
  return (
    <section aria-labelledby="traces-title">
      <div class="page-head"><h2 id="traces-title">{t("traces.title")}</h2></div>
      <div class="surface scroll" role="group" aria-labelledby="traces-title" tabIndex={0}>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">{t("traces.time")}</th>
              <th scope="col">{t("traces.name")}</th>
              <th scope="col">{t("traces.agents")}</th>
              <th scope="col">{t("traces.decisions")}</th>
              <th scope="col" class="number">{t("traces.duration")}</th>
              <th scope="col">{t("traces.status")}</th>
            </tr>
          </thead>
          <tbody>{found.map((each) => <Row key={each.trace_id} trace={each} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ trace }: { trace: TraceSummary }) {
  const status = keyOf("status", trace.status);
  return (
    <tr>
      <td><time dateTime={trace.started}>{clock(trace.started, language.value)}</time></td>
      <th scope="row"><a href={write("traces", trace.trace_id)}>{trace.name}<span class="unseen"> {trace.trace_id.slice(0, 8)}</span></a></th>
      <td>{trace.agents.join(", ")}</td>
      <td>
        <span class="pair">
          {trace.allowed > 0 && <span class="badge ok">{t("traces.allowed", { count: trace.allowed })}</span>}
          {trace.refused > 0 && <span class="badge refused">{t("traces.refused", { count: trace.refused })}</span>}
        </span>
      </td>
      <td class="number">{duration(trace.ms, language.value)}</td>
      <td><span class={`badge ${trace.status}`}>{status ? t(status) : trace.status}</span></td>
    </tr>
  );
}
