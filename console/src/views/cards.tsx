/** What a tool found, as cards one can act on. The action is a message like any other: the agent decides. */

import { cards } from "../lib/template.ts";
import type { Result } from "../state/chat.ts";
import { config } from "../state/config.ts";
import { language, t } from "../state/language.ts";

export function Cards({ result, ask, ready }: { result: Result; ask: (prompt: string) => void; ready: boolean }) {
  const known = config.value?.cards ?? {};
  const card = Object.hasOwn(known, result.tool) ? known[result.tool] : undefined;
  const found = card ? cards(card, result.data, language.value) : [];
  if (!found.length) return null;
  return (
    <ul class="cards" aria-label={t("cards.of", { tool: result.tool.split("___").at(-1) ?? "" })}>
      {found.map(({ title, lines, price, action }, at) => (
        <li key={at} class="card">
          <div class="what">
            <p class="title">{title}</p>
            {lines.map((line, number) => <p key={number}>{line}</p>)}
          </div>
          <div class="deal">
            {price && <p class="price">{price}</p>}
            {action?.label && action.prompt && (
              <button type="button" class="primary small" disabled={!ready} onClick={() => ask(action.prompt)}
                aria-label={[`${action.label}: ${title}`, ...lines].join(", ")}>
                {action.label}
              </button>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
