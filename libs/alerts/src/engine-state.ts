import { deserialize, serialize } from 'node:v8';
import type { Rule, RuleVersion } from '@seawall/model';
import type { HubStart } from '@seawall/ports';
import type { WindowSetState, WindowSetState1, WindowView } from '@seawall/windows';
import type { DirectoryState } from './device-directory.ts';
import { readState1, type EngineState1 } from './engine-state-1.ts';
import type { JournalClockState } from './journal-clock.ts';

const FORMAT = 2;

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
  readonly kept: unknown;
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
  const parts = { windows: [] as Uint8Array[], rules: [] as Uint8Array[] };
  for (const saving of windows) {
    const state = yield* saving;
    yield;
    parts.windows.push(serialize(state));
    yield;
  }
  for (const rule of rules) {
    parts.rules.push(serialize(rule));
    yield;
  }
  const ofDirectory = encodeDirectory(directory);
  yield;
  return serialize({ format: FORMAT, ...head, directory: ofDirectory, ...parts });
}

function encodeDirectory(directory: DirectoryState): Uint8Array {
  const known = directories.get(directory);
  if (known !== undefined) return known;
  const bytes = serialize(directory);
  directories.set(directory, bytes);
  return bytes;
}

/** @throws Error for bytes of a format that this version does not read */
export function decodeState(bytes: Uint8Array): EngineState {
  const saved = deserialize(bytes) as SavedState | EngineState1;
  if (saved.format === 1) return readState1(saved);
  checkFormat(saved.format);
  const { format: _, directory, windows, rules, ...head } = saved;
  return {
    ...head,
    directory: deserialize(directory) as DirectoryState,
    windows: windows.map((each) => deserialize(each) as WindowSetState),
    rules: rules.map((each) => deserialize(each) as RuleState),
  };
}

function checkFormat(format: number): void {
  if (format === FORMAT) return;
  throw new Error(
    `The engine's saved state has format ${format}, this version reads 1 and ${FORMAT}; start the release that wrote it.`,
  );
}

type SavedState = EngineStateHead & {
  readonly format: typeof FORMAT;
  readonly directory: Uint8Array;
  readonly windows: readonly Uint8Array[];
  readonly rules: readonly Uint8Array[];
};
