// What the server does about a colour (features/forms/theme.py), told beforehand.
const PAGES: [string, string][] = [["light", "#ffffff"], ["dark", "#17191f"]];
const NEEDED = 4.5;

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast of two colours, 1 to 21 (WCAG 2.2). */
export function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Whether it is fine as it is, and a sentence: for the button, and for links on either page. */
export function verdicts(accent: string): [boolean, string][] {
  const white = contrast(accent, "#ffffff");
  const black = contrast(accent, "#000000");
  const button: [boolean, string] = [true, `Button: ${white >= black ? "white" : "black"} letters, contrast ${Math.max(white, black).toFixed(1)}`];
  const marks = PAGES.map(([name, page]): [boolean, string] => {
    const found = contrast(accent, page);
    return found >= NEEDED
      ? [true, `Links on the ${name} page: contrast ${found.toFixed(1)}`]
      : [false, `Links on the ${name} page would be hard to read (${found.toFixed(1)}): they get a ${name === "light" ? "darker" : "lighter"} shade`];
  });
  return [button, ...marks];
}
