/** The tab's memory, and the browser's for the language only. A browser that refuses storage still gets the page. */

function store(which: "sessionStorage" | "localStorage"): Storage | null {
  try {
    return window[which];
  } catch {
    return null;
  }
}

export function keep(name: string, value: unknown, lasting = false): void {
  const place = store(lasting ? "localStorage" : "sessionStorage");
  try {
    if (value === null || value === undefined) place?.removeItem(`airside.${name}`);
    else place?.setItem(`airside.${name}`, JSON.stringify(value));
  } catch {
    // Full or forbidden: the page goes on without.
  }
}

export function kept<T>(name: string, lasting = false): T | null {
  try {
    const found = store(lasting ? "localStorage" : "sessionStorage")?.getItem(`airside.${name}`);
    return found === null || found === undefined ? null : (JSON.parse(found) as T);
  } catch {
    return null;
  }
}
