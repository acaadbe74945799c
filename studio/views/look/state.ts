/** What is looked at: a model, the rows, what it says of them. */
import { computed, signal } from "@preact/signals";
import { ask } from "../../engine/client.ts";
import type { RowScores } from "../../engine/looking.ts";
import { attempt, chosenModel, chosenRow, testData, trainData } from "../../session.ts";
import { rowFilter } from "./filter.ts";

/** The rows that are looked at: those to test on where there are any. */
export const lookData = computed(() => testData.value ?? trainData.value);

export const scores = signal<RowScores | null>(null);
/** What the scores are of. */
let scored = "";

/** Scores the rows, where they are not yet; returns what gives up. */
export function scoreThem(): (() => void) | undefined {
  const [model, data] = [chosenModel.value, lookData.value];
  if (!model || !data) return void (scores.value = null);
  const key = `${model.id} ${data.id}`;
  if (key === scored) return undefined;
  scored = key;
  scores.value = null;
  const controller = new AbortController();
  let isOver = false;
  void attempt(async () => {
    try {
      const answer = await ask("scoreRows", { model: model.id, data: data.id }, controller);
      if (scored !== key) return;
      scores.value = answer;
      // the worst row is what most people come for
      look(answer.byLoss[0] ?? 0);
    } catch (error) {
      if (scored === key) scored = "";
      if (!controller.signal.aborted) throw error;
    } finally {
      isOver = true;
    }
  });
  return () => {
    if (isOver) return;
    if (scored === key) scored = "";
    controller.abort();
  };
}

/** In which order rows stand. */
export const order = signal<"byLoss" | "byRow">("byLoss");

/** The rows that the filter leaves, in their order. */
export const listed = computed((): Int32Array => {
  const { value } = scores;
  if (!value) return new Int32Array();
  const { byLoss, wrong, truth, said, names } = value;
  const all = order.value === "byLoss" ? byLoss : Int32Array.from(byLoss).sort();
  const filter = rowFilter.value;
  switch (filter.which) {
    case "all":
      return all;
    case "wrong":
      return all.filter((row) => wrong[row] === 1);
    case "cell": {
      // what is called no class has a number behind those of the classes
      const called = filter.predicted >= names.length ? -1 : filter.predicted;
      return all.filter((row) => truth[row] === filter.actual && said[row] === called);
    }
  }
});

/** A class or text of a list of scores. */
export const named = ({ names }: RowScores, value: number | string): string =>
  typeof value === "string" ? value : (names[value] ?? "no class of the model");

export function look(row: number): void {
  chosenRow.value = row;
}
