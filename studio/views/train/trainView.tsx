export function TrainView() {
  return <section aria-label="Train" />;
}
