/** The system as a picture: every part can be reached by keyboard, and a list says the same in words. */

import { useEffect, useMemo } from "preact/hooks";
import type { Topology as Graph } from "../contract.ts";
import { count } from "../lib/figures.ts";
import { draw, HEIGHT, WIDTH, type Drawn, type Placed } from "../lib/layout.ts";
import { along } from "../lib/traffic.ts";
import { stay } from "../state/address.ts";
import { language, t } from "../state/language.ts";
import { useLive } from "../state/live.ts";
import { counts, over } from "../state/traffic.ts";
import { Failed, Named, named, useSeen, Waiting } from "./parts.tsx";

export function Topology({ detail }: { detail: string | null }) {
  const live = useLive<Graph>("topology", () => false);
  const seen = useSeen(detail);
  const graph = live.value.value;
  const picture = useMemo(() => graph && draw(graph.nodes, graph.edges), [graph]);
  useEffect(() => {
    if (graph) over(graph);
  }, [graph]);
  if (!picture) {
    const problem = live.problem.value;
    return problem ? <Failed problem={problem} missing="chat.error.http" again={live.again} /> : <Waiting />;
  }
  const node = picture.nodes.find((each) => each.id === detail);
  const choose = (id: string) => stay("topology", id === detail ? null : id);
  return (
    <section aria-labelledby="topology-title">
      <div class="page-head">
        <h2 id="topology-title">{t("topology.title")}</h2>
        <p>{t("topology.lead")}</p>
      </div>
      <div class="picture-and-words">
        <div class="surface scroll picture" role="region" aria-label={t("topology.picture")} tabIndex={0}>
          <svg viewBox={`0 0 ${picture.width} ${picture.height}`} role="group" aria-label={t("topology.picture")} style={{ maxWidth: `${picture.width * 1.1}px` }}
            class={node ? "chosen" : undefined}>
            <g aria-hidden="true">{picture.edges.map((edge) => <Line key={`${edge.kind} ${along(edge)}`} edge={edge} chosen={detail} />)}</g>
            {picture.nodes.map((each) => (
              <Part key={each.id} node={each} chosen={each.id === detail} choose={() => choose(each.id)}
                near={node ? touches(picture.edges, node.id, each.id) : false} />
            ))}
          </svg>
        </div>
        <aside class="surface details" aria-live="polite" ref={seen}>
          {node ? <About node={node} nodes={picture.nodes} edges={picture.edges} /> : <p class="hint">{t("topology.choose")}</p>}
        </aside>
      </div>
      <details class="as-list">
        <summary>{t("topology.list")}</summary>
        <ul>
          {picture.nodes.map((each) => (
            <li key={each.id}>
              <strong>{each.label}</strong>, <Named prefix="kind" name={each.kind} />
              <Ways of={each} nodes={picture.nodes} edges={picture.edges} />
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

function touches(edges: readonly Drawn[], one: string, other: string): boolean {
  return edges.some((edge) => (edge.from === one && edge.to === other) || (edge.from === other && edge.to === one));
}

function Line({ edge, chosen }: { edge: Drawn; chosen: string | null }) {
  const times = counts.value.get(along(edge)) ?? 0;
  const near = chosen !== null && (edge.from === chosen || edge.to === chosen);
  return (
    <g class={`edge edge-${edge.kind}${times ? " used" : ""}${near ? " near" : ""}`}>
      <path d={edge.path} />
      {/* A new element for each count, so that its short movement begins again. */}
      {times > 0 && <path key={times} class="flow" d={edge.path} pathLength={1} />}
      {times > 0 && (
        <g class="times">
          <rect x={edge.middle[0] - 11} y={edge.middle[1] - 7.5} width={22} height={15} rx={7.5} />
          <text x={edge.middle[0]} y={edge.middle[1] + 3.5}>{times > 999 ? "999+" : count(times, language.value)}</text>
        </g>
      )}
    </g>
  );
}

function Part({ node, chosen, near, choose }: { node: Placed; chosen: boolean; near: boolean; choose: () => void }) {
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    choose();
  };
  return (
    <g class={`node node-${node.kind}${chosen ? " is-chosen" : ""}${near ? " near" : ""}`} role="button" tabindex={0} aria-pressed={chosen}
      transform={`translate(${node.x} ${node.y})`} onClick={choose} onKeyDown={pressed}>
      <rect width={WIDTH} height={HEIGHT} rx={12} />
      {/* One text with a space between, so that what is read aloud is what is seen. */}
      <text>
        <tspan x={14} y={18} class="kind">{named("kind", node.kind)}</tspan>{" "}
        <tspan x={14} y={34} class="label" {...squeezed(node.label)}>{fitting(node.label)}</tspan>
      </text>
    </g>
  );
}

const MOST = 26;

/** A long name loses its middle: its end may be what tells it apart. All of it is in the details and the list. */
function fitting(label: string): string {
  const letters = [...label];
  return letters.length > MOST ? `${letters.slice(0, 13).join("")}…${letters.slice(-12).join("")}` : label;
}

/** A name that is too long for its box is set narrower first. */
function squeezed(label: string): { textLength?: number; lengthAdjust?: string } {
  return [...label].length > 16 ? { textLength: WIDTH - 28, lengthAdjust: "spacingAndGlyphs" } : {};
}

interface Around {
  nodes: readonly Placed[];
  edges: readonly Drawn[];
}

function About({ node, nodes, edges }: { node: Placed } & Around) {
  return (
    <>
      <div>
        <h3>{node.label}</h3>
        <p><span class="badge">{named("kind", node.kind)}</span></p>
        {node.note && <p class="hint">{node.note}</p>}
      </div>
      <Ways of={node} nodes={nodes} edges={edges} both />
    </>
  );
}

function Ways({ of, nodes, edges, both = false }: { of: Placed; both?: boolean } & Around) {
  const label = (id: string) => nodes.find((node) => node.id === id)?.label ?? id;
  const way = (edge: Drawn, other: string) => {
    const times = counts.value.get(along(edge)) ?? 0;
    return (
      <li key={`${edge.kind} ${along(edge)}`}>
        {other === edge.to
          ? <><Named prefix="edge" name={edge.kind} /> <strong>{label(other)}</strong></>
          : <><strong>{label(other)}</strong> <Named prefix="edge" name={edge.kind} /></>}
        {times > 0 && <span class="hint"> {t("topology.calls", { count: count(times, language.value) })}</span>}
      </li>
    );
  };
  const [out, into] = [edges.filter((edge) => edge.from === of.id), edges.filter((edge) => edge.to === of.id)];
  if (!both) return out.length ? <ul>{out.map((edge) => way(edge, edge.to))}</ul> : null;
  return (
    <>
      {out.length > 0 && <div><h4>{t("topology.out")}</h4><ul>{out.map((edge) => way(edge, edge.to))}</ul></div>}
      {into.length > 0 && <div><h4>{t("topology.in")}</h4><ul>{into.map((edge) => way(edge, edge.from))}</ul></div>}
    </>
  );
}
