/** A refused call, and on request how each layer decided on it. */

import { useSignal } from "@preact/signals";
import type { Layer, PlatformEvent } from "../contract.ts";
import { write } from "../lib/routes.ts";
import { t } from "../state/language.ts";
import { control, key, operable } from "../state/operator.ts";
import { Layers } from "./cell.tsx";

interface Props {
  agent: string;
  tool: string;
  trace: string;
}

export function Refusal({ agent, tool, trace }: Props) {
  const open = useSignal(false);
  const layers = useSignal<Record<string, Layer> | null>(null);
  const failed = useSignal(false);
  const can = operable.value && key.value !== null && tool.includes("___");
  const toggle = async () => {
    open.value = !open.value;
    if (!open.value || layers.value) return;
    failed.value = false;
    try {
      const { events } = await control<{ events: PlatformEvent[] }>(`events?trace_id=${trace}`);
      layers.value = decided(events, agent, tool);
    } catch {
      failed.value = true;
    }
  };
  return (
    <div class="refusal">
      <p>
        <strong>{t("refused.line", { agent, tool })}</strong>{" "}
        {can && (
          <button type="button" class="quiet small" aria-expanded={open.value} onClick={() => void toggle()}>
            {t(open.value ? "refused.hide" : "refused.why")}
          </button>
        )}
        {operable.value && key.value === null && t("refused.operator")}
      </p>
      {open.value && failed.value && <p role="alert">{t("chat.error.unreachable")}</p>}
      {open.value && layers.value && (
        <>
          {Object.keys(layers.value).length > 0 ? <Layers of={Object.entries(layers.value)} /> : <p>{t("refused.unknown")}</p>}
          <p class="ways">
            <a href={write("access", `${agent}/${tool}`)}>{t("refused.access")}</a>
            <a href={write("traces", trace)}>{t("refused.trace")}</a>
          </p>
        </>
      )}
    </div>
  );
}

/** Of the calls of this tool the last one that was refused, by layer. */
function decided(events: readonly PlatformEvent[], agent: string, tool: string): Record<string, Layer> {
  const found: Record<string, Layer> = {};
  const calls = events.filter((event) => event.event === "decision" && event.agent === agent && event.tool === tool);
  const number = calls.findLast((event) => event.effect !== "allow")?.request_id;
  for (const { layer, effect, reason, source, request_id } of calls) {
    if (request_id === number) found[layer] = { ...(effect && { effect }), ...(reason && { reason }), source: source ?? null };
  }
  return found;
}
