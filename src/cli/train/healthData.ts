/** What a report says of a trained model's health: bounded in rows, so that a report stays a matter of moments. */
import type { AnyModel } from "../../formats/modelFile.ts";
import { rowsOf, type Dataset } from "../../data/dataset.ts";
import { InputError } from "../../data/errors.ts";
import { diagnose } from "../../inspect/health/diagnose.ts";
import { filterResponse } from "../../inspect/health/filterResponse.ts";
import { plane } from "../../inspect/health/plane.ts";
import type { Health } from "../../inspect/report/health.ts";
import type { Judged } from "../../inspect/report/judge.ts";
import type { BackendChoice } from "../../backends/choose.ts";
import type { Network } from "../../models/network.ts";
import { evaluateGroups } from "../../models/scores/byGroup.ts";
import { commonestMistakes } from "../../models/scores/confusion.ts";
import type { Loss } from "../../models/scores/loss.ts";
import type { Scored } from "../../models/scores/scored.ts";
import { decimals, percent } from "../format.ts";

/** Rows whose groups are scored again, and that are drawn as points. */
const MOST_GROUPED = 20_000;
const MOST_POINTS = 1000;
/** Values of an embedding that is drawn: 32 MiB of f64. */
const MOST_VALUES = 2 ** 22;

interface Asked {
  readonly model: AnyModel;
  readonly rows: Dataset;
  readonly judged: Judged | null;
  /** Its figures, where they were told. */
  readonly scored: Scored | null;
  readonly loss?: Loss;
  readonly backend?: BackendChoice;
}

/** All of it that there is. */
export async function healthOf({ model, rows, judged, scored, loss, backend }: Asked): Promise<Health> {
  const network = model.kind === "ensemble" ? model.members[0] : model.kind === "network" ? model : null;
  return {
    ...(judged?.reliability && { reliability: judged.reliability }),
    ...(model.temperature !== undefined && { temperature: model.temperature }),
    figures: figuresOf(judged, scored),
    ...(judged?.classes && rows.groups && rows.rows <= MOST_GROUPED && { groups: groupsOf(model, rows) }),
    ...(network && (await ofNetwork(network, rows, { loss, backend }))),
  };
}

async function ofNetwork(
  network: Network,
  rows: Dataset,
  options: Pick<Asked, "loss" | "backend">,
): Promise<Partial<Health>> {
  const [response] = filterResponse(network);
  const drawn = await planeOf(network, rows);
  return {
    findings: await diagnose(network, rows, options),
    ...(response && { response }),
    ...(drawn && { plane: drawn }),
  };
}

const figuresOf = (judged: Judged | null, s: Scored | null): [string, string][] => {
  const interval = judged?.accuracyInterval;
  const figure = (name: string, x: number | undefined, text = decimals): [string, string][] =>
    x === undefined || Number.isNaN(x) ? [] : [[name, text(x)]];
  return [
    ...figure("accuracy", judged?.accuracy, percent),
    ...(interval
      ? [
          ["95 % interval of it (Wilson)", `${percent(interval[0])} to ${percent(interval[1])}`] satisfies [
            string,
            string,
          ],
        ]
      : []),
    ...figure("balanced accuracy", judged?.balancedAccuracy, percent),
    ...figure("macro-F1", judged?.f1),
    ...figure("AUROC", s?.auroc),
  ];
};

const groupsOf = (model: AnyModel, rows: Dataset): NonNullable<Health["groups"]> =>
  evaluateGroups(model, rows).map(
    ({ group, rows: count, accuracy, accuracyInterval: interval, confusion }) => {
      const [worst] = commonestMistakes(confusion, 1);
      const named = (k: number): string => model.classes[k] ?? "no class";
      return {
        group,
        rows: count,
        accuracy,
        ...(interval && { interval }),
        mistake: worst ? `${named(worst.actual)} called ${named(worst.predicted)}, ${worst.count}` : "",
      };
    },
  );

/** The features that the head reads, in the plane; null where there are none, or too many. */
async function planeOf(network: Network, rows: Dataset): Promise<Health["plane"] | null> {
  const { answers } = rows;
  if (answers.kind !== "classes") return null;
  const every = Math.max(1, Math.ceil(rows.rows / MOST_POINTS));
  const some = Array.from({ length: Math.ceil(rows.rows / every) }, (_, i) => i * every);
  try {
    const embedding = await network.embed(rowsOf(rows, some));
    if (embedding.values.length > MOST_VALUES) return null;
    return {
      layer: embedding.layer,
      rows: rows.rows,
      ...plane(embedding),
      labels: some.map((row) => answers.labels[row]),
      names: answers.classes,
    };
  } catch (error) {
    if (error instanceof InputError) return null; // no layer before the head
    throw error;
  }
}
