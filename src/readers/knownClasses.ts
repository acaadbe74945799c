/** The labels of rows by the classes that a header names: every row has one, or none has (`?`) and they can be predicted. */
import type { Answers } from "../data/answers.ts";
import { quote } from "../data/quote.ts";
import type { Refuse } from "./lines.ts";

/** The place of a row, and what stood there. */
interface Seen {
  readonly label: string;
  readonly line: number;
}

export class KnownClasses {
  readonly #classes: readonly string[];
  readonly #indices: ReadonlyMap<string, number>;
  /** By lower case; null where two classes share it. */
  readonly #folded = new Map<string, number | null>();
  readonly #labels: number[] = [];
  /** The first row with a class, the first without one, and those that were known by another letter case. */
  #known: Seen | null = null;
  #unknown: Seen | null = null;
  #otherCase: Seen | null = null;
  #otherCases = 0;

  constructor(classes: readonly string[]) {
    this.#classes = classes;
    this.#indices = new Map(classes.map((name, index) => [name, index]));
    classes.forEach((name, index) => {
      const key = name.toLowerCase();
      this.#folded.set(key, this.#folded.has(key) ? null : index);
    });
  }

  /** The label of the next row. Refuses one that is no class: `where` says what it is, `named` who names the classes. */
  add(label: string, line: number, where: string, named: string, refuse: Refuse): void {
    const index = this.#indexOf(label, line);
    if (index === undefined && label !== "?")
      refuse(
        `${where} ${quote(label)}, which is not in ${named} (${quoteSome(this.#classes)}); ` +
          "the header names every class; correct the label or the header",
      );
    if (index === undefined) this.#unknown ??= { label, line };
    else {
      this.#known ??= { label, line };
      this.#labels.push(index);
    }
    const [known, unknown] = [this.#known, this.#unknown];
    if (known && unknown)
      refuse(
        `${where} ${quote(label)}, but line ${Math.min(known.line, unknown.line)} has ` +
          `${quote((known.line < unknown.line ? known : unknown).label)}; every row has a class, or none has and they can be ` +
          "predicted; complete the label, or leave the row out",
      );
  }

  #indexOf(label: string, line: number): number | undefined {
    const exact = this.#indices.get(label);
    if (exact !== undefined) return exact;
    const folded = this.#folded.get(label.toLowerCase()) ?? undefined;
    if (folded !== undefined) {
      this.#otherCases++;
      this.#otherCase ??= { label, line };
    }
    return folded;
  }

  finish(): Answers {
    return this.#unknown
      ? { kind: "none" }
      : { kind: "classes", classes: this.#classes, labels: Int32Array.from(this.#labels) };
  }

  /** What should be said of them. */
  notes(file: string): string[] {
    const [unknown, other] = [this.#unknown, this.#otherCase];
    return [
      ...(unknown ? [`${file}: the class of every row is ?: rows have no answer, and can be predicted`] : []),
      ...(other
        ? [
            `${file}:${other.line}: the label ${quote(other.label)} is taken for the header's class of another letter case` +
              (this.#otherCases > 1 ? `, and so are ${this.#otherCases - 1} more` : ""),
          ]
        : []),
    ];
  }
}

/** The first names of a list, quoted. */
function quoteSome(names: readonly string[]): string {
  const most = 10;
  return (
    names
      .slice(0, most)
      .map((name) => quote(name))
      .join(", ") + (names.length > most ? ", …" : "")
  );
}
