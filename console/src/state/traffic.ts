/** How often each line of the picture was gone along since the page is open, and which just now. */

import { effect, signal } from "@preact/signals";
import type { PlatformEvent, Topology } from "../contract.ts";
import { lines } from "../lib/traffic.ts";
import { key, listen } from "./operator.ts";

export const counts = signal<ReadonlyMap<string, number>>(new Map());

const MOST = 5000;
let kept: PlatformEvent[] = [];
let picture: Topology | null = null;

/** Events that came before the picture was read are kept for it. */
export function watch(): void {
  // With another key comes another start of the platform: its counts begin again.
  effect(() => {
    void key.value;
    kept = [];
    counts.value = new Map();
  });
  listen((event) => {
    kept.push(event);
    if (kept.length > MOST) kept = kept.slice(-MOST / 2);
    if (picture) count([event], picture);
  });
}

export function over(read: Topology): void {
  picture = read;
  counts.value = new Map();
  count(kept, read);
}

function count(events: readonly PlatformEvent[], read: Topology): void {
  const next = new Map(counts.value);
  for (const event of events) for (const line of lines(event, read)) next.set(line, (next.get(line) ?? 0) + 1);
  counts.value = next;
}
