/** Whether anybody sees the page. A browser has few connections to one server for all tabs together, and an open
 * stream takes one: tabs in the background would leave none for the one in front. */

/** Does it once: when the page is hidden, or is not, or at the end of `signal`; at once where that is so already. */
function once(hidden: boolean, signal: AbortSignal, act: () => void): void {
  const look = () => {
    if (document.hidden !== hidden && !signal.aborted) return;
    document.removeEventListener("visibilitychange", look);
    signal.removeEventListener("abort", look);
    act();
  };
  document.addEventListener("visibilitychange", look);
  signal.addEventListener("abort", look);
  look();
}

/** Waits until the page is seen, or for the end of `signal`. */
export function shown(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => once(false, signal, resolve));
}

/** Ends with `signal`, or as soon as the page is no longer seen. */
export function whileShown(signal: AbortSignal): AbortSignal {
  const own = new AbortController();
  once(true, signal, () => own.abort());
  return own.signal;
}
