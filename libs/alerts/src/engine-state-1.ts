import { deserialize } from 'node:v8';
import type { WindowSetState1 } from '@seawall/windows';
import type { AlertBookState } from './alert-book.ts';
import { NO_COUNTS } from './compiled-rule.ts';
import type { DirectoryState } from './device-directory.ts';
import type { EngineState, EngineTiming, RefusedRule } from './engine-state.ts';
import type { JournalClockState } from './journal-clock.ts';
import { viewOf, type WindowRuleState, type WindowRuleVersion } from './window-rule.ts';

/** The engine's state as version 0.1 saved it: each rule with windows of its own, and no lateness allowed. */
export interface EngineState1 {
  readonly format: 1;
  readonly timing: Omit<EngineTiming, 'allowedLatenessMs'>;
  readonly outputs: number;
  readonly clock: JournalClockState;
  readonly directory: Uint8Array;
  readonly rules: readonly {
    readonly version: WindowRuleVersion;
    readonly windows: WindowSetState1;
    readonly alerts: AlertBookState;
  }[];
  readonly refused: readonly RefusedRule[];
}

export function readState1({ format: _, timing, directory, rules, ...head }: EngineState1): EngineState {
  return {
    ...head,
    timing: { ...timing, allowedLatenessMs: 0 },
    directory: deserialize(directory) as DirectoryState,
    windows: rules.map(({ version, windows: of1 }) => ({ view: viewOf(version.rule), of1 })),
    rules: rules.map(({ version, alerts }, windows) => {
      const kept: WindowRuleState = { alerts, before: NO_COUNTS };
      return { version, windows, kept };
    }),
  };
}
