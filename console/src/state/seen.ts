/** Whether anybody sees the page. A browser has few connections to one server for all tabs together, and an open
 * stream takes one: tabs in the background would leave none for the one in front. */

/** Waits until the page is seen, or for the end of `signal`. */
export function shown(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
    look();
  });
}

/** Ends with `signal`, or as soon as the page is no longer seen. */
export function whileShown(signal: AbortSignal): AbortSignal {
  const own = new AbortController();
  const look = () => {
    if (!document.hidden && !signal.aborted) return;
    document.removeEventListener("visibilitychange", look);
    signal.removeEventListener("abort", look);
    own.abort();
  };
  document.addEventListener("visibilitychange", look);
  signal.addEventListener("abort", look);
  look();
  return own.signal;
}
