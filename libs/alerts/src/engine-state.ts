import type { Rule, RuleVersion } from '@seawall/model';
import type { HubStart } from '@seawall/ports';
import type { WindowSetState, WindowSetState1, WindowView } from '@seawall/windows';
import type { KeptByRule } from './compiled-rule.ts';
import type { DirectoryState } from './device-directory.ts';
import { readState1, type EngineState1 } from './engine-state-1.ts';
import { readState2, type EngineState2 } from './engine-state-2.ts';
import type { JournalClockState } from './journal-clock.ts';
import { PartsReader, PartsWriter } from './parts.ts';

const FORMAT = 3;

export interface RefusedRule {
  readonly id: string;
  readonly version: number;
  /** Why the engine doesn't run it. */
  readonly message: string;
}

/** As the last `hub-start` said. */
export type EngineTiming = Required<Pick<HubStart, 'timeZone' | 'delayMs' | 'idleAfterMs' | 'allowedLatenessMs'>>;

export interface RuleState {
  readonly version: RuleVersion & { readonly rule: Rule };
  /** The place in `EngineState.windows` of those it decides by; null for kinds that have none. */
  readonly windows: number | null;
  /** What its own kind has saved. */
  readonly kept: KeptByRule;
}

/** Windows as they were saved, by this version or by version 0.1, which had one view in each set. */
export type SavedWindows = WindowSetState | { readonly view: WindowView; readonly of1: WindowSetState1 };

/** All that the engine goes on from. Plain data. */
export interface EngineState {
  readonly timing: EngineTiming;
  /** Transitions given out so far. */
  readonly outputs: number;
  readonly clock: JournalClockState;
  readonly directory: DirectoryState;
  readonly refused: readonly RefusedRule[];
  readonly windows: readonly SavedWindows[];
  readonly rules: readonly RuleState[];
}

/** Devices are many and change seldom: their bytes are kept for as long as the directory is the same. */
const directories = new WeakMap<DirectoryState, Uint8Array>();

/** The state's parts that are large. */
type Parts = Pick<EngineState, 'directory' | 'windows' | 'rules'>;
/** The rest of it. */
export type EngineStateHead = Omit<EngineState, keyof Parts>;

/** A state as of a moment, of which the windows are yet to be written: they see to it that they are those of the moment. */
export interface UnfinishedState {
  readonly head: EngineStateHead;
  readonly directory: DirectoryState;
  readonly windows: readonly Generator<void, WindowSetState>[];
  readonly rules: readonly RuleState[];
}

/** Bytes in the manner of the structured clone: typed arrays go through as they are, and so do infinities. */
export function* encodeInSteps({ head, directory, windows, rules }: UnfinishedState): Generator<void, Uint8Array> {
  const first: FirstPart = { format: FORMAT, ...head, windows: windows.length, rules: rules.length };
  const out = new PartsWriter(first);
  out.bytes(yield* encodeDirectory(directory));
  for (const saving of windows) {
    const { scopes, ...set } = yield* saving;
    out.value({ ...set, scopes: scopes.map(({ text }) => text) });
    yield;
    for (const { numbers } of scopes) {
      out.numbers(numbers);
      yield;
    }
  }
  for (const { kept, ...rule } of rules) {
    const { alerts, ...others } = kept;
    out.value({ ...rule, kept: others });
    yield;
    yield* out.list(alerts);
  }
  return out.take();
}

function* encodeDirectory(directory: DirectoryState): Generator<void, Uint8Array> {
  const known = directories.get(directory);
  if (known !== undefined) return known;
  const out = new PartsWriter(directory.units);
  yield* out.list(directory.devices);
  const bytes = out.take();
  directories.set(directory, bytes);
  return bytes;
}

/** @throws Error for bytes of a format that this version does not read */
export function decodeState(bytes: Uint8Array): EngineState {
  const from = new PartsReader<FirstPart | EngineState2 | EngineState1>(bytes);
  const { first } = from;
  if (first.format === 1) return readState1(first);
  if (first.format === 2) return readState2(first);
  checkFormat(first.format);
  const { format: _, windows, rules, ...head } = first;
  return {
    ...head,
    directory: decodeDirectory(from.bytes()),
    windows: Array.from({ length: windows }, () => readWindows(from)),
    rules: Array.from({ length: rules }, () => readRule(from)),
  };
}

function checkFormat(format: number): void {
  if (format === FORMAT) return;
  throw new Error(
    `The engine's saved state has format ${format}, this version reads 1 to ${FORMAT}; start the release that wrote it.`,
  );
}

function decodeDirectory(bytes: Uint8Array): DirectoryState {
  const from = new PartsReader<DirectoryState['units']>(bytes);
  return { units: from.first, devices: from.list() as DirectoryState['devices'] };
}

function readWindows(from: PartsReader<unknown>): WindowSetState {
  const { scopes, ...set } = from.value() as Omit<WindowSetState, 'scopes'> & { readonly scopes: readonly string[] };
  return { ...set, scopes: scopes.map((text) => ({ numbers: from.numbers(), text })) };
}

function readRule(from: PartsReader<unknown>): RuleState {
  const { kept, ...rule } = from.value() as RuleState;
  return { ...rule, kept: { ...kept, alerts: from.list() } };
}

/** What comes behind it: the directory, the sets of windows, and the rules. */
type FirstPart = EngineStateHead & { readonly format: typeof FORMAT; readonly windows: number; readonly rules: number };
