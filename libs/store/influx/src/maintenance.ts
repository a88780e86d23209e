import type { MaintenanceOptions } from '@seawall/ports';
import { expireStep } from './expire.ts';
import type { InfluxConnection } from './influx-connection.ts';
import type { Loaded } from './open-influx-store.ts';
import { policyStep } from './policy-durations.ts';
import { repairStep } from './repair.ts';
import { rollUpStep } from './roll-up.ts';
import type { RowPiece } from './row-piece.ts';

/** What a step of the background work has to hand. */
export interface MaintenanceContext extends MaintenanceOptions {
  readonly connection: InfluxConnection;
  readonly loaded: Loaded;
  readonly piece: RowPiece;
  /** Aborted when the piece is to be left undone. */
  readonly signal: AbortSignal | undefined;
  /**
   * Between two writes: has InfluxDB remember the lines, body by body, and then changes what is known.
   * @throws GaveWay, StoreUnavailableError: then nothing is changed
   */
  readonly commit: (bodies: () => readonly (readonly string[])[], change: () => void) => Promise<void>;
}

/** One bounded piece of one kind of work, of a second or so. @returns whether there was a piece to do; so there may be more */
export type MaintenanceStep = (context: MaintenanceContext) => Promise<boolean>;

const STEPS: readonly MaintenanceStep[] = [rollUpStep, repairStep, expireStep, policyStep];

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
