/** Where the operator's key comes from: shown instead of a view that needs it. */

import { useSignal } from "@preact/signals";
import { keyIn } from "../lib/routes.ts";
import { t } from "../state/language.ts";
import { link, useKey } from "../state/operator.ts";

const BARE = /^[A-Za-z0-9_~.-]{8,200}$/;

export function KeyNeeded() {
  const wrong = useSignal(false);
  const refused = link.value === "refused";
  const use = (event: SubmitEvent) => {
    event.preventDefault();
    const given = String(new FormData(event.currentTarget as HTMLFormElement).get("key") ?? "").trim();
    const key = keyIn(given)?.key ?? (BARE.test(given) ? given : null);
    wrong.value = key === null;
    if (key !== null) useKey(key);
  };
  return (
    <section class="empty" aria-labelledby="key-title">
      <h2 id="key-title">{t(refused ? "key.refused.title" : "key.title")}</h2>
      <p>{t(refused ? "key.refused.why" : "key.why")}</p>
      <p>{t("key.how")}</p>
      <pre class="sample" aria-hidden="true">{`$ ./airside up\n  console   ${location.origin}/#key=…`}</pre>
      <form class="row" onSubmit={use}>
        <label class="grow">
          <span>{t("key.label")}</span>
          {/* No password, or the browser would offer to keep what the next start makes void. */}
          <input name="key" type="text" class="secret" autocomplete="off" autocapitalize="none" spellcheck={false} required
            aria-invalid={wrong.value} aria-describedby={wrong.value ? "key-wrong" : undefined} />
        </label>
        <button type="submit" class="primary">{t("key.use")}</button>
      </form>
      {wrong.value && <p id="key-wrong" class="bad-text" role="alert">{t("key.wrong")}</p>}
    </section>
  );
}
