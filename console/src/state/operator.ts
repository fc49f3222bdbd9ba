/** The operator's side: the key, the control interface, and the live list of events. Reconnects with growing
 * patience; a refused key ends that until there is another one. */

import { computed, effect, signal, untracked } from "@preact/signals";
import type { PlatformEvent } from "../contract.ts";
import { wait } from "../lib/backoff.ts";
import { keyIn } from "../lib/routes.ts";
import { messages } from "../lib/sse.ts";
import { config, load } from "./config.ts";
import { shown, whileShown } from "./seen.ts";
import { keep, kept } from "./storage.ts";

export type Link = "off" | "no-key" | "refused" | "connecting" | "live" | "waiting";

export const key = signal<string | null>(kept<string>("key"));
export const link = signal<Link>("off");
/** The last decisions, newest first. */
export const decisions = signal<readonly PlatformEvent[]>([]);
/** How many events of the list came and were not seen, because the platform keeps only so many. */
export const missed = signal(0);
export const operable = computed(() => config.value?.control != null);
export const MOST = 500;

const listeners = new Set<(event: PlatformEvent) => void>();
let after = 0;
let run: AbortController | null = null;

export class ControlError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Takes the key out of the address, so that no history and no screen shows it. */
export function takeKey(text: string = location.hash): boolean {
  const found = keyIn(text);
  if (!found) return false;
  if (text === location.hash) history.replaceState(null, "", `${location.pathname}${found.hash}`);
  useKey(found.key);
  return true;
}

/** The same key again, as when the link is opened once more in this tab, changes nothing. */
export function useKey(given: string): void {
  keep("key", given);
  if (given === key.value) return;
  after = 0;
  decisions.value = [];
  missed.value = 0;
  key.value = given;
}

export function listen(to: (event: PlatformEvent) => void): () => void {
  listeners.add(to);
  return () => listeners.delete(to);
}

/** A request to the control interface. Raises ControlError with the platform's words; 0 where it does not answer. */
export async function control<T>(path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await ask(path, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }, signal);
  const read: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw new ControlError(answer.status, said(read));
  return read as T;
}

/** The same, unread: for answers that are streamed. */
export async function ask(path: string, request: RequestInit, signal?: AbortSignal): Promise<Response> {
  const base = config.value?.control;
  if (!base || key.value === null) throw new ControlError(403, "");
  const headers = new Headers(request.headers);
  headers.set("X-Airside-Key", key.value);
  if (request.body) headers.set("Content-Type", "application/json");
  let answer: Response;
  try {
    answer = await fetch(base + path, { ...request, headers, cache: "no-store", signal: signal ?? null });
  } catch (problem) {
    if (signal?.aborted) throw problem;
    throw new ControlError(0, "");
  }
  if (keyRefused(answer)) link.value = "refused";
  return answer;
}

/** A refusal of the key, and not one of the agent that an answer is relayed from: that carries the service's mark. */
export function keyRefused(answer: Response): boolean {
  return answer.status === 403 && !answer.headers.has("x-amzn-errortype");
}

function said(read: unknown): string {
  const message = (read as { message?: unknown } | null)?.message;
  return typeof message === "string" ? message : "";
}

/** Follows the events for as long as there is a key and the page is open. */
export function start(): void {
  effect(() => {
    const [given, can] = [key.value, operable.value];
    run?.abort();
    run = null;
    if (!can) link.value = "off";
    else if (given === null) link.value = "no-key";
    // What following reads is no reason to begin anew: that would forget how often it has failed.
    else untracked(() => void follow((run = new AbortController()).signal));
  });
}

async function follow(signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    await shown(signal);
    if (signal.aborted) return;
    const open = whileShown(signal);
    if (failures === 0) link.value = "connecting";
    try {
      const answer = await ask(`events/stream?after=${after}`, {}, open);
      if (keyRefused(answer)) return;
      if (!answer.ok || !answer.body) throw new ControlError(answer.status, "");
      link.value = "live";
      for await (const message of messages(answer.body)) {
        failures = 0;
        if (signal.aborted) return;
        take(message.event, message.data);
      }
    } catch {
      if (signal.aborted) return;
    }
    // Given back on purpose: what happens meanwhile is asked for when the page is seen again.
    if (open.aborted) continue;
    failures += 1;
    link.value = "waiting";
    await pause(wait(failures, Math.random()), signal);
    // A platform that was started again may have other addresses.
    if (!signal.aborted && failures > 1) await load();
  }
}

function take(kind: string, data: string): void {
  let read: unknown;
  try {
    read = JSON.parse(data);
  } catch {
    return;
  }
  if (kind === "missed") {
    missed.value = Math.max(0, Number((read as { first?: unknown }).first) - after - 1) || 0;
    return;
  }
  const event = read as PlatformEvent;
  if (typeof event?.seq !== "number") return;
  after = event.seq;
  if (event.event === "decision") decisions.value = [event, ...decisions.value.slice(0, MOST - 1)];
  for (const each of listeners) each(event);
}

/** Ends early when the network is back. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
