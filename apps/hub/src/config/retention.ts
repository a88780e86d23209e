import { parseDuration } from '@seawall/calendar';
import { topicNameFault, type QuerySource } from '@seawall/model';
import { TIERS, type Retention } from '@seawall/ports';
import { SettingError } from './setting-error.ts';

/** Of one domain, or of all; a tier that is left out is as for all. */
export type TierTexts = Readonly<Partial<Record<QuerySource, string>>>;

const DAY_MS = 86_400_000;
const FOREVER = 'forever';
/** Rather longer than shorter: what was asked for is not deleted early. */
const DAYS = { M: 31, y: 366 } as const;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS } as const;

/** "90d" → ms, "forever" → Infinity; a month counts 31 days and a year 366. @returns undefined below a day, or if it is neither */
export function retainedMs(text: string): number | undefined {
  if (text === FOREVER) return Infinity;
  const duration = parseDuration(text);
  if (duration === undefined) return undefined;
  const { count, unit } = duration;
  const ms = count * (unit === 'M' || unit === 'y' ? DAYS[unit] * DAY_MS : UNIT_MS[unit]);
  return ms >= DAY_MS ? ms : undefined;
}

/** The block `retention:` of the settings file, its values as texts. */
export interface RetentionBlock {
  readonly tiers: TierTexts;
  readonly domains: Readonly<Record<string, TierTexts>>;
}

/** @param path of the file, for the sentence @throws SettingError */
export function readRetentionBlock(value: unknown, path: string): RetentionBlock {
  const { domains = {}, ...tiers } = objectAt('retention', value, path);
  const named = Object.entries(objectAt('retention.domains', domains, path)).map(([domain, texts]) => {
    const fault = domain === '*' ? 'names none; write what holds for all beside "domains"' : topicNameFault(domain);
    if (fault !== undefined)
      throw new SettingError(`retention.domains in ${path} names "${domain}", which is no domain: it ${fault}.`);
    const name = `retention.domains.${domain}`;
    return [domain, tierTexts(name, objectAt(name, texts, path), path)] as const;
  });
  return { tiers: tierTexts('retention', tiers, path), domains: Object.fromEntries(named) };
}

/**
 * @param all of domains not named, ms
 * @throws SettingError for a value that is none, or a tier that is kept shorter than what it was made of
 */
export function retentionOf(
  all: Readonly<Record<QuerySource, number>>,
  { domains }: RetentionBlock,
  path: string,
): Retention {
  checkOrder(all, (tier) => `--retain-${tier}`);
  const kept = new Map([['*', all]]);
  for (const [domain, texts] of Object.entries(domains)) {
    const name = (tier: QuerySource) => `retention.domains.${domain}.${tier} in ${path}`;
    const own = { ...all };
    for (const tier of TIERS) if (texts[tier] !== undefined) own[tier] = msOf(texts[tier], name(tier));
    checkOrder(own, name);
    kept.set(domain, own);
  }
  const byDomain = (tier: QuerySource) => Object.fromEntries([...kept].map(([domain, own]) => [domain, own[tier]]));
  return { raw: byDomain('raw'), '1m': byDomain('1m'), '1h': byDomain('1h') };
}

export function retainedText(ms: number): string {
  return ms === Infinity ? FOREVER : `${Number((ms / DAY_MS).toFixed(1))}d`;
}

function msOf(text: string, name: string): number {
  const ms = retainedMs(text);
  if (ms !== undefined) return ms;
  throw new SettingError(`${name} must be forever, or at least a day such as 90d, 6M or 2y, not "${text}".`);
}

/** Otherwise a range would be there by the second and gone by the hour. */
function checkOrder(kept: Readonly<Record<QuerySource, number>>, name: (tier: QuerySource) => string): void {
  for (const [finer, coarser] of [
    ['raw', '1m'],
    ['1m', '1h'],
  ] as const) {
    if (kept[finer] <= kept[coarser]) continue;
    const [fine, coarse] = [retainedText(kept[finer]), retainedText(kept[coarser])];
    throw new SettingError(
      `${name(coarser)} (${coarse}) is shorter than ${name(finer)} (${fine}): sums are kept at least as long as what they are made of. ` +
        `Make ${name(coarser)} ${fine} or longer, or ${name(finer)} ${coarse} or shorter.`,
    );
  }
}

function tierTexts(name: string, value: Readonly<Record<string, unknown>>, path: string): TierTexts {
  const known: readonly string[] = TIERS;
  for (const [tier, text] of Object.entries(value)) {
    if (!known.includes(tier)) {
      const also = name === 'retention' ? ' or domains' : '';
      throw new SettingError(`${name}.${tier} in ${path} is no setting; write ${TIERS.join(', ')}${also}.`);
    }
    if (typeof text !== 'string')
      throw new SettingError(`${name}.${tier} in ${path} must be forever, or a duration such as 90d.`);
  }
  return value;
}

function objectAt(name: string, value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new SettingError(`${name} in ${path} must hold lines like "raw: 90d".`);
}
