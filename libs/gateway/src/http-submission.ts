import { batchLength, outOfRangeCount, rejectionCount, type ReadingBatch, type Rejection } from '@seawall/model';
import {
  cursorAfter,
  JOURNAL_START,
  KeyReusedError,
  type Appended,
  type Journal,
  type Receipt,
  type TelemetrySubmission,
} from '@seawall/ports';
import { createHash } from 'node:crypto';
import { keyId, rejectionsKey, type Part, type PartKey } from './part.ts';

const MAX_ERRORS = 100;

/** The key under which a second submission of the same body stores nothing. */
export function submissionKey(submission: TelemetrySubmission): PartKey | undefined {
  const { idempotencyKey, sender, body, domain = '', device = '', linePrecision = '' } = submission;
  if (idempotencyKey === undefined) return undefined;
  const fingerprint = createHash('sha256')
    .update(`${domain}\u0000${device}\u0000${linePrecision}`)
    .update(body)
    .digest('hex');
  return { id: keyId('http', sender, idempotencyKey), fingerprint };
}

/** The sender's view of a key in use: it knows its own key, not how the hub writes it. */
export function inSendersWords(error: unknown, { idempotencyKey }: TelemetrySubmission): unknown {
  if (!(error instanceof KeyReusedError)) return error;
  const sentence = `The idempotency key "${idempotencyKey}" was used for another body before; use a new one.`;
  return Object.assign(new KeyReusedError(sentence), { cause: error });
}

export function receiptOf(part: Part): Receipt {
  return receipt(part.batch, part.rejections, part.lines);
}

/**
 * What a submission that had been stored before is answered: the same as the first time.
 * @param first where the draft with the key was stored then
 * @param now what would be answered today, for want of the entries if they have been trimmed
 */
export async function firstReceipt(journal: Journal, key: PartKey, first: Appended, now: Receipt): Promise<Receipt> {
  const before = first.seq === 1 ? JOURNAL_START : cursorAfter({ partition: 0, seq: first.seq - 1 });
  if (cursorIsTrimmed(journal, first.seq)) return now;
  let batch: ReadingBatch | undefined;
  let rejections: readonly Rejection[] = [];
  for await (const { entries } of journal.read(before, { follow: false, maxEntries: 2 })) {
    for (const entry of entries) {
      if (entry.key?.id !== key.id && entry.key?.id !== rejectionsKey(key.id)) continue;
      if (entry.kind === 'readings') batch = entry.payload;
      if (entry.kind === 'rejections') rejections = entry.payload;
    }
    break;
  }
  return receipt(batch, rejections, now.lines);
}

function cursorIsTrimmed(journal: Journal, seq: number): boolean {
  return seq < journal.status().firstSeq;
}

function receipt(batch: ReadingBatch | undefined, rejections: readonly Rejection[], lines: Receipt['lines']): Receipt {
  const outOfRange = batch === undefined ? 0 : outOfRangeCount(batch);
  return {
    accepted: batch === undefined ? 0 : batchLength(batch),
    rejected: rejectionCount(rejections),
    ...(outOfRange > 0 && { outOfRange }),
    errors: rejections.slice(0, MAX_ERRORS),
    ...(lines && { lines }),
  };
}
