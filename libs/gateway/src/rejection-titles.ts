import type { RejectionReason } from '@seawall/model';

/** One short title a reason, the same for every occurrence (RFC 9457, 3.1.3). */
export const REJECTION_TITLES: Readonly<Record<RejectionReason, string>> = {
  'bad-topic': 'The topic is not one of a device',
  'reserved-topic': 'Only the hub publishes there',
  'not-built': 'Not built yet',
  'too-large': 'The packet is too large',
  'bad-encoding': 'The body is encoded in a way that can not be read',
  'too-many-readings': 'Too many readings in one message',
  'too-many-series': 'No room for another series or device',
  'too-deep': 'Objects lie too deep',
  'malformed-json': 'The payload is not JSON',
  'malformed-line': 'The line is not line protocol',
  'wrong-shape': 'The payload has another shape',
  'nothing-usable': 'The message holds nothing the hub can use',
  'bad-name': 'The name is against the grammar',
  'bad-time': 'The time can not be read',
  'epoch-seconds': 'The time is in seconds',
  'too-far-ahead': 'The time lies in the future',
  'not-a-number': 'The value is not a finite number',
  'undeclared-text': 'The text is no declared state',
  'ambiguous-tags': 'Only a tag tells two readings apart',
  'incommensurable-unit': "The unit can not be converted into the hub's",
  'bad-description': 'A field of the description is wrong',
  'flapping-label': 'A label keeps changing',
  'bad-status': 'The status is neither online nor offline',
  'refused-by-store': 'The series store takes no such reading',
};
