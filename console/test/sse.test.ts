import assert from "node:assert/strict";
import { test } from "node:test";
import { messages, Reader } from "../src/lib/sse.ts";

const data = (reader: Reader, ...chunks: string[]) => chunks.flatMap((chunk) => reader.feed(chunk)).map((each) => each.data);

test("a message cut anywhere is lost or doubled", () => {
  const whole = 'data: {"a":1}\r\n\r\ndata: x\ndata: y\n\n: a comment\r\rdata: z\r\r';
  for (let at = 0; at <= whole.length; at++) {
    const reader = new Reader();
    assert.deepEqual(data(reader, whole.slice(0, at), whole.slice(at), "\n"), ['{"a":1}', "x\ny", "z"], `cut at ${at}`);
  }
});

test("an unfinished message is taken for a whole one", () => {
  assert.deepEqual(data(new Reader(), "data: half\n"), []);
});

test("a message's kind sticks to the next one, or its number does not", () => {
  const found = new Reader().feed("id: 7\nevent: missed\ndata: {}\n\ndata: {}\n\n");
  assert.deepEqual(found.map(({ id, event }) => [id, event]), [["7", "missed"], ["7", "message"]]);
});

test("a comment, or a message without data, is given on", () => {
  assert.deepEqual(data(new Reader(), ": here\n\nevent: nothing\n\nretry: 5\n\n"), []);
});

test("a letter of several bytes is broken by a chunk's end", async () => {
  const bytes = new TextEncoder().encode("data: 항공편\n\n");
  const body = new ReadableStream<Uint8Array>({
    start(sink) {
      for (const byte of bytes) sink.enqueue(Uint8Array.of(byte));
      sink.close();
    },
  });
  const found: string[] = [];
  for await (const message of messages(body)) found.push(message.data);
  assert.deepEqual(found, ["항공편"]);
});

test("a reader that stops early keeps the connection", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (sink) => sink.enqueue(new TextEncoder().encode("data: x\n\n")),
    cancel: () => void (cancelled = true),
  });
  for await (const _ of messages(body)) break;
  assert.ok(cancelled);
});
