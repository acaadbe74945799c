/** What commander is told of readers of option values (training/options/parsers.ts). */
import type { Command, Option } from "commander";
import { InputError } from "../../data/errors.ts";
import type { WithWords } from "../../training/options/parsers.ts";

export * from "../../training/options/parsers.ts";

/** The words that an option's value is one of, where its reader knows them. */
export function knownWords({ parseArg }: Option): readonly string[] {
  return (parseArg as Partial<WithWords<unknown>> | undefined)?.words ?? [];
}

/** Has a command refuse `--out --force`: an option where the value of another is missing. */
export function refuseOptionsAsValues(command: Command): void {
  for (const option of command.options) {
    if (!option.required) continue;
    const parse = option.parseArg;
    const guarded = (text: string, previous: unknown): unknown => {
      if (text.startsWith("--"))
        throw new InputError(
          `${option.long} wants a value, but ${JSON.stringify(text)} follows; ` +
            "give the value first (of a path that begins so, ./ and the path)",
        );
      return parse ? parse(text, previous) : text;
    };
    option.argParser(Object.assign(guarded, { words: knownWords(option) }));
  }
}
