/** What several views say. */

import { useEffect, useRef } from "preact/hooks";
import type { Why } from "../contract.ts";
import { family } from "../lib/reasons.ts";
import { say, t } from "../state/language.ts";
import type { ControlError } from "../state/operator.ts";
import { keyOf, type Key } from "../words/words.ts";

export function Waiting() {
  return <p class="waiting" role="status">{t("loading")}</p>;
}

/** Something could not be read. `missing` is what a 404 means here. */
export function Failed({ problem, missing, again }: { problem: ControlError; missing: Key; again: () => void }) {
  const words = problem.status === 404 ? t(missing)
    : problem.status === 0 ? t("chat.error.unreachable")
    : t("chat.error.http");
  return (
    <section class="empty">
      <p role="alert">{words} {problem.status !== 404 && problem.message}</p>
      <button type="button" onClick={again}>{t("retry")}</button>
    </section>
  );
}

/** The words for a kind, an effect, …; the name itself where there are none. */
export function Named({ prefix, name }: { prefix: string; name: string | undefined }) {
  const key = keyOf(prefix, name);
  return key ? t(key) : (name ?? "");
}

export function named(prefix: string, name: string | undefined): string {
  const key = keyOf(prefix, name);
  return key ? t(key) : (name ?? "");
}

/** A tool's name, which may be broken where its parts meet. */
export function ToolName({ name }: { name: string }) {
  const [target, tool] = name.split("___");
  return tool === undefined ? <code>{name}</code> : <code><span class="target">{target}<wbr />___<wbr /></span><ToolWords name={tool} /></code>;
}

/** A decision's reason in words, with its own name beside it: that is what logs and the runbook say. */
export function Reason({ code }: { code: string }) {
  const key = keyOf("reason", family(code));
  return key ? <>{t(key)} <code class="code">{code}</code></> : <>{code}</>;
}

/** Why a layer of the templates decides as it does, and under which conditions. */
export function because({ because: reason, conditions }: Why): string {
  const all = conditions.map(say).join(t("access.and"));
  return all ? t("access.if", { reason: say(reason), conditions: all }) : say(reason);
}

/** A tool's own name, which may be broken at its low lines. */
export function ToolWords({ name }: { name: string }) {
  return <>{name.split("_").map((word, at) => <>{at > 0 && <>_<wbr /></>}{word}</>)}</>;
}

/** A line of a file, which may be broken behind a folder. */
export function Source({ at }: { at: string }) {
  return <code class="source">{at.split("/").map((part, level) => <>{level > 0 && <>/<wbr /></>}{part}</>)}</code>;
}

/** For the place of the details: brings it into view when something was chosen, where it stands below (as the style
 * sheets have it), not beside. */
export function useSeen(chosen: string | null) {
  const place = useRef<HTMLElement>(null);
  const before = useRef(chosen);
  useEffect(() => {
    const below = matchMedia("(max-width: 66rem)").matches;
    if (below && chosen !== null && chosen !== before.current) place.current?.scrollIntoView({ block: "nearest" });
    before.current = chosen;
  }, [chosen]);
  return place;
}
