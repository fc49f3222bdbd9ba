/** Who may call what: the matrix with its counts, why a cell is as it is, the latest decisions, the switches. */

import { useRef } from "preact/hooks";
import type { Access as Matrix, Cell } from "../contract.ts";
import { write } from "../lib/routes.ts";
import { count } from "../lib/figures.ts";
import { language, t } from "../state/language.ts";
import { useLive } from "../state/live.ts";
import { CellDetails } from "./cell.tsx";
import { Latest } from "./latest.tsx";
import { Failed, named, ToolWords, useSeen, Waiting } from "./parts.tsx";
import { useRoving } from "./roving.ts";
import { Switches } from "./switches.tsx";

export function Access({ detail }: { detail: string | null }) {
  const live = useLive<Matrix>("access", (event) => event.event === "decision" || event.event === "control");
  const seen = useSeen(detail);
  const access = live.value.value;
  if (!access) {
    const problem = live.problem.value;
    return problem ? <Failed problem={problem} missing="chat.error.http" again={live.again} /> : <Waiting />;
  }
  const [agent, ...rest] = (detail ?? "").split("/");
  const chosen = access.cells.find((cell) => cell.agent === agent && cell.tool === rest.join("/"));
  return (
    <>
      <section aria-labelledby="access-title">
        <div class="page-head">
          <h2 id="access-title">{t("access.title")}</h2>
          <p>{t("access.lead")}</p>
        </div>
        <div class="side-by-side">
          <div>
            <Table access={access} chosen={chosen} />
            <Legend unknown={access.cells.some((cell) => cell.effect === "unknown")} />
          </div>
          <aside class="surface details" aria-live="polite" ref={seen}>
            {chosen
              ? <CellDetails key={`${chosen.agent} ${chosen.tool}`} cell={chosen} tool={access.tools.find((each) => each.name === chosen.tool)} />
              : <p class="hint">{t("access.choose")}</p>}
          </aside>
        </div>
      </section>
      <Latest />
      <Switches switches={access.switches} again={live.again} />
    </>
  );
}

function Table({ access, chosen }: { access: Matrix; chosen: Cell | undefined }) {
  const cells = new Map(access.cells.map((cell) => [`${cell.agent} ${cell.tool}`, cell]));
  const off = new Set(access.switches.filter((each) => each.off).map((each) => `${each.kind} ${each.subject}`));
  const targets = [...new Set(access.tools.map((tool) => tool.target))];
  const table = useRef<HTMLTableElement>(null);
  useRoving(table);
  return (
    <div class="surface scroll" role="region" aria-label={t("access.matrix")} aria-describedby="keys" tabIndex={0}>
      <p id="keys" class="unseen">{t("keys")}</p>
      <table class="matrix" ref={table}>
        <thead>
          <tr>
            <td />
            {access.agents.map(({ name, purpose }) => (
              <th key={name} scope="col" title={purpose}>{name}{off.has(`agent ${name}`) && <Off />}</th>
            ))}
          </tr>
        </thead>
        {targets.map((target) => (
          <tbody key={target}>
            <tr class="group"><th scope="rowgroup" colSpan={access.agents.length + 1}>{target}</th></tr>
            {access.tools.filter((tool) => tool.target === target).map((tool) => (
              <tr key={tool.name}>
                <th scope="row" title={tool.description}>
                  <code><ToolWords name={tool.name.split("___").at(-1) ?? ""} /></code>
                  {off.has(`tool ${tool.name}`) && <Off />}
                </th>
                {access.agents.map(({ name }) => {
                  const cell = cells.get(`${name} ${tool.name}`);
                  return <td key={name}>{cell && <CellButton cell={cell} chosen={cell === chosen} />}</td>;
                })}
              </tr>
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Off() {
  return <span class="badge refused">{t("switch.off")}</span>;
}

function CellButton({ cell, chosen }: { cell: Cell; chosen: boolean }) {
  const { allowed, refused, shadow } = cell.counts;
  const figure = (value: number) => count(value, language.value);
  const counts = t("access.counts", { allowed: figure(allowed), refused: figure(refused), shadow: figure(shadow) });
  return (
    <a class={`cell ${cell.effect}`} href={write("access", `${cell.agent}/${cell.tool}`)} aria-current={chosen ? "true" : undefined} title={counts}>
      <Sign effect={cell.effect} />
      <span class="unseen">{t("access.cell", { agent: cell.agent, tool: cell.tool, effect: named("effect", cell.effect) })}. {counts}</span>
      {allowed > 0 && <b class="number" aria-hidden="true">{figure(allowed)}</b>}
      {refused > 0 && <b class="number refusals" aria-hidden="true">{figure(refused)}</b>}
      {shadow > 0 && <b class="number shadows" aria-hidden="true">{figure(shadow)}</b>}
    </a>
  );
}

/** Form as well as colour: a tick, half a disc, a dash, a question mark. */
export function Sign({ effect }: { effect: string }) {
  return (
    <svg class={`sign ${effect}`} viewBox="0 0 20 20" aria-hidden="true">
      {effect === "allow" && <><circle cx="10" cy="10" r="8" /><path d="m6.4 10.3 2.5 2.5 4.8-5.3" /></>}
      {effect === "conditional" && <><circle cx="10" cy="10" r="7.2" /><path d="M10 2.8a7.2 7.2 0 0 1 0 14.4Z" /></>}
      {effect === "deny" && <path d="M6.5 10h7" />}
      {effect === "unknown" && <path d="M7.6 7.8a2.5 2.5 0 1 1 3.5 2.2c-.8.4-1.1.8-1.1 1.6m0 2.4v.2" />}
    </svg>
  );
}

function Legend({ unknown }: { unknown: boolean }) {
  return (
    <ul class="legend">
      {(["allow", "conditional", "deny"] as const).map((effect) => <li key={effect}><Sign effect={effect} />{t(`effect.${effect}`)}</li>)}
      {unknown && <li><Sign effect="unknown" />{t("effect.unknown")}</li>}
      <li><b class="number refusals">1</b>{t("access.legend.refused")}</li>
      <li><b class="number shadows">1</b>{t("access.legend.shadow")}</li>
    </ul>
  );
}
