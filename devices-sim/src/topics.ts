const TENANT = 'city';

/** The topic a device publishes on, or hears of what was not used. */
export function topicOf(
  domain: string,
  device: string,
  what: 'telemetry' | 'attributes' | 'status' | 'errors',
): string {
  return `${TENANT}/${domain}/${device}/${what}`;
}
