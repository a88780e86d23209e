/** A count as people write it: 1,024. */
export function inWords(count: number): string {
  return count.toLocaleString('en');
}
