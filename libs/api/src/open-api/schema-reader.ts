import type { Schema } from './schemas.ts';

/** @returns the first place where a value does not fit; undefined where all of it does */
export type FaultOf = (value: unknown, schema: Schema, path?: string) => string | undefined;

/** For tests: as much of JSON Schema as the OpenAPI document uses, and stricter: no member may be there undescribed. */
export function schemaReader(schemas: Readonly<Record<string, Schema>>): FaultOf {
  return faultOf;

  function faultOf(value: unknown, schema: Schema, path = ''): string | undefined {
    if (typeof schema['$ref'] === 'string') return faultOf(value, resolve(schemas, schema['$ref'])!, path);
    for (const branches of [schema['oneOf'], schema['anyOf']]) {
      if (!Array.isArray(branches)) continue;
      const faults = (branches as Schema[]).map((each) => faultOf(value, each, path));
      const fitting = faults.filter((fault) => fault === undefined).length;
      if (branches === schema['oneOf'] ? fitting !== 1 : fitting === 0)
        return `${path} fits ${fitting}: ${faults.join(' or ')}`;
      return undefined;
    }
    if (
      schema['not'] !== undefined &&
      faultOf(value, { additionalProperties: {}, ...(schema['not'] as Schema) }) === undefined
    )
      return `${path} is what it must not be`;
    if (Array.isArray(schema['enum']) && !schema['enum'].includes(value)) return `${path} is not of the enumeration`;
    const types = [schema['type'] ?? typeOf(value)].flat();
    if (!types.includes(typeOf(value)) && !(types.includes('number') && typeOf(value) === 'integer'))
      return `${path} is ${typeOf(value)}`;
    return Array.isArray(value) ? faultOfItems(value, schema, path) : faultOfMembers(value, schema, path);
  }

  function faultOfItems(items: readonly unknown[], schema: Schema, path: string): string | undefined {
    return items.map((item, i) => faultOf(item, (schema['items'] ?? {}) as Schema, `${path}/${i}`)).find(Boolean);
  }

  function faultOfMembers(value: unknown, schema: Schema, path: string): string | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const missing = ((schema['required'] ?? []) as string[]).find((name) => !Object.hasOwn(value, name));
    if (missing !== undefined) return `${path} has no ${missing}`;
    const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
    return Object.entries(value)
      .map(([name, member]) => {
        const inner = properties[name] ?? schema['additionalProperties'] ?? (schema['properties'] ? undefined : {});
        return inner === undefined ? `${path}/${name} is unknown` : faultOf(member, inner as Schema, `${path}/${name}`);
      })
      .find(Boolean);
  }
}

export function resolve(schemas: Readonly<Record<string, Schema>>, reference: string): Schema | undefined {
  return schemas[reference.replace('#/components/schemas/', '')];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
