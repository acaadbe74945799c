/** The page: starts and cancels the training in the worker, and shows how far it is. */
import type { News, Order } from "./messages.ts";

const [trainButton, cancelButton] = document.querySelectorAll("button");
const progress = document.querySelector("progress") as HTMLProgressElement;
const status = document.querySelector("#status") as HTMLElement;

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const order = (what: Order): void => worker.postMessage(what, []);

function show(running: boolean, text: string): void {
  trainButton.disabled = running;
  cancelButton.disabled = !running;
  status.textContent = text;
}

worker.addEventListener("message", ({ data: news }: MessageEvent<News>) => {
  if (news.kind === "epoch") {
    progress.value = news.epoch / news.epochs;
    show(true, `epoch ${news.epoch} of ${news.epochs}, loss ${news.loss.toFixed(3)}`);
  } else if (news.kind === "end") {
    const how = `${news.aborted ? "cancelled in" : "done after"} epoch ${news.epochs}`;
    show(false, `${how}: accuracy ${news.accuracy.toFixed(3)}, weights ${news.weightsSha256}`);
  } else show(false, news.message);
});
trainButton.addEventListener("click", () => {
  const epochs = Number(new URLSearchParams(location.search).get("epochs") ?? 40);
  show(true, "starting");
  order({ kind: "train", epochs });
});
cancelButton.addEventListener("click", () => order({ kind: "cancel" }));
