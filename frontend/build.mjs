// Build scripts and styles with content hashes and write a manifest with sizes and integrity values.
// Reproducible: relative paths, no dates. Fails, and writes nothing, when something outgrows its budget.
// node build.mjs [FOLDER]
import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "..", "src", "leadsbot", "web", "static", "built");
// Budgets in bytes after gzip -9.
const entries = [
  { name: "theme.js", file: "src/early.ts", budget: 500 },
  { name: "app.js", file: "src/app.ts", budget: 9_000 },
  { name: "app.css", file: "styles/app.css", budget: 8_000 },
  { name: "form.css", file: "styles/form.css", budget: 2_000 },
  { name: "hosted.js", file: "src/hosted/main.ts", budget: 4_000 },
  { name: "try.css", file: "styles/try.css", budget: 1_000 },
  // For other people's pages: the first is a classic script, the second a module to which the server adds the form.
  { name: "widget.js", file: "src/widget/main.ts", budget: 4_500, stem: "widget.v1", target: "es2021" },
  { name: "widget-form.js", file: "src/widget/form/index.ts", budget: 5_000, format: "esm", target: "es2021" },
  { name: "widget-more.js", file: "src/widget/more/index.ts", budget: 1_200, globalName: "LEADSBOT_MORE", target: "es2021" },
  { name: "widget-rules.js", file: "src/widget/rules/index.ts", budget: 920, globalName: "LEADSBOT_RULES", target: "es2021" },
  { name: "widget-logic.js", file: "src/widget/logic/index.ts", budget: 700, globalName: "LEADSBOT_LOGIC", target: "es2021" },
  { name: "builder.js", file: "src/builder/main.ts", budget: 24_600 },
  { name: "builder-trial.js", file: "src/builder/trial.ts", budget: 6_600 },
  { name: "builder-page.js", file: "src/builder/page.ts", budget: 5_500 },
  { name: "builder.css", file: "styles/builder.css", budget: 4_000 },
];
const browsers = ["es2022", "chrome123", "firefox121", "safari17.5"];

const manifest = {};
const files = [];
for (const { name, file, budget, globalName, format = "iife", target = browsers, stem = name.split(".")[0] } of entries) {
  const result = await build({
    entryPoints: [join(here, file)],
    absWorkingDir: here,
    bundle: true,
    minify: true,
    write: false,
    format,
    globalName,
    target,
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
  });
  const bytes = Buffer.from(result.outputFiles[0].contents);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const ending = name.split(".")[1];
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const integrity = "sha384-" + createHash("sha384").update(bytes).digest("base64");
  manifest[name] = { file: `${stem}.${hash}.${ending}`, bytes: bytes.length, gzip, integrity };
  files.push([manifest[name].file, bytes]);
  console.log(`${name} ${bytes.length} B, ${gzip} B gzip of ${budget}`);
  if (gzip > budget) throw new Error(`${name} has ${gzip} bytes after gzip, over its budget of ${budget}`);
}
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
for (const [file, bytes] of files) writeFileSync(join(out, file), bytes);
// The manifest comes last: it vouches for the others.
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
