/** Labels that rows are given one after the other, and the classes that they make. */
import type { AnswersOf } from "../data/answers.ts";
import { readDecimal } from "./values.ts";

export class LabelNames {
  readonly #indices = new Map<string, number>();
  readonly #rows: number[] = [];

  /** The label of the next row. A number that is written with a point or an exponent (6.0, 6.0e+00) is its shortest form (6). */
  add(name: string): void {
    const label = /[.eE]/.test(name) && Number.isFinite(readDecimal(name)) ? String(Number(name)) : name;
    const known = this.#indices.get(label);
    this.#rows.push(known ?? this.#indices.size);
    if (known === undefined) this.#indices.set(label, this.#indices.size);
  }

  /** Class indices of the rows; classes are in numeric order if all are numbers, else in order of their UTF-16 units. */
  finish(): AnswersOf<"classes"> {
    const names = [...this.#indices.keys()];
    const numeric = names.every((name) => Number.isFinite(readDecimal(name)));
    const classes = [...names].sort(numeric ? (a, b) => Number(a) - Number(b) : undefined);
    const sorted = new Map(classes.map((name, index) => [name, index]));
    const order = names.map((name) => sorted.get(name) ?? -1);
    return { kind: "classes", classes, labels: Int32Array.from(this.#rows, (index) => order[index]) };
  }
}
