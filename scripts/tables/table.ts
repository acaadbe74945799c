/** Tables in Markdown. */

/** Text that stands in a cell as it is: no bar ends the cell and no `<` begins a tag. */
export const cell = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;").replaceAll("*", "\\*")))
    .join("")
    .replaceAll("|", "\\|");

export const code = (text: string): string => (text === "" ? "" : `\`${text}\``);

/** The head, then a row a line; cells are Markdown already. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
