/** What the sources say of their names: the comment above each, the options of a type, the members of a union. */
import { readFileSync } from "node:fs";
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
type Named = Syntax & { readonly key?: { readonly name: string }; readonly optional?: boolean };

export interface Member {
  readonly name: string;
  readonly optional: boolean;
  /** What its comment says, without the sentence of the default. */
  readonly about: string;
  /** What that sentence says; null where there is none. */
  readonly byDefault: string | null;
}

export interface Declarations {
  /** The comment above an exported name, or above an entry of an exported object: `optimizers.adam`. */
  readonly about: (name: string) => string;
  /** The members of an interface, those that it extends first; of another name of one, the same. Imported ones too. */
  readonly members: (name: string) => readonly Member[];
  /** The members of a union of objects by the word that `kind` has. */
  readonly variants: (name: string) => ReadonlyMap<string, { about: string; members: readonly Member[] }>;
  /** The type of a function's last parameter; null where it takes no options. */
  readonly optionsType: (name: string) => string | null;
}

const cleaned = (comment: string): string =>
  comment
    .split("\n")
    .map((line) => line.trim().replace(/^\* ?/, ""))
    .filter((line) => !line.startsWith("@"))
    .join(" ")
    .replace(/\s+/g, " ")
    .trim();

/** Reads a file of the project, from its root: `src/training/optimizers.ts`. */
export function declarationsOf(file: string): Declarations {
  const text = readFileSync(root + file, "utf8");
  const { program, comments } = parseSync(file, text);
  const body = (program as unknown as { body: readonly Syntax[] }).body;
  const fault = (what: string): never => {
    throw new Error(`${file}: ${what}`);
  };

  const above = (node: Syntax): string | null => {
    const comment = comments.findLast(
      (c) => c.type === "Block" && c.end <= node.start && text.slice(c.end, node.start).trim() === "",
    );
    return comment?.value.startsWith("*") ? cleaned(comment.value.slice(1)) : null;
  };

  const memberOf = (node: Named): Member => {
    const name = node.key?.name ?? fault("a member without a name");
    const comment = above(node) ?? fault(`${name} has no comment`);
    const [, about, byDefault = null] = /^(.*?)(?:\s*Default: ([^]*)\.)?$/.exec(comment) ?? [];
    return { name, optional: node.optional === true, about: about ?? comment, byDefault };
  };

  const declared = (name: string): { statement: Syntax; node: Syntax } => {
    for (const statement of body) {
      const node = (statement.declaration ?? statement) as Syntax;
      const inner = (node.declarations as readonly Syntax[] | undefined)?.[0] ?? node;
      if ((inner.id as { name?: string } | undefined)?.name === name) return { statement, node: inner };
    }
    return fault(`declares no ${name}`);
  };

  const members = (name: string): readonly Member[] => {
    const elsewhere = importedFrom(file, text).get(name);
    if (elsewhere !== undefined) return declarationsOf(elsewhere).members(name);
    const { node } = declared(name);
    const other = node.typeAnnotation as { typeName?: { name: string } } | undefined;
    if (other?.typeName) return members(other.typeName.name);
    const parents = ((node.extends ?? []) as readonly { expression: { name: string } }[]).map(
      ({ expression }) => expression.name,
    );
    const own = (node.body as { body: readonly Named[] }).body.map(memberOf);
    return [...parents.flatMap(members), ...own];
  };

  return {
    about: (name) => {
      const [first, entry] = name.split(".");
      const { statement, node } = declared(first);
      if (entry === undefined) return above(statement) ?? fault(`${name} has no comment`);
      const object = node.init as Syntax;
      const inside = (object.type === "TSAsExpression" ? object.expression : object) as Syntax;
      const property = (inside.properties as readonly Named[]).find((p) => p.key?.name === entry);
      return (property && above(property)) ?? fault(`${name} has no comment`);
    },
    members,
    variants: (name) => {
      const union = declared(name).node.typeAnnotation as { types: readonly { members: readonly Named[] }[] };
      return new Map(
        union.types.map((literal) => {
          const kind = literal.members.find((m) => m.key?.name === "kind") ?? fault(`${name} without a kind`);
          const { literal: word } = (
            kind.typeAnnotation as { typeAnnotation: { literal: { value: string } } }
          ).typeAnnotation;
          const others = literal.members.filter((m) => m !== kind).map(memberOf);
          return [
            word.value,
            { about: above(kind) ?? fault(`${word.value} has no comment`), members: others },
          ];
        }),
      );
    },
    optionsType: (name) => {
      const { params } = declared(name).node.init as { params: readonly Syntax[] };
      const last = params.at(-1) as Syntax;
      const parameter = (last.type === "AssignmentPattern" ? last.left : last) as {
        typeAnnotation?: { typeAnnotation: { typeName?: { name: string } } };
      };
      const type = parameter.typeAnnotation?.typeAnnotation.typeName?.name;
      return type?.endsWith("Options") ? type : null;
    },
  };
}

/** The files beside a file that it imports from, by the name: `Conv1dOptions` is in `src/layers/convolution.ts`. */
function importedFrom(file: string, text: string): ReadonlyMap<string, string> {
  const folder = file.slice(0, file.lastIndexOf("/"));
  return new Map(
    [...text.matchAll(/import (?:type )?\{([^}]*)\} from "\.\/([^"]+)"/g)].flatMap(([, names, from]) =>
      names.split(",").map((name) => [name.replace("type ", "").trim(), `${folder}/${from}`] as const),
    ),
  );
}
