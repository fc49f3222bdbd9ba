/** What is known of one step: its decision, its attributes and, on request only, the arguments. */

import { useSignal } from "@preact/signals";
import type { Layer, Span } from "../contract.ts";
import { duration } from "../lib/figures.ts";
import { write } from "../lib/routes.ts";
import { language, t } from "../state/language.ts";
import { control } from "../state/operator.ts";
import { Layers } from "./cell.tsx";
import { named } from "./parts.tsx";

export function SpanDetails({ trace, span }: { trace: string; span: Span }) {
  const { decision } = span;
  return (
    <>
      <h3>{span.name}</h3>
      <dl>
        <dt>{t("trace.kind")}</dt><dd>{named("kind", span.kind)}</dd>
        <dt>{t("trace.service")}</dt><dd>{span.service}</dd>
        <dt>{t("trace.began")}</dt><dd class="number">{duration(span.start_us / 1000, language.value)}</dd>
        <dt>{t("trace.took")}</dt><dd class="number">{duration(span.ms, language.value)}</dd>
      </dl>
      {decision && <Decision decision={decision} />}
      {Object.keys(span.attributes).length > 0 && (
        <>
          <h4>{t("trace.attributes")}</h4>
          <Members of={span.attributes} />
        </>
      )}
      {span.arguments && <Arguments trace={trace} span={span.span_id} />}
    </>
  );
}

function Decision({ decision }: { decision: Record<string, unknown> }) {
  const { effect, agent, tool, layers } = decision;
  const cell = typeof agent === "string" && typeof tool === "string" && tool.includes("___") ? `${agent}/${tool}` : null;
  return (
    <>
      <h4>{t("trace.decision")} {typeof effect === "string" && <span class={`badge ${effect}`}>{named("effect", effect)}</span>}</h4>
      {isLayers(layers) && <Layers of={Object.entries(layers)} />}
      <Members of={decision} without={isLayers(layers) ? ["effect", "layers", "layer", "reason", "source"] : ["effect"]} />
      {cell && <p><a href={write("access", cell)}>{t("refused.access")}</a></p>}
    </>
  );
}

function isLayers(of: unknown): of is Record<string, Layer> {
  return typeof of === "object" && of !== null && Object.values(of).every((each) => typeof each === "object" && each !== null);
}

function Members({ of, without = [] }: { of: Record<string, unknown>; without?: string[] }) {
  const empty = (value: unknown) => value === null || value === undefined || (Array.isArray(value) && !value.length);
  const members = Object.entries(of).filter(([name, value]) => !empty(value) && !without.includes(name));
  return (
    <dl class="members">
      {members.map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd><code>{typeof value === "object" ? JSON.stringify(value) : String(value)}</code></dd></div>
      ))}
    </dl>
  );
}

function Arguments({ trace, span }: { trace: string; span: string }) {
  const shown = useSignal<string | null>(null);
  const none = useSignal(false);
  const toggle = async () => {
    if (shown.value !== null) return void (shown.value = null);
    try {
      shown.value = JSON.stringify(await control<unknown>(`traces/${trace}/arguments/${span}`), null, 2);
    } catch {
      none.value = true;
    }
  };
  return (
    <>
      <h4>{t("trace.arguments")}</h4>
      <p class="hint">{t(none.value ? "trace.arguments.none" : "trace.arguments.why")}</p>
      {!none.value && (
        <button type="button" class="small" aria-expanded={shown.value !== null} onClick={() => void toggle()}>
          {t(shown.value === null ? "trace.arguments.show" : "trace.arguments.hide")}
        </button>
      )}
      {shown.value !== null && <pre class="sample" tabIndex={0}>{shown.value}</pre>}
    </>
  );
}
