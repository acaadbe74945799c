/**
 * What `toeplitz studio` says of a folder of runs, in JSON: the one description of it for the server and for the page. Numbers that
 * are none (NaN) are null there.
 */
import type { Epoch } from "./history.ts";

/** running: a process of this host trains in it. ended: its result is there. interrupted: neither. */
export type RunStateName = "running" | "ended" | "interrupted";

/** Two figures of some rows; null where they are no numbers. */
export interface RunScore {
  /** As `evaluate` has it. */
  readonly loss: number | null;
  /** The part of rows that is right; of values null. */
  readonly accuracy: number | null;
}

/** A run, as its folder tells it. */
export interface RunEntry {
  /** By this it is asked for: its path below the folder of runs, with `/` in it where it is one of several. */
  readonly name: string;
  /** What goes on in it. */
  readonly state: RunStateName;
  /** The model's name; null where nothing tells it yet. */
  readonly model: string | null;
  /** What it was trained with, by name: `optimizer.kind` is `adam`. */
  readonly settings: Readonly<Record<string, string>>;
  /** The last line of its log. */
  readonly last: Epoch | null;
  /** What came of it, where it ended. */
  readonly result: {
    /** Trainable values. */
    readonly parameters: number;
    /** What training took. */
    readonly seconds: number;
    /** On the rows that were held back; null without. */
    readonly validation: RunScore | null;
    /** On test rows; null without. */
    readonly test: RunScore | null;
  } | null;
  /** Whether there is a model to open. */
  readonly hasModel: boolean;
}

/** `GET api/runs`. */
export interface RunList {
  /** The version of this description. */
  readonly schema: 1;
  /** The folder, as it was given. */
  readonly folder: string;
  /** The newest first. */
  readonly runs: readonly RunEntry[];
  /** Runs beyond the most that are told. */
  readonly leftOut: number;
}

/** `GET api/runs/NAME/log?from=BYTE`: the lines from there on, as many as one answer holds. */
export interface RunLog {
  /** The version of this description. */
  readonly schema: 1;
  /** Where these lines begin: 0 where the log has been begun anew since `from` was said, else `from`. */
  readonly from: number;
  /** An epoch each. */
  readonly lines: readonly Epoch[];
  /** What to ask for next. */
  readonly next: number;
  /** Whether more is there already. */
  readonly more: boolean;
  /** What goes on in the run. */
  readonly state: RunStateName;
}
