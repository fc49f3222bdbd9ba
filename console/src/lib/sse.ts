/** Server-sent events from a fetched body. `EventSource` can send no header, so the page reads them itself.
 * Source: HTML Living Standard, 9.2.6 "Interpreting an event stream". */

export interface Message {
  id: string;
  event: string;
  data: string;
}

/** Feed it text as it comes; it gives back the messages that are complete. An unfinished one is dropped at the end,
 * as the standard says. */
export class Reader {
  private rest = "";
  private id = "";
  private event = "";
  private data: string[] = [];

  feed(chunk: string): Message[] {
    const found: Message[] = [];
    // A lone CR at the end may be half of a CRLF: it waits for what follows.
    const text = this.rest + chunk;
    const held = text.endsWith("\r") ? 1 : 0;
    const lines = text.slice(0, text.length - held).split(/\r\n|\n|\r/);
    this.rest = (lines.pop() ?? "") + (held ? "\r" : "");
    for (const line of lines) this.line(line, found);
    return found;
  }

  private line(line: string, found: Message[]): void {
    if (line === "") {
      if (this.data.length) found.push({ id: this.id, event: this.event || "message", data: this.data.join("\n") });
      this.event = "";
      this.data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.event = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
  }
}

/** The messages of a body as they arrive. Ends with the body; throws what reading it throws. */
export async function* messages(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new Reader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Also where the consumer stops early: the connection is given back.
    reader.cancel().catch(() => undefined);
  }
}
