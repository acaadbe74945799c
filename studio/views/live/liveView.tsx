export function LiveView() {
  return <section aria-label="Live" />;
}
