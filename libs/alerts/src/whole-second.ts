/** The clock in whole seconds, which is how finely silence is measured; ms. */
export function wholeSecond(clock: number): number {
  return Math.floor(clock / 1000) * 1000;
}
