import assert from "node:assert/strict";
import { test } from "node:test";
import type { Span } from "../src/contract.ts";
import { isMain, ticks, waterfall } from "../src/lib/waterfall.ts";

const span = (id: string, parent: string | null, start: number, ms: number): Span => ({
  span_id: id, parent_id: parent, name: id, kind: "other", service: "s", start_us: start * 1000, ms, status: "ok", attributes: {},
});
const drawn = (...spans: Span[]) => waterfall(spans).rows.map(({ span, depth }) => `${" ".repeat(depth)}${span.span_id}`);

test("a span stands elsewhere than below its parent, in the order they began", () => {
  assert.deepEqual(drawn(span("c", "a", 5, 1), span("a", null, 0, 9), span("b", "a", 1, 2), span("d", "b", 1, 1)), ["a", " b", "  d", " c"]);
});

test("a span is lost because its parent is missing, itself, or its own grandchild", () => {
  assert.deepEqual(drawn(span("a", "gone", 0, 1), span("b", "b", 1, 1), span("c", "d", 2, 1), span("d", "c", 3, 1)), ["a", "b", "c", " d"]);
});

test("a bar lies outside of the picture", () => {
  const { rows, ms } = waterfall([span("a", null, 10, 100), span("b", "a", 5, 1), span("c", "a", 60, 80)]);
  assert.equal(ms, 135);
  for (const { left, width } of rows) assert.ok(left >= 0 && width >= 0 && left + width <= 100.0001);
});

test("no span, or one that took no time, breaks the picture", () => {
  assert.deepEqual(waterfall([]), { rows: [], ms: 0, ticks: [] });
  assert.ok(Number.isFinite(waterfall([span("a", null, 0, 0)]).rows[0]?.width));
});

test("lines are drawn too close or at odd moments", () => {
  assert.deepEqual(ticks(218), [50, 100, 150, 200]);
  for (const ms of [0.02, 0.9, 1, 7, 33, 1999, 60_000]) assert.ok(ticks(ms).length >= 1 && ticks(ms).length <= 5, String(ms));
});

test("what is left out takes its children with it, or hides a failure", () => {
  const other = (id: string, parent: string | null, status: Span["status"] = "ok"): Span => ({ ...span(id, parent, 1, 1), kind: "other", status });
  const tool = (id: string, parent: string | null): Span => ({ ...span(id, parent, 2, 1), kind: "tool" });
  const spans = [tool("a", null), other("b", "a"), other("c", "b"), tool("d", "c"), other("e", "a", "error"), other("f", "g"), other("g", "f"), tool("h", "g")];
  const { rows } = waterfall(spans, isMain);
  assert.deepEqual(rows.map(({ span, depth }) => `${depth}${span.span_id}`), ["0a", "1e", "1d", "0h"]);
});
