/** Where the page is, as a signal. The fragment is all of it: the server knows one address. */

import { signal } from "@preact/signals";
import { read, write, type Route, type View } from "../lib/routes.ts";

export const route = signal<Route>(read(location.hash));

export function go(view: View, detail?: string | null): void {
  location.hash = write(view, detail);
}

/** The same place, looked at more closely: for the address, but not one step more on the way back. */
export function stay(view: View, detail?: string | null): void {
  history.replaceState(null, "", write(view, detail));
  follow();
}

export function follow(): void {
  route.value = read(location.hash);
}
