// What is certainly wrong with chosen files, said at once by the widget and by a form's own page.
import type { Field, Say } from "./types";

type Kinds = Pick<Field, "accept" | "types" | "size" | "max_bytes">;

/** What is wrong, as a message. Of its kind is only judged what the browser has a name for, and no file whose ending is one
 * that is taken, since browsers call the same kind by several names: the server looks what is in it. */
export const refused = (files: File[], field: Kinds, say: Say): string => {
  for (const { name, type, size } of files) {
    const strange =
      type &&
      // `text/plain` takes all kinds of it, and `image/heic` is also called `image/heif`.
      !field.accept!.some((each) => type.startsWith(each.replace(/\*.*|plain$|c$/, ""))) &&
      !field.types!.toLowerCase().includes(name.replace(/.*\./, "").toLowerCase());
    if (strange || size > field.max_bytes!) return say(strange ? "file_type" : "file_size", { ...field, name });
  }
  return "";
};
