import { sizeText } from '../amounts.ts';
import { attention, ok, unknown, type Finding } from './finding.ts';

/** How much there is of it, and may be. */
export interface JournalRoom {
  /** Of the file. */
  readonly bytes: number;
  /** Of the entries that are kept. */
  readonly keptBytes: number;
  /** Kept entries beyond which nothing is acknowledged. */
  readonly limitBytes: number;
  /** A file that is larger has grown while a role was behind. */
  readonly highWaterBytes: number;
}

/** What could be learned of the journal: from the hub that runs, or from the files of one that does not. */
export type JournalFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly message: string }
  | {
      readonly kind: 'stopped';
      readonly firstSeq: number;
      readonly lastSeq: number;
      readonly consumers: readonly { readonly name: string; readonly seq: number }[];
      readonly room: JournalRoom;
    }
  | { readonly kind: 'unreachable'; readonly url: string; readonly message: string }
  | {
      readonly kind: 'running';
      readonly url: string;
      readonly ready: boolean;
      /** It was shown a token, and took it for none of its own. */
      readonly tokenRefused: boolean;
      /** Checks of `/readyz` that are not ok; undefined if the hub did not tell for want of the token. */
      readonly failing: readonly { readonly name: string; readonly detail: string }[] | undefined;
      /** Entries each consumer has yet to read; undefined if the hub did not tell. */
      readonly lags: Readonly<Record<string, number>> | undefined;
      /** undefined if the hub did not tell. */
      readonly room: JournalRoom | undefined;
    };

/** A busy hub's roles are a few hundred entries behind; a role that is this far behind does not keep up. */
const MAX_LAG = 20_000;

export function checkJournal(facts: JournalFacts): readonly Finding[] {
  switch (facts.kind) {
    case 'none':
      return [ok('journal', 'There is none yet.')];
    case 'unreadable':
      return [
        attention(
          'journal',
          facts.message,
          'The sentence says what is wrong; a copy of the folder helps whoever looks at it.',
        ),
      ];
    case 'unreachable':
      return [checkUnreachable(facts)];
    case 'stopped':
      return checkStopped(facts);
    case 'running':
      return checkRunning(facts);
  }
}

function checkUnreachable({ url, message }: { readonly url: string; readonly message: string }): Finding {
  const todo = 'If it listens elsewhere, say where with --url or --http-port; if it does not answer, look at its log.';
  return attention('journal', `The hub that runs does not answer at ${url}: ${message}.`, todo);
}

function checkStopped({ firstSeq, lastSeq, consumers, room }: Extract<JournalFacts, { kind: 'stopped' }>): Finding[] {
  const lost = consumers.filter(({ seq }) => seq > lastSeq || seq < firstSeq - 1);
  if (lost.length > 0) {
    return lost.map(({ name, seq }) =>
      attention(
        'journal',
        `"${name}" stands at entry ${seq}, but the journal holds ${firstSeq} to ${lastSeq}: it is not the journal that ${name} has read.`,
        'Put the journal back that belongs to this directory, or restore a backup of the whole directory.',
      ),
    );
  }
  const lags = Object.fromEntries(consumers.map(({ name, seq }) => [name, lastSeq - seq]));
  const says = `Entries ${firstSeq} to ${lastSeq}; to be read after the next start: ${lagsText(lags)}.`;
  return [ok('journal', says), checkRoom(room)];
}

function checkRoom({ bytes, keptBytes, limitBytes, highWaterBytes }: JournalRoom): Finding {
  if (keptBytes > limitBytes) {
    const says = `The journal keeps ${sizeText(keptBytes)} of entries, more than its limit of ${sizeText(limitBytes)}: nothing is acknowledged until those who are behind have read some.`;
    const todo =
      'See who is behind (above, or seawall_journal_lag_entries) and why. Once it has caught up, the hub goes on by itself.';
    return attention('journal', says, todo);
  }
  const says = `The journal's file has ${sizeText(bytes)}, and ${sizeText(keptBytes)} of entries are kept`;
  if (bytes <= highWaterBytes) return ok('journal', `${says}.`);
  return attention(
    'journal',
    `${says}: it grew while a role was behind, and does not shrink while the hub runs.`,
    'Its free room is used before it grows again. To have it back on the disk, restart the hub, which then writes the file anew.',
  );
}

function checkRunning(facts: Extract<JournalFacts, { kind: 'running' }>): Finding[] {
  const { url, ready, tokenRefused, failing, lags, room } = facts;
  const findings = (failing ?? []).map(({ name, detail }) =>
    attention('journal', `The hub at ${url} says of its ${name}: ${detail}`, WHAT_TO_DO[name] ?? 'Look at its log.'),
  );
  if (!ready && findings.length === 0)
    findings.push(
      attention('journal', `The hub at ${url} is not ready.`, 'Set SEAWALL_TOKEN to see why, or look at its log.'),
    );
  if (tokenRefused) {
    const says = `The token is not that of the hub at ${url}, which refuses it.`;
    findings.push(attention('journal', says, 'Set SEAWALL_TOKEN to the token the hub was started with.'));
    return findings;
  }
  if (lags === undefined) {
    const said = ready ? `The hub at ${url} is ready. ` : '';
    findings.push(
      unknown('journal', `${said}How far its roles are behind it tells with its token only.`, 'Set SEAWALL_TOKEN.'),
    );
    return findings;
  }
  const behind = Object.entries(lags).filter(([, lag]) => lag > MAX_LAG);
  for (const [name, lag] of behind) {
    const says = `"${name}" is ${lag} entries behind the journal's end.`;
    findings.push(
      attention(
        'journal',
        says,
        'Look again in a minute. If it grows, the machine is too slow, or what it writes to is down.',
      ),
    );
  }
  if (behind.length === 0) findings.push(ok('journal', `Entries yet to be read: ${lagsText(lags)}.`));
  if (room !== undefined) findings.push(checkRoom(room));
  return findings;
}

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  journal:
    'Make room on the disk, mend it, or see why a role is behind, whichever it says; nothing is acknowledged until then.',
  disk: 'Make room; see docs/operations.md for what may go.',
  gateway: 'Look at the disk: devices wait for their acknowledgements.',
  writer: 'Mend what it names. Meanwhile readings are acknowledged and wait in the journal; the hub goes on by itself.',
};

function lagsText(lags: Readonly<Record<string, number>>): string {
  const parts = Object.entries(lags).map(([name, lag]) => `${name} ${lag}`);
  return parts.length === 0 ? 'nobody reads it' : parts.join(', ');
}
