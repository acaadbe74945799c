/**
 * The keys of the outermost object of some JSON text, in the order of the text: what `JSON.parse` does not
 * give (it moves keys such as "0" to the front) and, of a key that is there twice in one object at any
 * depth, hides (the last one wins). `text` must be JSON that `JSON.parse` accepts; a repeated key goes to
 * `repeated`.
 */
export function headerKeys(text: string, repeated: (key: string) => never): string[] {
  const open: Set<string>[] = [];
  const outermost: string[] = [];
  let string = "";
  for (let at = 0; at < text.length; at++) {
    const unit = text[at];
    if (unit === '"') {
      const begin = at++;
      while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      string = text.slice(begin, at + 1);
    } else if (unit === "{") {
      open.push(new Set());
    } else if (unit === "}") {
      open.pop();
    } else if (unit === ":") {
      const key: string = JSON.parse(string);
      const keys = open[open.length - 1];
      if (keys.has(key)) repeated(key);
      keys.add(key);
      if (open.length === 1) outermost.push(key);
    }
  }
  return outermost;
}
