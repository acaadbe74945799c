/** The names of an export's symbols, from the name of its file. */
export interface Names {
  /** Begins functions and types, such as `gun`. */
  readonly name: string;
  /** Begins macros, such as `GUN`. */
  readonly macro: string;
  /** The macro of the type of a row's numbers. */
  readonly sample: string;
}

/** Letters, digits and underscores; others become underscores, and what would not begin with a letter gets `model_` before it. */
export function namesOf(file: string): Names {
  const plain = file.replaceAll(/[^A-Za-z0-9_]/g, "_").replace(/^_+/, "");
  const name = /^[A-Za-z]/.test(plain) ? plain : `model_${plain}`;
  const macro = name.toUpperCase();
  return { name, macro, sample: `${macro}_SAMPLE` };
}
