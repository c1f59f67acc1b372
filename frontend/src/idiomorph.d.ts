declare module "idiomorph" {
  export interface MorphOptions {
    ignoreActiveValue?: boolean;
    morphStyle?: "innerHTML" | "outerHTML";
    callbacks?: { beforeAttributeUpdated?: (name: string, node: Element, kind: "update" | "remove") => boolean };
  }
  export const Idiomorph: {
    morph(target: Element, content: Element, options?: MorphOptions): Node[];
  };
}
