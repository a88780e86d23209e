/** Aborts at the first Ctrl-C, so that a client command ends in order; the second one ends it at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
