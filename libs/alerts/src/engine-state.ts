import { deserialize, serialize } from 'node:v8';
import type { HubStart } from '@seawall/ports';
import type { CompiledRuleState } from './compile-rule.ts';
import type { DirectoryState } from './device-directory.ts';
import type { JournalClockState } from './journal-clock.ts';

const FORMAT = 2;
const READ_FORMATS: readonly number[] = [1, FORMAT];

export interface RefusedRule {
  readonly id: string;
  readonly version: number;
  /** Why the engine doesn't run it. */
  readonly message: string;
}

/** As the last `hub-start` said. */
export type EngineTiming = Pick<HubStart, 'timeZone' | 'delayMs' | 'idleAfterMs'>;

/** All that the engine goes on from. Plain data. */
export interface EngineState {
  readonly timing: EngineTiming;
  /** Transitions given out so far. */
  readonly outputs: number;
  readonly clock: JournalClockState;
  readonly directory: DirectoryState;
  readonly rules: readonly CompiledRuleState[];
  readonly refused: readonly RefusedRule[];
}

/** Devices are many and change seldom: their bytes are kept for as long as the directory is the same. */
const directories = new WeakMap<DirectoryState, Uint8Array>();

/** The state's parts that are not as large as all devices are. */
export type EngineStateHead = Omit<EngineState, 'directory' | 'rules'>;

/** The structured clone's bytes: typed arrays go through as they are, and so do infinities. */
export function encodeDirectory(directory: DirectoryState): Uint8Array {
  const known = directories.get(directory);
  if (known !== undefined) return known;
  const bytes = serialize(directory);
  directories.set(directory, bytes);
  return bytes;
}

export function encodeRule(rule: CompiledRuleState): Uint8Array {
  return serialize(rule);
}

/** @param rules each one's bytes, from `encodeRule` */
export function encodeState(head: EngineStateHead, directory: Uint8Array, rules: readonly Uint8Array[]): Uint8Array {
  return serialize({ format: FORMAT, ...head, directory, rules });
}

/** @throws Error for bytes of a format that this version does not read */
export function decodeState(bytes: Uint8Array): EngineState {
  const { format, directory, rules, ...head } = deserialize(bytes) as SavedState;
  if (!READ_FORMATS.includes(format)) {
    throw new Error(
      `The engine's saved state has format ${format}, this version reads ${READ_FORMATS.join(' and ')}; start the release that wrote it.`,
    );
  }
  return {
    ...head,
    directory: deserialize(directory) as DirectoryState,
    // Format 1 has the rules as they are.
    rules: rules.map((rule) => (rule instanceof Uint8Array ? (deserialize(rule) as CompiledRuleState) : rule)),
  };
}

interface SavedState extends EngineStateHead {
  readonly format: number;
  readonly directory: Uint8Array;
  readonly rules: readonly (Uint8Array | CompiledRuleState)[];
}
