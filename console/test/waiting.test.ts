import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST, LONGEST, wait } from "../src/lib/backoff.ts";
import { matches } from "../src/lib/filter.ts";
import { newTrace, traceparent } from "../src/lib/trace.ts";
import { base64url, challenge, claims } from "../src/lib/pkce.ts";
import type { PlatformEvent } from "../src/contract.ts";

test("a server that is away is asked in a tight loop, or never again", () => {
  for (const chance of [0, 0.5, 1]) {
    for (let failures = 1; failures < 60; failures++) {
      assert.ok(wait(failures, chance) >= FIRST * 0.8 && wait(failures, chance) <= LONGEST);
      assert.ok(wait(failures + 1, chance) >= wait(failures, chance));
    }
    assert.ok(wait(30, chance) >= LONGEST * 0.8);
  }
});

test("the challenge is not the one of RFC 7636, appendix B", async () => {
  assert.equal(await challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  assert.equal(base64url(Uint8Array.of(251, 255, 0)), "-_8A");
});

test("a token that is none breaks signing in, or a name outside ASCII is garbled", () => {
  for (const token of ["", "x", "a.b.c", "a.e30", "a.bnVsbA.c", "a.MQ.c"]) assert.deepEqual(claims(token), {});
  const body = base64url(new TextEncoder().encode('{"username":"김하늘"}'));
  assert.deepEqual(claims(`e30.${body}.x`), { username: "김하늘" });
});

test("a trace of the page's own is none by W3C's form", () => {
  assert.match(traceparent(newTrace()), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  assert.notEqual(newTrace(), newTrace());
});

test("the filter of decisions hides what was asked for", () => {
  const event: PlatformEvent = { seq: 1, time: "", event: "decision", layer: "interceptor", agent: "Loyalty", tool: "a___b", effect: "deny", reason: "not_granted" };
  for (const words of ["", " ", "loyalty", "LOYALTY not_gr", "interceptor a___b"]) assert.ok(matches(event, { words, refused: true }), words);
  for (const words of ["booking", "loyalty booking", "null", "undefined"]) assert.ok(!matches(event, { words, refused: false }), words);
  assert.ok(!matches({ ...event, effect: "allow" }, { words: "", refused: true }));
});
