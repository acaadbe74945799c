export function LookView() {
  return <section aria-label="Look" />;
}
