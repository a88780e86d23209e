import {
  isWithin,
  type Alert,
  type AlertState,
  type AlertTransition,
  type Area,
  type Device,
  type MetricDefinition,
  type Rejection,
  type RejectionReason,
  type RuleVersion,
  type Severity,
} from '@seawall/model';
import { changesPlace, nextChanges } from '../changes-place.ts';
import { foldDevice } from '../fold-device.ts';
import type { DeviceChange, JournalEntry } from '../journal-entry.ts';
import { cursorSeq, JOURNAL_START, type Cursor } from '../journal.ts';
import type { AlertFilter, AlertHistory, DeviceFilter, KeptRejection, Registry } from '../registry.ts';
import type { Page, PageRequest } from '../series-store.ts';
import { refuseBackup } from './refuse-backup.ts';

interface KeptAlert {
  readonly alert: Alert;
  /** `inactive` for a pending alert that was dropped: it keeps its history and is listed nowhere. */
  readonly state: AlertState;
  readonly changedSeq: number;
  readonly transitions: readonly AlertTransition[];
}

/** A registry that forgets everything when the process ends. For tests, and for whoever needs no more. */
export function createMemoryRegistry(options: { readonly keptRejections?: number } = {}): Registry {
  return new MemoryRegistry(options.keptRejections ?? 100_000);
}

class MemoryRegistry implements Registry {
  #cursor: Cursor = JOURNAL_START;
  readonly #keptRejections: number;
  readonly #devices = new Map<string, Device>();
  readonly #metrics = new Map<string, MetricDefinition>();
  readonly #rules = new Map<string, RuleVersion>();
  readonly #alerts = new Map<string, KeptAlert>();
  readonly #counts: Partial<Record<RejectionReason, number>> = {};
  #rejections: { readonly n: number; readonly rejection: KeptRejection }[] = [];
  #counted = 0;

  constructor(keptRejections: number) {
    this.#keptRejections = keptRejections;
  }

  cursor(): Cursor {
    return this.#cursor;
  }

  async apply(entries: readonly JournalEntry[], cursor: Cursor): Promise<void> {
    const applied = cursorSeq(this.#cursor);
    for (const entry of entries) if (entry.seq > applied) this.#applyOne(entry);
    if (cursorSeq(cursor) > applied) this.#cursor = cursor;
  }

  #applyOne(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'device':
        return this.#applyDevice(entry.payload, entry.stamp);
      case 'rule':
        this.#rules.set(entry.payload.id, entry.payload);
        return;
      case 'transition':
        return this.#applyTransition(entry.payload, entry.seq);
      case 'rejections':
        return this.#applyRejections(entry.payload, entry.seq);
      default: // The other kinds change nothing here; an acknowledgement comes back as the engine's transition.
    }
  }

  #applyDevice(change: DeviceChange, stamp: number): void {
    this.#devices.set(change.device, foldDevice(this.#devices.get(change.device), change, stamp));
    for (const metric of change.metrics ?? []) this.#metrics.set(`${metric.domain}\u0000${metric.metric}`, metric);
  }

  #applyTransition(transition: AlertTransition, seq: number): void {
    const { alert, to } = transition;
    const transitions = [...(this.#alerts.get(alert.id)?.transitions ?? []), transition];
    this.#alerts.set(alert.id, { alert, state: to, changedSeq: seq, transitions });
  }

  #applyRejections(rejections: readonly Rejection[], seq: number): void {
    for (const [place, rejection] of rejections.entries()) {
      this.#counts[rejection.reason] = (this.#counts[rejection.reason] ?? 0) + (rejection.count ?? 1);
      this.#rejections.push({ n: ++this.#counted, rejection: { id: `${seq}-${place}`, ...rejection } });
    }
    if (this.#rejections.length > this.#keptRejections) {
      this.#rejections = this.#rejections.slice(this.#rejections.length - this.#keptRejections);
    }
  }

  async devices(filter: DeviceFilter, page: PageRequest): Promise<Page<Device>> {
    const found = this.#sortedDevices().filter(
      (device) =>
        (filter.domain === undefined || device.domains.includes(filter.domain)) &&
        (filter.search === undefined || searchText(device).includes(filter.search.toLowerCase())) &&
        (filter.area === undefined || liesWithin(filter.area, device)),
    );
    return pageById(found, page);
  }

  async devicesWithin(area: Area): Promise<ReadonlySet<string>> {
    return new Set([...this.#devices.values()].filter((device) => liesWithin(area, device)).map(({ id }) => id));
  }

  async device(id: string): Promise<Device | undefined> {
    return this.#devices.get(id);
  }

  async *allDevices(): AsyncIterable<Device> {
    yield* this.#sortedDevices();
  }

  async metrics(): Promise<readonly MetricDefinition[]> {
    return [...this.#metrics.values()].sort(
      (a, b) => byCodePoint(a.domain, b.domain) || byCodePoint(a.metric, b.metric),
    );
  }

  async rules(page: PageRequest): Promise<Page<RuleVersion>> {
    return pageById(await this.allRules(), page);
  }

  async rule(id: string): Promise<RuleVersion | undefined> {
    return this.#rules.get(id);
  }

  async allRules(): Promise<readonly RuleVersion[]> {
    return [...this.#rules.values()].filter(({ rule }) => rule !== null).sort((a, b) => byCodePoint(a.id, b.id));
  }

  async alerts(filter: AlertFilter, page: PageRequest): Promise<Page<Alert>> {
    const place = changesPlace(page.after);
    const listed = [...this.#alerts.values()].filter((kept) => matches(kept, filter));
    const found = listed
      .filter(({ changedSeq }) => changedSeq > place.above && changedSeq < place.below)
      .sort((a, b) => b.changedSeq - a.changedSeq);
    const numbers = found.map(({ changedSeq }) => changedSeq);
    const isAnyNewer = async (than: number) => listed.some(({ changedSeq }) => changedSeq > than);
    const next = await nextChanges(place, numbers, page.limit, isAnyNewer);
    return { items: found.slice(0, page.limit).map(({ alert }) => alert), next };
  }

  async alert(id: string): Promise<AlertHistory | undefined> {
    const kept = this.#alerts.get(id);
    return kept && { alert: kept.alert, transitions: kept.transitions };
  }

  async activeAlerts(): Promise<Readonly<Partial<Record<Severity, number>>>> {
    const active: Partial<Record<Severity, number>> = {};
    for (const { alert, state } of this.#alerts.values()) {
      if (state === 'firing') active[alert.severity] = (active[alert.severity] ?? 0) + 1;
    }
    return active;
  }

  async rejections(
    filter: { device?: string; domain?: string; reason?: RejectionReason },
    page: PageRequest,
  ): Promise<Page<KeptRejection>> {
    const before = numberBefore(page);
    const found = this.#rejections.filter(
      ({ n, rejection }) =>
        n < before &&
        (filter.device === undefined || rejection.device === filter.device) &&
        (filter.domain === undefined || rejection.domain === filter.domain) &&
        (filter.reason === undefined || rejection.reason === filter.reason),
    );
    const items = found.reverse().slice(0, page.limit);
    const next = found.length > items.length ? String(items.at(-1)!.n) : null;
    return { items: items.map(({ rejection }) => rejection), next };
  }

  async rejectionCounts(): Promise<Readonly<Partial<Record<RejectionReason, number>>>> {
    return { ...this.#counts };
  }

  backup(): Promise<never> {
    return refuseBackup('registry');
  }

  async close(): Promise<void> {}

  #sortedDevices(): Device[] {
    return [...this.#devices.values()].sort((a, b) => byCodePoint(a.id, b.id));
  }
}

function searchText(device: Device): string {
  return `${device.id}\n${device.description.name ?? ''}`.toLowerCase();
}

function liesWithin(area: Area, { description: { location } }: Device): boolean {
  return location !== undefined && isWithin(area, location);
}

function matches({ alert, state }: KeptAlert, filter: AlertFilter): boolean {
  return (
    state !== 'inactive' &&
    (filter.states === undefined || filter.states.includes(state)) &&
    (filter.severities === undefined || filter.severities.includes(alert.severity)) &&
    (filter.rule === undefined || filter.rule === alert.rule) &&
    (filter.domain === undefined || filter.domain === alert.labels['domain']) &&
    (filter.device === undefined || filter.device === alert.labels['device'])
  );
}

function pageById<T extends { readonly id: string }>(sorted: readonly T[], page: PageRequest): Page<T> {
  const { after } = page;
  const rest = after === undefined ? sorted : sorted.filter(({ id }) => byCodePoint(id, after) > 0);
  const items = rest.slice(0, page.limit);
  return { items, next: rest.length > items.length ? items.at(-1)!.id : null };
}

function numberBefore({ after }: PageRequest): number {
  if (after === undefined) return Infinity;
  if (!/^\d{1,15}$/.test(after)) throw new SyntaxError(`"${after}" is not where a page of this list can begin.`);
  return Number(after);
}

/** UTF-8 order, which is what databases sort text by; JavaScript's own differs beyond the first plane. */
function byCodePoint(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
