import assert from "node:assert/strict";
import { test } from "node:test";
import { inline, parse } from "../src/lib/markdown.ts";

const kinds = (source: string) => parse(source).map((block) => block.kind);

test("a numbered list that does not begin with one, or has lines below an item, falls apart", () => {
  const [list] = parse("3. KE703 · 13:35\n   SAVER\n4. KE705");
  assert.deepEqual(list, {
    kind: "list", ordered: true, start: 3,
    items: [[inline("KE703 · 13:35"), inline("SAVER")], [inline("KE705")]],
  });
});

test("a paragraph's lines run together", () => {
  const [block] = parse("one\ntwo\n\nthree");
  assert.equal(block?.kind, "paragraph");
  assert.equal(block?.kind === "paragraph" && block.lines.length, 2);
  assert.deepEqual(kinds("one\n\n# two\n- three\n\n- four\n\nfive"), ["paragraph", "heading", "list", "paragraph"]);
});

test("words inside a fence are read as Markdown, or an open fence loses them", () => {
  assert.deepEqual(parse("```json\n**x**\n1. y\n"), [{ kind: "code", text: "**x**\n1. y\n" }]);
});

test("markup of a model becomes more than text", () => {
  const hostile = '<img src=x onerror=alert(1)> [click](javascript:alert(1)) ![x](https://example.org/?q=secret) <a href="//evil">';
  assert.deepEqual(parse(hostile), [{ kind: "paragraph", lines: [[{ kind: "text", text: hostile }]] }]);
});

test("emphasis swallows what is none", () => {
  assert.deepEqual(inline("2 * 3 * 4 = 24"), [{ kind: "text", text: "2 * 3 * 4 = 24" }]);
  assert.deepEqual(inline("a **b** `c*d*` *e*").map(({ kind }) => kind), ["text", "strong", "text", "code", "text", "em"]);
  assert.deepEqual(inline("**open"), [{ kind: "text", text: "**open" }]);
});

test("a long answer of one sort takes more than linear time", () => {
  const began = performance.now();
  for (const part of ["*", "**a", "`", "1. ", "\n", "# "]) parse(part.repeat(20_000));
  assert.ok(performance.now() - began < 4000);
});
