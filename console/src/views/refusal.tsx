/** A refused call, and on request the reason in the review's own sentences. */

import { useSignal } from "@preact/signals";
import type { Explanation } from "../contract.ts";
import { write } from "../lib/routes.ts";
import { t } from "../state/language.ts";
import { control, key, operable } from "../state/operator.ts";

export function Refusal({ agent, tool }: { agent: string; tool: string }) {
  const open = useSignal(false);
  const why = useSignal<readonly string[] | null>(null);
  const can = operable.value && key.value !== null && tool.includes("___");
  const toggle = async () => {
    open.value = !open.value;
    if (!open.value || why.value) return;
    try {
      const query = new URLSearchParams({ agent, tool });
      why.value = (await control<Explanation>(`explain?${query}`)).sentences;
    } catch {
      open.value = false;
    }
  };
  return (
    <div class="refusal">
      <p>
        <strong>{t("refused.line", { agent, tool })}</strong>{" "}
        {can ? <button type="button" class="quiet small" aria-expanded={open.value} onClick={() => void toggle()}>{t(open.value ? "refused.hide" : "refused.why")}</button>
          : operable.value && key.value === null ? t("refused.operator") : null}
      </p>
      {open.value && why.value && (
        <>
          <ul>{why.value.map((line) => <li key={line}>{line}</li>)}</ul>
          <a href={write("access", `${agent}/${tool}`)}>{t("refused.access")}</a>
        </>
      )}
    </div>
  );
}
