/** The page's language: as chosen once, else as the browser asks. */

import { signal } from "@preact/signals";
import type { Language, SaidText, Text } from "../contract.ts";
import { text } from "../lib/template.ts";
import { speak, spoken, type Key } from "../words/words.ts";
import { keep, kept } from "./storage.ts";

export const LANGUAGES: readonly Language[] = ["en", "ko"];

export function preferred(asked: readonly string[], remembered: unknown): Language {
  const found = LANGUAGES.find((each) => each === remembered);
  if (found) return found;
  for (const each of asked) {
    const known = LANGUAGES.find((language) => each.toLowerCase().split("-")[0] === language);
    if (known) return known;
  }
  return "en";
}

export const language = signal<Language>(preferred(navigator.languages ?? [], kept("language", true)));

/** Before anything is shown. */
export function begin(): Promise<void> {
  return speak(language.value);
}

/** Once its words are here: where they cannot be fetched, the page goes on in the language it has. */
export async function choose(wanted: Language): Promise<void> {
  try {
    await speak(wanted);
  } catch {
    return;
  }
  language.value = wanted;
  keep("language", wanted, true);
}

/** A place that has no value is left as it stands. */
function filled(words: string, places: Readonly<Record<string, string | number>>): string {
  return words.replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
}

/** The text of a key, its `{places}` filled. */
export function t(key: Key, places: Readonly<Record<string, string | number>> = {}): string {
  return filled(spoken.value.words[key], places);
}

/** What the platform says by a name: in the page's language where that has words for it, else in English. */
export function say({ text, code, values = {} }: SaidText): string {
  const known = spoken.value.said;
  const words = code !== undefined && Object.hasOwn(known, code) ? known[code] : undefined;
  return words === undefined ? text : filled(words, values);
}

export function own(value: Text | undefined): string {
  return text(value, language.value);
}
