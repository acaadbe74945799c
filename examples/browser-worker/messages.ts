/** What the page and its worker say to each other. */
export type Order = { readonly kind: "train"; readonly epochs: number } | { readonly kind: "cancel" };

export type News =
  | { readonly kind: "epoch"; readonly epoch: number; readonly epochs: number; readonly loss: number }
  | {
      readonly kind: "end";
      readonly aborted: boolean;
      readonly epochs: number;
      readonly accuracy: number;
      readonly weightsSha256: string;
    }
  | { readonly kind: "error"; readonly message: string };
