import type { AlertTransition } from '@seawall/model';

const ABSENT = '_';
const FORBIDDEN = /[/+#%\u0000-\u001f\u007f-\u009f]|^\$/g;

/** `<tenant>/alerts/<severity>/<domain>/<district>/<rule>/<subject>`, the same for the alert's whole life. */
export function alertTopic(tenant: string, { alert, levels }: AlertTransition): string {
  const names = [alert.severity, levels.domain, levels.district, alert.rule, levels.subject];
  return [tenant, 'alerts', ...names.map(topicLevel)].join('/');
}

/**
 * A name as one level of a topic: `_` where there is none. Percent-encoded as in URLs, so `decodeURIComponent` gives
 * the name back; a name that is itself `_` becomes `%5F`.
 */
export function topicLevel(name: string | undefined): string {
  if (name === undefined || name === '') return ABSENT;
  if (name === ABSENT) return '%5F';
  return name.replace(FORBIDDEN, percentEncode);
}

function percentEncode(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
}
