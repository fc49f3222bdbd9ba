/** A card's texts: `{/json/pointer}` stands for a member of the item. What is missing, or is no plain value, leaves
 * nothing behind. Source of the pointers: RFC 6901. */

import type { Card, Language, Text } from "../contract.ts";

export interface Shown {
  title: string;
  lines: string[];
  price: string | null;
  action: { label: string; prompt: string } | null;
}

const PLACE = /\{(\/[^{}]*)\}/g;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
export const MOST_ITEMS = 50;

/** The member a pointer leads to. Only own members count: nothing is read from a prototype. */
export function at(value: unknown, pointer: string): unknown {
  if (pointer === "") return value;
  if (!pointer.startsWith("/")) return undefined;
  let here = value;
  for (const raw of pointer.slice(1).split("/")) {
    const name = raw.replace(/~1/g, "/").replace(/~0/g, "~");
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, name)) return undefined;
    here = (here as Record<string, unknown>)[name];
  }
  return here;
}

export function text(value: Text | undefined, language: Language): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : (value[language] ?? value.en ?? value.ko ?? "");
}

export function fill(template: string, item: unknown, language: Language): string {
  return template.replace(PLACE, (_, pointer: string) => plain(at(item, pointer), language));
}

/** Days and times without a zone are local to where they happen, so they are shown as they are. */
function plain(value: unknown, language: Language): string {
  if (typeof value === "number") return new Intl.NumberFormat(language).format(value);
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return "";
  const moment = MOMENT.test(value);
  if (!moment && !DAY.test(value)) return value;
  const when = new Date(moment ? `${value}Z` : `${value}T00:00Z`);
  if (Number.isNaN(when.getTime())) return value;
  const day = { month: "short", day: "numeric", weekday: "short", timeZone: "UTC" } as const;
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat(language, moment ? { ...day, ...time } : day).format(when);
}

export function money(amount: unknown, currency: unknown, language: Language): string | null {
  const number = typeof amount === "number" ? amount : typeof amount === "string" && amount.trim() ? Number(amount) : NaN;
  if (!Number.isFinite(number)) return null;
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return new Intl.NumberFormat(language).format(number);
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(number);
}

/** The cards of one tool result; none where its form is not the declared one. */
export function cards(card: Card, data: unknown, language: Language): Shown[] {
  const items = at(data, card.items);
  if (!Array.isArray(items)) return [];
  return items.slice(0, MOST_ITEMS).map((item: unknown) => ({
    title: fill(text(card.title, language), item, language),
    lines: (card.lines ?? []).map((line) => fill(text(line, language), item, language)).filter((line) => line.trim()),
    price: card.price ? money(value(card.price.amount, item), value(card.price.currency, item), language) : null,
    action: card.action
      ? {
          label: fill(text(card.action.label, language), item, language),
          prompt: raw(text(card.action.prompt, language), item),
        }
      : null,
  }));
}

/** A member, by a bare pointer or in braces; anything else stands for itself, such as a fixed currency. */
function value(pointer: string, item: unknown): unknown {
  const inner = /^\{(\/[^{}]*)\}$/.exec(pointer)?.[1] ?? pointer;
  return inner.startsWith("/") ? at(item, inner) : inner;
}

/** What is sent to an agent stays as the tool wrote it: no local forms of dates and numbers. */
function raw(template: string, item: unknown): string {
  return template.replace(PLACE, (_, pointer: string) => {
    const found = at(item, pointer);
    return typeof found === "string" || typeof found === "number" ? String(found) : "";
  });
}
