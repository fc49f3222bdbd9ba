/** How the picture's lines run: from and to places of their own at a part's side, and round what stands between. */

import type { Edge } from "../contract.ts";
import { GAP_X, GAP_Y, HEIGHT, WIDTH, type Drawn, type Placed } from "./layout.ts";

type Point = readonly [number, number];

const PORT = 13;
const LANE = 13;
/** Where along a line its number stands: near that end at which fewer lines meet. */
const NEAR = 0.24;

export function route(edges: readonly Edge[], nodes: ReadonlyMap<string, Placed>): Drawn[] {
  const ports = spread(edges, nodes);
  return edges.map((edge, index) => {
    const [from, to] = [nodes.get(edge.from)!, nodes.get(edge.to)!];
    if (from.x === to.x) return { ...edge, ...within(from, to) };
    const [start, end] = [ports.get(`${index} from`)!, ports.get(`${index} to`)!];
    const crowded = meeting(edges, edge.to, "to") > meeting(edges, edge.from, "from");
    const between = [...nodes.values()].filter((node) => node.x > Math.min(from.x, to.x) && node.x < Math.max(from.x, to.x));
    if (!between.length) return { ...edge, path: curve([start, end]), middle: along(start, end, crowded ? NEAR : 1 - NEAR) };
    const [left, right] = [Math.min(...between.map((node) => node.x)), Math.max(...between.map((node) => node.x)) + WIDTH];
    const [above, below] = [Math.min(...between.map((node) => node.y)) - LANE, Math.max(...between.map((node) => node.y)) + HEIGHT + LANE];
    const lane = Math.abs(start[1] - above) + Math.abs(end[1] - above) <= Math.abs(start[1] - below) + Math.abs(end[1] - below) ? above : below;
    const [enter, leave] = from.x < to.x ? [left, right] : [right, left];
    return { ...edge, path: curve([start, [enter, lane], [leave, lane], end]), middle: [round((enter + leave) / 2), round(lane)] };
  });
}

function meeting(edges: readonly Edge[], id: string, side: "from" | "to"): number {
  return edges.filter((edge) => edge[side] === id).length;
}

/** Each line's own place at the sides of its two parts, in the order of where the lines come from or go to. */
function spread(edges: readonly Edge[], nodes: ReadonlyMap<string, Placed>): Map<string, Point> {
  const sides = new Map<string, { key: string; towards: number }[]>();
  edges.forEach((edge, index) => {
    const [from, to] = [nodes.get(edge.from)!, nodes.get(edge.to)!];
    if (from.x === to.x) return;
    const right = from.x < to.x;
    for (const [node, other, end, onRight] of [[from, to, "from", right], [to, from, "to", !right]] as const) {
      const side = `${onRight ? "right" : "left"} ${node.id}`;
      sides.set(side, [...(sides.get(side) ?? []), { key: `${index} ${end}`, towards: other.y }]);
    }
  });
  const places = new Map<string, Point>();
  for (const [side, ends] of sides) {
    const node = nodes.get(side.slice(side.indexOf(" ") + 1))!;
    const x = round(side.startsWith("right") ? node.x + WIDTH : node.x);
    const gap = Math.min(PORT, (HEIGHT - 8) / Math.max(1, ends.length - 1));
    ends.sort((one, other) => one.towards - other.towards).forEach(({ key }, at) => {
      places.set(key, [x, round(node.y + HEIGHT / 2 + (at - (ends.length - 1) / 2) * gap)]);
    });
  }
  return places;
}

/** Through all points, level at each of them. */
function curve(points: readonly Point[]): string {
  return points.map(([x, y], at) => {
    const before = points[at - 1];
    if (!before) return `M${x} ${y}`;
    const bend = round((x - before[0]) / 2);
    return `C${round(before[0] + bend)} ${before[1]} ${round(x - bend)} ${y} ${x} ${y}`;
  }).join("");
}

/** A point of the curve between two points. */
function along(start: Point, end: Point, part: number): [number, number] {
  // On this Bézier x runs evenly enough, and y as a smooth step.
  const step = part * part * (3 - 2 * part);
  const x = 1.5 * part - 1.5 * part * part + part * part * part;
  return [round(start[0] + (end[0] - start[0]) * x), round(start[1] + (end[1] - start[1]) * step)];
}

function within(from: Placed, to: Placed): Pick<Drawn, "path" | "middle"> {
  const [upper, lower] = from.y < to.y ? [from, to] : [to, from];
  if (lower.y - upper.y < 2 * HEIGHT + GAP_Y) {
    const [x, top, bottom] = [round(from.x + WIDTH / 2), round(upper.y + HEIGHT), round(lower.y)];
    return { path: from === upper ? `M${x} ${top}V${bottom}` : `M${x} ${bottom}V${top}`, middle: [x, round((top + bottom) / 2)] };
  }
  // Past others of its column: a bow on the right side.
  const [x, start, end] = [round(from.x + WIDTH), round(from.y + HEIGHT / 2), round(to.y + HEIGHT / 2)];
  const out = x + GAP_X / 2;
  return { path: `M${x} ${start}C${out} ${start} ${out} ${end} ${x} ${end}`, middle: [round(x + GAP_X * 0.375), round((start + end) / 2)] };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
