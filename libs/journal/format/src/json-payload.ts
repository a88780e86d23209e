import type { LabelSpan } from '@seawall/model';
import type { DeviceChange, EntryKind, JournalPayloads } from '@seawall/ports';

type JsonKind = Exclude<EntryKind, 'readings'>;

/** JSON has no -Infinity: a span that holds from the beginning of time has `null` there. */
type StoredSpan = Omit<LabelSpan, 'from'> & { readonly from: number | null };
type StoredChange = Omit<DeviceChange, 'labelSpans'> & { readonly labelSpans?: readonly StoredSpan[] };

/**
 * Every kind but readings, as UTF-8 JSON. Negative zero becomes zero.
 * @throws RangeError for a number that is not finite, but for the beginning of a label history
 */
export function encodeJsonPayload<K extends JsonKind>(kind: K, payload: JournalPayloads[K]): Uint8Array {
  const stored = kind === 'device' ? storedChange(payload as DeviceChange) : payload;
  return Buffer.from(JSON.stringify(stored, finiteOnly));
}

export function decodeJsonPayload<K extends JsonKind>(kind: K, bytes: Buffer): JournalPayloads[K] {
  const stored = JSON.parse(bytes.toString('utf8')) as JournalPayloads[K];
  return kind === 'device' ? (deviceChange(stored as StoredChange) as JournalPayloads[K]) : stored;
}

function finiteOnly(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`"${key}" is ${value}, which the journal can't keep: it must be a finite number.`);
  }
  return value;
}

function storedChange(change: DeviceChange): StoredChange {
  const { labelSpans, ...rest } = change;
  if (labelSpans === undefined) return rest;
  return { ...rest, labelSpans: labelSpans.map((span) => (span.from === -Infinity ? { ...span, from: null } : span)) };
}

function deviceChange(stored: StoredChange): DeviceChange {
  const { labelSpans, ...rest } = stored;
  if (labelSpans === undefined) return rest;
  return { ...rest, labelSpans: labelSpans.map((span) => ({ ...span, from: span.from ?? -Infinity })) };
}
