/** Which lines of the picture an event has gone along. */

import type { Edge, PlatformEvent, Topology } from "../contract.ts";

export function along(edge: Edge): string {
  return `${edge.from} ${edge.to}`;
}

/** The lines of one event, by `along`. What fits no line of the picture counts nowhere. */
export function lines(event: PlatformEvent, { nodes, edges }: Topology): string[] {
  const [agent, target] = [`agent:${event.agent}`, `target:${event.tool?.split("___")[0]}`];
  const calls = event.method === "tools/call";
  const from = (kind: string, node: string, to?: string) =>
    edges.filter((edge) => edge.kind === kind && edge.from === node && (to === undefined || edge.to === to));
  let found: Edge[] = [];
  if (event.event === "invocation") {
    const caller = nodes.find((node) => node.kind === "agent" && names(event.caller, node.label));
    found = caller ? from("delegates", caller.id, agent) : edges.filter((edge) => edge.kind === "asks" && edge.to === agent);
  } else if (event.event === "decision" && calls && event.layer === "authorizer") {
    found = from("calls", agent);
  } else if (event.event === "decision" && calls && (event.layer === "interceptor" || event.layer === "policy")) {
    const kind = event.layer === "policy" ? "policy_engine" : "interceptor";
    const checkers = new Set(nodes.filter((node) => node.kind === kind).map((node) => node.id));
    found = edges.filter((edge) => edge.kind === "checks" && checkers.has(edge.to));
  } else if (event.event === "target") {
    found = edges.filter((edge) => edge.to === target || (edge.from === target && edge.kind !== "calls"));
  } else if (event.event === "model") {
    found = from("uses", agent).filter((edge) => edge.to.startsWith("model:"));
  }
  return found.map(along);
}

/** Whether a caller's name is an agent's: plain, or behind its system's and environment's. */
function names(caller: string | null | undefined, agent: string): boolean {
  return caller === agent || (caller?.endsWith(`_${agent}`) ?? false);
}
