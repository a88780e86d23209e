import type { MaintenanceOptions } from '@seawall/ports';
import type { Background } from './background.ts';
import type { Catalogue } from './catalogue.ts';
import { expireStep } from './expire.ts';
import { mergeStep } from './merge.ts';
import { repairStep } from './repair.ts';
import { rollUpStep } from './roll-up.ts';
import { sealStep } from './seal.ts';

/** What a step of the background work has to hand. */
export interface MaintenanceContext extends MaintenanceOptions {
  /** Its connection is the step's alone while it runs: for looking as for changing, the latter in `transact`. */
  readonly background: Background;
  readonly catalogue: Catalogue;
  /** See `DuckDbStoreOptions`. */
  readonly runRows: number;
  /** Aborted when the piece is to be left undone. */
  readonly signal: AbortSignal;
}

/**
 * One bounded piece of one kind of work, of a second or so, of which a crash leaves all or nothing.
 * @returns whether there was a piece to do, done or given up to a write; so there may be more
 */
export type MaintenanceStep = (context: MaintenanceContext) => Promise<boolean>;

const STEPS: readonly MaintenanceStep[] = [sealStep, mergeStep, rollUpStep, repairStep, expireStep];

/** Takes the steps in turn, so that one with much to do does not keep the others from their work. */
export class Maintenance {
  #next = 0;

  /** @returns whether there is more to do now */
  async piece(context: MaintenanceContext): Promise<boolean> {
    if (context.expireOnly === true) return expireStep(context);
    for (let tried = 0; tried < STEPS.length; tried++) {
      const step = STEPS[this.#next]!;
      this.#next = (this.#next + 1) % STEPS.length;
      if (await step(context)) return true;
    }
    return false;
  }
}
