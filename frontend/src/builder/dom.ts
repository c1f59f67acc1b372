// Elements as values: a view is a function of the state, and patching makes the page so. Small on purpose: what the
// builder needs and no more. Handlers (`onclick`) are functions, which no content security policy forbids.

type Handler = (event: never) => void;
export type Props = Record<string, string | number | boolean | null | undefined | Handler>;
export type Child = Node_ | string | number | null | undefined | false | Child[];

/** An element to be: `key` finds it again among its siblings, wherever it moved. */
export interface Node_ {
  tag: string;
  props: Props;
  kids: (Node_ | string)[];
  key: string | undefined;
  at?: Element | undefined;
}

const SVG = "http://www.w3.org/2000/svg";
/** What a person changes too: written only when the state changed, so that nobody's typing is disturbed. */
const LIVE = new Set(["value", "checked", "open"]);

/** `h("div.card", {…}, …)`: classes may stand in the tag. */
export function h(tag: string, props: Props = {}, ...kids: Child[]): Node_ {
  const [name, ...classes] = tag.split(".");
  const { key, ...rest } = props;
  if (classes.length) rest.class = [...classes, rest.class].filter(Boolean).join(" ");
  const flat = (kids.flat(9) as Child[]).filter((kid) => kid || kid === 0);
  return {
    tag: name || "div",
    props: rest,
    kids: flat.map((kid) => (typeof kid === "object" ? (kid as Node_) : String(kid))),
    key: key === undefined ? undefined : String(key),
  };
}

export function icon(name: string): Node_ {
  return h(`svg.icon.i-${name}`, { "aria-hidden": "true", viewBox: "0 0 24 24", width: 18, height: 18 }, h("use", { href: `#i-${name}` }));
}

/** What is called now when something happens to an element: `focusin` has no property of its own. */
const heard = new WeakMap<Element, Map<string, Handler | null>>();

function hear(element: Element, name: string, work: Handler | null): void {
  const known = heard.get(element) ?? new Map<string, Handler | null>();
  heard.set(element, known);
  if (!known.has(name)) element.addEventListener(name, (event) => known.get(name)?.(event as never));
  known.set(name, work);
}

function put(element: Element, name: string, value: Props[string], before: Props[string]): void {
  if (name === "ref" || (value === before && !LIVE.has(name))) return;
  if (name.startsWith("on")) hear(element, name.slice(2), (value || null) as Handler | null);
  else if (LIVE.has(name) && name in element) {
    const live = element as unknown as Record<string, unknown>;
    const wanted = name === "value" ? String(value ?? "") : !!value;
    // A select may have lost its value with an option.
    if ((value !== before || element.localName === "select") && live[name] !== wanted) live[name] = wanted;
  } else if (value === false || value === null || value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function make(node: Node_): Element {
  const drawn = node.tag === "svg" || node.tag === "use";
  const element = drawn ? document.createElementNS(SVG, node.tag) : document.createElement(node.tag);
  node.at = element;
  for (const name in node.props) if (!LIVE.has(name)) put(element, name, node.props[name], undefined);
  patch(element, [], node.kids);
  // After its children: a select has no value before it has options.
  for (const name of LIVE) if (name in node.props) put(element, name, node.props[name], undefined);
  return element;
}

function same(one: Node_ | string | undefined, other: Node_ | string): one is Node_ {
  return typeof one === "object" && typeof other === "object" && one.tag === other.tag && one.key === other.key;
}

function update(old: Node_, node: Node_): void {
  const element = (node.at = old.at as Element);
  if (old === node) return;
  for (const name in old.props) if (!(name in node.props)) put(element, name, undefined, old.props[name]);
  for (const name in node.props) if (!LIVE.has(name)) put(element, name, node.props[name], old.props[name]);
  patch(element, old.kids, node.kids);
  for (const name of LIVE) if (name in node.props) put(element, name, node.props[name], old.props[name]);
}

/** Make the children of an element so. Text is text; nothing that anybody wrote is ever read as markup. */
export function patch(parent: Element, before: (Node_ | string)[], after: (Node_ | string)[]): void {
  const keyed = new Map<string, Node_>();
  const plain: (Node_ | string)[] = [];
  for (const old of before) {
    if (typeof old === "object" && old.key !== undefined) keyed.set(old.key, old);
    else plain.push(old);
  }
  const kept = new Set<Element>();
  const made: ({ at: Element } | { text: string })[] = [];
  const fresh: Node_[] = [];
  let next = 0;
  for (const node of after) {
    if (typeof node === "string") {
      made.push({ text: node });
      continue;
    }
    let old: Node_ | string | undefined = node.key === undefined ? undefined : keyed.get(node.key);
    if (node.key === undefined) {
      while (next < plain.length && !same(plain[next], node)) next++;
      // What does not fit is given up, so that a view that is shorter now loses the right ones.
      old = plain[next++];
    }
    if (same(old, node) && !kept.has(old.at as Element)) update(old, node);
    else {
      make(node);
      fresh.push(node);
    }
    kept.add(node.at as Element);
    made.push({ at: node.at as Element });
  }
  for (const child of [...parent.childNodes]) if (!(child instanceof Element && kept.has(child)) && !(child instanceof Text)) child.remove();
  let here = parent.firstChild;
  for (const wanted of made) {
    if ("text" in wanted) {
      if (here instanceof Text) {
        if (here.data !== wanted.text) here.data = wanted.text;
        here = here.nextSibling;
      } else parent.insertBefore(document.createTextNode(wanted.text), here);
      continue;
    }
    while (here instanceof Text) {
      const gone = here;
      here = here.nextSibling;
      gone.remove();
    }
    if (here === wanted.at) here = here.nextSibling;
    else parent.insertBefore(wanted.at, here);
  }
  while (here) {
    const gone = here;
    here = here.nextSibling;
    if (gone instanceof Text) gone.remove();
  }
  for (const node of fresh) if (node.props.ref) (node.props.ref as (element: Element) => void)(node.at as Element);
}

/** A place on the page that shows whatever the view says; keeps the focus where it was when elements move. */
export function mount(root: Element, view: () => Child): () => void {
  let before: (Node_ | string)[] = [];
  let waiting = false;
  const draw = (): void => {
    waiting = false;
    const focused = document.activeElement as HTMLElement | null;
    const after = h("div", {}, view()).kids;
    patch(root, before, after);
    before = after;
    // An element that moved lost the focus to nobody; what opened may have taken it on purpose.
    if (focused && document.activeElement === document.body && root.contains(focused)) focused.focus();
  };
  draw();
  return () => {
    if (waiting) return;
    waiting = true;
    queueMicrotask(draw);
  };
}
