/** The page's words. A reader gets those of one language; the other's are fetched when it is chosen. */

import { signal } from "@preact/signals";
import type { Language } from "../contract.ts";
import type { en } from "./en.ts";

export type Key = keyof typeof en;
export type Words = Readonly<Record<Key, string>>;
/** What the platform gives by a name with values, such as why a layer decides as it does. It has the English itself. */
export type Said = Readonly<Record<string, string>>;

interface Spoken {
  words: Words;
  said: Said;
}

const SPOKEN: Readonly<Record<Language, () => Promise<Spoken>>> = {
  en: async () => ({ words: (await import("./en.ts")).en, said: {} }),
  ko: async () => {
    const { ko, said } = await import("./ko.ts");
    return { words: ko, said };
  },
};

export const spoken = signal<Spoken>({ words: {} as Words, said: {} });

/** Rejects where the words cannot be fetched; those there were are kept. */
export async function speak(language: Language): Promise<void> {
  spoken.value = await SPOKEN[language]();
}

/** A key made of data, such as `kind.` and a span's kind; null where there are no words for it. */
export function keyOf(prefix: string, name: string | undefined): Key | null {
  const found = `${prefix}.${name}`;
  return Object.hasOwn(spoken.value.words, found) ? (found as Key) : null;
}
