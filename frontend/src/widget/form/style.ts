// The look of a drawn form, from the theme's tokens. A constructed style sheet: no style policy forbids it.
import type { Theme } from "./types";

const LIGHT = "--bg:#fff;--ink:#1b1e26;--dim:#5a6070;--line:#868c9c;--soft:#f2f3f7;--bad:#b3261e";
const DARK = "color-scheme:dark;--bg:#17191f;--ink:#eceef3;--dim:#a9afbd;--line:#7c8394;--soft:#242730;--bad:#ff9d94";

/**
 * Texts run as their own first letter does (`plaintext`), but stand where the form's language begins. On the accent stands
 * black or white as on the launcher (draw.ts), which says why; a browser that does not know relative colours writes white.
 */
export const sheet = ({ accent, radius, font, gap }: Theme): CSSStyleSheet => {
  const made = new CSSStyleSheet();
  made.replaceSync(
    `:host{all:initial;display:block;color-scheme:light;--a:${accent};${LIGHT};color:inherit;transition:color 1ms}i{color:#fff}.dark{${DARK}}` +
      `*{box-sizing:border-box;margin:0;min-inline-size:0}[hidden]{display:none!important}` +
      `dialog,form,.end{font:16px/1.5 ${font};color:var(--ink);background:var(--bg);border:0;padding:0;border-radius:${radius}}form,.end{padding:${gap};overflow-wrap:anywhere}[dir=rtl]{text-align:right}` +
      `fieldset{border:0;padding:0}h2{font-size:1.4em;line-height:1.25}h2,h3,p{white-space:pre-line;unicode-bidi:plaintext}h2,form>p,progress{margin-block-end:12px}` +
      `.grid{display:flex;flex-wrap:wrap;gap:${gap};margin-block:${gap}}.field{flex:1 1 100%}.half{flex:1 1 180px}` +
      `.name{font-weight:600;padding:0}small,.dim{color:var(--dim);font-size:14px;font-weight:400}` +
      `input,select,textarea,button{font:inherit;color:inherit;min-block-size:44px;border:1px solid var(--line);border-radius:${radius};background:var(--bg);padding:8px 12px}` +
      `input,select,textarea{inline-size:100%;scroll-margin:64px;unicode-bidi:plaintext}textarea{block-size:7em}` +
      `.tick{display:flex;gap:10px;align-items:center;min-block-size:44px}.tick input{inline-size:24px;min-block-size:24px;flex:none;accent-color:var(--a)}.row{display:flex;flex-wrap:wrap;gap:4px 16px}` +
      `.bad,[aria-invalid=true]{color:var(--bad);border-color:var(--bad)}` +
      `button{background:var(--soft)}.go{unicode-bidi:plaintext;background:var(--a);color:#fff;color:lab(from var(--a) calc((49.5 - l)*999) 0 0);border-color:var(--a);font-weight:600;padding-inline:24px}` +
      `[aria-disabled=true]{opacity:.7}:focus-visible{outline:3px solid var(--ink);outline-offset:2px}[tabindex]{outline:0}` +
      `div.bad:not(:empty){border:2px solid;border-radius:${radius};padding:8px 12px;margin-block-end:12px}.bad button{display:block;min-block-size:32px;border:0;background:0;padding:0;text-align:inherit;text-decoration:underline}[type=email],[type=tel]{unicode-bidi:isolate;direction:ltr}` +
      `progress{appearance:none;inline-size:100%;block-size:6px;border:0;background:var(--soft)}::-webkit-progress-bar{background:0}::-webkit-progress-value{background:var(--a)}::-moz-progress-bar{background:var(--a)}a{color:inherit}.trap{position:absolute;inset-block-start:-9999px}` +
      `dialog{margin:auto;inline-size:min(560px,100vw - 16px);max-block-size:calc(100dvh - 16px);overflow:hidden;box-shadow:0 8px 40px #0005}` +
      `dialog>:first-child{max-block-size:inherit;overflow:auto;overscroll-behavior:contain}` +
      `.x{position:absolute;inset-block-start:8px;inset-inline-end:16px;inline-size:44px;border:0}dialog h2{margin-inline-end:56px}` +
      `.slide-in{margin-inline-end:0;block-size:100dvh}` +
      `.button{position:fixed;inset-block:auto 76px;inset-inline:auto 16px;max-inline-size:calc(100vw - 32px);max-block-size:calc(100dvh - 92px);z-index:99999}` +
      `::backdrop{background:#0008}`,
  );
  return made;
};
