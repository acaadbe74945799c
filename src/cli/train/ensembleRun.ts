/** `toeplitz train --model inceptiontime`: five inception networks, trained one after another, as one model. */
import { DEFAULT_MEMBERS, INCEPTIONTIME } from "../../training/options/modelNames.ts";
import type { Ensemble } from "../../models/ensemble.ts";
import { InputError } from "../../data/errors.ts";
import { fitPlan, type PlaceOptions } from "../../training/fit.ts";
import type { Plan } from "../../training/plan.ts";
import type { EpochEvent } from "../../training/history.ts";
import type { Run } from "../../training/run.ts";
import { fitEnsemblePlan, memberSeeds, type EnsemblePlan } from "../../training/fitEnsemble.ts";
import type { Network } from "../../models/network.ts";
import type { TrainFlags } from "../options/trainRows.ts";

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

/** Of one network `fit`'s plan, of more an ensemble's. */
export const isEnsemble = (plan: Plan | EnsemblePlan): plan is EnsemblePlan => "members" in plan;

/**
 * Runs a plan. Of an ensemble, steps of the events count on from member to member, for one bar; epochs count from 1 in
 * each, and name it.
 */
export async function runPlan(plan: Plan | EnsemblePlan, place: PlaceOptions): Promise<AnyRun> {
  if (!isEnsemble(plan)) return fitPlan(plan, place);
  const states = plan.members.flatMap(({ from }) => from ?? []);
  let before = states.slice(0, -1).reduce((sum, { progress }) => sum + progress.steps, 0);
  let current = { member: Math.max(1, states.length), steps: states.at(-1)?.progress.steps ?? 0 };
  return fitEnsemblePlan(plan, {
    ...place,
    onStep: ({ member, members, ...event }) => {
      if (member > current.member) before += current.steps;
      current = { member, steps: event.step };
      place.onStep?.({
        ...event,
        step: before + event.step,
        steps: before + event.steps * (members - member + 1),
      });
    },
    onEpoch: ({ members: _members, ...event }) => {
      const named: EpochEvent & { readonly member: number } = event;
      place.onEpoch?.(named);
    },
  });
}
