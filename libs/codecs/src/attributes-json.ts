import { parseDuration } from '@seawall/calendar';
import { nameFault } from '@seawall/model';
import type { DevicePatch, MetricPatch } from './device-patch.ts';
import { pointerToken, sampleOf, sampleOfBytes, type Fault } from './fault.ts';
import { keyFault, labelNameFault } from './label-names.ts';
import { parseJson } from './parse-json.ts';

type JsonObject = Readonly<Record<string, unknown>>;
type Problem = string | undefined;

export interface DecodedAttributes {
  /** Undefined when nothing of the message can be used. */
  readonly patch?: DevicePatch;
  readonly faults: readonly Fault[];
}

/**
 * Decodes an `…/attributes` message. Each field is judged for itself: the good ones make the patch, the bad ones
 * become faults, and fields the hub does not know are passed over.
 * @param unitFault why a text is no UCUM unit, as the rest of a sentence; undefined if it is one
 */
export function decodeAttributes(payload: Uint8Array, unitFault: (unit: string) => Problem): DecodedAttributes {
  const parsed = parseJson(payload);
  if (parsed.refusal !== undefined)
    return { faults: [{ ...parsed.refusal, pointer: '', sample: sampleOfBytes(payload) }] };
  return readAttributes(parsed.value, unitFault);
}

/** `decodeAttributes` of what is parsed already. */
export function readAttributes(value: unknown, unitFault: (unit: string) => Problem): DecodedAttributes {
  const reader = new AttributesReader(unitFault);
  if (!isObject(value)) reader.refuse('the description must be a JSON object', '', value);
  else reader.read(value);
  if (reader.patch === undefined && reader.faults.length === 0) {
    return {
      faults: [
        {
          reason: 'nothing-usable',
          detail: 'The description holds no field the hub knows.',
          pointer: '',
          sample: sampleOf(value),
        },
      ],
    };
  }
  return { patch: reader.patch, faults: reader.faults };
}

const TEXT_FIELDS = ['name', 'type', 'district', 'site', 'gateway'] as const;
/** A message with more bad fields than this is not looked at further. */
const MAX_FAULTS = 100;

class AttributesReader {
  readonly faults: Fault[] = [];
  #patch: Record<string, unknown> | undefined;
  readonly #unitFault: (unit: string) => Problem;

  constructor(unitFault: (unit: string) => Problem) {
    this.#unitFault = unitFault;
  }

  get patch(): DevicePatch | undefined {
    return this.#patch;
  }

  read(fields: JsonObject): void {
    for (const field of TEXT_FIELDS) this.#field(fields, field, textProblem);
    this.#field(fields, 'location', locationProblem, (value) => ({
      lat: (value as JsonObject).lat,
      lon: (value as JsonObject).lon,
    }));
    this.#field(fields, 'interval', intervalProblem);
    this.#field(fields, 'outOfService', (value) => (typeof value === 'boolean' ? undefined : 'must be true or false'));
    this.#group(fields, 'labels', '', (value, key) => {
      const problem = labelNameFault(key);
      if (problem !== undefined) return `can't be kept: the label's name ${problem}`;
      return value === null ? undefined : textProblem(value);
    });
    this.#metrics(fields);
  }

  refuse(problem: string, pointer: string, value: unknown): void {
    if (this.faults.length >= MAX_FAULTS) return;
    const subject = pointer === '' ? problem : `"${pointer.slice(1, 65)}" ${problem}`;
    const detail = `${subject.charAt(0).toUpperCase()}${subject.slice(1)}.`;
    this.faults.push({ reason: 'bad-description', detail, pointer, sample: sampleOf(value) });
  }

  #take(field: string, value: unknown): void {
    (this.#patch ??= {})[field] = value;
  }

  #field(
    fields: JsonObject,
    field: string,
    problemOf: (value: unknown) => Problem,
    keep = (value: unknown) => value,
  ): void {
    if (!Object.hasOwn(fields, field)) return;
    const value = fields[field];
    const problem = value === null ? undefined : problemOf(value);
    if (problem === undefined) this.#take(field, value === null ? null : keep(value));
    else this.refuse(problem, `/${field}`, value);
  }

  /** A field that is an object of fields under free names. */
  #group(
    fields: JsonObject,
    field: string,
    pointer: string,
    problemOf: (value: unknown, key: string) => Problem,
  ): void {
    const kept = this.#goodEntries(fields, field, pointer, problemOf);
    if (kept !== undefined) this.#take(field, kept);
  }

  #goodEntries(
    fields: JsonObject,
    field: string,
    pointer: string,
    problemOf: (value: unknown, key: string) => Problem,
  ): JsonObject | null | undefined {
    if (!Object.hasOwn(fields, field)) return undefined;
    const group = fields[field];
    if (group === null) return null;
    const at = pointer + pointerToken(field);
    if (!isObject(group)) return void this.refuse('must be an object', at, group);
    const kept: Record<string, unknown> = {};
    for (const key in group) {
      const problem = problemOf(group[key], key);
      if (problem === undefined) kept[key] = group[key];
      else this.refuse(problem, at + pointerToken(key), group[key]);
    }
    return Object.keys(kept).length > 0 ? kept : undefined;
  }

  #metrics(fields: JsonObject): void {
    const kept = this.#goodEntries(fields, 'metrics', '', (value, key) => {
      const problem = nameFault(key) ?? keyFault(key);
      if (problem !== undefined) return `can't be kept: the metric's name ${problem}`;
      return value === null || isObject(value) ? undefined : 'must be an object or null';
    });
    if (kept === undefined || kept === null) return kept === null ? this.#take('metrics', null) : undefined;
    const metrics: Record<string, MetricPatch | null> = {};
    for (const name in kept) {
      const metric =
        kept[name] === null ? null : this.#metric(name, kept[name] as JsonObject, `/metrics${pointerToken(name)}`);
      if (metric !== undefined) metrics[name] = metric;
    }
    if (Object.keys(metrics).length > 0) this.#take('metrics', metrics);
  }

  #unit({ unit }: JsonObject, name: string, pointer: string, patch: Record<string, unknown>): void {
    if (unit === undefined) return;
    const at = `${pointer}/unit`;
    if (unit !== null && typeof unit !== 'string') return this.refuse('must be a UCUM unit as text', at, unit);
    const problem = unit === null ? undefined : this.#unitFault(unit);
    if (problem === undefined) return void (patch.unit = unit);
    const written = JSON.stringify(unit!.slice(0, 64));
    const consequence = `Without it the readings of "${name}" are stored as having no unit of their own`;
    this.refuse(`is ${written}, which ${problem}. ${consequence}`, at, unit);
  }

  #metric(name: string, fields: JsonObject, pointer: string): MetricPatch | undefined {
    const patch: Record<string, unknown> = {};
    const take = (field: string, problemOf: (value: unknown) => Problem): void => {
      if (!Object.hasOwn(fields, field)) return;
      const value = fields[field];
      const problem = value === null ? undefined : problemOf(value);
      if (problem === undefined) patch[field] = value;
      else this.refuse(problem, pointer + pointerToken(field), value);
    };
    this.#unit(fields, name, pointer, patch);
    take('min', numberProblem);
    take('max', numberProblem);
    const states = this.#goodEntries(fields, 'states', pointer, stateProblem);
    if (states !== undefined) patch.states = states;
    return Object.keys(fields).length === 0 || Object.keys(patch).length > 0 ? patch : undefined;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textProblem(value: unknown): Problem {
  return typeof value === 'string' ? nameFault(value) : 'must be text or null';
}

function numberProblem(value: unknown): Problem {
  return typeof value === 'number' && Number.isFinite(value) ? undefined : 'must be a finite number or null';
}

function intervalProblem(value: unknown): Problem {
  const good = typeof value === 'string' && parseDuration(value) !== undefined;
  return good ? undefined : 'must be a duration: a number and one of ms s m h d w M y, like "60s"';
}

function locationProblem(value: unknown): Problem {
  if (!isObject(value)) return 'must be {"lat", "lon"} or null';
  const { lat, lon } = value;
  if (typeof lat !== 'number' || !(Math.abs(lat) <= 90)) return 'needs "lat" between -90 and 90';
  if (typeof lon !== 'number' || !(Math.abs(lon) <= 180)) return 'needs "lon" between -180 and 180';
  return undefined;
}

function stateProblem(value: unknown, key: string): Problem {
  if (key.trim() === '' || String(Number(key)) !== key || !Number.isFinite(Number(key))) {
    return 'must stand under the state\'s number, like "0"';
  }
  return value === null ? undefined : textProblem(value);
}
