declare module "idiomorph" {
  export const Idiomorph: {
    morph(target: Element, content: Element, options?: { ignoreActiveValue?: boolean; morphStyle?: string }): Node[];
  };
}
