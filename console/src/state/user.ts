/** Signing in: authorization code with PKCE, in the same tab. Tokens stay in memory and in the tab's storage.
 * Source: RFC 6749 §4.1, RFC 7636, OpenID Connect Core 1.0 §3.1.2, RFC 9700 §2.1. */

import { computed, signal } from "@preact/signals";
import { challenge, claims, random } from "../lib/pkce.ts";
import { config } from "./config.ts";
import { keep, kept } from "./storage.ts";

interface Tokens {
  access: string;
  name: string;
  /** Milliseconds since 1970. */
  until: number;
}

interface Asked {
  state: string;
  nonce: string;
  verifier: string;
  hash: string;
}

export type SignInProblem = "denied" | "mismatch" | "failed";

const EARLY = 10_000;
const tokens = signal<Tokens | null>(kept<Tokens>("tokens"));
export const lapsed = signal(kept<boolean>("lapsed") === true);
export const problem = signal<SignInProblem | null>(null);
export const name = computed(() => tokens.value?.name ?? null);

/** The access token, or null where there is none that still holds. */
export function bearer(): string | null {
  const found = tokens.value;
  if (found && found.until - EARLY <= Date.now()) expire();
  return tokens.value?.access ?? null;
}

/** The issuer's word is over: who was signed in is asked to do it again. */
export function expire(): void {
  if (tokens.value) lapse(true);
  set(null);
}

function lapse(now: boolean): void {
  lapsed.value = now;
  keep("lapsed", now || null);
}

function set(found: Tokens | null): void {
  tokens.value = found;
  keep("tokens", found);
}

export async function signIn(): Promise<void> {
  const users = config.value?.users;
  if (!users) return;
  const asked: Asked = { state: random(), nonce: random(), verifier: random(48), hash: location.hash };
  keep("asked", asked);
  const query = new URLSearchParams({
    response_type: "code",
    client_id: users.client_id,
    redirect_uri: users.redirect_uri,
    scope: users.scopes.join(" "),
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: await challenge(asked.verifier),
    code_challenge_method: "S256",
  });
  location.assign(`${users.authorization_endpoint}?${query}`);
}

export function signOut(): void {
  lapse(false);
  set(null);
  const users = config.value?.users;
  if (!users?.logout_endpoint) return;
  const query = new URLSearchParams({ client_id: users.client_id, logout_uri: users.redirect_uri });
  location.assign(`${users.logout_endpoint}?${query}`);
}

/** The way back from signing in: true where the address was one. The code leaves the address at once. */
export async function finish(): Promise<boolean> {
  const query = new URLSearchParams(location.search);
  if (!query.has("state") || !(query.has("code") || query.has("error"))) return false;
  const asked = kept<Asked>("asked");
  keep("asked", null);
  history.replaceState(null, "", `${location.pathname}${asked?.hash || "#/chat"}`);
  const code = query.get("code");
  // Not asked for in this tab: somebody else's sign-in, or an old address.
  if (!asked || query.get("state") !== asked.state) problem.value = "mismatch";
  else if (code === null) problem.value = query.get("error") === "access_denied" ? "denied" : "failed";
  else problem.value = await exchange(code, asked);
  return true;
}

async function exchange(code: string, asked: Asked): Promise<SignInProblem | null> {
  const users = config.value?.users;
  if (!users) return "failed";
  let read: Record<string, unknown>;
  try {
    const answer = await fetch(users.token_endpoint, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code,
        client_id: users.client_id,
        redirect_uri: users.redirect_uri,
        code_verifier: asked.verifier,
      }),
    });
    if (!answer.ok) return "failed";
    read = (await answer.json()) as Record<string, unknown>;
  } catch {
    return "failed";
  }
  const { access_token: access, id_token: id, expires_in: seconds } = read;
  if (typeof access !== "string" || !access) return "failed";
  const who = { ...claims(access), ...(typeof id === "string" ? claims(id) : {}) };
  // Where `openid` was asked for, an answer without this very nonce belongs to another sign-in.
  if (users.scopes.includes("openid") && who["nonce"] !== asked.nonce) return "mismatch";
  const shown = who["cognito:username"] ?? who["username"] ?? who["sub"];
  set({
    access,
    name: typeof shown === "string" ? shown : "",
    until: Date.now() + (typeof seconds === "number" ? seconds : 300) * 1000,
  });
  lapse(false);
  return null;
}
