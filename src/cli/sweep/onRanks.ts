/**
 * Trials on ranks: rank 0 searches, and all of them, it too, run jobs, a job each in a round. A round ends when the longest of its
 * jobs does; which job is whose decides nothing.
 */
import { deserialize, serialize } from "node:v8";
import { InputError } from "../../data/errors.ts";
import type { MpiRanks } from "../../distributed/openRanks.ts";
import { runJob, type Executor, type Job, type Outcome, type TrialSite } from "../../training/sweep/trial.ts";

/** A round: the jobs by rank; null ends it all. */
type Round = readonly Job[] | null;
type Answer =
  | { readonly kind: "none" }
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  /** `isInput`: an InputError, else a fault of ours. */
  | { readonly kind: "fault"; readonly message: string; readonly isInput: boolean };

async function answerOf(job: Job | undefined, site: TrialSite): Promise<Answer> {
  if (!job) return { kind: "none" };
  try {
    return { kind: "outcome", outcome: await runJob(job, site) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "fault", message, isInput: error instanceof InputError };
  }
}

/** A round as one rank sees it; what all answered. */
async function takeRound(
  ranks: MpiRanks,
  site: TrialSite,
  own: Round | undefined,
): Promise<readonly Answer[] | null> {
  const [said] = await ranks.gather(own === undefined ? new Uint8Array(0) : serialize(own));
  const round = deserialize(said) as Round;
  if (round === null) return null;
  const answers = await ranks.gather(serialize(await answerOf(round[ranks.rank], site)));
  return answers.map((bytes) => deserialize(bytes) as Answer);
}

/** Runs the jobs of rank 0 until it says that there are no more. */
export async function followSweep(ranks: MpiRanks, site: TrialSite): Promise<void> {
  while ((await takeRound(ranks, site, undefined)) !== null);
}

interface Waiting {
  readonly job: Job;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/** The ranks as rank 0 hands jobs to them; `end` lets them go. */
export function rankExecutor(
  ranks: MpiRanks,
  site: TrialSite,
): Executor & { readonly end: () => Promise<void> } {
  const waiting: Waiting[] = [];
  let isRunning = false;
  let lost: Error | null = null;
  const round = async (taken: readonly Waiting[]): Promise<void> => {
    const jobs = taken.map(({ job }) => job);
    const answers = (await takeRound(ranks, site, jobs)) ?? [];
    taken.forEach(({ resolve, reject }, rank) => {
      const answer = answers[rank];
      if (answer.kind === "outcome") resolve(answer.outcome);
      else if (answer.kind === "none") reject(new Error("a rank had no job"));
      else reject(answer.isInput ? new InputError(answer.message) : new Error(answer.message));
    });
  };
  const rounds = async (): Promise<void> => {
    isRunning = true;
    // jobs that are asked for at once go into one round
    await Promise.resolve();
    while (waiting.length > 0) {
      const taken = waiting.splice(0, ranks.size);
      await round(taken).catch((error: unknown) => {
        lost = error instanceof Error ? error : new Error(String(error));
        for (const { reject } of [...taken, ...waiting.splice(0)]) reject(lost);
      });
      // who waited asks for what comes next
      await new Promise((resume) => setImmediate(resume));
    }
    isRunning = false;
  };
  return {
    workers: ranks.size,
    run: (job) =>
      new Promise((resolve, reject) => {
        if (lost) return reject(lost);
        waiting.push({ job, resolve, reject });
        if (!isRunning) void rounds();
      }),
    end: async () => void (await takeRound(ranks, site, null)),
  };
}
