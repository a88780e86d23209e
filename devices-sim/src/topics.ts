const TENANT = 'city';

/** The topic a device publishes on. */
export function topicOf(domain: string, device: string, what: 'telemetry' | 'attributes' | 'status'): string {
  return `${TENANT}/${domain}/${device}/${what}`;
}
