/** `toeplitz completion SHELL`: a script that completes verbs, options and the words that an option takes. */
import { Argument, type Command, type Option } from "commander";
import { knownWords } from "../options/parsers.ts";
import { say, type Io } from "../io.ts";

const shells = ["bash", "zsh", "fish"] as const;

const HELP = `
Put it where your shell finds it:
  bash   toeplitz completion bash > ~/.local/share/bash-completion/completions/toeplitz
  zsh    toeplitz completion zsh > "\${fpath[1]}/_toeplitz"
  fish   toeplitz completion fish > ~/.config/fish/completions/toeplitz.fish`;

/** Adds the verb, the last one: it is generated from those that are there. */
export function addCompletion(program: Command, io: Io): void {
  program
    .command("completion")
    .description("a script for the shell that completes verbs, options and their words")
    .addArgument(new Argument("<SHELL>", "whose script").choices(shells))
    .addHelpText("after", HELP)
    .action((shell: (typeof shells)[number]) => {
      const verbs = program.commands.map(verbOf);
      say(io.stdout, { bash, zsh, fish }[shell](verbs));
    });
}

interface Verb {
  readonly name: string;
  readonly about: string;
  readonly options: readonly Completed[];
}

interface Completed {
  readonly long: string;
  readonly about: string;
  readonly takesValue: boolean;
  /** What its value is one of; of other values, files are offered. */
  readonly words: readonly string[];
}

const verbOf = (command: Command): Verb => ({
  name: command.name(),
  about: command.description(),
  options: [
    ...command.options.map((option: Option) => ({
      long: option.long ?? "",
      about: option.description,
      takesValue: option.required || option.optional,
      words: knownWords(option),
    })),
    { long: "--help", about: "show help", takesValue: false, words: [] },
  ],
});

function bash(verbs: readonly Verb[]): string {
  const list = (words: readonly string[]): string =>
    `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur"))`;
  const values = verbs.flatMap(({ name, options }) =>
    options
      .filter(({ words }) => words.length > 0)
      .map(({ long, words }) => `    "${name} ${long}") ${list(words)}; return ;;`),
  );
  const takers = verbs.flatMap(({ name, options }) =>
    options
      .filter(({ takesValue, words }) => takesValue && words.length === 0)
      .map((o) => `"${name} ${o.long}"`),
  );
  const names = verbs.map(({ name }) => name);
  return `# bash completion of toeplitz
_toeplitz() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" verb="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    ${list([...names, "help", "--help", "--version"])}
    return
  fi
  case "$verb $prev" in
${values.join("\n")}
    ${takers.join("|")}) return ;;
  esac
  [[ "$cur" == -* ]] || {
    [[ "$verb" == help ]] && ${list(names)}
    [[ "$verb" == completion ]] && ${list(shells)}
    return
  }
  case "$verb" in
${verbs.map(({ name, options }) => `    ${name}) ${list(options.map(({ long }) => long))} ;;`).join("\n")}
  esac
}
complete -o default -F _toeplitz toeplitz`;
}

function zsh(verbs: readonly Verb[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const about = (text: string): string => text.replaceAll(/[[\]:\\]/g, (c) => `\\${c}`);
  const spec = ({ long, about: text, takesValue, words }: Completed): string => {
    const value = words.length > 0 ? `:value:(${words.join(" ")})` : ":value:_files";
    return quoted(`${long}[${about(text)}]${takesValue ? value : ""}`);
  };
  return `#compdef toeplitz
_toeplitz() {
  if (( CURRENT == 2 )); then
    local -a verbs=(
${verbs.map(({ name, about: text }) => `      ${quoted(`${name}:${about(text)}`)}`).join("\n")}
    )
    _describe verb verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${verbs
  .map(
    ({ name, options }) =>
      `    ${name}) _arguments \\\n${options.map((option) => `      ${spec(option)}`).join(" \\\n")} \\\n      '*:file:_files' ;;`,
  )
  .join("\n")}
  esac
}
compdef _toeplitz toeplitz`;
}

function fish(verbs: readonly Verb[]): string {
  const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, (c) => `\\${c}`)}'`;
  const lines = verbs.flatMap(({ name, about, options }) => [
    `complete -c toeplitz -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
    ...options.map(({ long, about: text, takesValue, words }) =>
      [
        `complete -c toeplitz -n '__fish_seen_subcommand_from ${name}' -l ${long.slice(2)} -d ${quoted(text)}`,
        takesValue ? " -r" : "",
        words.length > 0 ? ` -f -a ${quoted(words.join(" "))}` : "",
      ].join(""),
    ),
  ]);
  return ["# fish completion of toeplitz", ...lines].join("\n");
}
