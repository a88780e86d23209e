import { parseJson, readAttributes, sampleOfBytes, type DecodedAttributes, type Fault } from '@seawall/codecs';

type JsonObject = Readonly<Record<string, unknown>>;

const TEXT_FIELDS: ReadonlySet<string> = new Set(['name', 'type', 'district', 'site', 'gateway']);
/** Fields of a description that are objects; under these names something else can't be kept. */
const GROUPS: ReadonlySet<string> = new Set(['location', 'labels', 'metrics']);
const LATITUDE = 'latitude';
const LONGITUDE = 'longitude';

/**
 * Decodes ThingsBoard's attributes, `{"key":value,…}`, as a description: keys that are fields of one are those,
 * `latitude` and `longitude` are the location, and other texts, numbers and booleans become labels. `null` deletes.
 * What can't be kept becomes a fault of its own.
 * @param unitFault as for `decodeAttributes`
 */
export function decodeThingsBoardAttributes(
  payload: Uint8Array,
  unitFault: (unit: string) => string | undefined,
): DecodedAttributes {
  const parsed = parseJson(payload);
  if (parsed.refusal !== undefined)
    return { faults: [{ ...parsed.refusal, pointer: '', sample: sampleOfBytes(payload) }] };
  if (!isObject(parsed.value)) return readAttributes(parsed.value, unitFault);
  const { description, flat } = described(parsed.value);
  const decoded = readAttributes(description, unitFault);
  return { ...decoded, faults: decoded.faults.map((fault) => atSender(fault, flat)) };
}

/** The attributes in the hub's own shape, and which of its labels stood at the top. */
function described(attributes: JsonObject): { description: JsonObject; flat: ReadonlySet<string> } {
  const { [LATITUDE]: latitude, [LONGITUDE]: longitude, ...rest } = attributes;
  const fields: [string, unknown][] = [];
  const labels: [string, unknown][] = [];
  for (const [key, value] of Object.entries(rest)) {
    if (isField(key, value)) fields.push([key, value]);
    else labels.push([key, asLabel(value)]);
  }
  if (latitude !== undefined || longitude !== undefined) fields.push(['location', locationOf(latitude, longitude)]);
  const own = fields.find(([key]) => key === 'labels')?.[1];
  const group =
    labels.length === 0 ? own : Object.fromEntries([...Object.entries((own ?? {}) as JsonObject), ...labels]);
  const description = Object.fromEntries([...fields, ...(group === undefined ? [] : [['labels', group] as const])]);
  return { description, flat: new Set(labels.map(([key]) => key)) };
}

function isField(key: string, value: unknown): boolean {
  if (TEXT_FIELDS.has(key)) return true;
  if (GROUPS.has(key)) return value === null || isObject(value);
  return (key === 'interval' && typeof value === 'string') || (key === 'outOfService' && typeof value === 'boolean');
}

/** Objects and arrays are left as they are, for the decoder to refuse. */
function asLabel(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

/** ThingsBoard's maps take these as numbers or as text. */
function locationOf(latitude: unknown, longitude: unknown): unknown {
  if (latitude === null && longitude === null) return null;
  return { lat: numberOf(latitude), lon: numberOf(longitude) };
}

function numberOf(value: unknown): unknown {
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
}

/** A fault of a label that the sender wrote at the top points there. */
function atSender(fault: Fault, flat: ReadonlySet<string>): Fault {
  const key = /^\/labels\/([^/]*)$/.exec(fault.pointer)?.[1]?.replaceAll('~1', '/').replaceAll('~0', '~');
  return key !== undefined && flat.has(key) ? { ...fault, pointer: fault.pointer.slice('/labels'.length) } : fault;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
