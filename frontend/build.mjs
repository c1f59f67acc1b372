// Build scripts and styles with content hashes and write a manifest with sizes and integrity values.
// Reproducible: relative paths, no dates. Fails when something outgrows its budget.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "src", "leadsbot", "web", "static", "built");
// Budgets in bytes after gzip -9.
const entries = [
  { name: "app.js", file: "src/app.ts", budget: 12_000 },
  { name: "htmx.js", file: "src/htmx.ts", budget: 26_000 },
  { name: "app.css", file: "styles/app.css", budget: 8_000 },
];

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const manifest = {};
let over = false;
for (const { name, file, budget } of entries) {
  const result = await build({
    entryPoints: [join(here, file)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["es2022", "chrome120", "firefox121", "safari17.5"],
    legalComments: "none",
    logLevel: "warning",
  });
  const bytes = Buffer.from(result.outputFiles[0].contents);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const [stem, ending] = name.split(".");
  const hashed = `${stem}.${hash}.${ending}`;
  const gzip = gzipSync(bytes, { level: 9 }).length;
  writeFileSync(join(out, hashed), bytes);
  manifest[name] = {
    file: hashed,
    bytes: bytes.length,
    gzip,
    integrity: "sha384-" + createHash("sha384").update(bytes).digest("base64"),
  };
  if (gzip > budget) {
    console.error(`${name} has ${gzip} bytes after gzip, over its budget of ${budget}`);
    over = true;
  }
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
for (const [name, entry] of Object.entries(manifest)) console.log(`${name} ${entry.bytes} B, ${entry.gzip} B gzip`);
if (over) process.exit(1);
// Read back once, so that a full disk is noticed here and not by a visitor.
JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
