// Trying a pattern out. The server judges what may be one (kit/pattern.py); here a text is only tried on it.
export function matches(pattern: string, text: string): boolean | null {
  try {
    return new RegExp(`^(?:${pattern})$`, "v").test(text);
  } catch {
    return null;
  }
}
