/**
 * An option as data: how it is typed, what it means, how its text is read, and what follows from it elsewhere. Tables of
 * rows make the parser, the types of what commander gives, the headings of `--help`, what a resumed run may change, what
 * a model refuses, and docs/options.md.
 */
/** Headings of --help, in their order. */
export const groups = {
  data: "Data:",
  preparation: "Preparation:",
  model: "Model:",
  training: "Training:",
  protocol: "Validation and several runs:",
  search: "Search:",
  machine: "Machine:",
  output: "Output:",
} as const;

/**
 * - `weights`: it decides the bits of a run, so a run that goes on must have it as it was;
 * - `model`: it decides the model, and so the bits;
 * - `start`: where a run begins, which is behind one that goes on, and which no setting records;
 * - `length`: a run may go on for longer;
 * - `free`: where a run runs, what it is tested on and what is shown of it.
 */
export type Reach = "weights" | "model" | "start" | "length" | "free";

/** What takes steps and what does not, one network and several. */
export type ModelKind = "network" | "ensemble" | "rocket";

export const anyModel: readonly ModelKind[] = ["network", "ensemble", "rocket"];
export const stepped: readonly ModelKind[] = ["network", "ensemble"];

/** An option as data. */
export interface Row<T = unknown> {
  /** As it is typed: `--batch <N>`. */
  readonly flags: string;
  /** What it means, in a line. */
  readonly about: string;
  /** Its reader, where it is not text; throws InputError with the rule and the remedy. */
  readonly parse?: (text: string) => T;
  /** What it is where nobody gives it. */
  readonly fallback?: T;
  /** What it stands for where it is typed without a value: `--balance [TAU]`. */
  readonly bare?: string;
  /** Its heading in `--help`. */
  readonly group: keyof typeof groups;
  /** What of a run it decides. */
  readonly reach: Reach;
  /** The models that take it. */
  readonly models: readonly ModelKind[];
  /** `fit` has an option of the same name and meaning. */
  readonly ofFit?: true;
}

/** Whether an option is typed with a value, or may be: `--batch <N>`, `--balance [TAU]`; others are on or off. */
export const takesValue = ({ flags }: Pick<Row, "flags">): boolean => /[<[]/.test(flags);

/** Rows by the name that commander gives their values. */
export type Rows = Readonly<Record<string, Row>>;

type ValueOf<R> = R extends { readonly parse: (text: string) => infer T }
  ? T
  : R extends Row<infer T>
    ? T
    : never;
type WithFallback<R extends Rows> = {
  [K in keyof R]: R[K] extends { readonly fallback: unknown } ? K : never;
}[keyof R];

/** The values of a table's options as they were given: absent where nobody gave them and there is no fallback. */
export type Given<R extends Rows> = {
  readonly [K in Exclude<keyof R, WithFallback<R>>]?: ValueOf<R[K]>;
} & { readonly [K in WithFallback<R>]: ValueOf<R[K]> };

/** Names of the options for which something holds. */
export const namesWhere = (rows: Rows, holds: (row: Row) => boolean): readonly string[] =>
  Object.entries(rows)
    .filter(([, row]) => holds(row))
    .map(([name]) => name);
