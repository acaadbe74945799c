/** `toeplitz train --model inceptiontime`: five inception networks, trained one after another, as one model. */
import type { Model } from "../../layers/model.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Ensemble } from "../../models/ensemble.ts";
import { InputError } from "../../data/errors.ts";
import { fit } from "../../training/fit.ts";
import type { EpochEvent } from "../../training/history.ts";
import type { FitOptions, Run } from "../../training/run.ts";
import { DEFAULT_MEMBERS, fitEnsemble, memberSeeds } from "../../training/fitEnsemble.ts";
import type { Network } from "../../models/network.ts";
import type { TrainFlags } from "../options/trainFlags.ts";

export const INCEPTIONTIME = "inceptiontime";

/** How many networks a --model is; of an ensemble, checks what its options must not be. */
export function membersOf(name: string, flags: TrainFlags): number {
  if (name !== INCEPTIONTIME) return 1;
  for (const flag of ["init", "reinit"] as const)
    if (flags[flag] !== undefined)
      throw new InputError(
        `--${flag} does not apply to --model ${INCEPTIONTIME}, whose networks differ in where they start; ` +
          "leave it out or give --model inception",
      );
  memberSeeds(flags.seed, DEFAULT_MEMBERS);
  return DEFAULT_MEMBERS;
}

export type AnyRun = Omit<Run, "model"> & { readonly model: Network | Ensemble };

/**
 * One network by `fit`, more by `fitEnsemble`. Steps of the events count on from member to member, for one bar; epochs
 * count from 1 in each, and name it.
 */
export async function fitMembers(
  model: Model,
  members: number,
  data: Dataset,
  options: FitOptions,
): Promise<AnyRun> {
  if (members === 1) return fit(model, data, options);
  const { init: _init, reinit: _reinit, ...rest } = options; // refused by membersOf
  const states = options.resume?.members ?? [];
  let before = states.slice(0, -1).reduce((sum, { progress }) => sum + progress.steps, 0);
  let current = { member: Math.max(1, states.length), steps: states.at(-1)?.progress.steps ?? 0 };
  return fitEnsemble(() => model, data, {
    ...rest,
    members,
    onStep: ({ member, members: _members, ...event }) => {
      if (member > current.member) before += current.steps;
      current = { member, steps: event.step };
      options.onStep?.({
        ...event,
        step: before + event.step,
        steps: before + event.steps * (members - member + 1),
      });
    },
    onEpoch: ({ members: _members, ...event }) => {
      const named: EpochEvent & { readonly member: number } = event;
      options.onEpoch?.(named);
    },
  });
}
