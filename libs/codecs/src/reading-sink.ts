import type { Refusal, Subject } from './fault.ts';

/** Where a codec puts the readings of one device in one domain. Called once a reading, so it takes no objects. */
export interface ReadingSink {
  /** Carried by the faults of what goes here, where it is the payload that names whom it is of. */
  readonly subject?: Subject;

  /**
   * @param eventTime epoch ms
   * @returns why the reading can't be taken, or undefined when it was
   */
  reading(metric: string, eventTime: number, value: number): Refusal | undefined;

  /** The number of a state by its name; undefined where the metric declares no such state. */
  stateNumber(metric: string, name: string): number | undefined;
}

export interface TelemetryLimits {
  /** Readings and faults of one message together; what follows is refused as a whole. */
  readonly maxReadings: number;
  /** How deep objects may lie in `values`. */
  readonly maxDepth: number;
  /** How far an event time may lie after the arrival. */
  readonly maxAheadMs: number;
}
