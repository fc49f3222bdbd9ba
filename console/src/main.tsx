import { render } from "preact";
import { App } from "./views/app.tsx";
import { follow } from "./state/address.ts";
import { config, load } from "./state/config.ts";
import { start, takeKey } from "./state/operator.ts";
import { begin as speech } from "./state/language.ts";
import { announced } from "./state/live.ts";
import { watch } from "./state/traffic.ts";
import { finish } from "./state/user.ts";

/** Signing in comes back to the registered address, and a tab's memory belongs to one name of this machine. */
function elsewhere(): string | null {
  const back = config.value?.users?.redirect_uri;
  if (!back || !config.value?.local || !URL.canParse(back)) return null;
  const home = new URL(back);
  const local = ["localhost", "127.0.0.1", "[::1]"];
  const twins = local.includes(home.hostname) && local.includes(location.hostname);
  return twins && home.port === location.port && home.hostname !== location.hostname ? home.origin : null;
}

/** Without its words the page can say this only, and to everybody. */
function wordless(): void {
  const place = document.getElementById("app");
  if (!place) return;
  render(
    <main class="empty alone">
      <p role="alert">The page could not be loaded. Please load it again.</p>
      <p lang="ko">화면을 불러오지 못했습니다. 새로 고침해 주세요.</p>
      <button type="button" onClick={() => location.reload()}>↻<span class="unseen"> Reload, 새로 고침</span></button>
    </main>, place,
  );
}

async function begin(): Promise<void> {
  const arrived = location.hash;
  try {
    await Promise.all([load(), speech()]);
  } catch {
    return wordless();
  }
  const home = elsewhere();
  if (home) return location.replace(`${home}/${arrived}`);
  takeKey();
  await finish();
  follow();
  window.addEventListener("hashchange", () => {
    takeKey();
    follow();
    // What was said of one view is not to be found in the next.
    announced.value = "";
  });
  watch();
  start();
  const place = document.getElementById("app");
  if (place) render(<App />, place);
}

void begin();
