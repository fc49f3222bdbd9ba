/** The frame around the views: who and where one is, the tabs, and what everybody must hear. */

import { signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { VIEWS, write, type View } from "../lib/routes.ts";
import { go, route } from "../state/address.ts";
import { config, load, unreadable } from "../state/config.ts";
import { LANGUAGES, choose, language, own, t } from "../state/language.ts";
import { announced } from "../state/live.ts";
import { link, operable } from "../state/operator.ts";
import { lapsed, name, problem, signIn, signOut } from "../state/user.ts";
import { keyOf } from "../words/words.ts";
import { Access } from "./access.tsx";
import { Chat } from "./chat.tsx";
import { KeyNeeded } from "./key.tsx";
import { Topology } from "./topology.tsx";
import { Traces } from "./traces.tsx";

const offline = signal(!navigator.onLine);
window.addEventListener("online", () => (offline.value = false));
window.addEventListener("offline", () => (offline.value = true));

export function App() {
  useSignalEffect(() => {
    document.documentElement.lang = language.value;
    const title = own(config.value?.title);
    document.title = `${t(`view.${route.value.view}`)} · ${title || "Airside"}`;
  });
  const shown = operable.value ? route.value.view : "chat";
  useFollowed(`${shown} ${route.value.detail?.split("/")[0] ?? ""}`);
  if (unreadable.value) return <NotStarted />;
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>{t("skip")}</a>
      <Header view={shown} />
      <Notices />
      <main id="main" tabIndex={-1}>
        <div role="tabpanel" id="panel" aria-labelledby={`tab-${shown}`} class={`panel panel-${shown}`}>
          <Shown view={shown} />
        </div>
      </main>
      <p class="unseen" role="status">{announced}</p>
    </>
  );
}

/** Whoever followed a link that is gone with its view goes on in the next one, and not at the top of the page. */
function useFollowed(place: string): void {
  const before = useRef(place);
  useEffect(() => {
    if (place !== before.current && document.activeElement === document.body) {
      document.getElementById("main")?.focus({ preventScroll: true });
    }
    before.current = place;
  }, [place]);
}

function Shown({ view }: { view: View }) {
  if (view === "chat") return <Chat />;
  if (link.value === "no-key" || link.value === "refused") return <KeyNeeded />;
  if (view === "traces") return <Traces detail={route.value.detail} />;
  return view === "access" ? <Access detail={route.value.detail} /> : <Topology detail={route.value.detail} />;
}

function skip(event: Event): void {
  // The fragment is the page's route: focus moves, the address stays.
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Header({ view }: { view: View }) {
  const known = config.value;
  return (
    <header class="top">
      <div class="brand">
        <Mark />
        <div>
          <h1 title={own(known?.title)}>{own(known?.title) || "Airside"}</h1>
          <p>{known ? `${known.environment} · ${known.region}` : ""}</p>
        </div>
      </div>
      {operable.value && <Tabs view={view} />}
      <div class="who">
        <LinkState />
        <Languages />
        <User />
      </div>
    </header>
  );
}

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d="M8 22 16 8l8 14M11.5 17h9" />
    </svg>
  );
}

/** Source: WAI-ARIA Authoring Practices, Tabs. Each tab is a link too, so it can be opened beside. */
function Tabs({ view }: { view: View }) {
  const tabs = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const here = VIEWS.indexOf(view);
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: VIEWS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = VIEWS[(to + VIEWS.length) % VIEWS.length] ?? "chat";
    go(next);
    tabs.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={t("views")} ref={tabs} onKeyDown={move}>
      {VIEWS.map((each) => (
        <a key={each} id={`tab-${each}`} role="tab" href={write(each)} aria-controls="panel"
          aria-selected={each === view} tabIndex={each === view ? 0 : -1}>
          {t(`view.${each}`)}
        </a>
      ))}
    </div>
  );
}

function LinkState() {
  if (!operable.value) return null;
  const key = keyOf("link", link.value);
  return key && <span class={`link link-${link.value}`} title={t(key)}><i aria-hidden="true" /><span>{t(key)}</span></span>;
}

function Languages() {
  const offered = LANGUAGES.filter((each) => config.value?.languages.includes(each) ?? true);
  // A page in one language only would leave nothing to choose; both are always there for its own words.
  const all = offered.length > 1 ? offered : LANGUAGES;
  return (
    <div class="languages" role="group" aria-label={t("language")}>
      {all.map((each) => (
        <button key={each} type="button" lang={each} aria-pressed={language.value === each} onClick={() => void choose(each)}
          aria-label={t(`language.${each}`)}>
          {each === "en" ? "EN" : "한"}
        </button>
      ))}
    </div>
  );
}

function User() {
  if (!config.value?.users) return null;
  if (name.value === null) {
    return <button type="button" class="primary small" onClick={() => void signIn()}>{lapsed.value ? t("user.again") : t("user.in")}</button>;
  }
  return (
    <div class="user">
      <span class="name" title={t("user.as", { name: name.value })}>{name}</span>
      <button type="button" class="quiet small out" onClick={signOut} title={t("user.out")}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M10 5H6v14h4m3-11 4 4-4 4m4-4H10" /></svg>
        <span>{t("user.out")}</span>
      </button>
    </div>
  );
}

function Notices() {
  return (
    <div class="notices">
      {offline.value && <p class="notice warn" role="alert">{t("offline")}</p>}
      {problem.value && (
        <p class="notice bad" role="alert">
          {t(`user.${problem.value}`)}
          <button type="button" class="quiet small" onClick={() => (problem.value = null)}>{t("close")}</button>
        </p>
      )}
      {lapsed.value && (
        <p class="notice warn" role="alert">
          {t("user.lapsed")}
          <button type="button" class="small" onClick={() => void signIn()}>{t("user.again")}</button>
        </p>
      )}
    </div>
  );
}

function NotStarted() {
  useEffect(() => {
    document.documentElement.lang = language.value;
  }, []);
  return (
    <main class="empty alone">
      <h1>{t("start.failed")}</h1>
      <p>{t("start.failed.how")}</p>
      <button type="button" class="primary" onClick={() => void load()}>{t("retry")}</button>
    </main>
  );
}
