import { briefJson, SAMPLE_LENGTH, type Rejection, type RejectionReason } from '@seawall/model';

/** Why something can't be used, by one who does not know where in the payload it stood. */
export interface Refusal {
  readonly reason: RejectionReason;
  /** A sentence for the person who sent it. */
  readonly detail: string;
}

/** Whom readings are of, as far as it is said; it may hold what is no name. */
export interface Subject {
  readonly domain?: string;
  readonly device?: string;
}

/** Why nothing of a subject is taken. */
export interface SubjectRefusal extends Refusal {
  readonly subject?: Subject;
}

/** What a codec knows of a `Rejection`; the door adds topic and arrival time. */
export interface Fault extends Pick<Rejection, 'reason' | 'detail' | 'pointer' | 'sample'> {
  /** Whom the payload itself says it is of; the door knows of others. */
  readonly subject?: Subject;
}

/** Longer than any name; a key of a megabyte would stand in the pointer of every value under it. */
const MAX_TOKEN = 256;

/** One reference token of an RFC 6901 pointer, with its slash; of a key that no name can be, the beginning. */
export function pointerToken(key: string): string {
  const shown = key.length <= MAX_TOKEN ? key : `${key.slice(0, MAX_TOKEN)}…`;
  return `/${shown.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** The beginning of a text, cut so that no surrogate pair is halved. */
export function sampleOfText(text: string): string {
  if (text.length <= SAMPLE_LENGTH) return text;
  const cut = text.slice(0, SAMPLE_LENGTH);
  const last = cut.charCodeAt(SAMPLE_LENGTH - 1);
  return last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut;
}

/** The beginning of bytes as text; what is not UTF-8 shows as U+FFFD. */
export function sampleOfBytes(bytes: Uint8Array): string {
  // A character takes at most four bytes.
  return sampleOfText(
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, SAMPLE_LENGTH * 4)).toString(),
  );
}

/** The beginning of a parsed JSON value as JSON again; bounded however deep or long the value is. */
export function sampleOf(value: unknown): string {
  return sampleOfText(briefJson(value, SAMPLE_LENGTH));
}
