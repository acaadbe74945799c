/** How outputs do on rows. */
import { answersEach, NO_LABEL } from "../data/answers.ts";
import type { Batch, Dataset } from "../data/dataset.ts";
import type { Loss } from "../models/scores/loss.ts";
import {
  classOf,
  score,
  scoreSeveral,
  scoreValues,
  type Evaluation,
  type Extent,
} from "../models/scores/score.ts";
import type { Score } from "./history.ts";
import type { TargetScales } from "../models/targets.ts";
import type { Monitor } from "./monitor.ts";

/** Loss and accuracy, and the watched metric; of values all metrics. */
export function brief(e: Evaluation, monitor: Monitor): Score {
  const { loss, accuracy, rmse, mae, r2 } = e;
  if (rmse !== undefined) return { loss, accuracy, rmse, mae, r2 };
  return monitor === "loss" || monitor === "accuracy"
    ? { loss, accuracy }
    : { loss, accuracy, [monitor]: e[monitor] };
}

/** The rows of a batch that are right; of positions and of several labels, the mean part of each row. */
export function countRight(outputs: Float32Array, { answers }: Batch): number {
  switch (answers.kind) {
    case "values":
    case "none":
      return 0;
    case "multiLabel": {
      const { targets, classes } = answers;
      let right = 0;
      for (let i = 0; i < targets.length; i++)
        if (!Number.isNaN(outputs[i]) && outputs[i] >= 0 === targets[i] >= 0.5) right++;
      return right / classes.length;
    }
    case "classes":
    case "positions": {
      const { labels, classes } = answers;
      const positions = answersEach(answers);
      let right = 0;
      let labelled = 0;
      for (let i = 0; i < labels.length; i++) {
        if (labels[i] === NO_LABEL) continue;
        labelled++;
        const from = Math.floor(i / positions) * classes.length * positions + (i % positions);
        const logits = Array.from(classes, (_, k) => outputs[from + k * positions]);
        if (classOf(logits) === labels[i]) right++;
      }
      if (labelled === 0) return 0;
      // of positions all of which have a label, exactly right / positions
      return labelled === labels.length
        ? right / positions
        : (right / labelled) * (labels.length / positions);
    }
  }
}

/** Loss and metrics of rows, from their outputs in prediction mode. */
export function scoreOutputs(
  outputs: Float32Array,
  { loss, monitor, units }: { readonly loss: Loss; readonly monitor: Monitor; readonly units?: TargetScales },
  data: Dataset,
): Evaluation {
  const { answers } = data;
  switch (answers.kind) {
    case "values":
    case "none":
      return scoreValues(outputs, data.targets, data, { loss, units });
    case "multiLabel":
      return scoreSeveral(outputs, answers.targets, answers.classes.length);
    case "classes":
    case "positions": {
      const extent: Extent = monitor === "auroc" ? "all" : "withoutAuroc";
      return score(outputs, answers.labels, answers.classes.length, answersEach(answers), extent);
    }
  }
}
