import { isLongerThan } from '@seawall/model';
import type { AcknowledgementRequest } from '@seawall/ports';
import { Problem } from '../http/problem.ts';

export const MAX_BY = 128;
export const MAX_COMMENT = 4000;

/** @throws Problem 400 that names the field */
export function parseAcknowledgement(body: unknown): Omit<AcknowledgementRequest, 'alertId'> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('bad-request', 'An acknowledgement is an object like {"by":"Lin Wei","comment":"On its way"}.');
  }
  const { by, comment = '', ...rest } = body as Record<string, unknown>;
  const foreign = Object.keys(rest)[0];
  if (foreign !== undefined)
    throw new Problem('bad-request', `There is no field "${foreign}" here; there are by, comment.`);
  if (typeof by !== 'string' || by.trim() === '' || isLongerThan(by, MAX_BY)) {
    throw new Problem('bad-request', `The field "by" says who acknowledges, in 1 to ${MAX_BY} characters.`);
  }
  if (typeof comment !== 'string' || isLongerThan(comment, MAX_COMMENT)) {
    throw new Problem('bad-request', `The field "comment" is a text of at most ${MAX_COMMENT} characters.`);
  }
  return { by, comment };
}
