/** Where the page is, as a signal. The fragment is all of it: the server knows one address. */

import { signal } from "@preact/signals";
import { read, write, type Route, type View } from "../lib/routes.ts";

export const route = signal<Route>(read(location.hash));

export function go(view: View, detail?: string | null): void {
  location.hash = write(view, detail);
}

export function follow(): void {
  route.value = read(location.hash);
}
