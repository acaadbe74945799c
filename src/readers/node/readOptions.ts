/** How any source is read: the columns of tables, and what recordings and their annotations want. */
import type { Positions } from "../../data/durations.ts";
import type { AnnotationUnit } from "../signals.ts";
import type { WfdbKind } from "../wfdbAnnotations.ts";
import type { TableOptions } from "../tables/columns.ts";

/** What recordings and their annotations want to know. */
export interface RecordingOptions {
  /**
   * A file that says what stretches of the recording are: each position then has a class. Of a folder of recordings (and of
   * one recording too) a pattern in which `*` is the recording's name without its ending, such as `*.csv` beside it or
   * `labels/*.txt` in a folder. Default: none.
   */
  readonly annotations?: string;
  /** What the numbers of annotations count where their file does not say it. Default: seconds, with a note. */
  readonly annotationUnit?: AnnotationUnit;
  /** Of WFDB annotations: beats or rhythms. Default: what the file has; of both neither is taken. */
  readonly annotationsOf?: WfdbKind;
  /** Samples a second, where the file does not say it. Default: the file's. */
  readonly rate?: number;
  /** The variable of a MATLAB file that has the series. Default: by its name, and a note says which. */
  readonly variable?: string;
}

/** How a file or folder is read. */
export interface SourceOptions extends Omit<TableOptions, "window" | "hop" | "horizon">, RecordingOptions {
  /**
   * Cuts each series, of any source, into windows of so many positions, at least 1, or of a time such as `2s` where the
   * rate is known. Default: series stay whole.
   */
  readonly window?: Positions;
  /** From one window to the next, as `window`. Default: `window`, so that they do not overlap. */
  readonly hop?: Positions;
  /**
   * Forecasts: the answers of a window are the values of `target` at so many positions after it, as `window`. Default: none.
   */
  readonly horizon?: Positions;
}
