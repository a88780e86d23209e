import { deserialize } from 'node:v8';
import { windowsOf2, type WindowSetState2 } from '@seawall/windows';
import type { DirectoryState } from './device-directory.ts';
import type { EngineState, EngineStateHead, RuleState } from './engine-state.ts';

/** The engine's state in format 2: each set of windows and each rule in one piece. */
export type EngineState2 = EngineStateHead & {
  readonly format: 2;
  readonly directory: Uint8Array;
  readonly windows: readonly Uint8Array[];
  readonly rules: readonly Uint8Array[];
};

export function readState2({ format: _, directory, windows, rules, ...head }: EngineState2): EngineState {
  return {
    ...head,
    directory: deserialize(directory) as DirectoryState,
    windows: windows.map((each) => windowsOf2(deserialize(each) as WindowSetState2)),
    rules: rules.map((each) => deserialize(each) as RuleState),
  };
}
