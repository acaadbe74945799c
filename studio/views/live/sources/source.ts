/** What a source of samples is. */

/** What a source is given. */
export interface SourceOrder {
  /** Channels of a sample. */
  readonly channels: number;
  /** Samples a second that the model was trained on, where it says so. */
  readonly rate?: number;
  /** What was chosen, by the names of the source's fields. */
  readonly chosen: Readonly<Record<string, string>>;
  /** Takes interleaved samples; resolves when they have been taken. */
  readonly push: (samples: Float32Array) => Promise<void>;
  /** The source has come to its end, or to a fault. */
  readonly ended: (why: string) => void;
  /** Something to know while it goes on. */
  readonly say: (text: string) => void;
}

/** A source that runs. */
export interface Running {
  readonly stop: () => void;
  /** What it gives, in words. */
  readonly said: string;
  /** Samples a second, where it is known. */
  readonly rate?: number;
}

/** Something to choose before a source begins. */
export interface SourceField {
  readonly name: string;
  readonly text: string;
  readonly initial: string;
  /** Choices; else a text is typed. */
  readonly choices?: readonly (readonly [value: string, text: string])[];
}

export interface Source {
  readonly title: string;
  /** Why this browser has none; null where it has. */
  readonly missing: () => string | null;
  readonly fields: (order: Pick<SourceOrder, "rate">) => readonly SourceField[];
  /** Throws an Error with one line where it cannot be had. */
  readonly start: (order: SourceOrder) => Promise<Running>;
}
