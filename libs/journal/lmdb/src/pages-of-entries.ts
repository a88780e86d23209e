import type { GroupPlan } from './group-plan.ts';

/** What begins a page, generously. */
const PAGE_HEAD_BYTES = 32;
/** What a row has beside its value: its head, a number as its key and its place in the page; and that of a long one. */
const ROW_BYTES = 24;
const LONG_ROW_BYTES = 48;
/** Of an entry's stamp and start. */
const PLACE_BYTES = ROW_BYTES + 16;

/** Pages for the rows of a plan's entries and for those of their places: an upper bound. */
export function pagesOfEntries({ entries }: GroupPlan, pageSize: number): number {
  let pages = 0;
  let bytes = 0;
  let longest = LONG_ROW_BYTES;
  for (const { length } of entries.map((entry) => entry.bytes)) {
    if (length > pageSize / 2 - 2 * PAGE_HEAD_BYTES) {
      pages += pagesOf(length, pageSize);
      bytes += LONG_ROW_BYTES;
    } else {
      bytes += ROW_BYTES + length;
      longest = Math.max(longest, ROW_BYTES + length);
    }
  }
  return (
    pages + pagesAtTheEnd(bytes, longest, pageSize) + pagesAtTheEnd(entries.length * PLACE_BYTES, PLACE_BYTES, pageSize)
  );
}

/** Of a value that has pages of its own, and of the row that names them. */
export function pagesOf(bytes: number, pageSize: number): number {
  return Math.ceil(bytes / pageSize) + 1;
}

/**
 * Of rows that are put behind a table's last, one after the other. A page that is left behind was so full that its rows,
 * the one that went on with the next page and the one that came did not fit into one; so any three pages are more than full.
 */
function pagesAtTheEnd(bytes: number, longest: number, pageSize: number): number {
  const page = pageSize - PAGE_HEAD_BYTES;
  const leaves = Math.ceil(bytes / Math.max(page - 2 * longest, page / 3));
  // Pages of a higher level name fifty at least.
  return leaves + Math.ceil(leaves / 32) + 1;
}
