// Answers to a draft, to see what would become of them. Nothing is stored.
export interface Outcome {
  ending?: { kind: string; title?: string; text?: string; url?: string };
  errors?: { field: string; message: string }[];
  detail?: string;
}

export const attempt = async (address: string, fields: Record<string, unknown>, language: string): Promise<[status: number, Outcome]> => {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": token },
    body: JSON.stringify({ fields, language }),
  });
  const outcome = (await answer.json()) as Outcome;
  // A preview stays where it is: it only says where visitors would be led.
  if (outcome.ending?.kind === "redirect") outcome.ending = { kind: "message", title: "Sent", text: `Visitors are led on to ${outcome.ending.url ?? ""}` };
  return [answer.status, outcome];
};
