/** A little Markdown, read into plain data: the views make text nodes of it and nothing else. No links and no
 * images on purpose: a model's words must not lead a reader, or the browser, anywhere. */

export type Inline = { kind: "text" | "strong" | "em" | "code"; text: string };
export type Line = Inline[];
export type Block =
  | { kind: "paragraph" | "heading"; lines: Line[] }
  | { kind: "list"; ordered: boolean; start: number; items: Line[][] }
  | { kind: "table"; head: Line[]; rows: Line[][] }
  | { kind: "rule" }
  | { kind: "code"; text: string };

const FENCE = /^\s*```/;
const HEADING = /^#{1,6}\s+(.*)$/;
const ITEM = /^\s{0,3}(?:([-*•])|(\d{1,4})[.)])\s+(.*)$/;
const RULE = /^\s{0,3}([-*_])(?:[ \t]*\1){2,}\s*$/;
/** The line below a table's head; at least one upright line tells it from a rule. */
const UNDER_HEAD = /^(?=.*\|)\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const INLINE = /(`[^`\n]+`)|(\*\*[^*\n]+\*\*)|(\*[^\s*][^*\n]*\*)/g;

export function parse(source: string): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  const lines = source.replace(/\r\n?/g, "\n").split("\n");
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (FENCE.test(line)) {
      const code: string[] = [];
      while (++at < lines.length && !FENCE.test(lines[at] ?? "")) code.push(lines[at] ?? "");
      blocks.push({ kind: "code", text: code.join("\n") });
      open = null;
    } else if (!line.trim()) {
      // A list goes on over one empty line when another item follows.
      if (!(open?.kind === "list" && ITEM.test(lines[at + 1] ?? ""))) open = null;
    } else if (line.includes("|") && UNDER_HEAD.test(lines[at + 1] ?? "")) {
      const head = cells(line);
      const rows: Line[][] = [];
      for (at += 2; at < lines.length && (lines[at] ?? "").includes("|"); at++) {
        const found = cells(lines[at] ?? "");
        rows.push(head.map((_, column) => found[column] ?? inline("")));
      }
      at -= 1;
      blocks.push({ kind: "table", head, rows });
      open = null;
    } else if (RULE.test(line)) {
      blocks.push({ kind: "rule" });
      open = null;
    } else {
      open = place(line, open, blocks);
    }
  }
  return blocks;
}

/** The cells of a table's line. A row has as many as its head. */
function cells(line: string): Line[] {
  const bare = line.trim().replace(/^\|/, "").replace(/(?<!\\)\|$/, "");
  return bare.split(/(?<!\\)\|/).map((cell) => inline(cell.trim().replaceAll("\\|", "|")));
}

function place(line: string, open: Block | null, blocks: Block[]): Block | null {
  const heading = HEADING.exec(line);
  if (heading) {
    blocks.push({ kind: "heading", lines: [inline(heading[1] ?? "")] });
    return null;
  }
  const item = ITEM.exec(line);
  if (item) {
    const ordered = item[2] !== undefined;
    if (open?.kind !== "list" || open.ordered !== ordered) {
      open = { kind: "list", ordered, start: ordered ? Number(item[2]) : 1, items: [] };
      blocks.push(open);
    }
    open.items.push([inline(item[3] ?? "")]);
    return open;
  }
  const words = inline(line.trim());
  if (open?.kind === "list" && /^\s{2,}/.test(line)) {
    open.items.at(-1)?.push(words);
    return open;
  }
  if (open?.kind === "paragraph") {
    open.lines.push(words);
    return open;
  }
  const paragraph: Block = { kind: "paragraph", lines: [words] };
  blocks.push(paragraph);
  return paragraph;
}

export function inline(text: string): Line {
  const parts: Line = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) parts.push({ kind: "text", text: text.slice(from, match.index) });
    const [whole, code, strong] = match;
    if (code) parts.push({ kind: "code", text: whole.slice(1, -1) });
    else if (strong) parts.push({ kind: "strong", text: whole.slice(2, -2) });
    else parts.push({ kind: "em", text: whole.slice(1, -1) });
    from = match.index + whole.length;
  }
  if (from < text.length || !parts.length) parts.push({ kind: "text", text: text.slice(from) });
  return parts;
}
