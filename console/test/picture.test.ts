import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlatformEvent, Topology } from "../src/contract.ts";
import { draw, HEIGHT, WIDTH } from "../src/lib/layout.ts";
import { lines } from "../src/lib/traffic.ts";

const graph: Topology = {
  nodes: [
    ["user", "user"], ["agent:entry", "agent"], ["agent:one", "agent"], ["agent:two", "agent"], ["gateway:g", "gateway"],
    ["interceptor:i", "interceptor"], ["policy_engine:p", "policy_engine"], ["model:m", "model"], ["target:t", "target"],
    ["function:f", "function"], ["table:x", "table"], ["table:y", "table"],
  ].map(([id = "", kind = ""]) => ({ id, kind, label: id.split(":")[1] ?? id })),
  edges: [
    ["user", "agent:entry", "asks"], ["agent:entry", "agent:one", "delegates"], ["agent:entry", "agent:two", "delegates"],
    ["agent:one", "gateway:g", "calls"], ["gateway:g", "interceptor:i", "checks"], ["gateway:g", "policy_engine:p", "checks"],
    ["gateway:g", "target:t", "routes"], ["target:t", "function:f", "routes"], ["function:f", "table:x", "reads_writes"],
    ["function:f", "table:y", "reads_writes"], ["agent:one", "model:m", "uses"], ["agent:two", "nobody", "calls"],
  ].map(([from = "", to = "", kind = ""]) => ({ from, to, kind })),
};
const event = (rest: Partial<PlatformEvent>): PlatformEvent => ({ seq: 1, time: "", event: "decision", layer: "", ...rest });

test("two parts stand on each other, or outside of the picture", () => {
  const { nodes, width, height } = draw(graph.nodes, graph.edges);
  assert.equal(nodes.length, graph.nodes.length);
  for (const one of nodes) {
    assert.ok(one.x >= 0 && one.y >= 0 && one.x + WIDTH <= width && one.y + HEIGHT <= height, one.id);
    for (const other of nodes) {
      assert.ok(one === other || Math.abs(one.x - other.x) >= WIDTH || Math.abs(one.y - other.y) >= HEIGHT, `${one.id} ${other.id}`);
    }
  }
});

test("a request runs from right to left", () => {
  const x = new Map(draw(graph.nodes, graph.edges).nodes.map((node) => [node.id, node.x]));
  const way = ["user", "agent:entry", "agent:one", "gateway:g", "target:t", "function:f", "table:x"].map((id) => x.get(id) ?? -1);
  assert.deepEqual(way, way.toSorted((one, other) => one - other));
  assert.equal(new Set(way).size, way.length);
});

test("a line to nothing, agents in a circle, or an empty system break the picture", () => {
  assert.equal(draw(graph.nodes, graph.edges).edges.length, graph.edges.length - 1);
  const circle = [{ from: "agent:one", to: "agent:two", kind: "delegates" }, { from: "agent:two", to: "agent:one", kind: "delegates" }];
  assert.ok(draw(graph.nodes, circle).nodes.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)));
  assert.deepEqual(draw([], []).nodes, []);
});

test("the same graph is drawn differently", () => {
  assert.deepEqual(draw(graph.nodes, graph.edges), draw(structuredClone(graph.nodes), structuredClone(graph.edges)));
});

test("an event is counted on a line it did not go along", () => {
  const call = { agent: "one", tool: "t___do", method: "tools/call" };
  assert.deepEqual(lines(event({ layer: "authorizer", ...call }), graph), ["agent:one gateway:g"]);
  assert.deepEqual(lines(event({ layer: "interceptor", ...call }), graph), ["gateway:g interceptor:i"]);
  assert.deepEqual(lines(event({ layer: "policy", ...call }), graph), ["gateway:g policy_engine:p"]);
  assert.deepEqual(lines(event({ layer: "interceptor", ...call, method: "tools/list" }), graph), []);
  assert.deepEqual(lines(event({ event: "target", tool: "t___do" }), graph), ["gateway:g target:t", "target:t function:f"]);
  assert.deepEqual(lines(event({ event: "invocation", agent: "entry", caller: null }), graph), ["user agent:entry"]);
  assert.deepEqual(lines(event({ event: "invocation", agent: "one", caller: "sys_dev_entry" }), graph), ["agent:entry agent:one"]);
  assert.deepEqual(lines(event({ event: "model", agent: "one" }), graph), ["agent:one model:m"]);
  assert.deepEqual(lines(event({ event: "log" }), graph), []);
});

test("a line begins or ends beside its part, or runs across another one", () => {
  const longer = { nodes: graph.nodes, edges: [...graph.edges, { from: "agent:entry", to: "gateway:g", kind: "calls" }] };
  const { nodes, edges } = draw(longer.nodes, longer.edges);
  const at = new Map(nodes.map((node) => [node.id, node]));
  for (const { from, to, path, middle } of edges) {
    const numbers = path.match(/-?[\d.]+/g)?.map(Number) ?? [];
    const [one, other] = [at.get(from)!, at.get(to)!];
    if (one.x === other.x) continue;
    assert.equal(numbers[0], one.x + WIDTH, `${from} ${to}`);
    assert.equal(numbers.at(-2), other.x, `${from} ${to}`);
    for (const [y, node] of [[numbers[1] ?? -1, one], [numbers.at(-1) ?? -1, other]] as const) assert.ok(y > node.y && y < node.y + HEIGHT);
    for (const node of nodes) {
      const inside = middle[0] > node.x && middle[0] < node.x + WIDTH && middle[1] > node.y && middle[1] < node.y + HEIGHT;
      assert.ok(!inside, `${from} ${to} is counted on ${node.id}`);
    }
  }
});
