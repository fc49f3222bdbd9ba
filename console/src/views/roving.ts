/** A table of many controls is one stop for Tab; the arrows go from one control to the next.
 * Source: WAI-ARIA Authoring Practices, "Keyboard navigation inside components". */

import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

const CONTROLS = "tbody a, tbody button";
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
};

/** For the table: its last control that had the focus is the stop, else the chosen one, else the first. */
export function useRoving(table: RefObject<HTMLTableElement | null>): void {
  const last = useRef<Element | null>(null);
  useEffect(() => {
    const controls = [...(table.current?.querySelectorAll<HTMLElement>(CONTROLS) ?? [])];
    const stop = controls.find((each) => each === last.current)
      ?? controls.find((each) => each.matches("[aria-current], [aria-expanded='true']")) ?? controls[0];
    for (const each of controls) each.tabIndex = each === stop ? 0 : -1;
    const place = table.current;
    const focused = ({ target }: Event) => {
      if (!(target instanceof HTMLElement) || !target.matches(CONTROLS)) return;
      for (const each of place?.querySelectorAll<HTMLElement>(`:is(${CONTROLS})[tabindex="0"]`) ?? []) each.tabIndex = -1;
      target.tabIndex = 0;
      last.current = target;
    };
    place?.addEventListener("focusin", focused);
    place?.addEventListener("keydown", move);
    return () => {
      place?.removeEventListener("focusin", focused);
      place?.removeEventListener("keydown", move);
    };
  });
}

function move(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const cell = event.target instanceof Element ? event.target.closest<HTMLTableCellElement>("td, th") : null;
  const row = cell?.closest("tr");
  const table = row?.closest("table");
  if (!step || !cell || !row || !table) return;
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((each) => each.querySelector(CONTROLS));
  const next = rows[rows.indexOf(row) + step[0]]?.cells[cell.cellIndex + step[1]];
  const control = next?.querySelector<HTMLElement>("a, button");
  if (!control) return;
  event.preventDefault();
  control.focus();
}
