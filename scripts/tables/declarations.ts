/** What the sources say of their names: the comment above each, the options of a type, the members of a union. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "vite";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A node of the syntax tree (ESTree, with TypeScript's). */
interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}
type Named = Syntax & { readonly key?: { readonly name: string } };

interface Comment {
  readonly type: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

export interface Member {
  readonly name: string;
  /** What its comment says, without the sentence of the default. */
  readonly about: string;
  /** What that sentence says; null where there is none. */
  readonly byDefault: string | null;
}

/** A comment's text in one line, as far as its tags (`@throws`). */
const cleaned = (comment: string): string =>
  comment
    .split("\n")
    .map((line) => line.trim().replace(/^\* ?/, ""))
    .join("\n")
    .replace(/(^|\n)@[^]*$/, "")
    .replace(/\s+/g, " ")
    .trim();

/** The declarations of a file of the project, by its path from the root: `src/training/optimizers.ts`. */
export class Declarations {
  readonly #file: string;
  readonly #text: string;
  readonly #body: readonly Syntax[];
  readonly #comments: readonly Comment[];

  constructor(file: string) {
    this.#file = file;
    this.#text = readFileSync(root + file, "utf8");
    const { program, comments } = parseSync(file, this.#text);
    this.#body = (program as unknown as { body: readonly Syntax[] }).body;
    this.#comments = comments;
  }

  /** The comment above an exported name, or above an entry of an exported object: `optimizers.adam`. */
  about(name: string): string {
    const [first, entry] = name.split(".");
    const node = entry === undefined ? this.#declared(first).statement : this.#property(first, entry);
    return this.#above(node) ?? this.#fault(`${name} has no comment`);
  }

  /** The members of an interface, those that it extends first; of another name of one, the same. Imported ones too. */
  members(name: string): readonly Member[] {
    const elsewhere = importedFrom(this.#file, this.#text).get(name);
    if (elsewhere !== undefined) return new Declarations(elsewhere).members(name);
    const { node } = this.#declared(name);
    const other = node.typeAnnotation as { typeName?: { name: string } } | undefined;
    if (other?.typeName) return this.members(other.typeName.name);
    const parents = (node.extends ?? []) as readonly { expression: { name: string } }[];
    const own = (node.body as { body: readonly Named[] }).body.map((member) => this.#member(member));
    return [...parents.flatMap(({ expression }) => this.members(expression.name)), ...own];
  }

  /** The members of a union of objects by the word that `kind` has. */
  variants(name: string): ReadonlyMap<string, { about: string; members: readonly Member[] }> {
    const union = this.#declared(name).node.typeAnnotation as {
      types: readonly { members: readonly Named[] }[];
    };
    return new Map(
      union.types.map(({ members }) => {
        const kind = members.find((m) => m.key?.name === "kind") ?? this.#fault(`${name} without a kind`);
        const type = kind.typeAnnotation as { typeAnnotation: { literal: { value: string } } };
        const word = type.typeAnnotation.literal.value;
        const about = this.#above(kind) ?? this.#fault(`${word} has no comment`);
        return [word, { about, members: members.filter((m) => m !== kind).map((m) => this.#member(m)) }];
      }),
    );
  }

  /** The type of a function's options, its last parameter; of an object's function too. Null where it takes none. */
  optionsType(name: string): string | null {
    const [first, entry] = name.split(".");
    const { init } = this.#declared(first).node as { init?: Syntax };
    const callee = entry === undefined ? init : (this.#property(first, entry).value as Syntax | undefined);
    const last = (callee?.params as readonly Syntax[] | undefined)?.at(-1);
    const parameter = (last?.type === "AssignmentPattern" ? last.left : last) as
      { typeAnnotation?: { typeAnnotation: { typeName?: { name: string } } } } | undefined;
    const type = parameter?.typeAnnotation?.typeAnnotation.typeName?.name;
    return type === undefined || type === "Tensor" ? null : type;
  }

  #fault(what: string): never {
    throw new Error(`${this.#file}: ${what}`);
  }

  #above(node: Syntax): string | null {
    const comment = this.#comments.findLast(
      (c) => c.type === "Block" && c.end <= node.start && this.#text.slice(c.end, node.start).trim() === "",
    );
    return comment?.value.startsWith("*") ? cleaned(comment.value.slice(1)) : null;
  }

  #member(node: Named): Member {
    const name = node.key?.name ?? this.#fault("a member without a name");
    const comment = this.#above(node) ?? this.#fault(`${name} has no comment`);
    const [, about, byDefault = null] = /^(.*?)(?:\s*Default: ([^]*)\.)?$/.exec(comment) ?? [];
    return { name, about: about ?? comment, byDefault };
  }

  #declared(name: string): { statement: Syntax; node: Syntax } {
    for (const statement of this.#body) {
      const node = (statement.declaration ?? statement) as Syntax;
      const inner = (node.declarations as readonly Syntax[] | undefined)?.[0] ?? node;
      if ((inner.id as { name?: string } | undefined)?.name === name) return { statement, node: inner };
    }
    return this.#fault(`declares no ${name}`);
  }

  /** An entry of an exported object. */
  #property(name: string, entry: string): Named {
    const object = this.#declared(name).node.init as Syntax;
    const inside = (object.type === "TSAsExpression" ? object.expression : object) as Syntax;
    const found = (inside.properties as readonly Named[]).find((p) => p.key?.name === entry);
    return found ?? this.#fault(`${name} has no ${entry}`);
  }
}

/** The files that a file imports from, by the name: `Conv1dOptions` is in `src/layers/convolution.ts`. */
function importedFrom(file: string, text: string): ReadonlyMap<string, string> {
  const folder = posix.dirname(file);
  return new Map(
    [...text.matchAll(/import (?:type )?\{([^}]*)\} from "(\.[^"]+)"/g)].flatMap(([, names, from]) =>
      names.split(",").map((name) => [name.replace("type ", "").trim(), posix.join(folder, from)] as const),
    ),
  );
}
