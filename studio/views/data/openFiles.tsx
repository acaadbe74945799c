/** Where files come in: dropped anywhere on the page, whatever view is open, or chosen. */
import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { attempt } from "../../session.ts";
import { chosenFiles, droppedFiles } from "./dropped.ts";
import { busy, given, openExample, take } from "./state.ts";

const takeChosen = (list: FileList | null): Promise<unknown> => attempt(async () => take(chosenFiles(list)));

/** Whether something is dragged over the page. */
export const isOver = signal(false);

/** Listens to what is dropped: of the frame, since a browser leaves the page for a file that nobody takes. */
export function useDrops(): void {
  useEffect(() => {
    const over = (event: DragEvent): void => {
      if (event.defaultPrevented) return;
      event.preventDefault();
      isOver.value = true;
    };
    const drop = (event: DragEvent): void => {
      isOver.value = false;
      if (event.defaultPrevented || !event.dataTransfer) return;
      event.preventDefault();
      const { dataTransfer } = event;
      void attempt(async () => take(await droppedFiles(dataTransfer)));
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) isOver.value = false;
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
}

export function OpenFiles() {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  useEffect(() => folder.current?.setAttribute("webkitdirectory", ""), []);
  const names = given.value.slice(0, 6).map(({ path }) => path);
  return (
    <div class="card drop">
      <p>
        Drop files here: CSV, UCR (.ts, .tsv, .txt, .arff), NumPy, MATLAB, WAV, FLAC, EDF, BDF, WFDB (.hea
        with .dat), a folder of recordings, or a model. They stay on this machine.
      </p>
      <div class="row">
        <button type="button" class="main" onClick={() => files.current?.click()}>
          Choose files
        </button>
        <button type="button" onClick={() => folder.current?.click()}>
          Choose a folder
        </button>
        <button type="button" onClick={() => void openExample()}>
          MNIST-1D, an example
        </button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label="Files"
        onChange={(event) => void takeChosen(event.currentTarget.files)}
        onClick={(event) => void (event.currentTarget.value = "")}
      />
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        aria-label="Folder"
        onChange={(event) => void takeChosen(event.currentTarget.files)}
        onClick={(event) => void (event.currentTarget.value = "")}
      />
      <p class="soft" role="status">
        {busy.value !== ""
          ? `${busy.value} ...`
          : names.length > 0
            ? `${names.join(", ")}${given.value.length > names.length ? ` and ${given.value.length - names.length} more` : ""}`
            : ""}
      </p>
    </div>
  );
}
