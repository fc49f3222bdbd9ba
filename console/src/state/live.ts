/** Something of the control interface that a view shows: read at once, and again shortly after something happened. */

import { effect, signal, useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { control, ControlError, key, link, listen } from "./operator.ts";
import type { PlatformEvent } from "../contract.ts";

export interface Live<T> {
  value: Signal<T | null>;
  problem: Signal<ControlError | null>;
  again: () => void;
}

const QUIET = 400;
const anything = () => true;

/** `path` null reads nothing. `when` says which events are a reason to look again. */
export function useLive<T>(path: string | null, when: (event: PlatformEvent) => boolean = anything): Live<T> {
  const value = useSignal<T | null>(null);
  const problem = useSignal<ControlError | null>(null);
  const wanted = useRef(when);
  wanted.current = when;
  const again = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (path === null) return;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | null = null;
    let busy = false;
    const look = async () => {
      if (busy) return later();
      busy = true;
      try {
        value.value = await control<T>(path, undefined, gone.signal);
        problem.value = null;
      } catch (error) {
        if (!gone.signal.aborted && error instanceof ControlError) problem.value = error;
      }
      busy = false;
    };
    const later = () => {
      timer ??= setTimeout(() => {
        timer = null;
        void look();
      }, QUIET);
    };
    again.current = () => void look();
    void look();
    const deaf = listen((event) => wanted.current(event) && later());
    // What happened while nobody listened is not known: look again once connected.
    let lost = false;
    const forget = effect(() => {
      if (link.value === "live" && lost) later();
      lost = link.value === "waiting" || link.value === "refused";
    });
    return () => {
      gone.abort();
      deaf();
      forget();
      if (timer !== null) clearTimeout(timer);
    };
  }, [path, key.value]);

  return { value, problem, again: () => again.current() };
}

export const announced = signal("");

/** Says something once to who listens instead of looking. */
export function announce(words: string): void {
  announced.value = "";
  queueMicrotask(() => (announced.value = words));
}
