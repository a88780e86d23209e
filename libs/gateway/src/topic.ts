import type { Refusal } from '@seawall/codecs';
import { RESERVED_DOMAINS, topicNameFault } from '@seawall/model';
import { thingsBoardPlace } from './thingsboard-topics.ts';

/** What a device says on a topic of its own; `lines` is telemetry as line protocol. */
export type TopicKind = 'telemetry' | 'lines' | 'attributes' | 'status';

/** Where a message on a topic goes. */
export type TopicPlace =
  /** Outside the tenant's tree: passes as through any broker, and is stored nowhere. */
  | { readonly kind: 'foreign' }
  | { readonly kind: TopicKind; readonly domain: string; readonly device: string }
  /** Telegraf's: the lines name domain and device; `host` is the topic's, as it stands there. */
  | { readonly kind: 'telegraf'; readonly host: string; readonly domain?: undefined; readonly device?: undefined }
  /** ThingsBoard's: the device is the user name of the client. */
  | {
      readonly kind: 'own-telemetry' | 'own-attributes';
      readonly domain?: undefined;
      readonly device?: undefined;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly domain?: string; readonly device?: string };

const KINDS: ReadonlyMap<string, TopicKind> = new Map([
  ['telemetry', 'telemetry'],
  ['telemetry/lp', 'lines'],
  ['attributes', 'attributes'],
  ['status', 'status'],
]);
const NOT_BUILT: ReadonlySet<string> = new Set(['telemetry/senml', 'commands', 'config', 'events']);

export interface TopicGrammar {
  /** The first level of every device's topic. */
  readonly tenant: string;
  /** Under it Telegraf's messages come, as `<telegrafTopic>/<host>/<plugin>`; absent: they are foreign. */
  readonly telegrafTopic?: string;
}

/** The grammar `<tenant>/<domain>/<device>/<kind>`, to which only topics under `<tenant>/` are held. */
export function placeOf(topic: string, { tenant, telegrafTopic }: TopicGrammar): TopicPlace {
  if (topic.startsWith('$'))
    return refused('reserved-topic', "Topics that begin with $ are the broker's own; publish under another name.");
  const thingsBoards = thingsBoardPlace(topic);
  if (thingsBoards !== undefined) return thingsBoards;
  if (telegrafTopic !== undefined && topic.startsWith(`${telegrafTopic}/`))
    return telegrafPlace(topic.slice(telegrafTopic.length + 1), telegrafTopic);
  if (!topic.startsWith(`${tenant}/`)) return { kind: 'foreign' };
  const [, domain, device, ...rest] = topic.split('/') as [string, string, ...string[]];
  if (RESERVED_DOMAINS.has(domain) || topic.endsWith('/errors')) {
    return refused(
      'reserved-topic',
      `Only the hub publishes to ${tenant}/alerts/, ${tenant}/hub/, ${tenant}/clients/ and …/errors.`,
    );
  }
  if (device === undefined || rest.length === 0)
    return refused('bad-topic', `The topic must be ${tenant}/<domain>/<device>/telemetry, …/attributes or …/status.`);
  return deviceTopic(domain, device, rest.join('/'));
}

/** Levels after the plugin's are taken: Telegraf's topic template may add tags. */
function telegrafPlace(rest: string, telegrafTopic: string): TopicPlace {
  const [host, plugin] = rest.split('/');
  if (host !== '' && host !== undefined && plugin !== undefined && plugin !== '') return { kind: 'telegraf', host };
  return refused(
    'bad-topic',
    `Telegraf's topic must be ${telegrafTopic}/<host>/<plugin>, which is its default: ${telegrafTopic}/{{ .Hostname }}/{{ .PluginName }}.`,
  );
}

function deviceTopic(domain: string, device: string, kind: string): TopicPlace {
  const fault = subjectFault(domain, device);
  if (fault !== undefined) return { kind: 'refused', refusal: { reason: 'bad-topic', detail: fault.detail } };
  const known = KINDS.get(kind);
  if (known !== undefined) return { kind: known, domain, device };
  const refusal: Refusal = NOT_BUILT.has(kind)
    ? { reason: 'not-built', detail: `…/${kind} is not built yet; nothing was stored.` }
    : {
        reason: 'bad-topic',
        detail: 'The last level must be telemetry, attributes or status, or the last two telemetry/lp.',
      };
  return { kind: 'refused', refusal, domain, device };
}

/** @returns why this can't be a device's domain and id */
export function subjectFault(domain: string, device: string): Refusal | undefined {
  if (RESERVED_DOMAINS.has(domain))
    return { reason: 'reserved-topic', detail: `The domain "${domain}" belongs to the hub; use another.` };
  const domainFault = topicNameFault(domain);
  if (domainFault !== undefined) return { reason: 'bad-name', detail: `The domain ${domainFault}.` };
  const deviceFault = topicNameFault(device);
  if (deviceFault !== undefined) return { reason: 'bad-name', detail: `The device's id ${deviceFault}.` };
  return undefined;
}

function refused(reason: Refusal['reason'], detail: string): TopicPlace {
  return { kind: 'refused', refusal: { reason, detail } };
}

/** Longer than any topic of a device; what is longer need not be remembered, and would fill the memory. */
const LONGEST_REMEMBERED = 512;

/** Topics repeat, so their places are remembered; the oldest is forgotten when there is no more room. */
export class TopicCache<Place> {
  readonly #places = new Map<string, Place>();
  readonly #place: (topic: string) => Place;
  readonly #maxTopics: number;

  constructor(maxTopics: number, place: (topic: string) => Place) {
    this.#maxTopics = maxTopics;
    this.#place = place;
  }

  get(topic: string): Place {
    const known = this.#places.get(topic);
    if (known !== undefined) return known;
    const place = this.#place(topic);
    if (topic.length > LONGEST_REMEMBERED) return place;
    if (this.#places.size >= this.#maxTopics) this.#places.delete(this.#places.keys().next().value!);
    this.#places.set(topic, place);
    return place;
  }
}
