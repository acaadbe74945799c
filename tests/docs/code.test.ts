/** The code in README.md and docs/ compiles, runs where it says so, and calls verbs and options that there are. */
import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { programOf } from "../../src/cli/program.ts";
import { complaints, printed } from "./blocks.ts";
import { blocksOf, pageFiles, textOf, type Block } from "./markdown.ts";
import { commandsIn, wordsOf } from "./shell.ts";

const blocks = pageFiles().flatMap((page) => blocksOf(page, textOf(page)));
const typescript = blocks.filter(({ language }) => language === "ts");
const shell = ["", "sh", "bash"];
const where = ({ page, line }: Block): string => `${page}:${line}`;

/** What the command line has against words, without running a verb; null where it takes them. */
function refusal(words: readonly string[]): string | null {
  const sink = new PassThrough();
  const io = { stdin: sink, stdout: sink, stderr: sink, env: {}, onInterrupt: () => () => undefined };
  const program = programOf(words, io, () => undefined);
  const verb = program.commands.find((command) => command.name() === words[0]);
  if (!verb) return `there is no verb ${words[0]}`;
  try {
    const { operands, unknown } = verb.parseOptions(words.slice(1));
    if (unknown.length > 0) return `${verb.name()} has no option ${unknown[0]}`;
    const wanted = verb.registeredArguments;
    const least = wanted.filter((argument) => argument.required).length;
    const most = wanted.some((argument) => argument.variadic) ? Infinity : wanted.length;
    if (operands.length < least || operands.length > most)
      return `${verb.name()} has ${operands.length} arguments`;
    return null;
  } catch (error) {
    return String(error);
  }
}

describe("the docs' code", () => {
  it("has a language that is checked, or is what a terminal shows", () => {
    // queries (sql) run in tests/readers/node/sql.test.ts, Python in tests/formats/pytorch.test.ts, C in tests/export/c.test.ts
    const known = new Set(["ts", "js", "json", "mermaid", "sql", "py", "c", ...shell]);
    expect(blocks.filter(({ language }) => !known.has(language)).map(where)).toEqual([]);
  });

  it("compiles under strict, against src", () => {
    expect(typescript.length).toBeGreaterThan(5);
    expect(complaints(typescript)).toBe("");
  });

  it.each(typescript.filter(({ runs }) => runs).map((block) => [where(block), block] as const))(
    "runs, and prints what it says: %s",
    (_, block) => {
      const output = printed(`${block.given}\n${block.text}`);
      for (const said of block.prints) expect(output).toContain(said);
    },
  );

  it("is JSON where it says so", () => {
    for (const block of blocks.filter(({ language }) => language === "json"))
      expect(() => JSON.parse(block.text) as unknown, where(block)).not.toThrow();
  });

  it("calls verbs and options that there are", () => {
    const commands = blocks
      .filter(({ language }) => shell.includes(language))
      .flatMap((block) => commandsIn(block.text).map((line) => [where(block), line] as const));
    expect(commands.length).toBeGreaterThan(20);
    const refused = commands.flatMap(([place, line]) => {
      const reason = refusal(wordsOf(line));
      return reason === null ? [] : [`${place}: toeplitz ${line}: ${reason}`];
    });
    expect(refused).toEqual([]);
  });
});

describe("the test of the docs' code", () => {
  it("is red on a wrong type, a wrong option and a wrong verb", () => {
    const [block] = blocksOf(
      "docs/x.md",
      '<!-- given: declare const n: number; -->\n\n```ts\nimport { fit } from "toeplitz";\nfit(n);\n```\n',
    );
    expect(block).toMatchObject({ line: 3, language: "ts", given: "declare const n: number;", runs: false });
    expect(complaints([block])).toContain("docs_x_3.mts(3,1)");
    expect(refusal(wordsOf("train gun.csv --lable class"))).toBe("train has no option --lable");
    expect(refusal(wordsOf('train "gun.csv" --epochs 1.5'))).toContain("--epochs");
    expect(refusal(wordsOf("tran gun.csv"))).toBe("there is no verb tran");
    expect(refusal(wordsOf("evaluate model.safetensors # DATA"))).toBe("evaluate has 1 arguments");
  });
});
