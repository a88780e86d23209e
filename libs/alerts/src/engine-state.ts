import { deserialize, serialize } from 'node:v8';
import type { CompiledRuleState } from './compile-rule.ts';
import type { DirectoryState } from './device-directory.ts';
import type { JournalClockState } from './journal-clock.ts';

const FORMAT = 1;

export interface RefusedRule {
  readonly id: string;
  readonly version: number;
  /** Why the engine can't run it. */
  readonly message: string;
}

/** All that the engine goes on from. Plain data. */
export interface EngineState {
  readonly timeZone: string;
  /** Transitions given out so far. */
  readonly outputs: number;
  readonly clock: JournalClockState;
  readonly directory: DirectoryState;
  readonly rules: readonly CompiledRuleState[];
  readonly refused: readonly RefusedRule[];
}

/** The structured clone's bytes: typed arrays go through as they are, and so do infinities. */
export function encodeState(state: EngineState): Uint8Array {
  return serialize({ format: FORMAT, ...state });
}

/** @throws Error for bytes of another format, which a journal read from its start replaces */
export function decodeState(bytes: Uint8Array): EngineState {
  const { format, ...state } = deserialize(bytes) as EngineState & { readonly format: number };
  if (format !== FORMAT) {
    throw new Error(
      `The engine's saved state has format ${format}, this version reads ${FORMAT}; start it without the state.`,
    );
  }
  return state;
}
