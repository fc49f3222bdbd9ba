/** The conversation: what was asked, what came back, and how it ended. Kept in the tab across a reload. */

import { computed, effect, signal } from "@preact/signals";
import type { AgentEvent, ToolStatus } from "../contract.ts";
import { newTrace } from "../lib/trace.ts";
import { config, load } from "./config.ts";
import { invoke, type Failure } from "./invoke.ts";
import { keep, kept } from "./storage.ts";
import { bearer, lapsed, name } from "./user.ts";

export interface Step {
  agent: string;
  tool: string;
  status: ToolStatus;
  ms?: number;
}

export interface Result {
  agent: string;
  tool: string;
  data: unknown;
}

export type State = "running" | "done" | "stopped" | "dropped" | "failed";

export interface Turn {
  id: string;
  /** The agents' session it was asked in: what they remember is that session's. */
  session: string;
  prompt: string;
  trace: string;
  steps: Step[];
  results: Result[];
  text: string;
  state: State;
  failure?: Failure;
}

interface Kept {
  session: string;
  /** Whose conversation it is; null while only a guest has spoken. */
  owner: string | null;
  turns: Turn[];
}

let stopping: AbortController | null = null;
const MOST_TURNS = 60;
const before = kept<Kept>("chat");

export const session = signal<string>(before?.session ?? crypto.randomUUID());
/** What was still running when the page went away was dropped. */
export const turns = signal<readonly Turn[]>(
  (before?.turns ?? []).map((turn) => (turn.state === "running" ? { ...turn, state: "dropped" } : turn)),
);
let owner = before?.owner ?? null;
export const draft = signal<string>(kept<string>("draft") ?? "");
export const running = computed(() => turns.value.some((turn) => turn.state === "running"));


export function newSession(): void {
  stop();
  session.value = crypto.randomUUID();
  owner = null;
  turns.value = [];
  save();
}

/** A conversation is never seen, or gone on with, by another user: it ends with signing out, and when somebody else
 * signs in. It stays while its owner's sign-in has merely run out. What a guest has asked stays to be read, but a
 * session is its first speaker's: agents refuse it to anybody else. */
effect(() => {
  const who = name.value;
  if (owner !== null && (who === null ? !lapsed.value : who !== owner)) newSession();
  else if (owner === null && who !== null) session.value = crypto.randomUUID();
});

export function write(text: string): void {
  draft.value = text;
  keep("draft", text || null);
}

export function stop(): void {
  stopping?.abort();
}

/** Sends a message. One at a time: an agent's session takes its turns one after the other. */
export async function send(prompt: string): Promise<void> {
  const words = prompt.trim();
  if (!words || running.value) return;
  const id = crypto.randomUUID();
  const turn: Turn = { id, session: session.value, prompt: words, trace: newTrace(), steps: [], results: [], text: "", state: "running" };
  turns.value = [...turns.value.slice(1 - MOST_TURNS), turn];
  save();
  const own = (stopping = new AbortController());
  const token = bearer();
  if (token !== null) owner = name.value;
  const request = { prompt: words, session: session.value, trace: turn.trace, bearer: token };
  const end =
    // Who was signed in does not go on as a guest without noticing.
    token === null && lapsed.value
      ? { code: "sign_in", message: "" }
      : await invoke(request, (event) => change(id, (now) => taken(now, event)), own.signal);
  if (own.signal.aborted) change(id, (now) => ({ ...now, state: "stopped" }));
  else if (end === "cut") change(id, (now) => ({ ...now, state: "dropped" }));
  else if (end) change(id, (now) => ({ ...now, state: "failed", failure: end }));
  change(id, (now) => (now.state === "running" ? { ...now, state: "done" } : now));
  save();
  // What the server no longer takes may have moved: the next try goes to where it is now.
  if (end && end !== "cut" && config.value) void load();
}

/** A turn with one more event. Pure. */
export function taken(turn: Turn, event: AgentEvent): Turn {
  switch (event.type) {
    case "text":
      return { ...turn, text: turn.text + event.text };
    case "result":
      return { ...turn, results: [...turn.results, { agent: event.agent, tool: event.tool, data: event.data }] };
    case "tool":
      return { ...turn, steps: stepped(turn.steps, event) };
    default:
      return turn;
  }
}

/** An ended step takes the place of the first such one that has begun. */
function stepped(steps: readonly Step[], event: AgentEvent & { type: "tool" }): Step[] {
  const step: Step = { agent: event.agent, tool: event.tool, status: event.status };
  if (event.ms !== undefined) step.ms = event.ms;
  const open = steps.findIndex((each) => each.agent === step.agent && each.tool === step.tool && each.status === "started");
  return step.status !== "started" && open >= 0 ? steps.with(open, step) : [...steps, step];
}

function change(id: string, how: (turn: Turn) => Turn): void {
  turns.value = turns.value.map((turn) => (turn.id === id ? how(turn) : turn));
}

function save(): void {
  keep("chat", { session: session.value, owner, turns: turns.value });
}

window.addEventListener("pagehide", save);
// A page that the browser had put aside knows of no sign-in and no conversation since, and must not write over them.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  window.removeEventListener("pagehide", save);
  location.reload();
});
