/**
 * Annotations in a JSON export of Label Studio: tasks with `annotations`, whose `result` has regions with
 * `value: { start, end, timeserieslabels }` (of audio: `labels`). Of one task and one annotator. Source: labelstud.io/guide/export.
 */
import { InputError } from "../data/errors.ts";
import { quote } from "../data/quote.ts";
import type { Annotation, Annotations, AnnotationUnit } from "./signals.ts";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listIn = (value: unknown): readonly unknown[] | null => (Array.isArray(value) ? value : null);

/** Reads an export. Throws InputError, naming the task and the region (both from 1). */
export function parseLabelStudio(text: string, file: string, unit?: AnnotationUnit): Annotations {
  const refuse = (where: string, what: string): never => {
    throw new InputError(`${file}${where}: ${what}`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    refuse("", `it is no JSON (${quote(reason)}); give an export of Label Studio`);
  }
  const tasks = listIn(json) ?? [json];
  if (tasks.length !== 1)
    refuse("", `it has ${tasks.length} tasks; a file annotates one recording; export them one by one`);
  const [task] = tasks;
  const done = isObject(task) ? (listIn(task["annotations"]) ?? [task]) : [];
  if (done.length !== 1)
    refuse("", `it has ${done.length} annotations of its task; which of them holds is not said; export one`);
  const [annotation] = done;
  const regions = isObject(annotation) ? listIn(annotation["result"]) : null;
  if (!regions) return refuse("", 'it has no "result" of regions; give a JSON export of Label Studio');
  const annotations: Annotation[] = [];
  let others = 0;
  regions.forEach((region, i) => {
    const value = isObject(region) ? region["value"] : null;
    if (!isObject(value)) return others++;
    const labels = listIn(value["timeserieslabels"]) ?? listIn(value["labels"]);
    if (!labels) return others++;
    const { start, end } = value;
    const [label] = labels;
    if (labels.length !== 1 || typeof label !== "string" || label === "")
      return refuse(
        `, region ${i + 1}`,
        `it has ${labels.length} labels; a position has one class; leave one`,
      );
    if (typeof start !== "number" || typeof end !== "number" || !(end >= start) || !Number.isFinite(end))
      return refuse(
        `, region ${i + 1}`,
        `it is from ${quote(String(start))} to ${quote(String(end))}; both are numbers, the first not after the second; export times as numbers`,
      );
    const scale = unit === "ms" ? 1000 : 1;
    annotations.push({ onset: start / scale, duration: (end - start) / scale, text: label });
    return 0;
  });
  return {
    unit: unit === "samples" ? "samples" : "s",
    annotations,
    notes: [
      ...(unit === undefined
        ? ["start and end of regions are read as seconds (--annotation-unit samples or ms says otherwise)"]
        : []),
      ...(others > 0
        ? [`${others} of ${regions.length} results have no label of a stretch and are left out`]
        : []),
    ],
  };
}
