/** What page and worker send each other. */
export type ToWorker =
  | { readonly kind: "ask"; readonly number: number; readonly name: string; readonly ask: unknown }
  | { readonly kind: "abort"; readonly number: number };

export type FromWorker =
  | { readonly kind: "told"; readonly number: number; readonly told: unknown }
  | { readonly kind: "answer"; readonly number: number; readonly answer: unknown }
  /** `fault` "input": somebody's mistake, said in one line; "ours": a fault of the program. */
  | {
      readonly kind: "refused";
      readonly number: number;
      readonly fault: "input" | "ours";
      readonly message: string;
    };
