/** What the server says about itself: read at the start, and again when it no longer takes what the page knew. */

import { signal } from "@preact/signals";
import type { Config } from "../contract.ts";

export const config = signal<Config | null>(null);
export const unreadable = signal(false);

export async function load(): Promise<void> {
  try {
    const answer = await fetch("/config.json", { cache: "no-store" });
    const read: unknown = answer.ok ? await answer.json() : null;
    if (!usable(read)) throw new Error("config.json");
    config.value = read;
    unreadable.value = false;
  } catch {
    // A page that has a configuration goes on with it.
    unreadable.value = config.value === null;
  }
}

function usable(read: unknown): read is Config {
  const found = read as Config | null;
  return found?.version === 1 && typeof found.entry?.invocations === "string" && found.entry.invocations.startsWith("/");
}
