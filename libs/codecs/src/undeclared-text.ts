import type { Refusal } from './fault.ts';

export const UNDECLARED_TEXT: Refusal = Object.freeze({
  reason: 'undeclared-text',
  detail: 'Text is no value unless the metric declares it as the name of a state; send a number, or declare "states".',
});

export const NUMBER_AS_TEXT: Refusal = Object.freeze({
  reason: 'undeclared-text',
  detail: 'The number stands in quotes, which makes it a text; send it without them, as in {"pm25": 12.1}.',
});
