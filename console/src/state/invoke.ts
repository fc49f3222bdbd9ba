/** One request to the entry agent: signed in, with the user's token at its runtime; else, on this machine, by the
 * control interface. */

import type { AgentEvent } from "../contract.ts";
import { messages } from "../lib/sse.ts";
import { traceparent } from "../lib/trace.ts";
import { config } from "./config.ts";
import { ask, ControlError, key, keyRefused } from "./operator.ts";
import { expire } from "./user.ts";

export interface Request {
  prompt: string;
  session: string;
  trace: string;
  bearer: string | null;
}

/** Why there is no answer. `code` is the agent's own, or `sign_in`, `key`, `unreachable`, `refused`, `http`. */
export interface Failure {
  code: string;
  message: string;
}

/** Gives each event to `take`. The result: null for a whole answer, `cut` where it broke off, else what failed. */
export async function invoke(
  request: Request, take: (event: AgentEvent) => void, signal: AbortSignal,
): Promise<Failure | "cut" | null> {
  let answer: Response;
  try {
    answer = await post(request, signal);
  } catch (problem) {
    if (problem instanceof ControlError && problem.status === 403) return { code: "key", message: "" };
    return { code: "unreachable", message: "" };
  }
  if (!answer.ok || !answer.body) return refusal(answer, request);
  try {
    for await (const { data } of messages(answer.body)) {
      const event = read(data);
      if (event?.type === "done") return null;
      if (event?.type === "error") return { code: String(event.code), message: String(event.message) };
      if (event) take(event);
    }
  } catch {
    return "cut";
  }
  return "cut";
}

function post(request: Request, signal: AbortSignal): Promise<Response> {
  const { prompt, session, trace, bearer } = request;
  const shared = { Accept: "text/event-stream", traceparent: traceparent(trace) };
  const known = config.value;
  if (!known) throw new ControlError(0, "");
  if (bearer === null) {
    const body = JSON.stringify({ prompt, customer: null, session_id: session });
    return ask("ask", { method: "POST", headers: shared, body }, signal);
  }
  return fetch(known.entry.invocations, {
    method: "POST",
    headers: {
      ...shared,
      Authorization: `Bearer ${bearer}`,
      "Content-Type": "application/json",
      "X-Amzn-Bedrock-AgentCore-Runtime-Session-Id": session,
    },
    // No language: the answer comes in the question's.
    body: JSON.stringify({ prompt }),
    cache: "no-store",
    signal,
  });
}

async function refusal(answer: Response, request: Request): Promise<Failure> {
  const body: unknown = await answer.json().catch(() => null);
  const said = (body as { message?: unknown } | null)?.message;
  const message = typeof said === "string" ? said : "";
  if (answer.status === 401) {
    expire();
    return { code: "sign_in", message };
  }
  if (answer.status === 403) return { code: request.bearer === null && keyRefused(answer) ? "key" : "refused", message };
  return { code: "http", message: message || `HTTP ${answer.status}` };
}

/** An event as it is declared, or null: an agent's stream may hold more than the page knows. */
function read(data: string): AgentEvent | null {
  try {
    const event = JSON.parse(data) as Record<string, unknown> | null;
    if (typeof event !== "object" || event === null) return null;
    const named = typeof event["agent"] === "string" && typeof event["tool"] === "string";
    switch (event["type"]) {
      case "text":
        return typeof event["text"] === "string" ? (event as AgentEvent) : null;
      case "tool":
      case "result":
        return named ? (event as AgentEvent) : null;
      case "done":
      case "error":
        return event as AgentEvent;
      default:
        return null;
    }
  } catch {
    return null;
  }
}

/** Whether a message can be sent as things are: signed in, or as a guest with the key. */
export function reachable(signedIn: boolean): boolean {
  const known = config.value;
  return known !== null && (signedIn || (known.guests && known.control !== null && key.value !== null));
}
