import assert from "node:assert/strict";
import { test } from "node:test";
import type { Card } from "../src/contract.ts";
import { at, cards, fill, money, MOST_ITEMS } from "../src/lib/template.ts";

const card: Card = {
  items: "/data",
  title: "{/number}",
  lines: [{ en: "leaves {/at}", ko: "{/at} 출발" }, "{/nothing}"],
  price: { amount: "/price/total", currency: "/price/currency" },
  action: { label: { en: "Take", ko: "선택" }, prompt: { en: "take {/number} at {/at}", ko: "{/number} 선택" } },
};
const item = { number: "KE1", at: "2026-11-23T13:35:00", price: { total: "189900", currency: "KRW" } };

test("a card of a declared form is not filled", () => {
  const [english] = cards(card, { data: [item] }, "en");
  assert.deepEqual(english, {
    title: "KE1", lines: ["leaves Mon, Nov 23, 13:35"], price: "₩189,900", action: { label: "Take", prompt: "take KE1 at 2026-11-23T13:35:00" },
  });
  const [korean] = cards(card, { data: [item] }, "ko");
  assert.deepEqual([korean?.lines, korean?.action?.label], [["11월 23일 (월) 13:35 출발"], "선택"]);
});

test("data of another form breaks the page", () => {
  for (const data of [null, 1, "x", [], {}, { data: null }, { data: {} }, { data: "x" }]) assert.deepEqual(cards(card, data, "en"), []);
  const [empty] = cards(card, { data: [null] }, "en");
  assert.deepEqual(empty, { title: "", lines: ["leaves "], price: null, action: { label: "Take", prompt: "take  at " } });
});

test("a pointer reads what the item itself does not hold", () => {
  for (const pointer of ["/constructor", "/__proto__", "/toString", "number", "/number/length"]) assert.equal(at(item, pointer), undefined, pointer);
  assert.equal(at({ "a/b": { "c~d": 1 } }, "/a~1b/c~0d"), 1);
  assert.equal(at([5, 6], "/1"), 6);
  assert.equal(fill("{/price}", item, "en"), "");
});

test("a result of thousands of items is drawn in full", () => {
  assert.equal(cards(card, { data: Array(1000).fill(item) }, "en").length, MOST_ITEMS);
});

test("an amount that is none is shown as one", () => {
  for (const amount of ["", " ", "x", null, undefined, NaN, {}]) assert.equal(money(amount, "KRW", "en"), null);
  assert.equal(money("12.5", "no currency", "en"), "12.5");
  assert.equal(money(12.5, "EUR", "en"), "€12.50");
});
