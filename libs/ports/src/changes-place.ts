/**
 * Where a page begins in a list by newest change. An item that changes while somebody pages moves to the list's head, where
 * that reader has been already; so at the list's end there is another round, of what has changed since the round began.
 */
export interface ChangesPlace {
  /** The round is of items whose last change has a greater number than this. */
  readonly above: number;
  /** The page is of those that have a smaller one. */
  readonly below: number;
  /** The newest change when the round began; unknown at its begin. */
  readonly newest: number | undefined;
}

/** @throws SyntaxError for what is not the `next` of a page */
export function changesPlace(after: string | undefined): ChangesPlace {
  if (after === undefined) return { above: 0, below: Number.MAX_SAFE_INTEGER, newest: undefined };
  if (!/^\d{1,15}(\.\d{1,15}\.\d{1,15})?$/.test(after))
    throw new SyntaxError(`"${after}" is not where a page of this list can begin.`);
  const [above, below = Number.MAX_SAFE_INTEGER, newest] = after.split('.').map(Number) as [number, number?, number?];
  return { above, below, newest };
}

/**
 * Ends a page.
 * @param numbers of the items in the list from its place on, descending: one more than the page's limit, if there are that many
 * @param isAnyNewer whether the list has an item with a change after this one
 * @returns `next`
 */
export async function nextChanges(
  place: ChangesPlace,
  numbers: readonly number[],
  limit: number,
  isAnyNewer: (than: number) => Promise<boolean>,
): Promise<string | null> {
  const newest = place.newest ?? numbers[0] ?? place.above;
  if (numbers.length > limit) return `${place.above}.${numbers[limit - 1]!}.${newest}`;
  // A list that fits one page is of one moment.
  const isFirst = place.newest === undefined && place.above === 0;
  return !isFirst && (await isAnyNewer(newest)) ? String(newest) : null;
}
