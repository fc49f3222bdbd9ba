/** Which decisions a reader wants to see. */

import type { PlatformEvent } from "../contract.ts";

export interface Wanted {
  words: string;
  refused: boolean;
}

const FIELDS = ["agent", "tool", "reason", "layer", "method", "source", "effect"] as const;

export function matches(event: PlatformEvent, wanted: Wanted): boolean {
  if (wanted.refused && event.effect === "allow") return false;
  // Every word must be found somewhere.
  const text = FIELDS.map((field) => event[field] ?? "").join(" ").toLowerCase();
  return wanted.words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
