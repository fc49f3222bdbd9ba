// Builds console/dist from console/src: `node build.mjs [FOLDER]`. Same input, same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");

// What is bundled keeps its makers' notice.
const notices = ["preact", "@preact/signals", "@preact/signals-core"].map((name) => {
  const folder = join(here, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return `${name} ${version}\n${readFileSync(join(folder, "LICENSE"), "utf8").trim()}`;
});

const made = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.tsx", style: "src/style/style.css" },
  // Each language's words are a file of their own, and whoever reads one does not fetch the other.
  splitting: true,
  chunkNames: "[name]-[hash]",
  outdir: "dist",
  bundle: true,
  minify: true,
  write: false,
  format: "esm",
  target: ["chrome120", "firefox120", "safari17"],
  jsx: "automatic",
  jsxImportSource: "preact",
  charset: "utf8",
  legalComments: "none",
});

mkdirSync(out, { recursive: true });
for (const old of readdirSync(out)) if (/^([a-z]+-.*\.(js|css)|index\.html)$/.test(old)) rmSync(join(out, old));

const names = {};
for (const file of made.outputFiles) {
  const own = basename(file.path);
  // The names of what is imported stand in what imports it, so they stay as they are.
  if (!/^(app|style)\./.test(own)) {
    writeFileSync(join(out, own), file.contents);
    continue;
  }
  const kind = own.endsWith(".css") ? "css" : "js";
  const content = kind === "js" ? `/*!\n${notices.join("\n\n")}\n*/\n${file.text}` : file.text;
  names[kind] = `app-${createHash("sha256").update(content).digest("hex").slice(0, 12)}.${kind}`;
  writeFileSync(join(out, names[kind]), content);
}
const page = readFileSync(join(here, "src", "index.html"), "utf8");
writeFileSync(join(out, "index.html"), page.replace("@STYLE@", names.css).replace("@SCRIPT@", names.js));
