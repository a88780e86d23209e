/**
 * Whether a text has more characters than so many. A character is a code point, whatever it takes in memory; they are
 * counted only where the text's length does not tell.
 */
export function isLongerThan(text: string, characters: number): boolean {
  if (text.length <= characters) return false;
  return text.length > 2 * characters || placeOf(text, characters) < text.length;
}

/** The beginning of a text, of so many characters at most. */
export function firstCharacters(text: string, characters: number): string {
  return text.length <= characters ? text : text.slice(0, placeOf(text, characters));
}

/** Where the character of that number begins, or where the text ends. */
function placeOf(text: string, character: number): number {
  let at = 0;
  for (let i = 0; i < character && at < text.length; i++) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}
