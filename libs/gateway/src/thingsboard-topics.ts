import type { TopicPlace } from './topic.ts';

const DEVICE_API = 'v1/devices/me/';

/** Topics of ThingsBoard's on which a device would wait for an answer, or believe its data stored, in vain. */
const NOT_BUILT: readonly { readonly topics: RegExp; readonly detail: string }[] = [
  {
    topics: /^v1\/devices\/me\/attributes\/request\//,
    detail:
      'Requests for attributes are not built, and no answer will come; let the device start from values of its own.',
  },
  {
    topics: /^v1\/devices\/me\/rpc\//,
    detail: 'Remote procedure calls are not built, and no answer will come; the hub sends devices no commands yet.',
  },
  {
    topics: /^v1\/devices\/me\//,
    detail:
      "Of ThingsBoard's device topics only v1/devices/me/telemetry and v1/devices/me/attributes are built; nothing was stored.",
  },
  {
    topics: /^v1\/gateway(\/|$)/,
    detail:
      "ThingsBoard's gateway topics are not built, nothing was stored; publish to <tenant>/<domain>/<device>/telemetry for each device.",
  },
  {
    topics: /^v2\/(t|a|r|fw|sw)(\/|$)/,
    detail:
      "ThingsBoard's short topics are not built, nothing was stored; publish to v1/devices/me/telemetry or v1/devices/me/attributes.",
  },
];

/** @returns undefined for a topic that is not of ThingsBoard's device or gateway API */
export function thingsBoardPlace(topic: string): TopicPlace | undefined {
  if (topic === `${DEVICE_API}telemetry`) return { kind: 'own-telemetry' };
  if (topic === `${DEVICE_API}attributes`) return { kind: 'own-attributes' };
  const refused = NOT_BUILT.find(({ topics }) => topics.test(topic));
  return refused && { kind: 'refused', refusal: { reason: 'not-built', detail: refused.detail } };
}
