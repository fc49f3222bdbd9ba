import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { en } from "../src/words/en.ts";
import { ko } from "../src/words/ko.ts";

const words = { en, ko };

const SOURCE = join(import.meta.dirname, "../src");
const sources = readdirSync(SOURCE, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name) && !name.startsWith("words"))
  .map((name) => readFileSync(join(SOURCE, name), "utf8"))
  .join("\n");
const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

test("a language lacks a text, or fills another place", () => {
  for (const [key, english] of Object.entries(words.en)) {
    const korean = words.ko[key as keyof typeof words.en];
    assert.ok(english.trim() && korean?.trim(), key);
    assert.deepEqual(places(korean), places(english), key);
  }
  assert.deepEqual(Object.keys(words.ko), Object.keys(words.en));
});

test("a Korean text is left in English", () => {
  const same = new Set(["language.en", "access.cell"]);
  assert.deepEqual(Object.entries(words.ko).filter(([key, text]) => !same.has(key) && !/[가-힣]/.test(text)).map(([key]) => key), []);
});

test("a text is used nowhere, or one is used that nobody wrote", () => {
  const said = new Set([...sources.matchAll(/"([a-z_-]+(?:\.[a-z_-]+)+)"/g)].map((match) => match[1]));
  const made = [...sources.matchAll(/(?:keyOf|named)\("([\w.]+)"|prefix="([\w.]+)"|t\(`([\w.]+)\.\$\{/g)].map((match) => match[1] ?? match[2] ?? match[3]);
  const unused = Object.keys(words.en).filter((key) => !said.has(key) && !sources.includes(`"${key}"`) && !made.some((prefix) => key.startsWith(`${prefix}.`)));
  assert.deepEqual(unused, []);
});
