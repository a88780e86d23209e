import { nameFault, RESERVED_DOMAINS, topicNameFault } from '@seawall/model';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { z } from 'zod';
import { UsageError } from '../errors.ts';
import { readYamlFile } from '../yaml-file.ts';
import { mappingFields, type Mapping } from './mapping-fields.ts';
import { carriesZone } from './time-reader.ts';

/** The mappings that come with Seawall, one a file. */
export const MAPPINGS_FOLDER = fileURLToPath(new URL('../../recordings', import.meta.url));

export type { Mapping };

export const mappingSchema = mappingFields
  .superRefine(checkTimeZone)
  .superRefine(checkLayout)
  .superRefine(checkNames)
  .superRefine(checkBounds)
  .superRefine(checkStates)
  .superRefine(checkDescribe);

type Context = z.core.$RefinementCtx<Mapping>;

function addIssue(context: Context, path: string[], message: string): void {
  context.addIssue({ code: 'custom', path, message });
}

function checkTimeZone({ timeZone, time }: Mapping, context: Context): void {
  const needsNone = time.format !== undefined && carriesZone(time.format);
  if (timeZone === undefined && !needsNone) {
    addIssue(
      context,
      ['timeZone'],
      'is needed, since the times are local: an IANA name like "Europe/London", or "UTC"',
    );
  }
}

function checkLayout({ wide, device, metrics, skip }: Mapping, context: Context): void {
  const columns = Object.values(metrics).map(({ column }) => column);
  if (columns.length === 0) addIssue(context, ['metrics'], 'name at least one metric');
  if (wide) {
    if (device !== undefined)
      addIssue(context, ['device'], 'has no place in a wide mapping, whose headers are the devices');
    if (columns.length !== 1) addIssue(context, ['metrics'], 'a wide mapping has exactly one metric');
    if (columns.some((column) => column !== undefined)) {
      addIssue(context, ['metrics'], 'in a wide mapping the metric has no `column`: every column is a device');
    }
    if (skip === '*') addIssue(context, ['skip'], `'*' would skip every device of a wide mapping; name the columns`);
    return;
  }
  if (device === undefined) addIssue(context, ['device'], 'is needed: a text, or { column: <its header> }');
  for (const [name, { column }] of Object.entries(metrics)) {
    if (column === undefined) addIssue(context, ['metrics', name, 'column'], 'is needed: the header of its column');
  }
}

function checkNames({ domain, device, metrics }: Mapping, context: Context): void {
  for (const [field, value] of Object.entries({ domain, device })) {
    if (typeof value !== 'string') continue;
    const fault = topicNameFault(value);
    if (fault !== undefined) addIssue(context, [field], `"${value}" ${fault}`);
  }
  if (typeof domain === 'string' && RESERVED_DOMAINS.has(domain)) {
    addIssue(context, ['domain'], `"${domain}" belongs to the hub; choose another`);
  }
  for (const name of Object.keys(metrics)) {
    const fault = nameFault(name);
    if (fault !== undefined) addIssue(context, ['metrics', name], `the name ${fault}`);
  }
}

function checkBounds({ wide, metrics }: Mapping, context: Context): void {
  for (const [name, { min, max }] of Object.entries(metrics)) {
    if (wide && (typeof min === 'object' || typeof max === 'object')) {
      addIssue(context, ['metrics', name], "`min` and `max` from a column can't be used in a wide mapping");
    }
    if (typeof min === 'number' && typeof max === 'number' && min > max) {
      addIssue(context, ['metrics', name, 'min'], `${min} is above max, ${max}; swap them`);
    }
  }
}

function checkStates({ metrics }: Mapping, context: Context): void {
  for (const [metric, { states = {} }] of Object.entries(metrics)) {
    const path = ['metrics', metric, 'states'];
    const names = Object.values(states);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) addIssue(context, path, `two states are called "${twice}"; give each a name of its own`);
    for (const number of Object.keys(states)) {
      if (String(Number(number)) !== number || !Number.isFinite(Number(number)))
        addIssue(context, path, `"${number}" is not a number; write each state under its number, like 0: closed`);
    }
  }
}

function checkDescribe({ wide, describe }: Mapping, context: Context): void {
  const { table, location, labels = {}, name, type, district, site } = describe;
  for (const value of [name, type, district, site, location?.lat, location?.lon, ...Object.values(labels)]) {
    if (typeof value !== 'object') continue;
    if ('table' in value && table === undefined) {
      addIssue(context, ['describe'], `{ table: ${value.table} } is used, but no \`table\` is given`);
    }
    if ('column' in value && wide) {
      addIssue(
        context,
        ['describe'],
        `{ column: ${value.column} } can't be used in a wide mapping, whose rows are of all devices`,
      );
    }
  }
}

export function mappingNames(): string[] {
  const files = readdirSync(MAPPINGS_FOLDER).filter((file) => file.endsWith('.yaml'));
  return files.map((file) => file.slice(0, -'.yaml'.length)).sort();
}

/** @param mapping the path of a YAML file, or the name of one that comes with Seawall @throws UsageError */
export async function loadMapping(mapping: string): Promise<Mapping> {
  if (existsSync(mapping) || /\.ya?ml$/.test(mapping)) return readYamlFile('mapping', mapping, mappingSchema);
  if (!mappingNames().includes(mapping)) {
    throw new UsageError(
      `There is no mapping "${mapping}". There are ${mappingNames().join(', ')}; or give the path of a .yaml file.`,
    );
  }
  return readYamlFile('mapping', `${MAPPINGS_FOLDER}/${mapping}.yaml`, mappingSchema);
}
