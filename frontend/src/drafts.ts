// What somebody wrote is not lost when it cannot be stored: the session had ended, another tab switched the workspace, the
// server was away. Until a page says that it was stored, this tab keeps it and puts it back where it was written.
import { announce } from "./toasts";

const KEY = "leadsbot-draft";

interface Draft {
  path: string;
  owner: string;
  id: string;
  text: string;
}

export function drafts(): void {
  restore();
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented) return;
    if (form.getAttribute("action")?.startsWith("/logout")) sessionStorage.removeItem(KEY);
    const field = form.method === "post" ? form.querySelector<HTMLTextAreaElement>("textarea[id]") : null;
    if (!field?.value.trim() || !owner()) return;
    const draft: Draft = { path: location.pathname, owner: owner(), id: field.id, text: field.value };
    sessionStorage.setItem(KEY, JSON.stringify(draft));
  });
}

/** Whose page this is, and in which workspace; empty on pages of nobody. */
function owner(): string {
  const of = (name: string) => document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
  return of("person") && `${of("person")} ${of("workspace")}`;
}

function restore(): void {
  const kept = sessionStorage.getItem(KEY);
  if (!kept || !owner()) return;
  const draft = JSON.parse(kept) as Draft;
  if (draft.path !== location.pathname) return;
  sessionStorage.removeItem(KEY);
  const field = document.getElementById(draft.id);
  // A person who is somebody else must not see it; a notice says that the form was taken.
  if (draft.owner !== owner() || document.querySelector("#toasts .toast")) return;
  if (!(field instanceof HTMLTextAreaElement) || field.value) return;
  if ([...document.querySelectorAll(".note")].some((note) => note.textContent?.trim() === draft.text.trim())) return;
  field.value = draft.text;
  field.focus();
  announce("What you wrote was not stored. It is here again.");
}
