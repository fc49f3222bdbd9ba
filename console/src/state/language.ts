/** The page's language: as chosen once, else as the browser asks. */

import { signal } from "@preact/signals";
import type { Language, Text } from "../contract.ts";
import { text } from "../lib/template.ts";
import { words, type Key } from "../words/words.ts";
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

export function choose(wanted: Language): void {
  language.value = wanted;
  keep("language", wanted, true);
}

/** The text of a key, its `{places}` filled. */
export function t(key: Key, places: Readonly<Record<string, string | number>> = {}): string {
  return words[language.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
}

export function own(value: Text | undefined): string {
  return text(value, language.value);
}
