import { decodeSubmission, type Fault, type LineLimits, type TelemetryLimits } from '@seawall/codecs';
import type { ReadingBatchBuilder } from '@seawall/model';
import type { Receipt, TelemetrySubmission } from '@seawall/ports';
import type { DeviceDirectory } from './device-directory.ts';
import type { LaneOfLine } from './lane-of-line.ts';
import type { LaneSink } from './lane-sink.ts';
import type { GatewayLimits } from './limits.ts';
import { subjectFault } from './topic.ts';

export interface SubmissionDecoderOptions {
  readonly directory: DeviceDirectory;
  readonly lines: LaneOfLine;
  readonly sink: LaneSink;
  readonly limits: GatewayLimits;
}

export interface DecodedSubmission {
  readonly faults: readonly Fault[];
  /** Of line protocol. */
  readonly lines?: Receipt['lines'];
}

/** Bodies that came by HTTP: their readings go to the sink, for each device they name. */
export class SubmissionDecoder {
  readonly #options: SubmissionDecoderOptions;
  readonly #limits: TelemetryLimits & LineLimits;

  constructor(options: SubmissionDecoderOptions) {
    this.#options = options;
    const { maxReadingsPerSubmission: maxReadings, maxDepth, maxLineLength, maxAheadMs } = options.limits;
    this.#limits = { maxReadings, maxDepth, maxLineLength, maxAheadMs };
  }

  /** @param arrivalTime epoch ms */
  decode(submission: TelemetrySubmission, builder: ReadingBatchBuilder, arrivalTime: number): DecodedSubmission {
    const { body, linePrecision } = submission;
    const { directory, lines, sink } = this.#options;
    sink.begin(builder, arrivalTime);
    if (linePrecision !== undefined) {
      const decoded = lines.decode(body, linePrecision, this.#limits, { arrivalTime });
      return { faults: [...decoded.faults, ...sink.faults], lines: { count: decoded.lines, dropped: decoded.dropped } };
    }
    const faults = decodeSubmission(body, submission, arrivalTime, this.#limits, (domain, device) => {
      return subjectFault(domain, device) ?? sink.turnTo(directory.lane(domain, device));
    });
    return { faults: sink.faults.length === 0 ? faults : [...faults, ...sink.faults] };
  }
}
