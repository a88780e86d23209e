import { firstCharacters, isLongerThan } from '@seawall/model';

/** What only a terminal understands, and what turns the direction of text or hides in it. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text from outside as a terminal may show it: control characters by their number, cut to a length. */
export function printable(text: string, maxLength: number): string {
  const cut = isLongerThan(text, maxLength) ? `${firstCharacters(text, maxLength)}…` : text;
  return cut.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
