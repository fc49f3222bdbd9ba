/** Why one agent may, or may not, call one tool. */

import type { Cell, Explanation, Layer, Tool } from "../contract.ts";
import { count } from "../lib/figures.ts";
import { language, t } from "../state/language.ts";
import { useLive } from "../state/live.ts";
import { because, named, Reason, Source, ToolName, Waiting } from "./parts.tsx";

export type Named = readonly [name: string, layer: Layer];

export function Layers({ of }: { of: readonly Named[] }) {
  return (
    <ol class="layers">
      {of.map(([name, layer], at) => (
        <li key={at}>
          <span class={`badge ${layer.effect ?? ""}`}>{named("brief", layer.effect)}</span>
          <span>
            <strong>{named("kind", name)}</strong>
            {layer.why ? ` ${because(layer.why)}` : layer.reason && <> <Reason code={layer.reason} /></>}
            {layer.source && <Source at={layer.source} />}
          </span>
        </li>
      ))}
    </ol>
  );
}

export function CellDetails({ cell, tool }: { cell: Cell; tool: Tool | undefined }) {
  const why = useLive<Explanation>(`explain?${new URLSearchParams({ agent: cell.agent, tool: cell.tool })}`, (event) => event.event === "control");
  const told = why.value.value;
  // The matrix tells of the templates; a thrown switch is told of here.
  const effect = told?.effect ?? cell.effect;
  const { allowed, refused, shadow } = cell.counts;
  const figure = (value: number) => count(value, language.value);
  return (
    <>
      <h3>{cell.agent} <span aria-hidden="true">→</span> <ToolName name={cell.tool} /></h3>
      <p><span class={`badge ${effect}`}>{named("effect", effect)}</span></p>
      {tool?.description && <p class="hint">{tool.description}</p>}
      <h4>{t("access.why")}</h4>
      {told?.layers ? <Layers of={layersOf(told.layers)} /> : why.problem.value ? <Layers of={Object.entries(cell.layers)} /> : <Waiting />}
      {told && (
        <details>
          <summary>{t("access.words")}</summary>
          <ul class="sentences">{sentences(told, cell).map((line) => <li key={line}>{line}</li>)}</ul>
        </details>
      )}
      <p class="hint">{cell.source ? <>{t("access.declared")} <code>{cell.source}</code></> : t("access.undeclared")}</p>
      {tool && <p class="hint">{t("access.tool", { effect: label(tool.effect), data: label(tool.data), egress: label(tool.egress) })}</p>}
      <p class="hint">{t("access.counts", { allowed: figure(allowed), refused: figure(refused), shadow: figure(shadow) })}</p>
    </>
  );
}

/** What a tool does, as declared: not every template says so. */
function label(declared: string | null): string {
  return named("label", declared ?? "undeclared");
}

function layersOf(told: NonNullable<Explanation["layers"]>): Named[] {
  return told.map(({ layer, effect, because: reason, source, why }) => (
    [layer.replace(" ", "_"), { effect, reason, source, ...(why && { why }) }]));
}

/** English is the platform's own; in another language the same is said layer by layer. */
function sentences(told: Explanation, { agent, tool }: Cell): string[] {
  if (language.value === "en" || !told.layers) return told.sentences;
  const verdict = t("access.verdict", { effect: named("effect", told.effect), agent, tool, gateway: told.gateway ?? "" });
  return [verdict, ...layersOf(told.layers).map(([name, { effect, reason, source, why }]) =>
    `${named("kind", name)}: ${named("brief", effect)}, ${why ? because(why) : reason} (${source})`)];
}
