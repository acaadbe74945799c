/** Answers of the worker to what a part of a view is about, asked anew where that changes. */
import type { ComponentChildren } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ask, type Answered, type Asked, type Question } from "../../engine/client.ts";
import { Notice } from "../../ui/notice.tsx";

export type Answer<T> =
  | { readonly kind: "waits" }
  | { readonly kind: "here"; readonly value: T }
  | { readonly kind: "refused"; readonly why: string };

const keyOf = (asked: object | null): string => (asked === null ? "" : JSON.stringify(asked));

/** The answer to a question; waits where `asked` is null, which asks nothing. */
export function useAnswer<N extends Question>(
  name: N,
  asked: (Asked<N> & object) | null,
): Answer<Answered<N>> {
  const answer = useSignal<Answer<Answered<N>>>({ kind: "waits" });
  const key = keyOf(asked);
  useEffect(() => {
    answer.value = { kind: "waits" };
    if (asked === null) return;
    const controller = new AbortController();
    void ask(name, asked, controller).then(
      (value) => {
        if (!controller.signal.aborted) answer.value = { kind: "here", value };
      },
      (error: unknown) => {
        if (controller.signal.aborted) return;
        answer.value = { kind: "refused", why: error instanceof Error ? error.message : String(error) };
      },
    );
    return () => controller.abort();
  }, [key]);
  return answer.value;
}

export interface ShownProps<T> {
  readonly answer: Answer<T>;
  readonly children: (value: T) => ComponentChildren;
}

/** An answer when it is here, and why it is not where it is refused. */
export function Shown<T>({ answer, children }: ShownProps<T>) {
  switch (answer.kind) {
    case "waits":
      return <p class="soft">…</p>;
    case "refused":
      return <Notice kind="note" text={answer.why} />;
    case "here":
      return <>{children(answer.value)}</>;
  }
}
