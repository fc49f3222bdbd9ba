/** The page begins the trace itself, so it knows each answer's id. Source: W3C Trace Context. */

function hex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function newTrace(): string {
  return hex(16);
}

export function traceparent(trace: string): string {
  return `00-${trace}-${hex(8)}-01`;
}
