/** Where the nodes of the system's graph stand: one column per step of a request, in each column an order with few
 * crossings. Pure and deterministic: the same graph, the same picture. */

import type { Edge, Node } from "../contract.ts";
import { route } from "./lines.ts";

export interface Placed extends Node {
  x: number;
  y: number;
}

export interface Drawn extends Edge {
  path: string;
  /** Half way along, for what is written there. */
  middle: [number, number];
}

export interface Picture {
  width: number;
  height: number;
  nodes: Placed[];
  edges: Drawn[];
}

export const WIDTH = 150;
export const HEIGHT = 44;
export const GAP_X = 52;
export const GAP_Y = 28;
const MARGIN = 22;

/** The way of a request, from who asks to what is kept. Agents stand where their delegation puts them. */
const AFTER_AGENTS: Record<string, number> = {
  model: 1, memory: 1, gateway: 1, interceptor: 1, policy_engine: 1, target: 2, function: 3, provider: 3, table: 4,
};

export function draw(nodes: readonly Node[], edges: readonly Edge[]): Picture {
  const known = new Set(nodes.map((node) => node.id));
  const lines = edges.filter((edge) => known.has(edge.from) && known.has(edge.to) && edge.from !== edge.to);
  const columns = order(arrange(nodes, lines), lines);
  const tallest = Math.max(1, ...columns.map((column) => column.length));
  const height = tallest * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN;
  const placed = new Map<string, Placed>();
  columns.forEach((column, x) => {
    const own = column.length * (HEIGHT + GAP_Y) - GAP_Y;
    column.forEach((node, y) => {
      placed.set(node.id, {
        ...node,
        x: MARGIN + x * (WIDTH + GAP_X),
        y: (height - own) / 2 + y * (HEIGHT + GAP_Y),
      });
    });
  });
  return {
    width: columns.length * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN,
    height,
    nodes: [...placed.values()],
    edges: route(lines, placed),
  };
}

function arrange(nodes: readonly Node[], edges: readonly Edge[]): Node[][] {
  const depth = depths(nodes, edges);
  const deepest = Math.max(0, ...depth.values());
  const columns: Node[][] = [];
  for (const node of nodes) {
    const column = node.kind === "user" ? 0
      : node.kind === "agent" ? 1 + (depth.get(node.id) ?? 0)
      : 1 + deepest + (AFTER_AGENTS[node.kind] ?? 4);
    (columns[column] ??= []).push(node);
  }
  // A column that nothing stands in takes no room.
  return [...columns].filter((column) => column?.length).map((column) => (isGate(column) ? gate(column) : column));
}

const GATE = ["interceptor", "gateway", "policy_engine", "memory", "model"];

function isGate(column: readonly Node[]): boolean {
  return column.some((node) => node.kind === "gateway");
}

/** Each gateway between those who check for it; what agents use besides stands below. */
function gate(column: readonly Node[]): Node[] {
  return [...column].sort((one, other) => GATE.indexOf(one.kind) - GATE.indexOf(other.kind));
}

/** How many delegations lead to each agent, at most; a circle does not go round twice. */
function depths(nodes: readonly Node[], edges: readonly Edge[]): Map<string, number> {
  const depth = new Map(nodes.filter((node) => node.kind === "agent").map((node) => [node.id, 0]));
  for (let round = 0; round < depth.size; round++) {
    for (const { from, to } of edges) {
      const [here, there] = [depth.get(from), depth.get(to)];
      if (here !== undefined && there !== undefined && there < here + 1 && here + 1 < depth.size) depth.set(to, here + 1);
    }
  }
  return depth;
}

/** Each node near the middle of its neighbours: a few sweeps there and back. Ties keep the given order. */
function order(columns: Node[][], edges: readonly Edge[]): Node[][] {
  const neighbours = new Map<string, string[]>();
  for (const { from, to } of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to]);
    neighbours.set(to, [...(neighbours.get(to) ?? []), from]);
  }
  const place = new Map<string, number>();
  const note = (column: Node[]) => column.forEach((node, y) => place.set(node.id, (y + 0.5) / column.length));
  columns.forEach(note);
  for (let sweep = 0; sweep < 6; sweep++) {
    for (const column of sweep % 2 ? columns.toReversed() : columns) {
      if (isGate(column)) continue;
      const middle = new Map(column.map((node) => {
        const near = (neighbours.get(node.id) ?? []).map((id) => place.get(id) ?? 0.5);
        return [node.id, near.length ? near.reduce((sum, one) => sum + one, 0) / near.length : (place.get(node.id) ?? 0.5)];
      }));
      column.sort((one, other) => (middle.get(one.id) ?? 0) - (middle.get(other.id) ?? 0));
      note(column);
    }
  }
  return columns;
}
