/** What the platform and the agents send, as docs/console.md states it. Everything here was made by a program of
 * the same system, but an agent's words and a tool's data were not: they are `unknown` until looked at. */

export type Language = "en" | "ko";

/** One text in every language, or one for all. */
export type Text = string | Partial<Record<Language, string>>;

export interface Card {
  /** JSON pointer to the array of items in the tool's result. */
  items: string;
  title: Text;
  lines?: Text[];
  price?: { amount: string; currency: string };
  action?: { label: Text; prompt: Text };
}

export interface Config {
  version: number;
  system: string;
  title: Text;
  environment: string;
  region: string;
  local: boolean;
  languages: Language[];
  entry: { agent: string; invocations: string };
  users: Users | null;
  guests: boolean;
  examples: Partial<Record<Language, string[]>>;
  cards: Record<string, Card>;
  control: string | null;
}

export interface Users {
  authorization_endpoint: string;
  token_endpoint: string;
  logout_endpoint: string | null;
  client_id: string;
  redirect_uri: string;
  scopes: string[];
  hint?: string;
}

export type ToolStatus = "started" | "ok" | "error" | "refused";

/** What an agent streams. */
export type AgentEvent =
  | { type: "text"; text: string }
  | { type: "tool"; agent: string; tool: string; status: ToolStatus; ms?: number }
  | { type: "result"; agent: string; tool: string; data: unknown }
  | { type: "done"; agent: string; turns: number }
  | { type: "error"; code: string; message: string };

/** One entry of the platform's list of events; what else it holds depends on its kind. */
export interface PlatformEvent {
  seq: number;
  time: string;
  event: "control" | "decision" | "invocation" | "log" | "model" | "target";
  layer: string;
  trace_id?: string | null;
  /** The gateway request that a layer of the gateway decided on. */
  span_id?: string;
  agent?: string | null;
  caller?: string | null;
  tool?: string | null;
  method?: string | null;
  effect?: string;
  reason?: string;
  source?: string | null;
  would_refuse?: string | null;
  /** False of a policy engine that only logs. */
  enforced?: boolean;
  request_id?: unknown;
  status?: string | number;
  ms?: number;
  user?: boolean | string;
}

export type Effect = "allow" | "conditional" | "deny" | "unknown";

/** A text in English, and the name and values by which other languages say it. */
export interface SaidText {
  text: string;
  code?: string;
  values?: Record<string, string>;
}

export interface Why {
  because: SaidText;
  conditions: SaidText[];
}

export interface Layer {
  effect?: string;
  reason?: string;
  /** Of a layer as the templates have it; `reason` is then its English. */
  why?: Why;
  source?: string | null;
  [more: string]: unknown;
}

export interface Cell {
  agent: string;
  tool: string;
  effect: Effect;
  layers: Record<string, Layer>;
  source: string | null;
  counts: { allowed: number; refused: number; shadow: number };
}

export interface Switch {
  kind: string;
  subject: string;
  off: boolean;
  description?: string;
  updated?: string | null;
}

export interface Tool {
  name: string;
  target: string;
  description: string;
  effect: string | null;
  data: string | null;
  egress: string | null;
}

export interface Access {
  agents: { name: string; purpose: string; owner: string }[];
  tools: Tool[];
  cells: Cell[];
  switches: Switch[];
}

export interface Explanation {
  gateway?: string;
  effect?: string;
  sentences: string[];
  layers?: { layer: string; effect: string; because: string; source: string; why?: Why }[];
}

export interface Node {
  id: string;
  kind: string;
  label: string;
  note?: string | null;
}

export interface Edge {
  from: string;
  to: string;
  kind: string;
}

export interface Topology {
  nodes: Node[];
  edges: Edge[];
}

export interface TraceSummary {
  trace_id: string;
  started: string;
  ms: number;
  name: string;
  agents: string[];
  allowed: number;
  refused: number;
  status: "ok" | "refused" | "error" | "running";
}

export interface Span {
  span_id: string;
  parent_id: string | null;
  name: string;
  kind: string;
  service: string;
  start_us: number;
  ms: number;
  status: "ok" | "refused" | "error";
  attributes: Record<string, unknown>;
  decision?: Record<string, unknown>;
  arguments?: boolean;
}

export interface Trace {
  trace_id: string;
  complete: boolean;
  spans: Span[];
}
