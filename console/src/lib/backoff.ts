/** How long to wait before the nth try again, in milliseconds: doubling, at most 15 s, a fifth of it by chance so
 * that many pages do not come back in step. */

export const FIRST = 500;
export const LONGEST = 15_000;

export function wait(failures: number, chance: number): number {
  const whole = Math.min(LONGEST, FIRST * 2 ** Math.max(0, Math.min(failures, 20) - 1));
  return Math.round(whole * (0.8 + 0.2 * chance));
}
