// Elements by script: nothing is ever parsed, so no text can become markup.

type Properties = Record<string, string | number | boolean | undefined | ((event: Event) => void)>;
type Child = Node | string | false | undefined;

/** An element; functions listen to events, other values become attributes. What is empty is left out. */
export const element = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties,
  ...children: Child[]
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value) made.setAttribute(name, value === true ? "" : (value as string));
  }
  made.append(...children.filter((child): child is Node | string => !!child));
  return made;
};
