import { formatRfc3339 } from '@seawall/calendar';

/** What an answer says of itself beside its points. */
export interface AnswerMarks {
  readonly offset?: string | undefined;
  readonly percentileError?: number | undefined;
  /** Epoch ms. */
  readonly expiredBefore?: number | undefined;
}

/** The marks as sentences for whoever reads the points; none where there is nothing to say. */
export function answerNotes({ offset, percentileError, expiredBefore }: AnswerMarks): readonly string[] {
  const notes: string[] = [];
  if (offset !== undefined) notes.push(`These readings are ${offset} from the times beside them.`);
  if (percentileError !== undefined) {
    const percent = Number((percentileError * 100).toPrecision(3));
    notes.push(`Percentiles are of sketches, since readings have expired: off by ${percent} % at most.`);
  }
  if (expiredBefore !== undefined) {
    const since = formatRfc3339(expiredBefore);
    notes.push(`What lay before ${since} has expired, and is not in it. Longer steps may reach further back.`);
  }
  return notes;
}
