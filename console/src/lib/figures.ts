/** Numbers and times as people read them, by `Intl`. */

import type { Language } from "../contract.ts";

export function duration(ms: number, language: Language): string {
  if (!Number.isFinite(ms)) return "";
  if (ms >= 1000) return unit(ms / 1000, "second", language, ms >= 10_000 ? 1 : 2);
  if (ms >= 1) return unit(ms, "millisecond", language, ms >= 100 ? 0 : 1);
  return unit(Math.round(ms * 1000), "microsecond", language, 0);
}

function unit(value: number, name: string, language: Language, digits: number): string {
  return new Intl.NumberFormat(language, {
    style: "unit", unit: name, unitDisplay: name === "second" ? "narrow" : "short", maximumFractionDigits: digits,
  }).format(value);
}

export function count(value: number, language: Language): string {
  return new Intl.NumberFormat(language).format(value);
}

export function clock(iso: string, language: Language): string {
  const when = new Date(iso);
  if (Number.isNaN(when.getTime())) return "";
  return new Intl.DateTimeFormat(language, { timeStyle: "medium" }).format(when);
}
