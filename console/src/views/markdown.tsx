/** An answer's words: elements of a fixed few kinds around text nodes. Each part reads in its own direction. */

import { parse, type Block, type Line } from "../lib/markdown.ts";

export function Markdown({ source }: { source: string }) {
  return <div class="words">{parse(source).map((block, at) => <Part key={at} block={block} />)}</div>;
}

function Part({ block }: { block: Block }) {
  switch (block.kind) {
    case "code":
      return <pre tabIndex={0}><code>{block.text}</code></pre>;
    case "heading":
      return <p class="heading" dir="auto"><Lines lines={block.lines} /></p>;
    case "paragraph":
      return <p dir="auto"><Lines lines={block.lines} /></p>;
    case "rule":
      return <hr />;
    case "table":
      return (
        <div class="scroll" tabIndex={0}>
          <table>
            <thead><tr>{block.head.map((cell, at) => <th key={at} scope="col" dir="auto"><Lines lines={[cell]} /></th>)}</tr></thead>
            <tbody>
              {block.rows.map((row, at) => (
                <tr key={at}>{row.map((cell, column) => <td key={column} dir="auto"><Lines lines={[cell]} /></td>)}</tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    case "list": {
      const items = block.items.map((lines, at) => <li key={at} dir="auto"><Lines lines={lines} /></li>);
      return block.ordered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
  }
}

function Lines({ lines }: { lines: readonly Line[] }) {
  return lines.map((line, at) => (
    <>
      {at > 0 && <br />}
      {line.map(({ kind: Kind, text }) => (Kind === "text" ? text : <Kind>{text}</Kind>))}
    </>
  ));
}
