/** The name of the data set in a file: the file's name without folders, ending and `_TRAIN` or `_TEST`. */
export function datasetName(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  const stem = base.replace(/(?<=.)\.[^.]*$/, "");
  return stem.replace(/(?<=.)_(TRAIN|TEST)$/i, "");
}
