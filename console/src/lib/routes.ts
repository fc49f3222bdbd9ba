/** The address's fragment: which view is shown, and the key that arrives in it once. */

export const VIEWS = ["chat", "traces", "access", "topology"] as const;
export type View = (typeof VIEWS)[number];

export interface Route {
  view: View;
  /** A trace's id, perhaps with `/` and a span's; `agent/tool` of a cell; a node's id. */
  detail: string | null;
}

const KEY = /^#key=([A-Za-z0-9_~.-]{8,200})(?:&(\/.*))?$/;
const TRACE = /^[0-9a-f]{32}(?:\/[0-9a-f]{16})?$/;

export function read(hash: string): Route {
  const [view = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  const known = VIEWS.find((each) => each === view);
  if (!known) return { view: "chat", detail: null };
  const detail = rest.length ? decode(rest.join("/")) : null;
  if (known === "traces" && detail !== null && !TRACE.test(detail)) return { view: known, detail: null };
  return { view: known, detail: detail || null };
}

export function write(view: View, detail?: string | null): string {
  return detail ? `#/${view}/${detail.split("/").map(encodeURIComponent).join("/")}` : `#/${view}`;
}

/** The key in a fragment, or in a whole link as someone pastes it; and what the fragment is without it. */
export function keyIn(text: string): { key: string; hash: string } | null {
  const hash = text.slice(Math.max(0, text.indexOf("#")));
  const found = KEY.exec(hash.trim());
  return found ? { key: found[1] ?? "", hash: `#${found[2] ?? "/chat"}` } : null;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
