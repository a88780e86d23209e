import { deserialize, serialize } from 'node:v8';
import type { HubStart } from '@seawall/ports';
import type { CompiledRuleState } from './compile-rule.ts';
import type { DirectoryState } from './device-directory.ts';
import type { JournalClockState } from './journal-clock.ts';

const FORMAT = 1;

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

/** The structured clone's bytes: typed arrays go through as they are, and so do infinities. */
export function encodeState(state: EngineState): Uint8Array {
  let directory = directories.get(state.directory);
  if (directory === undefined) {
    directory = serialize(state.directory);
    directories.set(state.directory, directory);
  }
  return serialize({ format: FORMAT, ...state, directory });
}

/** @throws Error for bytes of another format, which a journal read from its start replaces */
export function decodeState(bytes: Uint8Array): EngineState {
  const { format, directory, ...state } = deserialize(bytes) as SavedState;
  if (format !== FORMAT) {
    throw new Error(
      `The engine's saved state has format ${format}, this version reads ${FORMAT}; start it without the state.`,
    );
  }
  return { ...state, directory: deserialize(directory) as DirectoryState };
}

type SavedState = Omit<EngineState, 'directory'> & { readonly format: number; readonly directory: Uint8Array };
