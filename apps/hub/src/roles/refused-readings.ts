import { pointerToken, sampleOf } from '@seawall/codecs';
import type { Rejection } from '@seawall/model';
import type { EntryDraft, Journal, JournalEntry, RefusedReading } from '@seawall/ports';

/** Told of the rejections that were journalled just now, and never before. */
export type TellRejections = (rejections: readonly Rejection[]) => void;

const PRODUCER = 'writer';

/**
 * Journals as rejections what the store's engine refuses of some entries: one entry of rejections for each of them, under
 * its sequence, so that a stretch which is written again appends none twice. It is an output of the writer's own, which is
 * taken also while the journal takes nothing from outside: else a writer that is behind could never catch up.
 * @param refused everything that is refused of these entries
 */
export async function journalRefused(
  journal: Journal,
  entries: readonly JournalEntry[],
  refused: readonly RefusedReading[],
  tell: TellRejections,
): Promise<void> {
  const drafts = draftsOf(entries, refused);
  if (drafts.length === 0) return;
  const place = journal.position('writer')?.cursor ?? journal.start();
  const appended = await journal.commit('writer', place, { outputs: drafts });
  // Replays and imports are no news for those who once sent them.
  const news = drafts.filter(({ origin }, i) => origin === 'live' && !appended[i]!.duplicate);
  tell(news.flatMap(({ payload }) => payload));
}

type RejectionsDraft = Extract<EntryDraft, { kind: 'rejections' }>;

function draftsOf(entries: readonly JournalEntry[], refused: readonly RefusedReading[]): RejectionsDraft[] {
  const bySeq = new Map<number, RefusedReading[]>();
  for (const reading of refused) {
    const known = bySeq.get(reading.seq);
    if (known === undefined) bySeq.set(reading.seq, [reading]);
    else known.push(reading);
  }
  return entries.flatMap(({ seq, stamp, origin }): RejectionsDraft[] => {
    const payload = bySeq.get(seq)?.map((reading) => rejectionOf(reading, stamp));
    return payload === undefined ? [] : [{ kind: 'rejections', origin, producer: { id: PRODUCER, seq }, payload }];
  });
}

function rejectionOf({ series, eventTime, value, detail }: RefusedReading, receivedAt: number): Rejection {
  const { domain, device, metric } = series;
  return {
    reason: 'refused-by-store',
    detail,
    topic: `city/${domain}/${device}/telemetry`,
    domain,
    device,
    pointer: `/values${pointerToken(metric)}`,
    receivedAt,
    sample: sampleOf({ ts: eventTime, values: { [metric]: value } }),
  };
}
