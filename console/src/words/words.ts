import type { Language } from "../contract.ts";
import { en } from "./en.ts";
import { ko } from "./ko.ts";

export type Key = keyof typeof en;
export type Words = Readonly<Record<Key, string>>;

export const words: Readonly<Record<Language, Words>> = { en, ko };

/** A key made of data, such as `kind.` and a span's kind; null where there are no words for it. */
export function keyOf(prefix: string, name: string | undefined): Key | null {
  const found = `${prefix}.${name}`;
  return Object.hasOwn(en, found) ? (found as Key) : null;
}
