/** A trace's spans as the rows of a waterfall: each below its parent, in the order they began. */

import type { Span } from "../contract.ts";

export interface Row {
  span: Span;
  depth: number;
  /** Of the whole, in per cent. */
  left: number;
  width: number;
  children: number;
}

export interface Waterfall {
  rows: Row[];
  /** From the first beginning to the last end, in milliseconds. */
  ms: number;
  /** Round moments to draw lines at, in milliseconds. */
  ticks: number[];
}

/** What a library does inside of a step says little; it is left out unless it went wrong. */
export function isMain(span: Span): boolean {
  return span.kind !== "other" || span.status !== "ok";
}

/** Of `all` spans those that `shown` takes; what is below one that is left out moves up to the next that is not. */
export function waterfall(all: readonly Span[], shown: (span: Span) => boolean = () => true): Waterfall {
  const known = new Map(all.map((span) => [span.span_id, span]));
  const spans = all.filter(shown);
  const below = new Map<string | null, Span[]>();
  for (const span of spans) {
    const parent = above(span, known, shown);
    below.set(parent, [...(below.get(parent) ?? []), span]);
  }
  const first = Math.min(...spans.map((span) => span.start_us / 1000));
  const last = Math.max(...spans.map((span) => span.start_us / 1000 + span.ms));
  const ms = spans.length ? Math.max(last - first, 0.001) : 0;
  const rows: Row[] = [];
  const seen = new Set<string>();
  const walk = (span: Span, depth: number): void => {
    if (seen.has(span.span_id)) return;
    seen.add(span.span_id);
    const children = below.get(span.span_id) ?? [];
    rows.push({
      span,
      depth,
      left: ((span.start_us / 1000 - first) / ms) * 100,
      width: Math.min(100, (span.ms / ms) * 100),
      children: children.length,
    });
    for (const child of ordered(children)) walk(child, depth + 1);
  };
  for (const span of ordered(below.get(null) ?? [])) walk(span, 0);
  // Parents that go in a circle have no top: nothing is left out for that.
  for (const span of ordered(spans)) walk(span, 0);
  return { rows, ms, ticks: ticks(ms) };
}

/** The next span above that is shown; null for the top, or where it is not (yet) here. */
function above(span: Span, known: ReadonlyMap<string, Span>, shown: (span: Span) => boolean): string | null {
  const passed = new Set([span.span_id]);
  for (let id = span.parent_id; id !== null && !passed.has(id); ) {
    const parent = known.get(id);
    if (!parent) return null;
    if (shown(parent)) return id;
    passed.add(id);
    id = parent.parent_id;
  }
  return null;
}

function ordered(spans: readonly Span[]): Span[] {
  return [...spans].sort((one, other) => one.start_us - other.start_us || other.ms - one.ms);
}

/** At most five moments at 1, 2 or 5 times a power of ten. */
export function ticks(ms: number): number[] {
  if (!(ms > 0)) return [];
  const power = 10 ** Math.floor(Math.log10(ms / 5));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => ms / each <= 5) ?? ms;
  const found: number[] = [];
  for (let at = step; at < ms; at += step) found.push(Math.round(at * 1000) / 1000);
  return found;
}
