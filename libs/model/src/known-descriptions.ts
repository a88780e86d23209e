import { labelsAt, type LabelSpan, type MetricDefinition } from './device.ts';
import { UNDESCRIBED, type Labels } from './series.ts';

const UNDESCRIBED_SPANS: readonly LabelSpan[] = [{ from: -Infinity, labels: UNDESCRIBED }];

/** What is known of devices and metrics besides their readings: label histories and definitions. */
export class KnownDescriptions {
  readonly #spans = new Map<string, readonly LabelSpan[]>();
  readonly #metrics = new Map<string, MetricDefinition>();

  setSpans(device: string, spans: readonly LabelSpan[]): void {
    this.#spans.set(device, spans);
  }

  /** A device that nobody has described has one span. */
  spansOf(device: string): readonly LabelSpan[] {
    return this.#spans.get(device) ?? UNDESCRIBED_SPANS;
  }

  labelsNow(device: string): Labels {
    return labelsAt(this.spansOf(device), Infinity);
  }

  /** Of the devices that are described. */
  histories(): Iterable<readonly LabelSpan[]> {
    return this.#spans.values();
  }

  setMetric(definition: MetricDefinition): void {
    this.#metrics.set(metricKey(definition), definition);
  }

  unitOf(of: Pick<MetricDefinition, 'domain' | 'metric'>): string | null {
    return this.#metrics.get(metricKey(of))?.unit ?? null;
  }
}

function metricKey({ domain, metric }: Pick<MetricDefinition, 'domain' | 'metric'>): string {
  return `${domain}\u0000${metric}`;
}
