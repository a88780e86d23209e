import type { KeptSince, RollupTier } from '@seawall/query';
import { PartsOfHours } from './hour-parts.ts';
import { HourNotes } from './hour-notes.ts';
import type { PolicyDurations } from './policy-durations.ts';
import type { RollUpJob } from './roll-up.ts';
import { RowCounts } from './row-counts.ts';
import type { RowPiece } from './row-piece.ts';
import { HOURS, MINUTES } from './rollup-tiers.ts';
import type { StoreState } from './store-state.ts';

/** How far hours are rolled up: before `rolledTo` all are, up to `rollingTo` some may be. Microseconds. */
export interface Rolling {
  readonly rolledTo: number;
  readonly rollingTo: number;
}

/** What is known of the rollups that InfluxDB holds. It changes when InfluxDB has been told, and not before. */
export class Rollups {
  rolling: Rolling;
  /** By domain. */
  readonly kept: Map<string, KeptSince>;
  readonly parts: Map<string, PartsOfHours>;
  readonly notes: HourNotes;
  readonly rows: Readonly<Record<RollupTier, RowCounts>> = {
    '1m': new RowCounts(MINUTES),
    '1h': new RowCounts(HOURS),
  };
  /** What is being rolled up. */
  job: RollUpJob | undefined;
  /** The background work that is under way. */
  piece: RowPiece | undefined;
  /** Domains that are to be kept longer than they were, while rollups are left from before. */
  readonly outlived = new Set<string>();

  /** What InfluxDB itself has been told to keep. */
  durations: PolicyDurations;
  /** Policies to which InfluxDB lets Seawall give no duration. */
  readonly notLimited = new Set<string>();

  constructor({ rolling, kept, parts, notes, durations }: StoreState, piece: RowPiece | undefined) {
    this.piece = piece;
    this.durations = durations;
    this.rolling = rolling;
    this.kept = new Map(kept);
    this.parts = new Map([...parts].map(([domain, runs]) => [domain, new PartsOfHours(runs)]));
    this.notes = new HourNotes(notes);
  }

  /** Those of hours that are being rolled up as well. */
  partsNow(domain: string): PartsOfHours {
    return this.job?.parts.get(domain) ?? this.partsOf(domain);
  }

  partsOf(domain: string): PartsOfHours {
    return this.parts.get(domain) ?? NO_PARTS;
  }
}

const NO_PARTS = new PartsOfHours();
